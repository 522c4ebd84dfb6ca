"""Typed commands: the only thing that can leave this process towards a device.

Names are validated and quoted here and nowhere else (promise 5). What is not built here cannot be sent
(promise 4): a command's constructor is its allow-list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from nornir_anyconnect.asa.grammar import Section  # noqa: TC001
from nornir_anyconnect.errors import NameRefusedError

MAX_NAME = 128
# Printable ASCII only: a terminal may turn anything else into something the ASA reads differently;
# "?" opens its help, a quote ends a quoted name, a leading dash never begins a real name.
_NAME = re.compile(rf"(?![- ])[ !#->@-~]{{1,{MAX_NAME}}}(?<! )")


def validated(name: str) -> str:
    """The name itself, if it may appear in a command.

    Raises:
        NameRefusedError: empty, too long, not printable ASCII, begins with a dash, or holds ``?`` or a quote.

    """
    if not _NAME.fullmatch(name):
        raise NameRefusedError(
            f"the name {name!a} cannot be used in a command",
            "a name is 1-128 printable ASCII characters, without quotes, '?', outer blanks or leading dash",
        )
    return name


@lru_cache(maxsize=4096)
def quoted(name: str) -> str:
    """The name as an ASA wants it typed: in quotes where it holds a blank."""
    name = validated(name)
    return f'"{name}"' if " " in name else name


@dataclass(frozen=True, slots=True)
class Command:
    """One line to a device. Only subclasses of this room exist; they build ``text`` themselves."""

    @property
    def text(self) -> str:
        """The exact line, without its line end."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class ShowRunning(Command):
    """``show running-config [all] [section]``; without a section the whole configuration."""

    section: Section | None = None
    defaults: bool = False

    @property
    def text(self) -> str:
        """The exact line."""
        words = ("show running-config", "all" if self.defaults else "", self.section or "")
        return " ".join(word for word in words if word)


@dataclass(frozen=True, slots=True)
class ShowStartup(Command):
    """``show startup-config``: only a change that is asked to save sends it (promise 18)."""

    @property
    def text(self) -> str:
        """The exact line."""
        return "show startup-config"


class Show(StrEnum):
    """The other show commands an audit may send."""

    VERSION = "show version"
    MODE = "show mode"
    CURPRIV = "show curpriv"
    FAILOVER = "show failover"
    CLUSTER = "show cluster info"
    CONTEXT = "show context"
    SSL_CIPHERS = "show ssl ciphers"
    SESSIONS = "show vpn-sessiondb anyconnect"
    SESSIONS_DETAIL = "show vpn-sessiondb detail anyconnect"
    SESSIONS_SUMMARY = "show vpn-sessiondb"
    ASP_DROP = "show asp drop"
    LOGGING = "show logging"
    CLOCK = "show clock"
    SSH_SESSIONS = "show ssh sessions"


@dataclass(frozen=True, slots=True)
class ShowCommand(Command):
    """One of the allow-listed show commands."""

    show: Show

    @property
    def text(self) -> str:
        """The exact line."""
        return str(self.show)


@dataclass(frozen=True, slots=True)
class ChangeTo(Command):
    """``changeto context NAME`` or, without a name, ``changeto system``."""

    context: str | None = None

    @property
    def text(self) -> str:
        """The exact line."""
        return f"changeto context {quoted(self.context)}" if self.context else "changeto system"


@dataclass(frozen=True, slots=True)
class PagerOff(Command):
    """``terminal pager 0``: for this session only; leaves the configuration alone."""

    @property
    def text(self) -> str:
        """The exact line."""
        return "terminal pager 0"


@dataclass(frozen=True, slots=True)
class Enable(Command):
    """``enable``."""

    @property
    def text(self) -> str:
        """The exact line."""
        return "enable"


@dataclass(frozen=True, slots=True)
class ConfigureTerminal(Command):
    """``configure terminal``: only a change sends it."""

    @property
    def text(self) -> str:
        """The exact line."""
        return "configure terminal"


@dataclass(frozen=True, slots=True)
class WriteMemory(Command):
    """``write memory``: only where the person who applies asked for it (promise 18)."""

    @property
    def text(self) -> str:
        """The exact line."""
        return "write memory"


@dataclass(frozen=True, slots=True)
class Exit(Command):
    """``exit``: one mode up, or out."""

    @property
    def text(self) -> str:
        """The exact line."""
        return "exit"
