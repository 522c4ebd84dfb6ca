"""A device session as a transaction sees it: every question is asked of the device, now."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.commands import Show, ShowCommand, ShowRunning, ShowStartup, WriteMemory
from nornir_anyconnect.asa.config_commands import NewGroupPolicy
from nornir_anyconnect.change.rederive import check_identity
from nornir_anyconnect.errors import GateError, RejectedError
from nornir_anyconnect.evidence.device_output.vpn_sessions import read_sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from nornir_anyconnect.asa.commands import Command
    from nornir_anyconnect.asa.config_commands import NewTunnelGroup
    from nornir_anyconnect.asa.config_lines import Mode
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.change.planned import PlannedDevice
    from nornir_anyconnect.platforms.asa_ssh.identity import Identity
    from nornir_anyconnect.platforms.asa_ssh.session import Session

# what differs between a running and a startup configuration that are the same; the checksum covers the comments too
_NOT_CONFIGURATION = re.compile(r"^(?::|Cryptochecksum|!|ASA Version|\s*$)")


class Channel:
    """The one device or context that a transaction changes.

    Args:
        session: logged in and enabled.
        planned: the box it must be.
        read: pulls what an audit reads, proved complete.

    """

    def __init__(self, session: Session, planned: PlannedDevice, read: Callable[[Session], RunningConfig]) -> None:
        self.session = session
        self._planned = planned
        self._read = read

    def check_identity(self) -> None:
        """Refuse unless it is the planned box, in the planned context, and the unit that is configured."""
        found = self.session.identity()
        if found.multiple and self._planned.context and found.context != self._planned.context:
            self.session.change_to(self._planned.context)
            found = self.session.identity()
        check_identity(self._planned, found.serials, found.context)
        self._refuse_the_wrong_unit(found)

    def _refuse_the_wrong_unit(self, found: Identity) -> None:
        if found.ftd:
            raise GateError("it is an FTD: its configuration belongs to the management center (FMC)", "change it there")
        if not found.may_be_configured:
            cluster = f", cluster {found.cluster}" if found.cluster != "none" else ""
            raise GateError(
                f"this unit may not be configured: failover {found.role}{cluster}",
                "plan and apply on the active unit (the control unit of a cluster)",
            )

    def read(self) -> RunningConfig:
        """What it is configured to do now."""
        return self._read(self.session)

    def startup_differs(self) -> bool:
        """Whether running and startup configuration differ in more than comments."""
        running = self.session.send(ShowRunning()).text
        startup = self.session.send(ShowStartup()).text
        return _lines(running) != _lines(startup)

    def sessions_on(self, created: NewGroupPolicy | NewTunnelGroup) -> int:
        """Users connected through the group policy or tunnel group that the command created."""
        reply = self.session.send(ShowCommand(Show.SESSIONS))
        if reply.refusal:
            raise RejectedError(f"'{Show.SESSIONS}' was refused: {reply.refusal}", "give this login the right to it")
        sessions = read_sessions(reply.text)
        if isinstance(created, NewGroupPolicy):
            return sum(1 for each in sessions if each.group_policy == created.name)
        return sum(1 for each in sessions if each.tunnel_group == created.name)

    def configure(self) -> None:
        """Enter configuration mode."""
        self.session.configure()

    def send(self, line: Command, mode: Mode) -> str:
        """Send one line in exactly that sub-mode; what the device says to it."""
        return self.session.send_line(line, expect_mode=str(mode)).rejected_text or ""

    def leave(self) -> None:
        """Leave configuration mode."""
        self.session.leave_configuration()

    def save(self) -> None:
        """``write memory``; an ASA confirms with ``[OK]``."""
        said = self.session.send(WriteMemory()).text
        if "[OK]" not in said:
            raise RejectedError(f"write memory was answered with: {' '.join(said.split())}", "save it by hand")


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if not _NOT_CONFIGURATION.match(line)]
