"""What runs the audit at night: judged by the programs and schemas that will read it, and run where that is possible."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from mock_devices.fleet import start_fleet
from tests import warm

ROOT = Path(__file__).parents[1]
SCHEDULED = ROOT / "playbooks" / "scheduled"
INSTALLED = "/opt/nornir-anyconnect/bin/nornir-anyconnect"
COMMAND = Path(sys.executable).with_name("nornir-anyconnect")
MOST_EXPOSED = 15
"""Tenths on systemd's scale from 0 (sealed) to 10 (unsafe)."""


def check_schema(schema, *files):
    """As ``check-jsonschema`` does it, in this process: importing it takes longer than all files."""
    program = pytest.importorskip("check_jsonschema", reason="schemas are checked with the package check-jsonschema")
    done = CliRunner().invoke(program.main, ["--builtin-schema", f"vendor.{schema}", *map(str, files)])
    assert done.exit_code == 0, done.output


@pytest.fixture
def units(tmp_path):
    """The units, with a command that exists here in the place of the installed one."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("units are verified with systemd-analyze (Debian package systemd)")
    for unit in SCHEDULED.glob("nornir-anyconnect-audit.*"):
        text = unit.read_text()
        (tmp_path / unit.name).write_text(text.replace(INSTALLED, str(COMMAND)))
    return sorted(tmp_path.iterdir())


def test_systemd_finds_nothing_wrong_with_the_units(units):
    assert [unit.suffix for unit in units] == [".service", ".timer"]
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_systemd_would_find_a_mistake(units):
    units[0].write_text(units[0].read_text().replace("ProtectClock=yes", "ProtectClocks=yes"))
    done = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert "ProtectClocks" in done.stderr


def test_the_service_is_sealed(units):
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", units[0]],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_PAGER": ""},
    )
    assert done.returncode == 0, done.stdout.splitlines()[-1:]


def test_the_audit_runs_without_memory_that_is_both_writable_and_executable(tmp_path):
    deny = (
        "import ctypes, sys\n"
        "if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0): sys.exit(77)\n"  # PR_SET_MDWE, Linux 6.3
        "from nornir_anyconnect.cli import main; sys.exit(main())"
    )
    with start_fleet(FLEET) as fleet:
        fleet.write_inventory(tmp_path / "inventory")
        done = subprocess.run(
            [sys.executable, "-c", deny, "audit", "--inventory", "inventory", "--keep", "--format", "html=a.html"],
            cwd=tmp_path,
            env={**os.environ, **SECRETS, "XDG_DATA_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode == 77:
        pytest.skip("this kernel cannot deny such memory (Linux 6.3)")
    assert done.returncode == 1, done.stderr
    assert "kept as audit 1" in done.stderr


def test_the_timer_names_a_time_that_comes(units):
    when = re.search(r"OnCalendar=(.*)", units[1].read_text())[1]
    done = subprocess.run(["systemd-analyze", "calendar", when], capture_output=True, text=True, check=True)
    assert "Next elapse" in done.stdout


FLEET = {
    "devices": [
        {"name": "fw-one", "release": "9.12(4)67", "serial": "JAD1"}
        | {"config": ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]}
    ],
    "defaults": {"users": {"audit": {"password": "demo-password", "privilege": 15}}, "enable_password": "demo-enable"},
}
SECRETS = {"NORNIR_ANYCONNECT_PASSWORD": "demo-password", "NORNIR_ANYCONNECT_ENABLE": "demo-enable"}


def _cron_line():
    (line,) = [
        line for line in (SCHEDULED / "nornir-anyconnect.cron").read_text().splitlines() if re.match(r"[\d*]", line)
    ]
    return line


def test_the_cron_line_is_a_night_an_account_and_a_command_without_percent():
    *when, account, command = _cron_line().split(maxsplit=6)
    assert [bool(re.fullmatch(r"\*|\d+", field)) for field in when] == [True] * 5
    assert int(when[0]) < 60
    assert int(when[1]) < 24
    assert account == "nornir-anyconnect"
    assert "%" not in command  # cron would end the line there


def test_the_cron_line_runs_and_mails_only_what_is_wrong(tmp_path):
    command = _cron_line().split(maxsplit=6)[6]
    etc, state = tmp_path / "etc", tmp_path / "state"
    etc.mkdir()
    state.mkdir()
    (etc / "credentials").write_text("".join(f"{key}={value}\n" for key, value in SECRETS.items()))
    settings = yaml.safe_load((ROOT / "playbooks" / "nornir-anyconnect.yaml").read_text())
    (etc / "nornir-anyconnect.yaml").write_text(yaml.safe_dump(settings | {"inventory": str(etc / "inventory")}))
    for there, here in (
        ("/etc/nornir-anyconnect", etc),
        ("/var/lib/nornir-anyconnect", state),
        (INSTALLED, warm.command()),
    ):
        command = command.replace(there, str(here))

    def night():
        return subprocess.run(
            ["/bin/sh", "-c", command], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
        )

    with start_fleet(FLEET) as fleet:
        fleet.write_inventory(etc / "inventory")
        quiet = night()
        assert (quiet.returncode, quiet.stdout, quiet.stderr) == (1, "", "")
        assert {"audit.html", "nights.sqlite"} <= {path.name for path in state.iterdir()}
        fleet.devices["fw-one"].set_fault("refuse-connection")
        loud = night()
    assert loud.returncode == 3
    assert "failed: fw-one: unreachable" in loud.stderr


def test_the_workflows_meet_their_schema():
    workflows = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
    assert [each.name for each in workflows] == ["ci.yml", "release.yml"]
    check_schema("github-workflows", *workflows, SCHEDULED / "github-actions.yml")


def test_the_gitlab_example_meets_its_schema():
    check_schema("gitlab-ci", SCHEDULED / "gitlab-ci.yml")


def test_the_cronjob_meets_the_schema_of_kubernetes():
    validate = pytest.importorskip("kubernetes_validate", reason="the CronJob is checked with kubernetes-validate")
    objects = list(yaml.safe_load_all((SCHEDULED / "kubernetes-cronjob.yaml").read_text()))
    assert [each["kind"] for each in objects] == ["CronJob", "PersistentVolumeClaim"]
    for each in objects:
        validate.validate(each, validate.latest_version(), strict=True)
    objects[0]["spec"]["concurencyPolicy"] = "Forbid"
    with pytest.raises(validate.ValidationError):
        validate.validate(objects[0], validate.latest_version(), strict=True)


def test_the_cronjob_never_overlaps_and_holds_no_privilege():
    cronjob = next(yaml.safe_load_all((SCHEDULED / "kubernetes-cronjob.yaml").read_text()))["spec"]
    pod = cronjob["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert cronjob["concurrencyPolicy"] == "Forbid"
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    mounts = {each["name"] for each in container["volumeMounts"]}
    assert mounts == {each["name"] for each in pod["volumes"]}


@pytest.mark.parametrize(
    "name", ["github-actions.yml", "gitlab-ci.yml", "kubernetes-cronjob.yaml", "nornir-anyconnect-audit.service"]
)
def test_every_call_of_the_tool_is_one_that_it_understands(name):
    text = (SCHEDULED / name).read_text()
    calls = re.findall(r"nornir-anyconnect (audit(?: --?[\w-]+(?: [^-\s]\S*)?)*)", text)
    if name == "kubernetes-cronjob.yaml":
        calls = [each.replace(",", "") for each in re.findall(r"args: \[(.*)\]", text)]
    assert len(calls) == 1
    known = subprocess.run([warm.command(), "audit", "--help"], capture_output=True, text=True, check=True).stdout
    options = [word for word in calls[0].split() if word.startswith("--")]
    assert options
    assert [option for option in options if option not in known] == []


def test_no_workflow_puts_what_others_wrote_into_a_script():
    files = [*(ROOT / ".github" / "workflows").glob("*.yml"), SCHEDULED / "github-actions.yml", ROOT / "action.yml"]
    for file in files:
        for script in re.findall(r"run: (?:\|\n((?:\s{8,}.*\n)+)|(.*))", file.read_text()):
            assert "${{" not in "".join(script), file.name
