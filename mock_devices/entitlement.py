"""What a user gets at login: the group policy and the client settings that hold, from the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mock_devices.defaults import protocols
from mock_devices.truth import DEFAULT_TCPMSS

if TYPE_CHECKING:
    from mock_devices.release import Release
    from mock_devices.tree import ConfigTree, Path


@dataclass(frozen=True, slots=True)
class Entitlement:
    """What holds for one login; ``mtu`` in bytes, None where nothing is configured."""

    group_policy: str
    ssl_client: bool
    mtu: int | None
    dtls: bool
    df_bit_ignore: bool
    compression: str | None
    """What the TLS tunnel is compressed with (``deflate``, ``lzs``), None without."""


class NotAllowedError(ValueError):
    """The box does not let this user in."""


def bare(name: str) -> str:
    """A name without its quotes."""
    return name.strip('"')


def as_typed(name: str) -> str:
    """A name as it stands in the configuration."""
    return f'"{name}"' if " " in name else name


def _value(tree: ConfigTree, path: Path, *starts: str) -> str | None:
    """The rest of the first line below a header that begins with one of these words."""
    for line in tree.children(path):
        for start in starts:
            if line.startswith(start + " "):
                return line[len(start) :].strip()
    return None


def _first(tree: ConfigTree, owners: list[str], starts: tuple[str, ...], *, client: bool) -> str | None:
    for owner in owners:
        value = _value(tree, (owner, "webvpn") if client else (owner,), *starts)
        if value is not None:
            return value
    return None


def entitlement(
    tree: ConfigTree, box: Release, tunnel_group: str, user: str, handed_out: str | None = None
) -> Entitlement:
    """What a user of a tunnel group gets.

    Args:
        tree: the running configuration.
        box: the release, for its defaults.
        tunnel_group: name without quotes.
        user: name; a local user of that name may have settings of its own.
        handed_out: a group policy that the directory assigns.

    """
    own = f"username {as_typed(user)} attributes"
    general = f"tunnel-group {as_typed(tunnel_group)} general-attributes"
    policy = (
        _value(tree, (own,), "vpn-group-policy")
        or (as_typed(handed_out) if handed_out else None)
        or _value(tree, (general,), "default-group-policy")
        or "DfltGrpPolicy"
    )
    owners = [own, f"group-policy {policy} attributes", "group-policy DfltGrpPolicy attributes"]
    allowed = _first(tree, owners, ("vpn-tunnel-protocol",), client=False) or protocols(box)
    mtu = _first(tree, owners, ("anyconnect mtu", "svc mtu"), client=True)
    dtls = _first(tree, owners, ("anyconnect ssl dtls", "svc dtls"), client=True)
    ignore = _first(tree, owners, ("anyconnect ssl df-bit-ignore", "svc df-bit-ignore"), client=True)
    squeeze = _first(tree, owners, ("anyconnect ssl compression", "svc compression"), client=True)
    words = allowed.split()
    return Entitlement(
        group_policy=bare(policy),
        ssl_client="ssl-client" in words or "svc" in words,
        mtu=int(mtu) if mtu else None,
        dtls=dtls != "none",
        df_bit_ignore=ignore == "enable",
        compression=None if squeeze in (None, "none") else squeeze,
    )


@dataclass(frozen=True, slots=True)
class Entrance:
    """The interface that users come in by: its ``link`` MTU in bytes, and whether it takes DTLS."""

    nameif: str
    link: int
    dtls: bool


def entrance(tree: ConfigTree) -> Entrance:
    """The first interface with DTLS, else the first that serves.

    Raises:
        NotAllowedError: webvpn serves nowhere, or the SSL client is off.

    """
    lines = tree.children(("webvpn",))
    if not {"anyconnect enable", "svc enable"} & set(lines):
        raise NotAllowedError("the SSL client is not enabled in webvpn")
    serving = [line.split()[1:] for line in lines if line.startswith("enable ")]
    if not serving:
        raise NotAllowedError("webvpn is enabled on no interface")
    chosen = next((words for words in serving if "tls-only" not in words), serving[0])
    link = next((line.split()[-1] for line in tree.lines(f"mtu {chosen[0]}")), "1500")
    return Entrance(chosen[0], int(link), "tls-only" not in chosen)


def tcpmss(tree: ConfigTree) -> int:
    """``sysopt connection tcpmss`` in bytes; 0 is off."""
    for line in tree.lines("sysopt connection tcpmss"):
        words = line.split()
        if len(words) == 4:
            return int(words[-1])
    return DEFAULT_TCPMSS
