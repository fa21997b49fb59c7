"""Finds the few entries that may have something to say about a row, so that ten thousand cost little more than ten.

Every condition of an entry is filed: addresses by prefix, whole texts by themselves, texts with `*` by what stands
before the first and behind the last of them. A row is looked up by one value of each column, which is enough: a
condition holds only when all values match. An entry of several conditions is filed under each of them, since all but
one of them are enough for a reason.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence

from .conditions import Condition, Span, read_addresses
from .entry import CONDITIONS, Entry
from .letters import fold

# Suffix length -> suffix -> prefix length -> prefix -> places of entries. Few lengths occur, so that each is tried.
_Patterns = dict[int, dict[str, dict[int, dict[str, list[int]]]]]
_NOTHING: list[int] = []
_NO_BLOCKS: dict[int, dict[int, list[int]]] = {}


class EntryIndex:
    """Entries by what they match. `candidates` keeps the order in which they were given."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._entries = list(entries)
        self._columns = {column: _Column() for column in CONDITIONS}
        for place, entry in enumerate(self._entries):
            for column, condition in entry.conditions.items():
                self._columns[column].file(condition, place)
        self._used = {column: found for column, found in self._columns.items() if found.is_used}

    @property
    def columns(self) -> Iterable[str]:
        """The condition columns that some entry uses."""
        return self._used.keys()

    def candidates(self, values: Mapping[str, Sequence[str]]) -> list[Entry]:
        """The entries of which at least one condition matches a row's first value of its column, and perhaps more.

        values: as in `Subject`, for at least the `columns`.
        """
        places: list[int] = []
        for column, filed in self._used.items():
            given = values[column]
            if given:
                filed.find(given[0], places)
        if not places:
            return []
        return [self._entries[place] for place in sorted(set(places))]


class _Column:
    """The conditions of one column, each with the place of its entry."""

    def __init__(self) -> None:
        self._exact: dict[str, list[int]] = {}
        self._short: dict[str, list[int]] = {}
        self._patterns: _Patterns = {}
        self._short_patterns: _Patterns = {}
        # IP version -> bits behind the prefix -> number of the network -> places
        self._blocks: dict[int, dict[int, dict[int, list[int]]]] = {}
        self._has_texts = False

    @property
    def is_used(self) -> bool:
        return self._has_texts or bool(self._blocks)

    def file(self, condition: Condition, place: int) -> None:
        if isinstance(condition, Span):
            self._file_span(condition, place)
            return
        self._has_texts = True
        if condition.exact is not None:
            (self._short if condition.short else self._exact).setdefault(condition.exact, []).append(place)
            return
        patterns = self._short_patterns if condition.short else self._patterns
        suffixes = patterns.setdefault(len(condition.suffix), {})
        prefixes = suffixes.setdefault(condition.suffix, {}).setdefault(len(condition.prefix), {})
        prefixes.setdefault(condition.prefix, []).append(place)

    def find(self, value: str, places: list[int]) -> None:
        """Adds the places of the conditions that may hold for a value."""
        if self._has_texts:
            text = fold(value)
            found = self._exact.get(text)
            if found:
                places += found
            if self._patterns:
                _matching(text, self._patterns, places)
            if self._short or self._short_patterns:
                short = text.partition(".")[0]
                places += self._short.get(short, _NOTHING)
                _matching(short, self._short_patterns, places)
        if self._blocks:
            # What covers a whole network covers its first address.
            version, number, _ = read_addresses(value)
            for shift, blocks in self._blocks.get(version, _NO_BLOCKS).items():
                found = blocks.get(number >> shift)
                if found:
                    places += found

    def _file_span(self, span: Span, place: int) -> None:
        for shift, number in _blocks(span):
            blocks = self._blocks.setdefault(span.version, {}).setdefault(shift, {})
            blocks.setdefault(number, []).append(place)


def _blocks(span: Span) -> Iterable[tuple[int, int]]:
    """The span as the fewest whole blocks: bits behind the prefix, and number of the network."""
    if span.first == span.last:
        return [(0, span.first)]
    kind = ipaddress.IPv4Address if span.version == 4 else ipaddress.IPv6Address
    networks = ipaddress.summarize_address_range(kind(span.first), kind(span.last))
    sizes = ((network.max_prefixlen - network.prefixlen, int(network.network_address)) for network in networks)
    return [(shift, first >> shift) for shift, first in sizes]


def _matching(text: str, patterns: _Patterns, places: list[int]) -> None:
    for length, suffixes in patterns.items():
        by_prefix = suffixes.get(text[-length:] if length else "")
        if by_prefix:
            for start, prefixes in by_prefix.items():
                found = prefixes.get(text[:start])
                if found:
                    places += found
