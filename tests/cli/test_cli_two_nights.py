"""Two nights as a user: from an empty folder, with the settings, the waivers and the call that the documentation shows."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from mock_devices.fleet import start_fleet

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.fleet
LOGIN = {"users": {"audit": {"password": "demo-password", "privilege": 15}}, "enable_password": "demo-enable"}
RISKY = ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]
NO_VPN = ["edge.cfg", "ciphers_aes_cbc.cfg"]
FIRST_NIGHT = 1_715_983_200


def documented(title: str) -> str:
    """The file that the page of settings tells a reader to save under that name."""
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    found = re.search(rf'```yaml title="{re.escape(title)}"\n(.*?)```', page, re.DOTALL)
    assert found, title
    return found[1]


def scheduled() -> list[str]:
    """The words that systemd calls every night, behind the program."""
    unit = (ROOT / "playbooks" / "scheduled" / "nornir-anyconnect-audit.service").read_text("utf-8")
    found = re.search(r"^ExecStart=(.*)$", unit, re.MULTILINE)
    assert found
    return [word.rpartition("/")[2] for word in shlex.split(found[1])[1:]]


@pytest.fixture
def night(cli, tmp_path, monkeypatch):
    """One night: what stands on the second firewall, and what the scheduler's call says."""
    for name, value in (("USERNAME", "audit"), ("PASSWORD", "demo-password"), ("ENABLE", "demo-enable")):
        monkeypatch.setenv(f"NORNIR_ANYCONNECT_{name}", value)
    nights = 0

    def passes(second):
        nonlocal nights
        monkeypatch.setenv("SOURCE_DATE_EPOCH", str(FIRST_NIGHT + 86_400 * nights))
        nights += 1
        boxes = [
            {
                "name": name,
                "release": "9.12(4)67",
                "serial": f"JAD{name}",
                "inventory": {"site": "London"},
                "config": texts,
            }
            for name, texts in (("fw-london", RISKY), ("fw-thames", second))
        ]
        with start_fleet({"devices": boxes, "defaults": LOGIN}) as fleet:
            fleet.write_inventory(tmp_path / "inventory")
            return cli(*scheduled())

    return passes


def test_two_nights(night, cli, write, tmp_path):
    assert list(tmp_path.iterdir()) == []
    write("nornir-anyconnect.yaml", documented("nornir-anyconnect.yaml"))
    write("waivers.yaml", documented("waivers.yaml"))

    first = night(NO_VPN)
    assert first.code == 0
    assert "accepted by Kim Example until 2099-12-31 (fw-london STAFF)" in first.out
    assert first.out.startswith("Nothing is at risk on 2 firewalls")
    assert "kept as audit 1" in first.err
    assert not (tmp_path / "changes.json").exists()  # there is no night before it

    second = night(RISKY)
    assert second.code == 1
    assert second.out.startswith("1 finding on 1 firewall is at risk")
    assert "since audit 1: 1 new, 0 fixed, 0 not judged any more, 0 still open" in second.err
    told = json.loads((tmp_path / "changes.json").read_text())
    assert [each["device"] for each in told["new"]] == ["fw-thames"]
    assert told["fixed"] == []

    trend = cli("history", "trend", "--format", "json").json
    assert [point["counts"]["at_risk"] for point in trend["points"]] == [1, 2]
    assert [entry["audit"] for entry in cli("history", "list", "--format", "json").json] == [2, 1]
    compared = cli("history", "diff")
    assert (compared.code, "fw-thames tunnel-group STAFF" in compared.out) == (1, True)
    assert '"trend":[["2024-05-17T22:00:00+00:00",' in (tmp_path / "audit.html").read_text()

    assert cli("history", "report", "--out", "pages").code == 0
    index = re.sub("<[^>]+>", "", (tmp_path / "pages" / "index.html").read_text())
    assert "2 findings are at risk, 1 more than on 2024-05-17;" in index
    assert {"fw-london.html", "fw-thames.html"} == {path.name for path in (tmp_path / "pages" / "devices").iterdir()}

    # the waiver has had its day: the finding counts again
    write("waivers.yaml", documented("waivers.yaml").replace("2099-12-31", "2024-05-18"))
    third = night(RISKY)
    assert third.code == 1
    assert third.out.startswith("2 findings on 2 firewalls are at risk")
    assert json.loads((tmp_path / "changes.json").read_text())["new"][0]["device"] == "fw-london"
