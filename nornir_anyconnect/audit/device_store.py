"""Judged devices, kept small: an audit of ten thousand boxes holds little more than one of a thousand.

The first are kept as they are; from then on each is packed (a device of 21 findings takes 3 kB instead of 50) and
unpacked again whenever it is looked at.
"""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple, overload

from nornir_anyconnect.audit.finding import DeviceAudit

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import Status

AS_THEY_ARE = 500
"""Devices that are not packed."""
Change = Callable[[DeviceAudit], DeviceAudit]


class Head(NamedTuple):
    """What tells one device from another, without its findings."""

    name: str
    context: str | None
    serials: tuple[str, ...]
    status: Status
    place: int
    """In the order of arrival."""


class DeviceStore(Sequence[DeviceAudit]):
    """A sequence of devices; whoever goes through it holds one at a time.

    Args:
        devices: to begin with.

    """

    def __init__(self, devices: Iterable[DeviceAudit] = ()) -> None:
        self.heads: list[Head] = []
        self._kept: list[DeviceAudit | bytes] = []
        self._order: Sequence[int] | None = None
        self._changes: tuple[Change, ...] = ()
        self._own: dict[int, Change] = {}
        for device in devices:
            self.add(device)

    def add(self, device: DeviceAudit) -> None:
        """One more device."""
        self.heads.append(Head(device.name, device.context, device.serials, device.status, len(self._kept)))
        few = len(self._kept) < AS_THEY_ARE
        self._kept.append(device if few else zlib.compress(pickle.dumps(device, pickle.HIGHEST_PROTOCOL), 6))

    def arranged(self, order: Sequence[int], own: dict[int, Change]) -> DeviceStore:
        """The devices of these places in this order; ``own``: what becomes of some of them."""
        found = self._alike()
        found._order = order  # noqa: SLF001 - one of us
        found._own = own  # noqa: SLF001 - one of us
        return found

    def changed(self, change: Change) -> DeviceStore:
        """Each device as this makes it, whenever it is looked at."""
        found = self._alike()
        found._changes = (*self._changes, change)  # noqa: SLF001 - one of us
        return found

    def _alike(self) -> DeviceStore:
        found = DeviceStore()
        found.heads, found._kept = self.heads, self._kept
        found._order, found._changes, found._own = self._order, self._changes, self._own
        return found

    def __len__(self) -> int:
        return len(self._kept if self._order is None else self._order)

    def __iter__(self) -> Iterator[DeviceAudit]:
        return (self[at] for at in range(len(self)))

    @overload
    def __getitem__(self, at: int) -> DeviceAudit: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[DeviceAudit]: ...
    def __getitem__(self, at: int | slice) -> DeviceAudit | Sequence[DeviceAudit]:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        place = range(len(self._kept))[at] if self._order is None else self._order[at]
        kept = self._kept[place]
        device: DeviceAudit = kept if isinstance(kept, DeviceAudit) else pickle.loads(zlib.decompress(kept))  # noqa: S301 - packed above
        if place in self._own:
            device = self._own[place](device)
        for change in self._changes:
            device = change(device)
        return device


def changed(devices: Sequence[DeviceAudit], change: Change) -> Sequence[DeviceAudit]:
    """Each device as ``change`` makes it; packed ones stay packed."""
    return devices.changed(change) if isinstance(devices, DeviceStore) else tuple(map(change, devices))
