"""A compiled eval expression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..errors import SplSyntaxError
from ..values import Measured, Value, text
from .node import Evaluate

if TYPE_CHECKING:
    from ..search import Search


@dataclass(frozen=True, slots=True)
class Expression:
    """An eval expression, ready to run.

    evaluate(row, search) -> value, None for null. `row` may be anything with `.get(field)`.
    fields: the fields it reads, None when it may read any. boolean: whether its result is a boolean, always.
    text, source, start: how it was written, and where in which text.
    """

    evaluate: Evaluate
    fields: frozenset[str] | None
    boolean: bool
    text: str
    source: str
    start: int

    def __call__(self, row: Any, search: Search) -> Value | None:
        return self.evaluate(row, search)

    def true(self, row: Any, search: Search) -> bool:
        """Whether the expression holds for the row: TRUE, not FALSE and not null."""
        return self.evaluate(row, search) is True

    def require_value(self, command: str) -> Expression:
        """This expression, if a field may take its result. Raises SplSyntaxError for a boolean one, as Splunk does."""
        if self.boolean:
            raise SplSyntaxError(
                f"Error in '{command}' command: Fields cannot be assigned a boolean result. "
                "Instead, try if([bool expr], [expr], [expr]).",
                self.source,
                self.start,
            )
        return self


def assignable(value: Value | None, search: Search) -> Value | None:
    """A value as it becomes a field: a number with limited digits as the text that shows them.

    Raises SearchFailure for a boolean, which only the row could show.
    """
    if value is True or value is False:
        raise search.fail("Fields cannot be assigned a boolean result. Instead, try if([bool expr], [expr], [expr]).")
    return text(value) if type(value) is Measured else value
