"""``show vpn-sessiondb``: who is connected now, and over which tunnels. A session without DTLS-Tunnel fell back."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from nornir_anyconnect.evidence.syslog.stamps import duration
from nornir_anyconnect.plain_text import harmless

# the fields that stand second in a line; the first ones begin it
_SECOND = (
    "Index|Public IP(?:v6)?|Bytes Rx|Pkts Rx(?: Drop)?|Tunnel Group|VLAN|Hashing|Ciphersuite|TCP Src Port|TCP Dst Port|"
    "UDP Src Port|UDP Dst Port|Auth Mode|Idle TO Left|Conn TO Left|Client OS Ver|Client Ver|Compression|Encapsulation|"
    "Assigned IPv6|Rekey Left\\([TD]\\)|Security Grp"
)
_SPLIT = re.compile(rf"(?<!\s)\s+(?=(?:{_SECOND})\s*: ?)")
# a tunnel's name is no field: it goes on with a list that was wrapped
_FIELD = re.compile(r"\s*(?![\w-]+-(?:Tunnel|Parent)\s*:)([A-Z][A-Za-z0-9 /()-]{1,24}?)\s*:(?:\s|$)(.*)")
_USERNAME = re.compile(r"\s*Username\s*:\s?(.*?)(?:\s+Index\s*:\s*(\d{1,10}))?\s*$")
_SECTION = re.compile(r"\s*([\w-]+(?:-Parent|-Tunnel)|Clientless)\s*:\s*$")
_TUNNELS = re.compile(r"(?<![\w-])([\w-]+(?:-Parent|-Tunnel)|Clientless)\s*:\s*(?:\(\d+\)\s*)?([\w-]+)")
_SUMMARY = re.compile(r"^(SSL-Tunnel|DTLS-Tunnel)\s*:\s*(\d{1,10})\s*:", re.MULTILINE)
SSL, DTLS = "SSL-Tunnel", "DTLS-Tunnel"
_SHORT = {SSL: "tls", DTLS: "dtls"}

# what a session calls encryption and hashing, and the suite of the same cost by its OpenSSL name
_SUITES = {
    ("AES256", "SHA1"): "AES256-SHA",
    ("AES128", "SHA1"): "AES128-SHA",
    ("AES256", "SHA256"): "AES256-SHA256",
    ("AES128", "SHA256"): "AES128-SHA256",
    ("AES256", "SHA384"): "ECDHE-RSA-AES256-SHA384",
    ("CHACHA20", "POLY1305"): "ECDHE-RSA-CHACHA20-POLY1305",
    ("AES-GCM-256", "SHA384"): "AES256-GCM-SHA384",
    ("AES-GCM-128", "SHA256"): "AES128-GCM-SHA256",
    ("3DES", "SHA1"): "DES-CBC3-SHA",
    ("DES", "SHA1"): "DES-CBC-SHA",
    ("RC4", "SHA1"): "RC4-SHA",
    ("RC4", "MD5"): "RC4-MD5",
}


@dataclass(frozen=True, slots=True)
class VpnSession:
    """One connected user."""

    user: str
    index: int | None
    group_policy: str
    tunnel_group: str
    public_address: str
    assigned: tuple[str, ...]
    tunnels: tuple[str, ...]
    """As printed: ``AnyConnect-Parent``, ``SSL-Tunnel``, ``DTLS-Tunnel``."""
    ciphers: frozenset[tuple[str, str]] = frozenset()
    """(``tls`` or ``dtls``, suite): the exact suite where the detailed form prints it, else one of the same cost."""
    compression: bool = False
    seconds: int | None = None
    """How long it is connected."""

    @property
    def tls_only(self) -> bool:
        """Connected over TLS, and no DTLS came up."""
        return SSL in self.tunnels and DTLS not in self.tunnels


@dataclass(frozen=True, slots=True)
class TunnelSummary:
    """Active tunnels of ``show vpn-sessiondb``."""

    ssl: int
    dtls: int


@dataclass(slots=True)
class _Draft:
    """A session as far as its lines were read."""

    user: str
    index: int | None
    fields: dict[str, str] = field(default_factory=dict)
    sections: dict[str, dict[str, str]] = field(default_factory=dict)


def read_sessions(text: str) -> tuple[VpnSession, ...]:
    """The sessions of ``show vpn-sessiondb [detail] anyconnect``, in every layout since 8.x."""
    drafts: list[_Draft] = []
    fields: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        line = line[:1024].rstrip()  # noqa: PLW2901 - the line as it counts
        if found := _USERNAME.match(line):
            drafts.append(_Draft(harmless(found[1]), int(found[2]) if found[2] else None))
            fields, last = drafts[-1].fields, ""
        elif not drafts:
            continue
        elif section := _SECTION.match(line):
            fields, last = drafts[-1].sections.setdefault(section[1], {}), ""
        else:
            last = _read_line(line, fields, last)
    return tuple(_session(draft) for draft in drafts)


def read_tunnel_summary(text: str) -> TunnelSummary | None:
    """Active SSL and DTLS tunnels of ``show vpn-sessiondb``; None if the text holds no such summary."""
    found = {name: int(count) for name, count in _SUMMARY.findall(text)}
    return TunnelSummary(found.get(SSL, 0), found.get(DTLS, 0)) if found else None


def _read_line(line: str, fields: dict[str, str], last: str) -> str:
    """Fills in the fields of one line; returns the last of them, which the next line may go on with."""
    parts = _SPLIT.split(line)
    for number, part in enumerate(parts):
        if found := _FIELD.match(part):
            last = found[1].strip()
            fields.setdefault(last, found[2].strip())
        elif number == 0 and last and part.strip():
            fields[last] += " " + part.strip()
    return last


def _session(draft: _Draft) -> VpnSession:
    get = draft.fields.get
    if draft.index is None and get("Index", "").isdigit():
        draft.index = int(draft.fields["Index"])
    tunnels = tuple(harmless(word, 32) for word in get("Protocol", "").split())
    return VpnSession(
        user=draft.user,
        index=draft.index,
        group_policy=harmless(get("Group Policy", "")),
        tunnel_group=harmless(get("Tunnel Group", "")),
        public_address=harmless(get("Public IP", "") or get("Public IPv6", "")).lower(),
        assigned=tuple(harmless(a).lower() for a in (get("Assigned IP", ""), get("Assigned IPv6", "")) if a),
        tunnels=tunnels,
        ciphers=frozenset(_ciphers(draft, tunnels)),
        compression=any(
            section.get("Compression", "none").lower() not in {"none", "", "n/a"} for section in draft.sections.values()
        ),
        seconds=duration(get("Duration")),
    )


def _ciphers(draft: _Draft, tunnels: tuple[str, ...]) -> set[tuple[str, str]]:
    encryption = _per_tunnel(draft.fields.get("Encryption", ""), tunnels)
    hashing = _per_tunnel(draft.fields.get("Hashing", ""), tunnels)
    found = set()
    for tunnel, short in _SHORT.items():
        section = draft.sections.get(tunnel, {})
        suite = section.get("Ciphersuite") or _SUITES.get(
            (
                section.get("Encryption") or encryption.get(tunnel, ""),
                section.get("Hashing") or hashing.get(tunnel, ""),
            )
        )
        if suite and tunnel in tunnels:
            found.add((short, harmless(suite, 64)))
    return found


def _per_tunnel(text: str, tunnels: tuple[str, ...]) -> dict[str, str]:
    """``SSL-Tunnel: (1)AES128 ...`` or, before 9.x, the bare words in the order of the tunnels."""
    if named := dict(_TUNNELS.findall(text)):
        return named
    words = [word for word in text.split() if word.lower() != "none"]
    data = [tunnel for tunnel in tunnels if tunnel in _SHORT]
    if len(words) == 1:
        return dict.fromkeys(data, words[0])
    return dict(zip(data, words, strict=True)) if len(words) == len(data) else {}
