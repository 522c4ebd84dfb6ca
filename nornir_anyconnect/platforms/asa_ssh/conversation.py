"""Drives the dialogue over a transport: waits, answers, and gives up, by the transport's clock."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn, Protocol

from nornir_anyconnect.errors import (
    EnableError,
    IncompleteReplyError,
    LinkLostError,
    RejectedError,
    ReplyTimeoutError,
)
from nornir_anyconnect.masking import without_secrets
from nornir_anyconnect.platforms import deadline
from nornir_anyconnect.platforms.asa_ssh.ahead import AskedAhead, Doubt, Question
from nornir_anyconnect.platforms.asa_ssh.dialogue import (
    LONGEST_REPLY,
    Changes,
    Dialogue,
    Event,
    LoggedIn,
    PasswordAsked,
    Reply,
    Write,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from nornir_anyconnect.platforms.asa_ssh.prompts import Prompt

QUIET = 0.5
"""Seconds of silence after which a prompt in doubt is asked to prove itself."""
LOGOUT = 0.5
"""Seconds of silence after which a box that was told to end the session is left to notice that it has ended."""
QUESTION_QUIET = 2.0
"""Seconds of silence after which a last line that looks like a question is taken for one."""
LONGEST_WAIT = 300.0
"""Seconds that one reply may take, however steadily it trickles."""
LONGEST_LOGIN = 90.0
"""Seconds until the first prompt, however steadily a banner trickles."""
STALLED = 1.0
"""Seconds of silence at a prompt after which what was typed ahead counts as not taken."""
PROOFS = 3
LAST_WORDS = 16
"""Pieces of text that are read at most after the last line, beside its echo."""


class Transport(Protocol):
    """Bytes to and from one device. The SSH one is in ``ssh.py``; another is one more small driver."""

    def read(self, timeout: float) -> bytes:
        """What has arrived after at most ``timeout`` seconds, or nothing. Raises ``LinkLostError`` at the end."""

    def now(self) -> float:
        """Seconds on the clock that ``read`` waits by; it never goes back."""

    def write(self, data: bytes) -> None:
        """Send all of it. Raises ``LinkLostError``."""

    def cut(self) -> None:
        """End every wait on it, from any thread; never raises."""

    def close(self) -> None:
        """End it; never raises."""


class Conversation:
    """One dialogue over one transport. After any error it is over, and its transport closed.

    Args:
        transport: a connected and authenticated channel.
        name: what the device is called in errors.
        reply_timeout: seconds of silence after which the device counts as hanging.
        longest_reply: bytes.

    """

    def __init__(
        self, transport: Transport, name: str, reply_timeout: float, longest_reply: int = LONGEST_REPLY
    ) -> None:
        self.name = name
        self.alive = True
        self._transport = transport
        self._dialogue = Dialogue(longest_reply=longest_reply)
        self._reply_timeout = reply_timeout
        self._longest_reply = longest_reply

    @property
    def prompt(self) -> Prompt:
        """The prompt in force.

        Raises:
            LinkLostError: there was no login yet.

        """
        if self._dialogue.prompt is None:
            raise LinkLostError(f"{self.name}: not logged in", "log in first")
        return self._dialogue.prompt

    @property
    def pager_is_off(self) -> bool:
        """The line that proved the prompt has switched it off."""
        return self._dialogue.pager_is_off

    def log_in(self, *, enables: bool) -> None:
        """Learn the first prompt, past any banner; ``enables``: whether ``enable`` is what is asked next."""
        longest = max(LONGEST_LOGIN, self._reply_timeout)
        self._dialogue.enables = enables
        self._converse((), "login", self._reply_timeout, None, longest=longest)

    def ask(
        self, line: str, changes: Changes, *, timeout: float | None = None, secret: Callable[[], str] | None = None,
        keep_log_lines: bool = False,
    ) -> Reply:  # fmt: skip
        """Send one line and wait for its proved reply.

        ``secret`` answers one question for a password, and may wait until it is its turn.

        Raises:
            ReplyTimeoutError: nothing came.
            IncompleteReplyError: it stopped before its end.
            LinkLostError: the session ended.
            EnableError: the secret was asked for again.
            RejectedError: the device asks a question that is never answered.

        """
        if not self.alive:
            raise LinkLostError(f"{self.name}: the session is over", "open a new one")
        events = self._dialogue.ask(line, changes, keep_log_lines=keep_log_lines)
        reply = self._converse(events, line, timeout or self._reply_timeout, secret)
        if not isinstance(reply, Reply):
            raise IncompleteReplyError(f"{self.name}: no reply to '{line}'", "ask the device again")
        return reply

    def ask_ahead(self, questions: Sequence[Question]) -> tuple[Reply, ...] | Doubt:
        """Send several lines without waiting for each reply; the replies, or why none of them is believed.

        After a doubt the device has answered, or lost, all that was sent, and stands at a prompt that is proved.

        Raises:
            DeviceError: as of :meth:`ask`.

        """
        if not self.alive or self._dialogue.busy:
            raise LinkLostError(f"{self.name}: the session is over", "open a new one")
        ahead = AskedAhead(self.prompt, questions, self._longest_reply)
        with self._ending_on_error(lambda: ahead.command):
            self._drive_ahead(ahead)
        if ahead.doubt is None:
            return tuple(ahead.replies)
        self._dialogue.begin_again(ahead.left)
        self._converse((), "what was asked together", self._reply_timeout, None)
        return ahead.doubt

    def say_goodbye(self, line: str) -> None:
        """Send the line that ends the session, and end it whatever happens; never raises."""
        try:
            if self.alive and not self._dialogue.busy:
                self._write(self._dialogue.ask(line, Changes.MODE))
                # the echo alone is no proof that the line was taken: a device that took it ends the session
                for _ in range(len(line) + LAST_WORDS):
                    if not self._transport.read(LOGOUT):
                        break
        except (LinkLostError, IncompleteReplyError):
            pass
        finally:
            self.end()

    def cut(self) -> None:
        """End every wait of it, from any thread; never raises."""
        self._transport.cut()

    def end(self) -> None:
        """Close the transport; never raises."""
        self.alive = False
        self._transport.close()

    def _converse(
        self, events: Iterable[Event], what: str, silence: float, secret: Callable[[], str] | None,
        longest: float = LONGEST_WAIT,
    ) -> Reply | LoggedIn:  # fmt: skip
        """Drive the dialogue until a reply is complete; whatever fails ends the session.

        Args:
            events: what is to be done first.
            what: is asked, for error messages.
            silence: seconds without a word that are waited for.
            secret: the answer to one question for a password; it may wait until it is its turn.
            longest: seconds that it may take in all.

        """
        with self._ending_on_error(lambda: what):
            now = self._transport.now
            began = heard_at = now()
            proofs, todo = 0, list(events)
            while True:
                while todo:
                    event = todo.pop(0)
                    if isinstance(event, Write):
                        self._transport.write(event.data)
                    elif isinstance(event, PasswordAsked):
                        todo += self._answer_password(secret)
                        secret = None
                        began = heard_at = now()  # it may have waited for its turn
                    else:
                        return event
                data = self._transport.read(min(QUIET, max(0.01, silence - (now() - heard_at))))
                if data:
                    heard_at = now()
                    todo += self._dialogue.receive(data)
                else:
                    todo += self._dialogue.look_again()
                if todo:
                    continue
                # silence counts only where nothing lay ready to be read: this process may have been held up itself
                quiet = 0.0 if data else now() - heard_at
                self._give_up_in_time(self._dialogue, what, (quiet, silence), (now() - began, longest))
                if quiet >= QUIET * (proofs + 1) and proofs < PROOFS and self._dialogue.in_doubt:
                    proofs += 1
                    todo += self._dialogue.prove()

    @contextmanager
    def _ending_on_error(self, what: Callable[[], str]) -> Iterator[None]:
        ours = deadline.current()
        try:
            yield
        except LinkLostError as error:
            self.end()
            if ours is not None and ours.over:
                raise ours.error() from error
            raise LinkLostError(f"{self.name}: the session ended during '{what()}'", error.remedy) from error
        except BaseException:
            self.end()
            raise

    def _drive_ahead(self, ahead: AskedAhead) -> None:
        """Until everything is answered or something is in doubt."""
        now = self._transport.now
        began = heard_at = now()
        answered, probed_at = 0, 0.0
        while not ahead.done and ahead.doubt is None:
            if lines := ahead.to_send():
                self._transport.write(lines)
            data = self._transport.read(min(QUIET, max(0.01, self._reply_timeout - (now() - heard_at))))
            if data:
                heard_at = now()
                ahead.receive(data)
                if len(ahead.replies) > answered:
                    answered, began = len(ahead.replies), heard_at
            quiet = 0.0 if data else now() - heard_at
            if quiet >= STALLED and now() - max(heard_at, probed_at) >= STALLED and (probe := ahead.silent()):
                probed_at = now()
                self._transport.write(probe)
            if ahead.doubt is None:
                self._give_up_in_time(ahead, ahead.command, (quiet, self._reply_timeout), (now() - began, LONGEST_WAIT))

    def _answer_password(self, secret: Callable[[], str] | None) -> tuple[Event, ...]:
        if secret is None:
            raise EnableError(f"{self.name} refused the enable secret", "check it; it was tried once")
        answer = secret()
        # a device that has waited too long would take it for a command, and show and log it
        if self._transport.read(0).strip(b" \0"):
            raise IncompleteReplyError(
                f"{self.name} went on while its question for the enable secret stood; nothing was tried", "ask it again"
            )
        return self._dialogue.answer_password(answer)

    def _refuse_question(self, question: str, last_words: str) -> NoReturn:
        if question == "enable_password_not_set":
            raise EnableError(
                f"{self.name} has no enable password and asks for a first one; none was set",
                "set one on the device",
            )
        raise RejectedError(
            f"{self.name} asks a question that is never answered here: {without_secrets(last_words)!r}",
            "answer it on the device",
        )

    def _give_up_in_time(
        self, heard: Dialogue | AskedAhead, what: str, waited: tuple[float, float], taken: tuple[float, float]
    ) -> None:
        """Each time stands beside how long it may be."""
        (quiet, silence), (lasted, longest) = waited, taken
        if quiet >= silence and heard.begun:
            raise IncompleteReplyError(
                f"{self.name}: the reply to '{what}' stopped before its end (silent for {quiet:.0f} s)",
                "ask again; look at the path and the device's load",
            )
        if quiet >= silence:
            raise ReplyTimeoutError(
                f"{self.name} did not answer '{what}' within {quiet:.0f} s",
                "look at the device's load, or raise reply_timeout",
            )
        if lasted >= longest:
            raise IncompleteReplyError(
                f"{self.name}: the reply to '{what}' did not end within {longest:g} s",
                "look at the path and the device's load",
            )
        if quiet >= QUESTION_QUIET and (question := heard.question) is not None:
            self._refuse_question(question, heard.last_words)

    def listen(self, seconds: float) -> str:
        """What the device says of itself until it has been silent for that long."""
        until = self._transport.now() + self._reply_timeout
        try:
            while self._transport.now() < until:
                data = self._transport.read(seconds)
                if data:
                    self._write(self._dialogue.receive(data))
                if not data and (said := self._dialogue.absorb()) is not None:
                    return said
        except BaseException:
            self.end()
            raise
        self.end()
        raise IncompleteReplyError(f"{self.name} does not come to its prompt", "look at its console")

    def _write(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Write):
                self._transport.write(event.data)
