"""The search-time knowledge of one app for one user: the plan for each kind of event, event types and tags.

It holds for one generation of the configuration and is made anew after any change. Events that were looked at are kept,
so that the next search over them does not extract again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, cast

from ..conf.files import ConfError, UnsupportedConf
from ..conf.layering import ConfTree
from ..conf.props_stanzas import PropsStanzas
from ..index.events import StoredEvent
from ..spl.environment import Lookup
from ..spl.errors import SearchFailure, SplError
from ..spl.search import INDEXER
from .classification import Classification, ClassificationRules, EventType, Predicate, event_types, tag_table
from .event import SearchEvent
from .plan import FieldPlan, PlanSources, field_plan

if TYPE_CHECKING:
    from ..environment import SearchEnvironment
    from ..spl.compiler import Compiler
    from ..spl.search import Search

_KEPT_EVENTS = 50_000
"""How many looked-at events are kept for the next search."""


class Knowledge:
    """See the module. environment: a search environment of this app and user, for compiling expressions."""

    def __init__(self, conf: ConfTree, environment: SearchEnvironment, compiler: Compiler, search: Search) -> None:
        self._conf = conf
        self._environment = environment
        self._compiler = compiler
        self.search = search
        app, user = environment.app, environment.user
        self._stanzas = PropsStanzas(conf.for_app("props", app, user))
        self._sources = PlanSources(
            conf.for_app("transforms", app, user),
            environment.limit,
            compiler.expression,
            self._lookup,
        )
        self.event_types: dict[str, EventType] = event_types(conf.for_app("eventtypes", app, user))
        self._tags = tag_table(conf.for_app("tags", app, user))
        self._rules: ClassificationRules | None = None
        self._lookups: dict[str, Lookup] = {}
        self._plans: dict[tuple[str, ...], FieldPlan] = {}
        self._events: dict[int, SearchEvent] = {}
        for stanza in (fields := conf.for_app("fields", app, user)):
            if fields[stanza].get("TOKENIZER"):
                raise UnsupportedConf(f"{fields.where(stanza, 'TOKENIZER')}: TOKENIZER is not supported.")

    def event(self, stored: StoredEvent) -> SearchEvent:
        """A stored event with this knowledge. Raises ConfError for rules that cannot be used."""
        event = self._events.get(stored.number)
        if event is None:
            plan = self.plan(stored)
            event = SearchEvent(stored, plan, self)
            if not plan.volatile:
                if len(self._events) >= _KEPT_EVENTS:
                    self._events.clear()
                self._events[stored.number] = event
        return event

    def events(self, stored: Iterable[StoredEvent]) -> Iterator[SearchEvent]:
        """As event, for many. Raises SearchFailure for rules that cannot be used."""
        self._follow_lookups()
        for one in stored:
            try:
                event = self.event(one)
            except ConfError as error:
                raise SearchFailure(str(error)) from error
            yield event

    def _lookup(self, name: str) -> Lookup:
        table = self._lookups[name] = self._environment.lookup(name, INDEXER)
        return table

    def _follow_lookups(self) -> None:
        """Forget plans and events when the content of an automatic lookup has changed."""
        if any(not self._current(name, table) for name, table in self._lookups.items()):
            self._lookups.clear()
            self._plans.clear()
            self._events.clear()

    def _current(self, name: str, table: Lookup) -> bool:
        try:
            return self._environment.lookup(name, INDEXER) is table
        except LookupError:
            return False

    def plan(self, stored: StoredEvent) -> FieldPlan:
        names = self._stanzas.names(stored.sourcetype, stored.source, stored.host)
        plan = self._plans.get(names)
        if plan is None:
            plan = self._plans[names] = field_plan(self._stanzas.settings(names), self._sources)
        return plan

    def classification(self, event: SearchEvent) -> Classification:
        """The event types and tags of an event. Raises SearchFailure for an event type whose search cannot be used."""
        if self._rules is None:
            predicates: dict[str, Predicate] = {
                name: self._predicate(found) for name, found in self.event_types.items()
            }
            self._rules = ClassificationRules(predicates, self._tags)
        return Classification(self._rules, event.before_classification)

    def _predicate(self, event_type: EventType) -> Predicate:
        try:
            expression = self._compiler.search_expression(event_type.search)
        except SplError as error:
            raise SearchFailure(f"eventtypes.conf [{event_type.name}] search: {error}") from error
        return cast(Predicate, expression.resolve(self.search))
