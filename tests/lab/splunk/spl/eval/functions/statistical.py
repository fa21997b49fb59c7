"""avg, max, min, random, over the arguments of one row."""

from __future__ import annotations

import random
from collections.abc import Callable
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from ...values import Value, as_list, number, text
from ..function import Call, Function
from ..node import Node, Type
from ..operators import fit
from .mathematical import over_numbers

if TYPE_CHECKING:
    from ...search import Search


def _key(value: Value, is_text: bool) -> tuple[int, Any]:
    """The order of min and max: numbers by size, then texts by code point."""
    amount = None if is_text else number(value)
    return (1, text(value)) if amount is None else (0, amount)


def _extreme(name: str, choose: Callable[..., Any]) -> Function:
    """The values of multivalue arguments count one by one. A quoted number is a text: min("10", "9") is "10"."""

    def build(call: Call) -> Node:
        parts = [(node.evaluate, node.type is Type.STRING) for node in call.args]

        def evaluate(row: Any, search: Search) -> Value | None:
            values = [(_key(item, is_text), item) for part, is_text in parts for item in as_list(part(row, search))]
            return choose(values, key=itemgetter(0))[1] if values else None

        return call.node(evaluate)

    return Function(name, 1, None, build, takes_null=True)


def _random(call: Call) -> Node:
    return call.node(lambda row, search: random.randrange(2**31), Type.NUMBER)


def _average(found: list[int | float]) -> Value | None:
    mean = sum(found) / len(found)
    return fit(int(mean) if mean == int(mean) else mean)


FUNCTIONS = (
    over_numbers("avg", _average),
    _extreme("max", max),
    _extreme("min", min),
    Function("random", 0, 0, _random),
)
