"""A kind of remedy is one file: a made-up one works from it alone, and one that lacks a part does not type-check."""

import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import pytest
from test_propose import DEFAULT, audited, group, policy

from nornir_anyconnect.asa.config_commands import Shows, applied, inverse_of, observe
from nornir_anyconnect.change.journal import read
from nornir_anyconnect.change.outcome import State
from nornir_anyconnect.change.plan.file import plan_text, read_plan
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.change.transaction import Transaction
from nornir_anyconnect.remedies import kinds
from nornir_anyconnect.remedies.options import RemedyOptions
from nornir_anyconnect.remedies.propose import propose
from nornir_anyconnect.remedies.remedy_context import RemedyContext
from nornir_anyconnect.report import explanation
from nornir_anyconnect.report import plan_text as plan_page

KIND = '''\
"""``no-client-mtu``: made up for a test; takes the line away again."""

from dataclasses import dataclass, replace
from typing import Any, Self

from nornir_anyconnect.asa.config_commands import Observation, PlannedCommand, Step
from nornir_anyconnect.asa.config_commands import config_line
from nornir_anyconnect.asa.running_config import RunningConfig
from nornir_anyconnect.audit.finding import Finding
from nornir_anyconnect.remedies.client_settings import ClientLine, ClientScope, ClientSettingsOf
from nornir_anyconnect.remedies.remedy import Auto, Offer, RemedyKind, first_offered
from nornir_anyconnect.remedies.remedy_context import RemedyContext


@dataclass(frozen=True, slots=True)
class NoClientMtu(PlannedCommand):
    target: ClientSettingsOf
    size: int
    gone: bool = True

    @property
    def steps(self) -> tuple[Step, ...]:
        line = "no anyconnect mtu" if self.gone else f"anyconnect mtu {self.size}"
        return (Step(self.target.headers, config_line(self.target.mode, line)),)

    @property
    def inverse(self) -> "NoClientMtu":
        return replace(self, gone=not self.gone)

    @property
    def touches(self) -> tuple[str, ...]:
        return self.target.touched

    @property
    def _line(self) -> ClientLine:
        size = None if self.gone else self.size
        return ClientLine("mtu", size, None if self.gone else f"  anyconnect mtu {self.size}")

    def applied_to(self, config: RunningConfig) -> RunningConfig:
        return self._line.set_in(config, self.target)

    def held_against(self, config: RunningConfig) -> Observation:
        return self._line.compared(self, config, self.target, self.size if self.gone else None)

    def encoded(self) -> dict[str, Any]:
        return {"of": self.target.name, "size": self.size}

    @classmethod
    def decoded(cls, data: dict[str, Any]) -> Self:
        return cls(ClientSettingsOf(ClientScope.GROUP_POLICY, data["of"]), data["size"])


def propose(context: RemedyContext, finding: Finding) -> Offer | None:
    target = context.target(finding, "mtu")
    now = context.client(target).mtu
    if now is None:
        return None
    command = NoClientMtu(target, now.value)
    after = context.predictor.after(finding, (command,), KIND.name)
    reaches = context.keys_reached(target, "mtu")
    return Offer((command,), context.blocked_for(finding), reaches=reaches, after=after)


KIND = RemedyKind(
    name="no-client-mtu",
    rank=9,
    auto=Auto.NEVER,
    commands=(NoClientMtu,),
    propose=propose,
    agreed=first_offered,
    cost="made up",
    why="made up",
    not_offered="no line is set",
)
'''
PARTS = (
    "    @property\n    def steps", "    @property\n    def inverse", "    @property\n    def touches",
    "    def applied_to", "    def held_against", "    def encoded", "    @classmethod\n    def decoded",
    '    cost="made up",\n', '    why="made up",\n', '    not_offered="no line is set",\n', "    propose=propose,\n",
    "    agreed=first_offered,\n", "    commands=(NoClientMtu,),\n",
)  # fmt: skip


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    (tmp_path / "no_client_mtu.py").write_text(KIND)
    monkeypatch.setattr(kinds, "__path__", [*kinds.__path__, str(tmp_path)])
    kinds.kinds.cache_clear()
    kinds._commands.cache_clear()
    yield
    monkeypatch.undo()
    sys.modules.pop("nornir_anyconnect.remedies.kinds.no_client_mtu", None)
    kinds.kinds.cache_clear()
    kinds._commands.cache_clear()


class Box:
    """A device in memory that takes every command of the plan, wherever its line is sent."""

    def __init__(self, config, commands):
        self.config, self.commands, self.sent = config, list(commands), []

    def read(self):
        return self.config

    def send(self, line, mode):
        self.sent.append((str(mode), line.text))
        if line.text == "no anyconnect mtu":
            self.config = applied(self.config, self.commands)
        return ""

    def startup_differs(self):
        return False

    def check_identity(self):
        pass

    configure = leave = save = check_identity


def test_a_kind_in_one_file_is_offered_planned_explained_sent_and_taken_back(made_up, tmp_path):
    assert kinds.fixes()[-1] == "no-client-mtu"
    config, device, _ = audited(DEFAULT, policy("GP", "anyconnect mtu 1400"), group())
    finding = next(each for each in propose(RemedyContext(config, device)).findings if each.name == "T")
    remedy = finding.remedies[-1]
    assert (remedy.kind, remedy.lines[-1], remedy.rollback[-1]) == (
        "no-client-mtu", "no anyconnect mtu", "anyconnect mtu 1400",
    )  # fmt: skip
    assert any("no-client-mtu, type:" in line for line in explanation._fixes(finding))

    device = replace(device, serials=("A1",))
    plan = make_plan([PlanInput(config, device)], options=RemedyOptions(fix="no-client-mtu"))
    assert read_plan(plan_text(plan)) == plan
    assert "-  anyconnect mtu 1400" in plan_page.text(plan)
    (planned,) = plan.changes
    with Run.start(plan, directory=tmp_path / "runs") as run:
        box = Box(config, planned.commands)
        outcome = Transaction(run.change_of(planned), lambda: box, run.note_for(planned)).apply()
        assert outcome.state is State.APPLIED, outcome
        assert ("config-group-webvpn", "no anyconnect mtu") in box.sent
        assert [each.shows for each in observe(box.config, run.commands(planned))] == [Shows.AFTER]
        back = applied(box.config, inverse_of(planned.commands))
        assert [each.value for each in back.group_policy("GP").body] == [
            each.value for each in config.group_policy("GP").body
        ]
        assert back.group_policy("GP").client.mtu.value == 1400
    written = next(each for each in read(run.journal.path) if each.event == "intent")
    assert [kinds.decode(each) for each in written.data["commands"]] == list(planned.commands)


def without(part):
    """The file without one part; a method goes with its body."""
    head, _, tail = KIND.partition(part)
    if part.endswith(",\n"):
        return head + tail
    _, mark, rest = tail.partition("\n\n")
    return head.rstrip("\n") + "\n\n" + rest if mark else head


def test_a_kind_that_lacks_a_part_does_not_type_check(tmp_path):
    """All files in one run of mypy, which keeps what it learns of the package where ``make lint`` does."""
    for number, part in enumerate(("", *PARTS)):
        (tmp_path / f"kind_{number}.py").write_text(without(part) if part else KIND)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", *map(str, sorted(tmp_path.glob("kind_*.py")))],
        cwd=Path(kinds.__file__).parents[3], capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    told = {line.partition(":")[0].rpartition("/")[2] for line in done.stdout.splitlines() if ": error:" in line}
    assert told == {f"kind_{number}.py" for number in range(1, len(PARTS) + 1)}, textwrap.indent(done.stdout, "  ")
