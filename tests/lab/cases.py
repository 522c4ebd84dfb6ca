"""The configurations of the table, and what the engine says of each: read from text, nothing by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nornir_anyconnect.audit.finding import Finding
from nornir_anyconnect.remedies.propose import assess_text

_CONFIGURATIONS = Path(__file__).parent / "configs"
GROUP = "Staff"


@dataclass(frozen=True)
class Case:
    """One configuration (``configs/NAME.cfg``), why it is here, and the remedies to try on it."""

    name: str
    why: str
    remedies: tuple[str, ...] = ("mtu",)
    in_slice: bool = False

    @property
    def text(self) -> str:
        """The running-config."""
        return (_CONFIGURATIONS / f"{self.name}.cfg").read_text()


CASES = (
    Case("note-rc4", "the note's own arithmetic", ("mtu", "df-bit-ignore", "tcpmss", "tls-only-group"), in_slice=True),
    Case("note-as-printed", "the suite that the note prints beside that arithmetic"),
    Case("note-mtu-1300-sha384", "the note's 1300 is not low enough for a SHA384 suite", in_slice=True),
    Case("note-tcpmss-1460-cbc", "the note's 1460 is not enough for AES-CBC in TLS 1.2"),
    Case("note-tcpmss-1460-dtls12-gcm", "the note's 1460 is not enough against DTLS 1.2 with an AEAD suite"),
    Case("note-tcpmss-1460-rc4", "the note's third option, and its caveat about UDP", in_slice=True),
    Case("defaults-9.1", "nothing configured, before `ssl cipher`"),
    Case("defaults-9.8", "nothing configured, TLS 1.2 and DTLS 1.0"),
    Case("defaults-9.16", "nothing configured, DTLS 1.2"),
    Case("tls13-only", "TLS 1.3"),
    Case("chacha20", "TLS 1.3 with ChaCha20"),
    Case("old-encryption-3des", "`ssl encryption`, a block of 8 bytes"),
    Case("old-encryption-rc4-only", "no suite can carry DTLS"),
    Case("dtls-none", "DTLS off for the group"),
    Case("tls-only-interface", "DTLS off on the interface"),
    Case("df-bit-ignore", "fragmentation allowed", in_slice=True),
    Case("mtu-1200", "an MTU that is low enough"),
    Case("mtu-1406", "an MTU that is not"),
    Case("mtu-inherited", "an MTU from DfltGrpPolicy", in_slice=True),
    Case("link-1492", "a smaller link, tcpmss off"),
    Case("tcpmss-1200", "a small MSS: a large gap"),
    Case("tcpmss-off", "tcpmss off"),
)


def finding_of(text: str, group: str = GROUP) -> Finding:
    """What the engine says of one tunnel group of a running-config."""
    audit = assess_text(text, "lab")
    return next(each for each in audit.findings if each.name == group)


def with_commands(text: str, commands: tuple[str, ...]) -> str:
    """The running-config with the remedy's lines in it, indented as an ASA prints their sub-modes."""
    lines: list[str] = []
    depth = 0
    for command in commands:
        if command == "exit":
            depth -= 1
            continue
        if command.startswith(("group-policy ", "tunnel-group ")) and command.split()[-1].endswith("attributes"):
            lines.append(command)
            depth = 1
        else:
            lines.append(" " * depth + command)
            depth += command == "webvpn"
    head, mark, tail = text.partition("Cryptochecksum:")
    assert mark, "the running-config has no end mark"
    return head + "".join(f"{line}\n" for line in lines) + mark + tail
