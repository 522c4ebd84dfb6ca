"""A session on one device: typed commands in, replies that are proved complete out."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.commands import (
    ChangeTo,
    Command,
    ConfigureTerminal,
    Enable,
    Exit,
    PagerOff,
    Show,
    ShowCommand,
    ShowRunning,
    WriteMemory,
)
from nornir_anyconnect.errors import DeviceError, EnableError, GateError, NameRefusedError, RejectedError
from nornir_anyconnect.platforms.asa_ssh.ahead import Doubt, Question
from nornir_anyconnect.platforms.asa_ssh.conversation import Conversation, Transport
from nornir_anyconnect.platforms.asa_ssh.dialogue import LONGEST_REPLY, Changes
from nornir_anyconnect.platforms.asa_ssh.prompts import appearance
from nornir_anyconnect.platforms.login_gate import ENABLE, Attempt, LoginGate, gate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.platforms.asa_ssh.dialogue import Reply
    from nornir_anyconnect.platforms.asa_ssh.prompts import Prompt

_PROMPT_STAYS = (ShowRunning, ShowCommand, PagerOff, WriteMemory)


class Session:
    """One login on one device.

    Args:
        transport: a connected and authenticated channel.
        name: what the device is called in errors.
        user: the login's user name, for the enable secret's turn in the login gate.
        secret: the enable secret; kept until it was used.
        reply_timeout: seconds of silence after which the device counts as hanging.
        longest_reply: bytes that one reply may have.
        pipeline: what only shows something may be asked without waiting for each reply.
        login_gate: where refused secrets are counted.

    """

    def __init__(
        self, transport: Transport, *, name: str, user: str = "", secret: str | None = None,
        reply_timeout: float = 30.0, longest_reply: int = LONGEST_REPLY, pipeline: bool = False,
        login_gate: LoginGate = gate,
    ) -> None:  # fmt: skip
        self.name = name
        self.doubt: Doubt | None = None
        """Why this session asks one by one, where it did not from the beginning."""
        self._pipeline = pipeline
        self._held: dict[str, Reply] = {}
        self._conversation = Conversation(transport, name, reply_timeout, longest_reply)
        self._user = user
        self._secret = secret
        self._gate = login_gate

    @property
    def alive(self) -> bool:
        """The session can be used; after any error in the conversation it can't."""
        return self._conversation.alive

    @property
    def prompt(self) -> Prompt:
        """The prompt in force.

        Raises:
            LinkLostError: there was no login yet.

        """
        return self._conversation.prompt

    def log_in(self, *, enables: bool) -> None:
        """Learn the first prompt, past any banner; ``enables``: whether :meth:`enable` is what comes next."""
        self._conversation.log_in(enables=enables and bool(self._secret))

    def one_by_one(self) -> None:
        """From now on nothing is sent before the reply to the line before: always so where something is changed."""
        self._pipeline = False
        self._held.clear()

    def ask_ahead(self, commands: Iterable[Command]) -> None:
        """Ask at once what will be asked anyway: the next :meth:`send` of each has its reply already.

        Nothing happens where this session asks one by one. With the first doubt about whose reply is whose, none of
        these is believed, and the session goes on one by one.

        Raises:
            TypeError: not a command that only shows something.
            DeviceError: as of :meth:`send`.

        """
        wanted = [
            each for line, each in {self._line_of(each): each for each in commands}.items() if line not in self._held
        ]
        if wrong := next((each for each in wanted if not isinstance(each, ShowRunning | ShowCommand)), None):
            raise TypeError(f"'{wrong.text}' is not asked ahead")
        if not self._pipeline or not wanted or self.prompt.mode is not None:
            return
        # the last one proves that nothing was left unread, and the pager is off for sure
        replies = self._conversation.ask_ahead([*map(_question, wanted), Question(PagerOff().text)])
        if not isinstance(replies, Doubt) and replies[-1].rejected_text and replies[-1].refusal is None:
            replies = Doubt.GOES_ON
        if isinstance(replies, Doubt):
            self.one_by_one()
            self.doubt = replies
            return
        self._held = {each.command: each for each in (*self._held.values(), *replies)}

    def send(self, command: Command, *, timeout: float | None = None) -> Reply:
        """Send one typed command and return its whole reply.

        Args:
            command: built in the ``asa`` room; ``Enable`` goes through :meth:`enable`.
            timeout: seconds of silence to bear, where the session's own are not right.

        Raises:
            TypeError: not a typed command (promise 4).
            ReplyTimeoutError: the device hangs.
            IncompleteReplyError: the reply is not proved complete.
            LinkLostError: the session ended.

        """
        line = self._line_of(command)
        if isinstance(command, Enable):
            raise TypeError("enable needs its secret: use Session.enable()")
        if isinstance(command, ShowRunning | ShowCommand):
            if (held := self._held.pop(line, None)) is not None:
                return held
            self._held.pop(PagerOff().text, None)  # it proved what came before this one
        else:
            self._held.clear()
        changes = Changes.MODE
        if isinstance(command, ChangeTo):
            changes = Changes.CONTEXT
        elif isinstance(command, _PROMPT_STAYS):
            changes = Changes.NOTHING
        return self._conversation.ask(line, changes, timeout=timeout, keep_log_lines=_question(command).keep_log_lines)

    def enable(self) -> None:
        """Reach privileged mode; at ``#`` nothing is sent. The secret is tried once, when the device asks for it.

        Raises:
            EnableError: there is no secret, or it was refused, here or three times elsewhere.

        """
        if self.prompt.privileged:
            return
        secret = self._secret
        if not secret:
            raise EnableError(
                f"{self.name} needs an enable secret and none is given",
                "set NORNIR_ANYCONNECT_ENABLE, or let the device enable this user at login",
            )
        credential = (self._user, secret, ENABLE)
        self._gate.refuse_spent(*credential)
        attempt = Attempt()  # of nobody, where the device does not ask for the secret
        with contextlib.ExitStack() as judged:

            def turn() -> str:
                nonlocal attempt
                attempt = judged.enter_context(self._gate.attempt(*credential))
                return secret

            try:
                reply = self._conversation.ask(Enable().text, Changes.PRIVILEGE, secret=turn)
                if not reply.prompt.privileged:
                    raise EnableError(
                        f"{self.name} refused to enable: {reply.refusal or 'still in user mode'}",
                        "check the enable secret and the privilege of this user",
                    )
            except EnableError:
                attempt.refused = True
                raise
            attempt.accepted = True
        self._secret = None

    def pager_off(self) -> None:
        """Switch the pager off for this session; where that is refused, pages are turned one by one.

        The line that proves a prompt is the very same: where it was taken, nothing more is sent.
        """
        if not self._conversation.pager_is_off and self.send(PagerOff()).refusal is not None and not self.prompt.ftd:
            self.one_by_one()

    def settle(self) -> None:
        """Prove that nothing was left unread: a further exchange in which only its own echo may come.

        Raises:
            IncompleteReplyError: the last reply had gone on.

        """
        if self._held.pop(PagerOff().text, None) is None:
            self.send(PagerOff())

    def configure(self, *, settle: float = 1.0) -> None:
        """Enter configuration mode, answer an anonymous-reporting notice with *ask later*.

        Args:
            settle: seconds to wait for that notice, which comes behind the prompt.

        Raises:
            GateError: the unit does not replicate to its mate: a change made here would be lost (promise 8).
            RejectedError: the device did not enter configuration mode.

        """
        reply = self.send(ConfigureTerminal())
        said = reply.text + "\n" + self._conversation.listen(settle)
        if appearance().replication_stopped in said:
            self.leave_configuration()
            raise GateError(
                f"{self.name}: configuration replication is NOT performed from this unit",
                "work on the active unit, and look at 'show failover'",
            )
        if reply.refusal or self.prompt.mode != "config":
            raise RejectedError(
                f"{self.name} did not enter configuration mode: {reply.refusal or self.prompt.text.strip()}",
                "check the privilege of this user",
            )

    def send_line(self, line: Command, *, expect_mode: str, timeout: float | None = None) -> Reply:
        """Send one line of configuration, but only from the sub-mode it belongs to (promise 30).

        ``Reply.rejected_text`` is whatever the device said: the caller judges it (promise 16).

        Raises:
            RejectedError: the prompt shows another mode; nothing was sent.

        """
        if self.prompt.mode != expect_mode:
            raise RejectedError(
                f"{self.name} stands in ({self.prompt.mode}), the line belongs to ({expect_mode}); it was not sent",
                "look at what the device said to the line before",
            )
        return self.send(line, timeout=timeout)

    def leave_configuration(self) -> None:
        """Leave every sub-mode and configuration mode.

        Raises:
            RejectedError: the device stays in it.

        """
        for _ in range(6):
            if self.prompt.mode is None:
                return
            self.send(Exit())
        raise RejectedError(f"{self.name} stays in configuration mode", "log in and leave it by hand")

    def cut(self) -> None:
        """End every wait of it, from any thread; never raises."""
        self._conversation.cut()

    def close(self) -> None:
        """Leave configuration mode, log out, end the transport; never raises."""
        with contextlib.suppress(DeviceError):
            if self.alive:
                self.leave_configuration()
        self._secret = None
        self._conversation.say_goodbye(Exit().text)

    def _line_of(self, command: Command) -> str:
        known = isinstance(command, Command) and type(command).__module__.startswith("nornir_anyconnect.asa.")
        if not known:
            raise TypeError(f"only typed commands can be sent, not {type(command).__name__}")
        line = command.text
        if not line.isprintable() or "?" in line:
            raise NameRefusedError(f"{line!r} cannot be sent", "remove control characters and question marks")
        return line


def _question(command: Command) -> Question:
    return Question(command.text, isinstance(command, ShowCommand) and command.show is Show.LOGGING)
