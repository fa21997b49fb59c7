"""Matching rows of a lookup table: exact fields through an index, WILDCARD and CIDR fields on what is left.

Rules: transforms.conf.spec, "Lookup tables": match_type, case_sensitive_match, max_matches, min_matches, default_match.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from ..spl.values import Value, text
from ..spl.wildcards import pattern

Test = Callable[[str], bool]

_CACHED_INPUTS = 10_000
"""Answers kept in memory for one table, as cache_size in transforms.conf."""


@dataclass(frozen=True, slots=True)
class MatchRules:
    """How rows are matched. types: field -> "WILDCARD" or "CIDR", others are exact.

    case_sensitive False compares in lower case; fold_table False leaves the table as it is then (KV store lookups,
    where it works only when the stored data is in lower case).
    """

    types: Mapping[str, str] = field(default_factory=dict)
    case_sensitive: bool = True
    fold_table: bool = True
    max_matches: int = 100
    min_matches: int = 0
    default_match: str = ""


class LookupTable:
    """Rows that can be matched. fields: the columns; a row leaves out what is empty."""

    def __init__(self, fields: Sequence[str], rows: Sequence[Mapping[str, Any]], rules: MatchRules) -> None:
        self.fields = list(fields)
        self._rows = rows
        self._rules = rules
        self._indexes: dict[tuple[str, ...], dict[tuple[str, ...], list[int]]] = {}
        self._tests: dict[tuple[str, int], Test] = {}
        self._answers: dict[tuple[tuple[str, str], ...], list[int]] = {}

    def match(self, inputs: Mapping[str, Value]) -> list[dict[str, Any]]:
        """The rows whose fields match the inputs {field of the table: value}, in table order, at most max_matches.

        A multivalue input matches with any of its values. Raises LookupError for a field that the table does not have.
        """
        for name in inputs:
            if name not in self.fields:
                raise LookupError(f"The lookup table has no field {name!r}; it has {', '.join(self.fields)}.")
        options = [
            [(name, text(item)) for item in (value if isinstance(value, list) else [value])]
            for name, value in inputs.items()
        ]
        places: dict[int, None] = {}
        for combination in product(*options):
            places.update(dict.fromkeys(self._places(combination)))
        found = [dict(self._rows[place]) for place in list(places)[: self._rules.max_matches]]
        missing = self._rules.min_matches - len(found)
        if missing > 0:
            default = {name: self._rules.default_match for name in self.fields if name not in inputs}
            found += [dict(default) for _ in range(missing)]
        return found

    def _places(self, inputs: tuple[tuple[str, str], ...]) -> list[int]:
        answer = self._answers.get(inputs)
        if answer is None:
            answer = self._find(inputs)
            if len(self._answers) >= _CACHED_INPUTS:
                self._answers.clear()
            self._answers[inputs] = answer
        return answer

    def _find(self, inputs: tuple[tuple[str, str], ...]) -> list[int]:
        exact = tuple(name for name, _value in inputs if name not in self._rules.types)
        wanted = tuple(self._fold(value) for name, value in inputs if name not in self._rules.types)
        candidates: Sequence[int] = self._index(exact).get(wanted, []) if exact else range(len(self._rows))
        others = [(name, value) for name, value in inputs if name in self._rules.types]
        found: list[int] = []
        for place in candidates:
            if all(self._test(name, place)(value) for name, value in others):
                found.append(place)
                if len(found) >= self._rules.max_matches:
                    break
        return found

    def _fold(self, value: str) -> str:
        return value if self._rules.case_sensitive else value.lower()

    def _index(self, names: tuple[str, ...]) -> dict[tuple[str, ...], list[int]]:
        index = self._indexes.get(names)
        if index is None:
            index = self._indexes[names] = {}
            fold = not self._rules.case_sensitive and self._rules.fold_table
            for place, row in enumerate(self._rows):
                values = [[_plain(item) for item in _items(row.get(name))] for name in names]
                for key in product(*values):
                    index.setdefault(tuple(item.lower() for item in key) if fold else key, []).append(place)
        return index

    def _test(self, name: str, place: int) -> Test:
        key = (name, place)
        test = self._tests.get(key)
        if test is None:
            tests = [self._value_test(name, _plain(item)) for item in _items(self._rows[place].get(name))]
            test = self._tests[key] = tests[0] if len(tests) == 1 else lambda value: any(one(value) for one in tests)
        return test

    def _value_test(self, name: str, stored: str) -> Test:
        if self._rules.types[name] == "CIDR":
            return _network_test(stored)
        ignore_case = not self._rules.case_sensitive and self._rules.fold_table
        expression = pattern(stored, ignore_case=ignore_case)
        if not self._rules.case_sensitive and not self._rules.fold_table:
            return lambda value: expression.fullmatch(value.lower()) is not None
        return lambda value: expression.fullmatch(value) is not None


def _items(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else text(value)


def _network_test(stored: str) -> Test:
    """A test of addresses against one network; a stored text that is no network matches nothing."""
    try:
        network = ipaddress.ip_network(stored.strip(), strict=False)
    except ValueError:
        return lambda value: False

    def test(value: str) -> bool:
        try:
            address = ipaddress.ip_address(value.strip())
        except ValueError:
            return False
        return address.version == network.version and address in network

    return test
