"""The arithmetic of one box, worked out once: findings that share suites and path share the derivations."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from nornir_anyconnect.audit.finding import Numbers
from nornir_anyconnect.mtu.derive import Derivation, Path, capped, uncapped

if TYPE_CHECKING:
    from nornir_anyconnect.audit.negotiable import Offer
    from nornir_anyconnect.mtu.assumptions import AssumptionSet


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
        self._derived: dict[tuple[Offer, int, AssumptionSet], Derivation] = {}
        self._tightest: dict[object, Offer | None] = {}
        self._widest: dict[object, Offer | None] = {}
        self._pairs: dict[object, Pair] = {}

    def derived(self, offer: Offer, link: int, assumptions: AssumptionSet, conf: int | None = None) -> Derivation:
        """The MTU of one offer under ``conf`` bytes of ``anyconnect mtu``."""
        key = (offer, link, assumptions)
        found = self._derived.get(key)
        if found is None:
            path = replace(self._path, link=link)
            found = self._derived[key] = uncapped(offer.suite, offer.version, path, assumptions)
        return capped(found, conf, assumptions)

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
