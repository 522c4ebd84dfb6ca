"""The device's own numbers against the eight combinations: keep what reproduces them, report what nothing does.

A threshold of 722036 is the TLS MTU of the session it names; the packet beside it is larger than that and at
most the adapter MTU. Syslog is unauthenticated, so a number can only choose among what the arithmetic
yields for this configuration. It never becomes an MTU itself (promise 31). Numbers that contradict each other
narrow nothing.
602101 without a user is left alone: any other tunnel of the box logs it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

from nornir_anyconnect.mtu.assumptions import COMBINATIONS, AssumptionSet

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from nornir_anyconnect.audit.bench import Bench, Link
    from nornir_anyconnect.audit.negotiable import Offer
    from nornir_anyconnect.evidence.observations import DebugNumbers, DeviceObservations, LargePacket
    from nornir_anyconnect.mtu.derive import Derivation

Explained = frozenset[AssumptionSet]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the device's own numbers leave of the model."""

    standing: tuple[AssumptionSet, ...] = ()
    """The combinations that reproduce every explained number; empty where nothing was narrowed."""
    tls_offers: frozenset[Offer] = frozenset()
    """The TLS suites whose MTU was seen as a threshold."""
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
        bench: its arithmetic.
        links: its serving interfaces with DTLS.

    """

    def __init__(self, bench: Bench, links: tuple[Link, ...]) -> None:
        self._bench = bench
        self._sizes = tuple(dict.fromkeys(link.mtu for link in links))

    def tls_offers(self, threshold: int, assumptions: AssumptionSet) -> frozenset[Offer]:
        """The TLS offers whose MTU before any cap is ``threshold`` bytes.

        A cap cannot be the threshold of a dropped packet: it holds for the adapter as well.
        """
        return frozenset(
            offer
            for offer in self._bench.tls_offers
            for size in self._sizes
            if self._bench.derived(offer, size, assumptions).computed == threshold
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
            if any(self._meet(size, seen, each, conf, compression=compression) for size in self._sizes)
        )

    def _meet(
        self, size: int, seen: LargePacket, assumptions: AssumptionSet, conf: int | None, *, compression: bool
    ) -> bool:
        adapter = self._bench.largest_dtls(size, assumptions, conf)
        return (
            adapter is not None
            and (compression or seen.packet <= adapter.mtu)
            and any(
                self._bench.derived(offer, size, assumptions).computed == seen.threshold
                for offer in self._bench.tls_offers
            )
        )

    def transcript(self, numbers: DebugNumbers, confs: Iterable[int | None]) -> Explained:
        """The combinations that compute what a debug transcript shows, under one of ``confs``."""
        return frozenset(
            each
            for each in COMBINATIONS
            if any(
                _shows(
                    (self._bench.derived(offer, size, each, conf) for offer in self._bench.tls_offers),
                    numbers.computed_tls_mtu,
                    numbers.tls_mtu,
                )
                and _shows(
                    (self._bench.derived(offer, size, each, conf) for offer in self._bench.dtls_offers),
                    numbers.computed_dtls_mtu,
                    numbers.dtls_mtu,
                )
                for conf in confs
                for size in self._sizes
            )
        )


def _shows(derivations: Iterable[Derivation], computed: int | None, mtu: int | None) -> bool:
    if computed is None and mtu is None:
        return True
    return any(computed in (None, each.computed) and mtu in (None, each.mtu) for each in derivations)


def calibrate(
    model: Model,
    seen: DeviceObservations,
    confs: Mapping[str, int | None],
    compressed: frozenset[str] = frozenset(),
) -> Calibration:
    """Narrow the combinations of a box by all that was seen of it.

    Args:
        model: what the box could show.
        seen: what it did show.
        confs: the ``anyconnect mtu`` in force per group policy, bytes; None where none is set.
        compressed: the group policies with compression on.

    """
    explained: list[Explained] = []
    unexplained: set[str] = set()
    thresholds: set[int] = set()
    for name, group in seen.groups.items():
        compression = group.compression or name in compressed
        for each in group.large_packets:
            # without the configured MTU: the line can be older than the setting
            fits = model.packet(each, confs.get(name), compression=compression) or model.packet(
                each, None, compression=compression
            )
            if fits:
                explained.append(fits)
                if not compression:
                    thresholds.add(each.threshold)
            elif each.without_udp or not compression:
                unexplained.add(name)
    wrong_transcript = False
    for numbers in seen.debug:
        if (numbers.tls_mtu, numbers.computed_tls_mtu, numbers.dtls_mtu, numbers.computed_dtls_mtu) == ((None,) * 4):
            continue
        fits = (
            model.transcript(numbers, {*confs.values()} or {None})
            or model.transcript(numbers, {None})
            or model.transcript(numbers, {numbers.conf_mtu})
        )
        if fits:
            explained.append(fits)
        else:
            wrong_transcript = True
    left: Explained = reduce(frozenset.intersection, explained, frozenset(COMBINATIONS))
    if not explained or not left:
        return Calibration(unexplained=frozenset(unexplained), mismatch=wrong_transcript or bool(explained))
    standing = tuple(each for each in COMBINATIONS if each in left)
    return Calibration(
        standing=standing,
        tls_offers=frozenset().union(
            *(model.tls_offers(threshold, each) for threshold in thresholds for each in standing)
        ),
        unexplained=frozenset(unexplained),
        mismatch=wrong_transcript,
    )
