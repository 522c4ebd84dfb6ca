"""Plan the fix of one device: pull, judge, choose; nothing is sent but show commands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from nornir.core.task import Result, Task

from nornir_anyconnect.platforms import one_after_the_other
from nornir_anyconnect.platforms.deadline import HOST_TIMEOUT
from nornir_anyconnect.platforms.protocols import Foreseen
from nornir_anyconnect.tasks.pull import EVERYTHING, configuration_of, contexts_of, pull_evidence, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir.core.inventory import Host

    from nornir_anyconnect.change.plan.making import PlanInput
    from nornir_anyconnect.change.plan.model import Plan
    from nornir_anyconnect.platforms.protocols import DeviceReader, Identity
    from nornir_anyconnect.remedies.options import RemedyOptions


@dataclass(frozen=True, slots=True)
class HostPlan:
    """The plan of one host, and what a plan over several hosts is made from (``make_plan``)."""

    host: str
    plan: Plan
    inputs: tuple[PlanInput, ...]

    def to_dict(self) -> dict[str, Any]:
        """As in a plan file."""
        from nornir_anyconnect.change.plan.file import to_dict  # noqa: PLC0415 - Nornir's start must stay cheap

        return to_dict(self.plan)

    def __str__(self) -> str:
        from nornir_anyconnect.report.task_lines import plan_lines  # noqa: PLC0415 - as above

        return "\n".join([f"{self.host}: plan {self.plan.id}", *plan_lines(self.plan)])

    def __repr__(self) -> str:
        return str(self)


def plan_fix(
    task: Task,
    *,
    options: RemedyOptions | None = None,
    evidence: bool = True,
    host_timeout: float = HOST_TIMEOUT,
) -> Result:
    """Nornir task: what would be changed on this host, and why.

    Args:
        task: Nornir's.
        options: the fix and the explicit words, ``RemedyOptions(fix="mtu", include_default_policy=True)``.
        evidence: also ask for log buffer, sessions and drop counters.
        host_timeout: seconds that the whole of the host may take.

    Returns:
        ``result`` is :class:`HostPlan`; ``changed`` says whether it would change anything, ``diff`` how,
        ``applied`` is False, ``plan_id`` is set.

    Raises:
        UsageError: no such fix.
        DeviceError: the device could not be read.

    """
    from nornir_anyconnect.change.plan.making import make_plan  # noqa: PLC0415 - Nornir's start must stay cheap
    from nornir_anyconnect.remedies.kinds import must_be_a_fix  # noqa: PLC0415 - as above
    from nornir_anyconnect.remedies.options import RemedyOptions as Options  # noqa: PLC0415 - as above

    options = options or Options()
    must_be_a_fix(options.fix)  # said before any device is asked
    inputs = tuple(_inputs(task, options, evidence=evidence, host_timeout=host_timeout))
    plan = make_plan(inputs, options=options)
    return Result(
        host=task.host,
        result=HostPlan(task.host.name, plan, inputs),
        changed=bool(plan.changes),
        diff="\n".join(each.diff for each in plan.changes),
        applied=False,
        plan_id=plan.id,
    )


def _inputs(task: Task, options: RemedyOptions, *, evidence: bool, host_timeout: float) -> Iterator[PlanInput]:
    foreseen = Foreseen(configuration=True, observations=EVERYTHING if evidence else ())
    with reading(task, host_timeout, foreseen) as reader:
        identity = reader.identity()
        with one_after_the_other(identity.serials):
            for name in contexts_of(reader, task.host, identity):
                yield _input(reader, task.host, identity, name, options, evidence=evidence)


def _input(
    reader: DeviceReader,
    host: Host,
    identity: Identity,
    context: str | None,
    options: RemedyOptions,
    *,
    evidence: bool,
) -> PlanInput:
    from nornir_anyconnect.audit.judge import judge  # noqa: PLC0415 - as above
    from nornir_anyconnect.change.plan.making import PlanInput  # noqa: PLC0415 - as above

    config = configuration_of(reader, context).running
    if context is not None:
        identity = reader.identity()  # which unit is active may differ from context to context
    observed = pull_evidence(reader, host.name) if evidence else None
    device = judge(config, host.name, observed, options.judging)
    device = replace(
        device,
        context=context,
        serials=identity.serials or device.serials,
        platform="ftd" if identity.ftd else device.platform,
    )
    return PlanInput(config, device, observed, configurable=identity.may_be_configured)
