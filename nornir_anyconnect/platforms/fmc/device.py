"""An FTD as its manager shows it: a ``DeviceReader`` whose show commands run through FMC."""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.capture import whole_configuration
from nornir_anyconnect.asa.commands import Show, ShowCommand, ShowRunning
from nornir_anyconnect.errors import IncompleteReplyError, RejectedError
from nornir_anyconnect.platforms.asa_ssh import identity as read
from nornir_anyconnect.platforms.protocols import Configuration, Identity, Shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from nornir_anyconnect.asa.commands import Command
    from nornir_anyconnect.asa.managed import ManagedBy
    from nornir_anyconnect.platforms.fmc.client import FmcClient

_COMMAND_WORDS = 2
"""The field ``command`` holds so many words, ``parameters`` the rest (FMC REST API)."""
_REFUSED = ("ERROR:", "% ", "Command authorization failed", "Syntax error")

_one_command_per_device: defaultdict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)


class ManagedFtd:
    """One FTD.

    Args:
        client: of its manager.
        name: what it is called in errors.
        uuid: of its device record.
        managed: what the manager holds for it.

    """

    def __init__(self, client: FmcClient, name: str, uuid: str, managed: ManagedBy) -> None:
        self.name = name
        self._client = client
        self._uuid = uuid
        self._managed = managed
        self._version: str | None = None

    @property
    def alive(self) -> bool:
        """A manager can always be asked once more."""
        return True

    def identity(self) -> Identity:
        """Ask the device who and what it is."""
        version = read.version(self._show_version())
        failover = read.failover(self._text(ShowCommand(Show.FAILOVER)))
        serials = {*failover.serials, *([version.serial] if version.serial else [])}
        return Identity(
            hostname=version.hostname or self.name,
            serials=tuple(sorted(serials)),
            release=version.release,
            ftd_release=version.ftd_release or "unknown",
            hardware=version.hardware,
            role=failover.role,
            mate=failover.mate,
        )

    def contexts(self) -> tuple[str, ...]:
        """An FTD has none."""
        return ()

    def enter(self, context: str) -> None:
        """There is nowhere to go.

        Raises:
            RejectedError: always.

        """
        raise RejectedError(f"{self.name}: an FTD has no context '{context}'", "correct data.anyconnect.context")

    def configuration(self, *, whole: bool = False) -> Configuration:  # noqa: ARG002 - it is always the whole
        """The whole running configuration, with what the manager holds of its policies.

        Raises:
            DeviceError: it cannot be read, or has no end mark.

        """
        # TTP is slow to import: only who reads a configuration pays
        from nornir_anyconnect.asa.parser import parse  # noqa: PLC0415 - see above

        text = whole_configuration(self.name, self._text(ShowRunning(), needed=True))
        running = parse(text)
        version = read.version(self._show_version())
        serials = running.serials or ((version.serial,) if version.serial else ())
        running = replace(running, manager=self._managed, serials=serials)
        return Configuration(running, (("whole", len(text)),))

    def observations(self, wanted: Collection[Show], *, interval: float = 0) -> Shown:  # noqa: ARG002 - one sample
        """What it says of its users; each command costs a request, and what is refused is left out."""
        refused: list[tuple[str, str]] = []

        def shown(show: Show) -> str | None:
            if show not in wanted:
                return None
            try:
                return self._text(ShowCommand(show), needed=True)
            except RejectedError as error:
                refused.append((show, error.cause))
                return None

        sessions = shown(Show.SESSIONS_DETAIL)
        if sessions is None:
            sessions = shown(Show.SESSIONS)
        drops = shown(Show.ASP_DROP)
        return Shown(
            logging=shown(Show.LOGGING),
            sessions=sessions,
            summary=shown(Show.SESSIONS_SUMMARY),
            drops=[(datetime.now(UTC), drops)] if drops else (),
            refused=tuple(refused),
        )

    def clock(self) -> str:
        """Ask for ``show clock``."""
        return self._text(ShowCommand(Show.CLOCK))

    def _show_version(self) -> str:
        if self._version is None:
            self._version = self._text(ShowCommand(Show.VERSION), needed=True)
        return self._version

    def _text(self, command: Command, *, needed: bool = False) -> str:
        """What the device answers; nothing where it does not know the command.

        Raises:
            RejectedError: it does not know what is ``needed``.
            DeviceError: the manager cannot be asked.

        """
        words = command.text.split()
        query = {"command": " ".join(words[:_COMMAND_WORDS])}
        if rest := " ".join(words[_COMMAND_WORDS:]):
            query["parameters"] = rest
        with _one_command_per_device[self._client.options.url, self._uuid]:
            answer = self._client.get(f"devices/devicerecords/{self._uuid}/operational/commands", **query)
        said = [each for each in answer.get("items") or () if isinstance(each, dict)]
        text = next((each.get("commandOutput") for each in said), None)
        if not isinstance(text, str):
            raise IncompleteReplyError(f"{self.name}: '{command.text}' was answered with nothing", "look at it in FMC")
        first = text.lstrip().partition("\n")[0]
        if first.startswith(_REFUSED):
            if needed:
                raise RejectedError(f"{self.name}: '{command.text}': {first.strip()}", "look at the device in FMC")
            return ""
        if needed and not text.strip():
            raise IncompleteReplyError(f"{self.name}: '{command.text}' was answered with nothing", "ask again")
        return text.replace("\r", "")
