"""The cookbook's runbooks over NetBox and Nautobot: their own plugins, against a server on loopback that answers as they do."""

from __future__ import annotations

import json
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml

from mock_devices.fleet import start_fleet

COOKBOOK = Path(__file__).parents[2] / "docs" / "cookbook.md"
pytestmark = pytest.mark.fleet
LOGIN = {"users": {"audit": {"password": "demo-password", "privilege": 15}}, "enable_password": "demo-enable"}
BOXES = [
    {"name": name, "release": "9.12(4)67", "serial": f"JAD{name}"}
    | {"config": ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]}
    for name in ("fw-one", "fw-two")
]
SITES = {"fw-one": "London", "fw-two": "Oslo"}


def runbook(name: str) -> str:
    found = re.search(rf'```python title="{name}"\n(.*?)```', COOKBOOK.read_text("utf-8"), re.DOTALL)
    assert found, name
    return found[1]


@pytest.fixture
def fleet():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with start_fleet({"devices": BOXES, "defaults": LOGIN}, port=port) as started:
        yield started


@pytest.fixture
def server(fleet):
    """Answers every question for devices; ``asked`` keeps what was asked for."""
    devices = [
        {
            "id": number,
            "name": name,
            "display": name,
            "url": f"http://localhost/api/dcim/devices/{number}/",
            "platform": {"id": 1, "name": "Cisco ASA", "slug": "cisco-asa", "network_driver": "cisco_asa"},
            "primary_ip": {"address": f"{device.address}/32"},
            "primary_ip4": {"id": number, "address": f"{device.address}/32"},
            "primary_ip6": None,
            "site": {"name": SITES[name], "slug": SITES[name].lower()},
            "location": {"id": number, "name": SITES[name]},
            "device_role": {"slug": "vpn"},
            "device_type": {"id": 1, "model": "ASA5516", "slug": "asa5516", "manufacturer": {"slug": "cisco"}},
            "custom_fields": {},
        }
        for number, (name, device) in enumerate(fleet.devices.items())
    ]
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers["Authorization"]))
            raw = json.dumps({"count": len(devices), "next": None, "previous": None, "results": devices}).encode()
            self.send_response(200)
            for name, value in (
                ("Content-Type", "application/json"),
                ("API-Version", "2.4"),
                ("Content-Length", str(len(raw))),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}", asked
        listening.shutdown()
        thread.join()


@pytest.fixture
def folder(fleet, tmp_path, monkeypatch):
    """An inventory folder with groups alone: the hosts come from the server."""
    fleet.write_inventory(tmp_path / "inventory")
    port = next(iter(fleet.devices.values())).port
    path = tmp_path / "inventory" / "groups.yaml"
    groups = yaml.safe_load(path.read_text())
    for group in groups.values():
        group["port"] = port
    path.write_text(yaml.safe_dump(groups))
    monkeypatch.chdir(tmp_path)
    for name, value in (("PASSWORD", "demo-password"), ("ENABLE", "demo-enable"), ("USERNAME", "audit")):
        monkeypatch.setenv(f"NORNIR_ANYCONNECT_{name}", value)
    return tmp_path


EXPECTED = {"London fw-one STAFF at-risk 1315", "Oslo fw-two STAFF at-risk 1315"}


def test_netbox(server, folder, monkeypatch, capsys):
    pytest.importorskip("nornir_netbox", reason="needs the package nornir-netbox")
    url, asked = server
    monkeypatch.setenv("NB_URL", url)
    monkeypatch.setenv("NB_TOKEN", "a-token")
    exec(compile(runbook("netbox.py"), "netbox.py", "exec"), {})
    assert set(capsys.readouterr().out.splitlines()) >= EXPECTED
    assert "role=vpn" in asked[0][0]
    assert asked[0][1] == "Token a-token"


def test_nautobot(server, fleet, folder, monkeypatch, capsys):
    why = "nornir-nautobot brings NAPALM and nornir-netmiko into every process of Nornir: .ci/run tries it beside"
    pytest.importorskip("nornir_nautobot", reason=why)
    url, asked = server
    monkeypatch.setenv("NAUTOBOT_URL", url)
    monkeypatch.setenv("NAUTOBOT_TOKEN", "a-token")
    port = next(iter(fleet.devices.values())).port
    exec(compile(runbook("nautobot.py").replace("port=22", f"port={port}"), "nautobot.py", "exec"), {})
    assert set(capsys.readouterr().out.splitlines()) >= EXPECTED
    assert any("role=vpn" in path for path, _ in asked)
