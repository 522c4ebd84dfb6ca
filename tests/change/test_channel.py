"""A session as a transaction sees it: which box it is, what it is configured to do, and what it says to a line."""

from types import SimpleNamespace

import pytest

from nornir_anyconnect.asa.commands import Exit, Show, ShowCommand, ShowRunning, ShowStartup, WriteMemory
from nornir_anyconnect.asa.config_commands import CreatedObject
from nornir_anyconnect.asa.grammar import Mode
from nornir_anyconnect.change.device import Channel
from nornir_anyconnect.change.plan.model import PlannedDevice
from nornir_anyconnect.errors import GateError, RejectedError
from nornir_anyconnect.platforms.asa_ssh.device import AsaDevice
from nornir_anyconnect.platforms.protocols import ClusterRole, Configuration, Identity, Role

BOX = Identity("fw1", ("JAD1",), role=Role.ACTIVE)
PLANNED = PlannedDevice("fw1", None, "ASA5525", "9.12(4)", ("JAD1", "JAD2"))
CONFIG = "hostname fw1\nmtu outside 1500\n"
SESSIONS = "".join(
    f"Username     : {user}                    Index        : 1\n"
    "Assigned IP  : 10.9.0.5               Public IP    : 203.0.113.8\n"
    "Protocol     : AnyConnect-Parent SSL-Tunnel\n"
    f"Group Policy : {policy}                     Tunnel Group : {group}\n\n"
    for user, policy, group in [
        ("ann", "GP", "TG"),
        ("bob", "GP", "OTHER"),
        ("eve", "OTHER", "TG-2"),
        ("kim", "GP", "TG"),
    ]
)


class Box:
    """Says what a test wants it to say, and keeps what it was asked."""

    def __init__(self, said="", *identities, refusal=None):
        self.said = said
        self.identities = list(identities or [BOX])
        self.refusal = refusal
        self.asked = []

    name = "fw1"

    def next_identity(self):
        return self.identities.pop(0) if len(self.identities) > 1 else self.identities[0]

    def configure(self):
        self.asked.append("configure")

    def leave_configuration(self):
        self.asked.append("leave")

    def ask_ahead(self, commands):
        pass

    def send(self, command):
        self.asked.append(command)
        text = self.said[command] if isinstance(self.said, dict) else self.said
        return SimpleNamespace(text=text, refusal=self.refusal)

    def send_line(self, line, *, expect_mode):
        self.asked.append((line, expect_mode))
        return SimpleNamespace(rejected_text=self.said or None)


class Device(AsaDevice):
    """Behind such a box; which one it is and what it is configured to do is what a test says."""

    def identity(self):
        return self.session.next_identity()

    def enter(self, context):
        self.session.asked.append(context)

    def configuration(self):
        return Configuration(("read from", self.session))


def channel(box, planned=PLANNED):
    return Channel(Device(box), planned)


def identity(**more):
    return Identity(**{"hostname": "fw1", "serials": ("JAD2",), "role": Role.ACTIVE, **more})


def in_context(name):
    return PlannedDevice("fw1", name, "ASA5525", "9.12(4)", ("JAD1", "JAD2"))


def test_the_planned_box_is_taken_without_a_word():
    box = Box("", identity())
    channel(box).check_identity()
    assert box.asked == []


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (identity(serials=("JAD9",)), "JAD9, planned was JAD1, JAD2"),
        (identity(ftd_release="7.2.5"), "FTD"),
        (identity(role=Role.STANDBY), "failover standby$"),
        (identity(role=Role.UNKNOWN), "failover unknown$"),
        (identity(cluster=ClusterRole.DATA), "failover active, cluster data$"),
        (identity(multiple=True, context="admin"), "context admin, planned was none"),
    ],
)
def test_any_other_box_is_refused(found, why):
    with pytest.raises(GateError, match=why):
        channel(Box("", found)).check_identity()


def test_the_session_goes_to_the_planned_context_and_asks_again_where_it_stands():
    box = Box("", identity(multiple=True, context="system"), identity(multiple=True, context="red"))
    channel(box, in_context("red")).check_identity()
    assert box.asked == ["red"]


def test_a_session_that_did_not_arrive_in_the_context_is_refused():
    with pytest.raises(GateError, match="context system, planned was red"):
        channel(Box("", identity(multiple=True, context="system")), in_context("red")).check_identity()


def test_a_session_that_stands_in_the_context_stays():
    box = Box("", identity(multiple=True, context="red"))
    channel(box, in_context("red")).check_identity()
    assert box.asked == []


def test_a_box_without_contexts_is_never_asked_for_one():
    box = Box("", identity())
    with pytest.raises(GateError, match="context none, planned was red"):
        channel(box, in_context("red")).check_identity()
    assert box.asked == []


def test_the_configuration_is_read_through_the_session():
    box = Box()
    assert channel(box).read() == ("read from", box)


@pytest.mark.parametrize(
    ("startup", "differs"),
    [
        (CONFIG, False),
        (": Saved\n: Written by admin at 10:00\nASA Version 9.12(4)\n!\n\n" + CONFIG + "Cryptochecksum:12\n", False),
        ("hostname fw1  \nmtu outside 1500\n", False),
        ("hostname fw1\nmtu outside 1400\n", True),
        ("hostname fw1\n", True),
    ],
)
def test_running_and_startup_differ_in_more_than_comments(startup, differs):
    running = ": Hardware: ASA5525\n" + CONFIG + "Cryptochecksum:34\n: end\n"
    box = Box({ShowRunning(): running, ShowStartup(): startup})
    assert channel(box).startup_differs() is differs


@pytest.mark.parametrize(
    ("created", "users"),
    [
        (CreatedObject("group-policy", "GP"), 3),
        (CreatedObject("group-policy", "TG"), 0),
        (CreatedObject("tunnel-group", "TG"), 2),
        (CreatedObject("tunnel-group", "GP"), 0),
    ],
)
def test_users_are_counted_on_what_was_created(created, users):
    box = Box(SESSIONS)
    assert channel(box).sessions_on(created) == users
    assert box.asked == [ShowCommand(Show.SESSIONS)]


def test_users_that_cannot_be_counted_are_not_nobody():
    with pytest.raises(RejectedError, match="refused: ERROR: % Invalid input"):
        channel(Box(SESSIONS, refusal="ERROR: % Invalid input")).sessions_on(CreatedObject("group-policy", "GP"))


@pytest.mark.parametrize("said", ["", "WARNING: something"])
def test_a_line_goes_out_in_its_mode_and_what_is_said_to_it_comes_back(said):
    box = Box(said)
    assert channel(box).send(Exit(), Mode.CONFIG) == said
    assert box.asked == [(Exit(), "config")]


def test_configuration_mode_is_entered_and_left():
    box = Box()
    channel(box).configure()
    channel(box).leave()
    assert box.asked == ["configure", "leave"]


def test_only_an_ok_is_saved():
    box = Box("Building configuration...\nCryptochecksum: 1 2\n[OK]")
    channel(box).save()
    assert box.asked == [WriteMemory()]
    with pytest.raises(RejectedError, match=r"answered with: Error: disk full$"):
        channel(Box("Error:\n  disk full")).save()
