"""The device's own numbers against the eight combinations: keep what reproduces them, report what nothing does.

A threshold of 722036 is the TLS MTU of the session it names; the packet beside it is larger than that and at
most the adapter MTU. Syslog is unauthenticated, so a number can only choose among what the arithmetic
yields for this configuration. It never becomes an MTU itself (promise 31). It chooses only where it is corroborated:
two users, or one at two public addresses, met it, or the device's own log shows it, read from the device. How
often a line says it, or a relay says it was repeated, counts for nothing: one forged line steers nothing, and neither
do copies of it. Numbers that contradict each other narrow nothing. 602101 is left alone where no user can be joined
to it, or where the session had UDP: other tunnels of the box log it too, and a healthy DTLS tunnel does.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from nornir_anyconnect.mtu.assumptions import COMBINATIONS, AssumptionSet, MssSource
from nornir_anyconnect.mtu.suites import all_suites

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nornir_anyconnect.evidence.observations import DebugNumbers, DeviceObservations, LargePacket
    from nornir_anyconnect.mtu.derive import Derivation, Derivations, Link
    from nornir_anyconnect.mtu.suites import Offer, Suite

Explained = frozenset[AssumptionSet]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the device's own numbers leave of the model."""

    standing: tuple[AssumptionSet, ...] = ()
    """The combinations that reproduce every explained number; empty where nothing was narrowed."""
    tls_offers: frozenset[Offer] = frozenset()
    """The TLS suites whose MTU was seen as a threshold, or in a debug transcript."""
    unexplained: frozenset[str] = frozenset()
    """Group policies with a threshold that no combination reproduces."""
    mismatch: bool = False
    """No combination fits a debug transcript, or the numbers exclude each other: true for the whole box."""

    def mismatches(self, group_policy: str | None) -> bool:
        """Whether the model fails for the users of that policy."""
        return self.mismatch or group_policy in self.unexplained


class Model:
    """What one box could show under each combination.

    Args:
        derivations: its arithmetic.
        links: its serving interfaces with DTLS.

    """

    def __init__(self, derivations: Derivations, links: tuple[Link, ...]) -> None:
        self._derivations = derivations
        self._sizes = tuple(dict.fromkeys(link.mtu for link in links))

    def tls_offers(self, threshold: int, assumptions: AssumptionSet) -> frozenset[Offer]:
        """The TLS offers whose MTU before any cap is ``threshold`` bytes.

        A cap cannot be the threshold of a dropped packet: it holds for the adapter as well.
        """
        return frozenset(
            offer
            for offer in self._derivations.tls_offers
            for size in self._sizes
            if self._derivations.derived(offer, size, assumptions).computed == threshold
        )

    def largest_adapter(self, conf: int | None, *, dtls: bool) -> int | None:
        """The largest MTU that a client's adapter gets under any combination, bytes."""
        offers = self._derivations.dtls_offers if dtls else self._derivations.tls_offers
        return max(
            (
                self._derivations.derived(offer, size, each, conf).mtu
                for offer in offers or self._derivations.tls_offers
                for size in self._sizes
                for each in COMBINATIONS
            ),
            default=None,
        )

    def is_dtls_mtu(self, threshold: int, conf: int | None) -> bool:
        """Whether that is the MTU of a DTLS tunnel under some combination, bytes."""
        return any(
            self._derivations.derived(offer, size, each, conf).mtu == threshold
            for offer in self._derivations.dtls_offers
            for size in self._sizes
            for each in COMBINATIONS
        )

    def predicts(self, packet: int, threshold: int, sets: Iterable[AssumptionSet], conf: int | None) -> bool:
        """Whether under one of ``sets`` the threshold is a TLS MTU and the adapter sends a packet of that size."""
        return packet > threshold and any(
            self._meet(size, packet, threshold, each, conf, compression=False) for each in sets for size in self._sizes
        )

    def packet(self, seen: LargePacket, conf: int | None, *, compression: bool) -> Explained:
        """The combinations under which a packet of that size meets that threshold.

        With compression on the packet bounds nothing: incompressible data grows.
        """
        if seen.packet <= seen.threshold:
            return frozenset()
        return frozenset(
            each
            for each in COMBINATIONS
            if any(
                self._meet(size, seen.packet, seen.threshold, each, conf, compression=compression)
                for size in self._sizes
            )
        )

    def _meet(
        self,
        size: int,
        packet: int,
        threshold: int,
        assumptions: AssumptionSet,
        conf: int | None,
        *,
        compression: bool,
    ) -> bool:
        adapter = self._derivations.largest_dtls(size, assumptions, conf)
        return (
            adapter is not None
            and (compression or packet <= adapter.mtu)
            and any(
                self._derivations.derived(offer, size, assumptions).computed == threshold
                for offer in self._derivations.tls_offers
            )
        )

    def transcript(self, numbers: DebugNumbers, confs: Iterable[int | None]) -> Explained:
        """The combinations that compute what a debug transcript or a CONNECT answer shows, under one of ``confs``."""
        tls_offers = _of_suite(self._derivations.tls_offers, numbers.tls_suite)
        dtls_offers = _of_suite(self._derivations.dtls_offers, numbers.dtls_suite)
        return frozenset(
            each
            for each in COMBINATIONS
            if any(
                _shows(
                    (self._derivations.derived(offer, size, each, conf) for offer in tls_offers),
                    numbers.computed_tls_mtu,
                    numbers.tls_mtu,
                )
                and _shows(
                    (self._derivations.derived(offer, size, each, conf) for offer in dtls_offers),
                    numbers.computed_dtls_mtu,
                    numbers.dtls_mtu,
                )
                for conf in confs
                for size in self._sizes
            )
        )


def _of_suite(offers: Iterable[Offer], name: str | None) -> tuple[Offer, ...]:
    """The offers that cost what the negotiated suite costs; all, where nobody says which, or the box has none like it.

    Of suites that cost the same the box's offers hold one.
    """
    known = tuple(offers)
    suite = all_suites().get(name or "")
    return tuple(each for each in known if suite and _cost(each.suite) == _cost(suite)) or known


def _cost(suite: Suite) -> tuple[object, ...]:
    return suite.kind, suite.block, suite.iv, suite.mac, suite.aead


def _shows(derivations: Iterable[Derivation], computed: int | None, mtu: int | None) -> bool:
    if computed is None and mtu is None:
        return True
    return any(computed in (None, each.computed) and mtu in (None, each.mtu) for each in derivations)


def _computed_tls(numbers: DebugNumbers) -> int | None:
    """The TLS MTU before any cap, bytes: one below the DTLS MTU was not capped."""
    if numbers.computed_tls_mtu or not (numbers.tls_mtu and numbers.dtls_mtu):
        return numbers.computed_tls_mtu
    return numbers.tls_mtu if numbers.tls_mtu < numbers.dtls_mtu else None


class _Weighed:
    """Every number so far, and what it leaves."""

    def __init__(self, model: Model, lines: Counter[int]) -> None:
        self._model = model
        self._lines = lines
        self._explained: list[Explained] = []
        self._thresholds: set[int] = set()
        self._unexplained: set[str] = set()
        self._mismatch = False

    def packet(self, seen: LargePacket, policy: str, conf: int | None, *, compression: bool) -> None:
        """A line of 722036, or a 602101 that was joined to a user."""
        if not (seen.sent or seen.without_udp):
            return
        # without the configured MTU as well: the line can be older than the setting
        fits = self._model.packet(seen, conf, compression=compression) or self._model.packet(
            seen, None, compression=compression
        )
        # a session without UDP around it, or a second line: what one line says of a tunnel that nobody knows is nothing
        if fits and seen.corroborated and (seen.without_udp or self._lines[seen.threshold] > 1):
            self._explained.append(fits)
            if not compression:
                self._thresholds.add(seen.threshold)
        elif not fits and (seen.without_udp or not (compression or self._model.is_dtls_mtu(seen.threshold, conf))):
            self._unexplained.add(policy)

    def transcript(self, numbers: DebugNumbers, confs: frozenset[int | None]) -> None:
        """A debug transcript; it does not say whose MTU was configured."""
        shown = (numbers.tls_mtu, numbers.computed_tls_mtu, numbers.dtls_mtu, numbers.computed_dtls_mtu)
        if not any(shown):
            return
        tries = (confs or {None}, {None}, {numbers.conf_mtu})
        fits = next((found for each in tries if (found := self._model.transcript(numbers, each))), None)
        if fits:
            self._explained.append(fits)
            if computed := _computed_tls(numbers):
                self._thresholds.add(computed)
        else:
            self._mismatch = True

    def mss(self, mss: int, tcpmss: int) -> None:
        """The MSS of a SYN-ACK, bytes. One-sided: what stands on the path can only lower it."""
        if tcpmss and mss > tcpmss:
            self._explained.append(frozenset(each for each in COMBINATIONS if each.mss_source is MssSource.INTERFACE))

    def left(self) -> Calibration:
        """The combinations that reproduce every explained number, if there are any."""
        left: Explained = reduce(frozenset.intersection, self._explained, frozenset(COMBINATIONS))
        standing = tuple(each for each in COMBINATIONS if each in left) if self._explained else ()
        offers = (self._model.tls_offers(seen, each) for seen in self._thresholds for each in standing)
        return Calibration(
            standing=standing,
            tls_offers=frozenset().union(*offers),
            unexplained=frozenset(self._unexplained),
            mismatch=self._mismatch or bool(self._explained and not standing),
        )


def calibrate(
    model: Model,
    seen: DeviceObservations,
    confs: Mapping[str, int | None],
    compressed: frozenset[str] = frozenset(),
    tcpmss: int = 0,
) -> Calibration:
    """Narrow the combinations of a box by all that was seen of it.

    Args:
        model: what the box could show.
        seen: what it did show.
        confs: the ``anyconnect mtu`` in force per group policy, bytes; None where none is set.
        compressed: the group policies with compression on.
        tcpmss: ``sysopt connection tcpmss``, bytes; 0 is off.

    """
    lines = Counter[int]()
    for each in (packet for group in seen.groups.values() for packet in group.large_packets):
        lines[each.threshold] += each.count
    weighed = _Weighed(model, lines)
    for name, group in seen.groups.items():
        for packet in group.large_packets:
            compression = group.compression or name in compressed
            weighed.packet(packet, name, confs.get(name), compression=compression)
    for probe in seen.probes:
        if probe.mss is not None:
            weighed.mss(probe.mss, tcpmss)
    for numbers in seen.debug:
        weighed.transcript(numbers, frozenset(confs.values()))
    return weighed.left()
