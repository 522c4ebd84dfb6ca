"""The transaction on a firewall in memory: every fault at every step ends in a correct, reported state."""

from dataclasses import replace

import pytest

from nornir_anyconnect.asa.config_commands import lines_to_send
from nornir_anyconnect.asa.grammar import Mode
from nornir_anyconnect.asa.running_config import ClientSettings, GroupPolicy, RunningConfig, Sourced, TunnelGroup
from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.transaction import Change, Saving, Transaction
from nornir_anyconnect.errors import (
    CredentialError,
    GateError,
    IncompleteReplyError,
    LinkLostError,
    NameRefusedError,
    ReplyTimeoutError,
    SourceError,
    UnreachableError,
)
from nornir_anyconnect.remedies.client_settings import ClientScope, ClientSettingsOf
from nornir_anyconnect.remedies.kinds import decode
from nornir_anyconnect.remedies.kinds.mtu import ClientMtu
from nornir_anyconnect.remedies.kinds.tcpmss import TcpMss
from nornir_anyconnect.remedies.kinds.tls_only_group import NewGroupPolicy, NewTunnelGroup

TOKEN = "run-0001"
MTU = ClientMtu(ClientSettingsOf(ClientScope.GROUP_POLICY, "SALES"), None, 1287)
MTU_2 = ClientMtu(ClientSettingsOf(ClientScope.GROUP_POLICY, "OPS"), 1400, 1287)
MSS = TcpMss(1460, 1380)
POLICY = NewGroupPolicy("SALES-TLS", ("vpn-tunnel-protocol ssl-client",), ("anyconnect ssl dtls none",), TOKEN)
GROUP = NewTunnelGroup(
    "SALES-TLS", "remote-access", ("default-group-policy SALES-TLS",), ("group-alias SALES-TLS enable",), TOKEN
)
COMMANDS = (MTU, MTU_2, MSS, POLICY, GROUP)


def settings_of(mtu):
    return ClientSettings(mtu=None if mtu is None else Sourced(mtu, None))


START = RunningConfig(
    complete=True,
    group_policies=(GroupPolicy("SALES", client=settings_of(None)), GroupPolicy("OPS", client=settings_of(1400))),
    tcpmss=Sourced(1460, None),
)


class Firewall:
    """Keeps a configuration, takes lines in their sub-modes, and fails where a test says so."""

    def __init__(self, config=START):
        self.config = config
        self.startup = config
        self.received = []
        self.calls = 0
        self.faults = {}
        self.after = {}
        self.sessions = 0
        self.logins = 0

    def login(self):
        self.logins += 1
        return Login(self)


class Login:
    def __init__(self, box):
        self.box, self.mode, self.headers, self.dead = box, None, [], False

    def _step(self, name):
        if self.dead:
            raise LinkLostError("the session is gone")
        number, self.box.calls = self.box.calls, self.box.calls + 1
        fault = self.box.faults.get(number) or self.box.faults.get(name)
        if callable(fault):
            fault = fault(self.box)
        if isinstance(fault, LinkLostError):
            self.dead = True
        if isinstance(fault, Exception):
            raise fault
        return fault

    def check_identity(self):
        self._step("check_identity")

    def read(self):
        self._step("read")
        return self.box.config

    def startup_differs(self):
        self._step("startup_differs")
        return self.box.startup != self.box.config

    def sessions_on(self, command):
        self._step("sessions_on")
        return self.box.sessions

    def configure(self):
        self._step("configure")
        self.mode = Mode.CONFIG

    def leave(self):
        self._step("leave")
        self.mode = None

    def save(self):
        self._step("save")
        self.box.startup = self.box.config

    def send(self, line, mode):
        fault = self._step("send")
        assert self.mode is not None, "a configuration line outside configuration mode"
        self.box.received.append((str(mode), line.text))
        if fault == "swallow":
            return ""
        if isinstance(fault, str):
            return fault
        self._take(line.text, mode)
        late = self.box.after.get(self.box.calls - 1)
        if late is not None:
            self.dead = True
            raise late
        return ""

    def _take(self, text, mode):
        box, words = self.box, text.split()
        if text == "exit":
            self.headers.pop()
        elif text.endswith("attributes"):
            self.headers = [words[1]]
        elif text == "webvpn":
            self.headers.append("webvpn")
        elif text.startswith(("anyconnect mtu", "no anyconnect mtu")):
            mtu = None if words[0] == "no" else int(words[-1])
            policies = tuple(
                replace(p, client=settings_of(mtu)) if p.name == self.headers[0] else p
                for p in box.config.group_policies
            )
            box.config = replace(box.config, group_policies=policies)
        elif "tcpmss" in text:
            value = None if words[0] == "no" else Sourced(int(words[-1]), None)
            box.config = replace(box.config, tcpmss=value)
        elif words[:2] == ["no", "group-policy"]:
            box.config = replace(
                box.config, group_policies=tuple(p for p in box.config.group_policies if p.name != words[2])
            )
        elif words[:2] == ["no", "tunnel-group"]:
            box.config = replace(
                box.config, tunnel_groups=tuple(g for g in box.config.tunnel_groups if g.name != words[2])
            )
        elif text.endswith("internal"):
            box.config = replace(
                box.config,
                group_policies=(*box.config.group_policies, GroupPolicy(words[1], Sourced("internal", None))),
            )
        elif words[0] == "tunnel-group":
            group = TunnelGroup(words[1], type=Sourced("remote-access", None))
            box.config = replace(box.config, tunnel_groups=(*box.config.tunnel_groups, group))
        elif mode in (Mode.TUNNEL_GENERAL, Mode.TUNNEL_WEBVPN):
            field = "general" if mode is Mode.TUNNEL_GENERAL else "webvpn"
            box.config = replace(
                box.config,
                tunnel_groups=tuple(
                    replace(g, **{field: (*getattr(g, field), Sourced(f" {text}", None))})
                    for g in box.config.tunnel_groups
                ),
            )
        else:
            box.config = replace(
                box.config,
                group_policies=tuple(
                    replace(p, body=(*p.body, Sourced(f" {text}", None))) if p.name == self.headers[0] else p
                    for p in box.config.group_policies
                ),
            )


class Journal:
    def __init__(self):
        self.records, self.full = [], False

    def __call__(self, event, **data):
        if self.full:
            raise SourceError("the journal cannot be written")
        self.records.append((event, data))

    def events(self):
        return [event for event, _ in self.records]


def run(
    box,
    *,
    commands=COMMANDS,
    verb="apply",
    saving=None,
    journal=None,
    check=None,
    misjudged=None,
    in_doubt=None,
    **options,
):
    change = Change(commands, check or (lambda _: None), misjudged or (lambda _: None))
    if verb != "apply":  # an earlier attempt announced all of it, unless the test says otherwise
        options.setdefault("announced", len(lines_to_send(commands)))
    transaction = Transaction(change, box.login, journal or Journal(), saving, **options)
    return getattr(transaction, verb)(**({} if in_doubt is None else {"in_doubt": in_doubt}))


def applied():
    box = Firewall()
    assert run(box).state is State.APPLIED
    box.calls, box.received, box.logins = 0, [], 0
    return box


def test_every_line_goes_out_in_its_own_sub_mode_and_is_read_back():
    box, journal = Firewall(), Journal()
    outcome = run(box, journal=journal)
    assert outcome.state is State.APPLIED
    assert box.received[:6] == [
        ("config", "group-policy SALES attributes"),
        ("config-group-policy", "webvpn"),
        ("config-group-webvpn", "anyconnect mtu 1287"),
        ("config-group-webvpn", "exit"),
        ("config-group-policy", "exit"),
        ("config", "group-policy OPS attributes"),
    ]
    assert box.config.group_policy("SALES").client.mtu.value == 1287
    assert box.config.tcpmss.value == 1380
    assert journal.events()[0] == "intent"
    assert journal.events()[-2:] == ["read-back", "outcome"]


def test_the_inverse_is_noted_before_the_first_line_and_every_line_before_it_is_sent():
    box, journal = Firewall(), Journal()
    run(box, journal=journal)
    assert journal.events().index("intent") < journal.events().index("sending")
    intent = dict(journal.records)["intent"]
    assert intent["inverse"][-3:] == ["group-policy SALES attributes", "webvpn", "no anyconnect mtu"]
    assert tuple(decode(c) for c in intent["commands"]) == COMMANDS
    sent = [data["line"] for event, data in journal.records if event == "sending"]
    assert sent == [text for _, text in box.received]


def test_apply_then_rollback_is_the_original():
    box = applied()
    assert run(box, verb="rollback").state is State.ROLLED_BACK
    assert box.config == START


def test_a_second_apply_sends_nothing():
    box = applied()
    for _ in range(3):
        assert run(box).state is State.UNCHANGED
    assert box.received == []


def test_a_second_rollback_sends_nothing():
    box = applied()
    run(box, verb="rollback")
    box.received = []
    assert run(box, verb="rollback").state is State.ROLLED_BACK
    assert box.received == []


def test_a_dry_run_sends_nothing_and_shows_every_line():
    box, journal = Firewall(), Journal()
    outcome = Transaction(Change(COMMANDS, lambda _: None, lambda _: None), box.login, journal).apply(dry_run=True)
    assert outcome.state is State.NOT_STARTED
    assert "anyconnect mtu 1287" in outcome.lines
    assert (box.received, journal.records) == ([], [])


def _drifted(_):
    raise GateError("drift since the plan was made: group-policy SALES attributes")


@pytest.mark.parametrize(
    ("check", "config", "words"),
    [
        (_drifted, START, "group-policy SALES attributes"),
        (None, replace(START, tcpmss=Sourced(1300, None)), "1300"),
    ],
)
def test_drift_refuses_before_the_first_line_and_names_it(check, config, words):
    box = Firewall(config)
    outcome = run(box, check=check)
    assert outcome.state is State.REFUSED
    assert words in outcome.reason
    assert box.received == []


def test_a_role_that_flips_between_gate_and_first_line_refuses():
    box, looks = Firewall(), []

    def flip(_):
        looks.append(1)
        return GateError("it is the standby unit now") if len(looks) > 1 else None

    box.faults["check_identity"] = flip
    outcome = run(box)
    assert (outcome.state, box.received) == (State.REFUSED, [])
    assert "standby" in outcome.reason


@pytest.mark.parametrize("verb", ["apply", "rollback"])
def test_a_role_that_flips_between_the_lines_is_never_called_done(verb):
    """The mate, which is active now, did not get every line."""
    box = Firewall() if verb == "apply" else applied()
    box.faults["check_identity"] = lambda b: GateError("it is the standby unit now") if b.received else None
    outcome = run(box, verb=verb)
    assert outcome.state is State.INDETERMINATE
    assert "standby unit" in outcome.reason
    assert outcome.lines


def test_a_standby_that_shows_only_in_configuration_mode_is_a_hard_stop():
    box = Firewall()
    box.faults["configure"] = GateError("Configuration Replication is NOT performed")
    assert (run(box).state, box.received) == (State.REFUSED, [])


def test_an_unreachable_device_is_failed_and_untouched():
    box = Firewall()
    box.login = lambda: (_ for _ in ()).throw(UnreachableError("no route"))
    assert run(box).state is State.FAILED


def test_a_rejected_line_stops_the_rest_and_is_taken_back():
    box = Firewall()
    steps = Firewall()
    run(steps)
    first_mss = next(i for i, (_, text) in enumerate(steps.received) if "tcpmss" in text)
    box.faults[4 + first_mss] = "ERROR: Command authorization failed"
    outcome = run(box)
    assert outcome.state is State.REVERTED
    assert "Command authorization failed" in outcome.reason
    assert box.config == START
    assert not any("SALES-TLS" in text for _, text in box.received)


@pytest.mark.parametrize("word", ["ERROR: x", "% Invalid", "WARNING: y", "INFO: z", "Removing failed", "anything"])
def test_any_word_from_the_device_counts_as_a_rejection(word):
    box = Firewall()
    box.faults[6] = word
    assert run(box).state is State.REVERTED
    assert box.config == START


def test_accepted_but_not_stored_is_reverted():
    box = Firewall()
    box.faults[6] = "swallow"
    outcome = run(box)
    assert outcome.state is State.REVERTED
    assert "accepted but not stored" in outcome.reason
    assert box.config == START


def test_an_effect_that_was_not_predicted_is_taken_back():
    box = Firewall()
    outcome = run(box, misjudged=lambda _: "SALES is still at-risk")
    assert outcome.state is State.REVERTED
    assert box.config == START


def test_a_bug_in_the_re_judging_is_taken_back_too():
    box = Firewall()

    def bug(_):
        raise ZeroDivisionError

    assert run(box, misjudged=bug).state is State.REVERTED
    assert box.config == START


def test_a_value_that_somebody_changed_meanwhile_is_never_overwritten():
    box = applied()
    box.config = replace(box.config, tcpmss=Sourced(1300, None))
    outcome = run(box, verb="rollback")
    assert outcome.state is State.INDETERMINATE
    assert "1300" in outcome.reason
    assert "1380" in outcome.reason
    assert box.received == []


def test_an_object_that_somebody_extended_is_never_removed():
    box = applied()
    groups = tuple(replace(g, general=(*g.general, Sourced(" address-pool P", None))) for g in box.config.tunnel_groups)
    box.config = replace(box.config, tunnel_groups=groups)
    outcome = run(box, verb="rollback")
    assert outcome.state is State.INDETERMINATE
    assert "address-pool P" in outcome.reason
    assert box.received == []


def test_an_object_with_users_on_it_is_never_removed():
    box = applied()
    box.sessions = 3
    outcome = run(box, verb="rollback")
    assert outcome.state is State.REFUSED
    assert "3 users" in outcome.reason
    assert box.received == []


def test_a_denied_inverse_is_indeterminate_and_prints_the_lines():
    box = Firewall()
    box.faults["send"] = lambda b: "ERROR: denied" if len(b.received) >= 6 else None
    outcome = run(box)
    assert outcome.state is State.INDETERMINATE
    assert outcome.lines[-1] == "no anyconnect mtu"


def test_an_inverse_that_is_not_stored_names_both_values():
    box = applied()
    box.faults["send"] = "swallow"
    outcome = run(box, commands=(MTU_2,), verb="rollback")
    assert outcome.state is State.INDETERMINATE
    assert "shows 1287, expected 1400" in outcome.reason


def test_out_of_time_stops_and_takes_back(monkeypatch):
    from nornir_anyconnect.change import transaction

    clock = iter(range(0, 10_000, 40))
    monkeypatch.setattr(transaction.time, "monotonic", lambda: next(clock))
    box = Firewall()
    outcome = run(box, commands=(MTU, MTU_2), deadline=300)
    assert outcome.state is State.REVERTED
    assert "out of time" in outcome.reason
    assert box.config == START


def test_saving_only_when_asked_and_only_after_the_read_back():
    box = Firewall()
    run(box)
    assert box.startup == START
    box = Firewall()
    box.faults["save"] = lambda b: None if b.config != START else GateError("too early")
    outcome = run(box, saving=Saving(wanted=True))
    assert (outcome.state, outcome.reason) == (State.APPLIED, "saved")
    assert box.startup == box.config


def test_foreign_unsaved_changes_refuse_saving_unless_told():
    box = Firewall()
    box.startup = RunningConfig()
    outcome = run(box, saving=Saving(wanted=True))
    assert (outcome.state, outcome.refusal) == (State.REFUSED, "foreign-changes")
    assert box.received == []
    assert run(box, saving=Saving(wanted=True, foreign_changes=True)).state is State.APPLIED


def test_a_save_that_fails_is_reported_unsaved_and_the_change_stands():
    box = Firewall()
    box.faults["save"] = ReplyTimeoutError("no answer")
    outcome = run(box, saving=Saving(wanted=True))
    assert outcome.state is State.APPLIED
    assert outcome.reason.startswith("unsaved")


def test_a_unit_that_lost_its_role_saved_for_itself_alone():
    box = Firewall()
    box.faults["check_identity"] = lambda b: GateError("it is the standby unit now") if b.startup != START else None
    outcome = run(box, saving=Saving(wanted=True))
    assert (outcome.state, outcome.reason) == (State.APPLIED, "unsaved: it is the standby unit now")


def test_the_rollback_of_a_saved_apply_saves_too():
    box = Firewall()
    run(box, saving=Saving(wanted=True))
    assert run(box, verb="rollback", saving=Saving(wanted=True)).reason == "as before; saved"
    assert box.startup == START


def test_a_rollback_does_not_save_what_somebody_else_left_unsaved():
    box = Firewall()
    run(box, saving=Saving(wanted=True))
    saved = box.startup
    box.config = replace(box.config, hostname="renamed-by-somebody")
    outcome = run(box, verb="rollback", saving=Saving(wanted=True))
    assert outcome.state is State.ROLLED_BACK
    assert "unsaved: running and startup configuration differed" in outcome.reason
    assert box.startup == saved
    assert run(box, saving=Saving(wanted=True, foreign_changes=True)).reason == "saved"


@pytest.mark.parametrize(("saved", "said"), [(True, "saved"), (False, "it was never saved")])
def test_a_run_killed_around_its_save_leaves_the_startup_configuration_as_before(saved, said):
    box = applied()
    box.startup = box.config if saved else START
    outcome = run(box, verb="recover", saving=Saving(wanted=True))
    assert (outcome.state, outcome.reason) == (State.REVERTED, f"the run was killed; {said}")
    assert box.startup == START


def test_a_startup_configuration_that_cannot_be_read_after_a_rollback_is_reported_unsaved():
    box = applied()
    seen = []
    box.faults["startup_differs"] = lambda _: ReplyTimeoutError("no answer") if seen else seen.append(1)
    outcome = run(box, verb="rollback", saving=Saving(wanted=True))
    assert outcome.state is State.ROLLED_BACK
    assert "unsaved: no answer" in outcome.reason


def test_a_rollback_saves_through_the_session_it_ended_in():
    box = applied()
    box.startup = box.config
    box.faults[2] = LinkLostError("cut before the first look")
    outcome = run(box, verb="rollback", saving=Saving(wanted=True))
    assert (outcome.state, outcome.reason) == (State.ROLLED_BACK, "as before; saved")
    assert box.logins == 2
    assert box.startup == START


def test_a_journal_that_cannot_be_written_sends_nothing():
    box, journal = Firewall(), Journal()
    journal.full = True
    outcome = run(box, journal=journal)
    assert outcome.state is State.FAILED
    assert box.received == []


@pytest.mark.parametrize("after", range(2, 40))
def test_a_disk_that_fills_up_in_the_middle_does_not_stop_the_inverse(after):
    box, journal = Firewall(), Journal()

    def note(event, **data):
        if len(journal.records) >= after:
            raise SourceError("no space left")
        journal(event, **data)

    outcome = run(box, journal=note)
    if outcome.state is State.APPLIED:
        assert box.config != START
    else:
        assert outcome.state in (State.REVERTED, State.FAILED)
        assert box.config == START


FAULTS = [
    LinkLostError("cut"),
    ReplyTimeoutError("hangs"),
    IncompleteReplyError("half a reply"),
    GateError("it is the standby unit now"),
    CredentialError("one-time password"),
    RuntimeError("bug"),
    "ERROR: no",
    "swallow",
]


def steps_of(verb):
    box = Firewall() if verb == "apply" else applied()
    run(box, verb=verb, saving=Saving(wanted=True))
    return box.calls


@pytest.mark.parametrize("fault", FAULTS, ids=lambda f: f if isinstance(f, str) else type(f).__name__)
@pytest.mark.parametrize("lasting", [False, True], ids=["once", "from then on"])
@pytest.mark.parametrize("verb", ["apply", "rollback", "recover"])
def test_every_fault_at_every_step_ends_in_a_correct_reported_state(verb, lasting, fault):
    for step in range(steps_of("apply" if verb == "apply" else "rollback")):
        box = Firewall() if verb == "apply" else applied()
        full = box.config
        box.startup = box.config
        if lasting:
            for number in range(step, 500):
                box.faults[number] = fault
        else:
            box.faults[step] = fault
        outcome = run(box, verb=verb, saving=Saving(wanted=True))
        untouched = box.config == (START if verb == "apply" else full)
        if outcome.state in (State.REFUSED, State.FAILED):
            assert box.received == [], (step, outcome)
            assert untouched
        elif outcome.state is State.APPLIED:
            assert verb == "apply"
            assert box.config != START
            assert box.config.group_policy("SALES").client.mtu.value == 1287
        elif outcome.state in (State.REVERTED, State.ROLLED_BACK):
            assert box.config == START, (step, outcome)
        else:
            assert outcome.state is State.INDETERMINATE, (step, outcome)
            assert outcome.reason
            assert outcome.lines, (step, outcome)


@pytest.mark.parametrize("step", range(60))
def test_a_link_cut_after_the_line_was_taken_is_read_back_not_guessed(step):
    box = Firewall()
    box.after[step] = LinkLostError("cut after the device had taken the line")
    outcome = run(box)
    if outcome.state is State.APPLIED:
        assert box.logins == 1
    else:
        assert outcome.state is State.REVERTED
        assert box.config == START


def test_a_second_login_that_is_impossible_leaves_the_host_indeterminate():
    box = Firewall()
    real = box.login

    def once():
        if box.logins:
            raise CredentialError("the one-time password was used up")
        return real()

    box.login = once
    box.after[6] = LinkLostError("cut")
    outcome = run(box)
    assert outcome.state is State.INDETERMINATE
    assert "one-time password" in outcome.reason
    assert "no anyconnect mtu" in outcome.lines


def test_a_name_that_cannot_be_typed_never_reaches_a_line():
    with pytest.raises(NameRefusedError):
        _ = ClientSettingsOf(ClientScope.GROUP_POLICY, "x\nreload").headers
