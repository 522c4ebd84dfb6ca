"""One row per message: what is looked for, what is made of it and who reads it hang together."""

from __future__ import annotations

import inspect
import re

import pytest
from test_evidence_syslog import BODIES

from nornir_anyconnect.evidence import events as ev
from nornir_anyconnect.evidence import incidents, session
from nornir_anyconnect.evidence.incidents import Collector, timeline
from nornir_anyconnect.evidence.syslog.messages import ASA_MESSAGES, MESSAGES, Catalogue, about_user
from nornir_anyconnect.evidence.syslog.reader import SyslogReader, scan

KINDS = {
    each
    for each in vars(ev).values()
    if isinstance(each, type) and issubclass(each, ev.Event) and each not in {ev.Event, ev.UserEvent}
}
WHO = "Group <GP> User <ann> IP <203.0.113.7>"


def read_by_somebody() -> set[type[ev.Event]]:
    """The kinds that the readers of events name, and those that have something to say by themselves."""
    source = "".join(inspect.getsource(module) for module in (incidents, session))
    named = {getattr(ev, name) for name in re.findall(r"\bev\.([A-Z][a-z]\w+)", source)}
    telling = {kind for kind in KINDS if issubclass(kind, ev.UserEvent) and kind.remark is not ev.UserEvent.remark}
    return (named | telling) & KINDS


@pytest.mark.parametrize("message", sorted(MESSAGES))
def test_each_id_has_a_reader(message):
    assert MESSAGES[message].event in read_by_somebody()


def test_each_kind_that_is_read_has_an_id():
    assert {row.event for row in MESSAGES.values()} == KINDS


def test_each_id_has_an_example_that_is_found_and_read():
    assert {message for message, _, _, _ in BODIES} == set(MESSAGES)
    for message, body, kind, _ in BODIES:
        assert list(scan(f"%ASA-6-{message}: {body}".encode())), message
        assert MESSAGES[message].event is kind


def test_the_pattern_of_all_ids_finds_each_and_no_other():
    wanted = re.compile(ASA_MESSAGES.wanted)
    for number in (*range(113_000, 114_000), *range(602_000, 603_000), *range(716_000, 726_000)):
        assert (wanted.fullmatch(str(number)) is not None) == (str(number) in MESSAGES)


def test_a_message_is_added_with_one_row():
    row = about_user("Tunnel paused", ev.SessionLost, rank=2)
    catalogue = Catalogue({**MESSAGES, "799001": row})
    log = f"May 06 2024 12:00:00 asa : %ASA-6-799001: {WHO} Tunnel paused\n"
    (event,) = SyslogReader(catalogue=catalogue).read([log.encode()])
    assert (type(event), event.message, event.user) == (ev.SessionLost, "799001", "ann")
    assert list(SyslogReader().read([log.encode()])) == []


class TunnelMoved(ev.UserEvent, frozen=True):
    """A kind of message that nobody knows yet."""

    place: str

    def remark(self) -> str:
        return f"moved to {self.place}"


def test_a_message_of_a_new_kind_is_added_with_one_row_and_its_event():
    row = about_user(r"Tunnel moved to (\w+)", TunnelMoved, lambda found: found[4], rank=2)
    catalogue = Catalogue({**MESSAGES, "799002": row})
    story = [
        (0, "722033", "First TCP SVC connection established for SVC session."),
        (3, "799002", "Tunnel moved to Berne"),
        (5, "722036", "Transmitting large packet 1406 (threshold 1367)."),
        (61, "722032", "New TCP SVC connection replacing old connection."),
    ]
    log = "".join(f"May 06 2024 12:{s // 60:02}:{s % 60:02} asa : %ASA-6-{n}: {WHO} {text}\n" for s, n, text in story)
    collector = Collector()
    for event in SyslogReader(catalogue=catalogue).read([log.encode()]):
        collector.feed(event)
    (incident,) = collector.finish()["asa"].groups["GP"].incidents
    assert any("799002  moved to Berne" in line for line in timeline(incident))
