"""``--ask-pass``: a password typed on the terminal goes where credentials come from, and is shown nowhere."""

from __future__ import annotations

import getpass
import os
import sys

import pytest

from mock_devices.fleet import start_fleet

LOGIN = {"users": {"audit": {"password": "typed-password", "privilege": 15}}, "enable_password": "typed-enable"}
BOX = {"name": "fw-one", "release": "9.12(4)67", "serial": "JAD1"}
BOX["config"] = ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]


@pytest.fixture
def typed(monkeypatch):
    """What a person types, question by question; the questions that were asked."""
    for name in ("PASSWORD", "ENABLE"):
        monkeypatch.setenv(f"NORNIR_ANYCONNECT_{name}", "wrong")  # so that it is put back after the test
        monkeypatch.delenv(f"NORNIR_ANYCONNECT_{name}")
    monkeypatch.setenv("NORNIR_ANYCONNECT_USERNAME", "audit")

    def types(*answers):
        left, asked = list(answers), []

        def answer(prompt, _stream):
            asked.append(prompt)
            return left.pop(0)

        monkeypatch.setattr(getpass, "getpass", answer)
        monkeypatch.setattr(sys, "stdin", Terminal())
        return asked

    return types


class Terminal:
    def isatty(self):
        return True


def test_what_is_typed_logs_in_and_is_shown_nowhere(cli, typed, tmp_path):
    asked = typed("typed-password", "typed-enable")
    with start_fleet({"devices": [BOX], "defaults": LOGIN}) as fleet:
        fleet.write_inventory(tmp_path / "inventory")
        run = cli("audit", "--ask-pass")
    assert run.code == 1
    assert "1 finding on 1 firewall is at risk" in run.out
    assert asked[0] == "password: "
    assert asked[1].startswith("enable secret")
    assert "typed-" not in run.out + run.err


def test_no_enable_secret_leaves_what_is_set(typed, cli, write):
    typed("typed-password", "")
    run = cli("audit", "--ask-pass")
    assert run.code == 2  # there is no inventory here
    assert os.environ["NORNIR_ANYCONNECT_PASSWORD"] == "typed-password"
    assert "NORNIR_ANYCONNECT_ENABLE" not in os.environ


def test_without_a_terminal_nobody_is_asked(cli):
    run = cli("audit", "--ask-pass")
    assert run.code == 2
    assert run.err.startswith("error: --ask-pass needs a terminal")
