"""Verdicts and numbers worked out a second time, from the contract's words alone.

Shares no code with ``nornir_anyconnect``: a mistake in one of the two shows as a difference. It reads
configurations as ``generate.py`` writes them, not everything that a device may print. The suites of a
level and the trains of FTD are packaged facts, no logic: they are read from the data files, as data.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

PACKAGED = Path(__file__).parents[2] / "nornir_anyconnect/mtu/data"
DATA = tomllib.loads((PACKAGED / "suites.toml").read_text("utf-8") + (PACKAGED / "releases.toml").read_text("utf-8"))
SETS = {"technote": ("asa", "sysopt", None), "guide": ("asa", "interface", 1406), "rfc": ("record", "sysopt", None)}
TLS, DTLS = ("tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"), ("dtlsv1", "dtlsv1.2")
DEFAULT_GROUPS = ("DefaultWEBVPNGroup", "DefaultRAGroup")
WORST = ("not-applicable", "safe", "mitigated", "unknown", "at-risk")
CLIENT_PATH = 1500
"""Bytes: what a client's own link carries, however wide the interface of the box is."""
DECIDES = re.compile(r"(webvpn|group-policy|tunnel-group|username|ssl|sysopt|mtu)\b")
PROMPT = re.compile(r"^[\w/.-]+(?:\(([\w-]+)\))?[#>] ?(.*)$")
REFUSED = ("ERROR:", "% Invalid input", "Command authorization failed")
DEPTH = {"config-group-policy": 1, "config-username": 1, "config-webvpn": 1, "config-tunnel-general": 1}
DEPTH |= {
    "config-dynamic-access-policy-record": 1,
    "config-tunnel-webvpn": 1,
    "config-ldap-attribute-map": 1,
    "config-tunnel-ipsec": 1,
    "config-group-webvpn": 2,
    "config-username-webvpn": 2,
}


@dataclass(frozen=True)
class Cost:
    """What a suite costs, bytes."""

    kind: str
    block: int
    iv: int
    mac: int
    modern: bool
    """Only from (D)TLS 1.2 on."""
    tls13: bool


def cost(name: str) -> Cost | None:
    """By the name alone; None for a suite nobody knows."""
    if name.startswith("TLS_"):
        known = re.fullmatch(r"TLS_(AES_(128|256)_GCM|CHACHA20_POLY1305)_SHA(256|384)", name)
        return (
            Cost("chacha" if "CHACHA" in name else "gcm", 16, 16, 48 if "384" in name else 32, True, True)
            if known
            else None
        )
    base = re.sub(r"^(ECDHE-ECDSA|ECDHE-RSA|DHE-RSA)-", "", name)
    known = {
        "RC4-SHA": Cost("stream", 1, 0, 20, False, False),
        "RC4-MD5": Cost("stream", 1, 0, 16, False, False),
        "NULL-SHA": Cost("stream", 1, 0, 20, False, False),
        "DES-CBC-SHA": Cost("block", 8, 8, 20, False, False),
        "DES-CBC3-SHA": Cost("block", 8, 8, 20, False, False),
        "CHACHA20-POLY1305": Cost("chacha", 16, 16, 32, True, False),
    }
    for bits in ("128", "256"):
        known[f"AES{bits}-SHA"] = Cost("block", 16, 16, 20, False, False)
        for size, mac in (("256", 32), ("384", 48)):
            known[f"AES{bits}-SHA{size}"] = Cost("block", 16, 16, mac, True, False)
            known[f"AES{bits}-GCM-SHA{size}"] = Cost("gcm", 16, 16, mac, True, False)
    return known.get(base)


def usable(suite: Cost, version: str) -> bool:
    """Whether the RFC of the version allows the suite."""
    if version == "tlsv1.3" or suite.tls13:
        return version == "tlsv1.3" and suite.tls13
    if suite.modern and version not in ("tlsv1.2", "dtlsv1.2"):
        return False
    return not (suite.kind == "stream" and version in DTLS)


@dataclass(frozen=True)
class Path_:
    """What both sides of the sum know of the way: bytes, and the outer IP header."""

    link: int
    tcpmss: int
    ip: int


def tls_mtu(suite: Cost, version: str, way: Path_, chosen: str, conf: int | None) -> int:
    """Bytes; ``conf`` None and no built-in cap is uncapped."""
    accounting, mss, cap = SETS[chosen]
    path = way.link - 20 - way.ip
    if mss == "sysopt" and way.tcpmss:
        path = min(path, way.tcpmss)
    if suite.kind == "stream":
        value = path - 5 - 8 - suite.mac
    elif suite.kind == "block" or accounting == "asa":
        iv = 0 if version == "tlsv1" else suite.iv
        value = (path - 5 - iv) // suite.block * suite.block - 8 - suite.mac - 1
    elif suite.tls13:
        value = path - 5 - 1 - 16 - 8
    else:
        value = path - 5 - (8 if suite.kind == "gcm" else 0) - 16 - 8
    limit = conf if conf is not None else cap
    return value if limit is None else min(value, limit)


def dtls_mtu(suite: Cost, way: Path_, chosen: str, conf: int | None) -> int:
    """Bytes, as above."""
    accounting, _, cap = SETS[chosen]
    rest = way.link - way.ip - 8 - 13
    if suite.kind == "block" or accounting == "asa":
        value = (rest - suite.iv) // suite.block * suite.block - 1 - suite.mac - 1
    else:
        value = rest - (8 if suite.kind == "gcm" else 0) - 16 - 1
    limit = conf if conf is not None else cap
    return value if limit is None else min(value, limit)


@dataclass
class Owner:
    """A group policy or a username."""

    kind: str | None = None
    protocols: list[str] | None = None
    base: str | None = None
    odd: bool = False
    """Its header says something that nobody understands."""
    client: dict[str, object] = field(default_factory=dict)


@dataclass
class Box:
    """One configuration."""

    release: tuple[int, ...] | None = None
    ftd: bool = False
    svc: bool = False
    began: bool = False
    ended: bool = False
    policies: dict[str, Owner] = field(default_factory=dict)
    users: dict[str, Owner] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    assigned: dict[str, str] = field(default_factory=dict)
    groups: dict[str, None] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    serving: dict[str, bool] = field(default_factory=dict)
    odd_enable: bool = False
    anyconnect: bool = False
    dtls_port: int = 443
    tcpmss: int = 1380
    links: dict[str, int] = field(default_factory=dict)
    ciphers: dict[str, list[str]] = field(default_factory=dict)
    encryption: list[str] | None = None
    server: list[str] = field(default_factory=list)
    maps: dict[str, list[str]] = field(default_factory=dict)
    mapped: set[str] = field(default_factory=set)
    """LDAP maps that say which policy."""
    dap: bool = False
    l2l: bool = False
    odd: bool = False
    """A setting of the ssl lines that nobody understands."""

    @property
    def complete(self) -> bool:
        """It begins and ends like a whole configuration."""
        return self.began and self.ended


def unquoted(text: str) -> list[str]:
    """Words; a quoted name is one."""
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', text)]


def one_configuration(text: str) -> tuple[list[str], bool]:
    """The lines of the running-config in a text, and whether there is more than one in it that could be meant."""
    lines = [line.rstrip() for line in text.splitlines()]
    shown = [at for at, line in enumerate(lines) if (said := PROMPT.match(line)) and said[2].startswith("show run")]
    if shown:  # what the commands say is the running one stands alone
        lines = lines[shown[0] + 1 :]
        until = next((at for at, line in enumerate(lines) if PROMPT.match(line) and "#" in line), len(lines))
        lines = lines[:until]
    elif any(PROMPT.match(line) and "(config" in line for line in lines):
        lines = _typed(lines)
    ends = [at for at, line in enumerate(lines) if line == ": end" or line.startswith("Cryptochecksum:")]
    versions = sum(bool(re.match(r"(ASA|NGFW|PIX) Version ", line)) for line in lines)
    names = sum(line.startswith("hostname ") for line in lines)
    # `: end` stands right behind the checksum: one mark
    marks = sum(at - 1 not in ends for at in ends)
    several = versions > 1 or names > 1 or marks > 1
    if not several and ends:
        lines = lines[: ends[-1] + 1]
    return lines, several


def _typed(lines: list[str]) -> list[str]:
    """What was configured in a pasted dialogue: each line at its prompt's depth; what was refused never was."""
    found: list[str] = []
    for line in lines:
        said = PROMPT.match(line)
        if said and said[1] and said[2]:
            found.append(" " * DEPTH.get(said[1], 0) + said[2])
        elif line.startswith(REFUSED) and found:
            found.pop()
    return [line for line in found if line.strip() not in ("exit", "end")]


def read(lines: list[str]) -> Box:
    """What the text says."""
    box = Box()
    block: list[str] = []
    decided = False
    for line in lines:
        if not line or line.startswith("!"):
            continue
        if re.match(r"(ASA|NGFW|PIX) Version |hostname ", line) and not decided:
            box.began = True
        decided |= DECIDES.match(line) is not None
        if line == ": end" or line.startswith("Cryptochecksum:"):
            box.ended = True
        elif line[0] != " ":
            block = unquoted(line)
            _top(box, line, block)
        elif block:
            _inner(box, block, line.strip(), deep=line.startswith("  "))
    return box


def _top(box: Box, line: str, words: list[str]) -> None:
    match words:
        case ["ASA", "Version", release, *_]:
            box.release = _at(release)
        case ["NGFW", "Version", release, *_]:
            box.ftd, box.release = True, _lina(release)
        case ["group-policy", name, what, *more]:
            owner = box.policies.setdefault(name, Owner())
            owner.kind = what if what in ("internal", "external") else owner.kind
            owner.odd |= what == "internal" and bool(more)
        case ["username", name, "attributes"]:
            box.users.setdefault(name, Owner())
        case ["tunnel-group", name, "type", kind]:
            box.groups[name] = None
            box.types[name] = kind
        case ["tunnel-group", name, *_]:
            box.groups[name] = None
        case ["mtu", nameif, size]:
            box.links[nameif] = int(size)
        case ["sysopt", "connection", "tcpmss", size]:
            box.tcpmss = int(size)
        case ["ssl", "encryption", *names]:
            box.encryption = names
        case ["ssl", "server-version", *names]:
            box.server = names
        case ["ssl", "cipher", "default", *_]:
            pass
        case ["ssl", "cipher", version, "custom", *_]:
            box.ciphers[version] = re.split(r"[:\s]+", line.split(" custom ", 1)[1].strip('"'))
        case ["ssl", "cipher", version, level]:
            box.ciphers[version] = ["level", level]
        case ["dynamic-access-policy-record", name] if name != "DfltAccessPolicy":
            box.dap = True
        case ["crypto", "map", _, _, "set", "peer", *_]:
            box.l2l = True
        case _:
            pass


def _inner(box: Box, block: list[str], line: str, *, deep: bool) -> None:
    words = unquoted(line)
    match block:
        case ["webvpn"]:
            if not deep:
                _webvpn(box, words)
        case ["ldap", "attribute-map", name]:
            if words[0] == "map-name" and words[-1] == "Group-Policy":
                box.mapped.add(name)
            if words[0] == "map-value" and name in box.mapped:
                box.maps.setdefault(words[-1], []).append(f"ldap attribute-map {name}")
        case ["tunnel-group", name, "general-attributes"]:
            if words[0] == "default-group-policy":
                box.assigned[name] = words[1]
            if words[0] in ("authentication-server-group", "authorization-server-group") and words[1] != "LOCAL":
                box.elsewhere.add(name)
        case ["group-policy" | "username", name, "attributes"]:
            owner = (box.policies if block[0] == "group-policy" else box.users).setdefault(name, Owner())
            if deep:
                box.svc |= words[0] == "svc"
                _client(owner, words)
            elif words[0] == "vpn-tunnel-protocol":
                owner.protocols = words[1:]
                box.svc |= "svc" in words
            elif words[0] == "vpn-group-policy":
                owner.base = words[1]


def _webvpn(box: Box, words: list[str]) -> None:
    match words:
        case ["enable", nameif]:
            box.serving[nameif] = True
        case ["enable", nameif, "tls-only"]:
            box.serving[nameif] = False
        case ["enable", *_]:
            box.odd_enable = True
        case ["anyconnect" | "svc", "enable"]:
            box.anyconnect = True
            box.svc |= words[0] == "svc"
        case ["dtls", "port", number]:
            box.dtls_port = int(number)
        case _:
            pass


def _client(owner: Owner, words: list[str]) -> None:
    match words:
        case ["anyconnect" | "svc", "mtu", size]:
            owner.client["mtu"] = int(size) if size.isdigit() and 256 <= int(size) <= 1462 else "?"
        case ["default", "anyconnect", "mtu"]:
            owner.client["mtu"] = "?"
        case ["anyconnect", "ssl", "dtls", word] | ["svc", "dtls", word]:
            owner.client["dtls"] = {"enable": True, "none": False}.get(word, "?")
        case ["anyconnect", "ssl", "df-bit-ignore", word] | ["anyconnect" | "svc", "df-bit-ignore", word]:
            owner.client["df"] = {"enable": True, "disable": False, "none": False}.get(word, "?")
        case _:
            pass


def _at(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", text))


def _lina(train: str) -> tuple[int, ...]:
    """The ASA release that an FTD version is built on; newer than all known ones counts as the newest."""
    known = sorted((_at(name), _at(asa)) for name, asa in DATA["ftd"].items())
    return [asa for name, asa in known if name <= _at(train)][-1] + (1,)


def _rows(level: str, version: str) -> list[dict]:
    rows = [row for row in DATA["levels"] if row["level"] == level and row["version"] == version]
    return sorted(rows, key=lambda row: _at(row["from"]))


def _level(level: str, version: str, release: tuple[int, ...] | None) -> list[str] | None:
    """The suites of a level: of the release, or of every release where it is not known; None for no such level."""
    rows = _rows(level, version)
    if not rows:
        return None
    if release is None:
        return list(dict.fromkeys(suite for row in reversed(rows) for suite in row["suites"]))
    held = [row for row in rows if _at(row["from"]) <= release] or rows[:1]
    return held[-1]["suites"]


def _legacy(release: tuple[int, ...] | None) -> list[str]:
    rows = DATA["legacy_default"]
    if release is None:
        return list(dict.fromkeys(suite for row in rows for suite in row["suites"]))
    return ([row for row in rows if _at(row["from"]) <= release] or rows[:1])[-1]["suites"]


def release_of(box: Box) -> tuple[int, ...] | None:
    """What is printed, or what the spelling proves; None where any release is possible."""
    if box.release is None and box.svc:
        return (8, 3)
    return box.release


def primary_of(box: Box) -> str:
    """The assumption set that measurements support for this release."""
    return "guide" if box.ftd or (box.release or (0,)) >= (9, 10, 1) else "technote"


def offers(box: Box) -> tuple[list[tuple[Cost, str]], bool]:
    """Everything negotiable, and whether a suite is unknown."""
    release = release_of(box)
    old = box.encryption is not None or (release is not None and release < (9, 3, 2))
    lists: dict[str, list[str]] = {}
    if old:
        names = _legacy(release)
        if box.encryption is not None:
            box.odd |= any(word not in DATA["legacy"] for word in box.encryption)
            names = [DATA["legacy"][word] for word in box.encryption if word in DATA["legacy"]]
        lists = {"tlsv1": names, "dtlsv1": names}
    else:
        versions = ["tlsv1", "tlsv1.1", "tlsv1.2", "dtlsv1"]
        versions += ["dtlsv1.2"] * (release is None or release >= (9, 10, 1))
        versions += ["tlsv1.3"] * (release is None or release >= (9, 19, 1))
        lists = {version: _level("medium", version, release) or [] for version in versions}
        if release is None and not box.ciphers:  # it may be one that had no such lines
            for version in ("tlsv1", "dtlsv1"):
                lists[version] = list(dict.fromkeys([*lists[version], *_legacy(None)]))
    for word in box.server:  # a box has no line about a version that it does not speak
        version = word.removesuffix("-only")
        if version in (*TLS, *DTLS) and version not in lists:
            lists[version] = _level("medium", version, release) or []
    for version, names in box.ciphers.items():
        if names[0] == "level":
            found = _level(names[1], version, release)
            box.odd |= found is None
            names = found or []
        lists[version] = names
    allowed = [version for version in lists if all(_within(word, version) for word in box.server)]
    unknown = any(cost(name) is None for version in allowed for name in lists[version])
    return [
        (suite, version)
        for version in allowed
        for name in lists[version]
        if (suite := cost(name)) and usable(suite, version)
    ], unknown


def _within(word: str, version: str) -> bool:
    only, word = word.endswith("-only"), word.removesuffix("-only")
    for family in (TLS, DTLS):
        if word in family and version in family:
            return family.index(version) == family.index(word) if only else family.index(version) >= family.index(word)
    return True


def effective(box: Box, chain: list[Owner], key: str, default: object) -> tuple[object, str]:
    """The value in force and where it comes from."""
    for depth, owner in enumerate(chain):
        if key in owner.client:
            return owner.client[key], "configured" if depth == 0 or owner is not box.policies.get(
                "DfltGrpPolicy"
            ) else "inherited"
    return default, "default"


@dataclass(frozen=True)
class Asked:
    """How somebody wants it judged."""

    assume_complete: bool = False
    ip: int = 20
    client_mtu: int = CLIENT_PATH


def judge(text: str, asked: Asked = Asked()) -> tuple[str, dict[tuple[str, str], dict[str, object]]]:
    """The device's status, and every finding of the text by (scope, name)."""
    lines, several = one_configuration(text)
    box = read(lines)
    blocks = any(line == "webvpn" or line.endswith("attributes") for line in lines)
    sane = any(line.startswith(" ") for line in lines) or not blocks
    whole = (box.complete or asked.assume_complete) and not several and sane
    return ("ok" if whole else "partial"), _Judge(box, asked, whole=whole).findings()


class _Judge:
    """One box under judgement."""

    def __init__(self, box: Box, asked: Asked, *, whole: bool) -> None:
        self.box, self.asked, self.whole = box, asked, whole
        self.suites, self.unknown = offers(box)
        self.primary = primary_of(box)
        self.order = list(dict.fromkeys([self.primary, *SETS]))
        self.single = (release_of(box) or (9, 9)) < (9, 0)

    def findings(self) -> dict[tuple[str, str], dict[str, object]]:
        box = self.box
        found: dict[tuple[str, str], dict[str, object]] = {}
        groups = [name for name in box.groups if box.types.get(name) != "ipsec-l2l" and name != "DefaultL2LGroup"]
        if "DefaultWEBVPNGroup" not in groups:
            groups.append("DefaultWEBVPNGroup")
        named = []
        for name in groups:
            policy = box.assigned.get(name, "DfltGrpPolicy")
            typed = box.types.get(name)
            reason = None
            if typed is None and name not in DEFAULT_GROUPS:
                reason = ("unknown", "incomplete-config")
            elif typed not in (None, "remote-access", "webvpn", "ipsec-ra"):
                reason = ("not-applicable", "not-remote-access")
            else:
                named.append(policy)
            found["tunnel-group", name] = self.one(policy, [], reason, elsewhere=name in box.elsewhere or box.dap)
        asks = bool(box.elsewhere) or box.dap
        for name in box.policies:
            if name not in named:
                found["group-policy", name] = self.one(name, [], None, elsewhere=asks) | {
                    "reachable_by": [
                        *dict.fromkeys(box.maps.get(name, [])),
                        *(f"username {user}" for user, owner in box.users.items() if owner.base == name),
                    ]
                }
        for name, user in box.users.items():
            if user.client or user.base or user.protocols:
                bases = [user.base] if user.base else sorted({*named, *box.maps})
                tries = [self.one(base, [user], None, elsewhere=asks) for base in bases]
                # of equals the first by name
                found["username", name] = max(
                    tries, key=lambda each: (WORST.index(str(each["verdict"])), each["gap"] or 0)
                )
        return found

    def ways(self, *, dtls: bool) -> list[Path_]:
        """The paths of the serving interfaces, for a client's own link."""
        return [
            Path_(min(self.box.links.get(name, 1500), self.asked.client_mtu), self.box.tcpmss, self.asked.ip)
            for name, with_dtls in self.box.serving.items()
            if with_dtls or not dtls
        ]

    def one(
        self, policy: str, over: list[Owner], reason: tuple[str, str] | None, *, elsewhere: bool
    ) -> dict[str, object]:
        box = self.box
        default = box.policies.get("DfltGrpPolicy")
        own = box.policies.get(policy)
        chain = [*over, *([own] if own else []), *([default] if default and default is not own else [])]
        exists = own is not None or policy == "DfltGrpPolicy"
        external = own is not None and own.kind == "external"
        odd = [key for key in ("mtu", "dtls", "df") if effective(box, chain, key, None)[0] == "?"]
        odd_policy = own is not None and own.odd
        legible = exists and not external and not odd_policy
        conf, conf_from = _conf(box, chain, policy, over)
        dtls = effective(box, chain, "dtls", True)[0]
        df = effective(box, chain, "df", False)[0] is True
        protocols = next((each.protocols for each in chain if each.protocols is not None), [])
        ways = self.ways(dtls=True)
        gaps = self.gaps(ways, conf)
        bare = self.gaps(ways, None)
        risky = any(gap > 0 for _, _, gap in gaps.values())
        known_risk = risky and not df
        has_tls = any(version in TLS for _, version in self.suites)
        has_dtls = any(version in DTLS for _, version in self.suites)
        rows = [
            (box.odd_enable and not (box.serving and box.anyconnect), "unknown", "unsupported-value"),
            (not box.serving, "not-applicable", "webvpn-not-enabled"),
            (not box.anyconnect, "not-applicable", "anyconnect-not-enabled"),
            (not exists, "unknown", "group-policy-missing"),
            (external, "unknown", "external-group-policy"),
            (odd_policy, "unknown", "unsupported-value"),
            (not {"ssl-client", "svc"} & set(protocols), "not-applicable", "ssl-client-not-allowed"),
            (box.odd_enable and not (known_risk and dtls), "unknown", "unsupported-value"),
            (dtls is False or not ways, "safe", "dtls-disabled"),
            (self.unknown and not known_risk, "unknown", "unknown-suite"),
            (bool(odd), "unknown", "unsupported-value"),
            ((box.odd or not has_tls) and not known_risk, "unknown", "unsupported-value"),
            (not has_dtls, "safe", "dtls-not-negotiable"),
            (self.single, "unknown", "single-mtu-release"),
            (risky and df, "mitigated", "fragmentation-allowed"),
            (risky, "at-risk", "dtls-mtu-exceeds-tls-mtu"),
            (any(gap > 0 for _, _, gap in bare.values()), "safe", "mtu-at-or-below-tls-mtu"),
            (True, "safe", "tls-mtu-at-or-above-dtls-mtu"),
        ]
        verdict, why = reason or next((verdict, why) for holds, verdict, why in rows if holds)
        if not self.whole and verdict != "at-risk":
            verdict, why = "unknown", "incomplete-config"
        finding: dict[str, object] = {
            "group_policy": policy,
            "verdict": verdict,
            "reason": why,
            "certainty": None,
            "primary_set": self.primary,
            "tls_mtu": None,
            "dtls_mtu": None,
            "gap": None,
            "numbers_from": None,
            "safe_mtu": None,
            "assumptions": {},
            "configured_mtu": conf if legible else None,
            "configured_mtu_from": conf_from if legible and "mtu" not in odd else None,
            "caveats": set(),
        }
        caveats: set[str] = finding["caveats"]  # type: ignore[assignment]
        if box.release is None:
            caveats.add("release-unknown")
        if elsewhere and verdict != "not-applicable":
            caveats.add("external-attributes-possible")
        if verdict == "safe" and why in ("dtls-disabled", "dtls-not-negotiable"):
            self._tls_alone(finding, conf)
        elif verdict in ("at-risk", "mitigated", "safe"):
            self._numbers(finding, gaps, ways)
            if why == "tls-mtu-at-or-above-dtls-mtu" and any(gap < 0 for _, _, gap in gaps.values()):
                caveats.add("udp-above-client-mtu")
            if box.dtls_port != 443:
                caveats.add("non-default-dtls-port")
            if verdict != "safe" and (box.l2l or "ipsec-l2l" in box.types.values() or "DefaultL2LGroup" in box.groups):
                caveats.add("l2l-tunnels-present")
        return finding

    def _tls_alone(self, finding: dict[str, object], conf: int | None) -> None:
        alone = {each: self.smallest(self.ways(dtls=False), each, conf) for each in self.order}
        if alone[self.primary] is not None:
            finding |= {
                "tls_mtu": alone[self.primary],
                "numbers_from": self.primary,
                "assumptions": {
                    each: {"tls_mtu": value, "dtls_mtu": None, "gap": None} for each, value in alone.items()
                },
            }

    def _numbers(self, finding: dict[str, object], gaps: dict[str, tuple[int, int, int]], ways: list[Path_]) -> None:
        shows = [each for each, (_, _, gap) in gaps.items() if (gap > 0) == (finding["verdict"] != "safe")]
        tls, dtls, gap = gaps[shows[0]]
        lowest = [self.smallest(ways, each, None, capped=False) for each in SETS]
        certainty = "primary-assumptions" if self.primary in shows else "other-assumptions"
        finding |= {
            "certainty": "all-assumptions" if len(shows) == len(SETS) else certainty,
            "numbers_from": shows[0],
            "tls_mtu": tls,
            "dtls_mtu": dtls,
            "gap": gap,
            "safe_mtu": min([1406, *(each for each in lowest if each is not None)]),
            "assumptions": {
                each: {"tls_mtu": one, "dtls_mtu": two, "gap": three} for each, (one, two, three) in gaps.items()
            },
        }

    def smallest(self, ways: list[Path_], chosen: str, conf: int | None, *, capped: bool = True) -> int | None:
        """The smallest TLS MTU over suites and paths; before any cap where ``capped`` is False."""
        if not capped:
            conf = 10**6
        sizes = [
            tls_mtu(suite, version, way, chosen, conf)
            for suite, version in self.suites
            if version in TLS
            for way in ways
        ]
        return min(sizes, default=None)

    def gaps(self, ways: list[Path_], conf: int | None) -> dict[str, tuple[int, int, int]]:
        """Per assumption set the worst pair on the interface with the largest gap, the primary set first."""
        found = {}
        for chosen in self.order:
            pairs = []
            for way in ways:
                tls = self.smallest([way], chosen, conf)
                sizes = [dtls_mtu(suite, way, chosen, conf) for suite, version in self.suites if version in DTLS]
                if tls is not None and sizes:
                    pairs.append((tls, max(sizes), max(sizes) - tls))
            if pairs:
                found[chosen] = max(pairs, key=lambda pair: pair[2])
        return found


def _conf(box: Box, chain: list[Owner], policy: str, over: list[Owner]) -> tuple[int | None, str]:
    value, origin = effective(box, chain, "mtu", None)
    if value == "?":  # nobody knows what is in force, and what the next owner says is not
        return None, origin
    owner = next((each for each in chain if each.client.get("mtu") == value), None)
    own = box.policies.get(policy)
    if value is not None:
        origin = "configured" if owner is own or owner in over else "inherited"
    return value, origin  # type: ignore[return-value]
