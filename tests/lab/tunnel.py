"""A real AnyConnect-compatible server and client: ocserv on the head-end, openconnect on the client."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.lab.network import CLIENT, HEAD_END, INSIDE_GATEWAY, OUTSIDE_ADDRESS, POOL, PORT, Network, wait_for
from tests.waiting import LONG

USER, PASSWORD = "lab", "lab-password"
CLIENT_DEVICE, HEAD_END_DEVICE = "cscotun0", "vpns"
ANNOUNCED = 1700
"""The one MTU that ocserv announces: larger than any in the table, so that the devices' MTUs decide."""

_PACKAGES = {
    "ocserv": "ocserv",
    "ocpasswd": "ocserv",
    "openconnect": "openconnect",
    "nft": "nftables",
    "ip": "iproute2",
}


def missing_packages() -> list[str]:
    """Debian packages that the lab needs and this machine lacks."""
    path = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin"
    return sorted({package for program, package in _PACKAGES.items() if not shutil.which(program, path=path)})


@dataclass(frozen=True)
class Tunnel:
    """A tunnel that is up; what was negotiated is in GnuTLS's words, read from openconnect."""

    device: str
    """Its interface on the head-end."""
    client_address: str
    tls: str
    dtls: str | None
    """None where DTLS did not come up."""


def certificate(directory: Path) -> str:
    """Write a self-signed RSA certificate and its key, valid for a day; its pin, as openconnect wants it."""
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "head-end.example")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    (directory / "head-end.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    (directory / "head-end.key").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    public = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return "pin-sha256:" + base64.b64encode(hashlib.sha256(public).digest()).decode()


@contextmanager
def tunnel(
    net: Network, directory: Path, *, priority: str, dtls: str | None = None, udp_passes: bool = True
) -> Iterator[Tunnel]:
    """Bring the tunnel up, and take it down again.

    Args:
        net: the namespaces.
        directory: for the files of this tunnel.
        priority: GnuTLS priority string of both sides: it leaves one version and one suite.
        dtls: the one DTLS suite the client offers (openconnect's name), or None for no DTLS.
        udp_passes: whether to wait for DTLS, or go on over TLS because the path drops UDP.

    """
    pin = certificate(directory)
    server = _serve(net, directory, priority)
    client = None
    try:
        client = _connect(net, directory, priority, dtls, pin)
        yield _established(net, directory, wants_dtls=udp_passes and dtls is not None)
    finally:
        for process in (client, server):
            if process is not None:
                net.stop(process)


def _serve(net: Network, directory: Path, priority: str) -> subprocess.Popen[bytes]:
    users = directory / "users"
    subprocess.run(
        ["ocpasswd", "-c", users, USER],
        input=f"{PASSWORD}\n{PASSWORD}\n",
        text=True,
        check=True,
        timeout=LONG,
        capture_output=True,
    )
    settings = directory / "ocserv.conf"
    settings.write_text(f"""\
auth = "plain[passwd={users}]"
listen-host = {OUTSIDE_ADDRESS}
tcp-port = {PORT}
udp-port = {PORT}
run-as-user = root
run-as-group = root
socket-file = {directory}/ocserv.socket
use-occtl = false
server-cert = {directory}/head-end.pem
server-key = {directory}/head-end.key
isolate-workers = false
max-clients = 4
rate-limit-ms = 0
keepalive = 300
dpd = 60
mobile-dpd = 60
try-mtu-discovery = false
compression = false
tls-priorities = "{priority}"
auth-timeout = 20
max-ban-score = 0
cookie-timeout = 60
rekey-time = 172800
predictable-ips = true
device = {HEAD_END_DEVICE}
ipv4-network = {POOL}
ipv4-netmask = 255.255.255.0
route = {INSIDE_GATEWAY}/255.255.255.0
cisco-client-compat = true
dtls-legacy = true
dtls-psk = false
match-tls-dtls-ciphers = false
mtu = {ANNOUNCED}
log-level = 3
""")
    process = net.start(
        HEAD_END,
        "ocserv",
        "--foreground",
        "--log-stderr",
        "--config",
        str(settings),
        log=directory / "ocserv.log",
    )
    wait_for("ocserv listens", lambda: f":{PORT}" in net.run(HEAD_END, "ss", "-lntH"), 5)
    return process


def _connect(net: Network, directory: Path, priority: str, dtls: str | None, pin: str) -> subprocess.Popen[bytes]:
    up = directory / "vpnc-script"
    up.write_text(f"""\
#!/bin/sh
[ "$reason" = connect ] || exit 0
ip link set "$TUNDEV" mtu {ANNOUNCED} up
ip address add "$INTERNAL_IP4_ADDRESS/32" dev "$TUNDEV"
ip route add {INSIDE_GATEWAY.rsplit(".", 1)[0]}.0/24 dev "$TUNDEV"
echo "$INTERNAL_IP4_ADDRESS" > {directory}/address
""")
    up.chmod(0o755)
    return net.start(
        CLIENT,
        "openconnect",
        "--verbose",
        f"--servercert={pin}",
        f"--user={USER}",
        "--passwd-on-stdin",
        f"--interface={CLIENT_DEVICE}",
        f"--script={up}",
        f"--gnutls-priority={priority}",
        "--base-mtu=1700",
        "--no-deflate",
        "--no-xmlpost",
        *(["--no-dtls"] if dtls is None else [f"--dtls-ciphers={dtls}"]),
        f"https://{OUTSIDE_ADDRESS}:{PORT}/",
        log=directory / "openconnect.log",
        stdin=PASSWORD + "\n",
    )


def _established(net: Network, directory: Path, *, wants_dtls: bool) -> Tunnel:
    address, log = directory / "address", directory / "openconnect.log"
    wait_for("openconnect configures its adapter", lambda: address.exists() and address.read_text(), 60)
    if wants_dtls:
        active = "DTLS session 1 active"  # from here on ocserv answers over UDP
        wait_for("DTLS comes up", lambda: active in (directory / "ocserv.log").read_text(), 10)
    devices = net.run(HEAD_END, "ip", "-brief", "link").split()
    said = log.read_text()
    return Tunnel(
        device=next(name for name in devices if name.startswith(HEAD_END_DEVICE)),
        client_address=address.read_text().strip(),
        tls=_suite_after("Connected to HTTPS", said),
        dtls=_suite_after("Established DTLS connection", said) if wants_dtls else None,
    )


def _suite_after(words: str, said: str) -> str:
    line = next(each for each in said.splitlines() if each.startswith(words))
    return line[line.index("(TLS" if "HTTPS" in words else "(DTLS") :].strip(" .")
