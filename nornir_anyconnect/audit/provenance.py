"""Which line, answer or default every value of a finding comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from nornir_anyconnect.asa.effective import SETTINGS
from nornir_anyconnect.asa.grammar import Mode, Section, Spelling, row_of
from nornir_anyconnect.asa.running_config import From, Sourced
from nornir_anyconnect.mtu.derive import DEFAULT_LINK, DEFAULT_TCPMSS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nornir_anyconnect.asa.effective import EffectivePolicy
    from nornir_anyconnect.asa.running_config import RunningConfig, TunnelGroup, Username

Sources = dict[str, Sourced[Any]]
"""Setting -> the value that a finding rests on."""

TCPMSS = row_of(Mode.CONFIG, "tcpmss").words()
DTLS_PORT = row_of(Mode.WEBVPN, "dtls_port").words()
DEFAULT_POLICY = row_of(Mode.TUNNEL_GENERAL, "default_group_policy").words()
"""The name of the setting that assigns a tunnel group its policy."""
_USERS_POLICY = row_of(Mode.GROUP_POLICY, "group_policy").words()
_SERVING = row_of(Mode.WEBVPN, "serving").words()
_ICMP = row_of(Mode.CONFIG, "icmp_unreachable_limit").words()
_SWITCHES = tuple(each.value for each in Spelling)
_TYPE = f"{Section.TUNNEL_GROUP} type"


class NotUnderstood(NamedTuple):
    """The line of a setting that nobody here understands, in place of its value; empty where it must not be quoted."""

    line: str


def shown(setting: str, value: Any) -> str:
    """A value as a report prints it."""
    match value:
        case None:
            return "not set"
        case NotUnderstood(line):
            return f"not understood: {line.strip()}" if line else "not understood"
        case True:
            return "enable"
        case False:
            return "disable" if setting in _SWITCHES else "none"
        case (rate, burst) if setting == _ICMP:
            return f"rate-limit {rate} burst-size {burst}"
        case tuple():
            return " ".join(value)
    return str(value)


def named(setting: str, sourced: Sourced[Any]) -> str:
    """A setting as a report names it, with the object whose it is."""
    return f"{sourced.owner} / {setting}" if sourced.owner else setting


def to_dicts(sources: Mapping[str, Sourced[Any]]) -> list[dict[str, Any]]:
    """As in the JSON of an audit."""
    return [
        {
            "setting": named(setting, each),
            "value": shown(setting, each.value),
            "from": str(each.from_),
            "line": each.line,
        }
        for setting, each in sources.items()
    ]


_NOT_DECIDING = frozenset({"release", _TYPE, DEFAULT_POLICY, SETTINGS["tunnel_protocols"], _ICMP})
"""Settings of a finding that change neither of its MTUs, or that a release decides."""


def settings_of(sources: Sources) -> tuple[str, ...]:
    """The configured settings that decide both MTUs, each with its value: who compares two audits sees a change.

    What a device answers and what is packaged may differ between two ways of reading one device: it is left out.
    """
    return tuple(
        f"{setting} {shown(setting, each.value)}"
        for setting, each in sorted(sources.items())
        if setting not in _NOT_DECIDING and each.from_ in (From.CONFIGURED, From.INHERITED)
    )


def tcpmss(config: RunningConfig) -> Sourced[int]:
    """``sysopt connection tcpmss`` in bytes; 0 is off."""
    if config.tcpmss is not None:
        return config.tcpmss
    answered = config.defaults.tcpmss if config.defaults else None
    if answered is not None:
        return answered._replace(from_=From.DEVICE)
    return Sourced(DEFAULT_TCPMSS, None, From.DEFAULT)


def link(config: RunningConfig, nameif: str) -> Sourced[int]:
    """``mtu NAMEIF`` in bytes."""
    for asked, origin in ((config, From.CONFIGURED), (config.defaults, From.DEVICE)):
        for each in asked.interfaces if asked else ():
            if each.nameif == nameif and each.mtu is not None:
                return each.mtu._replace(from_=origin)
    return Sourced(DEFAULT_LINK, None, From.DEFAULT)


def device(config: RunningConfig) -> Sources:
    """What every finding of the device rests on, beside the suites."""
    webvpn = config.webvpn
    found: Sources = {
        f"{_SERVING} {each.nameif}": Sourced("tls-only" if each.tls_only else "tls and dtls", each.line)
        for each in webvpn.interfaces
    }
    if webvpn.anyconnect_enabled is not None:
        found[str(Spelling.SVC if webvpn.svc_spelling else Spelling.ANYCONNECT)] = webvpn.anyconnect_enabled
    if webvpn.dtls_port is not None:
        found[DTLS_PORT] = webvpn.dtls_port
    if config.release is not None:
        printed = config.release_text or ".".join(str(number) for number in config.release.value)
        found["release"] = Sourced(printed, config.release.line)
    found[TCPMSS] = tcpmss(config)
    found |= {f"{Section.MTU} {each.nameif}": link(config, each.nameif) for each in webvpn.interfaces}
    if config.icmp_unreachable_limit is not None:
        found[_ICMP] = config.icmp_unreachable_limit
    return found


def tunnel_group(group: TunnelGroup, policy: str) -> Sources:
    """The lines that make the group a remote-access group with that policy."""
    found: Sources = {_TYPE: group.type} if group.type is not None else {}
    found[DEFAULT_POLICY] = group.default_group_policy or Sourced(policy, None, From.DEFAULT)
    return found


def username(user: Username) -> Sources:
    """The line that gives a user a policy of its own."""
    return {_USERS_POLICY: user.group_policy} if user.group_policy is not None else {}


def policy(effective: EffectivePolicy) -> Sources:
    """The values of the policy that users get, and whose they are."""
    unread = effective.not_understood if effective.unsupported else {}
    found: Sources = {}
    for field, setting in SETTINGS.items():
        sourced: Sourced[Any] = getattr(effective, field)
        found[setting] = sourced._replace(value=NotUnderstood(unread[field].value)) if field in unread else sourced
    return found
