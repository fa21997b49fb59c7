"""How an eval function is described, and the usual ways to build one from a Python function over values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import SplSyntaxError, Unsupported
from ..regex import Regex, RegexError, compiled
from ..values import Value, from_list, text
from .node import Evaluate, Node, Type, union_of_fields

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search


@dataclass(frozen=True, slots=True)
class Call:
    """A function call in an expression. source: the search text; start, end: the place of the call in it."""

    name: str
    args: Sequence[Node]
    source: str
    start: int
    end: int
    command: str
    compiler: Compiler

    def error(self, message: str, at: Node | None = None) -> SplSyntaxError:
        where = self.start if at is None else at.start
        return SplSyntaxError(f"Error in '{self.command}' command: {message}", self.source, where)

    def unsupported(self, what: str, at: Node | None = None) -> Unsupported:
        where = self.start if at is None else at.start
        return Unsupported(
            what, f"Error in '{self.command}' command: {what} is not supported here.", self.source, where
        )

    def node(self, evaluate: Evaluate, result: Type = Type.ANY) -> Node:
        """The node of this call; it reads what its arguments read."""
        return Node(evaluate, result, union_of_fields(self.args), self.start, self.end)

    def regex(self, node: Node) -> Callable[[Any, Search], Regex | None]:
        """The regular expression that an argument gives: compiled now when it is a literal, otherwise for each row.

        Raises SplSyntaxError now, and SearchFailure at run time, for a pattern that is not one.
        """
        if node.literal:
            try:
                ready = compiled(text(node.value or ""))
            except RegexError as error:
                raise self.error(
                    f"The regex '{node.value}' of the function '{self.name}' is invalid: {error}.", node
                ) from error
            return lambda row, search: ready
        evaluate = node.evaluate
        name = self.name

        def each(row: Any, search: Search) -> Regex | None:
            pattern = evaluate(row, search)
            if pattern is None or isinstance(pattern, list):
                return None
            try:
                return compiled(text(pattern))
            except RegexError as error:
                raise search.fail(f"The regex '{pattern}' of the function '{name}' is invalid: {error}.") from error

        return each


@dataclass(frozen=True, slots=True)
class Function:
    """An eval function. most: None for "any number of arguments"; takes_null: whether `null()` may be an argument.

    A missing field may always be one; most functions are null then.
    """

    name: str
    least: int
    most: int | None
    build: Callable[[Call], Node]
    takes_null: bool = False
    refused: bool = False


def of_values(
    name: str,
    least: int,
    most: int | None,
    calculate: Callable[..., Value | None],
    result: Type = Type.ANY,
) -> Function:
    """A function of its arguments' values alone; a null argument makes it null."""

    def build(call: Call) -> Node:
        return call.node(_strict([node.evaluate for node in call.args], calculate), result)

    return Function(name, least, most, build)


def of_texts(
    name: str,
    least: int,
    most: int | None,
    calculate: Callable[..., Value | None],
    *,
    multivalue: bool = False,
    numbers: bool = False,
    result: Type = Type.STRING,
) -> Function:
    """A function of texts; a null argument makes it null.

    multivalue: it works on every value of a multivalue first argument; the others say so in a warning and are null.
    numbers: it takes a number as text; the others refuse an argument that can only be one, such as `len(5)`.
    """

    def build(call: Call) -> Node:
        if not numbers and call.args and call.args[0].type is Type.NUMBER:
            raise call.error(f"The arguments to the '{name}' function are invalid: it takes a text.", call.args[0])
        parts = [node.evaluate for node in call.args]
        first = parts[0]

        def evaluate(row: Any, search: Search) -> Value | None:
            value = first(row, search)
            if value is None:
                return None
            others = [part(row, search) for part in parts[1:]]
            if None in others:
                return None
            texts = [text(item) for item in others if item is not None]
            if isinstance(value, list):
                if not multivalue:
                    not_multivalue(search, name)
                    return None
                return from_list([made for item in value if (made := calculate(text(item), *texts)) is not None])
            return calculate(value if type(value) is str else text(value), *texts)

        return call.node(evaluate, result)

    return Function(name, least, most, build)


def not_multivalue(search: Search, name: str) -> None:
    """Says that a function got a multivalue field, which it does not support; its result is null."""
    search.warn(f"The function '{name}' is not supported on multivalue fields; its result is null.")


def refused(name: str, why: str) -> Function:
    """A function of Splunk that this engine does not do; calling it is an error that names it."""

    def build(call: Call) -> Node:
        raise Unsupported(
            name,
            f"Error in '{call.command}' command: The function '{name}' is not supported here: {why}.",
            call.source,
            call.start,
        )

    return Function(name, 0, None, build, takes_null=True, refused=True)


def _strict(parts: Sequence[Evaluate], calculate: Callable[..., Value | None]) -> Evaluate:
    """The closure that evaluates all parts and calls `calculate` with them, unless one is null."""
    if not parts:
        return lambda row, search: calculate()
    if len(parts) == 1:
        (only,) = parts

        def one(row: Any, search: Search) -> Value | None:
            value = only(row, search)
            return None if value is None else calculate(value)

        return one
    if len(parts) == 2:
        first, second = parts

        def two(row: Any, search: Search) -> Value | None:
            left = first(row, search)
            if left is None:
                return None
            right = second(row, search)
            return None if right is None else calculate(left, right)

        return two

    def many(row: Any, search: Search) -> Value | None:
        values = [part(row, search) for part in parts]
        return None if None in values else calculate(*values)

    return many
