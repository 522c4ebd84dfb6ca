"""The probe on real paths: namespaces, nftables, GnuTLS' and OpenSSL's servers, and ocserv, which ignores strangers."""

from __future__ import annotations

import shutil
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from nornir_anyconnect.evidence.probe import Cause
from nornir_anyconnect.platforms.probe.path import Patience
from nornir_anyconnect.workflows.probe_hosts import probe_all
from tests.lab.network import (
    CLIENT,
    HEAD_END,
    LINK,
    OUTSIDE_ADDRESS,
    PORT,
    ROUTER,
    ending_cleanly,
    network,
    wait_for,
)
from tests.lab.run import why_not
from tests.lab.test_lab import WANTED
from tests.lab.tunnel import _serve, certificate

pytestmark = [
    pytest.mark.waits,
    pytest.mark.lab,
    pytest.mark.skipif(WANTED == "off", reason="LAB=off"),
    pytest.mark.skipif(why_not() is not None, reason=why_not() or ""),
    pytest.mark.skipif(
        not shutil.which("gnutls-serv") or not shutil.which("openssl"), reason="needs Debian's gnutls-bin and openssl"
    ),
]
PATIENCE = Patience(answer=1, connect=10, whole=60)


@contextmanager
def head_end(udp=True):
    """A head-end that speaks TLS and DTLS to everybody; OpenSSL's over TCP, GnuTLS' over UDP."""
    with network() as net, tempfile.TemporaryDirectory(prefix="anyconnect-lab-") as place:
        folder = Path(place)
        certificate(folder)
        files = str(folder / "head-end.key"), str(folder / "head-end.pem")
        tcp = f"openssl s_server -quiet -accept {OUTSIDE_ADDRESS}:{PORT} -key {files[0]} -cert {files[1]}"
        net.start(HEAD_END, *tcp.split(), log=folder / "tcp.log", stdin="")
        wait_for("OpenSSL listens", lambda: f":{PORT}" in net.run(HEAD_END, "ss", "-lntH"), 20)
        if udp:
            words = f"gnutls-serv --quiet --udp --port {PORT} --x509keyfile {files[0]} --x509certfile {files[1]}"
            net.start(HEAD_END, *words.split(), log=folder / "udp.log")
            wait_for("GnuTLS listens", lambda: f":{PORT}" in net.run(HEAD_END, "ss", "-lnuH"), 20)
        yield net


def probed(net, role, controls=()):
    with net.inside(role):
        (found,) = probe_all([(OUTSIDE_ADDRESS, PORT)], controls, 1, PATIENCE).probes
    return found


def counted(net, role):
    """Count what leaves a namespace: to the head-end, and to anybody else."""
    rules = [f"ip daddr {OUTSIDE_ADDRESS} counter", f"ip daddr != {OUTSIDE_ADDRESS} counter"]
    net.filter(role, output=rules)

    def sent():
        text = net.run(role, "nft", "list", "ruleset")
        return [int(line.split("packets ")[1].split()[0]) for line in text.splitlines() if "packets " in line]

    return sent


def path_mtu(size, *, told):
    """Bytes that the probe finds on a path of that MTU, and the packets that it sent."""
    with head_end() as net:
        # the router's far link is the narrow one; the head-end's own end keeps its size, as a real one does
        net.mtu(ROUTER, "toheadend", size)
        if not told:
            net.filter(ROUTER, output=["icmp type destination-unreachable drop"])
        sent = counted(net, CLIENT)
        found = probed(net, CLIENT)
        return found, sent()


@pytest.mark.parametrize("told", [True, False], ids=["told by ICMP", "in silence"])
def test_the_path_mtu_is_found_to_the_byte_with_at_most_forty_packets_to_nobody_else(told):
    sizes = (1500, 1492, 1400, 1280)
    with ending_cleanly(), ThreadPoolExecutor(len(sizes)) as pool:
        ended = list(pool.map(lambda size: path_mtu(size, told=told), sizes))
    assert [(found.path_mtu, found.path_mtu_exact) for found, _ in ended] == [(size, True) for size in sizes]
    for found, (to_head_end, to_others) in ended:
        assert found.cause is Cause.DTLS_REACHABLE
        assert 0 < found.datagrams < to_head_end <= 40
        assert to_others == 0


def test_dropped_udp_is_blocked_only_beside_a_control_and_a_clamped_mss_is_seen():
    with ending_cleanly(), head_end() as net:
        net.filter(
            ROUTER,
            forward=[
                f"udp dport {PORT} drop",
                "tcp flags syn tcp option maxseg size > 1380 tcp option maxseg size set 1380",
            ],
        )
        alone = probed(net, CLIENT)
        assert alone.cause is Cause.NO_ANSWER
        assert (alone.mss, alone.mss_at_least) == (1380, False)
        assert (alone.tls.version, alone.tls.certificate) == ("tlsv1.3", "head-end.example")
        control = probed(net, ROUTER)
        assert control.cause is Cause.DTLS_REACHABLE
        assert (control.mss, control.mss_at_least) == (LINK - 40, True)
        assert probed(net, CLIENT, [control]).cause is Cause.DTLS_BLOCKED


def test_a_head_end_that_answers_only_known_sessions_is_no_answer_never_blocked():
    with ending_cleanly(), network() as net, tempfile.TemporaryDirectory(prefix="anyconnect-lab-") as place:
        certificate(Path(place))
        _serve(net, Path(place), "NORMAL")
        from_elsewhere = probed(net, ROUTER)
        found = probed(net, CLIENT, [from_elsewhere])
        assert from_elsewhere.cause is Cause.NO_ANSWER
        assert found.tls is not None
        assert found.cause is Cause.NO_ANSWER
    assert threading.active_count() < 100
