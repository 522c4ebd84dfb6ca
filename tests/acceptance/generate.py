"""Configurations at random, of every shape that the contract speaks of."""

from __future__ import annotations

from random import Random

SUITES = (
    "RC4-SHA", "RC4-MD5", "DES-CBC-SHA", "DES-CBC3-SHA", "AES128-SHA", "AES256-SHA", "DHE-RSA-AES256-SHA",
    "AES128-SHA256", "AES256-SHA256", "ECDHE-RSA-AES256-SHA384", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-RSA-CHACHA20-POLY1305", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
)  # fmt: skip
RELEASES = (
    "7.2(4)", "8.0(5)", "8.4(7)", "9.0(1)", "9.1(7)32", "9.2(4)", "9.3(1)", "9.3(2)", "9.4(1)", "9.8(4)", "9.9(2)",
    "9.10(1)", "9.12(4)67", "9.16(4)", "9.18(1)", "9.19(1)", "9.20(2)", "9.22(1)1",
)  # fmt: skip
OLD_WORDS = ("rc4-sha1", "rc4-md5", "des-sha1", "3des-sha1", "aes128-sha1", "aes256-sha1", "dhe-aes256-sha1")
NAMES = ("Staff", "Contractors", "VPN Users", "GP_1", "Board Room", "legacy")


def quoted(name: str) -> str:
    """As a box prints it."""
    return f'"{name}"' if " " in name else name


class Generator:
    """One configuration per seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.lines: list[str] = []
        self.release = self.maybe(0.9) and self.random.choice(RELEASES)

    def maybe(self, chance: float) -> bool:
        return self.random.random() < chance

    def text(self) -> str:
        """The configuration."""
        add = self.lines.append
        if self.maybe(0.5):
            add(": Saved")
        if self.release:
            add(f"ASA Version {self.release}")
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
            add(self.random.choice(["Cryptochecksum:5a5f26d2b1d1a5b0c0ffee00c0ffee00", ": end"]))
        return "\n".join(self.lines) + "\n"

    def box(self) -> None:
        add = self.lines.append
        if self.maybe(0.4):
            add(f"sysopt connection tcpmss {self.random.choice([0, 1200, 1300, 1350, 1380, 1460, 1500])}")
        if self.maybe(0.1):
            add("sysopt connection tcpmss minimum 400")
        old = self.release and self.release < "9.3(2)"
        if old:
            if self.maybe(0.6):
                words = self.random.sample(OLD_WORDS, self.random.randrange(1, 5))
                add(f"ssl encryption {' '.join(words + ['seed-sha1'] * self.maybe(0.05))}")
            return
        if self.maybe(0.3):
            tls = self.random.choice(["tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1-only", "tlsv1.3"])
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
        if self.maybe(0.93):
            add(" svc enable" if self.release and self.release < "8.4" else " anyconnect enable")
        add(" cache")
        add("  disable")

    def client(self, depth: str) -> list[str]:
        word = self.random.choice(["anyconnect", "anyconnect", "svc"])
        found = []
        if self.maybe(0.4):
            found.append(f"{word} mtu {self.random.choice([1200, 1287, 1300, 1347, 1406, 1418, 1462, 576])}")
        elif self.maybe(0.04):
            found.append(f"{word} mtu {self.random.choice(['9000', 'auto'])}")
        if self.maybe(0.3):
            spelled = "svc dtls" if word == "svc" else "anyconnect ssl dtls"
            found.append(f"{spelled} {self.random.choice(['enable', 'none', 'enable'])}")
        if self.maybe(0.25):
            spelled = self.random.choice(
                ["anyconnect ssl df-bit-ignore", "anyconnect df-bit-ignore", "svc df-bit-ignore"]
            )
            found.append(f"{spelled} {self.random.choice(['enable', 'enable', 'disable', 'none'])}")
        self.random.shuffle(found)
        return [depth + each for each in found]

    def policy(self, name: str) -> None:
        add, shown = self.lines.append, quoted(name)
        if self.maybe(0.06) and name != "DfltGrpPolicy":
            add(f"group-policy {shown} external server-group RADIUS password *****")
            return
        if name != "DfltGrpPolicy" and self.maybe(0.95):
            add(f"group-policy {shown} internal")
        add(f"group-policy {shown} attributes")
        protocols = self.random.choice(
            ["ssl-client", "ikev2 ssl-client ssl-clientless", "ssl-client", "svc", "ikev1 l2tp-ipsec", "ssl-clientless"]
        )
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
                "  anyconnect mtu 1250",
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
            self.lines.append(f" vpn-tunnel-protocol {self.random.choice(['ssl-client', 'ikev2'])}")
        self.lines.append(" service-type remote-access")
        if lines := self.client("  "):
            self.lines += [" webvpn", *lines]
