"""What a stranger puts into settings, inventories, plans, histories and around the process: one plain message each."""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nornir_anyconnect.cli import main
from nornir_anyconnect.errors import UnreachableError
from tests import warm
from tests.hostile.samples import CONFIG
from tests.hostile.test_hostile_files import without_privileges

DIGITS = "9" * 5000
COMMAND = [sys.executable, "-c", "import sys; from nornir_anyconnect.cli import main; sys.exit(main())"]
AUDIT = ("audit", "--inventory", "inv")


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "x" * 12)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    Path("edge.cfg").write_bytes(CONFIG)

    def go(*argv, code=2, says="", **files):
        for name, text in files.items():
            path = Path(name.replace("__", "/").replace("_yaml", ".yaml").replace("nornir_any", "nornir-any"))
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        ended, (out, err) = main(list(argv)), capsys.readouterr()
        assert (ended, "internal" in err, "Traceback" in err + out) == (code, False, False), err
        assert re.search(says, err + out), err + out
        assert code != 2 or "\n  fix: " in err
        return out, err

    return go


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("keep_days: 99999999999", "'keep_days' is 99999999999, it must be at most 36500"),
        ("workers: 100000000000000000000", "'workers' is 100000000000000000000, it must be"),
        (f"workers: {DIGITS}", "is no number that there is"),
        ("notify: {webhook: {url: 'http://a', timeout: .inf}}", "'notify.webhook.timeout' is inf, it must be at most 3600"),
        ("notify: {webhook: {url: 'http://a', timeout: .nan}}", "'notify.webhook.timeout' is nan"),
        ("notify: {webhook: {url: 'http://a', retries: 1000000}}", "'notify.webhook.retries' is 1000000, it must be at most"),
        ('history: "a\\0b"', "'history' is .*, it must be without control characters"),
        ('waivers: "a\\0b"', "'waivers' is .*, it must be without control characters"),
        ('formats: ["json=a\\0b"]', "'formats' is .*, it must be without control characters"),
        ('notify: {command: ["a\\0b"]}', "'notify.command' is .*, it must be without control characters"),
        ("waivers: /dev/zero", "/dev/zero: it is too large for this"),
        ("waivers: /", "/: Is a directory"),
    ],
)  # fmt: skip
def test_settings(run, text, says):
    run("check", "edge.cfg", nornir_anyconnect_yaml=text, says=says)


def host(line):
    return f"fw1: {{hostname: 127.0.0.1, port: 1, username: audit, platform: asa, {line}}}\n"


def extras(line):
    return host(f"connection_options: {{anyconnect_asa: {{extras: {{{line}}}}}}}")


@pytest.mark.parametrize(
    ("hosts", "says"),
    [
        ("[" * 500, "it is nested too deeply"),
        (host(f"data: {{a: {DIGITS}}}"), "is not as Nornir wants it: Exceeds the limit"),
        ("fw1: {hostname: [a], platform: asa}\n", "hostname of fw1 is a list, it must be a text"),
        ("1: {hostname: a, platform: asa}\n", "the name 1 is a number, it must be a text"),
        ("fw1: {hostname: a, port: x, platform: asa}\n", "port of fw1 must be a number from 1 to 65535"),
        ("fw1: {hostname: a, port: 99999999999, platform: asa}\n", "port of fw1 must be a number from 1 to 65535"),
        ("fw1: {hostname: a, port: -1, platform: asa}\n", "port of fw1 must be a number from 1 to 65535"),
        ("fw1: {hostname: a, username: 7, platform: asa}\n", "username of fw1 is a number"),
        (host("connection_options: {anyconnect_asa: {extras: []}}"), "extras of fw1 are a list"),
    ],
)  # fmt: skip
def test_an_inventory(run, hosts, says):
    run(*AUDIT, inv__hosts_yaml=hosts, says=says)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (f"login_timeout: {'9' * 400}", "'login_timeout' must be seconds"),
        (f"reply_limit: {'9' * 400}", "'reply_limit' must be megabytes"),
        ("connect_timeout: .inf", "'connect_timeout' must be seconds"),
        ("known_hosts: /dev/zero", "'known_hosts' is /dev/zero, which is no file"),
        ("key_file: /dev/zero", "'key_file' is /dev/zero, which is no file"),
        ('known_hosts: "a\\0b"', "'known_hosts' is no path"),
        ("jump_host: 'a:99999999'", "'jump_host' cannot be read"),
        (f"jump_host: 'a:{DIGITS}'", "'jump_host' cannot be read"),
    ],
)
def test_how_a_host_is_reached(run, line, says):
    run(*AUDIT, inv__hosts_yaml=extras(line), code=3, says=f"failed: fw1: inventory: .*{says}")


def test_an_empty_file_of_known_hosts_may_be_the_one_that_people_name_for_it(run):
    run(*AUDIT, inv__hosts_yaml=extras("known_hosts: /dev/null"), code=3, says="failed: fw1: unreachable")


def test_an_inventory_without_an_end(run):
    config = "inventory: {plugin: SimpleInventory, options: {host_file: /dev/zero}}\n"
    run("audit", "--inventory", "config.yaml", config_yaml=config, says="/dev/zero is no file")


@pytest.mark.parametrize("seconds", ["inf", "1e300", "86401", "nan", "0"])
def test_a_time_that_is_none(run, seconds):
    run(*AUDIT, "--host-timeout", seconds, inv__hosts_yaml=host("data: {}"), says="--host-timeout")


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/", "no-such-plan", "edge.cfg"])
def test_a_plan(run, path):
    run("apply", path, "--yes", "--inventory", "inv", inv__hosts_yaml=host("data: {}"), says="plan|cannot read")


HISTORIES = {
    "no version": ("DELETE FROM schema_version", "does not hold one row"),
    "two versions": ("INSERT INTO schema_version VALUES (77)", "does not hold one row"),
    "newer": ("UPDATE schema_version SET version = 99", "schema version 99, this tool knows"),
    "older than any": ("UPDATE schema_version SET version = 0", "its schema version is 0"),
    "a text": ("DROP TABLE schema_version; CREATE TABLE schema_version (version TEXT); INSERT INTO schema_version VALUES ('x')", "its schema version is 'x'"),
}  # fmt: skip


@pytest.mark.parametrize("kind", HISTORIES)
def test_a_history(run, kind):
    script, says = HISTORIES[kind]
    run("check", "edge.cfg", "--keep", nornir_anyconnect_yaml="history: h.sqlite\n", code=1)
    with sqlite3.connect("h.sqlite") as database:
        database.executescript(script)
    database.close()
    run("history", "list", says=says)
    out, _ = run("check", "edge.cfg", "--keep", says=says)
    assert "is at risk" in out  # nothing judged is lost


def started(folder, *argv, **how):
    """The command as a process of its own, where only that shows it."""
    env = {**os.environ, "XDG_DATA_HOME": str(folder / "data"), **how.pop("env", {})}
    return subprocess.run(
        ["bash", "-c", *argv, "bash", *COMMAND], cwd=folder, capture_output=True, text=True, timeout=60, env=env, **how
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('"$@" check edge.cfg >&-', 1),
        ('"$@" check edge.cfg >&- 2>&-', 1),
        ('"$@" check no-such-file >&- 2>&-', 2),
        ('"$@" check - <&-', 2),
        ('"$@" check edge.cfg >/dev/full', 2),
        ('"$@" check edge.cfg 2>/dev/full', 1),
        ('"$@" check edge.cfg --details | head -c 1; exit ${PIPESTATUS[0]}', 1),
        ('TZ=:/etc/passwd LC_ALL=nope COLUMNS=x "$@" check edge.cfg', 1),
        ('HOME=/nonexistent LANG=C LC_ALL=C PYTHONUTF8=0 PYTHONCOERCECLOCALE=0 "$@" check *.cfg --format json=j.json', 1),
        ('mkdir gone && cd gone && rmdir ../gone && "$@" check ../edge.cfg', 1),
    ],
)  # fmt: skip
def test_what_is_around_the_process(tmp_path, line, code):
    (tmp_path / "edge.cfg").write_bytes(CONFIG)
    (tmp_path / os.fsdecode(b"gr\xf6\xdfe.cfg")).write_bytes(CONFIG.replace(b"STAFF", "Größe".encode()))
    ended = started(tmp_path, line)
    assert ended.returncode == code, ended.stderr
    assert "internal error" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_full_disk_loses_no_result_and_is_not_called_written(tmp_path):
    if os.geteuid() or subprocess.run(["unshare", "-m", "true"]).returncode:
        pytest.skip("a small disk is mounted by root, in a namespace of its own")
    (tmp_path / "edge.cfg").write_bytes(CONFIG)
    (tmp_path / "small").mkdir()
    line = (
        "mount -t tmpfs -o size=4k tmpfs small && head -c 4096 /dev/zero > small/full; cd small; "
        '"$@" check ../edge.cfg --format json=a.json --format html=b.html --format text'
    )
    ended = started(tmp_path, f"unshare -m bash -c '{line}' bash \"$@\"")
    assert ended.returncode == 2
    assert ended.stderr.count("No space left on device") == 2
    assert "is at risk" in ended.stdout
    assert "written" not in ended.stdout
    kept = re.findall(r"the result is in (\S+) instead", ended.stderr)
    assert len(kept) == 2
    for each in kept:
        assert Path(each).stat().st_size > 1000
        Path(each).unlink()


def test_a_folder_that_may_not_be_written(tmp_path):
    (tmp_path / "edge.cfg").write_bytes(CONFIG)
    (tmp_path / "closed").mkdir(mode=0o555)
    limited = f"{shutil.which('env')} {' '.join(without_privileges())}"
    ended = started(
        tmp_path, f'{limited} "$@" check edge.cfg --keep --format json=a.json', env={"XDG_DATA_HOME": "closed/x"}
    )
    assert ended.returncode == 2
    assert "cannot be opened: Permission denied" in ended.stderr
    assert (tmp_path / "a.json").stat().st_size > 1000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_while_it_waits_for_its_input(tmp_path, number):
    reading, writing = os.pipe()
    with subprocess.Popen(
        [warm.command(), "logs", "-"], stdin=reading, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),
    ) as process:  # fmt: skip
        # it has read all that there is, and waits: its pipe is empty
        os.write(writing, b"x\n")
        until = time.monotonic() + 60
        while waiting(reading) and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(number)
        _, err = process.communicate(timeout=60)
    os.close(reading)
    os.close(writing)
    assert (process.returncode, "Traceback" in err) == (130, False)


def waiting(pipe):
    """Bytes that nobody has read yet."""
    import array
    import fcntl
    import termios

    size = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, size)
    return size[0]


def test_a_manager_that_is_not_there_is_named(run, monkeypatch):
    """Its error is an OSError, too, which was taken for that of a file: "None: None"."""

    def unreachable(_):
        raise UnreachableError("https://fmc.example.net: Connection refused", "check url")

    monkeypatch.setattr("nornir_anyconnect.workflows.inventory.nornir_of", unreachable)
    run(*AUDIT, inv__hosts_yaml=host("data: {}"), code=3, says="error: https://fmc.example.net: Connection refused")
