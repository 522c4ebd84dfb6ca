"""The two MTUs of an ASA on a real tunnel: client adapter at the DTLS MTU, head-end at the TLS MTU.

UDP/443 is dropped by the router, so all traffic flows over TLS. The head-end's kernel stands in the
ASA's place: a packet that is larger than the TLS MTU and must not be fragmented is dropped, and the
server is told so by ICMP, which the head-end's filter lets out or not.
"""

from __future__ import annotations

from dataclasses import dataclass

from nornir_anyconnect.asa.effective import SETTINGS
from nornir_anyconnect.audit.finding import Finding, Verdict
from nornir_anyconnect.mtu.assumptions import RFC
from nornir_anyconnect.mtu.derive import Path, derive_dtls, derive_tls
from nornir_anyconnect.mtu.suites import Kind, Suite, Version, suite
from tests.lab.cases import Case, finding_of, with_commands
from tests.lab.download import WebServer, download
from tests.lab.network import CLIENT, HEAD_END, INSIDE, POOL, ROUTER, Network
from tests.lab.path import DTLS_NAMES, established, measured_dtls, measured_on
from tests.lab.tunnel import CLIENT_DEVICE, Tunnel
from tests.lab.wire import Wire

_OFFERED = "OC-DTLS1_2-AES256-GCM"
_ICMP = "icmp type destination-unreachable icmp code frag-needed counter drop"
_DF_IGNORED = f"ip daddr {POOL}/15 ip frag-off set 0"


@dataclass(frozen=True)
class Seen:
    """What happened with one pair of MTUs; ``sets`` are the assumption sets that predict the pair."""

    sets: tuple[str, ...]
    tls_mtu: int
    dtls_mtu: int | None
    filtered: bool
    """Whether the download got through with ICMP filtered."""
    allowed: bool
    """The same with ICMP let out."""
    reconnected: bool
    """The same with ICMP filtered and the adapter at the TLS MTU, where the client's reconnect puts it."""
    dropped: int
    """Packets that the head-end's kernel dropped as too large while ICMP was filtered."""


@dataclass(frozen=True)
class OnTheWire:
    """Computed by the set ``rfc`` for the finding's suite, and measured: bytes of the largest inner packet."""

    computed: int
    measured: int


@dataclass(frozen=True)
class After:
    """A remedy, what the engine says of the configuration with its lines in it, and what happened then."""

    remedy: str
    commands: tuple[str, ...]
    finding: Finding
    seen: tuple[Seen, ...]


@dataclass(frozen=True)
class Row:
    """One configuration through the lab."""

    case: Case
    finding: Finding
    tls: OnTheWire
    dtls: OnTheWire | None
    seen: tuple[Seen, ...]
    after: tuple[After, ...]
    udp_lost: bool | None
    """Where TLS MTU > DTLS MTU: whether a datagram of the TLS MTU was lost without a word to its sender."""

    @property
    def disagreements(self) -> list[str]:
        """Everything that is not as the engine says; empty where all agree."""
        wrong = _against_verdict("before", self.finding, self.seen)
        for name, wire in (("TLS", self.tls), ("DTLS", self.dtls)):
            if wire is not None and wire.computed != wire.measured:
                wrong.append(f"{name}: computed {wire.computed}, measured {wire.measured}")
        if self.finding.verdict is Verdict.AT_RISK and not self.after:
            wrong.append("no remedy was tried")
        for after in self.after:
            wrong += _against_verdict(f"after {after.remedy}", after.finding, after.seen)
            if not all(seen.filtered for seen in after.seen):
                wrong.append(f"after {after.remedy}: a download stalls")
        expected = "udp-above-client-mtu" in self.finding.caveats
        if bool(self.udp_lost) is not expected:
            wrong.append(f"large datagrams lost: {self.udp_lost}, predicted {expected}")
        return [f"{self.case.name}: {each}" for each in wrong]


def _against_verdict(when: str, finding: Finding, seen: tuple[Seen, ...]) -> list[str]:
    wrong = []
    stalls = any(not each.filtered for each in seen)
    if (finding.verdict is Verdict.AT_RISK) is not stalls:
        wrong.append(f"{when}: verdict {finding.verdict}, download {'stalls' if stalls else 'completes'}")
    doubt = finding.certainty if finding.verdict is Verdict.AT_RISK else None
    if doubt == "all-assumptions" and any(each.filtered for each in seen):
        wrong.append(f"{when}: at risk under all assumptions, but some downloads complete")
    if doubt in ("primary-assumptions", "other-assumptions") and not (stalls and any(each.filtered for each in seen)):
        wrong.append(f"{when}: at risk under some assumptions, but all downloads go the same way")
    for each in seen:
        if not each.allowed or not each.reconnected:
            wrong.append(f"{when}: {each.tls_mtu}/{each.dtls_mtu} stalls even with ICMP or after the reconnect")
        if each.filtered is not (each.dropped == 0):
            wrong.append(f"{when}: {each.tls_mtu}/{each.dtls_mtu}: {each.dropped} packets dropped")
    return wrong


def run(net: Network, case: Case) -> Row:
    """Take one configuration through the lab, before and after its remedies."""
    finding = finding_of(case.text)
    _set_link(net, _number(finding, "mtu outside"))
    path = Path(link=_number(finding, "mtu outside"), tcpmss=_number(finding, "sysopt connection tcpmss"))
    tls, tls_version = _named(finding.tls_suite), Version(finding.tls_version or "")
    with _fallen_back(net, finding) as up:
        wire = OnTheWire(derive_tls(tls, tls_version, path, RFC).mtu, measured_on(net, up))
        seen = _observe(net, up, finding)
        udp_lost = _large_datagram_lost(net, up, finding)
    after = tuple(_after(net, case, finding, kind) for kind in case.remedies if _proposed(finding, kind))
    return Row(case, finding, wire, _dtls_on_the_wire(net, finding, path), seen, after, udp_lost)


def _after(net: Network, case: Case, before: Finding, kind: str) -> After:
    remedy = next(each for each in before.remedies if each.kind == kind)
    text = with_commands(case.text, remedy.lines)
    created = next(
        (each.split()[1] for each in remedy.lines if each.startswith("tunnel-group") and " type " in each), None
    )
    finding = finding_of(text, created) if created else finding_of(text)
    with _fallen_back(net, finding) as up:
        return After(kind, remedy.lines, finding, _observe(net, up, finding))


def _proposed(finding: Finding, kind: str) -> bool:
    return any(each.kind == kind for each in finding.remedies)


def _fallen_back(net: Network, finding: Finding):
    """The tunnel as a user has it whose path drops UDP/443."""
    return established(
        net,
        tls=(_named(finding.tls_suite), Version(finding.tls_version or "")),
        dtls=_OFFERED if finding.dtls_mtu is not None else None,
        tcpmss=_number(finding, "sysopt connection tcpmss"),
        udp_passes=False,
    )


def _observe(net: Network, up: Tunnel, finding: Finding) -> tuple[Seen, ...]:
    """Download with every pair of MTUs that a standing set predicts."""
    pairs: dict[tuple[int, int | None], list[str]] = {}
    for name, numbers in finding.assumptions.items():
        pairs.setdefault((numbers.tls_mtu, numbers.dtls_mtu), []).append(name)
    if not pairs:
        assert finding.tls_mtu is not None
        pairs[finding.tls_mtu, finding.dtls_mtu] = [finding.numbers_from or ""]
    fragments = finding.sources[SETTINGS["df_bit_ignore"]].value is True
    server = WebServer(net)
    try:
        return tuple(_with_pair(net, up, pair, tuple(sets), fragments) for pair, sets in pairs.items())
    finally:
        server.close()


def _with_pair(net: Network, up: Tunnel, pair: tuple[int, int | None], sets: tuple[str, ...], fragments: bool) -> Seen:
    tls_mtu, dtls_mtu = pair
    rules = {"prerouting": [_DF_IGNORED]} if fragments else {}
    _adapters(net, up, adapter=dtls_mtu or tls_mtu, head_end=tls_mtu)
    net.filter(HEAD_END, output=[_ICMP], **rules)
    before = net.fragmentation_failures(HEAD_END)
    filtered = download(net, up.client_address)
    dropped = net.fragmentation_failures(HEAD_END) - before
    net.filter(HEAD_END, **rules)
    allowed = download(net, up.client_address)
    # what the server learnt from ICMP must not decide the next download
    net.run(INSIDE, "ip", "route", "flush", "cache")
    _adapters(net, up, adapter=min(tls_mtu, dtls_mtu or tls_mtu), head_end=tls_mtu)
    net.filter(HEAD_END, output=[_ICMP], **rules)
    reconnected = download(net, up.client_address)
    assert f" mtu {tls_mtu} " in net.run(HEAD_END, "ip", "link", "show", up.device), "the device's MTU was changed"
    return Seen(sets, tls_mtu, dtls_mtu, filtered, allowed, reconnected, dropped)


def _adapters(net: Network, up: Tunnel, *, adapter: int, head_end: int) -> None:
    net.mtu(HEAD_END, up.device, head_end)
    net.mtu(CLIENT, CLIENT_DEVICE, adapter)
    # a Linux tun device takes in whatever it is given; the client's virtual adapter does not
    net.filter(CLIENT, prerouting=[f"iifname {CLIENT_DEVICE} meta length > {adapter} counter drop"])


def _large_datagram_lost(net: Network, up: Tunnel, finding: Finding) -> bool | None:
    """Send a datagram of the TLS MTU to an adapter at a smaller DTLS MTU; None where it is not smaller."""
    tls_mtu, dtls_mtu = finding.tls_mtu, finding.dtls_mtu
    if tls_mtu is None or dtls_mtu is None or dtls_mtu >= tls_mtu:
        return None
    _adapters(net, up, adapter=dtls_mtu, head_end=tls_mtu)
    before = net.fragmentation_failures(HEAD_END)
    wire = Wire(net, up.client_address)
    try:
        assert wire.arrives(dtls_mtu), "a datagram of the adapter's MTU must arrive"
        lost = not wire.arrives(tls_mtu)
    finally:
        wire.close()
    assert net.fragmentation_failures(HEAD_END) == before, "the head-end must pass it without a word"
    return lost


def _dtls_on_the_wire(net: Network, finding: Finding, path: Path) -> OnTheWire | None:
    if finding.dtls_suite is None:
        return None
    of, version = suite(finding.dtls_suite), Version(finding.dtls_version or "")
    spoken = _with_the_same_record(of)
    return OnTheWire(derive_dtls(of, version, path, RFC).computed, measured_dtls(net, *spoken))


def _with_the_same_record(of: Suite) -> tuple[Suite, Version]:
    """A suite that ocserv and openconnect speak and whose records cost the same (no key exchange is in them)."""
    cost = (of.kind, of.block, of.iv, of.aead if of.kind is Kind.AEAD else of.mac)
    for name, version in DTLS_NAMES:
        each = suite(name)
        if cost == (each.kind, each.block, each.iv, each.aead if each.kind is Kind.AEAD else each.mac):
            return each, version
    raise LookupError(f"neither ocserv nor openconnect has a DTLS suite with the records of {of.name}")


def _named(name: str | None) -> Suite:
    # the head-end of the lab has an RSA certificate; what signs the handshake is not in a record
    return suite((name or "").replace("ECDHE-ECDSA-", "ECDHE-RSA-"))


def _number(finding: Finding, setting: str) -> int:
    return int(finding.sources[setting].value)


def _set_link(net: Network, size: int) -> None:
    net.mtu(HEAD_END, "outside", size)
    net.mtu(ROUTER, "toheadend", size)
