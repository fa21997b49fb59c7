"""The cases of docs/allowlist.md over the library: matching, admission, and the import of a file."""

from __future__ import annotations

import csv
import io
from datetime import datetime

import pytest
from unit.shipped.search_commands.allowlist_cases import PROPER, TAKEN, Case, each_case

from mail_threats.allowlist.admission import problems
from mail_threats.allowlist.csv_file import FILE_COLUMNS, MORE_COLUMNS, FileRefused, read_file
from mail_threats.allowlist.entry import EntryError, read_entry
from mail_threats.allowlist.matching import Decision, Subject, decide

FIELDS = {
    "account": "user",
    "source": "src",
    "app_id": "app_id",
    "process_path": "process_path",
    "signer": "signer",
    "host": "dest",
}


def judge(entry: dict[str, str], row: dict[str, str]) -> Decision:
    try:
        entries = [read_entry(entry)]
    except EntryError:
        entries = []
    values = {column: row[name].split(",") if name in row else [] for column, name in FIELDS.items()}
    first, last = (epoch(row.get(name, "2026-03-03T10:00:00Z")) for name in ("first_seen", "last_seen"))
    count = float(row["cap_count"]) if "cap_count" in row else None
    technique = row.get("technique", "T1589.002")
    incomplete = frozenset(column for column, name in FIELDS.items() if f"{name}_list_truncated" in row)
    return decide(Subject(values, first, last, count, "this_detection", technique, incomplete), entries)


def epoch(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


@each_case()
def test_the_command_decides(case: Case) -> None:
    decision = judge(case.stored, case.row)
    assert decision.status == case.status, decision
    assert case.reason in (decision.reason or "")


@each_case(lambda case: case.page == TAKEN)
def test_what_is_taken_can_match_and_owes_nothing(case: Case) -> None:
    assert problems(case.proper) == []
    read_entry(case.proper)


@each_case(lambda case: case.page != TAKEN)
def test_what_is_refused_says_why(case: Case) -> None:
    assert any(case.page in problem for problem in problems(case.proper)), problems(case.proper)


@each_case()
def test_the_import_says_the_same(case: Case) -> None:
    text = as_csv([{**PROPER, "class": "pentest", "source": "198.51.100.7"}, case.proper])
    if case.page == TAKEN:
        taken = read_file(text)
        assert taken[1] == {k: v for k, v in case.proper.items() if v}
    else:
        with pytest.raises(FileRefused) as refused:
            read_file(text)
        assert {bad.line for bad in refused.value.lines} == {3}
        assert any(case.page in bad.reason for bad in refused.value.lines)


def as_csv(rows: list[dict[str, str]]) -> str:
    columns = [*FILE_COLUMNS, *MORE_COLUMNS]
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, extrasaction="raise")
    writer.writeheader()
    for row in rows:
        writer.writerow({("owner" if name == "entry_owner" else name): value for name, value in row.items()})
    return stream.getvalue()
