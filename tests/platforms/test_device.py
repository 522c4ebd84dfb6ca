"""An ASA behind a session: what is asked, which answers are not believed, and that one SSH session is left free."""

from types import SimpleNamespace

import pytest

from nornir_anyconnect.asa.commands import Show
from nornir_anyconnect.errors import IncompleteReplyError, NoSlotError, RejectedError
from nornir_anyconnect.platforms.asa_ssh.device import AsaDevice, without_passwords
from nornir_anyconnect.platforms.asa_ssh.dialogue import Reply
from nornir_anyconnect.platforms.protocols import Foreseen
from nornir_anyconnect.tasks.pull import EVERYTHING

HEAD = "SID Client IP       Version Mode Encryption Hmac     State            Username\n"
ROWS = (
    "{0:<3} 192.0.2.7       2.0     IN   aes256-ctr sha2-256 SessionStarted   audit\n"
    "                            OUT  aes256-ctr sha2-256 SessionStarted   audit\n"
)


def device(sids, refusal=None):
    """A device that lists these."""
    text = HEAD + "".join(ROWS.format(sid) for sid in sids)
    return AsaDevice(SimpleNamespace(name="fw1", send=lambda asked: Reply(asked.text, text, None, refusal)))


@pytest.mark.parametrize(
    ("sids", "free"), [([0], 4), ([0, 1, 7, 12], 1), ([0, 1, 2, 3, 4], 0), (range(6), 0), ([3, 3], 4)]
)
def test_slots_beside_those_in_use(sids, free):
    assert device(sids).free_slots() == free


def test_the_last_session_is_not_taken():
    device(range(4)).leave_one_free()
    with pytest.raises(NoSlotError, match="fw1: all 5 SSH sessions are taken, ours is the last one"):
        device(range(5)).leave_one_free()


def test_a_login_that_may_not_ask_goes_on():
    may_not = device(range(5), refusal="ERROR: Command authorization failed")
    assert may_not.free_slots() is None
    may_not.leave_one_free()


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
ONE_CONTEXT = "Context Name   Class   Interfaces   URL\n A   default   G0/1   disk0:/A.cfg\n"
TWO_CONTEXTS = f"{ONE_CONTEXT} B   default   G0/2   disk0:/B.cfg\nTotal active Security Contexts: 2\n"
INVALID = "ERROR: % Invalid input detected at '^' marker."


class Talk:
    """A session that answers from a table; a list gives one answer after the other."""

    name = "fw1"
    doubt = None
    context = None

    def __init__(self, **changed):
        self.answers = {k: list(v) if isinstance(v, list) else v for k, v in {**ANSWERS, **changed}.items()}
        self.sent, self.foreseen = [], []

    def ask_ahead(self, commands):
        self.foreseen.append([each.text for each in commands])

    def send(self, command):
        self.sent.append(command.text)
        answer = self.answers.get(command.text, "")
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        refused = answer if answer.startswith("ERROR") or "authorization" in answer else None
        return Reply(command.text, answer, self.prompt, refused)

    @property
    def prompt(self):
        return SimpleNamespace(hostname="fw1", context=self.context)

    def settle(self):
        self.sent.append("settled")


def test_sections_are_pulled_and_the_whole_file_is_not():
    talk = Talk()
    config = AsaDevice(talk).configuration().running
    assert "show running-config" not in talk.sent
    assert talk.sent[-1] == "settled"
    assert config.tunnel_group("STAFF") is not None
    assert config.complete


def test_hashes_never_leave_the_reader():
    pulled = AsaDevice(Talk()).configuration()
    assert "CANARY" not in repr(pulled)
    assert [user.name for user in pulled.running.usernames] == ["bob"]
    assert "CANARY" not in without_passwords("username x password CANARY encrypted")


def test_a_release_without_all_gives_no_defaults():
    refused = {
        f"show running-config all {s}": INVALID for s in ("group-policy", "tunnel-group", "webvpn", "ssl", "sysopt")
    }
    pulled = AsaDevice(Talk(**refused)).configuration()
    assert pulled.running.defaults is None
    assert "show running-config all ssl" in pulled.refused


def test_a_release_without_sections_gives_the_whole():
    whole = ": Saved\nASA Version 7.0(8)\n!\n" + TUNNEL_GROUP + "\n: end"
    talk = Talk(**{"show running-config group-policy": INVALID, "show running-config": whole})
    pulled = AsaDevice(talk).configuration()
    assert pulled.sizes == (("whole", len(whole) + 1),)
    assert pulled.running.tunnel_group("STAFF") is not None
    assert (pulled.running.release_text, pulled.running.release.value.major) == ("7.0(8)", 7)


@pytest.mark.parametrize(("line", "serials"), [("", ("JAD1",)), (": Serial Number: JAD9\n", ("JAD9",))])
def test_the_whole_tells_its_serial_number_else_the_version_does(line, serials):
    whole = f": Saved\n{line}ASA Version 9.1\nwebvpn\n enable outside\n: end\n"
    version = ANSWERS["show version"] + "\nSerial Number: JAD1"
    talk = Talk(**{"show running-config": whole, "show version": version})
    assert AsaDevice(talk).configuration(whole=True).running.serials == serials


def test_what_cannot_change_within_a_session_is_asked_once():
    talk = Talk(**{"show failover": "Failover Off", "show mode": "Security context mode: single"})
    device = AsaDevice(talk)
    assert device.identity() == device.identity()
    device.contexts()
    device.configuration()
    assert [talk.sent.count(each) for each in ("show version", "show mode", "show failover")] == [1, 1, 2]


@pytest.mark.parametrize("whole", [False, True])
def test_what_is_asked_ahead_is_what_is_asked_then(whole):
    text = ": Saved\nASA Version 9.1\nwebvpn\n enable outside\n: end\n"
    talk = Talk(**{"show running-config": text, "show mode": "Security context mode: single"})
    device = AsaDevice(talk)
    device.foreseen = Foreseen(configuration=True, whole=whole, observations=EVERYTHING)
    device.look_ahead()
    (everything,) = talk.foreseen
    device.leave_one_free()
    device.identity()
    device.configuration(whole=whole)
    device.observations(EVERYTHING)
    assert list(dict.fromkeys(everything)) == sorted(set(talk.sent) - {"settled"}, key=everything.index)
    assert set(everything) == set(talk.sent) - {"settled"}
    for ahead in talk.foreseen[1:]:
        assert set(ahead) <= set(everything)


def test_nothing_is_asked_ahead_of_a_context_but_what_is_foreseen():
    talk = Talk()
    device = AsaDevice(talk)
    device.look_ahead()
    who = ["show version", "show failover", "show cluster info", "show mode"]
    assert talk.foreseen == [["show ssh sessions", *who]]
    device.foreseen = Foreseen(configuration=True)
    device.look_ahead()
    assert "show running-config webvpn" in talk.foreseen[1]
    assert "show running-config" not in talk.foreseen[1]


def test_every_reading_asks_its_questions_at_once():
    talk = Talk(**{"show mode": "Security context mode: multiple", "show context": TWO_CONTEXTS})
    device = AsaDevice(talk)

    def ahead(ask):
        talk.foreseen.clear()
        ask()
        return [set(each) for each in talk.foreseen]

    who = {"show failover", "show cluster info"}
    assert ahead(device.identity) == [{"show version", "show mode", *who}]
    assert ahead(device.identity) == [{"show context", *who}]
    assert ahead(lambda: device.observations([Show.LOGGING])) == [{"show logging"}]
    ((*asked,),) = ahead(device.configuration)
    assert {"show running-config webvpn", "show running-config all webvpn", "show ssl ciphers"} <= set(asked)
    assert "show version" not in asked
    device.foreseen = Foreseen(observations=[Show.LOGGING])
    talk.answers["show context"] = ONE_CONTEXT
    assert ahead(lambda: device.enter("A")) == [{"show context", "show logging"}]
    talk.answers["show context"] = TWO_CONTEXTS
    assert ahead(lambda: device.enter(None)) == []


def test_a_context_that_a_session_did_not_reach_is_named_with_where_it_stands():
    device = AsaDevice(Talk(**{"show context": ONE_CONTEXT}))
    with pytest.raises(RejectedError, match="fw1: could not change to B: it stands in A"):
        device.enter("B")
    device.session.answers["changeto context B"] = "ERROR: context not found"
    with pytest.raises(RejectedError, match="fw1: could not change to B: ERROR: context not found"):
        device.enter("B")


@pytest.mark.parametrize(("interval", "samples"), [(0, 1), (0.5, 2), (10, 2)])
def test_two_samples_of_drops_are_so_far_apart_as_was_asked_for(interval, samples, monkeypatch):
    slept = []
    clock = SimpleNamespace(monotonic=iter((100.0, 100.25)).__next__, sleep=slept.append)
    monkeypatch.setattr("nornir_anyconnect.platforms.asa_ssh.device.time", clock)
    talk = Talk(**{"show asp drop": "Frame drop:\n  x (mp-svc-no-fragment) 7\n"})
    asked = {"interval": interval} if interval else {}
    assert len(AsaDevice(talk).observations([Show.ASP_DROP], **asked).drops) == samples
    assert slept == ([interval - 0.25] if interval else [])


def test_what_is_not_shown_has_no_second_sample():
    talk = Talk(**{"show asp drop": INVALID})
    seen = AsaDevice(talk).observations([Show.ASP_DROP], interval=10)
    assert (seen.drops, talk.sent) == ([], ["show asp drop"])
    assert [show for show, _ in seen.refused] == [Show.ASP_DROP]


def test_where_a_prompt_names_a_context_its_configuration_may_not_be_wanted():
    talk = Talk()
    talk.context = "admin"
    device = AsaDevice(talk)
    device.foreseen = Foreseen(configuration=True, observations=EVERYTHING)
    device.look_ahead()
    assert [each for each in talk.foreseen[0] if "running-config" in each or "logging" in each] == []


@pytest.mark.parametrize("whole", ["", ": Saved\nASA Version 9.1\nwebvpn\n enable outside"])
def test_the_whole_needs_its_end_mark(whole):
    with pytest.raises(IncompleteReplyError, match="end mark"):
        AsaDevice(Talk(**{"show running-config": whole})).configuration(whole=True)


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
        AsaDevice(Talk(**changed)).configuration()


def test_an_essential_section_that_was_empty_once_is_asked_for_again():
    with pytest.raises(IncompleteReplyError, match="'show running-config webvpn' was empty once and full once"):
        AsaDevice(Talk(**{"show running-config webvpn": ["", WEBVPN]})).configuration()


def test_a_device_that_says_nothing_of_its_version_is_asked_again_and_one_that_refuses_it_is_not():
    with pytest.raises(IncompleteReplyError, match="'show version' was answered with nothing"):
        AsaDevice(Talk(**{"show version": " "})).identity()
    assert AsaDevice(Talk(**{"show version": INVALID})).identity().release is None


@pytest.mark.parametrize(("said", "hostname"), [("\nedge up 3 days\n", "edge"), ("", "fw1")])
def test_a_configuration_is_of_the_host_that_the_version_names_else_the_prompt(said, hostname):
    talk = Talk(**{"show version": ANSWERS["show version"] + said})
    assert AsaDevice(talk).configuration().running.hostname == hostname


def test_an_account_that_may_not_see_the_whole_is_told():
    refused = {"show running-config": "Command authorization failed"}
    with pytest.raises(RejectedError, match="'show running-config': Command authorization failed"):
        AsaDevice(Talk(**refused)).configuration(whole=True)


def test_what_the_account_may_not_see_is_an_error():
    with pytest.raises(RejectedError, match="account"):
        try:
            AsaDevice(Talk(**{"show running-config ssl": "Command authorization failed"})).configuration()
        except RejectedError as error:
            raise RejectedError(error.remedy) from error


def test_aaa_servers_are_not_asked_for():
    talk = Talk()
    AsaDevice(talk).configuration()
    assert not any("aaa-server" in line for line in talk.sent)


def test_release_and_ciphers_are_what_the_device_tells_beside_its_sections():
    running = AsaDevice(Talk()).configuration().running
    assert running.release_text == "9.12(4)67"
    assert dict(running.device_ciphers) == {"tlsv1.2": ("AES256-SHA",)}


@pytest.mark.parametrize(
    ("table", "context"),
    [(" A   default   G0/1   disk0:/A.cfg\n", "A"), (" A   default   G0/1\nTotal active Security Contexts: 1\n", None)],
)
def test_a_configuration_is_of_the_context_in_which_the_identity_was_asked(table, context):
    talk = Talk(**{
        "show version": ANSWERS["show version"] + "\nSerial Number: JAD1",
        "show mode": "Security context mode: multiple",
        "show context": "Context Name   Class   Interfaces   URL\n" + table,
    })  # fmt: skip
    device = AsaDevice(talk)
    assert device.identity().context == (context or "system")
    assert device.configuration().running.context == context
