"""Which suites TLS and DTLS can negotiate on a box, and which line, answer or packaged table says so."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.asa.grammar import Mode, row_of
from nornir_anyconnect.asa.running_config import From, Release, Sourced
from nornir_anyconnect.mtu import releases
from nornir_anyconnect.mtu.suites import DTLS_VERSIONS, TLS_VERSIONS, Offer, Version, all_suites

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import CipherChoice, RunningConfig, SslSettings

_CIPHER = row_of(Mode.CONFIG, "ssl.ciphers").words()
_ENCRYPTION = row_of(Mode.CONFIG, "ssl.encryption").words()
_BOUNDS = row_of(Mode.CONFIG, "ssl.server_version").words()
_NEWEST_FIRST = (*reversed(TLS_VERSIONS), *reversed(DTLS_VERSIONS))
_LEGACY_VERSIONS = (Version.TLS1_0, Version.DTLS1_0)
_LAST_SVC = Release(8, 3, 2)
_ANY = {"any", "sslv3"}  # both are read as "from TLS 1.0 on"


@dataclass(frozen=True, slots=True)
class Negotiable:
    """Everything a client could end up with; offers newest version first, then as the box prefers them."""

    tls: tuple[Offer, ...]
    dtls: tuple[Offer, ...]
    unknown: tuple[str, ...] = ()
    """Suites that the box may choose and whose cost nobody here knows."""
    unsupported: tuple[str, ...] = ()
    """Settings whose value could not be understood."""
    sources: tuple[tuple[str, Sourced[str]], ...] = ()


class _Asked(NamedTuple):
    """All of a box that decides what it can negotiate."""

    ssl: SslSettings
    defaults: SslSettings | None
    """The device's answer with defaults."""
    answered: tuple[tuple[str, tuple[str, ...]], ...]
    """The device's own lists."""
    release: Release | None


class _Listed(NamedTuple):
    """The suite names of one version, and who says so."""

    names: tuple[str, ...]
    setting: str
    said: Sourced[str]


def release_of(config: RunningConfig) -> Release | None:
    """The ASA release whose rules hold; of an FTD the one inside; None where it is not known.

    Where it is not printed the spelling ``svc`` proves one before 8.4: the last of those stands for it.
    """
    if config.ftd_version is not None and (inside := releases.lina_release(config.ftd_version)):
        return Release(*inside)
    if config.release is not None:
        return config.release.value
    return _LAST_SVC if config.webvpn.svc_spelling else None


def negotiable(config: RunningConfig) -> Negotiable:
    """Every (suite, version) that the box can negotiate.

    A version counts if a line prints it or the release has it, ``ssl server-version`` allows it, and
    its RFC allows the suite; a version that ``ssl server-version`` names is printed, too: no box has a
    line about a version that it does not speak. The device's own lists (``show ssl ciphers``) outrank everything.
    """
    defaults = config.defaults.ssl if config.defaults is not None else None
    return _negotiable(_Asked(config.ssl, defaults, config.device_ciphers, release_of(config)))


@lru_cache(maxsize=64)
def _negotiable(asked: _Asked) -> Negotiable:
    """A fleet of like boxes, and every prediction on one of them, share the answer."""
    unsupported = _unreadable(asked)
    sources: dict[str, Sourced[str]] = {}
    allowed = _allowed_versions(asked, unsupported, sources)
    offers: list[Offer] = []
    unknown: list[str] = []
    for version, listed in _lists(asked, unsupported).items():
        if version not in allowed:
            continue
        sources[listed.setting] = listed.said
        for name in listed.names:
            suite = all_suites().get(name) or all_suites().get(name.upper())
            if suite is None:
                unknown.append(name)
            elif suite.allowed_in(version):
                offers.append(Offer(suite, version))
    return Negotiable(
        tls=tuple(each for each in offers if not each.version.is_dtls),
        dtls=tuple(each for each in offers if each.version.is_dtls),
        unknown=tuple(dict.fromkeys(unknown)),
        unsupported=tuple(dict.fromkeys(unsupported)),
        sources=tuple(sources.items()),  # an old line speaks for TLS and DTLS, and stands once
    )


def _unreadable(asked: _Asked) -> list[str]:
    """Whole lines that could not be read; where the device gave its lists, none about a list matters."""
    lines = (*asked.ssl.unsupported, *(asked.defaults.unsupported if asked.defaults else ()))
    return [line.value for line in lines if not asked.answered or "server-version" in line.value]


def _lists(asked: _Asked, unsupported: list[str]) -> dict[Version, _Listed]:
    """What each version offers, newest version first."""
    read = _answered if asked.answered else _printed
    found = read(asked, unsupported)
    return {version: found[version] for version in _NEWEST_FIRST if version in found}


def _answered(asked: _Asked, unsupported: list[str]) -> dict[Version, _Listed]:
    """The device's own answer to ``show ssl ciphers``."""
    found = {}
    for name, suites in asked.answered:
        if name in list(Version):
            said = Sourced(":".join(suites), None, From.DEVICE)
            found[Version(name)] = _Listed(suites, f"{_CIPHER} {name}", said)
        else:
            unsupported.append(f"show ssl ciphers {name}")
    return found


def _silent(asked: _Asked) -> dict[Version, _Listed]:
    """What holds without a line: the packaged tables of the release."""
    if asked.defaults is not None and asked.defaults.ciphers:
        return {}  # the device answered for every version that it has
    release = asked.release
    old = asked.ssl.encryption is not None or (release is not None and release < releases.SSL_CIPHER)
    if old and not asked.ssl.ciphers:
        names = tuple(suite.name for suite in releases.legacy_default(release))
        said = Sourced(" ".join(names), None, From.DEFAULT)
        found = dict.fromkeys(_LEGACY_VERSIONS, _Listed(names, _ENCRYPTION, said))
        by_level = _named(asked)
    else:
        found = {}
        by_level = (*releases.default_versions(release), *_named(asked))
    level = releases.default_level(release)
    for version in by_level:
        if version in found:
            continue
        suites = releases.level_suites(level, version, release) or ()
        said = Sourced(level, None, From.DEFAULT)
        found[version] = _Listed(tuple(suite.name for suite in suites), f"{_CIPHER} {version}", said)
    return found


def _printed(asked: _Asked, unsupported: list[str]) -> dict[Version, _Listed]:
    """What lines say over what holds without one: the device's answer first, the configuration over it."""
    found = _silent(asked)
    for ssl, from_ in ((asked.defaults, From.DEVICE), (asked.ssl, From.CONFIGURED)):
        if ssl is None:
            continue
        if ssl.encryption:
            words, line = ssl.encryption.value, ssl.encryption.line
            said = Sourced(" ".join(words), line, from_)
            found |= dict.fromkeys(_LEGACY_VERSIONS, _Listed(_legacy(words, unsupported), _ENCRYPTION, said))
        for name, choice in ssl.ciphers:
            if name == "default":
                continue  # outbound connections of the box itself
            if name not in list(Version):
                unsupported.append(f"{_CIPHER} {name}")
                continue
            version = Version(name)
            found[version] = _Listed(
                _chosen(version, choice, asked.release, unsupported),
                f"{_CIPHER} {name}",
                Sourced(_shown(choice.value), choice.line, from_),
            )
    return found


def _shown(choice: CipherChoice) -> str:
    return choice.level or f"custom {':'.join(choice.custom or ())}"


def _chosen(
    version: Version, choice: Sourced[CipherChoice], release: Release | None, unsupported: list[str]
) -> tuple[str, ...]:
    if choice.value.custom is not None:
        return choice.value.custom
    suites = releases.level_suites(choice.value.level or "", version, release)
    if suites is None:
        unsupported.append(f"{_CIPHER} {version} {choice.value.level}")
        return ()
    return tuple(suite.name for suite in suites)


def _legacy(keywords: tuple[str, ...], unsupported: list[str]) -> tuple[str, ...]:
    names = []
    for keyword in keywords:
        suite = releases.legacy_suite(keyword)
        if suite is None:
            unsupported.append(f"{_ENCRYPTION} {keyword}")
        else:
            names.append(suite.name)
    return tuple(names)


def _bounds(asked: _Asked) -> Sourced[tuple[str, ...]]:
    """The words of ``ssl server-version``."""
    for ssl, origin in ((asked.ssl, From.CONFIGURED), (asked.defaults, From.DEVICE)):
        if ssl is not None and ssl.server_version:
            return ssl.server_version._replace(from_=origin)
    return Sourced(releases.server_version_default(asked.release), None, From.DEFAULT)


def _named(asked: _Asked) -> tuple[Version, ...]:
    """The versions that ``ssl server-version`` names."""
    names = (word.lower().removesuffix("-only") for word in _bounds(asked).value)
    return tuple(Version(name) for name in names if name in list(Version))


def _allowed_versions(asked: _Asked, unsupported: list[str], sources: dict[str, Sourced[str]]) -> frozenset[Version]:
    """What ``ssl server-version`` leaves: a minimum per protocol, ``-only`` exactly one version."""
    bounds = _bounds(asked)
    sources[_BOUNDS] = Sourced(" ".join(bounds.value), bounds.line, bounds.from_)
    allowed = {*TLS_VERSIONS, *DTLS_VERSIONS}
    for word in bounds.value:
        name = word.lower().removesuffix("-only")
        if name in _ANY and not word.lower().endswith("-only"):
            continue
        if name not in list(Version):
            unsupported.append(f"{_BOUNDS} {word}")
            continue
        family = DTLS_VERSIONS if Version(name).is_dtls else TLS_VERSIONS
        at = family.index(Version(name))
        kept = family[at : at + 1] if word.lower().endswith("-only") else family[at:]
        allowed -= set(family) - set(kept)
    return frozenset(allowed)
