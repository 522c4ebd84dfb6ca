"""Formats are found by their file, or through an entry point of another package; NDJSON says what JSON says."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from textwrap import dedent

import pytest

from nornir_anyconnect import report
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.change.plan.file import to_dict
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from nornir_anyconnect.cli import main
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.evidence.logs_report import LogSummary
from nornir_anyconnect.report import (
    AUDIT_FORMATS,
    LOGS_FORMATS,
    PLAN_FORMATS,
    formats,
    render,
    render_plan,
)

NAMES = dedent("""\
    from nornir_anyconnect.report import Format

    def _audit(report, style):
        return "".join(f"{device.name}\\n" for device in report.devices)

    FORMAT = Format(audit=_audit)
    """)
"""A made-up format: what a contributor would write."""
CONFIG = """\
ASA Version 9.8(4)
hostname edge
webvpn
 enable outside
 anyconnect enable
group-policy Staff internal
group-policy Staff attributes
 vpn-tunnel-protocol ssl-client
tunnel-group Staff type remote-access
tunnel-group Staff general-attributes
 default-group-policy Staff
: end
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A second folder of formats, as if its files stood in ``report/formats``."""
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(tmp_path)])
    report._ours.cache_clear()
    yield tmp_path
    report._ours.cache_clear()
    for path in tmp_path.glob("*.py"):
        sys.modules.pop(f"nornir_anyconnect.report.formats.{path.stem}", None)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """Install a package that offers a format, as its metadata says."""

    def install(code: str, name: str = "names") -> None:
        (tmp_path / "made_up_reports.py").write_text(code)
        info = tmp_path / "made_up_reports-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: made-up-reports\nVersion: 1\n")
        (info / "entry_points.txt").write_text(f"[nornir_anyconnect.reports]\n{name} = made_up_reports:FORMAT\n")
        monkeypatch.syspath_prepend(str(tmp_path))

    yield install
    sys.modules.pop("made_up_reports", None)


def test_a_new_file_is_a_new_format(fleet, folder):
    (folder / "names.py").write_text(NAMES)
    assert "names" in AUDIT_FORMATS
    assert "names" in list(AUDIT_FORMATS)
    assert render("names", fleet) == "".join(f"{device.name}\n" for device in fleet.devices)


def test_a_format_draws_only_what_it_has_a_function_for(folder):
    (folder / "names.py").write_text(NAMES)
    assert "names" not in LOGS_FORMATS
    with pytest.raises(UsageError, match="there is no format 'names' of logs") as refused:
        LOGS_FORMATS.render("names", LogSummary())
    assert refused.value.remedy == f"use one of {', '.join(LOGS_FORMATS)}"


def test_another_package_offers_a_format_and_the_command_takes_it(package, tmp_path, capsys):
    package(NAMES)
    config = tmp_path / "edge.cfg"
    config.write_text(CONFIG)
    assert main(["check", str(config), "--format", "names"]) == 1
    assert capsys.readouterr().out == "edge.cfg\n"
    assert list(AUDIT_FORMATS)[-1] == "names"


def test_another_package_cannot_replace_a_format_of_ours(fleet, package):
    package(NAMES, name="json")
    assert json.loads(render("json", fleet)) == fleet.to_dict()


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("FORMAT = 1", "is no nornir_anyconnect.report.Format"),
        ("raise ValueError('broken')", "cannot be loaded: broken"),
    ],
)
def test_a_package_that_offers_none_is_named(fleet, package, code, said):
    package(code)
    with pytest.raises(UsageError, match=said) as refused:
        render("names", fleet)
    assert "made_up_reports" in refused.value.cause


def test_other_packages_are_not_looked_for_where_the_format_is_ours():
    asked = "import sys; from nornir_anyconnect.report import AUDIT_FORMATS; assert 'csv' in AUDIT_FORMATS; "
    told = asked + "print('importlib.metadata' in sys.modules, 'nornir_anyconnect.report.formats.html' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_each_subject_has_the_formats_that_are_documented():
    every = {"text", "json", "ndjson", "html", "markdown"}
    assert set(PLAN_FORMATS) == every
    assert set(AUDIT_FORMATS) == set(LOGS_FORMATS) == every | {"junit", "sarif", "csv", "prometheus"}
    assert list(AUDIT_FORMATS)[:2] == ["text", "json"]
    assert len(PLAN_FORMATS) == len(every)


def _typed(text):
    found = {}
    for line in text.splitlines():
        value = json.loads(line)
        found.setdefault(value.pop("type"), []).append(value)
    return found


def test_ndjson_of_an_audit_holds_every_device_and_finding(fleet, hostile):
    for audit in (fleet, hostile):
        whole = audit.to_dict()
        lines = _typed(render("ndjson", audit))
        assert [each["name"] for each in lines["device"]] == [each["name"] for each in whole["devices"]]
        findings = [
            {"generated_at": audit.generated_at, "device": device["name"], "context": device["context"], **finding}
            for device in whole["devices"]
            for finding in device["findings"]
        ]
        assert lines["finding"] == findings
        assert lines["summary"] == [{key: value for key, value in whole.items() if key != "devices"}]


def test_ndjson_of_logs_and_of_a_plan_hold_what_their_json_holds():
    summary = LogSummary(lines=3, unreadable=1)
    whole = summary.to_dict()
    lines = _typed(LOGS_FORMATS.render("ndjson", summary))
    assert lines == {"summary": [{key: whole[key] for key in whole if key not in ("incidents", "groups")}]}
    config = parse(CONFIG)
    plan = make_plan([PlanInput(config, judge(config, "edge"))], now=datetime(2026, 3, 1, tzinfo=UTC))
    whole = to_dict(plan)
    lines = _typed(render_plan("ndjson", plan))
    assert lines["device"] == whole.pop("devices")
    assert lines["plan"] == [whole]
    assert json.loads(render_plan("json", plan)) == to_dict(plan)
