"""`audit`, `plan`, `doctor` and `apply` over FTDs behind a simulated FMC, as a user calls them."""

import pytest

from mock_devices.fmc import PASSWORD, USER, Faults, SimulatedFmc
from nornir_anyconnect.platforms.fmc import client, manager
from nornir_anyconnect.report import AUDIT_FORMATS


@pytest.fixture
def fmc(write, monkeypatch):
    monkeypatch.setenv(manager.USERNAME, USER)
    monkeypatch.setenv(manager.PASSWORD, PASSWORD)
    monkeypatch.setattr(manager, "_managers", {})
    monkeypatch.setattr(client, "REQUESTS", 10**6)
    devices = {"ftd-oslo": ("STAFF",), "ftd-rome": ("STAFF", "Field Force")}
    simulated = SimulatedFmc({"STAFF": 1406, "Field Force": 1200}, devices, Faults(requests=10_000))
    with simulated.serving() as (url, certificate):
        options = f"{{url: '{url}', verify: '{certificate}'}}"
        write("fmc/config.yaml", f"inventory: {{plugin: AnyConnectFMC, options: {options}}}\n")
        yield simulated
        for each in manager._managers.values():
            each.client.close()


def test_the_ftds_of_a_manager_are_audited_and_planned_for_and_nothing_secret_leaves(cli, fmc):
    formats = [word for name in AUDIT_FORMATS if name != "text" for word in ("--format", f"{name}=audit.{name}")]
    run = cli("audit", "--inventory", "fmc", "--format", "text", *formats, "--details", "-vv")
    assert run.code == 1
    assert "ftd-oslo" in run.out
    planned = cli("plan", "--inventory", "fmc", "--out", "plan.yaml")
    assert "Secure Client > SSL Settings: MTU Size = " in planned.out
    assert "shared with ftd-rome" in planned.out
    refused = cli("apply", "plan.yaml", "--inventory", "fmc", "--yes")
    looked = cli("doctor", "--inventory", "fmc")
    assert "2 of 2 ready" in looked.out
    left = "".join(each.out + each.err for each in (run, planned, refused, looked))
    left += "".join(path.read_text("utf-8") for path in cli_files())
    assert PASSWORD not in left
    assert not [token for token in fmc._tokens if token in left]
    assert {method for method, _ in fmc.requests} == {"GET", "POST"}


def cli_files():
    from pathlib import Path

    return [path for path in Path().rglob("*") if path.is_file() and path.suffix not in {".pyc", ".db"}]


def test_a_device_that_is_down_is_one_failed_device_with_the_words_of_fmc(cli, fmc):
    fmc.ftds["ftd-rome"].down = True
    run = cli("audit", "--inventory", "fmc", "--format", "json", "--no-evidence")
    assert run.code == 3
    assert {each["name"]: each["status"] for each in run.json["devices"]} == {"ftd-oslo": "ok", "ftd-rome": "failed"}
    assert "The device is not reachable" in run.err + run.out


def test_a_manager_that_refuses_or_is_not_there_is_two_lines(cli, fmc, monkeypatch, write):
    monkeypatch.setenv(manager.PASSWORD, "wrong-password")
    run = cli("audit", "--inventory", "fmc")
    assert run.code in (2, 3)
    assert f"refused the login of {USER}" in run.err
    assert "Traceback" not in run.err
    assert "wrong-password" not in run.err
    write("none/config.yaml", "inventory: {plugin: AnyConnectFMC, options: {url: 'https://127.0.0.1:9'}}\n")
    gone = cli("audit", "--inventory", "none")
    assert gone.code in (2, 3)
    assert "https://127.0.0.1:9" in gone.err
