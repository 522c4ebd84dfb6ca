"""Configuration mode: sub-modes that open, climb and close, and lines that change the running configuration."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from mock_devices.grammar import Match, Refusal, match, same_slot, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from mock_devices.release import Release
    from mock_devices.tree import ConfigTree, Path

ALWAYS_THERE = {
    "group-policy": ("DfltGrpPolicy",),
    "tunnel-group": ("DefaultWEBVPNGroup", "DefaultRAGroup", "DefaultL2LGroup"),
}
"""Objects that exist without being printed."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A change of the configuration, so that a failover mate can repeat it."""

    path: Path
    mode: str
    matched: Match
    negated: bool


@dataclass(slots=True)
class ConfigMode:
    """One session's place in the configuration.

    Args:
        tree: the running configuration that lines change.
        box: the release that reads them.
        on_change: called with each change that was stored.

    """

    tree: ConfigTree
    box: Release
    on_change: Callable[[Operation], None] = lambda _: None
    stack: list[tuple[str, str]] = field(default_factory=list)
    """(sub-mode, its header), outermost first."""

    @property
    def mode(self) -> str:
        """What the prompt shows in brackets."""
        return self.stack[-1][0] if self.stack else "config"

    @property
    def path(self) -> Path:
        """The headers of the sub-modes."""
        return tuple(header for _, header in self.stack)

    def leave(self) -> bool:
        """``exit``: one mode up; False if that leaves configuration mode."""
        if not self.stack:
            return False
        self.stack.pop()
        return True

    def understands(self, line: str) -> Match | Refusal:
        """Read a line here or in a mode above, without doing it."""
        return self._read(line)[0]

    def _read(self, line: str) -> tuple[Match | Refusal, int, bool]:
        """The line as understood, the depth of the mode that understands it, and whether it is a ``no``."""
        typed = tokens(line)
        negated = bool(typed) and typed[0].text.lower() == "no"
        start = typed[1].column if negated and len(typed) > 1 else 0
        worst = Refusal(len(line), "incomplete") if negated and len(typed) == 1 else None
        if worst:
            return worst, len(self.stack), True
        deepest: Refusal | None = None
        for depth in range(len(self.stack), -1, -1):
            mode = self.stack[depth - 1][0] if depth else "config"
            read = match(mode, line[start:], self.box, negated=negated, start=start)
            if isinstance(read, Match):
                return read, depth, negated
            if deepest is None or read.column > deepest.column:
                deepest = read
        return deepest or Refusal(0), len(self.stack), negated

    def type(self, line: str) -> str | Refusal:
        """Do a line; the box's words about it (mostly none), or where it was refused."""
        read, depth, negated = self._read(line)
        if isinstance(read, Refusal):
            return read
        stack = self.stack[:depth]
        mode = stack[-1][0] if stack else "config"
        objection = _objection(self.tree, read, negated=negated)
        if objection:
            return objection
        path = tuple(header for _, header in stack)
        self.stack = stack
        if read.opens and not negated:
            self.stack.append((read.opens, read.line))
            if read.opens in _HEADER_STAYS:
                self._change(Operation(path, mode, read, negated))
            return ""
        before = set(self.tree.children(path))
        self._change(Operation(path, mode, read, negated))
        return "" if negated else _remark(mode, read, before)

    def _change(self, operation: Operation) -> None:
        store(self.tree, self.box, operation)
        self.on_change(operation)


_HEADER_STAYS = {
    "config-if", "config-network-object", "config-service-object", "config-network-object-group",
    "config-service-object-group", "config-ldap-attribute-map", "config-aaa-server-group",
    "config-aaa-server-host", "config-ca-trustpoint", "config-dynamic-access-policy-record",
    "config-load-balancing", "config-cmap", "config-pmap", "config-pmap-c", "config-ctx",
    "config-ikev1-policy", "config-ikev2-policy", "config-webvpn-cache", "config-hsts",
}  # fmt: skip
"""Modes whose header is an object of its own, printed even with nothing below it."""


def store(tree: ConfigTree, box: Release, operation: Operation) -> None:
    """Change a configuration."""
    matched, path = operation.matched, operation.path
    words = matched.words
    replaced = same_slot(operation.mode, box, matched)
    if operation.negated:
        if len(words) == 2 and words[0] in ("group-policy", "tunnel-group", "username") and not path:
            start = f"{words[0]} {words[1]} "
            tree.drop((), lambda line: line.startswith(start))
            return
        tree.drop(path, replaced)
        if matched.default_on:
            tree.put(path, f"no {matched.line}", lambda line: line == f"no {matched.line}")
        return
    tree.drop(path, lambda line: line == f"no {matched.line}")
    line = matched.line
    if words[0] == "group-policy" and len(words) == 5 and words[3] == "from":
        line = " ".join(words[:3])
        source = tree.find((f"group-policy {words[4]} attributes",))
        tree.put(path, line, replaced)
        if source:
            tree.put_behind(line, replace(source, line=f"group-policy {words[1]} attributes"))
        return
    if operation.mode == "config" and words[0] == "failover" and len(words) == 1:
        tree.drop(path, lambda stored: stored == "no failover")
    tree.put(path, line, replaced)


def exists(tree: ConfigTree, kind: str, name: str) -> bool:
    """Whether a group policy, tunnel group or user of that name is defined or built in."""
    start = f"{kind} {name} "
    return name in ALWAYS_THERE.get(kind, ()) or any(node.line.startswith(start) for node in tree.part(kind).nodes)


def _objection(tree: ConfigTree, read: Match, *, negated: bool) -> str:
    """What the box says instead of doing a line that it understands."""
    words = read.words
    kind, name = words[0], words[1] if len(words) > 1 else ""
    if kind == "default-group-policy" and not negated and not exists(tree, "group-policy", name):
        return f"ERROR: Group policy {name} does not exist"
    if kind not in ("group-policy", "tunnel-group", "username"):
        return ""
    if (negated or read.opens) and not exists(tree, kind, name):
        noun = {"group-policy": "Group policy", "tunnel-group": "Tunnel group", "username": "User"}[kind]
        return f"ERROR: {noun} {name} does not exist"
    if kind == "group-policy" and negated and len(words) == 2:
        users = [
            node.line.split(" general-")[0].removeprefix("tunnel-group ")
            for node in tree.part("tunnel-group").nodes
            if any(child.line == f"default-group-policy {name}" for child in node.children)
        ]
        if users:
            return f"Removing group-policy ({name}) not allowed, it is being used by tunnel-group {users[0]}"
    if len(words) == 5 and words[3:4] == ("from",) and not exists(tree, "group-policy", words[4]):
        return f"ERROR: Group policy {words[4]} does not exist"
    return ""


def _remark(mode: str, read: Match, before: set[str]) -> str:
    if mode == "config-webvpn" and read.words[0] == "enable" and read.line not in before:
        carried = "WebVPN is" if "tls-only" in read.words else "WebVPN and DTLS are"
        return f"INFO: {carried} enabled on '{read.words[1]}'."
    return ""
