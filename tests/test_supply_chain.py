"""Where the project comes from and what it brings along: actions by hash, no input in a script, provenance, parts."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
WORKFLOWS = [*sorted((ROOT / ".github" / "workflows").glob("*.yml")), ROOT / "action.yml"]
PINNED = re.compile(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+\Z")


def jobs(path):
    document = yaml.safe_load(path.read_text())
    return document["jobs"] if "jobs" in document else {"action": document["runs"]}


def steps(path):
    return [step for job in jobs(path).values() for step in job["steps"]]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_others_wrote_is_pinned_by_the_hash_of_its_commit(path):
    used = re.findall(r"uses: (.+)", path.read_text())
    assert used
    # "./" is this repository
    assert [each for each in used if each != "./" and not PINNED.match(each)] == []


def test_one_version_of_each_action():
    used = {each for path in WORKFLOWS for each in re.findall(r"uses: (.+)", path.read_text())}
    assert len({each.partition("@")[0] for each in used}) == len(used)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_nothing_is_interpolated_into_a_script(path):
    scripts = [step["run"] for step in steps(path) if "run" in step]
    assert scripts
    assert [script for script in scripts if "${{" in script] == []


@pytest.mark.parametrize("path", WORKFLOWS[:-1], ids=lambda path: path.name)
def test_a_workflow_may_read_and_a_job_no_more_than_it_needs(path):
    document = yaml.safe_load(path.read_text())
    assert document["permissions"] == {"contents": "read"}
    allowed = {"pypi": {"id-token"}, "provenance": {"id-token", "attestations"}, "release": {"contents"},
               "image": {"id-token", "attestations", "packages"}}  # fmt: skip
    for name, job in document["jobs"].items():
        written = {scope for scope, level in job.get("permissions", {}).items() if level == "write"}
        assert written == allowed.get(name, set()), name
        assert "timeout-minutes" in job, name
        for step in job["steps"]:
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False


def test_a_release_says_where_it_comes_from_and_what_it_is_made_of():
    release = jobs(ROOT / ".github" / "workflows" / "release.yml")
    used = {name: [step.get("uses", "").partition("@")[0] for step in job["steps"]] for name, job in release.items()}
    assert used["provenance"][1:] == ["actions/attest-build-provenance", "actions/attest-sbom"]
    assert "actions/attest-build-provenance" in used["image"]
    publish = release["pypi"]["steps"][-1]
    assert publish["with"] == {"attestations": True}  # PEP 740, by trusted publishing: there is no password
    assert release["pypi"]["needs"] == "provenance"
    assert any(".ci/sbom" in step.get("run", "") for step in release["build"]["steps"])
    secrets = re.findall(r"secrets\.(\w+)", (ROOT / ".github" / "workflows" / "release.yml").read_text())
    assert set(secrets) == {"GITHUB_TOKEN"}


def test_zizmor_finds_nothing():
    program = BIN / "zizmor"
    if not program.exists():
        pytest.skip("workflows are audited with the package zizmor")
    done = subprocess.run(
        [program, "--offline", "--no-progress", "--min-severity", "medium", *WORKFLOWS], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


def test_the_parts_of_an_installation_are_listed_as_cyclonedx(tmp_path):
    """The tool of the release, on an environment that is here: what it writes is read as the format says."""
    program = BIN / "cyclonedx-py"
    if not program.exists():
        pytest.skip("parts are listed with the package cyclonedx-bom")
    assert '"$1[$extras]"' in (ROOT / ".ci" / "sbom").read_text()
    listed = subprocess.run(
        # that it fits the format's schema, the tool proves where a release is made; it takes ten times as long
        [program, "environment", "--no-validate", "--pyproject", ROOT / "pyproject.toml", "--mc-type", "application",
         "--output-reproducible", "--output-format", "JSON", sys.executable],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    parts = json.loads(listed)
    assert parts["bomFormat"] == "CycloneDX"
    assert parts["metadata"]["component"]["name"] == "nornir-anyconnect"
    assert {"nornir", "netmiko", "ttp", "rich"} <= {each["name"] for each in parts["components"]}


def test_every_extra_for_users_has_a_smoke_test_of_its_own():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    smoke = ROOT / ".ci" / "smoke.py"
    listed = subprocess.run([sys.executable, smoke, "--extras"], capture_output=True, text=True, check=True).stdout
    extras = set(project["optional-dependencies"]) - {"dev", "docs", "bench"}
    assert set(listed.split()) == extras
    tried = re.search(r"^EXTRAS = \{(.*?)^\}", smoke.read_text(), re.MULTILINE | re.DOTALL)[1]
    assert set(re.findall(r'^    "(\w+)":', tried, re.MULTILINE)) == extras
    assert ".ci/wheel" in (ROOT / ".ci" / "run").read_text()
