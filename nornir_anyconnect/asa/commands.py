"""Typed commands: the only thing that can leave this process towards a device.

Names are validated and quoted here and nowhere else (promise 5). What is not built here cannot be sent
(promise 4): a command's constructor is its allow-list.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from nornir_anyconnect.errors import NameRefusedError

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f?\"\u2028\u2029]")
MAX_NAME = 128


def validated(name: str) -> str:
    """The name itself, if it may appear in a command.

    Raises:
        NameRefusedError: empty, too long, or holds a control character, ``?`` or a quote.

    """
    if not name or len(name) > MAX_NAME or _FORBIDDEN.search(name) or name != name.strip():
        raise NameRefusedError(
            f"the name {name!r} cannot be used in a command",
            "names must be 1-128 characters without control characters, quotes, '?' or outer blanks",
        )
    return name


def quoted(name: str) -> str:
    """The name as an ASA wants it typed: in quotes where it holds a blank."""
    name = validated(name)
    return f'"{name}"' if " " in name else name


@dataclass(frozen=True, slots=True)
class Command:
    """One line to a device. Only subclasses defined in this module exist; they build ``text`` themselves."""

    @property
    def text(self) -> str:
        """The exact line, without its line end."""
        raise NotImplementedError


class Section(StrEnum):
    """Parts of a running configuration that the audit reads."""

    GROUP_POLICY = "group-policy"
    TUNNEL_GROUP = "tunnel-group"
    WEBVPN = "webvpn"
    SSL = "ssl"
    SYSOPT = "sysopt"
    MTU = "mtu"
    USERNAME = "username"
    LDAP = "ldap attribute-map"
    INTERFACE = "interface"
    ICMP = "icmp"
    LOGGING = "logging"
    IP_POOL = "ip local pool"
    IPV6_POOL = "ipv6 local pool"
    CRYPTO_MAP = "crypto map"
    DAP = "dynamic-access-policy-record"
    LOAD_BALANCING = "vpn load-balancing"
    FAILOVER = "failover"
    AAA_SERVER = "aaa-server"


@dataclass(frozen=True, slots=True)
class ShowRunning(Command):
    """``show running-config [all] [section]``; without a section the whole configuration."""

    section: Section | None = None
    defaults: bool = False

    @property
    def text(self) -> str:
        """The exact line."""
        words = ["show running-config", *(["all"] if self.defaults else []), *([self.section] if self.section else [])]
        return " ".join(words)


class Show(StrEnum):
    """The other show commands an audit may send."""

    VERSION = "show version"
    MODE = "show mode"
    CURPRIV = "show curpriv"
    CHECKSUM = "show checksum"
    FAILOVER = "show failover"
    CLUSTER = "show cluster info"
    CONTEXT = "show context"
    CONTEXT_NAME = "show context detail"
    SSL_CIPHERS = "show ssl ciphers"
    SESSIONS = "show vpn-sessiondb anyconnect"
    SESSIONS_DETAIL = "show vpn-sessiondb detail anyconnect"
    SESSIONS_SUMMARY = "show vpn-sessiondb"
    ASP_DROP = "show asp drop"
    LOGGING = "show logging"
    CLOCK = "show clock"
    SSH_SESSIONS = "show ssh sessions"
    RESOURCE_SSH = "show resource usage resource ssh"


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
class Exit(Command):
    """``exit``: one mode up, or out."""

    @property
    def text(self) -> str:
        """The exact line."""
        return "exit"
