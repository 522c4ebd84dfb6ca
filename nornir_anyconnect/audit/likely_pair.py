"""What a current client gets: of the suites that the box offers the first, in the box's order, that it offers too.

The worst pair holds for any client that can come; this one says what to look at first. Server preference is [H]. The
box is taken to have an RSA certificate. Suites that sessions of the box were seen to negotiate outrank the tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.audit.finding import Likely, Numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.audit.context import AuditedDevice
    from nornir_anyconnect.audit.derivations import Link
    from nornir_anyconnect.audit.negotiable import Offer
    from nornir_anyconnect.evidence.observations import GroupObservations
    from nornir_anyconnect.mtu.assumptions import AssumptionSet
    from nornir_anyconnect.mtu.clients import Client

SEEN = "sessions-seen"
"""Stands for the client where sessions of this box say what was negotiated."""


def likely_pair(device: AuditedDevice, conf: int | None, seen: GroupObservations | None) -> Likely | None:
    """The likely pair under every set that is printed; None where no client was asked for, or none fits the box."""
    negotiated = seen.ciphers if seen is not None else frozenset()
    tls = _negotiated(device.offers.tls, {suite for tunnel, suite in negotiated if tunnel == "tls"})
    dtls = _negotiated(device.offers.dtls, {suite for tunnel, suite in negotiated if tunnel == "dtls"})
    client = device.options.client
    name = SEEN if tls and dtls else client.name if client else None
    if name is None:
        return None
    tls = tls or _first(device.offers.tls, client)
    dtls = dtls or _first(device.offers.dtls, client)
    if tls is None:
        return None
    return Likely(
        client=name,
        tls_suite=tls.suite.name,
        dtls_suite=dtls.suite.name if dtls else None,
        assumptions={
            each.name: max(
                (_numbers(device, (tls, dtls), link, each, conf) for link in device.roomy_links),
                key=lambda numbers: numbers.gap or 0,
            )
            for each in device.printed
        },
    )


def _first(offers: Iterable[Offer], client: Client | None) -> Offer | None:
    """The box's first that the client offers; an RSA certificate signs no ECDSA suite."""
    if client is None:
        return None
    return next(
        (each for each in offers if "ECDSA" not in each.suite.name and client.offers(each.suite.name, each.version)),
        None,
    )


def _negotiated(offers: Iterable[Offer], suites: set[str]) -> Offer | None:
    return next((each for each in offers if each.suite.name in suites), None)


def _numbers(
    device: AuditedDevice, pair: tuple[Offer, Offer | None], link: Link, assumptions: AssumptionSet, conf: int | None
) -> Numbers:
    tls, dtls = pair
    tunnel = device.derivations.derived(tls, link.mtu, assumptions, conf)
    other = None if dtls is None else device.derivations.derived(dtls, link.mtu, assumptions, conf).mtu
    return Numbers(tunnel.mtu, other)
