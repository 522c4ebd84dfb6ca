"""Several commands in flight at once, without I/O: which bytes may go, and whose reply each piece of the screen is.

An ASA reads its terminal in order, so that what is typed ahead is answered in order. A reply is believed only if
our own echo stands right behind our own prompt before it, and the echo of the very next command right behind the
prompt after it. Anything else is a doubt, and with a doubt nothing of what was asked together is believed.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import IncompleteReplyError
from nornir_anyconnect.platforms.asa_ssh.dialogue import PROOF, Reply
from nornir_anyconnect.platforms.asa_ssh.prompts import (
    LONGEST_PROMPT,
    Appearance,
    Prompt,
    appearance,
    last_words_of,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

AHEAD = 2048
"""Bytes that are sent and not answered yet, at most: a box keeps only so much of what is typed ahead."""
PROBES = 2
"""How often a silent device is asked whether it is only slow."""
_LINE_ENDS = b"\r\n"


class Doubt(StrEnum):
    """Why what was asked together is asked again, one by one."""

    ECHO = "echo"
    """Behind our prompt stands something else than the echo of the next command."""
    NO_REPLY = "no-reply"
    """The device shows a prompt, waits, and has not answered everything."""
    PAGER = "pager"
    """It waits at the end of a page, though the pager was switched off."""
    UNASKED = "unasked"
    """A reply holds something that the device said unasked."""
    GOES_ON = "goes-on"
    """It went on printing behind the last reply."""


@dataclass(frozen=True, slots=True)
class Question:
    """One command; ``keep_log_lines`` where log lines are the answer, not an interruption."""

    command: str
    keep_log_lines: bool = False
    probe: bool = False
    """Sent only to see whether the device answers what was sent before: its reply is nobody's."""


class AskedAhead:
    """Commands that do not wait for each other. Feed it with :meth:`receive`; it never reads, writes or waits.

    Args:
        prompt: ours, as learnt; it stands on the screen.
        questions: at least one; none of them may change the prompt.
        longest_reply: bytes.

    """

    def __init__(
        self, prompt: Prompt, questions: Sequence[Question], longest_reply: int, looks: Appearance | None = None
    ) -> None:
        self.replies: list[Reply] = []
        self.doubt: Doubt | None = None
        self._looks = looks or appearance()
        self._prompt = prompt
        self._shown = prompt.text.encode()
        self._longest = longest_reply
        self._unsent = deque(questions)
        self._open: deque[Question] = deque()  # sent, and not answered
        self._in_flight = 0  # bytes of those
        self._screen = bytearray(self._shown)
        # where the reply of the first of them begins, behind its echo (0: that is not seen yet), and up to where no
        # prompt ends it
        self._begun = self._searched = 0
        self._probes = 0

    @property
    def done(self) -> bool:
        """Everything was asked and answered."""
        return not self._open and not self._unsent and self.doubt is None

    @property
    def left(self) -> bytes:
        """What stands on the screen and belongs to no reply that was believed."""
        return bytes(self._screen)

    @property
    def command(self) -> str:
        """The one whose reply is awaited, for error messages."""
        return (self._open or self._unsent)[0].command if self._open or self._unsent else ""

    @property
    def begun(self) -> bool:
        """Something stands behind its echo."""
        return bool(self._begun and self._screen[self._begun :].strip())

    @property
    def question(self) -> str | None:
        """The question that the last line asks, if it has the shape of one."""
        return self._looks.question(self._last_line())

    @property
    def last_words(self) -> str:
        """The last line on the screen that is not empty, for error messages."""
        return last_words_of(self._screen)

    def to_send(self) -> bytes:
        """The next lines, as far as they may go now."""
        lines = bytearray()
        while self._unsent and self.doubt is None:
            line = self._unsent[0].command.encode() + b"\n"
            # never less than two: the reply to the one is proved by the echo of the other
            if len(self._open) > 1 and self._in_flight + len(line) > AHEAD:
                break
            self._open.append(self._unsent.popleft())
            self._in_flight += len(line)
            lines += line
        return bytes(lines)

    def receive(self, data: bytes) -> None:
        """Take what the device sent.

        Raises:
            IncompleteReplyError: a reply is longer than it may be.

        """
        self._screen += data
        while self._open and self.doubt is None and self._take_one():
            pass
        if not self._open and not self._unsent and self._screen != self._shown:
            self.doubt = Doubt.GOES_ON
        if len(self._screen) > self._longest:
            raise IncompleteReplyError(
                f"more than {self._longest / 2**20:g} MB came as the reply to '{self.command}'; the rest was not read",
                "look at what the device prints, or raise reply_limit",
            )

    def silent(self) -> bytes:
        """Nothing more seems to come: another prompt than ours, or the end of a page, is a doubt now.

        At our own prompt the device may be slow, or have thrown away what was typed ahead. One harmless line tells:
        its echo comes behind the replies that are still to come, or in their place.
        """
        line = self._last_line()
        if self._looks.pager.search(self._unterminated().decode("utf-8", "replace")):
            self.doubt = Doubt.PAGER
        elif line != self._prompt.text:
            self.doubt = Doubt.NO_REPLY if self._looks.prompt(line) is not None else None
        elif self._probes == PROBES:
            self.doubt = Doubt.NO_REPLY
        else:
            self._probes += 1
            self._open.append(Question(PROOF, probe=True))
            return PROOF.encode() + b"\n"
        return b""

    def _take_one(self) -> bool:
        """One step: the echo of the awaited command, or its whole reply; False where more has to come."""
        if not self._begun:
            return self._take_echo()
        return self._take_reply()

    def _take_echo(self) -> bool:
        wanted = self._shown + self._open[0].command.encode()
        if len(self._screen) <= len(wanted):
            if not wanted.startswith(self._screen):
                self.doubt = Doubt.ECHO
            return False
        if not self._screen.startswith(wanted) or self._screen[len(wanted)] not in _LINE_ENDS:
            self.doubt = Doubt.ECHO
            return False
        end = self._screen.find(b"\n", len(wanted))
        if end < 0:
            return False
        if self._screen[len(wanted) : end].strip(b"\r"):
            self.doubt = Doubt.ECHO
            return False
        self._begun = self._searched = end + 1
        return True

    def _take_reply(self) -> bool:
        """The reply ends at the first prompt that begins a line; behind that the next echo has to stand."""
        at = self._screen.find(self._shown, self._searched)
        while at >= 0 and self._screen[at - 1] not in _LINE_ENDS:
            at = self._screen.find(self._shown, at + 1)
        if at < 0:
            self._searched = max(self._begun, len(self._screen) - len(self._shown))
            return False
        text = plain(self._screen[self._begun : at])
        question = self._open[0]
        if not question.keep_log_lines and self._looks.quiet(text) != text:
            self.doubt = Doubt.UNASKED
            return False
        self._open.popleft()
        if not question.probe:
            self.replies.append(Reply(question.command, text.rstrip("\n"), self._prompt, self._looks.refusal(text)))
            self._in_flight -= len(question.command.encode()) + 1
        del self._screen[:at]
        self._begun = self._searched = 0
        return True

    def _unterminated(self) -> bytearray:
        return self._screen[self._screen.rfind(b"\n", max(0, len(self._screen) - LONGEST_PROMPT)) + 1 :]

    def _last_line(self) -> str:
        return plain(self._unterminated())
