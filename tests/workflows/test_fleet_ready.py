"""What judges a box is loaded while the first one is reached; where it cannot be, whoever needs it says so."""

import threading

from nornir_anyconnect.asa import parser
from nornir_anyconnect.audit.finding import Status
from nornir_anyconnect.remedies import propose
from nornir_anyconnect.workflows.fleet import audit_fleet
from nornir_anyconnect.workflows.inventory import inventory_of


def unreachable(tmp_path):
    (tmp_path / "hosts.yaml").write_text(
        "fw1: {hostname: 127.0.0.1, port: 1, platform: asa, username: a, password: b}\n"
    )
    return inventory_of(str(tmp_path))


def audited(nornir):
    (device,) = audit_fleet(nornir).devices
    for thread in threading.enumerate():
        if thread.name == "getting ready":
            thread.join()
    return device


def test_templates_are_compiled_before_any_text_has_come(tmp_path):
    parser._templates.cache_clear()
    assert audited(unreachable(tmp_path)).status is Status.FAILED
    assert parser._templates.cache_info().currsize == 1


def test_a_failure_of_it_is_not_told_by_a_thread_that_nobody_watches(tmp_path, monkeypatch):
    def broken():
        raise ImportError("no TTP")

    monkeypatch.setattr(propose, "prepare", broken)
    (error,) = audited(unreachable(tmp_path)).errors
    assert error.startswith("unreachable: 127.0.0.1:1")
