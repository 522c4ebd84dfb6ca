"""What a session's terminal does: characters echoed as they come, a pager, pauses, and a link that can drop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

END = "\r\n"
MORE = "<--- More --->"
WIPE = "\r" + " " * len(MORE) + "\r"


@dataclass(frozen=True, slots=True)
class Text:
    """Characters to the client."""

    text: str


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hang:
    """The box says nothing any more, but holds the link."""


@dataclass(frozen=True, slots=True)
class Drop:
    """The link is gone, without a goodbye."""


@dataclass(frozen=True, slots=True)
class Close:
    """The box ends the session in good order."""


Action = Text | Pause | Hang | Drop | Close


def printed(lines: list[str]) -> str:
    """Lines as they go to the terminal."""
    return "".join(line + END for line in lines)


def slowly(text: str, size: int, seconds: float) -> Iterator[Action]:
    """A text in pieces of ``size`` characters with pauses between."""
    for start in range(0, len(text), size):
        yield Text(text[start : start + size])
        yield Pause(seconds)


def joined(actions: Iterator[Action]) -> Iterator[Action]:
    """The same actions; what is said without a pause goes in one piece."""
    said = ""
    for action in actions:
        if isinstance(action, Text):
            said += action.text
            continue
        if said:
            yield Text(said)
            said = ""
        yield action
    if said:
        yield Text(said)


class Pager:
    """A reply that waits for a key after each page."""

    def __init__(self, text: str, page: int) -> None:
        self._lines = text.splitlines(keepends=True)
        self._page = page
        self._next = self._page

    @property
    def waits(self) -> bool:
        """Whether there is more to show."""
        return bool(self._lines)

    def show(self) -> str:
        """The next lines, with the prompt for more where there is more."""
        now, self._lines = self._lines[: self._next], self._lines[self._next :]
        return "".join(now) + (MORE if self._lines else "")

    def key(self, pressed: str) -> str:
        """Blank: a page; Enter: a line; q: no more."""
        if pressed in "qQ\x03":
            self._lines = []
            return WIPE
        self._next = 1 if pressed in "\r\n" else self._page
        return WIPE + self.show()
