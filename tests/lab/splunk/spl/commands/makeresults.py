"""makeresults: rows out of nothing, or out of CSV or JSON text in the search."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..arguments import boolean, integer, one_of, string
from ..command import Command
from ..json_paths import INVALID, dump, parse, scalar_text
from ..tokens import Token
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

_OPTIONS = {"count": integer, "annotate": boolean, "format": one_of("csv", "json"), "data": string}
_UNSUPPORTED = ("splunk_server", "splunk_server_group")


class MakeResults(Command):
    """`makeresults [count=<int>] [annotate=<bool>]` or `makeresults format=csv|json data="<text>"`.

    Rows out of nothing have `_time` (the time of the search) and, annotated, the fields of an event without text. CSV
    rows have the fields of the header alone, empty cells are null; JSON rows also have `_raw` (the object) and `_time`.
    """

    name = "makeresults"
    placement = "generating"

    def __init__(self, count: int, rows: list[Row] | None, *, annotate: bool, timed: bool) -> None:
        self.count = count
        self.rows = rows
        self.annotate = annotate
        self.timed = timed

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        start = args.peek()
        options: dict[str, Any] = args.options(_OPTIONS, unsupported=_UNSUPPORTED)
        count = options.get("count", 1)
        if count < 0:
            raise args.error("count cannot be negative", start)
        if ("format" in options) != ("data" in options):
            raise args.error("format and data have to be given together", start)
        if "data" not in options:
            return cls(count, None, annotate=options.get("annotate", False), timed=True)
        if len(options) > 2:
            raise args.error("rows from data take no other options", start)
        text = options["data"]
        if options["format"] == "csv":
            return cls(0, _csv_rows(args, text, start), annotate=False, timed=False)
        return cls(0, _json_rows(args, text, start), annotate=False, timed=True)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        now = int(search.now)
        if self.rows is not None:
            for given in self.rows:
                yield {"_time": now, **given} if self.timed else dict(given)
            return
        for _ in range(self.count):
            row: Row = {"_time": now}
            if self.annotate:
                row["splunk_server"] = "search_head"
            yield row


def _csv_rows(args: Arguments, text: str, start: Token) -> list[Row]:
    # The two characters \n end a line in a quoted string of a search, as a line end does.
    lines = list(csv.reader(io.StringIO(text.replace("\\n", "\n").strip("\n"))))
    if not lines:
        raise args.error("the CSV data has no header", start)
    header = lines[0]
    return [{name: cell for name, cell in zip(header, line, strict=False) if cell} for line in lines[1:] if line]


def _json_rows(args: Arguments, text: str, start: Token) -> list[Row]:
    tree = parse(text)
    if tree is INVALID or not isinstance(tree, list) or not all(isinstance(item, dict) for item in tree):
        raise args.error(
            "Incorrectly-formatted JSON data detected. Make sure your JSON-formatted data starts with '[' and ends "
            "with ']' and consists of JSON objects",
            start,
        )
    rows: list[Row] = []
    for item in tree:
        row: Row = {"_raw": dump(item)}
        for name, value in item.items():
            made = scalar_text(value)
            if made is not None:
                row[name] = made
        rows.append(row)
    return rows
