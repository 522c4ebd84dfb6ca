"""What ``show running-config all SECTION`` prints beyond what was configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_devices.config_mode import ConfigMode
from mock_devices.grammar import Match, match
from mock_devices.tree import ConfigTree, Node, Part

if TYPE_CHECKING:
    from mock_devices.release import Release

GROUP_POLICY = """\
group-policy DfltGrpPolicy internal
group-policy DfltGrpPolicy attributes
 banner none
 wins-server none
 dns-server none
 dhcp-network-scope none
 vpn-simultaneous-logins 3
 vpn-idle-timeout 30
 vpn-session-timeout none
 vpn-filter none
 vpn-tunnel-protocol {protocols}
 password-storage disable
 group-lock none
 pfs disable
 split-tunnel-policy tunnelall
 split-tunnel-network-list none
 default-domain none
 split-dns none
 split-tunnel-all-dns disable
 client-bypass-protocol disable
 gateway-fqdn none
 msie-proxy method no-modify
 vlan none
 address-pools none
 ipv6-address-pools none
 smartcard-removal-disconnect enable
 webvpn
  url-list none
  filter none
  homepage none
  http-proxy disable
"""
CLIENT = """\
  anyconnect ssl dtls enable
  anyconnect mtu 1406
  anyconnect firewall-rule client-interface private none
  anyconnect firewall-rule client-interface public none
  anyconnect keep-installer installed
  anyconnect ssl keepalive 20
  anyconnect ssl rekey time none
  anyconnect ssl rekey method none
  anyconnect dpd-interval client 30
  anyconnect dpd-interval gateway 30
  anyconnect ssl compression none
  anyconnect dtls compression none
  anyconnect modules none
  anyconnect profiles none
  anyconnect ask none
  anyconnect ssl df-bit-ignore disable
  always-on-vpn profile-setting
"""
SVC_CLIENT = """\
  svc dtls enable
  svc mtu 1406
  svc keep-installer installed
  svc keepalive 20
  svc rekey time none
  svc rekey method none
  svc dpd-interval client 30
  svc dpd-interval gateway 30
  svc compression none
  svc modules none
  svc profiles none
  svc ask none
"""
SYSOPT = """\
no sysopt traffic detailed-statistics
no sysopt connection timewait
sysopt connection tcpmss 1380
sysopt connection tcpmss minimum 0
sysopt connection permit-vpn
no sysopt connection reclassify-vpn
no sysopt connection preserve-vpn-flows
"""
WEBVPN = """\
webvpn
 port 443
 dtls port 443
 default-idle-timeout 1800
"""
TUNNEL_GROUP = """\
tunnel-group DefaultRAGroup type remote-access
tunnel-group DefaultRAGroup general-attributes
 authentication-server-group LOCAL
 default-group-policy DfltGrpPolicy
tunnel-group DefaultWEBVPNGroup type {webvpn_type}
tunnel-group DefaultWEBVPNGroup general-attributes
 authentication-server-group LOCAL
 default-group-policy DfltGrpPolicy
tunnel-group DefaultWEBVPNGroup webvpn-attributes
 customization DfltCustomization
 authentication aaa
"""
ICMP = "icmp unreachable rate-limit 1 burst-size 1\n"


def protocols(box: Release) -> str:
    """What DfltGrpPolicy allows where nothing is configured; never the SSL client."""
    if box < (8, 4, 1, 0):
        return "IPSec l2tp-ipsec"
    if box < (9, 17, 1, 0):
        return "ikev1 ikev2 l2tp-ipsec ssl-clientless"
    return "ikev1 ikev2 l2tp-ipsec"


def versions(box: Release) -> tuple[str, ...]:
    """The protocol versions that a release speaks."""
    if box < (9, 3, 2, 0):
        return ("tlsv1", "dtlsv1")
    known = ["tlsv1", "tlsv1.1", "tlsv1.2"]
    if box >= (9, 19, 1, 0):
        known.append("tlsv1.3")
    known.append("dtlsv1")
    if box >= (9, 10, 1, 0):
        known.append("dtlsv1.2")
    return tuple(known)


def _ssl(box: Release) -> str:
    if box < (9, 3, 2, 0):
        return (
            "ssl server-version any\nssl client-version any\n"
            "ssl encryption rc4-sha1 aes128-sha1 aes256-sha1 3des-sha1\n"
        )
    floor = "tlsv1 dtlsv1" if box >= (9, 10, 1, 0) else "tlsv1"
    lists = "".join(f"ssl cipher {version} medium\n" for version in ("default", *versions(box)))
    return (
        f"ssl server-version {floor}\nssl client-version tlsv1\n{lists}ssl dh-group group14\nssl ecdh-group group19\n"
    )


def default_text(section: str, box: Release) -> str:
    """The packaged defaults of a section; empty where it has none."""
    old = box < (8, 4, 1, 0)
    texts = {
        "group-policy": GROUP_POLICY.format(protocols=protocols(box)) + (SVC_CLIENT if old else CLIENT),
        "sysopt": SYSOPT,
        "webvpn": WEBVPN,
        "tunnel-group": TUNNEL_GROUP.format(webvpn_type="webvpn" if old else "remote-access"),
        "ssl": _ssl(box),
        "icmp": ICMP,
    }
    return texts.get(section, "")


def with_defaults(tree: ConfigTree, section: str, box: Release) -> tuple[str, ...]:
    """A section as ``show running-config all`` prints it: defaults, overlaid with what is configured."""
    part = tree.part(section.split(maxsplit=1)[0])
    return part.remember(("all", section, box), lambda: _merged(part, section, box))


def _merged(part: Part, section: str, box: Release) -> tuple[str, ...]:
    merged = ConfigTree.from_text(default_text(section, box))
    overlay = [node for node in part.nodes if node.line == section or node.line.startswith(section + " ")]
    for node in overlay:
        _overlay(merged, (), node, ConfigMode(merged, box))
    return merged.lines()


def _overlay(merged: ConfigTree, path: tuple[str, ...], node: Node, mode: ConfigMode) -> None:
    current = mode.stack[-1][0] if mode.stack else "config"
    read = match(current, node.line, mode.box)
    key = read.key if isinstance(read, Match) else None

    def replaces(stored: str) -> bool:
        other = match(current, stored, mode.box)
        return key is not None and isinstance(other, Match) and other.key == key and other.opens is None

    if node.children and isinstance(read, Match) and read.opens:
        for child in node.children:
            _overlay(
                merged,
                (*path, node.line),
                child,
                ConfigMode(merged, mode.box, stack=[*mode.stack, (read.opens, node.line)]),
            )
        return
    if node.line.startswith("no "):
        merged.drop(path, lambda stored: stored == node.line.removeprefix("no "))
    merged.drop(path, lambda stored: stored == f"no {node.line}")
    merged.put(path, node.line, replaces)
    for child in node.children:
        merged.put((*path, node.line), child.line, lambda _: False)
