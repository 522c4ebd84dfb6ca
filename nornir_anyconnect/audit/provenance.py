"""Which line, answer or default every value of a finding comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nornir_anyconnect.audit.finding import Source
from nornir_anyconnect.mtu.derive import DEFAULT_LINK, DEFAULT_TCPMSS

if TYPE_CHECKING:
    from nornir_anyconnect.asa.effective import Effective, EffectivePolicy
    from nornir_anyconnect.asa.running_config import RunningConfig, Sourced, TunnelGroup, Username


def tcpmss(config: RunningConfig) -> Source:
    """``sysopt connection tcpmss`` in bytes; 0 is off."""
    return _first("sysopt connection tcpmss", config.tcpmss, config, "tcpmss", str(DEFAULT_TCPMSS))


def link(config: RunningConfig, nameif: str) -> Source:
    """``mtu NAMEIF`` in bytes."""
    setting = f"mtu {nameif}"
    for asked, origin in ((config, "configured"), (config.defaults, "device")):
        for each in asked.interfaces if asked else ():
            if each.nameif == nameif and each.mtu is not None:
                return Source(setting, str(each.mtu.value), origin, each.mtu.line)
    return Source(setting, str(DEFAULT_LINK), "default", None)


def _first(setting: str, printed: Sourced[int] | None, config: RunningConfig, field: str, default: str) -> Source:
    if printed is not None:
        return Source(setting, str(printed.value), "configured", printed.line)
    answered: Sourced[int] | None = getattr(config.defaults, field, None)
    if answered is not None:
        return Source(setting, str(answered.value), "device", answered.line)
    return Source(setting, default, "default", None)


def device(config: RunningConfig) -> tuple[Source, ...]:
    """What every finding of the box rests on, beside the suites."""
    webvpn = config.webvpn
    found = [
        Source(f"enable {each.nameif}", "tls-only" if each.tls_only else "tls and dtls", "configured", each.line)
        for each in webvpn.interfaces
    ]
    if webvpn.anyconnect_enabled is not None:
        word = "svc" if webvpn.svc_spelling else "anyconnect"
        value = "enable" if webvpn.anyconnect_enabled.value else "disable"
        found.append(Source(word, value, "configured", webvpn.anyconnect_enabled.line))
    if webvpn.dtls_port is not None:
        found.append(Source("dtls port", str(webvpn.dtls_port.value), "configured", webvpn.dtls_port.line))
    if config.release is not None:
        shown = config.release_text or ".".join(str(number) for number in config.release.value)
        found.append(Source("release", shown, "configured", config.release.line))
    found.append(tcpmss(config))
    found += (link(config, each.nameif) for each in webvpn.interfaces)
    if config.icmp_unreachable_limit is not None:
        rate, burst = config.icmp_unreachable_limit.value
        found.append(
            Source(
                "icmp unreachable",
                f"rate-limit {rate} burst-size {burst}",
                "configured",
                config.icmp_unreachable_limit.line,
            )
        )
    return tuple(found)


def tunnel_group(group: TunnelGroup, policy: str) -> tuple[Source, ...]:
    """The lines that make the group a remote-access group with that policy."""
    found = []
    if group.type is not None:
        found.append(Source("tunnel-group type", group.type.value, "configured", group.type.line))
    chosen = group.default_group_policy
    found.append(
        Source(
            "default-group-policy",
            policy,
            "configured" if chosen is not None else "default",
            chosen.line if chosen is not None else None,
        )
    )
    return tuple(found)


def username(user: Username) -> tuple[Source, ...]:
    """The line that gives a user a policy of its own."""
    if user.group_policy is None:
        return ()
    return (Source("vpn-group-policy", user.group_policy.value, "configured", user.group_policy.line),)


_FIELDS = ("tunnel_protocols", "mtu", "dtls", "df_bit_ignore", "ssl_compression", "dtls_compression")


def policy(effective: EffectivePolicy) -> tuple[Source, ...]:
    """The values of the policy that users get, and whose they are."""
    used = (getattr(effective, field) for field in _FIELDS)
    found = tuple(Source(each.setting, _shown(each), str(each.from_), each.line) for each in used)
    if not effective.unsupported:
        return found
    unread = effective.not_understood
    return tuple(
        source._replace(value=f"not understood: {unread[field].value.strip()}") if field in unread else source
        for field, source in zip(_FIELDS, found, strict=True)
    )


def _shown(effective: Effective[Any]) -> str:
    value = effective.value
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "enable" if value else "none"
    return " ".join(value) if isinstance(value, tuple) else str(value)
