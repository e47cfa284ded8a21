"""OData filters: parsing them and turning them into polars expressions.

Here: `$filter` for v3 and v4 alike. Not here: paging, selecting columns, or any table.
"""

import re
from collections.abc import Callable, Collection, Mapping
from functools import lru_cache

import polars as pl
from odata_query import ast
from odata_query.exceptions import ODataException
from odata_query.grammar import ODataLexer, ODataParser

_COMPARE: Mapping[type, Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
}
# v3 has substringof(part, column), v4 contains(column, part); the parser knows the second.
_SUBSTRINGOF = re.compile(r"substringof\(\s*('(?:[^']|'')*')\s*,\s*(\w+)\s*\)")


class QueryError(Exception):
    """A query option that cannot be understood; the server answers 400."""


@lru_cache(maxsize=64)
def parse(text: str) -> ast._Node | None:
    """Parse a `$filter`; None when it is empty.

    Raises:
        QueryError: it is no OData filter.
    """
    if not text.strip():
        return None
    rewritten = _SUBSTRINGOF.sub(r"contains(\2,\1)", text)
    try:
        node: ast._Node = ODataParser().parse(ODataLexer().tokenize(rewritten))
    except ODataException as error:
        raise QueryError(f"cannot parse $filter {text!r}: {error}") from error
    return node


def expression(node: ast._Node, columns: Collection[str]) -> pl.Expr:
    """Turn a filter into a polars expression.

    Raises:
        QueryError: a column is unknown, or an operator or function is not one CBS's services are asked for.
    """
    match node:
        case ast.BoolOp(op=op, left=left, right=right):
            a, b = expression(left, columns), expression(right, columns)
            return a & b if isinstance(op, ast.And) else a | b
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ~expression(operand, columns)
        case ast.Compare(comparator=ast.In(), left=left, right=ast.List(val=items)):
            return _value(left, columns).is_in([_literal(item) for item in items])
        case ast.Compare(comparator=ast.Eq(), left=left, right=ast.Null()):
            return _value(left, columns).is_null()
        case ast.Compare(comparator=ast.NotEq(), left=left, right=ast.Null()):
            return _value(left, columns).is_not_null()
        case ast.Compare(comparator=comparator, left=left, right=right) if type(comparator) in _COMPARE:
            return _COMPARE[type(comparator)](_value(left, columns), _value(right, columns))
        case ast.Call(func=ast.Identifier(name=name), args=[left, ast.String(val=part)]):
            return _call(name, _value(left, columns), part)
    raise QueryError(f"this filter is not supported: {node}")


def names(node: ast._Node) -> set[str]:
    """Name the columns a filter uses."""
    if isinstance(node, ast.Identifier):
        return {node.name}
    if isinstance(node, ast.Call):
        return set().union(*(names(argument) for argument in node.args))
    parts = [getattr(node, field) for field in ("left", "right", "operand") if hasattr(node, field)]
    return set().union(*(names(part) for part in parts))


def conjuncts(node: ast._Node | None) -> list[ast._Node]:
    """Take a filter apart at its outermost ands."""
    if node is None:
        return []
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.And):
        return [*conjuncts(node.left), *conjuncts(node.right)]
    return [node]


def _call(name: str, column: pl.Expr, part: str) -> pl.Expr:
    if name == "startswith":
        return column.str.starts_with(part)
    if name == "endswith":
        return column.str.ends_with(part)
    if name == "contains":
        return column.str.contains(part, literal=True)
    raise QueryError(f"function {name} is not supported")


def _value(node: ast._Node, columns: Collection[str]) -> pl.Expr:
    if isinstance(node, ast.Identifier):
        if node.name not in columns:
            raise QueryError(f"Could not find a property named '{node.name}'.")
        return pl.col(node.name)
    return pl.lit(_literal(node))


def _literal(node: ast._Node) -> str | int | float:
    match node:
        case ast.String(val=text):
            return str(text)
        case ast.Integer(val=text):
            return int(text)
        case ast.Float(val=text):
            return float(text)
    raise QueryError(f"this value is not supported: {node}")
