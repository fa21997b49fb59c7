"""How sort (and dedup sortby) compare: the sort clause and its keys."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..tokens import Kind
from ..values import Row, Value, number, text

if TYPE_CHECKING:
    from ..arguments import Arguments

_KINDS = ("auto", "ip", "num", "str")


@dataclass(frozen=True, slots=True)
class SortKey:
    """One field of a sort clause. kind: auto, ip, num or str."""

    field: str
    descending: bool = False
    kind: str = "auto"


def sort_keys(args: Arguments) -> list[SortKey]:
    """The sort clause up to the end: `-a, +str(b) c`. A sign followed by a blank holds for all fields behind it that
    have no sign of their own; a trailing `d` or `desc` turns the whole order round."""
    keys: list[SortKey] = []
    otherwise = False
    while not args.at_end:
        token = args.peek()
        if keys and token.is_word("d", "desc") and args.peek_after(token).kind is Kind.END:
            args.next()
            return [SortKey(key.field, not key.descending, key.kind) for key in keys]
        descending = otherwise
        name = ""
        if token.kind is Kind.WORD and token.text[0] in "+-":
            args.next()
            descending = token.text[0] == "-"
            name = token.text[1:]
            if not name and args.peek().start > token.end:
                otherwise = descending
        if not name:
            token = args.peek()
            name = args.field()
        keys.append(_key(args, name, descending))
        if args.accept(",") and args.at_end:
            raise args.error("expected a field name behind the comma")
    return keys


def _key(args: Arguments, name: str, descending: bool) -> SortKey:
    if not args.peek().is_punctuation("("):
        return SortKey(name, descending)
    if name.lower() not in _KINDS:
        raise args.error(f"expected one of {', '.join(_KINDS)} before (, not {name!r}")
    args.expect("(")
    field = args.field()
    args.expect(")")
    return SortKey(field, descending, name.lower())


def sorted_rows(rows: list[Row], keys: Sequence[SortKey]) -> list[Row]:
    """The rows in order; equal rows keep theirs. Rows without a field come last, whichever way the field is sorted."""
    for key in reversed(keys):
        order = _order(key, [row[key.field] for row in rows if key.field in row])
        if key.descending:
            rows = sorted(rows, key=lambda row, f=key.field: _present(row, f, 1, order), reverse=True)  # type: ignore[misc]
        else:
            rows = sorted(rows, key=lambda row, f=key.field: _present(row, f, 0, order))  # type: ignore[misc]
    return rows


def _present(row: Row, field: str, present: int, order: Callable[[Value], Any]) -> tuple[Any, ...]:
    value = row.get(field)
    return (1 - present,) if value is None else (present, order(value))


def _order(key: SortKey, values: list[Value]) -> Callable[[Value], Any]:
    """What compares the values of a field. auto: as addresses where all of them are IP addresses, otherwise numbers by
    their size and before all other text, which is compared by code point."""
    if key.kind == "str":
        return text
    if key.kind == "ip" or (key.kind == "auto" and values and all(_is_address(value) for value in values)):
        return _address_order
    return _natural_order


def _natural_order(value: Value) -> tuple[int, float, str]:
    amount = number(value)
    return (1, 0.0, text(value)) if amount is None else (0, amount, "")


def _address(value: Value) -> Any:
    try:
        return ipaddress.ip_address(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _is_address(value: Value) -> bool:
    # Every address has a dot or a colon in it; most other text fails here, which is much cheaper.
    return isinstance(value, str) and (value.count(".") == 3 or ":" in value) and _address(value) is not None


def _address_order(value: Value) -> tuple[int, int, str]:
    address = _address(value)
    return (9, 0, text(value)) if address is None else (address.version, int(address), "")
