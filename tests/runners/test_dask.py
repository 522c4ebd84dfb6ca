"""Reading over Dask, with real worker processes and TLS."""

import json
import os
import pickle
import signal
import threading
from types import SimpleNamespace

import cloudpickle
import pytest
from nornir import InitNornir
from nornir.core.plugins.connections import ConnectionPluginRegister
from nornir.core.task import Result

from mock_devices import start_fleet
from nornir_anyconnect.cli import main
from nornir_anyconnect.errors import InventoryError, NotStartedError, UnreachableError, UsageError
from nornir_anyconnect.platforms.login_gate import gate
from nornir_anyconnect.runners import dask_run
from nornir_anyconnect.runners.dask import DaskRunner, tls
from nornir_anyconnect.settings import Dask
from nornir_anyconnect.workflows.fleet import FleetOptions, audit_fleet
from nornir_anyconnect.workflows.inventory import load_inventory
from tests.runners.dask_cluster import CREDENTIALS, Cluster, processes

pytestmark = pytest.mark.fleet
CANARIES = ("demo-password", "demo-enable")


@pytest.fixture(scope="module", autouse=True)
def _tasks_of_this_file():
    """Workers cannot import a test."""
    import sys

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    yield
    cloudpickle.unregister_pickle_by_value(sys.modules[__name__])


@pytest.fixture
def cluster(tmp_path):
    (tmp_path / "cluster").mkdir()
    with processes() as start:
        yield Cluster(start, tmp_path / "cluster")


@pytest.fixture
def runner(cluster):
    def make(**how):
        return DaskRunner(cluster.address, security=tls(**cluster.tls), patience=0.0, **how)

    return make


@pytest.fixture
def fleet(tmp_path, monkeypatch):
    for name in CREDENTIALS:
        monkeypatch.delenv(name, raising=False)
    gate.forget()
    with start_fleet(count=14) as running:
        running.config = running.write_inventory(tmp_path / "inventory")
        yield running
    gate.forget()


def inventory_of(**sites):
    """Hosts without a device: the task talks to nobody."""
    return InitNornir(
        inventory={"plugin": "Dict", "options": {"sites": sites}},
        logging={"enabled": False},
        runner={"plugin": "serial"},
    )


@pytest.fixture(autouse=True)
def _dict_inventory():
    from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
    from nornir.core.plugins.inventory import InventoryPluginRegister

    class Dict:
        def __init__(self, sites):
            self.sites = sites

        def load(self):
            hosts = {name: Host(name, data={"anyconnect": {"site": site} if site else {}, "note": "kept-here-canary"})
                     for name, site in self.sites.items()}  # fmt: skip
            return Inventory(Hosts(hosts), Groups(), Defaults())

    InventoryPluginRegister.register("Dict", Dict)
    yield
    InventoryPluginRegister.available.pop("Dict", None)
    ConnectionPluginRegister.available.pop("Dict", None)


def whose(task):
    return Result(task.host, result=(os.getpid(), dict(task.host.data), task.is_dry_run()))


def test_a_host_goes_to_a_worker_of_its_site_and_one_without_to_any(cluster, runner):
    north, south = cluster.worker("north"), cluster.worker("south", "far")
    sites = (
        {f"n{i}": "north" for i in range(5)} | {f"s{i}": "south" for i in range(5)} | {"f": "far", "x": "", "w": "west"}
    )
    nornir = inventory_of(**sites)
    nornir.data.dry_run = True
    result = nornir.with_runner(runner()).run(whose)
    assert set(result) == set(sites)
    pids = {"north": north.own_pid, "south": south.own_pid, "far": south.own_pid}
    for name, site in sites.items():
        if site in pids:
            assert result[name][0].result == (pids[site], {"anyconnect": {"site": site}}, True)
    assert result["x"][0].result[0] in (north.own_pid, south.own_pid)
    assert isinstance(result["w"].exception, NotStartedError)
    assert "site:west" in result["w"].exception.cause


def test_without_labels_every_worker_reaches_every_site(cluster, runner):
    worker = cluster.worker()
    result = inventory_of(a="north", b="").with_runner(runner()).run(whose)
    assert [each[0].result[0] for each in result.values()] == [worker.own_pid] * 2


def audited(fleet, tmp_path, name, *argv):
    code = main(["audit", "--inventory", str(fleet.config), "--format", f"json={tmp_path / name}", "--quiet", *argv])
    lines = (tmp_path / name).read_text().splitlines()
    return code, [line for line in lines if '"generated_at"' not in line]


def test_the_report_is_the_same_to_the_byte_and_no_secret_is_sent(fleet, cluster, tmp_path, monkeypatch, capfd):
    import distributed.comm.tcp as wire

    cluster.worker()
    cluster.worker()
    settings = tmp_path / "settings.yaml"
    settings.write_text(json.dumps({"runner": "dask", "dask": {"scheduler": cluster.address, **cluster.tls}}))
    sent = []
    real_to, real_from = wire.to_frames, wire.from_frames

    async def to_frames(msg, **how):
        frames = await real_to(msg, **{**how, "allow_offload": False})
        sent.extend(bytes(each) for each in frames)
        return frames

    async def from_frames(frames, **how):
        sent.extend(bytes(each) for each in frames)
        return await real_from(frames, **how)

    monkeypatch.setattr(wire, "to_frames", to_frames)
    monkeypatch.setattr(wire, "from_frames", from_frames)
    # this process has no password: the workers find their own
    code, over_dask = audited(fleet, tmp_path, "dask.json", "--settings", str(settings))
    monkeypatch.undo()
    traffic = b"".join(sent)
    for name, value in zip(CREDENTIALS, ("audit", *CANARIES), strict=True):
        monkeypatch.setenv(name, value)
    assert audited(fleet, tmp_path, "threads.json", "--settings", os.devnull) == (code, over_dask)
    assert b"fw-london" in traffic  # it is looked at where the orders go by
    assert not [each for each in CANARIES if each.encode() in traffic]
    assert "worker" not in capfd.readouterr().err


def test_a_worker_that_is_killed_in_the_middle_loses_no_host(fleet, cluster, monkeypatch):
    workers = [cluster.worker(threads=1), cluster.worker(threads=1)]
    heard = []

    def kill_one(failed):
        heard.append(failed)
        if len(heard) == 2:
            workers[0].send_signal(signal.SIGKILL)

    nornir = load_inventory(str(fleet.config))
    options = FleetOptions(dask=Dask(scheduler=cluster.address, **cluster.tls))
    found = audit_fleet(nornir, options, on_host=kill_one)
    assert workers[0].poll() is not None
    assert {(device.name, device.errors) for device in found.devices if device.status == "failed"} == set()
    assert len(heard) == 14
    assert not any(heard)


def dies_once(task, folder):
    marks = os.path.join(folder, task.host.name)
    with open(marks, "a") as file:
        file.write("begun\n")
    if task.host.name == "deadly":
        os.kill(os.getpid(), signal.SIGKILL)
    return Result(task.host, result="read")


@pytest.mark.parametrize(("again", "begun"), [(False, 1), (True, 2)])
def test_nothing_is_done_twice_unless_asked_for_and_then_once(cluster, runner, tmp_path, again, begun):
    for _ in range(3):
        cluster.worker(threads=1)
    sites = dict.fromkeys(["deadly", *(f"h{i}" for i in range(6))], "")
    result = inventory_of(**sites).with_runner(runner(retry_lost=again)).run(dies_once, folder=str(tmp_path))
    assert set(result) == set(sites)
    assert isinstance(result["deadly"].exception, UnreachableError)
    assert (tmp_path / "deadly").read_text().count("begun") == begun
    for name in sites:
        if name != "deadly" and not result[name].failed:
            assert (tmp_path / name).read_text().count("begun") == 1
    if again:
        assert [name for name in sites if result[name].failed] == ["deadly"]


def test_logins_that_workers_get_refused_are_three_in_all(fleet, cluster):
    for _ in range(3):
        cluster.worker(threads=4, NORNIR_ANYCONNECT_PASSWORD="mistyped-password")
    nornir = load_inventory(str(fleet.config))
    found = audit_fleet(nornir, FleetOptions(dask=Dask(scheduler=cluster.address, **cluster.tls)))
    assert sum(device.logins.failures for device in fleet.devices.values()) <= 3
    assert all(device.status == "failed" for device in found.devices)
    assert any("not tried" in device.errors[0] for device in found.devices)


def test_a_worker_of_another_version_is_not_used(cluster, runner, monkeypatch):
    cluster.worker()
    monkeypatch.setattr(dask_run, "__version__", "0.0.1")
    with pytest.raises(UsageError, match=r"has nornir-anyconnect .*, and this is 0\.0\.1"):
        inventory_of(a="").with_runner(runner()).run(whose)


def test_ctrl_c_starts_no_other_host(cluster, runner):
    cluster.worker(threads=1)
    ended = []

    def interrupt(host, outcome):
        ended.append(host.name)
        raise KeyboardInterrupt

    chosen = runner(on_host=interrupt)
    inventory_of(**dict.fromkeys("abcdefgh", "")).with_runner(chosen).run(whose)
    assert chosen.interrupted
    assert ended == ["a"]


def test_what_cannot_be_sent_is_said(cluster, runner):
    cluster.worker()
    import threading

    with pytest.raises(UsageError, match="a parameter of whose cannot be sent"):
        inventory_of(a="").with_runner(runner()).run(whose, lock=threading.Lock())


def test_a_secret_in_a_parameter_is_not_sent(cluster, runner, monkeypatch):
    cluster.worker()
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "canary-of-the-client")
    with pytest.raises(InventoryError, match="a credential stands in what would be sent"):
        inventory_of(a="").with_runner(runner()).run(whose, note="it is canary-of-the-client")


def keeps_a_secret(task):
    return Result(task.host, result=os.environ["NORNIR_ANYCONNECT_ENABLE"])


def test_a_secret_of_a_worker_stays_there(cluster, runner):
    cluster.worker()
    result = inventory_of(a="").with_runner(runner()).run(keeps_a_secret)
    assert isinstance(result["a"].exception, InventoryError)
    assert "demo-enable" not in repr(pickle.dumps(SimpleNamespace(r=str(result["a"][0].result))))


def test_no_scheduler_is_a_usage_error(monkeypatch):
    monkeypatch.setattr("nornir_anyconnect.runners.dask.CONNECT", 0.5)
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        inventory_of(a="").with_runner(DaskRunner("tcp://127.0.0.1:9", patience=0)).run(whose)


def test_who_has_no_certificate_gets_no_answer_and_keeps_no_thread(cluster, monkeypatch):
    monkeypatch.setattr("nornir_anyconnect.runners.dask.CONNECT", 0.5)
    before = loops()
    with pytest.raises(UsageError, match="no Dask scheduler answers"):
        inventory_of(a="").with_runner(DaskRunner(cluster.address)).run(whose)
    assert loops() <= before


def loops():
    return {each for each in threading.enumerate() if each.name == "IO loop"}


def test_a_cluster_of_this_machine_is_started_where_no_scheduler_is_named(monkeypatch):
    result = inventory_of(a="north", b="").with_runner(DaskRunner(workers=2, processes=2)).run(whose)
    pids = {each[0].result[0] for each in result.values()}
    assert os.getpid() not in pids
    assert not any(each.failed for each in result.values())
