"""Finds the few entries that may have something to say about a row, so that ten thousand cost little more than ten.

Every condition of an entry is filed: addresses by prefix, whole texts by themselves, texts with `*` by what stands
before the first and behind the last of them. A row is looked up by one value of each column, which is enough: a
condition holds only when all values match. An entry of several conditions is filed under each of them, since all but
one of them are enough for a reason.
"""

from __future__ import annotations

import ipaddress
from collections import defaultdict
from collections.abc import Iterable

from .conditions import Pattern, Span, read_address
from .entry import CONDITIONS, Entry
from .letters import fold
from .matching import Subject

_NOTHING: tuple[int, ...] = ()


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

    def candidates(self, subject: Subject) -> list[Entry]:
        """The entries of which at least one condition matches the row's first value of its column, and perhaps more."""
        places: set[int] = set()
        for column, filed in self._used.items():
            values = subject.values.get(column)
            if values:
                places.update(filed.find(values[0]))
        return [self._entries[place] for place in sorted(places)]


class _Column:
    """The conditions of one column, each with the place of its entry."""

    def __init__(self) -> None:
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._short: dict[str, list[int]] = defaultdict(list)
        # suffix length -> suffix -> prefix length -> prefix -> places; few lengths occur, so that each is tried.
        self._patterns: dict[bool, dict[int, dict[str, dict[int, dict[str, list[int]]]]]] = {False: {}, True: {}}
        # IP version -> prefix length -> network number -> places
        self._blocks: dict[int, dict[int, dict[int, list[int]]]] = {4: {}, 6: {}}
        self.is_used = False

    def file(self, condition: Pattern | Span, place: int) -> None:
        self.is_used = True
        if isinstance(condition, Span):
            self._file_span(condition, place)
        elif condition.exact is not None:
            (self._short if condition.short else self._exact)[condition.exact].append(place)
        else:
            lengths = self._patterns[condition.short].setdefault(len(condition.suffix), {})
            prefixes = lengths.setdefault(condition.suffix, {}).setdefault(len(condition.prefix), {})
            prefixes.setdefault(condition.prefix, []).append(place)

    def find(self, value: str) -> Iterable[int]:
        text = fold(value)
        places: list[int] = list(self._exact.get(text, _NOTHING))
        if self._short or self._patterns[True]:
            short = text.partition(".")[0]
            places += self._short.get(short, _NOTHING)
            places += self._matching(short, self._patterns[True])
        if self._patterns[False]:
            places += self._matching(text, self._patterns[False])
        if self._blocks[4] or self._blocks[6]:
            places += self._containing(value)
        return places

    def _matching(self, text: str, by_suffix: dict[int, dict[str, dict[int, dict[str, list[int]]]]]) -> Iterable[int]:
        for length, suffixes in by_suffix.items():
            by_prefix = suffixes.get(text[len(text) - length :] if length else "")
            if by_prefix and length <= len(text):
                for start, prefixes in by_prefix.items():
                    yield from prefixes.get(text[:start], _NOTHING)

    def _file_span(self, span: Span, place: int) -> None:
        kind = ipaddress.IPv4Address if span.version == 4 else ipaddress.IPv6Address
        for network in ipaddress.summarize_address_range(kind(span.first), kind(span.last)):
            shift = network.max_prefixlen - network.prefixlen
            blocks = self._blocks[span.version].setdefault(shift, {})
            blocks.setdefault(int(network.network_address) >> shift, []).append(place)

    def _containing(self, value: str) -> Iterable[int]:
        address = read_address(value)
        if address is not None:
            number = int(address)
            for shift, blocks in self._blocks[address.version].items():
                yield from blocks.get(number >> shift, _NOTHING)
