"""Reading all chunks before answering: splunklib calls a command's method once for each chunk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Union

from splunklib.searchcommands.search_command import SearchCommand

Record = dict[str, Union[str, list[str], None]]


def last_chunk(command: SearchCommand) -> bool:
    """Whether the chunk being read is the last one of the search.

    splunklib keeps the `finished` flag of the chunked protocol to itself; without it a reporting command would answer
    for each 50,000 rows on its own.
    """
    return bool(command._finished)


def plain(record: Record) -> dict[str, Any]:
    """The record without what was absent: splunklib gives an empty text for a field that the row does not have."""
    return {name: value for name, value in record.items() if value not in ("", None, [])}


def rows(records: Iterator[Record]) -> Iterator[dict[str, Any]]:
    return (plain(record) for record in records)
