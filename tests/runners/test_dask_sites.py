"""The example of ``docs/scaling.md``: two sites behind one scheduler, each reached by its own worker alone."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.runners.dask_cluster import CREDENTIALS, processes, write_certificates

pytestmark = [pytest.mark.long, pytest.mark.fleet]
PAGE = (Path(__file__).parents[2] / "docs/scaling.md").read_text("utf-8")
ROOT = Path(__file__).parents[2]
HOME, SITES = "10.231.0.1", ("north", "south")


def commands(program):
    return [line for block in re.findall(r"^```text\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
            for line in block.splitlines() if line.startswith(program)]  # fmt: skip


def snippet(title):
    return next(
        b for b in re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) if b.startswith(f"# {title}")
    )


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


@pytest.fixture
def sites():
    """The prefix of a command at home and at each site; their own namespaces where we may make some."""
    names = {place: f"nac-{place}-{os.getpid()}" for place in ("home", *SITES)}
    try:
        if os.geteuid() or shutil.which("ip") is None:
            raise OSError("no namespaces")
        for name in names.values():
            ip("netns", "add", name)
        ip("-n", names["home"], "link", "add", "lan", "type", "bridge")
        for number, name in enumerate(names.values(), 1):
            ip("-n", name, "link", "set", "lo", "up")
            ip("-n", names["home"], "link", "add", f"p{number}", "type", "veth", "peer", "name", "up0", "netns", name)
            ip("-n", names["home"], "link", "set", f"p{number}", "master", "lan", "up")
            ip("-n", name, "addr", "add", f"10.231.0.{number}/24", "dev", "up0")
            ip("-n", name, "link", "set", "up0", "up")
        ip("-n", names["home"], "link", "set", "lan", "up")
    except (OSError, subprocess.CalledProcessError):
        delete(names)
        yield None
        return
    yield {place: ("ip", "netns", "exec", name) for place, name in names.items()}
    delete(names)


def delete(names):
    for name in names.values():
        subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def test_two_sites_as_on_the_page(sites, tmp_path):
    own_network = sites is not None
    sites = sites or dict.fromkeys(("home", *SITES), ())
    address = HOME if own_network else "127.0.0.1"
    port = "8786" if own_network else str(30_000 + os.getpid() % 2_700)
    write_certificates(tmp_path, [f"10.231.0.{number}" for number in (1, 2, 3)] + ["127.0.0.1"])

    def there(line):
        words = shlex.split(line.replace(HOME, address).replace("8786", port))
        return ["-m", *words]

    with processes() as start:
        for number, site in enumerate(SITES):
            # the same address twice: which box answers is decided by the network alone
            first = 0 if own_network else number
            device = {"name": f"fw-{site}", "release": "9.16(4)67", "config": f"hostname fw-{site}\n",
                      "serial": f"9A{site}", "users": {"audit": {"password": "pw"}}, "enable_password": "en"}  # fmt: skip
            fleet = {"devices": [device]}
            (tmp_path / f"{site}.yaml").write_text(yaml.safe_dump(fleet))
            start(["-m", "mock_devices", "--fleet", f"{site}.yaml", "--port", str(24_000 + first), "--inventory", site],
                  "ready", tmp_path, sites[site], PYTHONPATH=str(ROOT))  # fmt: skip
        hosts = yaml.safe_load(snippet("inventory/hosts.yaml"))
        for site in SITES:
            told = yaml.safe_load((tmp_path / site / "hosts.yaml").read_text())[f"fw-{site}"]
            hosts[f"fw-{site}"] |= {"hostname": told["hostname"], "port": told["port"]}
            extras = {"known_hosts": str(tmp_path / site / "known_hosts")}
            hosts[f"fw-{site}"]["connection_options"] = {"anyconnect_asa": {"extras": extras}}
        if own_network:
            assert hosts["fw-north"]["hostname"] == hosts["fw-south"]["hostname"]
        (tmp_path / "inventory").mkdir()
        (tmp_path / "inventory/hosts.yaml").write_text(yaml.safe_dump(hosts))
        settings = snippet("nornir-anyconnect.yaml").replace(HOME, address).replace("8786", port)
        (tmp_path / "nornir-anyconnect.yaml").write_text(settings)
        start(there(commands("dask scheduler")[0]), "Scheduler at", tmp_path, sites["home"])
        secrets = dict(zip(CREDENTIALS, ("audit", "pw", "en"), strict=True))
        for site, line in zip(SITES, commands("dask worker"), strict=True):
            start(there(line), "Registered to", tmp_path, sites[site], **secrets)
        audit = shlex.split(commands("nornir-anyconnect audit --inventory")[0].replace("/config.yaml", ""))[1:]
        program = "import sys; from nornir_anyconnect.cli import main; sys.exit(main())"
        done = subprocess.run(
            [*sites["home"], sys.executable, "-c", program, *audit], cwd=tmp_path, capture_output=True, text=True,
            env={k: v for k, v in os.environ.items() if k not in CREDENTIALS}, check=False, timeout=100,
        )  # fmt: skip
    found = json.loads((tmp_path / "audit.json").read_text())["devices"]
    assert [(each["name"], each["status"], each["errors"]) for each in found] == [
        ("fw-north", "ok", []), ("fw-south", "ok", [])
    ], done.stderr  # fmt: skip
    assert [each["serials"] for each in found] == [["9Anorth"], ["9Asouth"]]
