"""`allowlist`: says of each row whether an allowlist entry covers it, which one, and why one that nearly did does
not.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from splunklib.searchcommands import Configuration, Option, StreamingCommand, dispatch, validators

from ..allowlist.admission import debts
from ..allowlist.entry import Entry, EntryError, entry_key, read_entry
from ..allowlist.index import EntryIndex
from ..allowlist.lives import Lives
from ..allowlist.matching import ALLOWED, NONE, Decision, Subject, decide
from .whole_input import Record, last_chunk, rows

_APP = "m365_mail_threats"
_COLLECTION = "mail_threats_allowlist"
# More than this many are summed up: the messages of a search are read by people.
_MOST_MESSAGES = 10
_UNTOUCHED = Decision(NONE)


@Configuration(distributed=False)
class AllowlistCommand(StreamingCommand):
    """Matches rows against allowlist entries."""

    detection = Option(require=False, default="")
    technique = Option(require=False, default="")
    entries = Option(require=False, default="collection", validate=validators.Set("collection", "rows"))
    mode = Option(require=False, default="record", validate=validators.Set("record", "drop", "check"))
    account = Option(require=False, default="user", validate=validators.Fieldname())
    source = Option(require=False, default="src", validate=validators.Fieldname())
    app_id = Option(require=False, default="app_id", validate=validators.Fieldname())
    process_path = Option(require=False, default="process_path", validate=validators.Fieldname())
    signer = Option(require=False, default="process_signer", validate=validators.Fieldname())
    host = Option(require=False, default="dest", validate=validators.Fieldname())
    cap_count = Option(require=False, default="cap_count", validate=validators.Fieldname())
    pentest_days = Option(require=False, default=30, validate=validators.Integer(1))
    migration_days = Option(require=False, default=90, validate=validators.Integer(1))
    backup_days = Option(require=False, default=365, validate=validators.Integer(1))
    other_days = Option(require=False, default=180, validate=validators.Integer(1))

    def prepare(self) -> None:
        self._held_back: list[dict[str, Any]] = []
        self._entry_rows: list[dict[str, Any]] = []
        self._lives = Lives(
            {
                "pentest": self.pentest_days,
                "migration": self.migration_days,
                "backup": self.backup_days,
                "other": self.other_days,
            }
        )

    def stream(self, records: Iterator[Record]) -> Iterator[dict[str, Any]]:
        """Waits for the last chunk, since entries that travel as rows come after the rows they cover."""
        for row in rows(records):
            if self.mode == "check" or (self.entries == "rows" and "allow_row" not in row):
                self._entry_rows.append(row)
            else:
                self._held_back.append(row)
        if not last_chunk(self):
            return
        if self.mode == "check":
            yield from _check(self._entry_rows, self._lives)
            return
        if self.entries == "collection":
            self._entry_rows = self._collection()
        entries = self._read(self._entry_rows)
        yield from self._decide(self._held_back, entries)

    def _read(self, entry_rows: Iterable[Mapping[str, Any]]) -> list[Entry]:
        entries: list[Entry] = []
        malformed: list[str] = []
        for row in entry_rows:
            texts = _texts(row)
            try:
                entries.append(read_entry(texts, self._lives))
            except EntryError as error:
                malformed.append(f"allowlist entry {entry_key(texts)} never matches: {error}")
        for message in malformed[:_MOST_MESSAGES]:
            self.write_warning(_literal(message))
        if len(malformed) > _MOST_MESSAGES:
            self.write_warning(f"{len(malformed) - _MOST_MESSAGES} more allowlist entries never match")
        return entries

    def _decide(self, candidates: list[dict[str, Any]], entries: list[Entry]) -> Iterator[dict[str, Any]]:
        dropped = 0
        index = EntryIndex(entries)
        # splunklib writes the columns of the first row only, so every row has them all.
        columns = dict.fromkeys(name for row in candidates for name in row)
        for row in candidates:
            decision = self._decision(row, index)
            if self.mode == "drop" and decision.status == ALLOWED:
                dropped += 1
                continue
            yield {
                **{name: row.get(name, "") for name in columns},
                "allow_status": decision.status,
                "allow_entry": decision.entry or "",
                "allow_reason": decision.reason or "",
                "allow_also": list(decision.also),
            }
        if self.mode == "drop":
            self.write_info(f"allowlist removed {dropped} rows")

    def _decision(self, row: Mapping[str, Any], index: EntryIndex) -> Decision:
        # Each option is called as the column that it names the field of.
        values = {column: _list(row.get(getattr(self, column))) for column in index.columns}
        near = index.candidates(values)
        return decide(self._subject(row, values), near) if near else _UNTOUCHED

    def _subject(self, row: Mapping[str, Any], values: Mapping[str, list[str]]) -> Subject:
        first = _float(row.get("first_seen"))
        last = _float(row.get("last_seen"))
        time = _float(row.get("_time"))
        now = 0.0 if time is None else time
        technique = row.get("technique") or self.technique
        return Subject(
            values=values,
            first_seen=now if first is None else first,
            last_seen=now if last is None else last,
            cap_count=_float(row.get(self.cap_count)),
            detection=self.detection,
            technique=", ".join(technique) if isinstance(technique, list) else technique,
            incomplete=frozenset(column for column in values if self._is_cut_short(row, column)),
        )

    def _is_cut_short(self, row: Mapping[str, Any], column: str) -> bool:
        """scoreenum lists a hundred values, and says in <field>_list_truncated how many more there were."""
        return (_float(row.get(f"{getattr(self, column)}_list_truncated")) or 0) > 0

    def _collection(self) -> list[dict[str, Any]]:
        """The entries of the collection, read from the splunkd that runs this search, with the search's own session."""
        service = self.service
        if service is None:
            raise ValueError(
                "the search gave no session: use entries=rows after inputlookup append=true " + _COLLECTION
            )
        service.namespace.update(owner="nobody", app=_APP, sharing="app")
        data = service.kvstore[_COLLECTION].data
        found: list[dict[str, Any]] = []
        # One query gives no more than limits.conf [kvstore] max_rows_per_query, and says nothing of the rest.
        while True:
            page = data.query(skip=len(found), sort="_key:1")
            found += page
            if not page:
                return found


def _check(entry_rows: list[dict[str, Any]], lives: Lives) -> Iterator[dict[str, Any]]:
    columns = dict.fromkeys(name for row in entry_rows for name in row)
    for row in entry_rows:
        texts = _texts(row)
        error, ends = "", ""
        try:
            ends = f"{read_entry(texts, lives).ends:.0f}"
        except EntryError as found:
            error = str(found)
        yield {
            **{name: row.get(name, "") for name in columns},
            "entry_key": entry_key(texts),
            "entry_error": error,
            "entry_debt": debts(texts, lives),
            "entry_ends": ends,
        }


def _literal(message: str) -> str:
    # splunklib formats every message with str.format.
    return message.replace("{", "{{").replace("}", "}}")


def _texts(row: Mapping[str, Any]) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else str(value) for name, value in row.items() if value}


def _list(value: Any) -> list[str]:
    if value in (None, "", []):
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _float(value: Any) -> float | None:
    if isinstance(value, list):
        value = value[0] if value else None
    if value in (None, ""):
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def main() -> None:
    """Runs the command over the process's standard streams."""
    dispatch(AllowlistCommand, sys.argv, sys.stdin, sys.stdout)
