"""Event types and tags, the last two stages of search-time knowledge.

Rules: eventtypes.conf.spec (priority 1 is shown first), tags.conf.spec ([field=value], URL-encoded values). An event
type may refer to other event types and to tags; one that refers to itself does not match through itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from ..conf.files import ConfError, UnsupportedConf, conf_boolean, conf_integer
from ..conf.layering import Conf
from ..spl.values import Value, as_list, from_list

Predicate = Callable[["EventView"], bool]


@dataclass(frozen=True, slots=True)
class EventType:
    name: str
    search: str
    priority: int


def event_types(conf: Conf) -> dict[str, EventType]:
    """The enabled event types of a merged eventtypes.conf, in the order in which they are shown."""
    found: list[EventType] = []
    for name in conf:
        settings = conf[name]
        if conf_boolean(settings.get("disabled", "0") or "0", conf.where(name, "disabled")) or not settings.get(
            "search"
        ):
            continue
        if "%" in name:
            raise UnsupportedConf(f"{conf.where(name)}: field values in the name of an event type are not supported.")
        found.append(
            EventType(
                name, settings["search"], conf_integer(settings.get("priority") or "10", conf.where(name, "priority"))
            )
        )
    found.sort(key=lambda event_type: (event_type.priority, event_type.name))
    return {event_type.name: event_type for event_type in found}


def tag_table(conf: Conf) -> dict[str, dict[str, list[str]]]:
    """field -> value -> enabled tags, from a merged tags.conf."""
    table: dict[str, dict[str, list[str]]] = {}
    for stanza in conf:
        name, equals, value = stanza.partition("=")
        if not equals:
            raise ConfError(f"{conf.where(stanza)}: expected [<field>=<value>].")
        tags = [
            tag for tag, state in conf[stanza].items() if conf_boolean(state or "disabled", conf.where(stanza, tag))
        ]
        if tags:
            table.setdefault(unquote(name), {}).setdefault(unquote(value), []).extend(tags)
    return table


class EventView:
    """An event as the search of an event type sees it."""

    __slots__ = ("_classification",)

    def __init__(self, classification: Classification) -> None:
        self._classification = classification

    def get(self, field: str, default: Value | None = None) -> Value | None:
        value = self._classification.field(field)
        return default if value is None else value


@dataclass(slots=True)
class ClassificationRules:
    """predicates: by event type, in the order in which they are shown; tags: see tag_table."""

    predicates: dict[str, Predicate] = field(default_factory=dict)
    tags: dict[str, dict[str, list[str]]] = field(default_factory=dict)


class Classification:
    """The event types and tags of one event. before: the value of any other field."""

    __slots__ = ("_before", "_circles", "_matches", "_rules")

    def __init__(self, rules: ClassificationRules, before: Callable[[str], Value | None]) -> None:
        self._rules = rules
        self._before = before
        self._matches: dict[str, bool | None] = {}
        self._circles = 0

    def get(self, name: str) -> Value | None:
        """eventtype, tag or tag::<field>."""
        if name == "eventtype":
            return from_list([event_type for event_type in self._rules.predicates if self._match(event_type)])
        if name == "tag":
            return from_list(sorted({tag for field in self._rules.tags for tag in self._tags(field)}))
        return from_list(sorted(set(self._tags(name.removeprefix("tag::")))))

    def names(self) -> list[str]:
        return ["eventtype", "tag", *(f"tag::{field}" for field in self._rules.tags)]

    def field(self, name: str) -> Value | None:
        if name in ("eventtype", "tag") or name.startswith("tag::"):
            return self.get(name)
        return self._before(name)

    def _tags(self, field: str) -> list[str]:
        by_value = self._rules.tags.get(field)
        if not by_value:
            return []
        return [tag for value in as_list(self.field(field)) for tag in by_value.get(str(value), ())]

    def _match(self, name: str) -> bool:
        if name in self._matches:
            known = self._matches[name]
            self._circles += known is None
            return known is True
        # None while the answer is being worked out; what was worked out through such a circle is not kept.
        self._matches[name] = None
        circles = self._circles
        matched = self._rules.predicates[name](EventView(self))
        if self._circles == circles or all(state is not None or key == name for key, state in self._matches.items()):
            self._matches[name] = matched
        else:
            del self._matches[name]
        return matched
