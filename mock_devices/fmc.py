"""A Firewall Management Center in front of simulated FTDs: HTTPS on loopback, with what a real one puts in the way.

It has token and paging, ``expanded``, 429 beyond its rate, ten connections, one command per device at a time, expiring
tokens, and on request 5xx and an FTD that is down. Its objects can be changed and deployed, as a person would.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import secrets
import ssl
import tempfile
import threading
import time
from base64 import b64decode
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

USER, PASSWORD = "reader", "fmc-demo-password"
CONNECTIONS = 10
DOMAIN = "e276abec-e0f2-11e3-8169-6d9ed49b625f"
_CONFIG = f"/api/fmc_config/v1/domain/{DOMAIN}/"
_TOKEN = "/api/fmc_platform/v1/auth/generatetoken"  # noqa: S105 - a path


@dataclass
class SimulatedFtd:
    """One FTD: what it runs is rendered from the objects at each deployment."""

    name: str
    policies: tuple[str, ...]
    serial: str
    down: bool = False
    running: str = ""


@dataclass
class Faults:
    """What goes wrong.

    Args:
        requests: so many are allowed within ``window`` seconds, then 429.
        window: seconds.
        expires_after: requests that a token is good for.
        errors: so many of the next answers are 503.
        garbage: so many of the next answers are no JSON.
        cut: the running configurations have no end.

    """

    requests: int = 120
    window: float = 60.0
    expires_after: int = 10_000
    errors: int = 0
    garbage: int = 0
    cut: bool = False


@dataclass
class SimulatedFmc:
    """The manager.

    Args:
        mtus: MTU (bytes) of each group policy object, by name.
        devices: names of the group policies of each FTD.
        faults: what goes wrong.

    """

    mtus: Mapping[str, int]
    devices: Mapping[str, tuple[str, ...]]
    faults: Faults = field(default_factory=Faults)
    requests: list[tuple[str, str]] = field(default_factory=list)
    """Method and path of every request that came."""
    busiest: int = 0
    """Most commands that ran on one device at once."""
    crowd: int = 0
    """Most requests that were answered at once; a real one refuses the eleventh."""

    def __post_init__(self) -> None:
        self.objects = {name: group_policy(name, mtu) for name, mtu in self.mtus.items()}
        self.ftds = {
            name: SimulatedFtd(name, tuple(policies), f"FTD{number:06}")
            for number, (name, policies) in enumerate(self.devices.items())
        }
        self._lock = threading.Lock()
        self._tokens: dict[str, int] = {}
        self._times: list[float] = []
        self._at_work: dict[str, int] = {}
        self._here = 0
        self.deploy()

    def deploy(self) -> None:
        """Every FTD runs what the objects say."""
        for each in self.ftds.values():
            each.running = running_config(each, self.objects)

    def change(self, path: str, body: Mapping[str, Any]) -> None:
        """What a PUT of that object does; it runs nowhere before it is deployed.

        Raises:
            KeyError: there is no such object.

        """
        (name,) = (each for each, known in self.objects.items() if path.endswith(f"object/grouppolicies/{known['id']}"))
        self.objects[name] = dict(body)

    @contextmanager
    def serving(self) -> Iterator[tuple[str, Path]]:
        """Its URL, and the file of its certificate."""
        with tempfile.TemporaryDirectory(prefix="simulated-fmc-") as place:
            certificate = _certificate(Path(place))
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            handler = type("Handler", (_Handler,), {"fmc": self})
            server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
            server.daemon_threads = True
            server.socket = context.wrap_socket(server.socket, server_side=True)
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
            thread.start()
            try:
                yield f"https://127.0.0.1:{server.server_port}", certificate
            finally:
                server.shutdown()
                server.server_close()
                thread.join()

    def answer(self, method: str, target: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body."""
        with self._lock:
            self._here += 1
            self.crowd = max(self.crowd, self._here)
            if self._here > CONNECTIONS:
                self._here -= 1
                return 429, {"Retry-After": "1"}, _error("Too many connections")
        try:
            return self._answer(method, target, headers)
        finally:
            with self._lock:
                self._here -= 1

    def _answer(self, method: str, target: str, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        with self._lock:
            self.requests.append((method, target))
            now = time.monotonic()
            self._times = [each for each in self._times if now - each < self.faults.window]
            if len(self._times) >= self.faults.requests:
                return 429, {"Retry-After": "1"}, _error("Too many requests")
            self._times.append(now)
            if self.faults.errors:
                self.faults.errors -= 1
                return 503, {}, _error("Service unavailable")
            if method == "POST" and target == _TOKEN:
                return self._new_token(headers)
            token = headers.get("X-auth-access-token", "")
            if self._tokens.get(token, 0) <= 0:
                return 401, {}, _error("Access token invalid")
            self._tokens[token] -= 1
            if self.faults.garbage:
                self.faults.garbage -= 1
                return 200, {}, b"<html>logged out</html>"
        if method != "GET":
            return 405, {}, _error("Only read here")
        parts = urlsplit(target)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        return self._read(parts.path.removeprefix(_CONFIG), query)

    def _new_token(self, headers: Mapping[str, str]) -> tuple[int, dict[str, str], bytes]:
        given = b64decode(headers.get("Authorization", "").removeprefix("Basic ")).decode("utf-8", "replace")
        if given != f"{USER}:{PASSWORD}":
            return 401, {}, _error("Authentication failed")
        token = secrets.token_hex(16)
        self._tokens[token] = self.faults.expires_after
        domains = json.dumps([{"name": "Global", "uuid": DOMAIN}])
        return 204, {"X-auth-access-token": token, "DOMAIN_UUID": DOMAIN, "DOMAINS": domains}, b""

    def _read(self, path: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        found: list[dict[str, Any]]
        match path.split("/"):
            case ["devices", "devicerecords"]:
                found = [{"id": f"uuid-{each}", "name": each, "type": "Device"} for each in self.ftds]
            case ["devices", "devicerecords", uuid, "operational", "commands"]:
                return self._command(uuid.removeprefix("uuid-"), query)
            case ["object", "grouppolicies"]:
                found = list(self.objects.values())
            case ["policy", "ravpns"]:
                found = [_ravpn(each) for each in self.ftds.values()]
            case ["policy", "ravpns", name, "connectionprofiles"]:
                found = [
                    {"name": each, "groupPolicy": {"name": each, "type": "GroupPolicy"}}
                    for each in self.ftds[name.removeprefix("ravpn-")].policies
                ]
            case ["assignment", "policyassignments"]:
                nat: dict[str, Any] = {"policy": {"type": "FTDNatPolicy", "id": "nat"}, "targets": [{"name": "nobody"}]}
                found = [nat, *(_assignment(each) for each in self.ftds.values())]
            case _:
                return 404, {}, _error("No such resource")
        return 200, {}, _page(found, query)

    def _command(self, name: str, query: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        ftd = self.ftds[name]
        with self._lock:
            self._at_work[name] = self._at_work.get(name, 0) + 1
            self.busiest = max(self.busiest, self._at_work[name])
        try:
            if ftd.down:
                return 422, {}, _error("The device is not reachable")
            asked = " ".join(each for each in (query.get("command"), query.get("parameters")) if each)
            text = self._output(ftd, asked)
        finally:
            with self._lock:
                self._at_work[name] -= 1
        return 200, {}, json.dumps({"items": [{"type": "Command", "commandOutput": text}]}).encode()

    def _output(self, ftd: SimulatedFtd, command: str) -> str:
        match command:
            case "show running-config":
                return ftd.running.partition("tunnel-group")[0] if self.faults.cut else ftd.running
            case "show version":
                return (
                    f"-------------------[ {ftd.name} ]--------------------\n"
                    "Model                     : Cisco Firepower 1010 Threat Defense (78) Version 7.4.2 (Build 172)\n"
                    f"Serial Number: {ftd.serial}\n"
                )
            case "show failover":
                return "Failover Off\n"
        return "ERROR: % Invalid input detected at '^' marker.\n"


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    fmc: SimulatedFmc

    def _do(self) -> None:
        status, headers, body = self.fmc.answer(self.command, self.path, dict(self.headers))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815 - names of the standard library

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - name of the standard library
        """Nothing on standard error."""


def group_policy(name: str, mtu: int) -> dict[str, Any]:
    """A group policy object as FMC makes one: it always carries an MTU."""
    return {
        "id": f"gp-{name.replace(' ', '-')}",
        "name": name,
        "type": "GroupPolicy",
        "protocol": "SSL",
        "anyConnectSettings": {
            "sslSettings": {
                "sslCompression": "DISABLED", "dtlsCompression": "DISABLED", "mtuSize": mtu, "ignoreDFBit": False,
            }
        },
    }  # fmt: skip


def running_config(ftd: SimulatedFtd, objects: Mapping[str, Mapping[str, Any]]) -> str:
    """What an FTD runs after a deployment."""
    lines = [
        ": Saved", "", ": ", f": Serial Number: {ftd.serial}", "NGFW Version 7.4.2 ", "!", f"hostname {ftd.name}",
        "interface GigabitEthernet0/0", " nameif outside", " security-level 0", " ip address 203.0.113.1 255.255.255.0",
        "!", "mtu outside 1500", "webvpn", " enable outside", " anyconnect enable", " tunnel-group-list enable",
    ]  # fmt: skip
    for name in ftd.policies:
        settings = objects[name]["anyConnectSettings"]["sslSettings"]
        quoted = f'"{name}"' if " " in name else name
        lines += [
            f"group-policy {quoted} internal",
            f"group-policy {quoted} attributes",
            " vpn-tunnel-protocol ssl-client",
            " webvpn",
            "  anyconnect ssl dtls enable",
            f"  anyconnect mtu {settings['mtuSize']}",
            f"  anyconnect ssl df-bit-ignore {'enable' if settings['ignoreDFBit'] else 'disable'}",
        ]
    for name in ftd.policies:
        quoted = f'"{name}"' if " " in name else name
        lines += [
            f"tunnel-group {quoted} type remote-access",
            f"tunnel-group {quoted} general-attributes",
            f" default-group-policy {quoted}",
        ]
    return "\n".join([*lines, "Cryptochecksum:00000000000000000000000000000000", ": end", ""])


def _ravpn(ftd: SimulatedFtd) -> dict[str, Any]:
    return {
        "id": f"ravpn-{ftd.name}", "name": f"RA {ftd.name}", "type": "RaVpn",
        "groupPolicies": [{"name": each, "type": "GroupPolicy"} for each in ftd.policies],
    }  # fmt: skip


def _assignment(ftd: SimulatedFtd) -> dict[str, Any]:
    return {
        "type": "PolicyAssignment", "policy": {"type": "RAVpn", "id": f"ravpn-{ftd.name}"},
        "targets": [{"type": "Device", "name": ftd.name, "id": f"uuid-{ftd.name}"}],
    }  # fmt: skip


def _page(found: list[dict[str, Any]], query: dict[str, str]) -> bytes:
    """At most 25 items, however many are asked for: whoever does not page sees too few."""
    offset, limit = int(query.get("offset", 0)), min(int(query.get("limit", 25)), 25)
    items = found[offset : offset + limit]
    if query.get("expanded") != "true":
        items = [{key: each[key] for key in ("id", "name", "type") if key in each} for each in items]
    return json.dumps({"items": items, "paging": {"offset": offset, "limit": limit, "count": len(found)}}).encode()


def _error(words: str) -> bytes:
    return json.dumps({"error": {"category": "FRAMEWORK", "messages": [{"description": words}]}}).encode()


def _certificate(folder: Path) -> Path:
    """A self-signed certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "simulated-fmc")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "fmc.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return file
