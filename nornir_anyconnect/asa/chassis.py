"""Is this the same box? The one place that decides it, for counting, planning, changing and taking turns.

Two are one chassis if they have a serial number in common, directly or through a third: the units of a failover
pair know each other's. Before a device was asked, the inventory's ``data.anyconnect.chassis`` tells, else the
host's own name. Nothing is joined without such a mark. What people call a box is told here as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence


class Listed(Protocol):
    """A host of an inventory, as far as it is asked here: the pure rooms count chassis, too, and know no Nornir."""

    name: str

    def get(self, item: str, default: Any = None) -> Any:
        """Its data."""


T = TypeVar("T")
H = TypeVar("H", bound=Listed)


def label_of(name: str, context: str | None) -> str:
    """What people call a box, or one context of it."""
    return f"{name}/{context}" if context else name


def same_chassis(one: Iterable[Hashable], other: Iterable[Hashable]) -> bool:
    """Whether two sets of marks (serial numbers) belong to one box; without a mark nobody is the same as anybody."""
    return not set(one).isdisjoint(other)


def by_marks(items: Iterable[T], marks: Callable[[T], Iterable[Hashable]]) -> list[list[T]]:
    """Items of one chassis together, each group and the groups in the order given; one without a mark stays alone."""
    groups: dict[int, list[T]] = {}
    of_mark: dict[Hashable, int] = {}
    for number, item in enumerate(items):
        own = set(marks(item))
        met = sorted({of_mark[mark] for mark in own if mark in of_mark})
        first = met[0] if met else number
        for other in met[1:]:
            groups[first] += groups.pop(other)
            of_mark.update({mark: first for mark, group in of_mark.items() if group == other})
        groups.setdefault(first, []).append(item)
        of_mark.update(dict.fromkeys(own, first))
    return list(groups.values())


class Counted:
    """Boxes that were met already, as they stream by."""

    def __init__(self) -> None:
        self._known: set[Hashable] = set()

    def is_new(self, marks: Iterable[Hashable]) -> bool:
        """Whether none of these marks was met before."""
        own = set(marks)
        new = not same_chassis(self._known, own)
        self._known |= own
        return new


def chassis_of(host: Listed) -> str:
    """What tells one box from another before it was asked: ``data.anyconnect.chassis``, else the host's own name."""
    settings = host.get("anyconnect") or {}
    return str(settings.get("chassis") or host.name)


def by_chassis(hosts: Sequence[H], key: Callable[[H], str] = chassis_of) -> list[list[H]]:
    """The hosts grouped by chassis, in the order of the inventory."""
    return by_marks(hosts, lambda host: (key(host),))
