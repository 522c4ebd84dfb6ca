"""Texts as people hand them in: our own, which every clone has, and real ones where they lie beside the project."""

from pathlib import Path

OURS = Path(__file__).parent / "fixtures" / "texts"
REAL = Path(__file__).parents[2] / "shared" / "samples"

AT_DEFAULTS = """\
ASA Version {release}
webvpn
 enable outside
 anyconnect enable
group-policy GP internal
group-policy GP attributes
 vpn-tunnel-protocol ssl-client
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy GP
{more}Cryptochecksum:0
"""
"""A box of that release that says nothing of suites, MTUs or tcpmss."""


def texts(kind, pattern="*"):
    """The files of one kind: ``configs``, ``logs``, ``client``, ``shows``; ours first."""
    return [path for folder in (OURS, REAL) for path in sorted((folder / kind).glob(pattern))]


def name_of(path):
    """Of a test's parameter."""
    return f"{'ours' if path.is_relative_to(OURS) else 'real'}-{path.name}"
