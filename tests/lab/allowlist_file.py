"""The allowlist file: its columns, reading it, and its rows as they stand in the collection."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

REQUIRED_COLUMNS = (
    "class", "detection", "account", "source", "app_id", "process_path", "host",
    "owner", "ticket", "reason", "valid_from", "valid_until", "cap",
)  # fmt: skip
MORE_COLUMNS = ("signer", "hours", "timezone", "created_by", "created_at")


class AllowlistFileError(Exception):
    """A file that is not an allowlist; the message says what is wrong and what the file must look like."""


def read_allowlist(path: Path) -> list[dict[str, str]]:
    """The entries of an allowlist file, in the columns of the collection; `_key` is file name and line.

    Raises: AllowlistFileError when the file cannot be read, has no header, lacks a column or has one nobody knows.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            rows = list(reader)
            header = reader.fieldnames or []
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AllowlistFileError(f"{path}: cannot be read as an allowlist: {error}") from error
    missing = [column for column in REQUIRED_COLUMNS if column not in header]
    unknown = [column for column in header if column not in (*REQUIRED_COLUMNS, *MORE_COLUMNS)]
    if missing or unknown:
        problem = f"lacks {', '.join(missing)}" if missing else f"has columns nobody knows: {', '.join(unknown)}"
        raise AllowlistFileError(
            f"{path}: the header {problem}. It must be {','.join(REQUIRED_COLUMNS)}, more may follow."
        )
    for number, row in enumerate(rows, 2):
        if None in row or None in row.values():
            raise AllowlistFileError(f"{path}:{number}: the row has not as many cells as the header")
    return [collection_row(row, f"{path.name}:{number}") for number, row in enumerate(rows, 2)]


def dated(entry: Mapping[str, str], loaded: float) -> dict[str, str]:
    """An entry as an import at `loaded` (epoch seconds) leaves it: made then, unless it says when it was made."""
    made = datetime.fromtimestamp(int(loaded), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"created_at": made, **entry}


def collection_row(row: Mapping[str, str], key: str | None = None) -> dict[str, str]:
    """A row of the file as it stands in the collection: `owner` is `entry_owner` there, what is empty is absent.

    key: the entry's key, which is how messages name it; the collection makes one when there is none.
    """
    entry = {("entry_owner" if column == "owner" else column): value for column, value in row.items() if value != ""}
    return entry if key is None else {"_key": key, **entry}
