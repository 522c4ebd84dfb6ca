"""The one device or context that a transaction changes, and that nobody else changes meanwhile.

Every question is asked of the device, now. One writer per chassis (promise 9): threads of one run wait for each
other, another process is refused. The serial numbers of the plan tell what one chassis is, so contexts that the
inventory lists as hosts of their own are changed one after the other, whatever runner drives them.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.commands import Show
from nornir_anyconnect.asa.grammar import Section
from nornir_anyconnect.change.outcome import Refusal, refused
from nornir_anyconnect.change.plan.check import check_identity
from nornir_anyconnect.errors import RejectedError
from nornir_anyconnect.evidence.device_output.vpn_sessions import read_sessions
from nornir_anyconnect.platforms import one_after_the_other

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from nornir_anyconnect.asa.commands import Command
    from nornir_anyconnect.asa.config_commands import CreatedObject
    from nornir_anyconnect.asa.grammar import Mode
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.change.plan.model import PlannedDevice
    from nornir_anyconnect.platforms.protocols import DeviceWriter, Identity


class Channel:
    """The planned device, and no other.

    Args:
        device: reached, and logged in to.
        planned: the box it must be.

    """

    def __init__(self, device: DeviceWriter, planned: PlannedDevice) -> None:
        self.device = device
        self._planned = planned

    def check_identity(self) -> None:
        """Refuse unless it is the planned box, in the planned context, and the unit that is configured."""
        found = self.device.identity()
        if found.multiple and self._planned.context and found.context != self._planned.context:
            self.device.enter(self._planned.context)
            found = self.device.identity()
        check_identity(self._planned, found.serials, found.context)
        self._refuse_the_wrong_unit(found)

    def _refuse_the_wrong_unit(self, found: Identity) -> None:
        if found.ftd:
            raise refused(Refusal.FTD)
        if not found.may_be_configured:
            cluster = f", cluster {found.cluster}" if found.cluster != "none" else ""
            raise refused(Refusal.WRONG_UNIT, role=found.role, cluster=cluster)

    def read(self) -> RunningConfig:
        """What it is configured to do now."""
        return self.device.configuration().running

    def startup_differs(self) -> bool:
        """Whether running and startup configuration differ in more than comments."""
        return self.device.startup_differs()

    def sessions_on(self, created: CreatedObject) -> int:
        """Users connected through the group policy or tunnel group that a run created."""
        shown = self.device.observations((Show.SESSIONS,))
        if shown.sessions is None:
            words = dict(shown.refused).get(Show.SESSIONS, "")
            raise RejectedError(f"'{Show.SESSIONS}' was refused: {words}", "give this login the right to it")
        sessions = read_sessions(shown.sessions)
        if created.kind == Section.GROUP_POLICY:
            return sum(1 for each in sessions if each.group_policy == created.name)
        return sum(1 for each in sessions if each.tunnel_group == created.name)

    def configure(self) -> None:
        """Enter configuration mode."""
        self.device.configure()

    def send(self, line: Command, mode: Mode) -> str:
        """Send one line in exactly that sub-mode; what the device says to it."""
        return self.device.write(line, str(mode))

    def leave(self) -> None:
        """Leave configuration mode."""
        self.device.leave()

    def save(self) -> None:
        """Make the running configuration the startup configuration."""
        self.device.save()


@contextmanager
def only_writer(serials: Iterable[str], folder: Path) -> Iterator[None]:
    """Hold the chassis while the block runs.

    Args:
        serials: of the unit and its mate.
        folder: where runs are kept; processes that share it keep out of each other's way.

    Raises:
        GateError: another process is working on this chassis.

    """
    chassis = sorted(set(serials))
    with one_after_the_other(chassis), ExitStack() as held:
        for serial in chassis:
            held.enter_context(_only_process(serial, folder))
        yield


@contextmanager
def _only_process(serial: str, folder: Path) -> Iterator[None]:
    name = hashlib.sha256(serial.encode()).hexdigest()[:16]
    handle = os.open(folder / f".chassis-{name}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        raise refused(Refusal.BUSY, serial=serial, folder=folder) from error
    try:
        yield
    finally:
        os.close(handle)
