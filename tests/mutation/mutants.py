"""Small mistakes, put into a module one at a time: a condition turned round, a statement left out, a value off by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from types import CodeType

from tests.mutation.trial import ROOT

_OPPOSITE = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


_NAMED = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake, the ``number``-th of its file. ``line`` is where it stands, ``what`` says what was there and is now."""

    file: str
    number: int
    line: int = 0
    where: str = ""
    what: str = ""

    @property
    def name(self) -> str:
        """What it is called where lines move: file, function and mistake."""
        return f"{self.file} {self.where}: {self.what}"

    @property
    def source(self) -> str:
        """The module with this mistake in it."""
        tree = _tree(self.file)
        _, _, new, put = next(islice(_places(tree), self.number, None))
        put(new)
        return ast.unparse(ast.fix_missing_locations(tree))


def mutants_of(file: str) -> Iterator[Mutant]:
    """Every mutant of a module; the same ones in the same order each time."""
    for number, (where, node, new, _) in enumerate(_places(_tree(file))):
        what = f"{_short(ast.unparse(node))} -> {_short(ast.unparse(new))}"
        yield Mutant(file, number, node.lineno, where, what)


def codes_of(file: str) -> Iterator[tuple[CodeType, CodeType]]:
    """The code of a module as it is, and with each of its mutants in it, in their order."""
    tree, path = _tree(file), str(ROOT / file)
    as_it_is = compile(tree, path, "exec", dont_inherit=True)
    for _, node, new, put in _places(tree):
        if not hasattr(new, "lineno"):
            ast.fix_missing_locations(ast.copy_location(new, node))
        put(new)
        yield as_it_is, compile(tree, path, "exec", dont_inherit=True)
        put(node)


def _tree(file: str) -> ast.Module:
    return ast.parse((ROOT / file).read_text("utf-8"))


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:97]}..."


def _places(tree: ast.Module) -> Iterator[tuple]:
    """(function, node, what may stand in its place, what puts that there) of every place."""
    for where, parent, field, index, node in _walk(tree, ""):

        def put(new, parent=parent, field=field, index=index):
            if index is None:
                setattr(parent, field, new)
            else:
                getattr(parent, field)[index] = new

        yield from ((where, node, new, put) for new in _instead(node))


def _instead(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in the place of a node."""
    match node:
        case ast.Compare(left=left, ops=[op], comparators=others) if type(op) in _OPPOSITE:
            yield ast.Compare(left, [_OPPOSITE[type(op)]()], others)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(_OPPOSITE[type(op)](), values)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPPOSITE:
            yield ast.BinOp(left, _OPPOSITE[type(op)](), right)
        case ast.If(test=ast.Name() | ast.Attribute() | ast.Call() | ast.NamedExpr() as test, body=body, orelse=other):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, other)
        case ast.Raise() | ast.Break() | ast.Continue():
            yield ast.Pass()
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Return(value=value) if value is not None and not (isinstance(value, ast.Constant) and not value.value):
            yield ast.Return(ast.Constant(None))
        case ast.Constant(value=bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(value=int() as value):
            yield ast.Constant(value + 1)


def _walk(node: ast.AST, where: str) -> Iterator[tuple]:
    """Every node with its place in its parent; annotations, docstrings and imports for types are left out."""
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list") or (field == "test" and _is_typing(node)):
            continue
        for index, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
            if not isinstance(child, ast.AST) or _is_typing(child):
                continue
            name = getattr(child, "name", None) if isinstance(child, _NAMED) else None
            inside = ".".join(filter(None, [where, name]))
            if hasattr(child, "lineno"):
                yield inside, node, field, index, child
            yield from _walk(child, inside)


def _is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
