"""now, time, relative_time, strftime, strptime.

strptime returns a number that prints with six decimals (1577836800.000000), as in Splunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...time_format import FormatError, check, check_readable, strftime, strptime
from ...times import relative_time
from ...values import Value, number, text
from ..function import Call, Function
from ..node import Node, Type

if TYPE_CHECKING:
    from ...search import Search


def _six_decimals(epoch: float) -> str:
    return f"{epoch:.6f}"


def _format_error(call: Call, error: FormatError, at: Node) -> Exception:
    return call.unsupported(str(error), at)


def _strftime(call: Call) -> Node:
    moment, form = call.args
    if form.literal:
        try:
            check(text(form.value or ""))
        except FormatError as error:
            raise _format_error(call, error, form) from error
    first, second = moment.evaluate, form.evaluate

    def evaluate(row: Any, search: Search) -> Value | None:
        epoch = number(first(row, search))
        pattern = second(row, search)
        if epoch is None or pattern is None:
            return None
        try:
            return strftime(epoch, text(pattern), search.tz)
        except FormatError as error:
            raise search.fail(f"strftime: {error}.") from error
        except (OverflowError, ValueError):
            return None

    return call.node(evaluate, Type.STRING)


def _strptime(call: Call) -> Node:
    subject, form = call.args
    if form.literal:
        try:
            check_readable(text(form.value or ""))
        except FormatError as error:
            raise _format_error(call, error, form) from error
    first, second = subject.evaluate, form.evaluate

    def evaluate(row: Any, search: Search) -> Value | None:
        value, pattern = first(row, search), second(row, search)
        if value is None or pattern is None or isinstance(value, list):
            return None
        try:
            epoch = strptime(text(value), text(pattern), search.tz, search.now)
        except FormatError as error:
            raise search.fail(f"strptime: {error}.") from error
        return None if epoch is None else _six_decimals(epoch)

    return call.node(evaluate)


def _relative_time(call: Call) -> Node:
    moment, modifier = call.args
    if modifier.literal and relative_time(0, text(modifier.value or ""), call.compiler.environment.tz) is None:
        raise call.error(f"The arguments to the 'relative_time' function are invalid: '{modifier.value}'.", modifier)
    first, second = moment.evaluate, modifier.evaluate

    def evaluate(row: Any, search: Search) -> Value | None:
        epoch, words = number(first(row, search)), second(row, search)
        if epoch is None or words is None:
            return None
        return relative_time(epoch, text(words), search.tz)

    return call.node(evaluate, Type.NUMBER)


def _now(call: Call) -> Node:
    return call.node(lambda row, search: int(search.now), Type.NUMBER)


def _time(call: Call) -> Node:
    """The wall clock of the environment, which stands still during a search."""
    return call.node(lambda row, search: _six_decimals(search.now), Type.ANY)


FUNCTIONS = (
    Function("now", 0, 0, _now),
    Function("time", 0, 0, _time),
    Function("relative_time", 2, 2, _relative_time),
    Function("strftime", 2, 2, _strftime),
    Function("strptime", 2, 2, _strptime),
)
