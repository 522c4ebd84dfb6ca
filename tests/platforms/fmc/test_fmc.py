"""FTDs behind a simulated FMC: judged as their texts are, every fault of the manager, and nothing but GET."""

import json
import time
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import httpx
import pytest
from nornir.core import Nornir
from nornir.plugins.runners import ThreadedRunner

from mock_devices.fmc import PASSWORD, USER, Faults, SimulatedFmc
from nornir_anyconnect import apply_plan, audit_mtu, masking, plan_fix
from nornir_anyconnect.audit.finding import Status
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.errors import (
    AnyConnectError,
    CredentialError,
    GateError,
    InventoryError,
    RejectedError,
    ReplyTimeoutError,
    UnreachableError,
)
from nornir_anyconnect.platforms.deadline import host_deadline
from nornir_anyconnect.platforms.fmc import AnyConnectFMC, client, manager
from nornir_anyconnect.platforms.fmc.client import REQUESTS, WINDOW, FmcClient, ManagerOptions
from nornir_anyconnect.remedies.propose import assess_text
from nornir_anyconnect.report.plan_text import markdown, text
from nornir_anyconnect.workflows.fleet import examine_fleet

MTUS = {"STAFF": 1406, "Field Force": 1200}


@pytest.fixture(autouse=True)
def _credentials(monkeypatch):
    monkeypatch.setenv(manager.USERNAME, USER)
    monkeypatch.setenv(manager.PASSWORD, PASSWORD)
    monkeypatch.setattr(manager, "_managers", {})
    monkeypatch.setattr(client, "REQUESTS", 10**6)
    made = []
    begin = FmcClient.__init__
    monkeypatch.setattr(FmcClient, "__init__", lambda self, *a, **k: (made.append(self), begin(self, *a, **k))[1])
    yield
    for each in made:
        if hasattr(each, "_http"):
            each.close()


def ftds(count):
    return {f"ftd{number:02}": ("STAFF", "Field Force") if number % 3 else ("STAFF",) for number in range(count)}


@pytest.fixture
def fmc():
    simulated = SimulatedFmc(MTUS, ftds(4), Faults(requests=10_000))
    with simulated.serving() as (url, certificate):
        simulated.url, simulated.certificate = url, str(certificate)
        yield simulated


def fleet(fmc, workers=10):
    inventory = AnyConnectFMC(fmc.url, verify=fmc.certificate).load()
    return Nornir(inventory, runner=ThreadedRunner(workers))


def audited(fmc, **how):
    return {name: result[0].result.devices[0] for name, result in fleet(fmc).run(audit_mtu, **how).items()}


def judged(device):
    """What an audit says, but for what only a live device or a manager tells."""
    found = device.to_dict()
    for finding in found["findings"]:
        for each in finding["remedies"]:
            each.pop("manager", None)
    return {key: found[key] for key in ("asa_version", "platform", "status", "findings")}


def test_thirty_ftds_are_judged_as_their_texts_are_and_the_manager_saw_nothing_but_get_and_the_token():
    simulated = SimulatedFmc(MTUS, ftds(30), Faults(requests=10_000))
    with simulated.serving() as (simulated.url, certificate):
        simulated.certificate = str(certificate)
        devices = audited(simulated, evidence=False)
    assert len(devices) == 30
    for name, device in devices.items():
        assert device.status is Status.OK
        assert judged(device) == judged(assess_text(simulated.ftds[name].running, name))
    assert {str(each.verdict) for each in devices["ftd01"].findings} == {"at-risk", "safe", "not-applicable"}
    writes = [(method, urlsplit(path).path) for method, path in simulated.requests if method != "GET"]
    assert writes == [("POST", "/api/fmc_platform/v1/auth/generatetoken")]
    assert simulated.busiest == 1
    assert simulated.crowd <= 10


@pytest.mark.parametrize(
    "faults",
    [
        Faults(requests=10_000, errors=2),
        Faults(requests=10_000, expires_after=3),
        Faults(requests=3, window=0.5),
    ],
    ids=["5xx", "expired token", "429"],
)
def test_a_manager_that_is_ill_for_a_while_costs_no_device(fmc, faults):
    fmc.faults = faults
    paused = []

    def pause(seconds):
        paused.append(seconds)
        time.sleep(0.2)  # a window of the simulated manager passes

    asked = FmcClient(ManagerOptions(fmc.url, USER, PASSWORD, verify=fmc.certificate), sleep=pause)
    names = sorted(each["name"] for each in asked.items("devices/devicerecords"))
    assert names == sorted(fmc.ftds)
    assert all(asked.get("policy/ravpns", expanded="true")["items"] for _ in range(8))
    assert bool(paused) is not (faults.expires_after == 3)


ILL = {
    "5xx for a while": Faults(requests=10_000, errors=3),
    "5xx for good": Faults(requests=10_000, errors=10_000),
    "expired tokens": Faults(requests=10_000, expires_after=5),
    "too many requests": Faults(requests=8, window=0.3),
    "no JSON": Faults(requests=10_000, garbage=2),
    "cut": Faults(requests=10_000, cut=True),
}


@pytest.mark.parametrize("case", ILL)
def test_whatever_ails_the_manager_every_device_ends_in_one_state_with_a_message(fmc, case, monkeypatch):
    nornir = fleet(fmc)
    for known in manager._managers.values():
        monkeypatch.setattr(known.client, "_sleep", lambda seconds: time.sleep(min(seconds, 0.2)))
    fmc.faults = replace(ILL[case])
    found = {name: result[0].result.devices for name, result in nornir.run(audit_mtu, evidence=False).items()}
    assert set(found) == set(fmc.ftds)
    for name, devices in found.items():
        (device,) = devices
        assert (device.status is Status.OK) is (not device.errors)
        if device.status is Status.OK:
            assert judged(device) == judged(assess_text(fmc.ftds[name].running, name))
        else:
            assert device.errors[0].split(":")[0] in {"rejected", "incomplete-reply", "timeout"}
    well = sum(devices[0].status is Status.OK for devices in found.values())
    assert well == {"5xx for good": 0, "cut": 0, "no JSON": 2}.get(case, len(found))


def failure(fmc):
    devices = audited(fmc, evidence=False).values()
    assert {device.status for device in devices} == {Status.FAILED}
    return next(iter(devices)).errors[0]


def test_a_device_that_is_down_fails_alone_and_says_what_fmc_says(fmc):
    fmc.ftds["ftd02"].down = True
    devices = audited(fmc, evidence=False)
    assert {name: device.status for name, device in devices.items()} == {
        "ftd00": Status.OK, "ftd01": Status.OK, "ftd02": Status.FAILED, "ftd03": Status.OK,
    }  # fmt: skip
    assert "422: The device is not reachable" in devices["ftd02"].errors[0]


def test_a_running_configuration_without_its_end_is_no_configuration(fmc):
    fmc.faults.cut = True
    assert "has no end mark" in failure(fmc)


def test_an_answer_that_is_no_json_is_no_empty_list(fmc):
    fleet(fmc)
    fmc.faults.garbage = 1
    manager._managers.clear()
    with pytest.raises(AnyConnectError, match="is no JSON"):
        fleet(fmc)


def test_a_refused_login_names_the_user_and_a_certificate_that_nobody_trusts_is_an_error(fmc, monkeypatch):
    with pytest.raises(UnreachableError, match="certificate"):
        AnyConnectFMC(fmc.url).load()
    assert fmc.requests == []
    monkeypatch.setenv(manager.PASSWORD, "wrong-password")
    with pytest.raises(CredentialError, match=f"refused the login of {USER}"):
        AnyConnectFMC(fmc.url, verify=fmc.certificate).load()
    monkeypatch.delenv(manager.PASSWORD)
    with pytest.raises(InventoryError, match="no credentials"):
        AnyConnectFMC(fmc.url, verify=fmc.certificate).load()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"url": "http://fmc.example"}, "is no https URL"),
        ({"url": "https://fmc.example", "password": "x"}, "has no option 'password'"),
        ({}, "names no manager"),
        ({"url": "https://fmc.example", "verify": "missing.pem"}, "verify"),
    ],
)
def test_unsafe_or_wrong_options_are_refused(options, said):
    with pytest.raises(InventoryError, match=said):
        manager.manager_of(options)


def test_a_domain_that_the_user_has_not_is_named(fmc):
    with pytest.raises(RejectedError, match="has no domain 'Berlin'"):
        AnyConnectFMC(fmc.url, domain="Berlin", verify=fmc.certificate).load()
    assert len(AnyConnectFMC(fmc.url, domain="Global", verify=fmc.certificate).load().hosts) == 4


def test_never_more_requests_in_a_minute_than_the_manager_allows(monkeypatch):
    now = [0.0]
    sent = []

    def sleep(seconds):
        now[0] += seconds

    paced = FmcClient(ManagerOptions("https://fmc.example", USER, PASSWORD), clock=lambda: now[0], sleep=sleep)
    monkeypatch.setattr(client, "REQUESTS", REQUESTS)
    for _ in range(5 * REQUESTS):
        paced._take_turn()
        sent.append(now[0])
        now[0] += 0.01
    for at, first in enumerate(sent[:-REQUESTS]):
        assert sent[at + REQUESTS] - first >= WINDOW


def test_a_wait_that_is_longer_than_the_host_may_take_is_not_begun():
    asked = FmcClient(ManagerOptions("https://fmc.example", USER, PASSWORD))
    with host_deadline(10, "ftd"), pytest.raises(ReplyTimeoutError, match="allows no further request"):
        asked._wait(60)


def test_no_secret_in_what_leaves_the_process(fmc):
    devices = audited(fmc)
    written = json.dumps([device.to_dict() for device in devices.values()])
    assert PASSWORD not in written
    assert not any(token in written for token in fmc._tokens)
    for token in fmc._tokens:
        assert token not in masking.without_secrets(f"told {token}")


def test_doctor_looks_through_the_manager(fmc):
    fmc.ftds["ftd03"].down = True
    found = {each.host: each for each in examine_fleet(fleet(fmc), 4, lambda _failed: None)}
    assert (found["ftd00"].well, found["ftd00"].release) == (True, "7.4.2")
    assert not found["ftd03"].well


def plan_of(fmc, host):
    nornir = fleet(fmc).filter(name=host)
    ((result,),) = nornir.run(plan_fix).values()
    return nornir, result.result.plan


def test_a_plan_says_it_in_the_words_of_fmc_and_whom_the_object_reaches_too_and_an_apply_is_refused(fmc, tmp_path):
    nornir, plan = plan_of(fmc, "ftd01")
    words = text(plan)
    assert (
        "Objects > Object Management > VPN > Group Policy > STAFF > Secure Client > SSL Settings: MTU Size = 1" in words
    )
    assert "fmc_group_policy: mtu_size = 1" in words
    assert "shared with ftd00, ftd02, ftd03" in words
    assert "0 devices to change, 1 blocked" in words
    assert "MTU Size" in markdown(plan)
    with Run.start(plan, directory=tmp_path) as run:
        ((result,),) = nornir.run(apply_plan, run=run).values()
    assert [str(each.outcome.state) for each in result.result.changes] == []


def test_the_body_of_the_remedy_sent_and_deployed_closes_the_finding_on_every_device_that_shares_it(fmc):
    (remedy,) = (
        each.manager
        for finding in audited(fmc, evidence=False)["ftd01"].findings
        for each in finding.remedies
        if each.kind == "mtu"
    )
    fmc.change(remedy.path, remedy.body)
    manager._managers.clear()
    waiting = audited(fmc, evidence=False)["ftd01"]
    undeployed = [each for each in waiting.findings if each.reason == "undeployed-change"]
    assert [(each.name, str(each.verdict)) for each in undeployed] == [("STAFF", "unknown")]
    assert any(each.code == "undeployed-change" for each in waiting.warnings)
    fmc.deploy()
    for name in (*remedy.shared_with, "ftd01"):
        closed = audited(fmc, evidence=False)[name]
        assert {str(each.verdict) for each in closed.findings} <= {"safe", "not-applicable"}


def test_no_host_of_a_manager_is_ever_opened_for_writing(fmc):
    host = fleet(fmc).inventory.hosts["ftd00"]
    with pytest.raises(GateError, match="belongs to FMC, which is only read"):
        manager.PLATFORM.open_writer(host, None)


def answered_by(handler, monkeypatch):
    """A client of a manager that answers so; how it speaks to it is its own choice."""
    monkeypatch.setattr(client.httpx, "Client", partial(httpx.Client, transport=httpx.MockTransport(handler)))
    return FmcClient(ManagerOptions("https://fmc.example", USER, PASSWORD))


def test_a_list_is_asked_for_with_get_and_nothing_is_posted_but_the_login(monkeypatch):
    seen = []

    def handler(request):
        seen.append((request.method, request.url.path.rpartition("/")[2]))
        headers = {"X-auth-access-token": "token-of-the-test", "DOMAIN_UUID": "d"}
        return httpx.Response(200, headers=headers, json={"items": [], "paging": {"count": 0}})

    assert list(answered_by(handler, monkeypatch).items("devices/devicerecords")) == []
    assert seen == [("POST", "generatetoken"), ("GET", "devicerecords")]


def test_a_redirect_is_not_followed_with_the_token(monkeypatch):
    seen = []

    def handler(request):
        seen.append(str(request.url))
        return httpx.Response(302, headers={"Location": "https://elsewhere.example/"})

    with pytest.raises(RejectedError):
        answered_by(handler, monkeypatch).get("policy/ravpns")
    assert seen == ["https://fmc.example/api/fmc_platform/v1/auth/generatetoken"]


def test_a_list_that_never_ends_is_an_error_and_not_read_for_ever(monkeypatch):
    page = {"items": [{"name": "again"}] * 1000, "paging": {"count": 10**12}}

    def handler(request):
        if request.method == "POST":
            return httpx.Response(204, headers={"X-auth-access-token": "token-of-the-test", "DOMAIN_UUID": "d"})
        return httpx.Response(200, json=page)

    asked = answered_by(handler, monkeypatch)
    read = 0
    with pytest.raises(AnyConnectError, match="has no end"):
        for _ in asked.items("devices/devicerecords"):
            read += 1
    assert read <= 101_000
