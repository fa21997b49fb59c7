"""What pytest-splunk-addon is given: for each sourcetype of props.conf whole events, lines, and hostile ones."""

from __future__ import annotations

import configparser
import json
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from addon.hostile import samples
from rules.shipped import REPOSITORY, conf

ADDON = REPOSITORY / "tests" / "addon"
SOURCETYPES = [stanza for stanza in conf("props") if not stanza.startswith("source::")]
each_sourcetype = pytest.mark.parametrize("sourcetype", SOURCETYPES)


@cache
def sample_files() -> dict[str, str]:
    """{file of samples: sourcetype} of pytest-splunk-addon-data.conf."""
    data = configparser.RawConfigParser()
    data.read(ADDON / "pytest-splunk-addon-data.conf", encoding="utf-8")
    return {file: data[file]["sourcetype"] for file in data.sections()}


def hostile_events(sourcetype: str) -> list[dict[str, Any]]:
    texts = [text for file, text in samples().items() if sample_files().get(file) == sourcetype]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def lists_in(value: Any) -> Iterator[list[Any]]:
    if isinstance(value, list):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from lists_in(item)


def size(event: dict[str, Any]) -> int:
    return len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())


def time_key(sourcetype: str) -> str:
    return conf("props")[sourcetype]["TIME_PREFIX"].split('"')[1]


@each_sourcetype
def test_sourcetype_has_events_with_required_fields_lines_and_hostile_events(sourcetype: str) -> None:
    files = [file for file, given in sample_files().items() if given == sourcetype]
    kinds = {
        kind: [file for file in files if file.endswith(kind)] for kind in (".xml", "_lines.samples", "_hostile.samples")
    }
    assert all(kinds.values()), f"tests/addon/pytest-splunk-addon-data.conf, {sourcetype}: {kinds}"
    written = [file for file in files if file not in samples()]
    missing = [file for file in written if not (ADDON / "samples" / file).is_file()]
    assert not missing, f"tests/addon/samples: {missing}"


@each_sourcetype
def test_hostile_events_are_long_many_odd_and_without_a_time(sourcetype: str) -> None:
    events = hostile_events(sourcetype)
    assert any(size(event) > 100_000 for event in events), f"{sourcetype}: no event over 100 KB"
    assert any(len(found) >= 500 for event in events for found in lists_in(event)), f"{sourcetype}: no list of 500"
    assert any("\U0001f4e7" in json.dumps(event, ensure_ascii=False) for event in events), f"{sourcetype}: no odd text"
    assert any(time_key(sourcetype) not in event for event in events), f"{sourcetype}: every event has a time"


def test_parameters_come_as_a_list_as_text_and_not_at_all() -> None:
    given = [event["Parameters"] for event in hostile_events("o365:management:activity") if "Parameters" in event]
    assert {type(parameters) for parameters in given} == {list, str}
    assert [] in given
    assert "" in given
