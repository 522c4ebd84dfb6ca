"""Promise 2: the global flag or the argument, any True wins; Nornir alone lets an argument undo the flag."""

from hypothesis import given
from hypothesis import strategies as st
from nornir.core.inventory import Host
from nornir.core.processor import Processors
from nornir.core.state import GlobalState
from nornir.core.task import Result, Task

from nornir_anyconnect.tasks.change_plan import is_dry_run


def _task(everywhere):
    return Task(lambda task: Result(task.host), nornir=None, global_dry_run=everywhere, processors=Processors())


@given(everywhere=st.booleans(), asked=st.sampled_from([True, False, None]))
def test_any_true_wins(everywhere, asked):
    assert is_dry_run(_task(everywhere), asked) is (everywhere or asked is True)


@given(st.lists(st.sampled_from([True, False, None]), max_size=5))
def test_what_is_once_dry_stays_dry_in_every_task_below(asked):
    """A runbook that hands the answer on can never turn a rehearsal into a change."""
    dry = False
    for each in asked:
        dry = is_dry_run(_task(dry), each)
    assert dry is (True in asked)


def test_nornir_itself_would_let_the_argument_win():
    state = GlobalState(dry_run=True)
    task = _task(state.dry_run)
    task.host = Host("fw1")
    assert task.is_dry_run(override=False) is False
    assert is_dry_run(task, False) is True
