"""A configuration as the device keeps it: a tree of lines that commands put in and take out.

Nodes never change: a change makes those above it anew, and all others stay shared between the boxes of a template,
between running and startup, and between a configuration before and after. What was printed from lines with the same
first word is remembered with these lines, and so for as long as none of them changes.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Path = tuple[str, ...]
"""Headers from the top down, e.g. ``("group-policy STAFF attributes", "webvpn")``."""
Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Node:
    """One line and the lines that are indented below it."""

    line: str
    children: tuple[Node, ...] = ()

    def text(self, depth: int = 0) -> Iterator[str]:
        """This line and those below it, indented as an ASA prints them."""
        yield " " * depth + self.line
        for child in self.children:
            yield from child.text(depth + 1)

    def below(self, header: str) -> Node | None:
        """The line directly below this one, with what is below it."""
        return next((child for child in self.children if child.line == header), None)

    def put(self, path: Path, line: str, replaces: Callable[[str], bool]) -> Node:
        """This node with a line below a header, in the place of the line that it replaces, if there is one."""
        if path:
            below = self.below(path[0])
            if below is None:
                return self._with(Node(path[0]).put(path[1:], line, replaces))
            return self._changed(below, below.put(path[1:], line, replaces))
        if self.below(line):
            return self
        for child in self.children:
            if replaces(child.line):
                return self._changed(child, replace(child, line=line))
        return self._with(Node(line))

    def drop(self, path: Path, matches: Callable[[str], bool]) -> Node | None:
        """This node without some lines; None where it loses its last one."""
        if path:
            below = self.below(path[0])
            if below is None:
                return self
            left = below.drop(path[1:], matches)
            return self._changed(below, left) if left else self._without(lambda line: line == path[0])
        return self._without(matches)

    def _without(self, matches: Callable[[str], bool]) -> Node | None:
        kept = tuple(child for child in self.children if not matches(child.line))
        if len(kept) == len(self.children):
            return self
        return replace(self, children=kept) if kept else None

    def _changed(self, old: Node, new: Node) -> Node:
        if old is new:
            return self
        return replace(self, children=tuple(new if child is old else child for child in self.children))

    def _with(self, new: Node) -> Node:
        """As an ASA sorts it in: behind what is most like it."""
        best, place = 0, len(self.children)
        for index, child in enumerate(self.children):
            alike = _likeness(child.line, new.line)
            if alike and alike >= best:
                best, place = alike, index + 1
        return replace(self, children=(*self.children[:place], new, *self.children[place:]))


def _likeness(one: str, other: str) -> int:
    alike = 0
    for left, right in zip(one.split(), other.split(), strict=False):
        if left != right:
            break
        alike += 1
    return alike


@dataclass(frozen=True, slots=True)
class Part:
    """The top lines with the same first word, and what was printed from them so far."""

    nodes: tuple[Node, ...] = ()
    printed: dict[object, Lines] = field(default_factory=dict)

    def remember(self, what: object, make: Callable[[], Iterable[str]]) -> Lines:
        """What is printed of these lines alone, made once."""
        known = self.printed.get(what)
        if known is None:
            known = self.printed[what] = tuple(make())
        return known

    def lines(self, starting: str) -> Lines:
        """The blocks whose first line starts with these words."""

        def made() -> Iterator[str]:
            for node in self.nodes:
                if node.line == starting or node.line.startswith(starting + " "):
                    yield from node.text()

        return self.remember(starting, made)


_NOTHING = Part()


def _first_word(line: str) -> str:
    return line.partition(" ")[0]


def _parts(nodes: Iterable[Node]) -> dict[str, Part]:
    found: dict[str, list[Node]] = {}
    for node in nodes:
        found.setdefault(_first_word(node.line), []).append(node)
    return {word: Part(tuple(those)) for word, those in found.items()}


class _Unread:
    """A line that is still being read, with those below it."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.children: list[_Unread] = []

    def node(self) -> Node:
        return Node(self.line, tuple(child.node() for child in self.children))


@lru_cache(64)
def _read(text: str) -> ConfigTree:
    root = _Unread("")
    top: dict[str, _Unread] = {}
    open_nodes = [(-1, root)]
    for raw in text.splitlines():
        line = raw.strip()
        if not line or line.startswith(("!", ":")):
            continue
        depth = len(raw) - len(raw.lstrip())
        while open_nodes[-1][0] >= depth:
            open_nodes.pop()
        above = open_nodes[-1][1]
        # the same header again goes on with its block, as on an ASA
        if above is root and not depth:
            node = top.get(line)
        else:
            node = next((c for c in above.children if c.line == line and (c.children or not depth)), None)
        if node is None:
            node = _Unread(line)
            above.children.append(node)
            if above is root:
                top[line] = node
        open_nodes.append((depth, node))
    return ConfigTree(root.node())


class ConfigTree:
    """The lines of one running or startup configuration."""

    def __init__(self, root: Node | None = None, parts: dict[str, Part] | None = None) -> None:
        self.root = root or Node("")
        self._parts = _parts(self.root.children) if parts is None else parts
        self._whole: Lines | None = None

    @classmethod
    def from_text(cls, text: str) -> ConfigTree:
        """Read indented lines; comments at the end of blocks (``!``) are left out."""
        return _read(text).copy()

    def copy(self) -> ConfigTree:
        """A tree that can be changed without changing this one."""
        return ConfigTree(self.root, self._parts)

    def part(self, word: str) -> Part:
        """The top lines that begin with this word."""
        return self._parts.get(word, _NOTHING)

    def find(self, path: Path) -> Node | None:
        """The node at the end of a path of headers."""
        if not path:
            return self.root
        node = next((each for each in self.part(_first_word(path[0])).nodes if each.line == path[0]), None)
        for header in path[1:]:
            node = node and node.below(header)
        return node

    def children(self, path: Path = ()) -> list[str]:
        """The lines directly below a header; none where the header is not printed."""
        node = self.find(path)
        return [child.line for child in node.children] if node else []

    def holds(self, line: str) -> bool:
        """Whether this is one of the top lines."""
        return self.find((line,)) is not None

    def put(self, path: Path, line: str, replaces: Callable[[str], bool]) -> None:
        """Store a line below a header, in the place of the line that it replaces, if there is one."""
        self._become(self.root.put(path, line, replaces))

    def put_behind(self, line: str, node: Node) -> None:
        """Store a block behind a top line, in the place of one with the same header."""
        nodes = [each for each in self.root.children if each.line != node.line]
        place = 1 + next(index for index, each in enumerate(nodes) if each.line == line)
        self._become(Node("", (*nodes[:place], node, *nodes[place:])))

    def drop(self, path: Path, matches: Callable[[str], bool]) -> None:
        """Take lines out; a header that loses its last line goes too, as on an ASA."""
        self._become(self.root.drop(path, matches) or Node(""))

    def _become(self, root: Node) -> None:
        if root is self.root:
            return
        before = {id(node) for node in self.root.children}
        after = {id(node) for node in root.children}
        changed = {
            _first_word(node.line)
            for nodes, others in ((self.root.children, after), (root.children, before))
            for node in nodes
            if id(node) not in others
        }
        fresh = _parts(node for node in root.children if _first_word(node.line) in changed)
        self.root, self._whole = root, None
        self._parts = {word: part for word, part in self._parts.items() if word not in changed} | fresh

    def lines(self, starting: str = "") -> Lines:
        """The text, or the blocks whose first line starts with these words."""
        if starting:
            return self.part(_first_word(starting)).lines(starting)
        if self._whole is None:
            self._whole = tuple(line for node in self.root.children for line in node.text())
        return self._whole
