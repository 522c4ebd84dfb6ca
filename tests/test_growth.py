"""Every regular expression over foreign text takes time that grows with the text, not with its square.

Each compiled pattern of the package is found by itself. For each repetition in it a text is made that runs into that
repetition again and again and then fails: blanks, letters, whatever it repeats. Doubling such a text may not
quadruple the time.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import time
from collections import defaultdict
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

import pytest

import nornir_anyconnect
from nornir_anyconnect.platforms.asa_ssh.dialogue import PROOF, Dialogue

try:
    from re import _constants as op
    from re import _parser as parser
except ImportError:  # the names before Python 3.11
    import sre_constants as op
    import sre_parse as parser

SHORT, LONG = 500, 4_000
"""Characters; eight times as long may take eight times as long, and by chance a few times that."""
RATIO = 28
WORTH_A_LOOK = 0.004
"""Seconds; what is faster than that on the longer text is fast enough whatever its growth."""
METHODS = ("match", "fullmatch", "search", "finditer", "findall", "sub", "subn", "split", "scanner")
BOUNDED = {
    "asa.blocks._EXTERNAL": "a header is cut at LONGEST_LINE",
    "asa.capture._SECTION": "a line is looked at up to 120 characters",
    "evidence.shortened._MARK": "a line is looked at up to 160 characters",
    "evidence.device_output.vpn_sessions._USERNAME": "a line is cut at 1024 characters",
}
"""Patterns that see short texts only, and who sees to it."""


def patterns():
    """Name and pattern of everything compiled that stands in a module, alone or in a table."""
    found = {}
    for module in pkgutil.walk_packages(nornir_anyconnect.__path__, "nornir_anyconnect."):
        if ".asa_ssh.account" in module.name:
            continue
        loaded = importlib.import_module(module.name)
        for name, value in vars(loaded).items():
            for where, each in within(value, f"{module.name.removeprefix('nornir_anyconnect.')}.{name}"):
                found.setdefault((each.pattern, each.flags), (where, each))
    return dict(found.values())


def within(value, where, depth=0):
    if isinstance(value, re.Pattern):
        yield where, value
    elif isinstance(value, dict) and depth < 3:
        for key, each in value.items():
            yield from within(each, f"{where}[{key!r}]", depth + 1)
    elif isinstance(value, list | tuple | set | frozenset) and depth < 3:
        for number, each in enumerate(value):
            yield from within(each, f"{where}[{number}]", depth + 1)
    elif depth < 3 and is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from within(getattr(value, each.name, None), f"{where}.{each.name}", depth + 1)


def sample(tree):
    """A shortest text that the parsed pattern takes, more or less: what stands before a repetition."""
    return "".join(one(kind, argument) for kind, argument in tree)


def one(kind, argument):
    if kind is op.LITERAL:
        return chr(argument)
    if kind is op.NOT_LITERAL:
        return "a" if argument != ord("a") else "b"
    if kind is op.ANY:
        return "a"
    if kind is op.IN:
        return of_class(argument)
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT, getattr(op, "POSSESSIVE_REPEAT", None)):
        least, _, inner = argument
        return sample(inner) * least
    if kind is op.SUBPATTERN:
        return sample(argument[-1])
    if kind is getattr(op, "ATOMIC_GROUP", None):
        return sample(argument)
    if kind is op.BRANCH:
        return sample(argument[1][0])
    return ""


CLASSES = {op.CATEGORY_DIGIT: "1", op.CATEGORY_SPACE: " ", op.CATEGORY_WORD: "a",
           op.CATEGORY_NOT_SPACE: "a", op.CATEGORY_NOT_DIGIT: "a", op.CATEGORY_NOT_WORD: " "}  # fmt: skip


def of_class(members):
    negated = bool(members) and members[0][0] is op.NEGATE
    if negated:
        taken = re.compile("[^" + "".join(spelled(each) for each in members[1:]) + "]")
        return next((each for each in " a1x.:" if taken.fullmatch(each)), "z")
    kind, argument = members[-1]
    if kind is op.LITERAL:
        return chr(argument)
    return chr(argument[0]) if kind is op.RANGE else CLASSES.get(argument, "a")


def spelled(member):
    kind, argument = member
    if kind is op.LITERAL:
        return re.escape(chr(argument))
    if kind is op.RANGE:
        return f"{re.escape(chr(argument[0]))}-{re.escape(chr(argument[1]))}"
    return {op.CATEGORY_DIGIT: r"\d", op.CATEGORY_SPACE: r"\s", op.CATEGORY_WORD: r"\w"}.get(argument, r"\S")


def pumps(tree, before=""):
    """(what stands before it, what it repeats) of every repetition without an end."""
    for kind, argument in tree:
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            _, most, inner = argument
            if most >= 100:
                yield before, sample(inner) or "a"
            yield from pumps(inner, before)
        elif kind is op.SUBPATTERN:
            yield from pumps(argument[-1], before)
        elif kind is op.BRANCH:
            for each in argument[1]:
                yield from pumps(each, before)
        elif kind in (op.ASSERT, op.ASSERT_NOT):
            yield from pumps(argument[1], before)
        before += one(kind, argument)


def attacks(pattern):
    text = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    for before, piece in dict.fromkeys(pumps(parser.parse(text, pattern.flags & ~re.DEBUG))):
        for whole, many in ((before, piece), ("", piece), ("", before + piece), (before, piece + " "), (before, " ")):
            if many:
                yield lambda size, whole=whole, many=many: whole + many * (size // len(many)) + "\0"


@cache
def uses():
    """How each name of a pattern is used in the package: by ``match`` alone, or looked for anywhere in a text."""
    found = defaultdict(set)
    root = Path(nornir_anyconnect.__file__).parent
    for path in root.rglob("*.py"):
        module = ".".join(path.relative_to(root).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in METHODS:
                name = getattr(node.value, "id", getattr(node.value, "attr", ""))
                # a private name belongs to its module, any other may be used from everywhere
                found[f"{module}.{name}" if name.startswith("_") else name].add(node.attr)
    return found


def method_of(where, pattern):
    """A table's pattern may be used in any way."""
    used = uses().get(where) or uses().get(where.rpartition(".")[2]) or set()
    return pattern.match if used and used <= {"match", "fullmatch"} else lambda text: list(pattern.finditer(text))


def seconds(look, pattern, text):
    """The best of three: whatever else the machine does only adds to it."""
    given = text if isinstance(pattern.pattern, str) else text.encode("utf-8", "replace")
    best = float("inf")
    for _ in range(3):
        began = time.thread_time()
        look(given)
        best = min(best, time.thread_time() - began)
        if best < WORTH_A_LOOK:
            break
    return best


def growth(pattern, where=""):
    """How much longer the longer of the worst two texts takes; 0 where none is worth a look."""
    look = method_of(where, pattern)
    worst = 0.0, ""
    for attack in attacks(pattern):
        long = seconds(look, pattern, attack(LONG))
        if long >= WORTH_A_LOOK:
            worst = max(worst, (long / max(seconds(look, pattern, attack(SHORT)), 1e-7), repr(attack(40))))
            if worst[0] > RATIO:
                break
    return worst


@cache
def found():
    return patterns()


def test_patterns_are_found():
    assert len(found()) > 100
    assert set(BOUNDED) <= set(found())


def test_no_pattern_takes_time_with_the_square_of_the_text():
    bad = {}
    for name, pattern in found().items():
        ratio, text = growth(pattern, name)
        if ratio > RATIO:
            bad[name] = f"{ratio:.0f} x as long on {text}"
    assert {name: how for name, how in bad.items() if name not in BOUNDED} == {}


@pytest.mark.parametrize(
    ("text", "bad"),
    [(r"[ \t]*Beginning", True), (r"\r*\n", True), (r"(?<!\r)\r*\n", False), (r"x.*?y", True), (r"x[^x]*y", False)],
)
def test_this_way_of_looking_tells_bad_from_good(text, bad):
    assert (growth(re.compile(text))[0] > RATIO) is bad


TERMINAL = {
    "blanks": " ", "letters": "x", "backspaces": "x\b", "letters, then as many backspaces": None,
    "carriage returns": "\r", "line ends": "\r\r\n\r", "words overwritten": "ab\r", "escapes": "\x1b[0;1",
    "colours": "\x1b[0m", "pages": "<--- More --->\r              \r", "half a pager": "<--- More ", "stamps": "May 06 2024 ",
    "our prompt": "fw1# ", "our prompt and half an echo": "fw1# sho", "another prompt": "fw2# \n", "nothing": "\0",
}  # fmt: skip


def terminal_text(kind, size):
    piece = TERMINAL[kind]
    return "x" * (size // 2) + "\b" * (size // 2) if piece is None else piece * (size // len(piece))


@pytest.mark.parametrize("kind", TERMINAL)
def test_what_a_terminal_is_sent_is_read_in_time_that_grows_with_it(kind):
    """As one reply, in one piece and byte by byte: the second has every chance to look through it again and again."""
    for chunk in (None, 7):
        short, long = (conversed(terminal_text(kind, size), chunk) for size in (10_000, 80_000))
        assert long < WORTH_A_LOOK or long / short < RATIO, chunk


def conversed(text, chunk):
    """Processor seconds for taking this as the reply to a command."""
    best = float("inf")
    for _ in range(2):
        dialogue = Dialogue()
        for event in (dialogue.receive(b"fw1# "), dialogue.receive(f"{PROOF}\r\nfw1# ".encode())):
            assert event
        dialogue.ask("show mode")
        data = b"show mode\r\n" + text.encode() + b"\r\n"
        pieces = [data] if chunk is None else [data[at : at + chunk] for at in range(0, len(data), chunk)]
        began = time.thread_time()
        for piece in pieces:
            dialogue.receive(piece)
        dialogue.look_again()
        best = min(best, time.thread_time() - began)
    return best
