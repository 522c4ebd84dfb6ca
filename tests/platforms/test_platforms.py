"""A platform is one new folder of ``platforms/``: nothing else knows its name."""

import sys

import pytest
from nornir.core import Nornir
from nornir.core.inventory import ConnectionOptions, Defaults, Groups, Host, Hosts, Inventory
from nornir.plugins.runners import SerialRunner

from nornir_anyconnect import apply_plan, audit_mtu, plan_fix, platforms, pull_config, pull_logs
from nornir_anyconnect.audit.finding import Verdict
from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.platforms import platform_of
from nornir_anyconnect.platforms.asa_ssh import PLATFORM as ASA
from nornir_anyconnect.platforms.protocols import Checkup, ClusterRole, Identity, Role, Shown
from nornir_anyconnect.workflows.fleet import examine_fleet

MADE_UP = '''
"""A management station that hands over values and no text, and lets nobody change anything."""
from contextlib import contextmanager
from dataclasses import replace

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.errors import GateError
from nornir_anyconnect.platforms.protocols import Checkup, Configuration, Identity, Role, Shown

CONFIG = """ASA Version 9.12(4)
hostname fw1
interface GigabitEthernet0/0
 nameif outside
webvpn
 enable outside
 anyconnect enable
group-policy GP internal
group-policy GP attributes
 vpn-tunnel-protocol ssl-client
tunnel-group TG type remote-access
tunnel-group TG general-attributes
 default-group-policy GP
ssl cipher tlsv1.2 custom "AES256-SHA"
ssl cipher dtlsv1 custom "AES256-SHA"
: end
"""


class Reader:
    name, alive = "fw1", True

    def identity(self):
        return Identity("fw1", ("MADE1",), release="9.12(4)", role=Role.ACTIVE)

    def contexts(self):
        return ()

    def enter(self, context):
        raise AssertionError

    def configuration(self, *, whole=False):
        return Configuration(replace(parse(CONFIG), blocks=()), (("all", len(CONFIG)),))

    def observations(self, wanted, *, interval=0):
        return Shown(refused=tuple((each, "no such thing here") for each in wanted))

    def clock(self):
        return ""


class MadeUp:
    names = ("made-up",)
    connection = "made_up_manager"

    @contextmanager
    def reading(self, host, configuration, *, last_slot=False, foreseen=None):
        yield Reader()

    def open_writer(self, host, configuration):
        raise GateError("a made-up box is only read", "change it by hand")

    def close(self, host):
        pass

    def secrets(self, host):
        return frozenset()

    def examine(self, host, configuration):
        return Checkup(host.name, reachable=True, logged_in=True)


PLATFORM = MadeUp()
'''


@pytest.fixture
def nornir(tmp_path, monkeypatch):
    folder = tmp_path / "platforms" / "made_up"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text(MADE_UP)
    monkeypatch.setattr(platforms, "__path__", [*platforms.__path__, str(folder.parent)])
    hosts = Hosts({"fw1": Host("fw1", platform="made-up", defaults=Defaults())})
    yield Nornir(Inventory(hosts, Groups(), Defaults()), runner=SerialRunner())
    for name in [each for each in sys.modules if each.endswith(".made_up")]:
        del sys.modules[name]


def of(result):
    ((one,),) = result.values()
    if one.exception:
        raise one.exception
    return one.result


def test_a_new_folder_is_audited_planned_and_looked_at_and_an_apply_is_refused(nornir, tmp_path):
    (device,) = of(nornir.run(audit_mtu)).devices
    assert [str(each.verdict) for each in device.findings if each.name == "TG"] == [Verdict.AT_RISK]
    assert device.serials == ("MADE1",)
    assert of(nornir.run(pull_config)).to_dict()["contexts"][0]["sections"] == {"all": 382}
    (checkup,) = examine_fleet(nornir, 1, lambda _: None)
    assert checkup.well
    plan = of(nornir.run(plan_fix)).plan
    (planned,) = plan.changes
    assert planned.hashes
    with Run.start(plan, directory=tmp_path) as run:
        (change,) = of(nornir.run(apply_plan, run=run)).changes
    assert change.outcome.state in (State.REFUSED, State.FAILED)
    assert "a made-up box is only read" in change.outcome.reason


def test_what_it_refuses_to_show_is_an_error_only_where_it_is_needed(nornir):
    ((result,),) = nornir.run(pull_logs).values()
    assert "no such thing here" in str(result.exception)


def test_settings_for_its_connection_go_before_the_name_of_the_platform(nornir):
    options = {"made_up_manager": ConnectionOptions()}
    assert platform_of(Host("fw1", platform="asa", defaults=Defaults())) is ASA
    assert platform_of(Host("fw1", platform="asa", connection_options=options, defaults=Defaults())) is not ASA
    assert platform_of(Host("fw1", platform="asa", defaults=Defaults(connection_options=options))) is not ASA


def test_a_host_that_no_platform_claims_is_told_so_by_the_default_one():
    assert platform_of(Host("fw1", platform="ios", defaults=Defaults())) is ASA
    assert platform_of(Host("fw1", defaults=Defaults())) is ASA


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("cluster", ClusterRole)
@pytest.mark.parametrize("ftd", [None, "7.0.1"])
def test_only_an_active_unit_that_no_manager_owns_may_be_configured(role, cluster, ftd):
    identity = Identity("fw", ftd_release=ftd, role=role, cluster=cluster)
    assert identity.ftd is (ftd is not None)
    leads = role in (Role.ACTIVE, Role.NO_FAILOVER) and cluster in (ClusterRole.NONE, ClusterRole.CONTROL)
    assert identity.may_be_configured is (leads and ftd is None)


def test_of_what_nobody_asked_a_device_nothing_is_assumed():
    nobody = Identity("fw")
    assert (nobody.multiple, nobody.role, nobody.may_be_configured) == (False, Role.UNKNOWN, False)
    assert Shown().observed("fw").groups == {}
    checkup = Checkup("fw")
    assert checkup.well
    assert checkup.to_dict() == {
        "host": "fw", "reachable": None, "key_known": None, "fingerprint": None, "algorithms": None,
        "logged_in": False, "enabled": None, "privilege": None, "role": None, "release": None, "free_slots": None,
        "problem": None, "remedy": None, "well": True,
    }  # fmt: skip
    assert not Checkup("fw", problem="it is silent").well
