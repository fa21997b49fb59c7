"""Rows as the CSV body of a chunk, and back.

splunkd writes every field as one column and, after all of them, one ``__mv_`` column a field. A multivalue is its
values joined by newlines in the first, and ``$a$;$b$`` (dollar signs doubled) in the second. CSV has no null: an
absent field and an empty one are the same empty cell, so that a command cannot tell them apart and neither can
what follows it.
"""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterable, Sequence

from lab.splunk.spl.values import Row, Value, from_list, text

_MV = "__mv_"
_QUOTE = '"'
_MV_ITEM = re.compile(r"\$((?:\$\$|[^$])*)\$(?:;|$)", re.DOTALL)
# A field of an event may hold megabytes (TRUNCATE = 0); the csv module stops at 128 KiB unless told otherwise.
csv.field_size_limit(sys.maxsize)


def columns_of(rows: Iterable[Row]) -> list[str]:
    """The fields of the rows, in the order they first appear."""
    return list(dict.fromkeys(field for row in rows for field in row))


def encode_rows(rows: Sequence[Row], columns: Sequence[str]) -> bytes:
    """The CSV body for rows; a header line alone when there are none; empty when there are no columns either."""
    if not columns:
        return b""
    header = [_quoted(name) for name in (*columns, *(_MV + column for column in columns))]
    lines = [",".join(header)]
    # Most rows have no multivalue at all.
    no_multivalues = [""] * len(columns)
    for row in rows:
        values = [row.get(column) for column in columns]
        cells = [_cell(value) for value in values]
        if any(isinstance(value, list) for value in values):
            cells += [_multivalue_cell(value) for value in values]
        else:
            cells += no_multivalues
        lines.append(",".join(cells))
    lines.append("")
    return "\n".join(lines).encode("utf-8", "replace")


def _cell(value: Value | None) -> str:
    if value is None:
        return ""
    return _quoted(value if isinstance(value, str) else text(value))


def _multivalue_cell(value: Value | None) -> str:
    return _quoted(encode_multivalue([text(item) for item in value])) if isinstance(value, list) else ""


def _quoted(cell: str) -> str:
    """splunkd quotes every cell that has anything but letters and digits, line breaks of any kind included."""
    if not cell or (cell.isascii() and cell.isalnum()):
        return cell
    return f'"{cell.replace(_QUOTE, _QUOTE * 2)}"' if _QUOTE in cell else f'"{cell}"'


def encode_multivalue(values: Iterable[str]) -> str:
    """The content of a ``__mv_`` column."""
    return ";".join("$" + value.replace("$", "$$") + "$" for value in values)


def decode_multivalue(cell: str) -> list[str]:
    """The values in a ``__mv_`` column."""
    return [item.replace("$$", "$") for item in _MV_ITEM.findall(cell)]


def decode_rows(body: bytes) -> list[Row]:
    """The rows of a CSV body; empty cells are absent fields.

    Raises ValueError when a row has more cells than the header.
    """
    # Surplus bytes that are no UTF-8 are shown as splunkd shows them, and do not stop the search.
    reader = csv.reader(io.StringIO(body.decode("utf-8", "replace"), newline=""))
    header = next(reader, None)
    if header is None:
        return []
    rows: list[Row] = []
    for number, cells in enumerate(reader, start=1):
        if len(cells) > len(header):
            raise ValueError(f"row {number} has {len(cells)} cells; the header has {len(header)}")
        rows.append(_decode_row(header, cells))
    return rows


def _decode_row(header: Sequence[str], cells: Sequence[str]) -> Row:
    row: Row = {}
    multivalues: dict[str, Value] = {}
    for column, cell in zip(header, cells, strict=False):
        if not cell:
            continue
        if column.startswith(_MV):
            value = from_list(decode_multivalue(cell))
            if value is not None:
                multivalues[column[len(_MV) :]] = value
        elif column not in row:
            row[column] = cell
    row.update(multivalues)
    return row
