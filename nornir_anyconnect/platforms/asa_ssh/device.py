"""An ASA as the other rooms see it: ``DeviceReader`` and ``DeviceWriter`` over one SSH session."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.capture import objects, settings_of, whole_configuration, without_passwords
from nornir_anyconnect.asa.commands import (
    ChangeTo,
    Show,
    ShowCommand,
    ShowRunning,
    ShowStartup,
    WriteMemory,
)
from nornir_anyconnect.asa.grammar import Section
from nornir_anyconnect.errors import IncompleteReplyError, NoSlotError, RejectedError
from nornir_anyconnect.platforms.asa_ssh import identity as read
from nornir_anyconnect.platforms.protocols import NOTHING_FORESEEN, Configuration, Identity, Shown

if TYPE_CHECKING:
    from collections.abc import Collection

    from nornir_anyconnect.asa.commands import Command
    from nornir_anyconnect.asa.parser import PulledConfig
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.platforms.asa_ssh.dialogue import Reply
    from nornir_anyconnect.platforms.asa_ssh.session import Session

SECTIONS = tuple(Section)
"""What is asked for; AAA servers decide nothing here, and hold keys."""
WITH_DEFAULTS = (Section.GROUP_POLICY, Section.TUNNEL_GROUP, Section.WEBVPN, Section.SSL, Section.SYSOPT)
"""Asked for a second time with ``all``: what the device does where nothing is set."""
ESSENTIAL = (Section.GROUP_POLICY, Section.TUNNEL_GROUP, Section.WEBVPN)
SSH_SESSIONS = 5
"""SSH sessions of an ASA, per context; source: ASA configuration guide, management access."""


class AsaDevice:
    """One ASA behind one session, at most in one context at a time.

    What can't change while a session lasts (release, serial number, context mode) is asked once.

    Args:
        session: logged in and enabled.

    """

    def __init__(self, session: Session) -> None:
        self.session = session
        self.name = session.name
        self.foreseen = NOTHING_FORESEEN
        """What will be asked of each context."""
        self._version: Reply | None = None
        self._multiple: bool | None = None
        self._context: str | None = None
        self._here: read.Contexts | None = None

    def look_ahead(self) -> None:
        """Ask at once whatever can be asked before anything of it is known: who it is, and what is foreseen.

        A prompt that names a context tells that the configuration asked for here may not be wanted.
        """
        wanted = [ShowCommand(Show.SSH_SESSIONS), *self._who()]
        self.session.ask_ahead(wanted if self.session.prompt.context else [*wanted, *self._wanted_of_context()])

    @property
    def alive(self) -> bool:
        """Whether it can still be asked."""
        return self.session.alive

    # who it is

    def identity(self) -> Identity:
        """Ask the device who and what it is, now; the session stays in its context.

        What a release does not know (``show cluster info`` before 9.0) counts as not there.
        """
        self.session.ask_ahead(self._who())
        version = read.version(self._show_version().shown)
        failover = read.failover(self._answer(Show.FAILOVER))
        cluster = read.cluster_role(self._answer(Show.CLUSTER))
        multiple = self._has_contexts()
        self._here = read.contexts(self._answer(Show.CONTEXT)) if multiple else None
        context = self._here.current if self._here is not None else None
        self._context = None if context == read.SYSTEM else context
        serials = {*failover.serials, *([version.serial] if version.serial else [])}
        if multiple and not serials and context not in (None, read.SYSTEM):
            serials = self._serials_of_system(context)
        return Identity(
            hostname=version.hostname or self.session.prompt.hostname,
            serials=tuple(sorted(serials)),
            release=version.release,
            ftd_release=version.ftd_release,
            hardware=version.hardware,
            multiple=multiple,
            context=context,
            role=failover.role,
            mate=failover.mate,
            cluster=cluster,
        )

    def contexts(self) -> tuple[str, ...]:
        """All contexts, asked from the system space, where the session stands afterwards; none in single mode.

        A login that may not leave its context sees that one.
        """
        if not self._has_contexts():
            return ()
        here = self._here = self._here or read.contexts(self._answer(Show.CONTEXT))
        if here.in_system:
            return here.names
        try:
            self.enter(None)
        except RejectedError:
            return here.names
        return self._here.names

    def enter(self, context: str | None) -> None:
        """Change to a context, or with ``None`` to the system space, and ask the device whether it did.

        Raises:
            RejectedError: the device refused, or stands elsewhere.

        """
        self._version = self._here = None  # each context answers with its own name
        reply = self.session.send(ChangeTo(context))
        wanted = context or read.SYSTEM
        stands = None
        if reply.refusal is None:
            if context is not None:
                self.session.ask_ahead([ShowCommand(Show.CONTEXT), *self._wanted_of_context()])
            self._here = read.contexts(self._answer(Show.CONTEXT))
            stands = self._here.current
        if stands != wanted:
            raise RejectedError(
                f"{self.name}: could not change to {wanted}: {reply.refusal or f'it stands in {stands}'}",
                "check the context's name, and that the login may leave its own context",
            )
        self._context = context

    def privilege(self) -> int | None:
        """The privilege level of this login; None where it is not told."""
        return read.privilege(self.session.send(ShowCommand(Show.CURPRIV)).text)

    def free_slots(self) -> int | None:
        """SSH sessions left beside those open now, ours among them; None where this login may not ask."""
        reply = self.session.send(ShowCommand(Show.SSH_SESSIONS))
        if reply.refusal is not None:
            return None
        return max(0, SSH_SESSIONS - read.ssh_sessions(reply.text))

    def leave_one_free(self) -> int | None:
        """Refuse to go on in the last session that the device has (promise 9); those left beside ours.

        Raises:
            NoSlotError: nobody else could log in while this session lasts.

        """
        free = self.free_slots()
        if free == 0:
            raise NoSlotError(
                f"{self.name}: all {SSH_SESSIONS} SSH sessions are taken, ours is the last one",
                "end one (show ssh sessions, ssh disconnect ID): one is always left free for whoever has to get in",
            )
        return free

    # what it is configured to do

    def configuration(self, *, whole: bool = False) -> Configuration:
        """Pull the context in which the session stands, section by section.

        So a box with 100,000 access-list lines costs little.

        What a release refuses is asked for in the next simpler form: without ``all``, then as part of the whole.

        Raises:
            IncompleteReplyError: two answers do not fit together, or the whole has no end mark.
            RejectedError: the login may not read the configuration.

        """
        self.session.ask_ahead(self._configuration(whole=whole))
        # TTP is slow to import: only who reads a configuration pays
        from nornir_anyconnect.asa.parser import PulledConfig  # noqa: PLC0415 - see above

        refused: list[str] = []

        def answer(command: ShowRunning | ShowCommand, reply: Reply) -> str | None:
            if reply.refusal is None:
                return reply.text
            if "authorization" in reply.refusal.lower():
                raise self._not_authorised(command, reply.refusal)
            refused.append(command.text)
            return None

        def ask(command: ShowRunning | ShowCommand) -> str | None:
            return answer(command, self.session.send(command))

        version = answer(ShowCommand(Show.VERSION), self._show_version()) or ""
        ciphers = ask(ShowCommand(Show.SSL_CIPHERS)) or ""
        defaults = {s: text for s in WITH_DEFAULTS if (text := ask(ShowRunning(s, defaults=True))) is not None}
        sections: dict[Section, str] = {}
        if not whole:
            sections = {s: text for s in SECTIONS if (text := ask(ShowRunning(s))) is not None}
            whole = any(section not in sections for section in ESSENTIAL)
        text = None
        if whole:
            sections = {}
            text = self._whole()
        else:
            self._must_be_whole(sections, defaults)
            sections[Section.USERNAME] = without_passwords(sections.get(Section.USERNAME, ""))
        self.session.settle()
        pull = PulledConfig(
            version_text=version,
            sections=sections,
            defaults=defaults,
            ssl_ciphers=ciphers,
            context=self._context,
            hostname=read.version(version).hostname or self.session.prompt.hostname,
        )
        sizes = {"whole": len(text)} if text is not None else {str(s): len(each) for s, each in sections.items()}
        return Configuration(_typed(pull, text), tuple(sizes.items()), tuple(refused), self.session.doubt)

    def observations(self, wanted: Collection[Show], *, interval: float = 0) -> Shown:
        """What the context in which the session stands has seen; what it refuses to show is left out.

        Args:
            wanted: which show commands to ask; the plain sessions only where the detailed ones are not shown.
            interval: seconds between two samples of ``show asp drop``, which make a rate; 0 takes one sample.

        """
        refused: list[tuple[str, str]] = []

        def shown(show: Show) -> str | None:
            if show not in wanted:
                return None
            reply = self.session.send(ShowCommand(show))
            if reply.refusal:
                refused.append((show, reply.refusal))
            return None if reply.refusal else reply.text

        def drops() -> list[tuple[datetime, str]]:
            text = shown(Show.ASP_DROP)
            return [(datetime.now(UTC), text)] if text else []

        self.session.ask_ahead(self._observations(wanted))
        began = time.monotonic()
        dropped = drops()
        logging = shown(Show.LOGGING)
        sessions = shown(Show.SESSIONS_DETAIL)
        if sessions is None:
            sessions = shown(Show.SESSIONS)
        summary = shown(Show.SESSIONS_SUMMARY)
        if interval > 0 and dropped:
            time.sleep(max(0.0, interval - (time.monotonic() - began)))
            dropped += drops()
        return Shown(logging, sessions, summary, dropped, tuple(refused))

    def clock(self) -> str:
        """Ask for ``show clock``."""
        return self.session.send(ShowCommand(Show.CLOCK)).text

    # how it is changed

    def configure(self) -> None:
        """Enter configuration mode."""
        self.session.configure()

    def write(self, line: Command, mode: str) -> str:
        """Send one line in exactly that sub-mode; what the device says to it."""
        return self.session.send_line(line, expect_mode=mode).rejected_text or ""

    def leave(self) -> None:
        """Leave configuration mode."""
        self.session.leave_configuration()

    def startup_differs(self) -> bool:
        """Whether running and startup configuration differ in more than comments."""
        running = self.session.send(ShowRunning()).text
        startup = self.session.send(ShowStartup()).text
        return settings_of(running) != settings_of(startup)

    def save(self) -> None:
        """``write memory``; an ASA confirms with ``[OK]``."""
        said = self.session.send(WriteMemory()).text
        if "[OK]" not in said:
            raise RejectedError(f"write memory was answered with: {' '.join(said.split())}", "save it by hand")

    # how it is asked

    def _who(self) -> list[ShowCommand]:
        """What :meth:`identity` asks."""
        shows = [Show.FAILOVER, Show.CLUSTER]
        if self._version is None:
            shows.insert(0, Show.VERSION)
        if self._multiple is None:
            shows.append(Show.MODE)
        elif self._multiple:
            shows.append(Show.CONTEXT)
        return [ShowCommand(each) for each in shows]

    def _configuration(self, *, whole: bool) -> list[ShowCommand | ShowRunning]:
        """What :meth:`configuration` asks first of a release that refuses nothing."""
        shows = [Show.SSL_CIPHERS] if self._version is not None else [Show.VERSION, Show.SSL_CIPHERS]
        defaults = [ShowRunning(each, defaults=True) for each in WITH_DEFAULTS]
        parts = [ShowRunning()] if whole else [ShowRunning(each) for each in SECTIONS]
        return [*map(ShowCommand, shows), *defaults, *parts]

    @staticmethod
    def _observations(wanted: Collection[Show]) -> list[ShowCommand]:
        """What :meth:`observations` asks of a release that knows the detailed sessions."""
        order = (Show.ASP_DROP, Show.LOGGING, Show.SESSIONS_DETAIL, Show.SESSIONS, Show.SESSIONS_SUMMARY)
        left_out = {Show.SESSIONS} if Show.SESSIONS_DETAIL in wanted else set()
        return [ShowCommand(each) for each in order if each in wanted and each not in left_out]

    def _wanted_of_context(self) -> list[ShowCommand | ShowRunning]:
        """What is foreseen for the context in which the session stands."""
        asked = self._configuration(whole=self.foreseen.whole) if self.foreseen.configuration else []
        known = {each.text for each in asked}
        return [*asked, *(each for each in self._observations(self.foreseen.observations) if each.text not in known)]

    def _answer(self, show: Show) -> str:
        """What a show command says; nothing where the release refuses it."""
        return self.session.send(ShowCommand(show)).shown

    def _show_version(self) -> Reply:
        if self._version is None:
            reply = self.session.send(ShowCommand(Show.VERSION))
            if reply.refusal is None and not reply.text.strip():
                raise IncompleteReplyError(
                    f"{self.name}: '{Show.VERSION}' was answered with nothing",
                    "look whether it is an ASA, and ask again",
                )
            self._version = reply
        return self._version

    def _has_contexts(self) -> bool:
        if self._multiple is None:
            self._multiple = read.multiple_mode(self._answer(Show.MODE))
        return self._multiple

    def _serials_of_system(self, home: str | None) -> set[str]:
        try:
            self.enter(None)
        except RejectedError:
            return set()
        serial = read.version(self._show_version().shown).serial
        pair = read.failover(self._answer(Show.FAILOVER)).serials
        self.enter(home)
        return {*pair, *([serial] if serial else [])}

    def _not_authorised(self, command: Command, refusal: str) -> RejectedError:
        return RejectedError(
            f"{self.name}: '{command.text}': {refusal}", "give the account the privileges of docs/account.md"
        )

    def _whole(self) -> str:
        reply = self.session.send(ShowRunning())
        if reply.refusal is not None:
            raise self._not_authorised(ShowRunning(), reply.refusal)
        return whole_configuration(self.name, reply.text)

    def _must_be_whole(self, sections: dict[Section, str], defaults: dict[Section, str]) -> None:
        """An empty answer decides a verdict as much as a full one, and has to be given twice; others must agree."""
        for section in ESSENTIAL:
            if not sections[section].strip() and self.session.send(ShowRunning(section)).text.strip():
                raise IncompleteReplyError(
                    f"{self.name}: '{ShowRunning(section).text}' was empty once and full once", "ask the device again"
                )
        for section in ESSENTIAL:
            known = section in defaults
            apart = objects(section, sections[section]) ^ objects(section, defaults[section]) if known else ()
            if apart:
                raise IncompleteReplyError(
                    f"{self.name}: {section} with and without 'all' differ in {min(apart).strip()}",
                    "ask the device again",
                )


def _typed(pull: PulledConfig, whole: str | None) -> RunningConfig:
    """The typed configuration; of the whole, where it was asked for, with what only a live device tells."""
    from nornir_anyconnect.asa.parser import parse, parse_pull  # noqa: PLC0415 - loads TTP

    pulled = parse_pull(pull)
    if whole is None:
        return pulled
    config = parse(whole)
    return replace(
        config,
        context=pull.context,
        release=config.release or pulled.release,
        release_text=config.release_text or pulled.release_text,
        defaults=pulled.defaults,
        device_ciphers=pulled.device_ciphers,
        serials=config.serials or pulled.serials,
    )
