"""Multivalue functions (mv_to_json_array is among the JSON functions)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...errors import SplSyntaxError
from ...times import UNITS, add, parse_span
from ...tokens import Kind, split_pipeline, token_at
from ...values import Value, as_list, from_list, number, text
from ..function import Call, Function, of_texts, of_values
from ..node import Node, Type, union_of_fields
from ..operators import fit

if TYPE_CHECKING:
    from ...search import Search

_LONGEST_RANGE = 1_000_000


class Overlay:
    """A row in which one field has another value."""

    __slots__ = ("field", "row", "value")

    def __init__(self, row: Any, field: str) -> None:
        self.row = row
        self.field = field
        self.value: Value | None = None

    def get(self, field: str) -> Value | None:
        return self.value if field == self.field else self.row.get(field)


def _mvappend(call: Call) -> Node:
    parts = [node.evaluate for node in call.args]

    def evaluate(row: Any, search: Search) -> Value | None:
        return from_list([item for part in parts for item in as_list(part(row, search))])

    return call.node(evaluate)


def _mvdedup(value: Value) -> Value | None:
    kept: dict[str, Any] = {}
    for item in as_list(value):
        kept.setdefault(text(item), item)
    return from_list(list(kept.values()))


def _mvfilter(call: Call) -> Node:
    condition = call.args[0]
    if condition.type in (Type.NUMBER, Type.STRING):
        raise call.error("The arguments to the 'mvfilter' function are invalid: a boolean is expected here.", condition)
    if condition.fields is None or len(condition.fields) != 1:
        raise call.error(
            "The arguments to the 'mvfilter' function are invalid: the condition has to use exactly one field.",
            condition,
        )
    (field,) = condition.fields
    holds = condition.evaluate

    def evaluate(row: Any, search: Search) -> Value | None:
        single = Overlay(row, field)
        kept: list[Any] = []
        for item in as_list(row.get(field)):
            single.value = item
            if holds(single, search) is True:
                kept.append(item)
        return from_list(kept)

    return call.node(evaluate)


def _mvmap(call: Call) -> Node:
    subject, expression = call.args
    if subject.fields is None or len(subject.fields) != 1:
        raise call.error(
            "The arguments to the 'mvmap' function are invalid: its first one has to use one field.", subject
        )
    if expression.type is Type.BOOLEAN:
        raise call.error(
            "The arguments to the 'mvmap' function are invalid: its expression is a condition.", expression
        )
    (field,) = subject.fields
    source, calculate = subject.evaluate, expression.evaluate

    def evaluate(row: Any, search: Search) -> Value | None:
        single = Overlay(row, field)
        made: list[Any] = []
        for item in as_list(source(row, search)):
            single.value = item
            made.extend(as_list(calculate(single, search)))
        return from_list(made)

    return Node(evaluate, Type.ANY, union_of_fields(call.args), call.start, call.end)


def _mvfind(call: Call) -> Node:
    subject, regex = call.args[0].evaluate, call.regex(call.args[1])

    def evaluate(row: Any, search: Search) -> Value | None:
        value = subject(row, search)
        if value is None:
            return None
        pattern = regex(row, search)
        if pattern is None:
            return None
        for place, item in enumerate(as_list(value)):
            if pattern.search(text(item)) is not None:
                return place
        return None

    return call.node(evaluate, Type.NUMBER)


def _mvindex(value: Value, start: Value, end: Value | None = None) -> Value | None:
    """Items start to end, both included, counted from 0, negative from the end; null outside the list."""
    items = as_list(value)
    first = number(start)
    last = first if end is None else number(end)
    if first is None or last is None:
        return None
    begin, stop = int(first), int(last)
    begin = begin + len(items) if begin < 0 else begin
    stop = stop + len(items) if stop < 0 else stop
    if begin < 0 or begin >= len(items) or stop < begin:
        return None
    return from_list(items[begin : stop + 1])


def _mvjoin(value: Value, delimiter: Value) -> Value | None:
    return text(delimiter).join([text(item) for item in as_list(value)])


def _mvzip(left: Value, right: Value, delimiter: Value = ",") -> Value | None:
    pairs = zip(as_list(left), as_list(right), strict=False)
    return from_list([f"{text(first)}{text(delimiter)}{text(second)}" for first, second in pairs])


def _mvrange(call: Call) -> Node:
    """Numbers from start, below end, by a step that is a number or a time span on the calendar of the zone."""
    parts = [node.evaluate for node in call.args]

    def evaluate(row: Any, search: Search) -> Value | None:
        values = [part(row, search) for part in parts]
        start, end = number(values[0]), number(values[1])
        if start is None or end is None:
            return None
        step = 1 if len(values) == 2 else number(values[2])
        if step is not None:
            return None if step <= 0 else _range(start, end, lambda place: place + step, search)
        span = parse_span(text(values[2])) if values[2] is not None else None
        if span is None:
            return None
        return _range(start, end, lambda place: add(place, span.amount, span.unit, search.tz), search)

    last = call.args[2] if len(call.args) == 3 else None
    if last is not None and last.literal and number(last.value) is None and parse_span(text(last.value or "")) is None:
        units = ", ".join(UNITS)
        raise call.error(
            f"The arguments to the 'mvrange' function are invalid: the step is a number or one of {units}.", last
        )
    return call.node(evaluate)


def _range(start: float, end: float, following: Callable[[float], float], search: Search) -> Value | None:
    made: list[Any] = []
    place = start
    while place < end:
        if len(made) >= _LONGEST_RANGE:
            raise search.fail(f"mvrange makes more than {_LONGEST_RANGE} values.")
        made.append(fit(place))
        place = following(place)
    return from_list(made)


def _split(value: str, delimiter: str) -> Value | None:
    """Empty parts are values too; an empty delimiter cuts between all characters."""
    return from_list(value.split(delimiter) if delimiter else list(value))


def _commands(value: Value) -> Value | None:
    """The names of the commands of a search, in order."""
    words = text(value)
    try:
        spans = split_pipeline(words, 0, len(words))
        names = [token_at(words, begin, stop) for begin, stop in spans]
    except SplSyntaxError:
        return None
    return from_list([name.text for name in names if name.kind is Kind.WORD])


def _reverse(value: Value) -> Value | None:
    return from_list(as_list(value)[::-1])


FUNCTIONS = (
    Function("mvappend", 1, None, _mvappend, takes_null=True),
    of_values("mvcount", 1, 1, lambda value: len(as_list(value)), Type.NUMBER),
    of_values("mvdedup", 1, 1, _mvdedup),
    Function("mvfilter", 1, 1, _mvfilter),
    Function("mvfind", 2, 2, _mvfind),
    of_values("mvindex", 2, 3, _mvindex),
    of_values("mvjoin", 2, 2, _mvjoin, Type.STRING),
    Function("mvmap", 2, 2, _mvmap),
    Function("mvrange", 2, 3, _mvrange),
    of_values("mvreverse", 1, 1, _reverse),
    of_values("mvsort", 1, 1, lambda value: from_list(sorted(as_list(value), key=text))),
    of_values("mvzip", 2, 3, _mvzip),
    of_texts("split", 2, 2, _split, result=Type.ANY),
    of_values("commands", 1, 1, _commands),
)
