"""The conditions of a search expression: what each is of a row, and where it lets an index read look."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeAlias

from .networks import contains, network
from .segmentation import term_pattern
from .times import time_of
from .values import number, text
from .wildcards import pattern

if TYPE_CHECKING:
    from .search import Search

Predicate: TypeAlias = Callable[[Any], bool]
"""Takes anything with `.get(field)`: a row or an event."""


class Condition:
    """A node of a search expression. fields: what it reads (None: any)."""

    fields: frozenset[str] | None = frozenset()

    def predicate(self, search: Search) -> Predicate:
        raise NotImplementedError

    def resolved(self, search: Search) -> Condition:
        """The condition with its subsearches run and put in."""
        return self

    def patterns(self, field: str) -> frozenset[str] | None:
        """The values one of which the field must have; None when any will do."""
        return None

    def bound(self, modifier: str, search: Search) -> float | None:
        """The epoch that a time modifier in this condition gives."""
        return None


@dataclass(slots=True)
class All(Condition):
    """Every condition holds; without any, always."""

    parts: list[Condition]

    @property
    def fields(self) -> frozenset[str] | None:  # type: ignore[override]
        return _union(self.parts)

    def predicate(self, search: Search) -> Predicate:
        tests = [part.predicate(search) for part in self.parts]
        if len(tests) == 1:
            return tests[0]
        if len(tests) == 2:
            first, second = tests
            return lambda row: first(row) and second(row)

        def holds(row: Any) -> bool:
            for test in tests:
                if not test(row):
                    return False
            return True

        return holds

    def resolved(self, search: Search) -> Condition:
        return All([part.resolved(search) for part in self.parts])

    def patterns(self, field: str) -> frozenset[str] | None:
        found = [values for part in self.parts if (values := part.patterns(field)) is not None]
        return min(found, key=len) if found else None

    def bound(self, modifier: str, search: Search) -> float | None:
        found = [value for part in self.parts if (value := part.bound(modifier, search)) is not None]
        if not found:
            return None
        return max(found) if modifier.endswith("earliest") else min(found)


@dataclass(slots=True)
class AnyOf(Condition):
    """One of the conditions holds."""

    parts: list[Condition]

    @property
    def fields(self) -> frozenset[str] | None:  # type: ignore[override]
        return _union(self.parts)

    def predicate(self, search: Search) -> Predicate:
        tests = [part.predicate(search) for part in self.parts]
        if len(tests) == 2:
            first, second = tests
            return lambda row: first(row) or second(row)

        def holds(row: Any) -> bool:
            for test in tests:
                if test(row):
                    return True
            return False

        return holds

    def resolved(self, search: Search) -> Condition:
        return AnyOf([part.resolved(search) for part in self.parts])

    def patterns(self, field: str) -> frozenset[str] | None:
        found = [part.patterns(field) for part in self.parts]
        if any(values is None for values in found):
            return None
        return frozenset().union(*(values for values in found if values is not None))

    def bound(self, modifier: str, search: Search) -> float | None:
        found = [part.bound(modifier, search) for part in self.parts]
        known = [value for value in found if value is not None]
        if len(known) < len(found):
            return None
        return min(known) if modifier.endswith("earliest") else max(known)


@dataclass(slots=True)
class Not(Condition):
    part: Condition

    @property
    def fields(self) -> frozenset[str] | None:  # type: ignore[override]
        return self.part.fields

    def predicate(self, search: Search) -> Predicate:
        test = self.part.predicate(search)
        return lambda row: not test(row)

    def resolved(self, search: Search) -> Condition:
        return Not(self.part.resolved(search))


@dataclass(slots=True)
class Compare(Condition):
    """`field <operator> value`; operator is one of = != < <= > >=."""

    field: str
    operator: str
    value: str

    @property
    def fields(self) -> frozenset[str] | None:  # type: ignore[override]
        return frozenset((self.field,))

    def predicate(self, search: Search) -> Predicate:
        field = self.field
        test = value_test(self.field, self.operator, self.value)

        def holds(row: Any) -> bool:
            value = row.get(field)
            if value is None:
                return False
            if type(value) is str:
                return test(value)
            if isinstance(value, list):
                return any(test(text(item)) for item in value)
            return test(text(value))

        return holds

    def patterns(self, field: str) -> frozenset[str] | None:
        return frozenset((self.value,)) if self.field == field and self.operator == "=" else None


@dataclass(slots=True)
class Term(Condition):
    """A word or phrase in the raw text. case: CASE(...); whole: TERM(...)."""

    term: str
    case: bool = False
    whole: bool = False

    @property
    def fields(self) -> frozenset[str] | None:  # type: ignore[override]
        return frozenset(("_raw",))

    def predicate(self, search: Search) -> Predicate:
        if self.term.strip("*") == "":
            return lambda row: True
        pattern = term_pattern(self.term, case=self.case, whole=self.whole)
        find, begins = pattern.search, pattern.match
        # Most raw texts do not have the letters of the term at all, which is much cheaper to find out.
        letters = max(self.term.split("*"), key=len).lower()
        quick = letters.isascii()
        plain = quick and "*" not in self.term

        def holds(row: Any) -> bool:
            raw = row.get("_raw")
            if raw is None:
                return False
            words = text(raw)
            folded = _folded(words) if quick else ""
            place = folded.find(letters)
            if quick and place < 0:
                return False
            if not plain or len(folded) != len(words):
                return find(words) is not None
            # The pattern is tried where the letters are, not at every place of the text.
            while place >= 0 and begins(words, place) is None:
                place = folded.find(letters, place + 1)
            return place >= 0

        return holds


@lru_cache(maxsize=4)
def _folded(words: str) -> str:
    """A raw text in lower case, kept for the other terms that look at it."""
    return words.lower()


@dataclass(slots=True)
class TimeModifier(Condition):
    """`earliest=-1h` and its kin, inside an index read."""

    name: str
    value: str

    @property
    def fields(self) -> frozenset[str] | None:  # type: ignore[override]
        return frozenset((self._time_field,))

    @property
    def _time_field(self) -> str:
        return "_indextime" if self.name.startswith("_index") else "_time"

    def epoch(self, search: Search) -> float:
        found = time_of(self.value, search.now, search.tz)
        if found is None:
            raise search.fail(f"Invalid value '{self.value}' for time term '{self.name}'.")
        return found

    def predicate(self, search: Search) -> Predicate:
        field, epoch = self._time_field, self.epoch(search)
        earliest = self.name.endswith("earliest")

        def holds(row: Any) -> bool:
            moment = number(row.get(field))
            if moment is None:
                return False
            return moment >= epoch if earliest else moment < epoch

        return holds

    def bound(self, modifier: str, search: Search) -> float | None:
        return self.epoch(search) if modifier == self.name else None


# -- values


def value_test(field: str, operator: str, wanted: str) -> Callable[[str], bool]:
    """The test of one value of a field."""
    if operator == "=":
        return _equality(field, wanted)
    if operator == "!=":
        same = _equality(field, wanted)
        return lambda value: not same(value)
    return _ordering(operator, wanted)


def _equality(field: str, wanted: str) -> Callable[[str], bool]:
    if "*" in wanted:
        if field == "index" and wanted[0] == "*":
            # `index=*` leaves the internal indexes out.
            match = pattern(wanted, ignore_case=True).fullmatch
            return lambda value: value[:1] != "_" and match(value) is not None
        if wanted.strip("*") == "":
            return lambda value: True
        match = pattern(wanted, ignore_case=True).fullmatch
        return lambda value: match(value) is not None
    folded = wanted.lower()
    if network(wanted) is not None:
        return lambda value: value.lower() == folded or contains(wanted, value) is True
    return lambda value: value == wanted or value.lower() == folded


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
}


def _ordering(operator: str, wanted: str) -> Callable[[str], bool]:
    """Numbers as numbers; a value that is no number is never in order with one that is; other texts
    lexicographically."""
    compare = _ORDER[operator]
    limit = number(wanted)
    if limit is None:
        return lambda value: compare(value, wanted)

    def holds(value: str) -> bool:
        amount = number(value)
        return amount is not None and compare(amount, limit)

    return holds


def _union(parts: Iterable[Condition]) -> frozenset[str] | None:
    fields: set[str] = set()
    for part in parts:
        if part.fields is None:
            return None
        fields |= part.fields
    return frozenset(fields)
