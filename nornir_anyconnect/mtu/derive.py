"""The MTU arithmetic, step by step, as the ASA's own debug prints it; what several findings share is worked out once.

Sources: Cisco tech note 116881 for the TLS and DTLS derivation and its numbers; RFC 5246, 7905 and
8446 for what a record costs. All sizes are bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.mtu.assumptions import Accounting, AssumptionSet, DefaultCap, MssSource
from nornir_anyconnect.mtu.suites import Kind, Offer, Suite, Version

TLS_HEADER = 5
CSTP_HEADER = 8
DTLS_HEADER = 13
UDP_HEADER = 8
CSTP_OVER_DTLS = 1
PAD_LENGTH = 1
CONTENT_TYPE = 1  # TLS 1.3 carries the real type inside the record
TCP_HEADER = 20
IP_HEADER = {4: 20, 6: 40}
DEFAULT_TCPMSS = 1380
DEFAULT_LINK = 1500
CLIENT_MTUS = range(576, DEFAULT_LINK + 1)
"""Bytes that a client's own network may be said to carry."""
BUILT_IN_MTU = 1406


class Step(NamedTuple):
    """One line of a derivation: ``label`` = ``operation`` = ``value`` bytes."""

    label: str
    operation: str
    value: int

    def to_dict(self) -> dict[str, str | int]:
        """As in the JSON of an audit."""
        return {"label": self.label, "operation": self.operation, "value": self.value}

    def __str__(self) -> str:
        return f"{self.label} = {self.operation} = {self.value}"


class Derivation(NamedTuple):
    """One tunnel's MTU in bytes, and how it came about.

    ``computed`` is before, ``mtu`` after the configured or built-in cap.
    """

    suite: Suite
    version: Version
    steps: tuple[Step, ...]
    computed: int
    mtu: int


@dataclass(frozen=True, slots=True)
class Path:
    """What both derivations share.

    Args:
        link: MTU of the serving interface, bytes.
        tcpmss: ``sysopt connection tcpmss``, bytes; 0 is off.
        conf: the ``anyconnect mtu`` in force, bytes; None where none is set.
        ip_version: outer header, 4 or 6.
        client: the widest packet that clients' own networks carry, bytes; behind PPPoE 1492, and a jumbo interface
            does not make a jumbo client.

    """

    link: int = DEFAULT_LINK
    tcpmss: int = DEFAULT_TCPMSS
    conf: int | None = None
    ip_version: int = 4
    client: int = DEFAULT_LINK

    @property
    def width(self) -> int:
        """The widest packet between client and ASA, bytes."""
        return min(self.link, self.client)

    @property
    def narrowest(self) -> str:
        """What makes it no wider."""
        return "client path" if self.client < self.link else "link"


class _Ladder:
    """Keeps every step while the number goes down."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.value = 0

    def take(self, label: str, operation: str, value: int) -> None:
        self.steps.append(Step(label, operation, value))
        self.value = value

    def minus(self, label: str, *parts: tuple[int, str]) -> None:
        shown = "".join(f" - {size}({what})" for size, what in parts)
        self.take(label, f"{self.value}{shown}", self.value - sum(size for size, _ in parts))

    def floor(self, block: int) -> None:
        self.take("mod-mtu", f"{self.value} rounded down to a multiple of {block}", self.value // block * block)


def _charged_as_block(suite: Suite, assumptions: AssumptionSet) -> bool:
    return suite.kind is Kind.BLOCK or (suite.kind is Kind.AEAD and assumptions.accounting is Accounting.ASA)


def _iv(offer: Offer) -> int:
    """Explicit IV, bytes: TLS 1.0 chains the last block of the record before (RFC 2246)."""
    return 0 if offer.version is Version.TLS1_0 else offer.suite.iv


def _aead_overhead(offer: Offer) -> tuple[tuple[int, str], ...]:
    """What an AEAD record carries beside header and payload (RFC 5288, 7905, 8446)."""
    suite = offer.suite
    if offer.version is Version.TLS1_3:
        return ((CONTENT_TYPE, "type"), (suite.tag, "tag"))
    nonce = ((suite.explicit_nonce, "nonce"),) if suite.explicit_nonce else ()
    return (*nonce, (suite.tag, "tag"))


def _refuse(offer: Offer) -> None:
    suite, version = offer
    if not suite.allowed_in(version):
        raise UsageError(
            f"{suite.name} cannot be used with {version}",
            "RC4 and NULL cannot carry DTLS, SHA256/SHA384/GCM/ChaCha20 need (D)TLS 1.2, TLS_* need TLS 1.3",
        )


def derive_tls(suite: Suite, version: Version, path: Path, assumptions: AssumptionSet) -> Derivation:
    """The TLS tunnel's MTU, bytes.

    Raises:
        UsageError: the version's RFC does not allow the suite.

    """
    return capped(_tls(Offer(suite, version), path, assumptions), path.conf, assumptions)


def derive_dtls(suite: Suite, version: Version, path: Path, assumptions: AssumptionSet) -> Derivation:
    """The DTLS tunnel's MTU, bytes.

    Raises:
        UsageError: the version's RFC does not allow the suite (RC4 never carries DTLS, 722043).

    """
    return capped(_dtls(Offer(suite, version), path, assumptions), path.conf, assumptions)


def _tls(offer: Offer, path: Path, assumptions: AssumptionSet) -> Derivation:
    _refuse(offer)
    suite, ladder = offer.suite, _Ladder()
    ip = IP_HEADER[path.ip_version]
    mss = path.width - ip - TCP_HEADER
    ladder.take("link-mss", f"{path.width}({path.narrowest}) - {ip}(ip) - {TCP_HEADER}(tcp)", mss)
    if assumptions.mss_source is MssSource.INTERFACE:
        ladder.take("path-mtu", f"{ladder.value}(mss; tcpmss does not apply to the box itself)", ladder.value)
    elif path.tcpmss == 0:
        ladder.take("path-mtu", f"{ladder.value}(mss; tcpmss is off)", ladder.value)
    else:
        ladder.take("path-mtu", f"min({path.tcpmss}(tcpmss), {ladder.value}(mss))", min(path.tcpmss, ladder.value))
    if _charged_as_block(suite, assumptions):
        ladder.minus("mtu", (TLS_HEADER, "ssl"), (_iv(offer), "iv"))
        ladder.floor(suite.block)
        ladder.minus("tls-mtu", (CSTP_HEADER, "cstp"), (suite.mac, "mac"), (PAD_LENGTH, "pad"))
    elif suite.kind is Kind.AEAD:
        ladder.minus("mtu", (TLS_HEADER, "ssl"), *_aead_overhead(offer))
        ladder.minus("tls-mtu", (CSTP_HEADER, "cstp"))
    else:
        ladder.minus("tls-mtu", (TLS_HEADER, "ssl"), (CSTP_HEADER, "cstp"), (0, "pad"), (suite.mac, "mac"))
    return Derivation(*offer, tuple(ladder.steps), ladder.value, ladder.value)


def _dtls(offer: Offer, path: Path, assumptions: AssumptionSet) -> Derivation:
    _refuse(offer)
    suite, ladder = offer.suite, _Ladder()
    ip = IP_HEADER[path.ip_version]
    limit = "mtu of the interface" if path.narrowest == "link" else path.narrowest
    ladder.take("link", f"{path.width}({limit})", path.width)
    ladder.minus("datagram", (ip, "ip"), (UDP_HEADER, "udp"))
    if _charged_as_block(suite, assumptions):
        ladder.minus("mtu", (DTLS_HEADER, "dtls"), (suite.iv, "iv"))
        ladder.floor(suite.block)
        ladder.minus("dtls-mtu", (CSTP_OVER_DTLS, "cstp"), (suite.mac, "mac"), (PAD_LENGTH, "pad"))
    else:
        ladder.minus("mtu", (DTLS_HEADER, "dtls"), *_aead_overhead(offer))
        ladder.minus("dtls-mtu", (CSTP_OVER_DTLS, "cstp"))
    return Derivation(*offer, tuple(ladder.steps), ladder.value, ladder.value)


def uncapped(offer: Offer, path: Path, assumptions: AssumptionSet) -> Derivation:
    """The tunnel's MTU before any cap, bytes; errors as of the two above."""
    return (_dtls if offer.version.is_dtls else _tls)(offer, path, assumptions)


def _cap(conf: int | None, assumptions: AssumptionSet) -> int | None:
    return BUILT_IN_MTU if conf is None and assumptions.default_cap is DefaultCap.BUILT_IN else conf


def capped(found: Derivation, conf: int | None, assumptions: AssumptionSet) -> Derivation:
    """The same under ``conf`` bytes of ``anyconnect mtu``, or under the cap that is built in where none is set."""
    cap = _cap(conf, assumptions)
    if cap is None:
        return found
    source = "conf-mtu" if conf is not None else "built-in default"
    mtu = min(found.computed, cap)
    label = "dtls-mtu" if found.version.is_dtls else "tls-mtu"
    step = Step(label, f"min({found.computed}, {cap}({source}))", mtu)
    return Derivation(found.suite, found.version, (*found.steps, step), found.computed, mtu)


# ---- of one box -------------------------------------------------------------------------------------


class Numbers(NamedTuple):
    """Both MTUs under one assumption set, bytes; no DTLS MTU where users never get DTLS."""

    tls_mtu: int
    dtls_mtu: int | None = None

    @property
    def gap(self) -> int | None:
        """Bytes by which the adapter (DTLS) MTU exceeds the TLS MTU."""
        return None if self.dtls_mtu is None else self.dtls_mtu - self.tls_mtu

    def to_dict(self) -> dict[str, int | None]:
        """As in the JSON of an audit."""
        return {"tls_mtu": self.tls_mtu, "dtls_mtu": self.dtls_mtu, "gap": self.gap}


class Pair(NamedTuple):
    """A TLS and a DTLS derivation that one user can meet together on one interface."""

    tls: Derivation
    dtls: Derivation
    nameif: str

    @property
    def numbers(self) -> Numbers:
        """Both MTUs, bytes."""
        return Numbers(self.tls.mtu, self.dtls.mtu)

    @property
    def gap(self) -> int:
        """DTLS MTU - TLS MTU, bytes."""
        return self.dtls.mtu - self.tls.mtu


class Link(NamedTuple):
    """A serving interface and its MTU in bytes."""

    nameif: str
    mtu: int


def _one_of_each_cost(offers: tuple[Offer, ...]) -> tuple[Offer, ...]:
    """The first offer of each cost: AES128 and AES256 with the same hash come to the same numbers."""
    first: dict[object, Offer] = {}
    for offer in offers:
        suite = offer.suite
        cost = (suite.kind, suite.block, suite.iv, suite.mac, suite.aead, offer.version)
        first.setdefault(cost, offer)
    return tuple(first.values())


class Derivations:
    """Derivations of one set of suites on one TCP path, kept.

    Args:
        tls: what TLS can negotiate.
        dtls: what DTLS can negotiate.
        path: what all of them share; ``link`` and ``conf`` come with each question.

    """

    def __init__(self, tls: tuple[Offer, ...], dtls: tuple[Offer, ...], path: Path) -> None:
        self.tls_offers = _one_of_each_cost(tls)
        self.dtls_offers = _one_of_each_cost(dtls)
        self._path = path
        self._derived: dict[tuple[str, Version, int, AssumptionSet], Derivation] = {}
        self._tightest: dict[object, Offer | None] = {}
        self._widest: dict[object, Offer | None] = {}
        self._pairs: dict[object, Pair] = {}

    def derived(self, offer: Offer, link: int, assumptions: AssumptionSet, conf: int | None = None) -> Derivation:
        """The MTU of one offer under ``conf`` bytes of ``anyconnect mtu``."""
        return capped(self._uncapped(offer, link, assumptions), conf, assumptions)

    def numbers(
        self, tls: Offer, dtls: Offer | None, link: int, assumptions: AssumptionSet, conf: int | None
    ) -> Numbers:
        """Both MTUs of these two under ``conf`` bytes of ``anyconnect mtu``, without how they came about."""
        cap = _cap(conf, assumptions)
        found = [self._uncapped(each, link, assumptions).computed for each in (tls, dtls) if each is not None]
        return Numbers(*(each if cap is None else min(each, cap) for each in found))

    def _uncapped(self, offer: Offer, link: int, assumptions: AssumptionSet) -> Derivation:
        key = (offer.suite.name, offer.version, link, assumptions)
        found = self._derived.get(key)
        if found is None:
            path = replace(self._path, link=link)
            found = self._derived[key] = uncapped(offer, path, assumptions)
        return found

    def smallest_tls(
        self,
        link: int,
        assumptions: AssumptionSet,
        conf: int | None = None,
        only: frozenset[Offer] | None = None,
    ) -> Derivation | None:
        """The TLS derivation that ends lowest before any cap; ``only`` narrows the offers."""
        key = (link, assumptions, only)
        if key not in self._tightest:
            offers = [each for each in self.tls_offers if only is None or each in only]
            # compared before the cap: the cap makes ties and would hide which suite is the tight one
            self._tightest[key] = min(
                offers, key=lambda each: self.derived(each, link, assumptions).computed, default=None
            )
        offer = self._tightest[key]
        return None if offer is None else self.derived(offer, link, assumptions, conf)

    def largest_dtls(self, link: int, assumptions: AssumptionSet, conf: int | None = None) -> Derivation | None:
        """The DTLS derivation that ends highest before any cap."""
        key = (link, assumptions)
        if key not in self._widest:
            self._widest[key] = max(
                self.dtls_offers,
                key=lambda each: self.derived(each, link, assumptions).computed,
                default=None,
            )
        offer = self._widest[key]
        return None if offer is None else self.derived(offer, link, assumptions, conf)

    def has_room(self, link: int, assumptions: AssumptionSet) -> bool:
        """Whether a path of ``link`` bytes leaves at least one byte inside each tunnel."""
        found = (self.smallest_tls(link, assumptions), self.largest_dtls(link, assumptions))
        return all(each is None or each.computed > 0 for each in found)

    def worst_pair(
        self,
        links: tuple[Link, ...],
        assumptions: AssumptionSet,
        conf: int | None,
        only: frozenset[Offer] | None = None,
    ) -> Pair | None:
        """The pair with the largest gap over the interfaces; None where a side cannot be derived."""
        key = (links, assumptions, conf, only)
        if key not in self._pairs:
            pairs = []
            for link in links:
                tls = self.smallest_tls(link.mtu, assumptions, conf, only)
                dtls = self.largest_dtls(link.mtu, assumptions, conf)
                if tls and dtls:
                    pairs.append(Pair(tls, dtls, link.nameif))
            if not pairs:
                return None
            self._pairs[key] = max(pairs, key=lambda pair: pair.gap)
        return self._pairs[key]


@lru_cache(maxsize=32)
def derivations(tls: tuple[Offer, ...], dtls: tuple[Offer, ...], path: Path) -> Derivations:
    """The derivations of these inputs; a fleet of like boxes, and a prediction on one of them, share it."""
    return Derivations(tls, dtls, path)
