"""spath: takes values out of JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...fields.extractors import first_bytes
from ...fields.json_fields import json_pairs
from ..arguments import Arguments, field, string
from ..command import Command, Needed
from ..json_paths import INVALID, PathError, parse, scalar_text, steps, walk
from ..tokens import Kind
from ..values import Row, as_list, from_list, put, text

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search

_OPTIONS = {"input": field, "output": field, "path": string}


class Spath(Command):
    """`spath [input=<field>] [output=<field>] [path=<path> | <path>]`; the input is `_raw` by default.

    With a path: its values, in a field called output, or like the path; nothing where the path is not there. Without
    one: all fields of the first 5,000 bytes (limits.conf [spath] extraction_cutoff), with a warning where more was cut
    off; a field that the row has already gets the values that it does not have. XML input ends the search: it is not
    supported.
    """

    name = "spath"
    placement = "streaming"

    def __init__(self, source: str, path: str | None, output: str | None) -> None:
        self.source = source
        self.path = path
        self.output_field = output or path
        self.steps = () if path is None else steps(path)

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, Any] = args.options(_OPTIONS)
        token = args.peek()
        if token.kind in (Kind.WORD, Kind.STRING):
            if "path" in options:
                raise args.error("the path is given twice", token)
            options["path"] = args.next().text
        options |= args.options(_OPTIONS)
        path = options.get("path")
        if path is None and "output" in options:
            raise args.error("output needs a path", token)
        if path is not None and "{@" in path:
            raise args.unsupported("paths to XML attributes", token)
        try:
            return cls(options.get("input", "_raw"), path, options.get("output"))
        except PathError as error:
            raise args.error(str(error), token) from error

    def needed(self, after: Needed) -> Needed:
        # A path that is not there leaves the output field as it was.
        return None if after is None else after | {self.source}

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        cutoff = search.limit("spath", "extraction_cutoff")
        for row in rows:
            for value in as_list(row.get(self.source)):
                document = text(value)
                if document.lstrip()[:1] == "<":
                    raise search.fail(
                        f"Error in 'spath' command: the field '{self.source}' holds XML, which is not supported."
                    )
                if self.output_field is not None:
                    self._extract(row, document)
                else:
                    _extract_all(row, document, cutoff, search)
            yield row

    def _extract(self, row: Row, document: str) -> None:
        tree = parse(document)
        if tree is INVALID or self.output_field is None:
            return
        found = [scalar_text(item) for item in walk(tree, self.steps)]
        values = from_list([item for item in found if item is not None])
        if values is not None:
            put(row, self.output_field, values)


def _extract_all(row: Row, document: str, cutoff: int, search: Search) -> None:
    seen = first_bytes(document, cutoff) if cutoff else document
    if len(seen) < len(document):
        search.warn(
            f"spath: only the first {cutoff} bytes of the JSON text were read (limits.conf [spath] extraction_cutoff)."
        )
    found: dict[str, list[Any]] = {}
    for name, value in json_pairs(seen):
        found.setdefault(name, []).append(value)
    for name, values in found.items():
        present = as_list(row.get(name))
        put(
            row,
            name,
            from_list([*present, *(value for value in values if value not in present)] if present else values),
        )
