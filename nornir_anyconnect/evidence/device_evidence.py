"""All evidence of one device in one value: out of the texts of its show commands, or merged from several sources."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.device_output.counters import log_buffer, no_fragment_drops, no_fragment_rate
from nornir_anyconnect.evidence.device_output.vpn_sessions import VpnSession, read_sessions, read_tunnel_summary
from nornir_anyconnect.evidence.log_evidence import LogEvidence, LogOptions
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, LargePacket, Met
from nornir_anyconnect.evidence.session import USUAL

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from nornir_anyconnect.evidence.session import Bounds


def observe_device(
    device: str,
    *,
    logging_text: str | None = None,
    sessions_text: str | None = None,
    summary_text: str | None = None,
    asp_drop: Sequence[tuple[datetime, str]] = (),
    bounds: Bounds | None = None,
) -> DeviceObservations:
    """What a device itself says.

    Args:
        device: its name; whatever the log lines call it.
        logging_text: ``show logging``, or any excerpt of its syslog.
        sessions_text: ``show vpn-sessiondb [detail] anyconnect``.
        summary_text: ``show vpn-sessiondb``.
        asp_drop: samples of ``show asp drop`` with the time each was taken; two make a rate.
        bounds: what makes a reconnect an incident, where that is not what usually does.

    """
    seen = DeviceObservations(device=device)
    if logging_text is not None:
        seen = _from_log(device, logging_text, bounds)
    if sessions_text is not None:
        seen = replace(seen, groups=_with_sessions(seen.groups, read_sessions(sessions_text)))
    if summary_text is not None and (summary := read_tunnel_summary(summary_text)):
        seen = replace(seen, ssl_tunnels=summary.ssl, dtls_tunnels=summary.dtls)
    if asp_drop:
        seen = replace(
            seen,
            no_fragment_drops=no_fragment_drops(asp_drop[-1][1]),
            no_fragment_rate=no_fragment_rate(asp_drop),
        )
    return seen


def merge(a: DeviceObservations, b: DeviceObservations) -> DeviceObservations:
    """Both together, under the name of ``a``.

    The same drops may be in both: where their times overlap, or are not known, the larger count holds, else the sum.
    """
    apart = _apart(a, b)
    groups = dict(a.groups)
    for name, group in b.groups.items():
        groups[name] = _merge_groups(groups[name], group, apart=apart) if name in groups else group
    return DeviceObservations(
        device=a.device,
        groups=dict(sorted(groups.items())),
        effective_mtus=tuple(sorted({*a.effective_mtus, *b.effective_mtus})),
        debug=(*a.debug, *b.debug),
        probes=(*a.probes, *b.probes),
        no_fragment_drops=a.no_fragment_drops if b.no_fragment_drops is None else b.no_fragment_drops,
        no_fragment_rate=a.no_fragment_rate if b.no_fragment_rate is None else b.no_fragment_rate,
        first=min((time for time in (a.first, b.first) if time), default=None),
        last=max((time for time in (a.last, b.last) if time), default=None),
        lines=a.lines + b.lines,
        met=a.met or b.met,
        log_begins=min((time for time in (a.log_begins, b.log_begins) if time), default=None),
        log_ends=max((time for time in (a.log_ends, b.log_ends) if time), default=None),
        level=max((level for level in (a.level, b.level) if level is not None), default=None),
        own_log=a.own_log or b.own_log,
        left_out=tuple(sorted({*a.left_out, *b.left_out})),
        no_beginning=all(each.no_beginning for each in (a, b) if each.lines) and a.no_beginning | b.no_beginning,
        unreadable=a.unreadable + b.unreadable,
        untimed=a.untimed + b.untimed,
        torn=a.torn + b.torn,
        missing=a.missing + b.missing,
        unread=max(a.unread, b.unread),
        buffer_wrapped=a.buffer_wrapped if b.buffer_wrapped is None else b.buffer_wrapped or bool(a.buffer_wrapped),
        buffer_level=b.buffer_level or a.buffer_level,
        ssl_tunnels=a.ssl_tunnels if b.ssl_tunnels is None else b.ssl_tunnels,
        dtls_tunnels=a.dtls_tunnels if b.dtls_tunnels is None else b.dtls_tunnels,
    )


def _from_log(device: str, text: str, bounds: Bounds | None) -> DeviceObservations:
    buffer = log_buffer(text)
    evidence = LogEvidence(LogOptions(device=device, bounds=bounds or USUAL))
    met = evidence.read([text.encode(errors="replace")], buffer=buffer, name=device)
    seen = evidence.finish().get(device, DeviceObservations(device=device))
    return replace(
        seen,
        # nobody forges the lines that are read from the device itself
        groups={name: _trusted(group) for name, group in seen.groups.items()},
        own_log=True,
        lines=buffer.held if buffer else met.lines,
    )


def _trusted(group: GroupObservations) -> GroupObservations:
    return replace(
        group, large_packets=tuple(replace(each, corroborated=True, own=True) for each in group.large_packets)
    )


def _with_sessions(
    groups: dict[str, GroupObservations], sessions: Iterable[VpnSession]
) -> dict[str, GroupObservations]:
    found = dict(groups)
    for session in sessions:
        group = found.get(session.group_policy, GroupObservations(session.group_policy))
        found[session.group_policy] = replace(
            group,
            sessions=group.sessions + 1,
            tls_only_users=group.tls_only_users | {session.user} if session.tls_only else group.tls_only_users,
            compression=group.compression or session.compression,
            ciphers=group.ciphers | session.ciphers,
        )
    return dict(sorted(found.items()))


def _apart(a: DeviceObservations, b: DeviceObservations) -> bool:
    if a.first is None or a.last is None or b.first is None or b.last is None:
        return False
    return a.last < b.first or b.last < a.first


def _merge_groups(a: GroupObservations, b: GroupObservations, *, apart: bool) -> GroupObservations:
    incidents = {(i.kind, i.user, i.reconnected_at): i for i in (*b.incidents, *a.incidents)}
    return GroupObservations(
        group_policy=a.group_policy,
        users=a.users | b.users,
        large_packets=_merge_packets(a.large_packets, b.large_packets, apart=apart),
        incidents=tuple(sorted(incidents.values(), key=lambda i: (str(i.reconnected_at), i.user))),
        tls_only_users=a.tls_only_users | b.tls_only_users,
        sessions=max(a.sessions, b.sessions),
        suspected=tuple(dict.fromkeys((*a.suspected, *b.suspected))),
        compression=a.compression or b.compression,
        uncompressed=a.uncompressed or b.uncompressed,
        ciphers=a.ciphers | b.ciphers,
        received_large=_merge_packets(a.received_large, b.received_large, apart=apart),
        logged_users=max(a.logged_users, b.logged_users),
        dtls_disabled=a.dtls_disabled + b.dtls_disabled if apart else max(a.dtls_disabled, b.dtls_disabled),
    )


def _merge_packets(a: tuple[LargePacket, ...], b: tuple[LargePacket, ...], *, apart: bool) -> tuple[LargePacket, ...]:
    ours, theirs = (
        Counter({(kind.packet, kind.threshold, kind.without_udp): kind.count for kind in side}) for side in (a, b)
    )
    both = ours + theirs if apart else ours | theirs
    corroborated = {each.threshold for each in (*a, *b) if each.corroborated}
    sent = {(each.packet, each.threshold, each.without_udp) for each in (*a, *b) if each.sent}
    own = {(each.packet, each.threshold, each.without_udp) for each in (*a, *b) if each.own}
    users: dict[tuple[int, int, bool], dict[str, Met]] = {}
    for each in (*a, *b):
        known = users.setdefault((each.packet, each.threshold, each.without_udp), {})
        for user, met in each.by_user.items():
            other = known.get(user)
            known[user] = met if other is None else other.and_then(met)
    return tuple(
        LargePacket(
            *kind,
            count=count,
            corroborated=kind[1] in corroborated,
            sent=kind in sent,
            by_user=users[kind],
            own=kind in own,
        )
        for kind, count in sorted(both.items())
    )
