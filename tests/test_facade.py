"""The façade: one import line is enough for every runbook, and a type checker sees what each name is."""

import subprocess
import sys
from pathlib import Path

import pytest

import nornir_anyconnect

ROOT = Path(__file__).parents[1]

RUNBOOK = """\
from typing import assert_type
from nornir.core.inventory import Host
from nornir_anyconnect import DeviceAudit, Finding, RemedyOptions, audit_mtu, audit_report, choose_hosts, findings_of
from nornir_anyconnect import load_inventory, plan_fix, plan_of, save_plan, Plan, AuditReport
nornir = choose_hosts(load_inventory("inventory"), ["site=London"])
result = nornir.run(task=audit_mtu)
for host, device, finding in findings_of(result):
    assert_type((host, device, finding), tuple[Host, DeviceAudit, Finding])
    print(f"{host}: {finding.name}: TLS {finding.tls_mtu}, DTLS {finding.dtls_mtu}, safe {finding.safe_mtu}")
assert_type(audit_report(result), AuditReport)
plan = plan_of(nornir.run(task=plan_fix, options=RemedyOptions(fix="mtu")))
assert_type(plan, Plan)
"""
WRONG = {
    "print(finding.tls_mut)": 'has no attribute "tls_mut"',
    "device.findings = ()": "is read-only",
    "from nornir_anyconnect import audit_mut": 'has no attribute "audit_mut"',
    "RemedyOptions(fix=3)": 'has incompatible type "int"',
    "choose_hosts('inventory')": 'has incompatible type "str"',
    "nornir_anyconnect.WavesRunner(soak='long')": 'has incompatible type "str"',
}


def types_of(folder, text):
    """What mypy says of a runbook."""
    script = folder / "runbook.py"
    script.write_text(text)
    argv = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--hide-error-context"]
    argv += ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(ROOT / ".mypy_cache"), str(script)]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert not done.stderr, done.stderr
    return done.stdout.splitlines()


@pytest.fixture(scope="module")
def said(tmp_path_factory):
    """Right and wrong lines in one run of the checker: it has to read the whole package."""
    text = f"import nornir_anyconnect\n{RUNBOOK}" + "".join(f"{line}\n" for line in WRONG)
    return types_of(tmp_path_factory.mktemp("typed"), text)


def test_a_runbook_has_real_types(said):
    first_wrong = len(RUNBOOK.splitlines()) + 2
    lines = {int(line.split(":")[1]) for line in said}
    assert not [line for line in said if int(line.split(":")[1]) < first_wrong]
    assert lines == set(range(first_wrong, first_wrong + len(WRONG)))


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_attribute_is_an_error(said, line):
    number = len(RUNBOOK.splitlines()) + 2 + list(WRONG).index(line)
    (error,) = [each for each in said if each.split(":")[1] == str(number)]
    assert WRONG[line] in error


def test_every_name_is_there_and_of_the_room_that_a_type_checker_reads():
    for name in nornir_anyconnect.__all__:
        assert getattr(nornir_anyconnect, name) is not None
    stated = {
        (words[1], words[3].removesuffix(","))
        for line in Path(nornir_anyconnect.__file__).read_text().splitlines()
        if (words := line.split("#")[0].split())[:1] == ["from"] and words[1].startswith("nornir_anyconnect.")
    }
    rooms = {(f"nornir_anyconnect.{room}", name) for name, room in nornir_anyconnect._ROOMS.items()}
    assert stated == rooms | {("nornir_anyconnect.version", "__version__")}


def test_a_name_that_is_not_there_is_missed_as_usual():
    with pytest.raises(AttributeError, match="no attribute 'audit_mut'"):
        _ = nornir_anyconnect.audit_mut


def test_the_facade_loads_nothing_by_itself():
    done = subprocess.run(
        [sys.executable, "-c", "import sys, nornir_anyconnect; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"nornir", "netmiko", "ttp", "typer", "rich", "sqlalchemy", "yaml", "pydantic", "msgspec"}


@pytest.mark.parametrize("path", sorted((ROOT / "playbooks").glob("*.py")), ids=lambda path: path.name)
def test_playbooks_need_the_facade_alone(path):
    imports = [line.split()[1] for line in path.read_text().splitlines() if line.startswith(("from ", "import "))]
    assert {each for each in imports if each.startswith("nornir_anyconnect")} == {"nornir_anyconnect"}
