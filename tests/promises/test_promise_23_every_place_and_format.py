"""Promise 23: whatever says a secret (a device in its banner, a reply or a question; a text; a key), no output holds it."""

import itertools
import os
from pathlib import Path

import asyncssh
import pytest

from nornir_anyconnect import masking
from nornir_anyconnect.platforms.login_gate import gate
from nornir_anyconnect.report import AUDIT_FORMATS, LOGS_FORMATS, PLAN_FORMATS
from tests.amounts import of
from tests.promises.test_promise_23_no_secret_anywhere import (
    COMMUNITY,
    DEFAULTS,
    ENABLE,
    HASH,
    KEY,
    PASSWORD,
    SECRETS,
    _canaries,
    _clean,
    _written,
    secret_box,
)

pytestmark = [pytest.mark.fleet, pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")]
__all__ = ["_canaries"]
BOTH = f"{PASSWORD} and {ENABLE}"


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch):
    monkeypatch.setattr(masking, "_known", set())


@pytest.fixture
def said(cli):
    """Runs a command with every format that it has into files, and keeps what it says; ends with what is clean."""
    kept = {}

    def run(command, *argv, formats=(), codes=(0, 1, 2, 3), loud=("-vv",)):
        every = itertools.chain.from_iterable(("--format", f"{each}=out.{len(kept)}.{each}") for each in formats)
        code, out, err = cli(command, *argv, *every, *loud)
        assert code in codes, err
        kept[f"{len(kept)} {command}"] = out + err
        return out + err

    yield run
    _clean(kept)
    _clean(_written(Path()))


PLACES = {
    "its banner": ("banner", None, {"text": f"welcome {BOTH}\r\nfw-one# {PASSWORD}\r\n"}),
    "a reply": ("reply", "show version", {"text": f"ERROR: {BOTH}"}),
    "a remark": ("remark", "show failover", {"text": f"WARNING: {BOTH}"}),
    "a refusal": ("authorization", "show curpriv", {"text": f"Command authorization failed for {BOTH}"}),
    "a question": ("reply", "terminal pager 0", {"text": f"{BOTH} are wrong, go on? [confirm]"}),
    "the question for the secret": ("reply", "enable", {"text": f"{ENABLE} is no password. Password:"}),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_device_that_says_them_back(site, said, place):
    kind, step, how = PLACES[place]
    user = {"users": {"audit": {"password": PASSWORD, "privilege": 1}}} if step == "enable" else {}
    here = site(secret_box(**user), defaults=DEFAULTS)
    fleet = here.fleet.devices["fw-one"]
    fleet.set_fault(kind, step, **how) if step else fleet.set_fault(kind, **how)
    where = ("--inventory", here.inventory.parent)
    in_time = ("--host-timeout", 2 if place == "a question" else 60)  # nobody answers that one
    said("audit", *where, *in_time, "--keep", formats=AUDIT_FORMATS)
    gate.forget()
    said("doctor", *where, *in_time, "--format", "json")
    if place != "a question":
        gate.forget()
        said("explain", "--host", "fw-one", *where, "--format", "json")


WHILE_CHANGED = {
    "its banner": PLACES["its banner"],
    "the way in": ("remark", "configure terminal", {"text": f"WARNING: {BOTH}"}),
    "a refused way in": ("reply", "configure terminal", {"text": f"ERROR: {BOTH}"}),
    "the line": ("remark", "anyconnect mtu", {"text": f"WARNING: {BOTH}"}),
    "a refused inverse": ("reply", "no anyconnect mtu", {"text": f"ERROR: {BOTH}"}),
    "the saving": ("reply", "write memory", {"text": f"%Error: {BOTH}"}),
    "the look at it": ("reply", "show running-config", {"text": f"ERROR: {BOTH}"}),
}


HOW = [*itertools.product(("text", "json"), ((), ("--quiet",), ("-v",), ("-vv",)))]
"""Each format with each loudness: by turns in a sample, so that each occurs; all of them at each place in the whole."""
SAID = [(place, *HOW[number % len(HOW)]) for number, place in enumerate((*WHILE_CHANGED, "the line"))]


@pytest.mark.parametrize(
    ("place", "form", "loud"), of(SAID, SAID, [(place, *how) for place in WHILE_CHANGED for how in HOW])
)
def test_a_device_that_says_them_back_while_it_is_changed(site, said, place, form, loud):
    """Plan, dry run, apply, verify, rollback and journal; the last ones may fail, as they should."""
    shape = ("--format", form)
    here = site(secret_box(), defaults=DEFAULTS)
    where, journal = ("--inventory", here.inventory.parent), ("--journal", Path("journal"))
    said("plan", *where, "--out", "plan.yaml", formats=PLAN_FORMATS, codes=(0,))
    kind, step, how = WHILE_CHANGED[place]
    here.fleet.devices["fw-one"].set_fault(kind, *([step] if step else []), **how)
    said("apply", "plan.yaml", *where, "--dry-run", *shape, codes=(0, 3), loud=loud)
    apply = ("apply", "plan.yaml", "--soak", 0, "--yes", "--save", "verified")
    said(*apply, *where, *journal, *shape, codes=(0, 3, 4, 5), loud=loud)
    # where not one line was sent there is nothing to look at or to take back
    ended = (2,) if place in ("a refused way in", "the look at it") else (0, 1, 3, 4, 5)
    for command, *more in (("verify", "last"), ("rollback", "last", "--yes")):
        gate.forget()
        said(command, *more, *where, *journal, *shape, codes=ended, loud=loud)
    (kept,) = Path("journal").glob("*.jsonl")
    said("journal", kept.stem, *journal, *shape, codes=(0,), loud=loud)
    assert ("*****" in kept.read_text()) == (place not in ("its banner", "the way in"))


def test_texts_that_hold_them(said):
    """Secrets where they belong, and where a line was moved or torn."""
    moved = f" ikev1 pre-shared-key {KEY}\n key {KEY}\n password {HASH}\n  snmp-server community {COMMUNITY}\n"
    whole = Path(__file__).parents[1].joinpath("fixtures/configs/full_9_16.cfg").read_text()
    for number, text in enumerate(
        (
            whole.replace("\n: end", f"\n{SECRETS}: end"),
            whole.replace(" attributes\n", f" attributes\n{moved}", 1),
            whole.replace("\nwebvpn\n", f"\nwebvpn\n{moved}", 1),
            f"{SECRETS}{whole}",
        )
    ):
        Path(f"{number}.cfg").write_text(text)
        inputs = Path(f"{number}.cfg")
        said("check", inputs, "--details", formats=AUDIT_FORMATS)
        said("plan", inputs, formats=PLAN_FORMATS)
        said("explain", inputs)
        said("logs", inputs, formats=[each for each in LOGS_FORMATS if each != "text"])
        inputs.unlink()


@pytest.mark.filterwarnings("ignore:.*bcrypt.kdf")  # one round: a key is opened at once
def test_a_key_that_its_passphrase_does_not_open(site, said):
    here = site(secret_box(), defaults=DEFAULTS)
    key = asyncssh.generate_private_key("ssh-ed25519")
    Path("id").write_bytes(key.export_private_key("openssh", "canary-passphrase", rounds=1))
    os.chmod("id", 0o600)
    hosts = here.inventory.parent / "hosts.yaml"
    device = here.fleet.devices["fw-one"]
    known = here.inventory.parent / "known_hosts"
    hosts.write_text(
        f"fw-one: {{hostname: 127.0.0.1, port: {device.port}, username: audit, platform: asa, connection_options: "
        f"{{anyconnect_asa: {{extras: {{key_file: id, known_hosts: {known}}}}}}}}}\n"
    )
    told = said("audit", "--inventory", hosts.parent, formats=["json"], codes=(3,))
    assert "the key file id cannot be used" in told
    Path("id").unlink()
