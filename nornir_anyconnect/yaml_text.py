"""YAML that a person wrote, read with bounds; what is wrong with it is said with its line.

No alias and no deep nesting: 600 bytes of them can stand for gigabytes, and none of our files needs one.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from pathlib import Path

_LARGEST = 4 << 20
"""Bytes; a file of settings or waivers is far smaller."""
_DEEPEST = 40


class YamlTextError(ValueError):
    """What is wrong in one line, beginning with the number of the line where it is known."""


def saved(path: Path) -> Path:
    """A path that can be read at once.

    Raises:
        OSError: it is a pipe: opening one into which nobody writes would wait for ever.

    """
    if path.is_fifo():
        raise OSError(errno.ESPIPE, "this is a pipe; save it into a file and name that")
    return path


def read_yaml(path: Path) -> Any:
    """What the file holds; None where it is empty.

    Raises:
        YamlTextError: it is no YAML, or none of ours.
        OSError: it cannot be read.

    """
    with saved(path).open("rb") as file:
        raw = file.read(_LARGEST + 1)
    if len(raw) > _LARGEST:
        raise YamlTextError("it is too large for this")
    try:
        return load_yaml(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise YamlTextError("this is not YAML: it is not UTF-8") from error


def load_yaml(text: str) -> Any:
    """The same for a text.

    Raises:
        YamlTextError: as above.

    """
    try:
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader, with bounds
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}: " if mark else ""
        ours = isinstance(error, _RefusedError)
        raise YamlTextError(f"{where}{'' if ours else 'this is not YAML: '}{error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise YamlTextError(f"this is not YAML: {next(iter(str(error).splitlines()), type(error).__name__)}") from error


class _RefusedError(yaml.MarkedYAMLError):
    def __init__(self, problem: str, mark: Any) -> None:
        super().__init__(problem=problem, problem_mark=mark)


_OF_A_VALUE = 20  # letters that an error shows
_KINDS = {"timestamp": "date", "int": "number", "float": "number"}


class _Loader(yaml.SafeLoader):
    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _RefusedError("an alias (*name) is not understood here: write it out", event.start_mark)
        if self.depth >= _DEEPEST:
            raise _RefusedError("this is nested too deeply", event.start_mark)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, TypeError, ArithmeticError) as error:
            kind = _KINDS.get(node.tag.rpartition(":")[2], "value")
            shown = node.value if isinstance(node.value, str) else ""
            cut = f"{shown[:_OF_A_VALUE]}..." if len(shown) > _OF_A_VALUE else shown
            raise _RefusedError(f"'{cut}' is no {kind} that there is", node.start_mark) from error
