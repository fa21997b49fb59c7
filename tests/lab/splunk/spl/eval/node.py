"""A part of an eval expression that is already a Python closure, with what is known about it before any row runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeAlias

from ..values import Value

if TYPE_CHECKING:
    from ..search import Search

Evaluate: TypeAlias = "Callable[[Any, Search], Value | None]"
"""(row, search) -> value; None is null. The row is anything with `.get(field)`."""


class Type(Enum):
    """What an expression can be seen to return from its text alone. ANY: only the row can tell."""

    ANY = "any"
    BOOLEAN = "boolean"
    NUMBER = "number"
    STRING = "string"
    NULL = "null"


@dataclass(frozen=True, slots=True)
class Node:
    """evaluate: the closure; fields: what it reads (None: any field); literal: whether it is a constant written out,
    whose value is then `value`; field: the name, when it is a plain field; start, end: its place in the search
    text."""

    evaluate: Evaluate
    type: Type
    fields: frozenset[str] | None
    start: int
    end: int
    literal: bool = False
    value: Value | None = None
    field: str | None = None


def literal(value: Value, start: int, end: int) -> Node:
    """A constant."""
    return Node(
        evaluate=lambda row, search: value,
        type=Type.STRING if isinstance(value, str) else Type.NUMBER,
        fields=frozenset(),
        start=start,
        end=end,
        literal=True,
        value=value,
    )


def field_reference(name: str, start: int, end: int) -> Node:
    """The value of a field."""
    return Node(
        evaluate=lambda row, search: row.get(name),
        type=Type.ANY,
        fields=frozenset((name,)),
        start=start,
        end=end,
        field=name,
    )


def union_of_fields(nodes: Iterable[Node]) -> frozenset[str] | None:
    """The fields that the nodes read together; None when one of them may read any."""
    fields: set[str] = set()
    for node in nodes:
        if node.fields is None:
            return None
        fields |= node.fields
    return frozenset(fields)
