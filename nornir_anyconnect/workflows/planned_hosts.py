"""Which hosts of an inventory a plan is about, and which of them are one box."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from nornir_anyconnect.cli import fleet
from nornir_anyconnect.cli.terminal import TERMINAL
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.runners.waves import chassis_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir.core import Nornir
    from nornir.core.inventory import Host

    from nornir_anyconnect.change.planned import Plan


def hosts_of(plan: Plan, nornir: Nornir, limit: list[str] | None) -> Nornir:
    """The hosts that the plan changes.

    Raises:
        PlanError: the plan was made from files.
        UsageError: the plan changes nothing, or the inventory lacks a host of it or of ``limit``.

    """
    if plan.changes:
        plan.refuse_preview()
    names = list(dict.fromkeys(each.name for each in plan.changes))
    if not names:
        raise UsageError("this plan changes nothing", "see what it says of each finding that stays as it is")
    missing = [name for name in names if name not in nornir.inventory.hosts]
    if missing:
        raise UsageError(f"the inventory lacks {', '.join(missing)}", "name the inventory that the plan was made over")
    planned = fleet.chosen(nornir, limit=[",".join(names)])
    if not limit:
        return planned
    wanted = fleet.named(limit)
    # a host that was mistyped would be left as it is, and the run would look whole
    fleet.must_hold(nornir, wanted)
    idle = [name for name in wanted if name not in names]
    if idle == wanted:
        raise UsageError("the plan changes none of the hosts in --limit", f"it changes {', '.join(names)}")
    if idle:
        TERMINAL.note(f"the plan does not change {', '.join(idle)}")
    return fleet.chosen(planned, limit=[",".join(name for name in names if name in wanted)])


def chassis(plan: Plan) -> Callable[[Host], str]:
    """Which box a host leads to: two with a common serial number are one, however the inventory names them."""
    boxes: list[set[str]] = []
    of_host: dict[str, set[str]] = {}
    for each in plan.changes:
        box = next((known for known in boxes if known & set(each.serials)), None)
        if box is None:
            box = set()
            boxes.append(box)
        box |= set(each.serials)
        of_host[each.name] = box

    def key(host: Host) -> str:
        serials = of_host.get(host.name)
        return min(serials) if serials else chassis_of(host)

    return key


def longest(plan: Plan, deadline: float) -> float:
    """Seconds a host may take: each of its contexts gets ``deadline``, and as long again to be taken back."""
    contexts = Counter(each.name for each in plan.changes)
    return deadline * 2 * max(contexts.values(), default=1)
