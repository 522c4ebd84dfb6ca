"""Verdicts and numbers worked out a second time, from the contract's words alone.

Shares no code with ``nornir_anyconnect``: a mistake in one of the two shows as a difference. It reads
configurations as ``generate.py`` writes them, not everything that a device may print. The suites of a
level are packaged facts, no logic: they are read from the data file, as data.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DATA = tomllib.loads((Path(__file__).parents[2] / "nornir_anyconnect/mtu/data/releases.toml").read_text("utf-8"))
SETS = {"technote": ("asa", "sysopt", None), "guide": ("asa", "interface", 1406), "rfc": ("record", "sysopt", None)}
TLS, DTLS = ("tlsv1", "tlsv1.1", "tlsv1.2", "tlsv1.3"), ("dtlsv1", "dtlsv1.2")


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


def tls_mtu(suite: Cost, version: str, tcpmss: int, link: int, chosen: str, conf: int | None) -> int:  # noqa: PLR0917 - the inputs of the formula
    """Bytes; ``conf`` None and no built-in cap is uncapped."""
    accounting, mss, cap = SETS[chosen]
    path = link - 40
    if mss == "sysopt" and tcpmss:
        path = min(path, tcpmss)
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


def dtls_mtu(suite: Cost, link: int, chosen: str, conf: int | None) -> int:
    """Bytes, as above."""
    accounting, _, cap = SETS[chosen]
    rest = link - 20 - 8 - 13
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
    client: dict[str, object] = field(default_factory=dict)


@dataclass
class Box:
    """One configuration."""

    release: tuple[int, ...] | None = None
    complete: bool = False
    policies: dict[str, Owner] = field(default_factory=dict)
    users: dict[str, Owner] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    assigned: dict[str, str] = field(default_factory=dict)
    groups: dict[str, None] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    serving: dict[str, bool] = field(default_factory=dict)
    anyconnect: bool = False
    svc: bool = False
    """Some line is spelled as before 8.4."""
    dtls_port: int = 443
    tcpmss: int = 1380
    links: dict[str, int] = field(default_factory=dict)
    ciphers: dict[str, list[str]] = field(default_factory=dict)
    encryption: list[str] | None = None
    server: list[str] = field(default_factory=list)
    maps: dict[str, list[str]] = field(default_factory=dict)
    dap: bool = False
    l2l: bool = False
    odd: bool = False
    """A setting of the ssl lines that nobody understands."""


def unquoted(text: str) -> list[str]:
    """Words; a quoted name is one."""
    return [quoted or bare for quoted, bare in re.findall(r'"([^"]*)"|(\S+)', text)]


def read(text: str) -> Box:
    """What the text says."""
    box = Box()
    block: list[str] = []
    for raw in text.splitlines():
        line = raw.rstrip()
        if not line or line.startswith("!"):
            continue
        if line == ": end" or line.startswith("Cryptochecksum:"):
            box.complete = True
        elif line[0] != " ":
            block = unquoted(line)
            _top(box, line, block)
        elif block:
            _inner(box, block, line.strip(), deep=line.startswith("  "))
    return box


def _top(box: Box, line: str, words: list[str]) -> None:
    match words:
        case ["ASA", "Version", release, *_]:
            box.release = tuple(int(each) for each in re.findall(r"\d+", release))
        case ["group-policy", name, what, *_]:
            owner = box.policies.setdefault(name, Owner())
            owner.kind = what if what in ("internal", "external") else owner.kind
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
            _webvpn(box, words)
        case ["ldap", "attribute-map", name]:
            if words[0] == "map-value":
                box.maps.setdefault(words[-1], []).append(f"ldap attribute-map {name}")
        case ["tunnel-group", name, "general-attributes"]:
            if words[0] == "default-group-policy":
                box.assigned[name] = words[1]
            if words[0] in ("authentication-server-group", "authorization-server-group") and words[1] != "LOCAL":
                box.elsewhere.add(name)
        case ["group-policy" | "username", name, "attributes"]:
            owner = (box.policies if block[0] == "group-policy" else box.users)[name]
            if deep:
                _client(box, owner, words)
            elif words[0] == "vpn-tunnel-protocol":
                owner.protocols = words[1:]
            elif words[0] == "vpn-group-policy":
                owner.base = words[1]


def _webvpn(box: Box, words: list[str]) -> None:
    match words:
        case ["enable", nameif]:
            box.serving[nameif] = True
        case ["enable", nameif, "tls-only"]:
            box.serving[nameif] = False
        case ["anyconnect" | "svc", "enable"]:
            box.anyconnect = True
            box.svc |= words[0] == "svc"
        case ["dtls", "port", number]:
            box.dtls_port = int(number)
        case _:
            pass


def _client(box: Box, owner: Owner, words: list[str]) -> None:
    box.svc |= words[0] == "svc"
    match words:
        case ["anyconnect" | "svc", "mtu", size]:
            owner.client["mtu"] = int(size) if size.isdigit() and 256 <= int(size) <= 1462 else "?"
        case ["anyconnect", "ssl", "dtls", word] | ["svc", "dtls", word]:
            owner.client["dtls"] = {"enable": True, "none": False}.get(word, "?")
        case ["anyconnect", "ssl", "df-bit-ignore", word] | ["anyconnect" | "svc", "df-bit-ignore", word]:
            owner.client["df"] = {"enable": True, "disable": False, "none": False}.get(word, "?")
        case _:
            pass


def offers(box: Box) -> tuple[list[tuple[Cost, str]], bool]:
    """Everything negotiable, and whether a suite is unknown."""
    release = box.release or ((8, 3) if box.svc else None)
    lists: dict[str, list[str]] = {}
    old = box.encryption is not None or (release is not None and release < (9, 3, 2))
    if old:
        names = _held(DATA["legacy_default"], release)
        if box.encryption is not None:
            box.odd |= any(word not in DATA["legacy"] for word in box.encryption)
            names = [DATA["legacy"][word] for word in box.encryption if word in DATA["legacy"]]
        lists = {"tlsv1": names, "dtlsv1": names}
    else:
        versions = ["tlsv1", "tlsv1.1", "tlsv1.2", "dtlsv1"]
        versions += ["dtlsv1.2"] * (release is None or release >= (9, 10, 1))
        versions += ["tlsv1.3"] * (release is None or release >= (9, 19, 1))
        lists = {version: _level("medium", version, release) or [] for version in versions}
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


def _at(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", text))


def _level(level: str, version: str, release: tuple[int, ...] | None) -> list[str] | None:
    rows = [row for row in DATA["levels"] if row["level"] == level and row["version"] == version]
    return _held(rows, release) if rows else None


def _held(rows: list[dict[str, Any]], release: tuple[int, ...] | None) -> list[str]:
    """The suites of the newest row not above the release; of one that is not known those of every row."""
    rows = sorted(rows, key=lambda row: _at(row["from"]))
    if release is None:
        return [name for row in rows for name in row["suites"]]
    held = [row for row in rows if _at(row["from"]) <= release] or rows[:1]
    names: list[str] = held[-1]["suites"]
    return names


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


def judge(text: str, *, assume_complete: bool = False) -> dict[tuple[str, str], dict[str, object]]:
    """Every finding of the text by (scope, name)."""
    box = read(text)
    complete = box.complete or assume_complete
    found = {}
    groups = [name for name in box.groups if box.types.get(name) != "ipsec-l2l" and name != "DefaultL2LGroup"]
    if "DefaultWEBVPNGroup" not in groups:
        groups.append("DefaultWEBVPNGroup")
    named = []
    for name in groups:
        policy = box.assigned.get(name, "DfltGrpPolicy")
        typed = box.types.get(name)
        reason = None
        if typed is None and name not in ("DefaultWEBVPNGroup", "DefaultRAGroup"):
            reason = ("unknown", "incomplete-config")
        elif typed not in (None, "remote-access", "webvpn", "ipsec-ra"):
            reason = ("not-applicable", "not-remote-access")
        else:
            named.append(policy)
        found["tunnel-group", name] = _judged(
            box, policy, [], reason, complete=complete, elsewhere=name in box.elsewhere or box.dap
        )
    asks = bool(box.elsewhere) or box.dap
    for name in box.policies:
        if name not in named:
            found["group-policy", name] = _judged(box, name, [], None, complete=complete, elsewhere=asks) | {
                "reachable_by": [
                    *dict.fromkeys(box.maps.get(name, [])),
                    *(f"username {user}" for user, owner in box.users.items() if owner.base == name),
                ]
            }
    for name, user in box.users.items():
        if user.client or user.base or user.protocols:
            bases = [user.base] if user.base else list(dict.fromkeys([*named, *box.maps]))
            tries = [_judged(box, base, [user], None, complete=complete, elsewhere=asks) for base in bases]
            found["username", name] = min(tries, key=_reach)
    return found


def _reach(finding: dict[str, object]) -> tuple[int, int, str]:
    """Worst first: by verdict, then by the largest gap, then by the policy's name."""
    order = ("at-risk", "unknown", "mitigated", "safe", "not-applicable")
    widest: int = finding["_widest"]  # type: ignore[assignment]
    return order.index(str(finding["verdict"])), -widest, str(finding["group_policy"])


def _judged(
    box: Box, policy: str, over: list[Owner], reason: tuple[str, str] | None, *, complete: bool, elsewhere: bool
) -> dict[str, object]:
    default = box.policies.get("DfltGrpPolicy")
    own = box.policies.get(policy)
    chain = [*over, *([own] if own else []), *([default] if default and default is not own else [])]
    exists = own is not None or policy == "DfltGrpPolicy"
    external = own is not None and own.kind == "external"
    odd = [key for key in ("mtu", "dtls", "df") if effective(box, chain, key, None)[0] == "?"]
    conf, conf_from = _conf(box, chain, policy, over)
    dtls = effective(box, chain, "dtls", True)[0]
    df = effective(box, chain, "df", False)[0] is True
    protocols = next((each.protocols for each in chain if each.protocols is not None), [])
    suites, unknown = offers(box)
    # a client's own network carries no more than 1500 bytes
    dtls_links = [min(box.links.get(name, 1500), 1500) for name, with_dtls in box.serving.items() if with_dtls]
    all_links = [min(box.links.get(name, 1500), 1500) for name in box.serving]
    gaps = _gaps(suites, box.tcpmss, dtls_links, conf)
    bare = _gaps(suites, box.tcpmss, dtls_links, None)
    risky = any(gap > 0 for _, _, gap in gaps.values())
    has_tls = any(version in TLS for _, version in suites)
    has_dtls = any(version in DTLS for _, version in suites)
    single = box.svc if box.release is None else box.release < (9, 0)
    primary = "guide" if box.release is not None and box.release >= (9, 10, 1) else "technote"
    order = [primary, *(each for each in SETS if each != primary)]
    rows = [
        (not box.serving, "not-applicable", "webvpn-not-enabled"),
        (not box.anyconnect, "not-applicable", "anyconnect-not-enabled"),
        (not exists, "unknown", "group-policy-missing"),
        (external, "unknown", "external-group-policy"),
        (not {"ssl-client", "svc"} & set(protocols), "not-applicable", "ssl-client-not-allowed"),
        (dtls is False or not dtls_links, "safe", "dtls-disabled"),
        (unknown and not (risky and not df), "unknown", "unknown-suite"),
        (bool(odd) or ((box.odd or not has_tls) and not (risky and not df)), "unknown", "unsupported-value"),
        (not has_dtls, "safe", "dtls-not-negotiable"),
        (single, "unknown", "single-mtu-release"),
        (risky and df, "mitigated", "fragmentation-allowed"),
        (risky, "at-risk", "dtls-mtu-exceeds-tls-mtu"),
        (any(gap > 0 for _, _, gap in bare.values()), "safe", "mtu-at-or-below-tls-mtu"),
        (True, "safe", "tls-mtu-at-or-above-dtls-mtu"),
    ]
    verdict, why = reason or next((verdict, why) for holds, verdict, why in rows if holds)
    if not complete and verdict != "at-risk":
        verdict, why = "unknown", "incomplete-config"
    finding: dict[str, object] = {
        "group_policy": policy,
        "verdict": verdict,
        "reason": why,
        "certainty": None,
        "tls_mtu": None,
        "dtls_mtu": None,
        "gap": None,
        "numbers_from": None,
        "safe_mtu": None,
        "assumptions": {},
        "configured_mtu": conf if exists and not external else None,
        "configured_mtu_from": conf_from if exists and not external and "mtu" not in odd else None,
        "caveats": set(),
        "_widest": max((gap for _, _, gap in gaps.values()), default=0),
        "primary_set": primary,
    }
    caveats: set[str] = finding["caveats"]  # type: ignore[assignment]
    if box.release is None:
        caveats.add("release-unknown")
    if elsewhere and verdict != "not-applicable":
        caveats.add("external-attributes-possible")
    if verdict == "safe" and why in ("dtls-disabled", "dtls-not-negotiable"):
        alone = {each: _smallest(suites, box.tcpmss, all_links, each, conf) for each in SETS}
        if alone[primary] is not None:
            finding |= {
                "tls_mtu": alone[primary],
                "numbers_from": primary,
                "assumptions": {
                    each: {"tls_mtu": value, "dtls_mtu": None, "gap": None} for each, value in alone.items()
                },
            }
    elif verdict in ("at-risk", "mitigated", "safe"):
        shows = [each for each in order if (gaps[each][2] > 0) == (verdict != "safe")]
        tls, dtls_size, gap = gaps[shows[0]]
        lowest = [_smallest(suites, box.tcpmss, dtls_links, each, None, capped=False) for each in SETS]
        finding |= {
            "certainty": _certainty(shows, primary),
            "numbers_from": shows[0],
            "tls_mtu": tls,
            "dtls_mtu": dtls_size,
            "gap": gap,
            "safe_mtu": min([1406, *(each for each in lowest if each is not None)]),
            "assumptions": {
                each: {"tls_mtu": one, "dtls_mtu": two, "gap": three} for each, (one, two, three) in gaps.items()
            },
        }
        if why == "tls-mtu-at-or-above-dtls-mtu" and any(gap < 0 for _, _, gap in gaps.values()):
            caveats.add("udp-above-client-mtu")
        if box.dtls_port != 443:
            caveats.add("non-default-dtls-port")
        if verdict != "safe" and (box.l2l or "ipsec-l2l" in box.types.values() or "DefaultL2LGroup" in box.groups):
            caveats.add("l2l-tunnels-present")
    return finding


def _certainty(shows: list[str], primary: str) -> str:
    if len(shows) == len(SETS):
        return "all-assumptions"
    return "primary-assumptions" if primary in shows else "other-assumptions"


def _conf(box: Box, chain: list[Owner], policy: str, over: list[Owner]) -> tuple[int | None, str]:
    value, origin = effective(box, chain, "mtu", None)
    if value == "?":  # nobody knows what is in force, and what the next owner says is not
        return None, origin
    owner = next((each for each in chain if each.client.get("mtu") == value), None)
    own = box.policies.get(policy)
    if value is not None:
        origin = "configured" if owner is own or owner in over else "inherited"
    return value, origin  # type: ignore[return-value]


def _smallest(
    suites: list[tuple[Cost, str]], tcpmss: int, links: list[int], chosen: str, conf: int | None, *, capped: bool = True
) -> int | None:
    """The smallest TLS MTU over suites and links; before any cap where ``capped`` is False."""
    if not capped:
        conf = 10**6
    return min(
        (
            tls_mtu(suite, version, tcpmss, link, chosen, conf)
            for suite, version in suites
            if version in TLS
            for link in links
        ),
        default=None,
    )


def _gaps(
    suites: list[tuple[Cost, str]], tcpmss: int, links: list[int], conf: int | None
) -> dict[str, tuple[int, int, int]]:
    """Per assumption set the worst pair on the interface with the largest gap."""
    found = {}
    for chosen in SETS:
        pairs = []
        for link in links:
            tls = _smallest(suites, tcpmss, [link], chosen, conf)
            dtls = max(
                (dtls_mtu(suite, link, chosen, conf) for suite, version in suites if version in DTLS), default=None
            )
            if tls is not None and dtls is not None:
                pairs.append((tls, dtls, dtls - tls))
        if pairs:
            found[chosen] = max(pairs, key=lambda pair: pair[2])
    return found
