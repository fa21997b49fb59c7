"""tojson: writes fields as one JSON object."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..arguments import boolean, field, one_of
from ..command import Command
from ..json_paths import INVALID, dump, parse
from ..tokens import Kind
from ..values import Row, Scalar, as_list, number, text
from ..wildcards import matching_fields

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

_SKIP = object()


def _none(value: Scalar) -> Any:
    amount = number(value)
    return value if amount is None else amount


def _number(value: Scalar) -> Any:
    amount = number(value)
    return _SKIP if amount is None else amount


def _boolean(value: Scalar) -> Any:
    amount = number(value)
    if amount is not None:
        return amount != 0
    word = text(value).lower()
    if word in ("true", "t", "yes"):
        return True
    return False if word in ("false", "f", "no") else _SKIP


def _json(value: Scalar) -> Any:
    tree = parse(text(value))
    return _SKIP if tree is INVALID else tree


def _auto(value: Scalar) -> Any:
    tree = parse(text(value))
    return _none(value) if tree is INVALID else tree


_TYPES: dict[str, Callable[[Scalar], Any]] = {
    "auto": _auto,
    "bool": _boolean,
    "json": _json,
    "none": _none,
    "num": _number,
    "str": text,
}
_OPTIONS: dict[str, Any] = {
    "fill_null": boolean,
    "include_internal": boolean,
    "output_field": field,
    "default_type": one_of(*_TYPES),
}


@dataclass(frozen=True, slots=True)
class Selection:
    """A field name or pattern and the function that gives its values a JSON type; None: the default type."""

    pattern: str
    type: str | None


class ToJson(Command):
    """`tojson [<field> | <type>(<field>)]... [default_type=] [output_field=] [include_internal=] [fill_null=]`.

    Without fields all of them, internal ones with include_internal=t only; the output field is `_raw`. Types are auto,
    bool, json, none, num, str; values a type cannot take are left out (null with fill_null=t). Multivalue fields become
    arrays. `none` writes numbers for values that are numbers, text for all others.
    """

    name = "tojson"
    placement = "streaming"

    def __init__(self, selections: list[Selection], options: dict[str, Any]) -> None:
        self.selections = selections
        self.fill_null: bool = options.get("fill_null", False)
        self.include_internal: bool = options.get("include_internal", False)
        self.target: str = options.get("output_field", "_raw")
        self.default_type: str = options.get("default_type", "none")

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = {}
        selections: list[Selection] = []
        while not args.at_end:
            options |= args.options(_OPTIONS)
            token = args.peek()
            if token.kind is Kind.WORD and args.peek_after(token).is_punctuation("("):
                args.next()
                if token.text not in _TYPES:
                    raise args.error(f"{token.text!r} is not one of {', '.join(_TYPES)}", token)
                args.expect("(")
                pattern = "*" if args.peek().is_punctuation(")") else args.field()
                args.expect(")")
                selections.append(Selection(pattern, token.text))
            elif not args.at_end:
                selections.append(Selection(args.field(), None))
            args.accept(",")
        return cls(selections, options)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        for row in rows:
            made: dict[str, Any] = {}
            for name, kind in self._chosen(row).items():
                value = self._value(row, name, _TYPES[kind])
                if value is not _SKIP:
                    made[name] = value
            row[self.target] = dump(made)
            yield row

    def _chosen(self, row: Row) -> dict[str, str]:
        """The fields of a row in alphabetical order, each with its type."""
        chosen: dict[str, str] = {}
        for selection in self.selections or [Selection("*", None)]:
            for name in matching_fields([selection.pattern], row):
                chosen[name] = selection.type or self.default_type
            if not self.selections and self.include_internal:
                chosen.update((name, self.default_type) for name in row if name[:1] == "_")
        return dict(sorted(chosen.items()))

    def _value(self, row: Row, name: str, convert: Callable[[Scalar], Any]) -> Any:
        values = [convert(item) for item in as_list(row.get(name))]
        if not values:
            return None if self.fill_null else _SKIP
        kept = [None if value is _SKIP else value for value in values if value is not _SKIP or self.fill_null]
        if not kept:
            return _SKIP
        return kept if len(values) > 1 else kept[0]
