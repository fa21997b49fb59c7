"""CSV lookup files: reading, writing, and where an app finds them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..conf.layering import SYSTEM, ConfTree
from ..spl.values import Row, text

CsvRow = dict[str, str]


def find_csv(conf: ConfTree, name: str, app: str, user: str) -> Path | None:
    """The file that a lookup of this name reads in an app: the user's, the app's, an exported one, the system's."""
    places = [conf.etc / "users" / user / app / "lookups", conf.app_folder(app) / "lookups"]
    places += [
        conf.app_folder(other) / "lookups"
        for other in reversed(conf.apps())
        if other != app and conf.metadata(other).exported("lookups", name)
    ]
    places.append(conf.app_folder(SYSTEM) / "lookups")
    return next((place / name for place in places if (place / name).is_file()), None)


def read_csv(path: Path) -> tuple[list[str], list[CsvRow]]:
    """Columns and rows of a file. A row leaves out its empty cells, which are null in a search.

    Raises LookupError for a row with more cells than the header has.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        header = next(reader, [])
        rows: list[CsvRow] = []
        for cells in reader:
            if not cells:
                continue
            if len(cells) > len(header):
                raise LookupError(
                    f"{path}, line {reader.line_num}: {len(cells)} cells, but the header has {len(header)}."
                )
            rows.append({name: cell for name, cell in zip(header, cells, strict=False) if cell != ""})
    return header, rows


def write_csv(path: Path, fields: Sequence[str], rows: Iterable[Row]) -> None:
    """Replace a file; a multivalue goes into one cell, its values on lines of their own (splunk_sv_csv)."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(fields)
    for row in rows:
        writer.writerow([text(row[name]) if name in row else "" for name in fields])
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    temporary.write_text(buffer.getvalue(), encoding="utf-8")
    temporary.replace(path)
