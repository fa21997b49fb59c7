"""An event as a search sees it: fields made when they are asked for, each stage once."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from ..index.events import StoredEvent
from ..spl.values import Row, Value, as_list, from_list
from .default_fields import ALWAYS, READERS
from .extractors import Found

if TYPE_CHECKING:
    from .classification import Classification
    from .knowledge import Knowledge
    from .plan import FieldPlan

_CLASSIFIED = ("eventtype", "tag")


class SearchEvent:
    """One stored event with the knowledge of one app. Implements the engine's Event protocol."""

    __slots__ = ("_classes", "_found", "_knowledge", "_looked_up", "_memo", "_plan", "kept", "stored")

    def __init__(self, stored: StoredEvent, plan: FieldPlan, knowledge: Knowledge) -> None:
        self.stored = stored
        self._plan = plan
        self._knowledge = knowledge
        self._found: list[Found | None] = [None] * len(plan.extractors)
        self._looked_up: dict[int, dict[str, Value] | None] = {}
        self._memo: dict[str, Value | None] = {}
        self._classes: Classification | None = None
        self.kept: dict[Any, Row | None] = {}
        """What the beginnings of searches made of it: spl.kept_rows."""

    @property
    def time(self) -> float:
        return self.stored.time

    @property
    def indextime(self) -> float:
        return self.stored.indextime

    @property
    def raw(self) -> str:
        return self.stored.raw

    @property
    def index(self) -> str:
        return self.stored.index

    @property
    def host(self) -> str:
        return self.stored.host

    @property
    def source(self) -> str:
        return self.stored.source

    @property
    def sourcetype(self) -> str:
        return self.stored.sourcetype

    def get(self, field: str) -> Value | None:
        """The final value of a field; None when the event does not have it. A list must not be changed."""
        reader = self._plan.readers.get(field)
        if reader is not None:
            return reader(self.stored)
        memo = self._memo
        if field in memo:
            return memo[field]
        if field in _CLASSIFIED or field.startswith("tag::"):
            return self.classes().get(field)
        value = memo[field] = self.before_classification(field)
        return value

    def row(self, needed: frozenset[str] | None) -> Row:
        """A new row: the default fields first, then the needed ones (None: all that the event has)."""
        stored = self.stored
        row: Row = {name: read(stored) for name, read in ALWAYS.items() if name in self._plan.readers}
        asked = self.names() if needed is None else _in_order(needed)
        for name in (*(name for name in ALWAYS if name not in row), *asked):
            if name not in row:
                value = self.get(name)
                if value is not None:
                    row[name] = list(value) if isinstance(value, list) else value
        return row

    def names(self) -> list[str]:
        """The names of all fields the event may have."""
        names: dict[str, None] = {}
        for place in range(len(self._plan.extractors)):
            names.update(dict.fromkeys(self._extraction(place)))
        names.update(dict.fromkeys(self._plan.alias_rules))
        names.update(dict.fromkeys(self._plan.calculated))
        names.update(dict.fromkeys(self._plan.lookup_rules))
        names.update(dict.fromkeys(READERS))
        names.update(dict.fromkeys(self.classes().names()))
        return list(names)

    def classes(self) -> Classification:
        """Event types and tags."""
        if self._classes is None:
            self._classes = self._knowledge.classification(self)
        return self._classes

    # the stages, each seeing what the ones before it made

    def before_classification(self, field: str) -> Value | None:
        """The value after automatic lookups."""
        places = self._plan.lookup_rules.get(field)
        return self._after_lookups(field, len(self._plan.lookups)) if places else self._calculated(field)

    def _after_lookups(self, field: str, count: int) -> Value | None:
        """The value after the first `count` automatic lookups."""
        for place in reversed(self._plan.lookup_rules.get(field, ())):
            if place >= count:
                continue
            lookup = self._plan.lookups[place]
            if lookup.keep:
                before = self._after_lookups(field, place)
                if before is not None:
                    return before
            result = self._lookup(place)
            if result is not None:
                return result.get(field)
        return self._calculated(field)

    def _lookup(self, place: int) -> dict[str, Value] | None:
        """What one automatic lookup writes: a missing field is cleared. None: an input is missing."""
        if place in self._looked_up:
            return self._looked_up[place]
        lookup = self._plan.lookups[place]
        inputs: dict[str, Value] = {}
        for table_field, event_field in lookup.inputs:
            value = self._after_lookups(event_field, place)
            if value is None:
                self._looked_up[place] = None
                return None
            inputs[table_field] = value
        rows = lookup.lookup.match(inputs)
        result: dict[str, Value] = {}
        for table_field, event_field in lookup.outputs:
            value = from_list([item for row in rows for item in as_list(row.get(table_field))])
            if value is not None:
                result[event_field] = value
        self._looked_up[place] = result
        return result

    def _calculated(self, field: str) -> Value | None:
        expression = self._plan.calculated.get(field)
        if expression is None:
            return self._aliased(field)
        return expression(cast(Row, _AliasedView(self)), self._knowledge.search)

    def _aliased(self, field: str) -> Value | None:
        rules = self._plan.alias_rules.get(field)
        if rules is None:
            return self._extracted(field)
        value = self._extracted(field)
        for rule in rules:
            if not rule.keep:
                value = self._extracted(rule.original)
            elif value is None:
                value = self._extracted(rule.original)
        return value

    def _extracted(self, field: str) -> Value | None:
        reader = READERS.get(field)
        if reader is not None:
            return reader(self.stored)
        return self._from_extractions(field, len(self._found))

    def _from_extractions(self, field: str, count: int) -> Value | None:
        """The value that the first `count` extractions give a field: the first found stays, MV_ADD appends."""
        values: list[Any] = []
        for place, extractor in enumerate(self._plan.extractors[:count]):
            if values and not extractor.mv_add:
                continue
            if self._found[place] is None and not extractor.may_find(field, self.stored.raw):
                continue
            values += self._extraction(place).get(field, ())
        return from_list(values)

    def _extraction(self, place: int) -> Found:
        found = self._found[place]
        if found is None:

            def before(field: str) -> Value | None:
                reader = READERS.get(field)
                return reader(self.stored) if reader is not None else self._from_extractions(field, place)

            found = self._found[place] = self._plan.extractors[place].found(self.stored.raw, before)
        return found


class _AliasedView:
    """The event as calculated fields see it: aliases are there, other calculated fields are not."""

    __slots__ = ("_event",)

    def __init__(self, event: SearchEvent) -> None:
        self._event = event

    def get(self, field: str, default: Value | None = None) -> Value | None:
        value = self._event._aliased(field)
        return default if value is None else value

    def __contains__(self, field: object) -> bool:
        return isinstance(field, str) and self._event._aliased(field) is not None

    def __getitem__(self, field: str) -> Value:
        value = self._event._aliased(field)
        if value is None:
            raise KeyError(field)
        return value


@lru_cache(maxsize=256)
def _in_order(fields: frozenset[str]) -> tuple[str, ...]:
    """The same order in every run, whatever the hash seed."""
    return tuple(sorted(fields))
