"""Reads exported events from files: JSON lines, JSON arrays and API answers, Windows event XML, audit search CSV, text
logs, gzip of any.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from defusedxml import ElementTree

from .recognise import UNRECOGNISED, WINDOWS, sourcetype_of, time_of_record, time_of_xml
from .text_logs import sourcetype_of_text, text_lines

# Keys under which an API answer or an Event Hub batch carries its records.
_ENVELOPES = ("value", "records", "Records")
_EVENT = re.compile(r"<Event[\s>].*?</Event\s*>", re.DOTALL)
# The audit search's CSV carries a whole record in one cell.
csv.field_size_limit(1 << 28)


@dataclass(frozen=True)
class FileEvent:
    """One event of a file: its text as it stood there, sourcetype, epoch seconds (None: the file does not say)."""

    raw: str
    sourcetype: str
    time: float | None
    line: int
    host: str | None = None
    source: str | None = None

    def at(self, time: float, path: Path) -> FileEvent:
        """The same event with a time, read from a file."""
        return replace(self, time=self.time if self.time is not None else time, source=str(path))


@dataclass(frozen=True)
class Rejected:
    """What could not be parsed, and where."""

    file: str
    line: int
    reason: str

    def as_json(self) -> dict[str, Any]:
        return {"file": self.file, "line": self.line, "reason": self.reason}


class EventFileError(Exception):
    """A file that cannot be read at all; the message says which and why."""


def split_argument(argument: str) -> tuple[Path, str | None]:
    """`PATH[:SOURCETYPE]`: split at the first colon after which the text before it is an existing file.

    Raises: EventFileError when no such file exists. Sourcetypes contain colons, and so may paths.
    """
    if Path(argument).is_file():
        return Path(argument), None
    for index, letter in enumerate(argument):
        if letter == ":" and Path(argument[:index]).is_file():
            return Path(argument[:index]), argument[index + 1 :] or None
    raise EventFileError(f"{argument}: no such file. Write --events PATH or --events PATH:SOURCETYPE.")


def read_events(path: Path, sourcetype: str | None = None) -> Iterator[FileEvent | Rejected]:
    """The events of a file in its order, and what could not be parsed.

    sourcetype: what the events are, when they are not to be recognised by their shape.
    Raises: EventFileError when the file cannot be opened, decoded or is a damaged gzip.
    """
    text = _text(path)
    start = text.lstrip()[:1]
    if start == "<":
        found = _xml_document(path, text)
    elif start in ("[", "{"):
        found = _json_document(path, text)
    elif "AuditData" in text.partition("\n")[0]:
        found = _csv(path, text)
    elif kind := sourcetype_of_text(text, sourcetype):
        found = (FileEvent(line, kind, time, number) for number, line, time in text_lines(text))
    else:
        found = _lines(path, text)
    for event in found:
        if isinstance(event, FileEvent) and sourcetype is not None:
            event = replace(event, sourcetype=sourcetype)
        yield event


def _text(path: Path) -> str:
    try:
        data = path.read_bytes()
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
    except (OSError, EOFError) as error:
        raise EventFileError(f"{path}: cannot be read: {error}") from error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    return data.decode("utf-8-sig", errors="replace")


def _json_document(path: Path, text: str) -> Iterator[FileEvent | Rejected]:
    first, _, rest = text.lstrip().partition("\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        whole = _whole_document(text)
        if whole is not None:
            return iter(whole)
        return _lines(path, text)
    if not rest.strip():
        whole = _whole_document(text)
        if whole is not None:
            return iter(whole)
    return _lines(path, text)


def _whole_document(text: str) -> list[FileEvent] | None:
    """The events of a text that is JSON values one after the other, over as many lines as they like; None if not."""
    decoder = json.JSONDecoder()
    events: list[FileEvent] = []
    position = _next_value(text, 0)
    while position < len(text):
        try:
            value, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            return None
        events.extend(_records(value, text[position:end], text.count("\n", 0, position) + 1))
        position = _next_value(text, end)
    return events


def _next_value(text: str, position: int) -> int:
    while position < len(text) and text[position].isspace():
        position += 1
    return position


def _lines(path: Path, text: str) -> Iterator[FileEvent | Rejected]:
    for number, line in enumerate(text.split("\n"), 1):
        line = line.strip("\r").strip()
        if not line:
            continue
        if line[0] == "<":
            yield from _xml_events(path, line, number)
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            yield Rejected(str(path), number, f"is neither JSON nor XML: {error}")
            continue
        yield from _records(value, line, number)


def _records(value: Any, raw: str, line: int) -> Iterator[FileEvent]:
    """The records in a parsed JSON value: itself, the items of an array or of an envelope, what `_raw` carries."""
    if isinstance(value, list):
        for item, text, offset in _items(raw):
            yield from _records(item, text, line + raw.count("\n", 0, offset))
        return
    if isinstance(value, dict):
        result = value.get("result")
        if isinstance(result, dict) and "_raw" in result:
            value = result
        carried = value.get("_raw")
        if isinstance(carried, str):
            yield from _unwrapped(carried, value, line)
            return
        for envelope in _ENVELOPES:
            items = value.get(envelope)
            if isinstance(items, list) and all(isinstance(item, dict) for item in items) and "Operation" not in value:
                for item in items:
                    yield from _records(item, json.dumps(item, ensure_ascii=False), line)
                return
    yield FileEvent(_one_line(raw), sourcetype_of(value), time_of_record(value), line)


def _items(raw: str) -> Iterator[tuple[Any, str, int]]:
    """The items of a JSON array with their own text, so that what is indexed is what was exported."""
    decoder = json.JSONDecoder()
    position = raw.index("[") + 1
    while True:
        while raw[position] in " \t\r\n,":
            position += 1
        if raw[position] == "]":
            return
        value, end = decoder.raw_decode(raw, position)
        yield value, raw[position:end], position
        position = end


def _unwrapped(carried: str, outer: dict[str, Any], line: int) -> Iterator[FileEvent]:
    host = outer.get("host") if isinstance(outer.get("host"), str) else None
    named = outer.get("sourcetype")
    if carried.lstrip()[:1] == "<":
        raw = _one_line(carried)
        time = time_of_xml(raw)
        kind = WINDOWS if "<Event" in raw else UNRECOGNISED
    else:
        raw = carried
        try:
            inner = json.loads(carried)
        except (ValueError, RecursionError):
            inner = None
        time = time_of_record(inner)
        kind = sourcetype_of(inner)
    if isinstance(named, str) and named and kind == UNRECOGNISED:
        kind = named
    yield FileEvent(raw, kind, time if time is not None else time_of_record(outer), line, host)


def _xml_document(path: Path, text: str) -> Iterator[FileEvent | Rejected]:
    position = 0
    for found in _EVENT.finditer(text):
        between = re.sub(
            r"<\?xml.*?\?>|<!--.*?-->|</?Events\b[^>]*>", "", text[position : found.start()], flags=re.DOTALL
        )
        if between.strip():
            line = text.count("\n", 0, position) + 1
            yield from _lines(path, between) if "\n" in between.strip() else _stray(path, between, line)
        yield from _xml_events(path, found.group(), text.count("\n", 0, found.start()) + 1)
        position = found.end()
    rest = re.sub(r"</?Events\b[^>]*>|<!--.*?-->", "", text[position:], flags=re.DOTALL).strip()
    if rest:
        yield from _stray(path, rest, text.count("\n", 0, position) + 1)


def _stray(path: Path, text: str, line: int) -> Iterator[FileEvent | Rejected]:
    text = text.strip()
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        yield from _xml_events(path, text, line)
        return
    yield from _records(value, text, line)


def _xml_events(path: Path, text: str, line: int) -> Iterator[FileEvent | Rejected]:
    try:
        root = ElementTree.fromstring(text)
    except Exception as error:
        yield Rejected(str(path), line, f"is not well-formed XML: {error}")
        return
    tag = root.tag.rpartition("}")[2]
    if tag == "Events":
        for found in _EVENT.finditer(text):
            yield from _xml_events(path, found.group(), line + text.count("\n", 0, found.start()))
        return
    computer = root.find("{*}System/{*}Computer")
    host = computer.text if computer is not None else None
    yield FileEvent(_one_line(text), WINDOWS if tag == "Event" else UNRECOGNISED, time_of_xml(text), line, host)


def _csv(path: Path, text: str) -> Iterator[FileEvent | Rejected]:
    reader = csv.DictReader(io.StringIO(text, newline=""))
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Rejected(str(path), reader.line_num, f"is not CSV: {error}")
            continue
        cell = row.get("AuditData") or ""
        try:
            value = json.loads(cell)
        except (ValueError, RecursionError) as error:
            yield Rejected(str(path), reader.line_num, f"column AuditData is not JSON: {error}")
            continue
        yield from _records(value, cell, reader.line_num)


def _one_line(text: str) -> str:
    # One event is one line in the index; a line break in JSON or XML mark-up means nothing.
    return text.strip() if "\n" not in text else " ".join(part.strip() for part in text.strip().splitlines())
