"""Text of ``probe``: per head-end one sentence that answers, what was measured, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nornir_anyconnect.evidence.probe import Cause, Probe
from nornir_anyconnect.report.sanitise import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SENTENCES: dict[Cause, str] = {
    Cause.DTLS_REACHABLE: "DTLS gets through this path.",
    Cause.DTLS_BLOCKED: (
        "DTLS is blocked on this path: the same head-end answers from elsewhere, not from here. Clients here fall back "
        "to TLS."
    ),
    Cause.NO_ANSWER: (
        "No answer over UDP: DTLS is blocked on this path, or the head-end does not answer strangers. "
        "A probe from another network tells."
    ),
    Cause.TCP_UNREACHABLE: "No TCP connection: nothing can be said of DTLS.",
}


def render(probes: Sequence[Probe]) -> str:
    """Each head-end in three or four lines, then a count and what to type next."""
    lines = [line for each in probes for line in _lines(each)]
    count = {cause: sum(each.cause is cause for each in probes) for cause in Cause}
    lines.append(", ".join(f"{number} {cause}" for cause, number in count.items() if number))
    unsure = [each for each in probes if each.cause is Cause.NO_ANSWER]
    if unsure:
        where = " ".join(named(each) for each in unsure)
        lines += [
            "From another network, then here:",
            f"nornir-anyconnect probe {where} --format json=control.json",
            f"nornir-anyconnect probe {where} --control control.json",
        ]
    return "".join(f"{harmless(line)}\n" for line in lines)


def named(probe: Probe) -> str:
    """``host:port``, an IPv6 address in brackets, the port left out where it is 443."""
    host = f"[{probe.host}]" if ":" in probe.host else probe.host
    return host if probe.port == 443 else f"{host}:{probe.port}"  # noqa: PLR2004 - HTTPS


def _lines(probe: Probe) -> Iterator[str]:
    at = "no address" if probe.address is None else probe.address
    name = named(probe) if probe.address == probe.host else f"{named(probe)} ({at})"
    yield f"{name}: {SENTENCES[probe.cause]}"
    if probe.tcp:
        yield f"  TCP: {_tcp(probe)}"
    if probe.dtls is not None:
        yield f"  UDP: {_udp(probe)}"


def _tcp(probe: Probe) -> str:
    said = []
    if (tls := probe.tls) is None:
        said.append("it does not speak TLS")
    elif tls.version is None:
        said.append(f"it refused the handshake (alert {tls.alert})")
    else:
        said.append(f"{tls.version} {tls.suite}")
    if tls is not None and tls.certificate is not None:
        said.append(f"certificate of {tls.certificate}")
    if probe.mss is not None:
        said.append(f"MSS {probe.mss}{' or more' if probe.mss_at_least else ''}")
    return ", ".join(said)


def _udp(probe: Probe) -> str:
    dtls = probe.dtls
    assert dtls is not None  # noqa: S101 - asked for only then
    said = [dtls.answer if dtls.suite is None else f"{dtls.answer} ({dtls.version} {dtls.suite})"]
    if dtls.alert is not None:
        said[0] += f" {dtls.alert}"
    if probe.path_mtu is not None:
        size = f"{probe.path_mtu} bytes" if probe.path_mtu_exact else f"at least {probe.path_mtu} bytes, not settled"
        said.append(f"path MTU towards it {size}")
    return ", ".join(said)
