"""isnull, isnum, typeof and their kin.

A field value that looks like a number is a number, unless its expression is text by its nature ("5", lower(x)).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...json_paths import parse
from ...values import Value, number
from ..function import Call, Function
from ..node import Node, Type

if TYPE_CHECKING:
    from ...search import Search


def _test(name: str, holds: Callable[[Value | None, Type], bool]) -> Function:
    """A function that is TRUE or FALSE, also of null."""

    def build(call: Call) -> Node:
        inner, static = call.args[0].evaluate, call.args[0].type

        def evaluate(row: Any, search: Search) -> Value | None:
            return holds(inner(row, search), static)

        return call.node(evaluate, Type.BOOLEAN)

    return Function(name, 1, 1, build, takes_null=True)


def _is_number(value: Value | None, static: Type) -> bool:
    return static is not Type.STRING and number(value) is not None


def _is_integer(value: Value | None, static: Type) -> bool:
    if not _is_number(value, static):
        return False
    amount = number(value)
    return isinstance(amount, int) or (not isinstance(value, str) and amount is not None and amount == int(amount))


def _is_text(value: Value | None, static: Type) -> bool:
    return isinstance(value, str) and not _is_number(value, static)


def _typeof(call: Call) -> Node:
    inner, static = call.args[0].evaluate, call.args[0].type

    def evaluate(row: Any, search: Search) -> Value | None:
        value = inner(row, search)
        if value is None:
            return "Invalid"
        if isinstance(value, bool):
            return "Bool"
        if isinstance(value, list):
            return "Multivalue"
        return "Number" if _is_number(value, static) else "String"

    return call.node(evaluate, Type.STRING)


def _is_json(kind: type) -> Callable[[Value | None, Type], bool]:
    return lambda value, static: isinstance(value, str) and isinstance(parse(value), kind)


FUNCTIONS = (
    _test("isnull", lambda value, static: value is None),
    _test("isnotnull", lambda value, static: value is not None),
    _test("isnum", _is_number),
    _test("isint", _is_integer),
    _test("isdouble", lambda value, static: _is_number(value, static) and not _is_integer(value, static)),
    _test("isstr", _is_text),
    _test("isbool", lambda value, static: isinstance(value, bool)),
    _test("ismv", lambda value, static: isinstance(value, list)),
    _test("isobject", _is_json(dict)),
    _test("isarray", _is_json(list)),
    Function("typeof", 1, 1, _typeof, takes_null=True),
)
