"""Small mistakes, put into a module one at a time: a condition turned round, a statement left out, a value off by one."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tests.mutation.trial import ROOT

_OPPOSITE = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake. ``line`` is where it stands in the file, ``what`` says what was there and what is now."""

    file: str
    line: int
    where: str
    what: str
    source: str

    @property
    def name(self) -> str:
        """What it is called where lines move: file, function and mistake."""
        return f"{self.file} {self.where}: {self.what}"


def mutants_of(file: str) -> Iterator[Mutant]:
    """Every mutant of a module; the same ones in the same order each time."""
    text = (ROOT / file).read_text("utf-8")
    count = sum(1 for _ in _places(ast.parse(text)))
    for number in range(count):
        tree = ast.parse(text)
        where, node, change = next(each for at, each in enumerate(_places(tree)) if at == number)
        line, before = node.lineno, ast.unparse(node)
        after = change()
        source = ast.unparse(ast.fix_missing_locations(tree))
        shown = f"{_short(before)} -> {_short(after)}"
        yield Mutant(file, line, where, shown, source)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:97]}..."


def _places(tree: ast.Module) -> Iterator[tuple]:
    """(function, node, change) of every place; ``change`` edits the tree and returns the new text."""
    for where, parent, field, index, node in _walk(tree, ""):

        def put(new, parent=parent, field=field, index=index):
            if index is None:
                setattr(parent, field, new)
            else:
                getattr(parent, field)[index] = new
            return ast.unparse(new)

        yield from ((where, node, lambda new=new, put=put: put(new)) for new in _instead(node))


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
            name = getattr(child, "name", None) if isinstance(child, ast.FunctionDef | ast.ClassDef) else None
            inside = ".".join(filter(None, [where, name]))
            if hasattr(child, "lineno"):
                yield inside, node, field, index, child
            yield from _walk(child, inside)


def _is_typing(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
