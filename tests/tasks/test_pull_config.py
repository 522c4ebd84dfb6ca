"""What a pull asks for, and which answers it does not believe."""

from types import SimpleNamespace

import pytest
from nornir.core.inventory import Host

from nornir_anyconnect.asa.commands import Section, ShowRunning
from nornir_anyconnect.errors import IncompleteReplyError, InventoryError, RejectedError
from nornir_anyconnect.tasks.audit_mtu import failed_device
from nornir_anyconnect.tasks.pull_config import pull_context, wanted_contexts, without_passwords

GROUP_POLICY = "group-policy GP internal\ngroup-policy GP attributes\n vpn-tunnel-protocol ssl-client"
TUNNEL_GROUP = "tunnel-group STAFF type remote-access"
WEBVPN = "webvpn\n enable outside\n anyconnect enable"
ANSWERS = {
    "show version": "Cisco Adaptive Security Appliance Software Version 9.12(4)67",
    "show ssl ciphers": "tlsv1.2 (custom):\n  AES256-SHA",
    "show running-config group-policy": GROUP_POLICY,
    "show running-config all group-policy": "group-policy DfltGrpPolicy internal\n" + GROUP_POLICY,
    "show running-config tunnel-group": TUNNEL_GROUP,
    "show running-config all tunnel-group": "tunnel-group DefaultRAGroup type remote-access\n" + TUNNEL_GROUP,
    "show running-config webvpn": WEBVPN,
    "show running-config all webvpn": WEBVPN + "\n port 443",
    "show running-config username": "username bob password $sha512$CANARY pbkdf2\nusername bob attributes\n vpn-group-policy GP",
}
INVALID = "ERROR: % Invalid input detected at '^' marker."


class Talk:
    """A session that answers from a table; a list gives one answer after the other."""

    name = "fw1"

    def __init__(self, **changed):
        self.answers = {k: list(v) if isinstance(v, list) else v for k, v in {**ANSWERS, **changed}.items()}
        self.sent = []

    def send(self, command):
        self.sent.append(command.text)
        answer = self.answers.get(command.text, "")
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        refused = answer if answer.startswith("ERROR") or "authorization" in answer else None
        return SimpleNamespace(text=answer, refusal=refused)

    def settle(self):
        self.sent.append("settled")


def test_sections_are_pulled_and_the_whole_file_is_not():
    talk = Talk()
    config = pull_context(talk, "fw1", None).parse()
    assert "show running-config" not in talk.sent
    assert talk.sent[-1] == "settled"
    assert config.tunnel_group("STAFF") is not None
    assert config.complete


def test_hashes_never_leave_the_reader():
    pulled = pull_context(Talk(), "fw1", None)
    assert "CANARY" not in repr(pulled)
    assert "vpn-group-policy GP" in pulled.pull.sections[Section.USERNAME]
    assert "CANARY" not in without_passwords("username x password CANARY encrypted")


def test_a_release_without_all_gives_no_defaults():
    refused = {
        f"show running-config all {s}": INVALID for s in ("group-policy", "tunnel-group", "webvpn", "ssl", "sysopt")
    }
    pulled = pull_context(Talk(**refused), "fw1", None)
    assert pulled.pull.defaults == {}
    assert "show running-config all ssl" in pulled.refused


def test_a_release_without_sections_gives_the_whole():
    whole = ": Saved\nASA Version 7.0(8)\n!\n" + TUNNEL_GROUP + "\n: end"
    pulled = pull_context(
        Talk(**{"show running-config group-policy": INVALID, "show running-config": whole}), "fw1", None
    )
    assert pulled.whole is not None
    assert pulled.parse().tunnel_group("STAFF") is not None


@pytest.mark.parametrize("whole", ["", ": Saved\nASA Version 9.1\nwebvpn\n enable outside"])
def test_the_whole_needs_its_end_mark(whole):
    with pytest.raises(IncompleteReplyError, match="end mark"):
        pull_context(Talk(**{"show running-config": whole}), "fw1", None, full=True)


@pytest.mark.parametrize(
    "changed",
    [
        {"show running-config group-policy": ["", GROUP_POLICY]},
        {"show running-config webvpn": ["", WEBVPN]},
        {"show running-config group-policy": "group-policy G"},
        {"show running-config tunnel-group": ""},
        {"show running-config all tunnel-group": ""},
        {"show running-config webvpn": "webvpn\n enable outside"},
    ],
)
def test_answers_that_do_not_fit_together_are_not_believed(changed):
    with pytest.raises(IncompleteReplyError):
        pull_context(Talk(**changed), "fw1", None)


def test_what_the_account_may_not_see_is_an_error():
    with pytest.raises(RejectedError, match="account"):
        try:
            pull_context(Talk(**{"show running-config ssl": "Command authorization failed"}), "fw1", None)
        except RejectedError as error:
            raise RejectedError(error.remedy) from error


def test_contexts_are_those_the_inventory_wants():
    assert wanted_contexts(Host("fw"), ("a", "b")) == ("a", "b")
    assert wanted_contexts(Host("fw", data={"anyconnect": {"context": "b"}}), ("a", "b")) == ("b",)
    with pytest.raises(RejectedError, match="no context c"):
        wanted_contexts(Host("fw", data={"anyconnect": {"context": ["c"]}}), ("a", "b"))
    assert wanted_contexts(Host("fw", data={"anyconnect": {"context": 5}}), ("5", "6")) == ("5",)


@pytest.mark.parametrize("ours", ["xyz", ["a"], {"context": {"a": "b"}}])
def test_an_inventory_of_another_shape_is_named(ours):
    with pytest.raises(InventoryError, match=r"fw: data\.anyconnect"):
        wanted_contexts(Host("fw", data={"anyconnect": ours}), ("a", "b"))


def test_an_unexpected_error_tells_its_kind_and_not_its_text():
    device = failed_device("fw1", ValueError("secret CANARY"))
    assert "CANARY" not in device.errors[0]
    assert "ValueError" in device.errors[0]


def test_aaa_servers_are_not_asked_for():
    talk = Talk()
    pull_context(talk, "fw1", None)
    assert ShowRunning(Section.AAA_SERVER).text not in talk.sent
