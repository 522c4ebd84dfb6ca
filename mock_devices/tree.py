"""A configuration as the device keeps it: a tree of lines that commands put in and take out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Path = tuple[str, ...]
"""Headers from the top down, e.g. ``("group-policy STAFF attributes", "webvpn")``."""


@dataclass(slots=True)
class Node:
    """One line and the lines that are indented below it."""

    line: str
    children: list[Node] = field(default_factory=list)

    def copy(self) -> Node:
        """A node that can be changed without changing this one."""
        return Node(self.line, [child.copy() for child in self.children])

    def text(self, depth: int = 0) -> Iterator[str]:
        """This line and those below it, indented as an ASA prints them."""
        yield " " * depth + self.line
        for child in self.children:
            yield from child.text(depth + 1)


def _likeness(one: str, other: str) -> int:
    alike = 0
    for left, right in zip(one.split(), other.split(), strict=False):
        if left != right:
            break
        alike += 1
    return alike


class ConfigTree:
    """The lines of one running or startup configuration."""

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self.root = Node("", list(nodes))

    @classmethod
    def from_text(cls, text: str) -> ConfigTree:
        """Read indented lines; comments at the end of blocks (``!``) are left out."""
        tree = cls()
        open_nodes: list[tuple[int, Node]] = [(-1, tree.root)]
        for raw in text.splitlines():
            line = raw.strip()
            if not line or line.startswith(("!", ":")):
                continue
            depth = len(raw) - len(raw.lstrip())
            while open_nodes[-1][0] >= depth:
                open_nodes.pop()
            above = open_nodes[-1][1]
            # the same header again goes on with its block, as on an ASA
            node = next((c for c in above.children if c.line == line and (c.children or not depth)), None)
            if node is None:
                node = Node(line)
                above.children.append(node)
            open_nodes.append((depth, node))
        return tree

    def copy(self) -> ConfigTree:
        """A tree that can be changed without changing this one."""
        return ConfigTree(node.copy() for node in self.root.children)

    def find(self, path: Path) -> Node | None:
        """The node at the end of a path of headers."""
        node = self.root
        for header in path:
            below = next((child for child in node.children if child.line == header), None)
            if below is None:
                return None
            node = below
        return node

    def children(self, path: Path = ()) -> list[str]:
        """The lines directly below a header; none where the header is not printed."""
        node = self.find(path)
        return [child.line for child in node.children] if node else []

    def put(self, path: Path, line: str, replaces: Callable[[str], bool]) -> None:
        """Store a line below a header, in the place of the line that it replaces, if there is one."""
        node = self.root
        for header in path:
            below = next((child for child in node.children if child.line == header), None)
            node = below or self._insert(node, header)
        for child in node.children:
            if child.line == line:
                return
        for child in node.children:
            if replaces(child.line):
                child.line = line
                return
        self._insert(node, line)

    @staticmethod
    def _insert(node: Node, line: str) -> Node:
        best, place = 0, len(node.children)
        for index, child in enumerate(node.children):
            alike = _likeness(child.line, line)
            if alike and alike >= best:
                best, place = alike, index + 1
        new = Node(line)
        node.children.insert(place, new)
        return new

    def drop(self, path: Path, matches: Callable[[str], bool]) -> int:
        """Take lines out and say how many; a header that loses its last line goes too, as on an ASA."""
        node = self.find(path)
        if node is None:
            return 0
        kept = [child for child in node.children if not matches(child.line)]
        dropped = len(node.children) - len(kept)
        node.children = kept
        if path and dropped and not kept:
            self.drop(path[:-1], lambda line: line == path[-1])
        return dropped

    def lines(self, starting: str = "") -> Iterator[str]:
        """The text, or the blocks whose first line starts with these words."""
        for node in self.root.children:
            if not starting or node.line == starting or node.line.startswith(starting + " "):
                yield from node.text()
