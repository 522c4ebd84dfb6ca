"""Blocks and the meaning of their lines become the parts of a RunningConfig. No text is read here."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from nornir_anyconnect.asa.modes import Line
from nornir_anyconnect.asa.policy_readers import Meaning, number_in, words
from nornir_anyconnect.asa.running_config import (
    Block,
    CipherChoice,
    Interface,
    LdapMapEntry,
    LoggingSettings,
    Release,
    ServingInterface,
    Sourced,
    SslSettings,
    Webvpn,
)

Read = Iterable[tuple[Line, Meaning]]

ANYCONNECT_SPELLING = Release(8, 4, 1)
"""The release that renamed ``svc`` to ``anyconnect``."""

_ONE_PER_WORD = ("ssl cipher", "mtu")
"""Commands whose next word belongs to what is set: a version, an interface."""
_ASIDE = ("sysopt connection tcpmss minimum", "ssl cipher default")
"""Other settings with the same first words: the smallest MSS, and what the box offers where it is the client."""

_RELEASE = re.compile(r"(\d{1,4})\.(\d{1,4})(?:\((\d{1,6})\)(\d{1,6})?)?", re.ASCII)
_CLASS_ATTRIBUTES = frozenset({"group-policy", "ietf-radius-class", "cvpn3000-ietf-radius-class"})


def release_of(text: str) -> Release | None:
    """``9.12(4)67`` as numbers; None where it is not a release."""
    match = _RELEASE.match(text)
    return Release(*(int(number or 0) for number in match.groups())) if match else None


def webvpn_of(lines: Read) -> Webvpn:
    """The global ``webvpn`` block, all its headers merged."""
    serving: dict[str, ServingInterface] = {}
    found: dict[str, Sourced[Any]] = {}
    svc = False
    for line, meaning in lines:
        if "interface" in meaning:
            nameif = meaning["interface"]
            serving[nameif] = ServingInterface(nameif, "tls_only" in meaning, line.number)
        elif "no_interface" in meaning:
            serving.pop(meaning["no_interface"], None)
        for key in ("port", "dtls_port"):
            if key in meaning and (number := number_in(meaning[key])) is not None:
                found[key] = Sourced(number, line.number)
            elif f"no_{key}" in meaning:
                found.pop(key, None)
        if client := meaning.get("client") or meaning.get("no_client"):
            found["anyconnect_enabled"] = Sourced("client" in meaning, line.number)
            svc = svc or client == "svc"
    return Webvpn(interfaces=tuple(serving.values()), svc_spelling=svc, **found)


def ssl_of(lines: Read) -> SslSettings:
    """``ssl cipher``, ``ssl encryption`` and ``ssl server-version``; later lines win, ``no`` takes back."""
    lines = list(lines)
    ciphers: dict[str, Sourced[CipherChoice]] = {}
    found: dict[str, Sourced[tuple[str, ...]]] = {}
    for line, meaning in lines:
        if "ssl_version" in meaning:
            custom = meaning.get("custom")
            choice = (
                CipherChoice(custom=tuple(custom.replace('"', " ").replace(":", " ").split()))
                if custom is not None
                else CipherChoice(level=meaning["level"])
            )
            ciphers[meaning["ssl_version"]] = Sourced(choice, line.number)
        elif "no_cipher" in meaning:
            ciphers.pop(meaning["no_cipher"], None)
        for key in ("encryption", "server_version"):
            if key in meaning:
                found[key] = Sourced(tuple(meaning[key].split()), line.number)
            elif f"no_{key}" in meaning:
                found.pop(key, None)
    unsupported = not_understood(lines, ("ssl cipher", "ssl encryption", "ssl server-version"))
    return SslSettings(ciphers=tuple(ciphers.items()), unsupported=unsupported, **found)


def not_understood(lines: Read, commands: tuple[str, ...]) -> tuple[Sourced[str], ...]:
    """The lines of these commands that say nothing we can read, but for those that a later one replaces."""
    found: dict[str, Sourced[str]] = {}
    for line, meaning in lines:
        text = line.text.removeprefix("no ")
        if text.startswith(commands) and not text.startswith(_ASIDE):
            command = next(each for each in commands if text.startswith(each))
            size = len(command.split()) + (command in _ONE_PER_WORD)
            subject = " ".join(text.split()[:size])
            numbers = [meaning[key] for key in ("tcpmss", "mtu") if key in meaning]
            if "unread" in meaning or any(number_in(each) is None for each in numbers):
                found[subject] = Sourced(line.text, line.number)
            else:
                found.pop(subject, None)
    return tuple(found.values())


def logging_of(lines: Read) -> LoggingSettings:
    """What decides whether the evidence could have been seen."""
    found: dict[str, Sourced[Any]] = {}
    suppressed: list[Sourced[str]] = []
    relevelled: list[Sourced[tuple[str, str]]] = []
    lists: list[Sourced[str]] = []
    for line, meaning in lines:
        if "logging_on" in meaning or "logging_off" in meaning:
            found["enabled"] = Sourced("logging_on" in meaning, line.number)
        for key in ("buffered", "trap"):
            if key in meaning:
                found[key] = Sourced(meaning[key], line.number)
        if "suppressed" in meaning:
            suppressed.append(Sourced(meaning["suppressed"], line.number))
        if "relevelled" in meaning:
            relevelled.append(Sourced((meaning["relevelled"], meaning["level"]), line.number))
        if "list" in meaning:
            lists.append(Sourced(line.text, line.number))
    return LoggingSettings(suppressed=tuple(suppressed), relevelled=tuple(relevelled), lists=tuple(lists), **found)


def interfaces_of(blocks: Iterable[Block], lines: Read) -> tuple[Interface, ...]:
    """Named interfaces with the MTU of their ``mtu NAMEIF`` line."""
    named: dict[str, int | None] = {}
    for block in blocks:
        if block.header.startswith("interface"):
            for setting in block.body:
                found = setting.value.split()
                if len(found) > 1 and found[0] == "nameif":
                    named.setdefault(found[1], setting.line)
    mtus: dict[str, Sourced[int]] = {}
    for line, meaning in lines:
        if "nameif" in meaning and (mtu := number_in(meaning["mtu"])) is not None:
            mtus[meaning["nameif"]] = Sourced(mtu, line.number)
        elif "no_mtu" in meaning:
            mtus.pop(meaning["no_mtu"], None)
    return tuple(Interface(nameif, named.get(nameif), mtus.get(nameif)) for nameif in {**named, **mtus})


def ldap_entries_of(map_name: str, lines: Read) -> tuple[LdapMapEntry, ...]:
    """The policies that one LDAP attribute map hands out."""
    lines = list(lines)
    handing_out = {
        meaning["attribute"] for _, meaning in lines if meaning.get("cisco_attribute", "").lower() in _CLASS_ATTRIBUTES
    }
    return tuple(
        LdapMapEntry(map_name, policy, line.number)
        for line, meaning in lines
        if "value" in meaning and meaning["attribute"] in handing_out and (policy := _class_policy(meaning["value"]))
    )


def _class_policy(value: str) -> str:
    """The policy in ``map-value ATTRIBUTE VALUE POLICY``; a RADIUS class may read ``OU=POLICY;``."""
    found = words(value)
    policy = found[-1] if found else ""
    return policy[3:].removesuffix(";") if policy[:3].lower() == "ou=" else policy


def number_of(lines: Read, key: str) -> Sourced[int] | None:
    """The last number that a one-line command gave under that key."""
    result = None
    for line, meaning in lines:
        if key in meaning and (number := number_in(meaning[key])) is not None:
            result = Sourced(number, line.number)
        elif f"no_{key}" in meaning:
            result = None
    return result


def spells_svc(release: Release | None) -> bool:
    """Whether that release writes ``svc`` where later ones write ``anyconnect``."""
    return release is not None and release < ANYCONNECT_SPELLING


def icmp_limit_of(lines: Read) -> Sourced[tuple[int, int]] | None:
    """``icmp unreachable rate-limit R burst-size B``: R per second, B."""
    result = None
    for line, meaning in lines:
        if "rate" in meaning:
            rate, burst = number_in(meaning["rate"]), number_in(meaning["burst"])
            if rate is not None and burst is not None:
                result = Sourced((rate, burst), line.number)
    return result


def pools_of(lines: Read, key: str) -> tuple[Sourced[str], ...]:
    """The names of the local address pools."""
    return tuple(Sourced(words(meaning[key])[0], line.number) for line, meaning in lines if key in meaning)


def crypto_maps_of(lines: Read) -> tuple[Sourced[str], ...]:
    """Crypto map entries with a fixed peer, as ``NAME SEQUENCE``: the L2L tunnels of the box."""
    return tuple(
        Sourced(f"{meaning['crypto_map']} {meaning['sequence']}", line.number)
        for line, meaning in lines
        if "crypto_map" in meaning
    )


def failover_of(lines: Read) -> Sourced[bool] | None:
    """``failover`` or ``no failover``."""
    result = None
    for line, meaning in lines:
        if "failover_on" in meaning or "failover_off" in meaning:
            result = Sourced("failover_on" in meaning, line.number)
    return result
