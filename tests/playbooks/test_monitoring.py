"""Alert rules and dashboard, judged by Prometheus' own promtool, over metrics that a real audit writes."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from nornir_anyconnect import AuditReport, render
from nornir_anyconnect.audit.finding import DeviceAudit, Finding, FindingEvidence, Scope, Status, Verdict

MONITORING = Path(__file__).parents[2] / "playbooks" / "monitoring"
METRIC = re.compile(r"\bnornir_anyconnect_\w+")


def promtool(*argv, cwd=MONITORING, **options):
    program = shutil.which("promtool")
    if program is None:
        pytest.skip("rules are checked with promtool (Debian package prometheus)")
    return subprocess.run([program, *map(str, argv)], cwd=cwd, capture_output=True, text=True, check=False, **options)


@pytest.fixture(scope="module")
def metrics():
    """What an audit writes that has something of everything."""
    evidence = FindingEvidence(confirmed=True, users=2)
    numbers = {"tls_mtu": 1287, "dtls_mtu": 1418}
    findings = (
        Finding(Scope.TUNNEL_GROUP, "STAFF", "GP", Verdict.AT_RISK, "reason", evidence=evidence, **numbers),
        Finding(Scope.TUNNEL_GROUP, "OLD", "GP", Verdict.AT_RISK, "reason", waiver={"owner": "me"}, **numbers),
    )
    devices = (DeviceAudit("fw1", findings=findings), DeviceAudit("fw2", status=Status.FAILED))
    return render("prometheus", AuditReport(devices, "2026-01-01T02:15:00+00:00", "0.1.0"))


def test_promtool_takes_the_metrics(metrics):
    done = promtool("check", "metrics", input=metrics)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_only_the_waived_finding_says_so(metrics):
    (line,) = re.findall(r"^nornir_anyconnect_finding_waived.*", metrics, re.MULTILINE)
    assert 'name="OLD"' in line


def test_promtool_takes_the_rules_and_each_alert_fires_when_it_should():
    done = promtool("check", "rules", "alerts.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    done = promtool("test", "rules", "alerts_test.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_is_shown_to_fire_and_to_stay_silent_or_needs_no_silence():
    rules = {rule["alert"] for rule in _rules()}
    shown = [
        (case["alertname"], bool(case["exp_alerts"]))
        for test in yaml.safe_load((MONITORING / "alerts_test.yml").read_text())["tests"]
        for case in test["alert_rule_test"]
    ]
    assert {name for name, fires in shown if fires} == rules


def test_a_rule_that_never_fires_would_be_noticed(tmp_path):
    text = (MONITORING / "alerts.yml").read_text()
    (tmp_path / "alerts.yml").write_text(text.replace("finding_confirmed == 1", "finding_confirmed == 2"))
    (tmp_path / "alerts_test.yml").write_text((MONITORING / "alerts_test.yml").read_text())
    assert promtool("test", "rules", "alerts_test.yml", cwd=tmp_path).returncode == 1


def _rules():
    (group,) = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    return group["rules"]


@pytest.fixture(scope="module")
def dashboard():
    return json.loads((MONITORING / "grafana-dashboard.json").read_text())


def _expressions(dashboard):
    return [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_rules_and_dashboard_ask_for_nothing_that_no_audit_writes(metrics, dashboard):
    written = set(re.findall(r"^# TYPE (\w+)", metrics, re.MULTILINE))
    variable = dashboard["templating"]["list"][1]["query"]
    for text in (*_expressions(dashboard), variable, *(rule["expr"] for rule in _rules())):
        assert METRIC.findall(text)
        assert set(METRIC.findall(text)) <= written, text


def test_promtool_takes_every_query_of_the_dashboard(dashboard, tmp_path):
    records = [
        {"record": f"panel:{number}", "expr": each.replace("$device", ".*")}
        for number, each in enumerate(_expressions(dashboard))
    ]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": records}]}))
    done = promtool("check", "rules", tmp_path / "rules.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(records)} rules found" in done.stdout


def test_every_query_of_the_dashboard_finds_what_a_real_audit_wrote(metrics, dashboard, tmp_path):
    series = [
        {"series": line.rpartition(" ")[0], "values": line.rpartition(" ")[2]}
        for line in metrics.splitlines()
        if not line.startswith("#")
    ]
    (tmp_path / "none.yml").write_text("groups: []\n")
    for expression in _expressions(dashboard):
        test = {
            "interval": "1m",
            "input_series": series,
            "promql_expr_test": [
                {"expr": f"count({expression})".replace("$device", "fw.*"), "eval_time": "0m", "exp_samples": []}
            ],
        }
        (tmp_path / "test.yml").write_text(yaml.safe_dump({"rule_files": ["none.yml"], "tests": [test]}))
        done = promtool("test", "rules", "test.yml", cwd=tmp_path)
        # it expected nothing: that it failed says that the query found something
        assert done.returncode == 1, expression
        assert "got" in done.stdout + done.stderr


def test_panels_lie_side_by_side(dashboard):
    taken = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
