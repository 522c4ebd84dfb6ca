"""CONTRIBUTING's recipes, each tried on a copy of the package: what is printed there, and nothing else, is added."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
BLOCK = re.compile(r"```python\n# (\S+?)(?:, below: ([^\n]*))?\n(.*?)```", re.DOTALL)
LOG = '"%ASA-4-722036: Group <GP> User <ann> IP <203.0.113.7> Transmitting large packet 1418 (threshold 1347)."'
CONFIG = """ASA Version 9.8(4)
hostname edge
webvpn
 enable outside
 anyconnect enable
group-policy P internal
group-policy P attributes
 vpn-tunnel-protocol ssl-client
 tunnel-colour green
: end
"""

WALKS = {
    "A syslog message": (
        1,
        """
from nornir_anyconnect.evidence import events as ev
from nornir_anyconnect.evidence.syslog.reader import SyslogReader
log = "May 06 2024 12:00:00 asa : %ASA-6-799001: Group <GP> User <ann> IP <203.0.113.7> Tunnel paused\\n"
(event,) = SyslogReader().read([log.encode()])
assert (type(event), event.message, event.user) == (ev.SessionLost, "799001", "ann")
""",
    ),
    "An export form": (
        1,
        f"""
import json, pathlib
from nornir_anyconnect.cli import main
record = {{"acme_text": {LOG}, "acme_at": "2024-05-06T12:30:40Z", "acme_box": "edge7"}}
pathlib.Path("export.json").write_text((json.dumps(record) + "\\n") * 2)
main(["logs", "export.json", "--format", "json=logs.json"])
said = json.loads(pathlib.Path("logs.json").read_text())
assert said["events"] == {{"722036": 2}}, said
assert said["groups"][0]["device"] == "edge7", said
""",
    ),
    "A client's log": (
        1,
        """
from nornir_anyconnect.evidence.clients.client_log import read_client_log
from nornir_anyconnect.evidence.clients.registry import client_log_of
log = "ACME LOG\\n05/06/2024|12:30:50|acvpnagent|Reconfigure reason code 16: New MTU configuration.\\n"
form = client_log_of(log)
(event,) = read_client_log(log.splitlines(keepends=True), form=form)
assert form.name == "Acme"
assert (event.reason_code, event.source) == (16, "acvpnagent"), event
""",
    ),
    "A report format": (
        1,
        f"""
import pathlib
from nornir_anyconnect.cli import main
pathlib.Path("edge.cfg").write_text({CONFIG!r}.replace(" tunnel-colour green\\n", ""))
main(["check", "edge.cfg", "--format", "names=names.txt"])
assert pathlib.Path("names.txt").read_text() == "edge.cfg\\n"
""",
    ),
    "A setting of the ASA": (
        2,
        f"""
from nornir_anyconnect.asa.parser import parse
config = parse({CONFIG!r})
assert config.group_policies[0].tunnel_colour.value == "green"
assert config.unknown_lines == ()
""",
    ),
    "An axis of assumptions": (
        2,
        """
from nornir_anyconnect.mtu.assumptions import COMBINATIONS, TECHNOTE, assumption_set
from nornir_anyconnect.mtu.derive import Path, derive_tls
from nornir_anyconnect.mtu.suites import Version, suite
assert len(COMBINATIONS) == 16
sizes = [derive_tls(suite("RC4-SHA"), Version.TLS1_0, Path(tcpmss=0), each).mtu
         for each in (TECHNOTE, assumption_set("header=6"))]
assert sizes[0] - sizes[1] == 1, sizes
""",
    ),
}
ELSEWHERE = {
    "A kind of remedy": "tests/remedies/test_a_new_kind.py",
    "A platform": "tests/platforms/test_platforms.py",
}


def _blocks(recipe):
    section = PAGE.split(f"\n### {recipe}\n", 1)[1].split("\n## ", 1)[0].split("\n### ", 1)[0]
    return BLOCK.findall(section)


def test_each_recipe_is_walked_through():
    assert set(re.findall(r"^### (.*)$", PAGE, re.MULTILINE)) == {*WALKS, *ELSEWHERE}
    for recipe, file in ELSEWHERE.items():
        assert f"`{file}`" in PAGE.split(f"\n### {recipe}\n", 1)[1].split("\n### ", 1)[0]
        assert (ROOT / file).is_file()


@pytest.mark.parametrize("recipe", WALKS)
def test_what_the_recipe_says_is_all_there_is_to_do(recipe, tmp_path):
    touched, script = WALKS[recipe]
    copy = tmp_path / "nornir_anyconnect"
    shutil.copytree(ROOT / "nornir_anyconnect", copy, ignore=shutil.ignore_patterns("__pycache__"))
    blocks = _blocks(recipe)
    assert len({file for file, _, _ in blocks}) == touched
    for file, below, code in blocks:
        _write(tmp_path / file, below, code)
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("recipe", WALKS)
def test_without_it_none_of_it_works(recipe, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", WALKS[recipe][1]],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode != 0


def _write(path, below, code):
    if not below:
        assert not path.exists()
        path.write_text(code, "utf-8")
        return
    lines = path.read_text("utf-8").splitlines(keepends=True)
    (at,) = (number for number, line in enumerate(lines) if line.startswith(below))
    path.write_text("".join([*lines[: at + 1], code, *lines[at + 1 :]]), "utf-8")
