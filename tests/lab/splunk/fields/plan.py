"""The search-time rules of one kind of data, compiled from props.conf and transforms.conf as an app sees them.

Order of the stages, and of the settings inside each: Knowledge Manager Manual, "The sequence of search-time
operations"; EXTRACT-, REPORT-, FIELDALIAS- and LOOKUP- go by the ASCII order of their class, EVAL- all at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ..conf.files import ConfError, UnsupportedConf, conf_boolean, conf_integer
from ..conf.known_settings import refuse_unknown_props, refuse_unknown_transforms
from ..conf.layering import Conf, Setting
from ..index.events import StoredEvent
from ..spl.environment import Lookup
from ..spl.errors import SplError
from ..spl.eval.expression import Expression
from ..spl.values import Value
from .default_fields import READERS
from .extractors import (
    DEFAULT_MATCH_LIMIT,
    AutomaticExtraction,
    DelimiterTransform,
    Extractor,
    InlineExtraction,
    RegexTransform,
)

_ALIAS = re.compile(r'("(?:[^"\\]|\\.)*"|\S+)\s+(AS|ASNEW)\s+("(?:[^"\\]|\\.)*"|[^\s,]+)\s*,?\s*', re.IGNORECASE)
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|([^\s,]+)')
_LOOKUP_CLASS = re.compile(r"lookup[-_]?", re.IGNORECASE)
# What makes the value of a calculated field change from one search to the next.
_VOLATILE = re.compile(r"\b(now|time|random|relative_time)\s*\(")


@dataclass(frozen=True, slots=True)
class Alias:
    """new is the value of original. keep: ASNEW, an existing value stays and a missing original changes nothing."""

    original: str
    new: str
    keep: bool


@dataclass(frozen=True, slots=True)
class AutomaticLookup:
    """LOOKUP-<class>. inputs: (field of the table, field of the event); outputs: the same; keep: OUTPUTNEW."""

    lookup: Lookup
    inputs: tuple[tuple[str, str], ...]
    outputs: tuple[tuple[str, str], ...]
    keep: bool


@dataclass(slots=True)
class FieldPlan:
    """What to do with events of one kind. volatile: a value depends on the search's clock, so nothing may be kept."""

    extractors: list[Extractor] = field(default_factory=list)
    aliases: list[Alias] = field(default_factory=list)
    calculated: dict[str, Expression] = field(default_factory=dict)
    lookups: list[AutomaticLookup] = field(default_factory=list)
    volatile: bool = False
    alias_rules: dict[str, list[Alias]] = field(default_factory=dict)
    lookup_rules: dict[str, list[int]] = field(default_factory=dict)
    readers: dict[str, Callable[[StoredEvent], Value | None]] = field(default_factory=dict)
    """The default fields that no alias, calculated field or lookup replaces."""


@dataclass(frozen=True, slots=True)
class PlanSources:
    """Where a plan takes things from: transforms.conf, limits.conf values, compiled expressions, lookups."""

    transforms: Conf
    limit: Callable[[str, str], int]
    expression: Callable[[str], Expression]
    lookup: Callable[[str], Lookup]


def field_plan(settings: dict[str, Setting], sources: PlanSources) -> FieldPlan:
    """The plan for merged props settings. Raises ConfError or UnsupportedConf with the file and the setting."""
    refuse_unknown_props(settings, at_search_time=True)
    plan = FieldPlan()
    found = settings.get("MATCH_LIMIT")
    match_limit = conf_integer(found.value, f"{found.path}: MATCH_LIMIT") if found is not None else DEFAULT_MATCH_LIMIT
    for _key, setting, where in _classes(settings, "EXTRACT-"):
        plan.extractors.append(InlineExtraction(setting.value, where, match_limit))
    for _key, setting, where in _classes(settings, "REPORT-"):
        plan.extractors += [_transform(name, where, sources) for name in setting.value.replace(",", " ").split()]
    automatic = _automatic(settings, sources.limit)
    if automatic is not None:
        plan.extractors.append(automatic)
    for _key, setting, where in _classes(settings, "FIELDALIAS-"):
        plan.aliases += _aliases(setting.value, where)
    for key, setting, where in _classes(settings, "EVAL-"):
        plan.calculated[key] = _expression(setting.value, where, sources)
        plan.volatile = plan.volatile or _VOLATILE.search(setting.value) is not None
    for key in sorted(key for key in settings if _LOOKUP_CLASS.match(key) and settings[key].value.strip()):
        plan.lookups.append(_lookup(settings[key].value, f"{settings[key].path}: {key}", sources))
    for alias in plan.aliases:
        plan.alias_rules.setdefault(alias.new, []).append(alias)
    for place, lookup in enumerate(plan.lookups):
        for _table_field, event_field in lookup.outputs:
            plan.lookup_rules.setdefault(event_field, []).append(place)
    changed = plan.alias_rules.keys() | plan.calculated.keys() | plan.lookup_rules.keys()
    plan.readers = {name: reader for name, reader in READERS.items() if name not in changed}
    return plan


def _classes(settings: dict[str, Setting], prefix: str) -> list[tuple[str, Setting, str]]:
    """(class, setting, place) of the settings with a prefix, in ASCII order; empty values switch off."""
    return [
        (key[len(prefix) :], settings[key], f"{settings[key].path}: {key}")
        for key in sorted(settings)
        if key.startswith(prefix) and settings[key].value.strip()
    ]


def _transform(name: str, where: str, sources: PlanSources) -> Extractor:
    if name not in sources.transforms:
        raise ConfError(
            f"{where}: there is no [{name}] in transforms.conf that this app can see. Add the stanza, or export it "
            "in the metadata of its app."
        )
    refuse_unknown_transforms(name, {**sources.transforms.default(), **sources.transforms.own(name)})
    settings = dict(sources.transforms[name])
    place = sources.transforms.where(name)
    if settings.get("DELIMS"):
        return DelimiterTransform(settings, place)
    if settings.get("REGEX"):
        return RegexTransform(settings, place)
    raise ConfError(f"{place}: a transform for REPORT- needs REGEX or DELIMS.")


def _automatic(settings: dict[str, Setting], limit: Callable[[str, str], int]) -> Extractor | None:
    setting = settings.get("KV_MODE")
    mode = setting.value.strip().lower() if setting is not None else "auto"
    if mode == "none":
        return None
    if mode not in ("", "auto", "json"):
        path = setting.path if setting is not None else "props.conf"
        raise UnsupportedConf(
            f"{path}: KV_MODE = {mode} is not supported; use json, auto or none, or a REPORT- extraction."
        )

    def flag(key: str, default: bool) -> bool:
        found = settings.get(key)
        if found is None or not found.value:
            return default
        return conf_boolean(found.value, f"{found.path}: {key}")

    return AutomaticExtraction(
        json=mode == "json" or flag("AUTO_KV_JSON", True),
        pairs=mode != "json",
        trim=flag("KV_TRIM_SPACES", True),
        maxchars=limit("kv", "maxchars"),
        limit=limit("kv", "limit"),
        cutoff=limit("spath", "extraction_cutoff"),
    )


def _aliases(text: str, where: str) -> list[Alias]:
    aliases: list[Alias] = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = _ALIAS.match(text, at)
        if found is None:
            raise ConfError(f"{where}: {text[at:]!r} is not of the form <field> AS <alias>.")
        aliases.append(Alias(found[1].strip('"'), found[3].strip('"'), found[2].upper() == "ASNEW"))
        at = found.end()
    return aliases


def _expression(text: str, where: str, sources: PlanSources) -> Expression:
    try:
        return sources.expression(text)
    except SplError as error:
        raise ConfError(f"{where}: {error}") from error


def _lookup(text: str, where: str, sources: PlanSources) -> AutomaticLookup:
    words = [(quoted or plain, bool(quoted)) for quoted, plain in _WORD.findall(text)]
    if not words:
        raise ConfError(f"{where}: names no lookup.")
    name = words[0][0]
    try:
        lookup = sources.lookup(name)
    except LookupError as error:
        raise ConfError(f"{where}: {error.args[0] if error.args else error}") from error
    split = next(
        (place for place, (word, quoted) in enumerate(words) if not quoted and word.upper() in ("OUTPUT", "OUTPUTNEW")),
        len(words),
    )
    inputs = _renamed(words[1:split], where)
    if not inputs:
        raise ConfError(f"{where}: names no field to match.")
    outputs = _renamed(words[split + 1 :], where)
    if not outputs:
        matched = {table_field for table_field, _event_field in inputs}
        outputs = tuple((name, name) for name in lookup.fields if name not in matched)
    for table_field, _event_field in (*inputs, *outputs):
        if table_field not in lookup.fields:
            raise ConfError(
                f"{where}: the lookup {name!r} has no field {table_field!r}; it has {', '.join(lookup.fields)}."
            )
    keep = split < len(words) and words[split][0].upper() == "OUTPUTNEW"
    return AutomaticLookup(lookup, inputs, outputs, keep)


def _renamed(words: list[tuple[str, bool]], where: str) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    at = 0
    while at < len(words):
        name = words[at][0]
        if at + 1 < len(words) and words[at + 1][0].upper() == "AS" and not words[at + 1][1]:
            if at + 2 >= len(words):
                raise ConfError(f"{where}: AS is followed by no field.")
            pairs.append((name, words[at + 2][0]))
            at += 3
        else:
            pairs.append((name, name))
            at += 1
    return tuple(pairs)
