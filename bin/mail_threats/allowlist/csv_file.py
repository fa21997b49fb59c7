"""An allowlist as CSV: all rows of it, or a list of what is wrong with which line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .admission import WRITTEN_COLUMNS, problems, says
from .lives import Lives

# The header that every allowlist file has; more columns may follow.
FILE_COLUMNS = (
    "class", "detection", "account", "source", "app_id", "process_path", "host",
    "owner", "ticket", "reason", "valid_from", "valid_until", "cap",
)  # fmt: skip
MORE_COLUMNS = ("signer", "hours", "timezone", "created_by", "created_at")
MOST_ROWS = 20_000
MOST_BYTES = 16 << 20


@dataclass(frozen=True)
class BadLine:
    """A line of a file, counted from 1 with the header, and why it is refused."""

    line: int
    reason: str


class FileRefused(ValueError):
    """A file of which nothing is taken; `lines` says why, line by line."""

    def __init__(self, lines: Iterable[BadLine]) -> None:
        self.lines = list(lines)
        super().__init__("; ".join(f"line {bad.line}: {bad.reason}" for bad in self.lines[:3]))


def read_file(text: str, lives: Lives | None = None, present: Iterable[Mapping[str, str]] = ()) -> list[dict[str, str]]:
    """The entries of a file in the columns of the collection, without what is empty.

    present: the entries that are there already; a row that says the same as one of them, or as an earlier line, is
    refused. `created_by` and `created_at` of a file are left out: whoever imports creates.
    Raises: FileRefused with every bad line.
    """
    rows = _rows(text)
    known = {says(row): f"the entry {row.get('_key', '')} is there already" for row in present}
    bad: list[BadLine] = []
    entries: list[dict[str, str]] = []
    for line, row in rows:
        found = problems(row, lives)
        if not found:
            said = known.setdefault(says(row), f"line {line} says the same")
            found = [] if said == f"line {line} says the same" else [said]
        bad += [BadLine(line, reason) for reason in found]
        entries.append({name: value for name, value in row.items() if value})
    if bad:
        raise FileRefused(bad)
    return entries


def _rows(text: str) -> list[tuple[int, dict[str, str]]]:
    if len(text) > MOST_BYTES:
        raise FileRefused([BadLine(1, f"the file has {len(text)} characters: at most {MOST_BYTES}")])
    if "\0" in text:
        raise FileRefused([BadLine(text.count("\n", 0, text.index("\0")) + 1, "a NUL character: this is no CSV text")])
    reader = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
    rows: list[tuple[int, dict[str, str]]] = []
    last = 0
    try:
        header = next(reader, [])
        columns = _columns(header)
        last = reader.line_num
        for cells in reader:
            line, last = last + 1, reader.line_num
            if not cells:
                continue
            if len(cells) != len(header):
                raise FileRefused([BadLine(line, f"{len(cells)} cells, and the header has {len(header)}")])
            named = zip(columns, (cell.strip(" ") for cell in cells))
            rows.append((line, {name: cell for name, cell in named if name in WRITTEN_COLUMNS}))
            if len(rows) > MOST_ROWS:
                raise FileRefused([BadLine(line, f"more than {MOST_ROWS} rows: split the file")])
    except csv.Error as error:
        raise FileRefused([BadLine(last + 1, f"no CSV: {error}")]) from None
    if not rows:
        raise FileRefused([BadLine(last or 1, "the file holds no entry")])
    return rows


def _columns(header: list[str]) -> list[str]:
    names = [name.strip() for name in header]
    known = ["owner" if name == "entry_owner" else name for name in names]
    missing = [name for name in FILE_COLUMNS if name not in known]
    unknown = [name[:40] for name in known if name not in (*FILE_COLUMNS, *MORE_COLUMNS)]
    twice = sorted({name for name in known if known.count(name) > 1})
    for complaint, columns in (("lacks", missing), ("has columns nobody knows:", unknown), ("repeats", twice)):
        if columns:
            raise FileRefused(
                [BadLine(1, f"the header {complaint} {', '.join(columns)}. It must be {','.join(FILE_COLUMNS)}")]
            )
    return ["entry_owner" if name == "owner" else name for name in known]
