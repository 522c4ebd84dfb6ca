"""What a runbook prints of a host: Nornir's helpers show a result by its ``repr``."""

from __future__ import annotations

import pickle
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from nornir.core.task import AggregatedResult, MultiResult, Result
from nornir_utils.plugins.functions import print_result

import nornir_anyconnect
from nornir_anyconnect import AnyConnectError, CollectFindings, RemedyOptions, assess_text
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.change.outcome import HostChange, State, Why, ended
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from nornir_anyconnect.evidence.observations import DeviceObservations
from nornir_anyconnect.remedies.propose import assess_config
from nornir_anyconnect.tasks.audit_mtu import HostAudit
from nornir_anyconnect.tasks.change_plan import HostChanges
from nornir_anyconnect.tasks.plan_fix import HostPlan

CONFIG = """\
ASA Version 9.12(4)
hostname fw
ssl cipher tlsv1.2 custom "AES256-SHA256"
ssl cipher dtlsv1 custom "AES256-SHA"
webvpn
 enable outside
 anyconnect enable
{groups}Cryptochecksum:0
"""
GROUP = """\
group-policy GP-{n} internal
group-policy GP-{n} attributes
 vpn-tunnel-protocol ssl-client
tunnel-group {n} type remote-access
tunnel-group {n} general-attributes
 default-group-policy GP-{n}
"""


def config(number: int) -> str:
    return CONFIG.format(groups="".join(GROUP.format(n=f"STAFF{at}") for at in range(number)))


def audit(number: int) -> HostAudit:
    return HostAudit("fw", (assess_text(config(number), "fw"),))


def plan(number: int) -> HostPlan:
    running = parse(config(number))
    inputs = (PlanInput(running, assess_config(running, "fw")),)
    return HostPlan("fw", make_plan(inputs, options=RemedyOptions()), inputs)


CHANGES = HostChanges("fw", (HostChange("fw", None, ended(State.VERIFIED, Why.AS_INTENDED, users="nobody")),))
RESULTS = [audit(3), plan(3), CHANGES, DeviceObservations("fw")]


@pytest.mark.parametrize("result", RESULTS, ids=lambda each: type(each).__name__)
def test_a_result_is_shown_in_a_few_lines(result):
    shown = repr(result)
    assert shown == str(result)
    assert len(shown.splitlines()) <= 16
    assert max(map(len, shown.splitlines())) <= 120
    assert pickle.loads(pickle.dumps(result)) == result


def test_it_says_both_mtus_the_safe_one_and_the_line_to_type():
    assert repr(audit(1)) == (
        "fw: 1 at-risk, 1 not-applicable\n"
        "  STAFF0 at-risk: TLS 1383, DTLS 1406, safe 1303\n"
        "    group-policy GP-STAFF0 attributes / webvpn / anyconnect mtu 1303"
    )


def test_many_findings_are_cut_after_a_screen():
    lines = repr(audit(40)).splitlines()
    assert lines[-1] == "and 65 more lines: see to_dict()"
    assert len(lines) == 17


def printed(result: object, **more: object) -> AggregatedResult:
    host = MultiResult("task")
    host.append(Result(host=None, result=result, name="task", **more))
    found = AggregatedResult("task")
    found["fw"] = host
    return found


@pytest.mark.parametrize("result", [audit(3), plan(3)], ids=["audit", "plan"])
def test_print_result_prints_at_most_25_lines_for_three_findings(result, capsys):
    print_result(printed(result))
    out = capsys.readouterr().out
    assert len(out.splitlines()) <= 25
    assert "anyconnect mtu 1303" in out


def test_the_preview_with_its_diff_is_at_most_25_lines_too(capsys):
    found = plan(3)
    print_result(printed(found, diff="\n".join(each.diff for each in found.plan.changes)))
    assert len(capsys.readouterr().out.splitlines()) <= 25


def test_nornir_rich_prints_at_most_25_lines_for_three_findings(capsys):
    rich_functions = pytest.importorskip("nornir_rich.functions", reason="needs the package nornir-rich")
    rich_functions.print_result(printed(audit(3)))
    out = capsys.readouterr().out
    assert "safe 1303" in out
    assert len(out.splitlines()) <= 25


class TestCollectFindings:
    """The processor that is told of hosts as they finish."""

    HOST = SimpleNamespace(name="fw")

    def finish(self, found: CollectFindings, result: object, exception: Exception | None = None) -> None:
        done = MultiResult("audit_mtu")
        done.append(Result(host=None, result=result, exception=exception, failed=exception is not None))
        found.task_instance_completed(None, self.HOST, done)

    def test_it_holds_what_was_found_so_far(self):
        told = []
        found = CollectFindings(lambda host, devices: told.append((host.name, len(devices))))
        self.finish(found, audit(2))
        assert told == [("fw", 1)]
        assert [finding.name for _, finding in found.findings][:2] == ["STAFF0", "STAFF1"]

    def test_a_host_that_failed_is_a_failed_device(self):
        found = CollectFindings()
        self.finish(found, None, AnyConnectError("no route", "check it"))
        assert [str(device.status) for device in found.devices] == ["failed"]

    def test_one_that_watches_badly_costs_nobody_a_verdict(self):
        found = CollectFindings(lambda *_: 1 / 0)
        self.finish(found, audit(1))
        assert len(found.devices) == 1
        assert isinstance(found.errors[0], ZeroDivisionError)

    def test_results_of_other_tasks_are_none_of_its_business(self):
        found = CollectFindings()
        self.finish(found, "text")
        assert found.devices == []


def test_the_packaged_description_is_true():
    meta = yaml.safe_load((Path(nornir_anyconnect.__file__).parent / ".nornir.meta").read_text())
    for kind in ("connections", "runners", "transform_function"):
        ours = {
            each.name
            for each in entry_points(group=f"nornir.plugins.{kind}")
            if each.value.startswith("nornir_anyconnect")
        }
        assert ours == set(meta["plugins"][kind])
    for name in (*meta["plugins"]["tasks"], *meta["plugins"]["processors"]):
        assert name in nornir_anyconnect.__all__
