"""The conversation with an ASA as a state machine without I/O: bytes in, bytes out, events.

A reply counts only when it is proved complete: our echo stands behind our own prompt, and our own prompt,
exactly as learnt at login, is the last thing on the screen. Where the prompt is not known yet or may have
changed (login, ``enable``, ``changeto``, a role change, log lines behind the prompt), one harmless line is sent, and
the prompt is believed only once that line's echo stands behind it (the *proof*). Behind an ASA's own greeting
``enable`` is that line, where it comes next anyway: its question is answered only behind its echo.
"""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TypeAlias

from nornir_anyconnect.errors import IncompleteReplyError
from nornir_anyconnect.platforms.asa_ssh.prompts import (
    LONGEST_PROMPT,
    Appearance,
    Prompt,
    appearance,
    end_of_echo,
    last_words_of,
    plain,
)

PROOF = "terminal pager 0"
"""The line whose echo proves a prompt: allowed for an audit, and without effect when repeated."""
LONGEST_GREETING = 1 << 20
"""Bytes before the first prompt: the banner."""
LONGEST_REPLY = 64 << 20
"""Bytes of one reply where nobody says otherwise."""
FREE_LOOKS = 8
"""How often a whole reply may be looked through while it still grows; then not before the device is silent."""
MOST_PROMPTS = 1000
"""Prompts behind which the echo of a command is looked for: log lines may come between, and the prompt again."""


class Changes(Enum):
    """What a command may do to the prompt."""

    NOTHING = auto()
    PRIVILEGE = auto()
    MODE = auto()
    CONTEXT = auto()


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply that is proved complete."""

    command: str
    text: str
    prompt: Prompt
    refusal: str | None = None
    """The device's words, where they are known to mean a refusal."""

    @property
    def rejected_text(self) -> str | None:
        """Whatever the device said at all: to a configuration line, silence alone means accepted."""
        return self.text.strip() or None

    @property
    def shown(self) -> str:
        """What a show command said; nothing where the device refuses it."""
        return "" if self.refusal else self.text


@dataclass(frozen=True, slots=True)
class Write:
    """Bytes to be written to the device."""

    data: bytes


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The first prompt is known."""

    prompt: Prompt


@dataclass(frozen=True, slots=True)
class PasswordAsked:
    """The device waits for the enable secret, right behind our ``enable``."""


Event: TypeAlias = Write | LoggedIn | PasswordAsked | Reply


@dataclass(slots=True)
class _Asked:
    command: str
    changes: Changes
    keep_log_lines: bool = False
    proving: bool = False
    patient: bool = False
    """The proof waits until the device is silent: what was asked before may still be answered."""


class Dialogue:
    """One conversation. Feed it with ``receive``; it never reads, writes or waits by itself."""

    def __init__(self, looks: Appearance | None = None, longest_reply: int = LONGEST_REPLY) -> None:
        self._looks = looks or appearance()
        self._longest = longest_reply
        self._looked_through = 0  # bytes, since the reply began
        self._screen = bytearray()
        self._seen = 0  # offset behind the last pager or question that was answered
        self._asked: _Asked | None = _Asked("", Changes.CONTEXT)
        self._offers_reporting = False
        self.enables = False
        """The first line in user mode will be ``enable``."""
        self.pager_is_off = False
        """The line that proved a prompt of privileged mode was taken, and it switches the pager off."""
        self.prompt: Prompt | None = None
        self._last_prompt: Prompt | None = None  # the one that was believed before it was in doubt

    @property
    def busy(self) -> bool:
        """A reply is outstanding."""
        return self._asked is not None

    def ask(
        self, command: str, changes: Changes = Changes.NOTHING, *, keep_log_lines: bool = False
    ) -> tuple[Event, ...]:
        """Send one command; ``keep_log_lines`` where log lines are the answer, not an interruption.

        Raises:
            IncompleteReplyError: the reply before is not complete, or the login is not.

        """
        if self._asked is not None or self.prompt is None:
            raise IncompleteReplyError("a reply is still outstanding", "close the session and open a new one")
        self._asked = _Asked(command, changes, keep_log_lines)
        self._offers_reporting = changes is Changes.MODE and self.prompt.mode is None
        return (Write(command.encode() + b"\n"),)

    def begin_again(self, left: bytes) -> None:
        """It is not known any more whose reply comes: learn the prompt anew once the device is silent.

        Args:
            left: what it has said that belongs to nobody.

        """
        self._last_prompt, self.prompt = self.prompt, None
        self._screen = bytearray(left)
        self._seen = self._looked_through = 0
        self._asked = _Asked("what was asked together", Changes.CONTEXT, patient=True)

    def answer_password(self, secret: str) -> tuple[Event, ...]:
        """Answer ``PasswordAsked``. The secret is not kept."""
        self._seen = len(self._screen)
        return (Write(secret.encode() + b"\n"),)

    def prove(self) -> tuple[Event, ...]:
        """Nothing more seems to come and the prompt is in doubt: ask for the proof."""
        if self._asked is None:
            return ()
        self._asked.proving = True
        return (Write(PROOF.encode() + b"\n"),)

    def absorb(self) -> str | None:
        """What the device said after its last reply, and forget it; None unless our prompt ends it."""
        if self.prompt is None or self._asked is not None or self._last_line() != self.prompt.text:
            return None
        text = self._quiet(plain(self._screen))
        self._finish(self.prompt)
        return text.replace(self.prompt.text.rstrip(), "").strip()

    @property
    def in_doubt(self) -> bool:
        """A prompt seems to be there, perhaps behind log lines, but it is not the one expected."""
        if self._asked is None or (self.prompt and not self._echoed):
            return False
        text = self._quiet(plain(self._screen[-8192:])).rstrip()
        return self._looks.prompt(self._once(text.rpartition("\n")[2])) is not None

    @property
    def begun(self) -> bool:
        """The reply has begun: something stands behind the echo."""
        if self._asked is None or self.prompt is None:
            return False
        return bool((self._after_echo(self._asked, self.prompt) or "").strip())

    @property
    def question(self) -> str | None:
        """The question that the last line asks, if it has the shape of one."""
        return self._looks.question(self._last_line())

    @property
    def last_words(self) -> str:
        """The last line on the screen that is not empty, for error messages."""
        return last_words_of(self._screen)

    def receive(self, data: bytes) -> tuple[Event, ...]:
        """Take what the device sent.

        Raises:
            IncompleteReplyError: the device was still printing when its reply was taken for complete,
                or what it prints is longer than it may be.

        """
        self._screen += data
        self._refuse_flood()
        line = self._last_line()
        answer = self._answer_to(line)
        if answer is not None:
            self._seen = len(self._screen)
            return (answer,)
        prompt = self._looks.prompt(line)
        if self._asked is None or prompt is None or self._looked_through > FREE_LOOKS * len(self._screen) + 2**20:
            return ()
        return self._at_prompt(self._asked, prompt)

    def look_again(self) -> tuple[Event, ...]:
        """The device is silent: what :meth:`receive` put off while much was printed is looked at now.

        A device that prints prompt after prompt would otherwise have its whole reply looked through at each.

        Raises:
            IncompleteReplyError: as of :meth:`receive`.

        """
        prompt = self._looks.prompt(self._last_line())
        if self._asked is None or prompt is None or self._looked_through <= FREE_LOOKS * len(self._screen) + 2**20:
            return ()
        return self._at_prompt(self._asked, prompt)

    def _refuse_flood(self) -> None:
        greeting = self.prompt is None and not (self._asked and self._asked.patient)
        most = LONGEST_GREETING if greeting else self._longest
        if len(self._screen) <= most:
            return
        what = "its banner" if greeting else f"'{self._asked.command}'" if self._asked else "nothing"
        raise IncompleteReplyError(
            f"more than {most / 2**20:g} MB came as the reply to {what}; the rest was not read",
            "look at what the device prints, or raise reply_limit",
        )

    def _answer_to(self, line: str) -> Event | None:
        """What is to be done about a last line that waits for us and is no prompt."""
        if self._looks.pager.search(self._unterminated().decode("utf-8", "replace")):
            return Write(b" ")
        enabling = self._asked is not None and self._asked.changes is Changes.PRIVILEGE
        if enabling and self._looks.password.match(line) and self._echoed:
            return PasswordAsked()
        if self._offers_reporting and self._looks.question(line) == "anonymous_reporting":
            return Write(b"A\n")
        return None

    @property
    def _echoed(self) -> bool:
        """What was asked has been read: its echo stands behind our prompt."""
        asked, prompt = self._asked, self.prompt
        return asked is not None and prompt is not None and self._after_echo(asked, prompt) is not None

    def _at_prompt(self, asked: _Asked, prompt: Prompt) -> tuple[Event, ...]:
        if asked.proving:
            return self._proved(asked, prompt)
        if self.prompt is None:
            if self.enables and not prompt.privileged and self._looks.greeted(plain(self._screen), prompt):
                return self._logged_in(prompt)
            return () if asked.patient else self.prove()
        if asked.changes in {Changes.CONTEXT, Changes.PRIVILEGE}:
            return self.prove() if self._echoed else ()
        return self._answered(asked, self.prompt, prompt)

    def _unterminated(self) -> bytearray:
        end = len(self._screen)
        start = max(self._screen.rfind(b"\n", max(0, end - LONGEST_PROMPT - 1)) + 1, self._seen)
        return self._screen[start:] if end - start <= LONGEST_PROMPT else bytearray()

    def _last_line(self) -> str:
        return self._once(plain(self._unterminated()))

    def _once(self, line: str) -> str:
        """A prompt, where the device has printed it more than once on one line: nothing came between."""
        ours = self.prompt or self._last_prompt
        while ours is not None and line.startswith(ours.text) and line[len(ours.text) :].startswith(ours.text.rstrip()):
            line = line[len(ours.text) :]
        half = line[: len(line) // 2]
        return half if half + half == line else line

    def _quiet(self, text: str) -> str:
        """The text without what the device said unasked."""
        return self._looks.quiet(text)

    def _answered(self, asked: _Asked, old: Prompt, new: Prompt) -> tuple[Event, ...]:
        """The reply, if the prompt is one that this command may lead to and the echo was seen."""
        blank = old.text[len(old.text.rstrip()) :]
        allowed = new.text == old.text or (
            asked.changes is Changes.MODE
            and (new.name, new.end) == (old.name, old.end)
            and new.text.endswith(new.end + blank)
        )
        if not allowed:
            return ()
        text = self._after_echo(asked, old)
        if text is None:
            return ()
        reply = _without_prompts(text, new)
        if _answered_twice(reply, new.text):
            raise IncompleteReplyError(f"'{asked.command}': its reply came more than once", "ask the device again")
        return self._complete(asked, reply, new)

    def _proved(self, asked: _Asked, prompt: Prompt) -> tuple[Event, ...]:
        """The reply, if the last proof stands behind this very prompt and nothing but it came after."""
        text = self._whole()
        proof = re.compile(rf"(?:^|\n){re.escape(prompt.text)}(?: *\n)?{re.escape(PROOF)} *\n")
        found = list(proof.finditer(text))
        if not found:
            return ()
        after = _without_prompts(text[found[-1].end() :], prompt)
        if after.strip() and self._looks.refusal(after) is None:
            return ()
        self.pager_is_off = prompt.privileged and not after.strip()
        if self.prompt is None:
            return self._logged_in(prompt)
        before = self._after_echo(asked, self.prompt)
        if before is None:
            return ()
        first = proof.search("\n" + before)
        if first is None:
            return ()
        reply = ("\n" + before)[1 : first.start() + 1]
        if PROOF in reply:
            raise IncompleteReplyError(
                f"'{asked.command}': its reply and the next prompt are mixed up", "ask the device again"
            )
        return self._complete(asked, reply, prompt)

    def _after_echo(self, asked: _Asked, prompt: Prompt) -> str | None:
        """What stands behind our prompt and the echo of our command; None until the echo was seen.

        The echo may be interrupted by log lines, wrapped, or cut with ``$`` at the terminal's width.
        """
        text = self._whole(keep_log_lines=asked.keep_log_lines)
        ours = re.compile(re.escape(prompt.text.rstrip()))
        for found in itertools.islice(ours.finditer(text), MOST_PROMPTS):
            end = end_of_echo(text, found.end(), asked.command)
            if end:
                self._refuse_leftovers(asked, prompt, self._quiet(text[: found.start()] + "\n"))
                return text[end:]
        return None

    def _whole(self, *, keep_log_lines: bool = False) -> str:
        """All that is on the screen, as a terminal shows it."""
        self._looked_through += len(self._screen)
        text = plain(self._screen)
        return text if keep_log_lines else self._quiet(text)

    def _refuse_leftovers(self, asked: _Asked, prompt: Prompt, text: str) -> None:
        """Text between the last prompt and our echo: the reply before had not ended."""
        for known in (prompt.text.rstrip(), PROOF):
            text = text.replace(known, "")
        if text.strip() and self._looks.refusal(text) is None:
            raise IncompleteReplyError(
                f"the device was still printing when '{asked.command}' was sent", "ask the device again"
            )

    def _complete(self, asked: _Asked, text: str, prompt: Prompt) -> tuple[Event, ...]:
        self._finish(prompt)
        return (Reply(asked.command, text.rstrip("\n"), prompt, self._looks.refusal(text)),)

    def _logged_in(self, prompt: Prompt) -> tuple[Event, ...]:
        self._finish(prompt)
        return (LoggedIn(prompt),)

    def _finish(self, prompt: Prompt) -> None:
        self._screen = bytearray(prompt.text.encode())
        self._seen = self._looked_through = 0
        self._asked = None
        self.prompt = prompt


def _without_prompts(text: str, prompt: Prompt) -> str:
    """What stands before the prompt that ends it, however often that was printed."""
    while text.endswith(prompt.text):
        text = text.removesuffix(prompt.text)
    return text


def _answered_twice(reply: str, prompt: str) -> bool:
    """Whether our own prompt begins a line of the reply, and something stands behind it."""
    at = reply.find("\n" + prompt)
    return at >= 0 and reply[at + 1 + len(prompt) :].partition("\n")[0].strip() not in ("", prompt.strip())
