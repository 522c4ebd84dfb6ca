"""Configurations at random, of every shape that the contract speaks of, and what becomes of them on their way here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

SUITES = (
    "RC4-SHA", "RC4-MD5", "DES-CBC-SHA", "DES-CBC3-SHA", "AES128-SHA", "AES256-SHA", "DHE-RSA-AES256-SHA",
    "AES128-SHA256", "AES256-SHA256", "ECDHE-RSA-AES256-SHA384", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-CHACHA20-POLY1305", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
)  # fmt: skip
RELEASES = (
    "7.2(4)", "8.0(5)", "8.4(7)", "9.0(1)", "9.1(7)32", "9.2(4)", "9.3(1)", "9.3(2)", "9.4(1)", "9.8(4)", "9.9(2)",
    "9.10(1)", "9.12(4)67", "9.16(4)", "9.18(1)", "9.19(1)", "9.20(2)", "9.22(1)1", "9.24(1)", "9.30(1)",
)  # fmt: skip
TRAINS = ("6.2.3", "6.4.0.9", "6.6.1", "7.0.5", "7.3.0", "7.4.2", "7.7.0", "7.8.0", "8.0.1", "10.1.0", "12.1.0")
"""Of FTD; the last ones are newer than anything that is known."""
SERVER_VERSIONS = ("any", "sslv3", "tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1-only", "tlsv1.2-only", "tlsv1.3")
OLD_WORDS = ("rc4-sha1", "rc4-md5", "des-sha1", "3des-sha1", "aes128-sha1", "aes256-sha1", "dhe-aes256-sha1")
CHECKSUM = "Cryptochecksum:5a5f26d2b1d1a5b0c0ffee00c0ffee00"
END = (CHECKSUM, ": end")
PROTOCOLS = ["ssl-client", "ikev2 ssl-client ssl-clientless", "ssl-client", "ikev1 l2tp-ipsec", "ssl-clientless"]
NAMES = ("Staff", "Contractors", "VPN Users", "GP_1", "Board Room", "legacy")


def quoted(name: str) -> str:
    """As a box prints it."""
    return f'"{name}"' if " " in name else name


class Generator:
    """One configuration per seed."""

    def __init__(self, seed: int, *, one_spelling: bool = False) -> None:
        self.random = Random(seed)
        self.lines: list[str] = []
        self.ftd = self.maybe(0.12)
        printed = self.maybe(0.85)
        self.release = printed and self.random.choice(TRAINS if self.ftd else RELEASES)
        number = tuple(int(each) for each in re.findall(r"\d+", self.release)) if self.release else ()
        # a text without a version is old where it spells what it says the old way
        self.svc = not printed and self.maybe(0.2)
        # where no version tells the release, the spelling does
        self.one_spelling = one_spelling or not printed
        self.before_84 = self.svc or (bool(number) and not self.ftd and number < (8, 4))
        self.before_93 = self.svc or (bool(number) and not self.ftd and number < (9, 3, 2))

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def text(self) -> str:
        """The configuration."""
        add = self.lines.append
        if self.maybe(0.5):
            add(": Saved")
        if self.release:
            add(f"{'NGFW' if self.ftd else 'ASA'} Version {self.release}")
        add("hostname edge")
        for _ in range(3):
            add(f"access-list in extended permit tcp any host 192.0.2.{self.random.randrange(255)}")
        nameifs = self.random.sample(["outside", "backup", "dmz"], self.random.choice([1, 1, 1, 2, 3]))
        for each in nameifs:
            if self.maybe(0.5):
                add(f"mtu {each} {self.random.choice([1500, 1500, 1492, 1400, 1300, 9198])}")
        self.box()
        self.webvpn(nameifs)
        policies = self.random.sample(NAMES, self.random.randrange(4))
        if self.maybe(0.5):
            policies.insert(self.random.randrange(len(policies) + 1), "DfltGrpPolicy")
        for each in policies:
            self.policy(each)
        for number in range(self.random.randrange(4)):
            self.group(f"TG {number}" if self.maybe(0.2) else f"TG{number}", policies)
        if self.maybe(0.2):
            self.group(self.random.choice(["DefaultWEBVPNGroup", "DefaultRAGroup"]), policies, default=True)
        if self.maybe(0.2):
            self.lines += [
                "tunnel-group 198.51.100.9 type ipsec-l2l",
                "tunnel-group 198.51.100.9 ipsec-attributes",
                " ikev1 pre-shared-key *****",
            ]
        for name in ("anna", "bert"):
            if self.maybe(0.25):
                self.user(name, policies)
        if self.maybe(0.2) and policies:
            self.lines += [
                "ldap attribute-map CORP",
                "  map-name  memberOf Group-Policy",
                f"  map-value memberOf CN=x,DC=y {quoted(self.random.choice(policies))}",
            ]
        if self.maybe(0.1):
            self.lines += ["dynamic-access-policy-record Strict", " priority 1"]
        if self.maybe(0.85):
            self.lines += self.random.choice([[CHECKSUM], [": end"], [CHECKSUM, ": end"]])
        return "\n".join(self.lines) + "\n"

    def box(self) -> None:
        add = self.lines.append
        if self.maybe(0.4):
            add(f"sysopt connection tcpmss {self.random.choice([0, 1200, 1300, 1350, 1380, 1460, 1500])}")
        if self.maybe(0.1):
            add("sysopt connection tcpmss minimum 400")
        if self.before_93:
            if self.maybe(0.15):
                add(f"ssl server-version {self.random.choice(SERVER_VERSIONS[:3])}")
            if self.maybe(0.6):
                words = self.random.sample(OLD_WORDS, self.random.randrange(1, 5))
                add(f"ssl encryption {' '.join(words + ['seed-sha1'] * self.maybe(0.05))}")
            return
        if self.maybe(0.3):
            tls = self.random.choice(SERVER_VERSIONS)
            dtls = self.random.choice(["", "", " dtlsv1", " dtlsv1.2"])
            add(f"ssl server-version {tls}{dtls}")
        for version in ("default", "tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3", "dtlsv1", "dtlsv1.2"):
            if self.maybe(0.35):
                self.cipher(version)

    def cipher(self, version: str) -> None:
        if self.maybe(0.5):
            level = self.random.choice(["all", "low", "medium", "fips", "high"])
            self.lines.append(f"ssl cipher {version} {'turbo' if self.maybe(0.03) else level}")
            return
        suites = self.random.sample(SUITES, self.random.randrange(1, 4)) + ["CAMELLIA256-SHA"] * self.maybe(0.08)
        joined = " ".join(suites) if self.maybe(0.2) else f'"{":".join(suites)}"'
        self.lines.append(f"ssl cipher {version} custom {joined}")

    def webvpn(self, nameifs: list[str]) -> None:
        add = self.lines.append
        add("webvpn")
        for each in nameifs:
            if self.maybe(0.93):
                add(f" enable {each}{' tls-only' if self.maybe(0.15) else ''}")
        if self.maybe(0.2):
            add(f" dtls port {self.random.choice([443, 4433])}")
        add(" hsts")
        add("  enable")
        if self.maybe(0.03):
            add(f" enable {nameifs[0]} {nameifs[-1]}")
        if self.maybe(0.93):
            add(" svc enable" if self.before_84 else " anyconnect enable")
        add(" cache")
        add("  disable")

    def client(self, depth: str) -> list[str]:
        mixed = ["anyconnect", "anyconnect", "svc"]
        word = self.random.choice(["svc" if self.before_84 else "anyconnect"] if self.one_spelling else mixed)
        found = []
        if self.maybe(0.4):
            found.append(f"{word} mtu {self.random.choice([1200, 1287, 1300, 1347, 1406, 1418, 1462, 576])}")
        elif self.maybe(0.04):
            found.append(self.random.choice([f"{word} mtu 9000", f"{word} mtu auto", "default anyconnect mtu"]))
        if self.maybe(0.3):
            spelled = "svc dtls" if word == "svc" else "anyconnect ssl dtls"
            found.append(f"{spelled} {self.random.choice(['enable', 'none', 'enable'])}")
        if self.maybe(0.25):
            spelled = self.random.choice(
                ["anyconnect ssl df-bit-ignore", "anyconnect df-bit-ignore", "svc df-bit-ignore"]
            )
            if self.one_spelling:
                spelled = "svc df-bit-ignore" if self.before_84 else "anyconnect ssl df-bit-ignore"
            found.append(f"{spelled} {self.random.choice(['enable', 'enable', 'disable', 'none'])}")
        self.random.shuffle(found)
        return [depth + each for each in found]

    def policy(self, name: str) -> None:
        add, shown = self.lines.append, quoted(name)
        if self.maybe(0.06) and name != "DfltGrpPolicy":
            add(f"group-policy {shown} external server-group RADIUS password *****")
            return
        if name != "DfltGrpPolicy" and self.maybe(0.95):
            odd = " from DfltGrpPolicy" if self.maybe(0.02) else ""
            add(f"group-policy {shown} internal{odd}")
        add(f"group-policy {shown} attributes")
        spelled = ["svc", "svc webvpn", "IPSec"] if self.before_84 else PROTOCOLS + ["svc"] * (not self.one_spelling)
        protocols = self.random.choice(spelled)
        if self.maybe(0.85):
            add(f" vpn-tunnel-protocol {protocols}")
        if self.maybe(0.3):
            add("!")
        add(" dns-server value 192.0.2.53")
        if lines := self.client("  "):
            add(" webvpn")
            self.lines += lines
        if self.maybe(0.1):
            self.lines += [
                f"group-policy {shown} attributes",
                " vpn-idle-timeout 30",
                " webvpn",
                f"  {'svc' if self.before_84 and self.one_spelling else 'anyconnect'} mtu 1250",
            ]

    def group(self, name: str, policies: list[str], *, default: bool = False) -> None:
        shown = quoted(name)
        if not default and self.maybe(0.95):
            kinds = ["remote-access"] * 6 + ["webvpn", "ipsec-ra", "ipsec-l2l", "mystery"]
            self.lines.append(f"tunnel-group {shown} type {self.random.choice(kinds)}")
        self.lines.append(f"tunnel-group {shown} general-attributes")
        self.lines.append(" address-pool POOL")
        if self.maybe(0.2):
            self.lines.append(f" authentication-server-group {self.random.choice(['LOCAL', 'RADIUS', 'RADIUS LOCAL'])}")
        if self.maybe(0.85) and policies:
            policy = "Nowhere" if self.maybe(0.05) else self.random.choice(policies)
            self.lines.append(f" default-group-policy {quoted(policy)}")
        self.lines += [f"tunnel-group {shown} webvpn-attributes", f" group-alias a{name[-1]} enable"]

    def user(self, name: str, policies: list[str]) -> None:
        self.lines += [f"username {name} password ***** pbkdf2 privilege 15", f"username {name} attributes"]
        if policies and self.maybe(0.4):
            self.lines.append(f" vpn-group-policy {quoted(self.random.choice([*policies, 'Gone']))}")
        if self.maybe(0.3):
            spelled = ["svc", "IPSec"] if self.before_84 else ["ssl-client", "ikev2"]
            self.lines.append(f" vpn-tunnel-protocol {self.random.choice(spelled)}")
        self.lines.append(" service-type remote-access")
        if lines := self.client("  "):
            self.lines += [" webvpn", *lines]


@dataclass(frozen=True)
class HandedIn:
    """A text as somebody hands it in, and how it is to be judged."""

    text: str
    kind: str
    assume_complete: bool
    ip_version: int
    client_mtu: int | None
    """Bytes of the client's own path; None: what everybody is taken to have."""


def handed_in(seed: int) -> HandedIn:
    """One configuration, whole or not, alone or not, in a file or out of a terminal."""
    random = Random(~seed)
    kinds = ["whole"] * 12 + [
        "lost head",
        "lost tail",
        "twice",
        "twice, once without a name",
        "shown",
        "both shown",
        "typed",
    ]
    kind = random.choice(kinds)
    text = Generator(seed, one_spelling=kind in ("typed", "lost head")).text()
    lines = text.splitlines()
    assume_complete = random.random() < 0.4
    if kind == "lost head":
        lines = lines[random.randrange(1, len(lines)) :]
        while assume_complete and lines and lines[0].startswith((" ", "!")):  # nobody answers for half a block
            del lines[0]
    elif kind == "lost tail":
        lines = lines[: random.randrange(1, len(lines))]
    elif kind.startswith("twice"):
        older = _other_mtus(lines, random)
        if kind.endswith("name"):
            older = [line for line in older if not line.startswith(("hostname", "ASA Version", "NGFW Version"))]
            older, lines = ([*(each for each in part if each not in END), END[0]] for part in (older, lines))
        lines = [*older, *lines] if random.random() < 0.5 else [*lines, *older]
    elif kind == "shown":
        lines = [*_some_typed(random), "edge# show running-config", *lines, *_some_typed(random), "edge# exit"]
    elif kind == "both shown":
        older = _other_mtus(lines, random)
        shown = [("edge# show startup-config", older), ("edge# show running-config", lines)]
        random.shuffle(shown)
        lines = [line for command, said in shown for line in (command, *said)] + ["edge# "]
    elif kind == "typed":
        lines = _as_typed(lines, random)
    return HandedIn(
        "\n".join(lines) + "\n",
        kind,
        assume_complete=assume_complete,
        ip_version=6 if random.random() < 0.15 else 4,
        client_mtu=random.choice([1492, 1440, 1400]) if random.random() < 0.15 else None,
    )


def _other_mtus(lines: list[str], random: Random) -> list[str]:
    """An older state of the same box."""
    return [re.sub(r" mtu \d+$", f" mtu {random.choice([1200, 1250, 1406])}", line) for line in lines]


def _some_typed(random: Random) -> list[str]:
    """A change that somebody typed on the same screen: taken by the box, or refused."""
    if random.random() < 0.4:
        return []
    refused = [] if random.random() < 0.5 else ["ERROR: % Invalid input detected at '^' marker."]
    return [
        "edge# configure terminal",
        "edge(config)# group-policy Staff attributes",
        "edge(config-group-policy)# webvpn",
        "edge(config-group-webvpn)# anyconnect mtu 1200",
        *refused,
        "edge(config-group-webvpn)# end",
    ]


MODES = {
    "webvpn": "config-webvpn",
    "ldap": "config-ldap-attribute-map",
    "group-policy": "config-group-policy",
    "username": "config-username",
    "tunnel-group general-attributes": "config-tunnel-general",
    "tunnel-group webvpn-attributes": "config-tunnel-webvpn",
    "tunnel-group ipsec-attributes": "config-tunnel-ipsec",
    "dynamic-access-policy-record": "config-dynamic-access-policy-record",
}
INNER = {"config-group-policy": "config-group-webvpn", "config-username": "config-username-webvpn"}
REFUSALS = ("ERROR: % Invalid input detected at '^' marker.", "Command authorization failed", "ERROR: no such thing")


def _as_typed(lines: list[str], random: Random) -> list[str]:
    """The same typed line by line: each stands behind the prompt of its mode; some are refused."""
    typed = ["edge# configure terminal"]
    modes = ["config"]
    for line in lines:
        depth = len(line) - len(line.lstrip(" "))
        words = line.split()
        if (
            not words
            or line.startswith((":", "!", "Cryptochecksum", "ASA Version", "NGFW Version"))
            or words[0] in ("hsts", "cache")
        ):
            continue
        if depth == 2 and modes[-1] in ("config-webvpn", "config-ldap-attribute-map"):
            if modes[-1] == "config-webvpn":
                continue  # what stands below hsts and cache
            depth = 1
        while len(modes) - 1 > depth:
            typed.append(f"edge({modes[-1]})# exit")
            modes.pop()
        typed.append(f"edge({modes[-1]})# {line.strip()}")
        if depth and random.random() < 0.04 and words[0] != "webvpn":
            typed.append(random.choice(REFUSALS))
        elif words == ["webvpn"] and depth:
            modes.append(INNER[modes[-1]])
        elif depth == 0 and (mode := MODES.get(words[0], MODES.get(f"{words[0]} {words[-1]}"))) and _opens(words):
            modes.append(mode)
    return [*typed, f"edge({modes[-1]})# end", "edge# "]


def _opens(words: list[str]) -> bool:
    """Whether the line leads into a mode of its own."""
    return words[0] in ("webvpn", "ldap", "dynamic-access-policy-record") or words[-1].endswith("attributes")
