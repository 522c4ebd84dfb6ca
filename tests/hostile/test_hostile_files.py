"""Three hundred hostile files times check, logs, plan and explain: bounded time and memory, one clear line each.

One process per command reads all of them, with bounds on its address space and on the processor time of each file.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import amounts
from tests.hostile.packed_files import PACKED
from tests.hostile.place_files import NOT_MADE, PLACES
from tests.hostile.samples import CONFIG
from tests.hostile.text_files import TEXTS

LINES, LETTERS = 30, 1500
"""Of standard error, for one file: an error and what to do, a few notes, and how many more there were."""
SHOWN = 1 << 21
"""Letters of standard output: four thousand policies are four thousand lines."""
SECONDS = 15
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus")
    before = Path.cwd()
    os.chdir(folder)
    for name, make in {**PACKED, **TEXTS}.items():
        (folder / name).write_bytes(make())
    for name, make in PLACES.items():
        make(folder / name)
    os.chdir(before)
    yield folder
    subprocess.run(["rm", "-rf", folder], check=True)  # Python would call itself for each folder in a folder


NAMES = [*PACKED, *TEXTS, *PLACES, *NOT_MADE]


def without_privileges():
    """Root reads what nobody may read: without its right to, it is like anybody."""
    if os.geteuid() or not (setpriv := shutil.which("setpriv")):
        return []
    return [setpriv, "--bounding-set=-dac_override,-dac_read_search"]


def endings(folder, argvs):
    run = subprocess.run(
        [*without_privileges(), sys.executable, "-m", "tests.hostile.run_files"],
        input=json.dumps(argvs), capture_output=True, text=True, cwd=folder, timeout=600,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), "XDG_DATA_HOME": str(folder.with_name("data"))},
    )  # fmt: skip
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(found) == len(argvs), f"it died at {argvs[len(found)]}: {run.stderr[-2000:]}"
    return found


def wrong(ended, name):
    """What is wrong with how a command ended; empty where nothing is."""
    out, err = ended["out"], ended["err"]
    lines = err.splitlines()
    if ended["code"] not in (0, 1, 2, 3):
        yield f"exit code {ended['code']}"
    if "internal error" in err or "Traceback" in err + out:
        yield "an internal error"
    if ended["code"] == 2 and not ("error: " in err and "\n  fix: " in err):
        yield "no error that says what to do"
    if not out and not err:
        yield "not a word"
    if len(lines) > LINES and name != "folder-of-five-hundred":  # each of these is a device that could not be read
        yield f"{len(lines)} lines on standard error"
    if any(len(line) > LETTERS for line in lines) or len(out) > SHOWN:
        yield "too much of it is shown"
    if any(letter in out + err for letter in "\x1b\x07\x00\u202e") or any(line.startswith("::") for line in lines):
        yield "what it holds steers a terminal or a runner"
    if "root:" in out + err:
        yield "another file is shown"
    if ended["seconds"] > SECONDS:
        yield f"{ended['seconds']:.0f} seconds"


@pytest.mark.parametrize("command", ["check", "logs", "plan", "explain"])
def test_no_file_holds_up_breaks_or_steers_a_command(corpus, command):
    there = sorted(each.name for each in corpus.iterdir())
    # where a sample is wanted a part, another one each time; all commands open files as one of them does
    many = len(NAMES) // (4 if command == "check" else 8)
    names = amounts.of(random.sample(NAMES, many), NAMES, NAMES)
    ended = endings(corpus, [[command, "--", name] for name in names])
    found = {name: list(wrong(each, name)) for name, each in zip(names, ended, strict=True)}
    assert {name: each for name, each in found.items() if each} == {}
    assert sorted(each.name for each in corpus.iterdir()) == there  # nothing was unpacked, executed or written


def test_there_are_two_hundred_and_more():
    assert len(set(NAMES)) == len(NAMES) >= 200


def test_what_is_no_text_is_refused_and_what_is_one_is_judged(corpus):
    """Being told is not enough: the answer has to be the right one."""
    refused = ["link-to-zeros", "link-to-the-kernel's-log", "socket", "pipe-without-writer", "tar-pax-of-a-gigabyte.tar.bz2",
               "bomb.gz", "zip-dotdot.zip", "packed-nine-times.gz", "gz-and-rubbish.gz", "mark-in-the-middle.cfg", "entity-of-a-file.xml", "deep-array.json", "utf-16-lone-surrogates.cfg"]  # fmt: skip
    judged = ["zip-called.cfg", "zip-in-tar-in-gz", "two-marks.cfg",
              "names-that-escape.cfg", "-name-of-an-option.cfg"]  # fmt: skip
    ended = endings(corpus, [["check", "--format", "json", "--", name] for name in refused + judged])
    codes = {name: each["code"] for name, each in zip(refused + judged, ended, strict=True)}
    assert {name: codes[name] for name in refused if codes[name] not in (2, 3)} == {}
    found = {name: json.loads(each["out"])["summary"] for name, each in zip(judged, ended[len(refused) :], strict=True)}
    assert {name: codes[name] for name in judged} == dict.fromkeys(judged, 1)
    assert {name: each["at_risk"] for name, each in found.items()} == dict.fromkeys(judged, 1)


def test_a_folder_of_them_costs_the_one_that_is_well_nothing(corpus, tmp_path):
    for name in ("bomb.gz", "zip-dotdot.zip", "tar-cut.tar", "deep-array.json", "entity-bomb.xml", "random-bytes.cfg"):
        shutil.copy(corpus / name, tmp_path)
    (tmp_path / "loop.cfg").symlink_to("loop.cfg")
    (tmp_path / "zeros.cfg").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.cfg")
    (tmp_path / "well.cfg").write_bytes(CONFIG)
    (ended,) = endings(tmp_path, [["check", "--format", "json", "."]])
    well = [each for each in json.loads(ended["out"])["devices"] if each["status"] == "ok"]
    assert [each["name"] for each in well] == ["well.cfg"]
    assert ended["code"] == 3, ended["err"]


def test_the_event_viewer_writes_all_its_events_into_one_line(tmp_path):
    """What stands behind the first 64 KB of it was lost, and nothing was said."""
    event = TEXTS["utf-16.xml"]().decode("utf-16").partition("<Events>")[2].removesuffix("</Events>")
    cause = event.replace("Reconnecting to x", "Reconfigure reason code 16: New MTU configuration.")
    (tmp_path / "client.xml").write_text(f"<Events>{event * 700}{cause}{event * 700}</Events>")
    (ended,) = endings(tmp_path, [["logs", "--format", "json", "client.xml"]])
    assert json.loads(ended["out"])["client"][0]["because_of_mtu"]
