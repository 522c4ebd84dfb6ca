"""Promise 28: everything that needs no extra works without any of them, and without a network."""

import subprocess
import sys
import textwrap

import pytest

import nornir_anyconnect

EXTRAS = ("distributed", "psycopg", "prometheus_client", "keyring", "zstandard", "mkdocs", "hypothesis", "httpx")
BLOCKED = f"""
import sys
for name in {EXTRAS!r}:
    sys.modules[name] = None
import socket
def no_network(*_):
    raise AssertionError("somebody wants a network")
socket.socket.connect = socket.socket.sendto = socket.getaddrinfo = no_network
"""
BOX = """\
: Saved
ASA Version 9.12(4)
hostname edge1
interface GigabitEthernet0/0
 nameif outside
mtu outside 1500
ssl cipher tlsv1.2 custom "AES256-SHA256"
webvpn
 enable outside
 anyconnect enable
group-policy GP-STAFF internal
group-policy GP-STAFF attributes
 vpn-tunnel-protocol ssl-client
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy GP-STAFF
: end
"""
_USER = "Group <GP-STAFF> User <u> IP <198.51.100.7>"
LOG = f"""\
May 17 2024 20:00:00 edge1 : %ASA-5-722033: {_USER} First TCP SVC connection established for SVC session.
May 17 2024 20:00:00 edge1 : %ASA-6-722022: {_USER} TCP SVC connection established without compression
May 17 2024 20:00:01 edge1 : %ASA-4-722051: {_USER} IPv4 Address <10.9.0.5> IPv6 address <::> assigned to session
May 17 2024 20:00:05 edge1 : %ASA-6-722036: {_USER} Transmitting large packet 1418 (threshold 1303).
"""


def _python(code, folder):
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", BLOCKED + textwrap.dedent(code)],
        cwd=folder, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout, done.stderr


def _command(argv, folder):
    return _python(f"from nornir_anyconnect.cli import main\nsys.exit(main({list(argv)!r}))", folder)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "edge1.cfg").write_text(BOX)
    (tmp_path / "vpn.log").write_text(LOG)
    (tmp_path / "vpn.log.zst").write_bytes(b"\x28\xb5\x2f\xfd")
    return tmp_path


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["--version"], 0),
        (["mtu", "--tls-suite", "RC4-SHA", "--dtls-suite", "AES256-SHA"], 0),
        (
            ["check", "edge1.cfg", "--syslog", "vpn.log", "--fail-on", "never",
             *(word for each in ("text", "json", "html", "junit", "sarif", "csv", "markdown", "prometheus")
               for word in ("--format", f"{each}=report.{each}"))],
            0,
        ),
        (["explain", "edge1.cfg", "--tunnel-group", "STAFF"], 0),
        (["logs", "vpn.log"], 1),
        (["plan", "edge1.cfg", "--out", "plan.yaml"], 0),
    ],
    ids=lambda each: each[0] if isinstance(each, list) else "",
)  # fmt: skip
def test_every_command_that_needs_no_device(folder, argv, code):
    ended, _, err = _command(argv, folder)
    assert ended == code, err
    assert "Traceback" not in err
    if argv[0] == "check":
        assert len(list(folder.glob("report.*"))) == 8


def test_every_module_can_be_imported(folder):
    code = """
    import importlib, pkgutil, nornir_anyconnect
    for each in pkgutil.walk_packages(nornir_anyconnect.__path__, "nornir_anyconnect."):
        # what only the extra [fmc] reaches, says so itself
        if each.name.split(".")[-1] not in ("testing", "__main__") and not each.name.endswith("fmc.client"):
            importlib.import_module(each.name)
            print(each.name)
    """
    ended, out, err = _python(code, folder)
    assert ended == 0, err
    assert "nornir_anyconnect.change.transaction" in out.split()


def test_what_needs_an_extra_says_which(folder):
    ended, _, err = _command(["logs", "vpn.log.zst"], folder)
    assert ended == 2
    assert "zstd" in err
    assert "Traceback" not in err


def test_the_runners_and_tasks_of_the_entry_points_load(folder):
    assert nornir_anyconnect.__version__
    code = """
    from nornir_anyconnect.runners import DaskRunner, WavesRunner
    from nornir_anyconnect import apply_plan, audit_mtu, plan_fix, rollback_plan, verify_plan
    from nornir_anyconnect.platforms.asa_ssh.credentials import anyconnect_credentials
    WavesRunner(); DaskRunner()
    """
    assert _python(code, folder)[0] == 0
