"""Promise 23: canary secrets are searched in everything that a whole change writes, prints, logs or keeps."""

import itertools
import logging
import os

import pytest

from nornir_anyconnect import apply_plan, audit_mtu, plan_fix
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.errors import AnyConnectError
from nornir_anyconnect.platforms.asa_ssh import credentials
from tests.promises.conftest import box

pytestmark = pytest.mark.fleet
PASSWORD, ENABLE, HASH, COMMUNITY, KEY = (
    "canary-p4ssword", "canary-en4ble", "$sha512$5000$canary-h4sh$canary==", "canary-c0mmunity", "canary-k3y",
)  # fmt: skip
DEFAULTS = {"users": {"audit": {"password": PASSWORD, "privilege": 15}}, "enable_password": ENABLE}
SECRETS = f"""\
username carol password {HASH} pbkdf2 privilege 15
snmp-server host inside 10.1.1.9 community {COMMUNITY}
aaa-server TACACS (inside) host 10.1.1.61
 key {KEY}
tunnel-group L2L type ipsec-l2l
tunnel-group L2L ipsec-attributes
 ikev1 pre-shared-key {KEY}
"""
FORMATS = ("text", "json", "ndjson", "html", "junit", "sarif", "csv", "markdown", "prometheus")


def secret_box(**more):
    return box(config=["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg", SECRETS], **more)


@pytest.fixture(autouse=True)
def _canaries(monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", PASSWORD)
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", ENABLE)


def _written(*folders):
    """Every byte of every file, names included."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file():
                found[str(path)] = path.read_bytes()
    return found


def _clean(texts):
    bad = [name for name, text in texts.items() if b"canary" in (text if isinstance(text, bytes) else text.encode())]
    assert bad == []


def test_a_whole_change_on_the_command_line(site, cli, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    here = site(secret_box(), defaults=DEFAULTS)
    given_inventory = ("--inventory", here.inventory.parent)
    journal = ("--journal", tmp_path / "journal", "--yes")
    said = {}

    def run(*argv):
        code, out, err = cli(*argv, "-vv")
        said[f"{len(said)} {argv[0]}"] = out + err
        return code

    reports = list(itertools.chain.from_iterable(("--format", f"{each}=report.{each}") for each in FORMATS))
    assert run("audit", *given_inventory, *reports, "--keep") == 1
    plans = list(
        itertools.chain.from_iterable(("--format", f"{each}=plan.{each}") for each in ("json", "markdown", "html"))
    )
    assert run("plan", *given_inventory, *plans, "--out", "plan.yaml") == 0
    assert run("apply", "plan.yaml", *given_inventory, "--dry-run", *journal) == 0
    assert run("apply", "plan.yaml", *given_inventory, "--soak", 0, "--save", "verified", *journal) == 0
    assert run("verify", "last", *given_inventory, "--journal", tmp_path / "journal") == 0
    # the device itself says a secret, where nobody expects it
    here.fleet.devices["fw-one"].set_fault(
        "remark", "no anyconnect mtu", times=1, text=f"ERROR: password {PASSWORD} {ENABLE}"
    )
    assert run("rollback", "last", *given_inventory, *journal) in (3, 4, 5)
    assert run("doctor", *given_inventory) in (0, 1, 3)
    os.environ["NORNIR_ANYCONNECT_ENABLE"] = "canary-wr0ng"
    assert run("audit", *given_inventory) == 3
    journals = [name for name in _written(tmp_path) if "/journal/" in name]
    assert journals
    assert any("history" in name or name.endswith((".db", ".sqlite")) for name in _written(tmp_path))
    _clean(_written(tmp_path))
    _clean(said)
    _clean({"log at DEBUG": caplog.text})


def test_a_runbook_with_nornirs_own_log(site, tmp_path, caplog, monkeypatch):
    """Nornir writes the arguments of every task to nornir.log."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.chdir(tmp_path)
    here = site(secret_box(), defaults=DEFAULTS)
    file = tmp_path / "nornir.log"
    handler = logging.FileHandler(file)  # what Nornir sets up itself where nobody else configures logging
    before = logging.getLogger("nornir").handlers
    monkeypatch.setattr(logging.getLogger("nornir"), "handlers", [handler])
    results = [here.nornir.run(audit_mtu), here.nornir.run(plan_fix)]
    plan = here.plan()
    # the device itself says a secret, where nobody expects it
    here.fleet.devices["fw-one"].set_fault(
        "remark", "anyconnect mtu", times=1, text=f"ERROR: password {PASSWORD} {ENABLE}"
    )
    with Run.start(plan, directory=here.runs) as run:
        results.append(here.nornir.run(apply_plan, run=run, on_failed=True))
        shown = repr(run) + repr(vars(run))
    monkeypatch.setattr(logging.getLogger("nornir"), "handlers", before)
    handler.close()
    assert file.stat().st_size > 0
    texts = {
        str(at): "".join(repr(vars(one)) + str(one.result) for each in result.values() for one in each)
        for at, result in enumerate(results)
    }
    _clean({"nornir.log": file.read_bytes(), "debug": caplog.text, "run": shown, **texts, **_written(here.runs)})


def test_an_exception_tells_no_secret_even_with_its_traceback(site, monkeypatch):
    import traceback

    here = site(secret_box(), defaults=DEFAULTS)
    for name, value in (("PASSWORD", "canary-wr0ng"), ("ENABLE", "canary-wr0ng")):
        with monkeypatch.context() as patch:
            patch.setenv(f"NORNIR_ANYCONNECT_{name}", value)
            result = here.nornir.run(plan_fix, on_failed=True)["fw-one"]
        error = result[0].exception
        assert isinstance(error, AnyConnectError)
        _clean({name: "".join(traceback.format_exception(error)) + repr(error) + str(result[0])})


def test_what_holds_a_secret_does_not_show_it():
    known = credentials.from_environment()
    assert (known.password, known.enable) == (PASSWORD, ENABLE)
    _clean({"repr": repr(known), "str": str(known)})
