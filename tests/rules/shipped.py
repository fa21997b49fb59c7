"""The app's sources as the rules read them: conf files, the SPL in them, and where each piece stands."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from lab.splunk.conf.files import Stanzas, read_conf
from lab.splunk.spl.macros import split_arguments
from lab.splunk.spl.tokens import split_pipeline, string_end

REPOSITORY = Path(__file__).resolve().parents[2]
DEFAULT = REPOSITORY / "default"
LOOKUPS = REPOSITORY / "lookups"
DETECTIONS = REPOSITORY / "tests" / "detections"
DETECTION_PAGES = REPOSITORY / "docs" / "detections"
FACTS = Path(__file__).parent / "facts"

Settings = dict[str, str]


@dataclass(frozen=True)
class Spl:
    """A search, or the end of one, and where it stands. `fragment` is True when rows go into its first command."""

    where: str
    text: str
    fragment: bool = False


@dataclass(frozen=True)
class MacroCall:
    name: str
    arguments: tuple[str, ...]

    @property
    def stanza(self) -> str:
        """How macros.conf names what is called."""
        return f"{self.name}({len(self.arguments)})" if self.arguments else self.name


@cache
def conf(name: str) -> Stanzas:
    """A conf of default/, {stanza: {setting: value}}; empty when the app has none of that name."""
    path = DEFAULT / f"{name}.conf"
    return read_conf(path) if path.is_file() else {}


def conf_names() -> list[str]:
    names = sorted(path.stem for path in DEFAULT.glob("*.conf"))
    assert names, f"no conf file in {DEFAULT}: these rules guard nothing"
    return names


def rules() -> dict[str, Settings]:
    """The correlation searches by stanza name."""
    return {name: settings for name, settings in conf("savedsearches").items() if name.endswith(" - Rule")}


def scheduled() -> dict[str, Settings]:
    return {name: settings for name, settings in conf("savedsearches").items() if settings.get("enableSched") == "1"}


def technique_of(rule: str) -> str:
    """The technique that a rule's search hands to its allowlist step."""
    (call,) = [call for call in macro_calls(rules()[rule]["search"]) if call.name == "mail_threats_allowlist"]
    return call.arguments[1]


def segments(search: str) -> list[str]:
    """The commands of a search as written, macros not expanded; a leading pipe gives no empty first one."""
    texts = [search[start:end].strip() for start, end in split_pipeline(search, 0, len(search))]
    return texts if texts[0] else texts[1:]


def macro_calls(text: str) -> list[MacroCall]:
    """The macros that a text calls, in its order; what stands in double quotes is no call."""
    calls = []
    for found in re.finditer(r"`([^`]*)`", without_strings(text)):
        name, bracket, rest = text[found.start(1) : found.end(1)].partition("(")
        given = split_arguments(rest.rstrip().removesuffix(")")) if bracket else []
        calls.append(MacroCall(name.strip(), tuple(given)))
    return calls


def without_strings(text: str) -> str:
    """The text, as long as before, with underscores for all that stands between double quotes."""
    kept: list[str] = []
    place = 0
    while place < len(text):
        if text[place] == '"':
            stop = string_end(text, place, len(text))
            kept.append('"' + "_" * (stop - place - 2) + '"')
        else:
            stop = place + (2 if text[place] == "\\" else 1)
            kept.append(text[place:stop])
        place = stop
    return "".join(kept)


def drilldowns(rule: str) -> list[dict[str, str]]:
    """The drill-downs of a rule's notable: {name, search, earliest_offset, latest_offset}."""
    found = json.loads(rules()[rule]["action.notable.param.drilldown_searches"])
    assert isinstance(found, list), f"default/savedsearches.conf [{rule}] drilldown_searches: expected a JSON array"
    return found


def views() -> dict[str, dict[str, Any]]:
    """The Dashboard Studio definitions of data/ui/views, by file name."""
    found = {}
    for path in sorted((DEFAULT / "data" / "ui" / "views").glob("*.xml")):
        definition = ElementTree.parse(path).getroot().find("definition")
        assert definition is not None, f"{path}: no <definition>; views are written in Dashboard Studio"
        found[path.name] = json.loads(definition.text or "")
    return found


def view_searches(name: str, definition: dict[str, Any]) -> Iterator[Spl]:
    """Every data source of a view, chains with the search they extend, tokens at their defaults."""
    sources = definition["dataSources"]
    tokens: dict[str, str] = {}
    for item in definition.get("inputs", {}).values():
        options = item["options"]
        if item["type"] == "input.timerange":
            earliest, _, latest = options["defaultValue"].partition(",")
            tokens |= {f"{options['token']}.earliest": earliest, f"{options['token']}.latest": latest}
        else:
            tokens[options["token"]] = options["defaultValue"]
    for identifier, source in sources.items():
        text = _with_base(source, sources)
        text = re.sub(r"\$([\w.]+)\$", lambda found: tokens.get(found[1], found[0]), text)
        yield Spl(f"default/data/ui/views/{name}: dataSources.{identifier}", text)


def _with_base(source: dict[str, Any], sources: dict[str, Any]) -> str:
    query: str = source["options"]["query"]
    if source["type"] == "ds.chain":
        return f"{_with_base(sources[source['options']['extend']], sources)} {query}"
    return query


def examples() -> Iterator[Spl]:
    """The example searches of searchbnf.conf."""
    for stanza, settings in conf("searchbnf").items():
        for key, value in settings.items():
            if re.fullmatch(r"example\d+", key):
                yield Spl(f"default/searchbnf.conf [{stanza}] {key}", value)


def all_searches() -> list[Spl]:
    """Every complete search that the app ships. Tokens of drill-downs stand for themselves."""
    saved = [
        Spl(f"default/savedsearches.conf [{name}] search", settings["search"])
        for name, settings in conf("savedsearches").items()
    ]
    down = [
        Spl(f"default/savedsearches.conf [{rule}] drill-down {item['name']!r}", item["search"])
        for rule in rules()
        for item in drilldowns(rule)
    ]
    seen = [spl for name, definition in views().items() for spl in view_searches(name, definition)]
    found = [*saved, *down, *seen, *examples()]
    assert found, "no search in default/: these rules guard nothing"
    return found


def all_spl() -> list[Spl]:
    """Every piece of SPL that the app ships: complete searches, and the definitions of macros."""
    macros = [
        Spl(f"default/macros.conf [{name}]", settings["definition"], fragment=True)
        for name, settings in conf("macros").items()
    ]
    return [*all_searches(), *macros]
