"""A Dask cluster of real processes with TLS: a scheduler, and workers that have the credentials, which we have not."""

import datetime as dt
import ipaddress
import os
import signal
import subprocess
import sys
from contextlib import contextmanager

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests import warm
from tests.waiting import eventually

CREDENTIALS = ("NORNIR_ANYCONNECT_USERNAME", "NORNIR_ANYCONNECT_PASSWORD", "NORNIR_ANYCONNECT_ENABLE")


def write_certificates(folder, addresses=("127.0.0.1",)):
    """ca.pem, cert.pem and key.pem: one certificate of an authority of its own, for every part of the cluster."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "dask")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(a)) for a in addresses]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    (folder / "ca.pem").write_bytes(pem)
    (folder / "cert.pem").write_bytes(pem)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "key.pem").write_bytes(private)


def tls_options(folder):
    return [word for kind, file in (("ca-file", "ca"), ("cert", "cert"), ("key", "key"))
            for word in (f"--tls-{kind}", str(folder / f"{file}.pem"))]  # fmt: skip


@contextmanager
def processes():
    """Start programs that end with the block; ``start(argv, says, **environment)`` waits until they say so."""
    running = []

    def start(argv, says, folder, prefix=(), **environment):
        log = folder / f"{len(running)}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                # a prefix may lead to another network, where only what is started anew is
                [*prefix, sys.executable if prefix else warm.python(), *argv], stdout=output, stderr=output, cwd=folder,
                env={k: v for k, v in os.environ.items() if k not in CREDENTIALS} | environment,
            )  # fmt: skip
        process.log = log
        running.append(process)
        eventually(lambda log=log, process=process: says in log.read_text() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        return process

    try:
        yield start
    finally:
        for process in reversed(running):
            process.send_signal(signal.SIGKILL)
            process.wait()


class Cluster:
    """One scheduler; ``worker(site)`` adds a worker process."""

    def __init__(self, start, folder):
        write_certificates(folder)
        self._start, self.folder = start, folder
        self.tls = {name: str(folder / f"{name}.pem") for name in ("ca", "cert", "key")}
        argv = ["-m", "dask", "scheduler", "--host", "tls://127.0.0.1", "--port", "0", "--no-dashboard"]
        argv += ["--scheduler-file", str(folder / "scheduler.json"), *tls_options(folder)]
        scheduler = start(argv, "Scheduler at", folder)
        self.address = next(
            line.split()[-1] for line in scheduler.log.read_text().splitlines() if "Scheduler at" in line
        )

    def worker(self, *sites, threads=2, **environment):
        labels = ["--resources", " ".join(f"site:{site}=1" for site in sites)] if sites else []
        argv = ["-m", "dask", "worker", self.address, "--nthreads", str(threads), "--no-nanny", "--no-dashboard"]
        argv += ["--local-directory", str(self.folder), "--host", "127.0.0.1", *labels, *tls_options(self.folder)]
        noted = self.folder / f"pid-{len(list(self.folder.glob('pid-*')))}"
        argv += ["--pid-file", str(noted)]
        secrets = dict(zip(CREDENTIALS, ("audit", "demo-password", "demo-enable"), strict=True))
        started = self._start(argv, "Registered to", self.folder, **(secrets | environment))
        started.own_pid = int(noted.read_text())
        return started
