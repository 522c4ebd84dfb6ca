"""What the pull tasks send, and what they keep."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from nornir.core.inventory import Host
from nornir.core.task import Task

from nornir_anyconnect import pull_logs, pull_sessions
from nornir_anyconnect.asa.commands import Show, ShowCommand
from nornir_anyconnect.errors import RejectedError
from nornir_anyconnect.evidence.observations import DeviceObservations
from nornir_anyconnect.platforms.asa_ssh import device
from nornir_anyconnect.platforms.asa_ssh.device import AsaDevice
from nornir_anyconnect.tasks import pull

LOGGING = """\
    Buffer logging: level informational, 3 messages logged
May 06 2024 12:00:00: %ASA-5-722033: Group <GP> User <ann> IP <203.0.113.7> First TCP SVC connection established for SVC session.
May 06 2024 12:00:09: %ASA-6-722036: Group <GP> User <ann> IP <203.0.113.7> Transmitting large packet 1418 (threshold 1347).
May 06 2024 12:01:00: %ASA-5-722032: Group <GP> User <ann> IP <203.0.113.7> New TCP SVC connection replacing old connection.
"""
SESSIONS = """\
Username     : bob                    Index        : 1
Assigned IP  : 10.9.0.5               Public IP    : 203.0.113.8
Protocol     : AnyConnect-Parent SSL-Tunnel
Group Policy : GP                     Tunnel Group : TG
"""


class FakeSession:
    """Answers show commands, and counts them."""

    name = "edge-1"

    def __init__(self, answers: dict[Show, str], refused: tuple[Show, ...] = ()) -> None:
        self.answers = answers
        self.refused = refused
        self.sent: list[Show] = []

    def ask_ahead(self, commands):
        pass

    def send(self, command):
        assert isinstance(command, ShowCommand)
        self.sent.append(command.show)
        refusal = "% Invalid input" if command.show in self.refused else None
        return SimpleNamespace(text=self.answers.get(command.show, ""), refusal=refusal)


@pytest.fixture
def run(monkeypatch):
    def start(function, session, **arguments):
        monkeypatch.setattr(pull, "reading", lambda *_: nullcontext(AsaDevice(session)))
        task = Task(function, SimpleNamespace(config=None), False, [])
        task.host = Host(name="edge-1")
        return function(task, **arguments)

    return start


def test_pull_logs_reads_the_log_once_and_keeps_no_text(run):
    session = FakeSession({Show.LOGGING: LOGGING})
    result = run(pull_logs, session)
    assert session.sent == [Show.LOGGING]
    assert isinstance(result.result, DeviceObservations)
    assert len(result.result.groups["GP"].incidents) == 1
    assert not result.changed
    assert "722033" not in str(result.result)


def test_pull_logs_takes_other_bounds(run):
    result = run(pull_logs, FakeSession({Show.LOGGING: LOGGING}), longest=50)
    assert result.result.groups["GP"].incidents == ()


def test_pull_logs_says_what_was_refused(run):
    with pytest.raises(RejectedError, match="edge-1 refused 'show logging'"):
        run(pull_logs, FakeSession({}, (Show.LOGGING,)))


def test_pull_sessions(run):
    session = FakeSession(
        {
            Show.SESSIONS: SESSIONS,
            Show.SESSIONS_SUMMARY: "SSL-Tunnel  : 1 : 2 : 3\n",
            Show.ASP_DROP: "Frame drop:\n  x (mp-svc-no-fragment)  7\n",
        }
    )
    seen = run(pull_sessions, session).result
    assert session.sent == [Show.ASP_DROP, Show.SESSIONS, Show.SESSIONS_SUMMARY]
    assert seen.groups["GP"].tls_only_users == {"bob"}
    assert (seen.no_fragment_drops, seen.no_fragment_rate, seen.ssl_tunnels) == (7, None, 1)


def test_two_samples_make_a_rate(run, monkeypatch):
    slept = []
    monkeypatch.setattr(device.time, "sleep", slept.append)
    session = FakeSession({Show.ASP_DROP: "Frame drop:\n  x (mp-svc-no-fragment)  7\n"})
    seen = run(pull_sessions, session, detail=True, interval=30).result
    assert session.sent == [Show.ASP_DROP, Show.SESSIONS_DETAIL, Show.SESSIONS_SUMMARY, Show.ASP_DROP]
    assert seen.no_fragment_rate == 0.0
    assert 29 < slept[0] <= 30


def test_counters_that_this_login_may_not_see_are_left_out(run):
    session = FakeSession({Show.SESSIONS: SESSIONS}, (Show.ASP_DROP, Show.SESSIONS_SUMMARY))
    seen = run(pull_sessions, session, interval=30).result
    assert (seen.no_fragment_drops, seen.ssl_tunnels) == (None, None)
    assert seen.groups["GP"].sessions == 1


def test_sessions_that_may_not_be_seen_are_an_error(run):
    with pytest.raises(RejectedError, match="refused 'show vpn-sessiondb anyconnect'"):
        run(pull_sessions, FakeSession({}, (Show.SESSIONS,)))


def test_everything_in_one_go_and_the_plain_sessions_where_the_detailed_are_refused(run):
    session = FakeSession({Show.LOGGING: LOGGING, Show.SESSIONS: SESSIONS}, (Show.SESSIONS_DETAIL,))
    seen = pull.pull_evidence(AsaDevice(session), "edge-1")
    assert session.sent == [
        Show.ASP_DROP, Show.LOGGING, Show.SESSIONS_DETAIL, Show.SESSIONS, Show.SESSIONS_SUMMARY,
    ]  # fmt: skip
    assert seen.groups["GP"].tls_only_users == {"bob"}
    assert len(seen.groups["GP"].incidents) == 1


def test_what_a_device_does_not_show_is_left_out(run):
    seen = pull.pull_evidence(AsaDevice(FakeSession({}, tuple(Show))), "edge-1")
    assert seen == DeviceObservations("edge-1")
