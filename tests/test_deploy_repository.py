"""The pre-commit hook, the action and the container file: linted by their own tools, and run as far as that goes here."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests import warm
from tests.test_deploy_schedules import check_schema

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
BAD = """\
: Saved
ASA Version 9.12(4)
hostname edge
interface GigabitEthernet0/0
 nameif outside
ssl cipher tlsv1.2 custom "AES256-SHA256"
ssl cipher dtlsv1 custom "AES256-SHA"
webvpn
 enable outside
 anyconnect enable
group-policy GP internal
group-policy GP attributes
 vpn-tunnel-protocol ssl-client
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy GP
: end
"""
GOOD = BAD.replace(" enable outside\n", "")


def tool(name):
    """A program of the test environment, or the system's."""
    found = BIN / name if (BIN / name).exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"linted with {name}, which is not installed")
    return str(found)


def run(*argv, **options):
    return subprocess.run(list(map(str, argv)), capture_output=True, text=True, check=False, **options)


def test_the_hook_is_one_that_pre_commit_takes():
    done = run(tool("pre-commit"), "validate-manifest", ROOT / ".pre-commit-hooks.yaml")
    assert done.returncode == 0, done.stdout


def test_the_hook_lets_good_configurations_pass_and_names_bad_ones(tmp_path):
    """As pre-commit does it: its `files`, and its command with the files as arguments."""
    git = tool("git")
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    local = {"repo": "local", "hooks": [hook | {"language": "system"}]}
    (tmp_path / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [local]}))
    (tmp_path / "README.md").write_text("no configuration\n")
    (tmp_path / "edge.cfg").write_text(BAD)
    environ = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "PRE_COMMIT_HOME": str(tmp_path / ".cache")}
    environ = {key: value for key, value in environ.items() if not key.startswith("GIT_")}
    for argv in (["init", "-q"], ["add", "README.md", "edge.cfg", ".pre-commit-config.yaml"]):
        assert run(git, *argv, cwd=tmp_path, env=environ).returncode == 0
    bad = run(tool("pre-commit"), "run", "--all-files", cwd=tmp_path, env=environ)
    assert bad.returncode == 1
    assert "edge.cfg" in bad.stdout
    assert "at-risk" in bad.stdout
    (tmp_path / "edge.cfg").write_text(GOOD)
    good = run(tool("pre-commit"), "run", "--all-files", cwd=tmp_path, env=environ)
    assert good.returncode == 0, good.stdout
    assert "Passed" in good.stdout


def test_the_action_meets_its_schema():
    check_schema("github-actions", ROOT / "action.yml")


@pytest.fixture
def check(tmp_path):
    """The action's own script, in bash, with the variables that GitHub sets."""
    action = yaml.safe_load((ROOT / "action.yml").read_text())
    script = next(step for step in action["runs"]["steps"] if step.get("name") == "Check")["run"]
    programs = tmp_path / "temp" / "nornir-anyconnect" / "bin"
    programs.mkdir(parents=True)
    (programs / "nornir-anyconnect").symlink_to(warm.command())

    def start(paths, fail_on="at-risk"):
        return run(
            *(tool("bash"), "--noprofile", "--norc", "-eo", "pipefail", "-c", script),
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "RUNNER_TEMP": str(tmp_path / "temp"),
                "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
                "CHECKED_PATHS": paths,
                "FAIL_ON": fail_on,
                "SARIF": "anyconnect.sarif",
            },
        )

    return start


def test_the_action_names_file_and_line_of_the_offending_policy(check, tmp_path):
    (tmp_path / "configs here").mkdir()
    (tmp_path / "configs here" / "edge.cfg").write_text(BAD)
    done = check("configs here\n\n")
    assert done.returncode == 1, done.stderr
    results = json.loads((tmp_path / "anyconnect.sarif").read_text())["runs"][0]["results"]
    place = results[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "configs%20here/edge.cfg"
    assert place["region"]["startLine"] > 1
    assert "at-risk" in (tmp_path / "summary.md").read_text()
    assert (tmp_path / "summary.md").read_text() == done.stdout


def test_the_action_can_only_report(check, tmp_path):
    (tmp_path / "edge.cfg").write_text(BAD)
    assert check("edge.cfg", "never").returncode == 0
    assert (tmp_path / "anyconnect.sarif").exists()


def test_a_path_of_the_action_cannot_become_a_command(check, tmp_path):
    done = check("$(touch pwned)\n; touch pwned\n`touch pwned`\n")
    assert done.returncode == 2
    assert not (tmp_path / "pwned").exists()


def test_hadolint_finds_nothing_wrong_with_the_container_file():
    done = run(tool("hadolint"), ROOT / "Containerfile")
    assert (done.returncode, done.stdout) == (0, "")


def instructions():
    text = re.sub(r"\\\n\s*", " ", (ROOT / "Containerfile").read_text())
    return [line.split(maxsplit=1) for line in text.splitlines() if line and not line.startswith("#")]


def test_the_container_is_not_root_and_is_the_command():
    last = dict(instructions())
    assert last["USER"] == "10001:10001"
    assert json.loads(last["ENTRYPOINT"]) == ["nornir-anyconnect"]
    pod = next(yaml.safe_load_all((ROOT / "playbooks/scheduled/kubernetes-cronjob.yaml").read_text()))
    pod = pod["spec"]["jobTemplate"]["spec"]["template"]["spec"]["securityContext"]
    assert f"{pod['runAsUser']}:{pod['runAsGroup']}" == last["USER"]


def test_the_container_gets_all_that_the_wheel_is_made_of_and_nothing_else():
    copied = {
        source
        for name, rest in instructions()
        if name == "COPY" and not rest.startswith("--from")
        for source in rest.split()[:-1]
    }
    let_in = {line[1:] for line in (ROOT / ".containerignore").read_text().splitlines() if line.startswith("!")}
    assert copied == let_in
    assert all((ROOT / each).exists() for each in copied)
    project = (ROOT / "pyproject.toml").read_text()
    packages = set(json.loads(re.search(r"\[tool\.hatch\.build\.targets\.wheel\]\npackages = (\[.*\])", project)[1]))
    assert packages | {"pyproject.toml", "README.md", "LICENSE"} == copied
    extras = set(re.search(r"'\.\[(.*)\]'", (ROOT / "Containerfile").read_text())[1].split(","))
    assert extras == {each for each in extras if f"\n{each} = [" in project}


def test_no_secret_is_baked_in():
    for name, rest in instructions():
        if name in ("ENV", "ARG"):
            assert not re.search(r"PASSWORD|ENABLE|TOKEN|SECRET", rest)


def test_a_release_is_only_made_of_the_tagged_version():
    text = (ROOT / ".github" / "workflows" / "release.yml").read_text()
    script = re.search(r"run: (grep .*)", text)[1]
    version = re.search(r'__version__ = "(.*)"', (ROOT / "nornir_anyconnect" / "version.py").read_text())[1]
    for tag, code in ((f"v{version}", 0), ("v99.0.0", 1)):
        done = run("bash", "-c", script, cwd=ROOT, env={"PATH": os.environ["PATH"], "GITHUB_REF_NAME": tag})
        assert done.returncode == code
