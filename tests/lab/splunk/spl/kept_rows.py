"""Rows that the beginning of a search made of an event, kept for the next search that begins alike.

Searches of one app begin with one macro that reads a feed and gives its events one shape. What it makes of an event is
the same each time, so it is made once: a schedule reads each event in dozens of runs. Splunk itself does not do this;
nothing but time depends on it. An event keeps its rows as long as `fields.knowledge` keeps the event: until the
configuration or an automatic lookup changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .command import Command
from .commands.eval import Eval
from .commands.fields import Fields
from .commands.lookup import Lookup
from .commands.rename import Rename
from .commands.rex import Rex
from .commands.where import Where
from .search import INDEXER, Search
from .search_command import SearchCommand
from .search_expression import scope_of
from .values import Row

if TYPE_CHECKING:
    from .compiler import Pipeline

# Each makes at most one row of one row, and looks at nothing but that row.
_ROW_BY_ROW = (Eval, Where, Fields, Lookup, Rename, Rex)
# Times in the search itself, relative to its run.
_TIMES = re.compile(r"earliest|latest")
# What depends on the run and not on the event: its clock, chance, a subsearch.
_OF_THE_RUN = re.compile(r"\b(now|time|random|strptime|relative_time|searchmatch)\s*\(")


def kept_length(commands: list[Command], texts: list[str]) -> int:
    """How many commands at the beginning of a pipeline make rows that can be kept; 0 for none.

    They end with the first `fields` that says which fields are left: what follows cannot ask for others. texts: how
    each command was written.
    """
    first = commands[0]
    if not (isinstance(first, SearchCommand) and first.reads_index) or "[" in texts[0]:
        return 0
    for place, command in enumerate(commands[1:], 1):
        if not isinstance(command, _ROW_BY_ROW) or _OF_THE_RUN.search(texts[place]):
            return 0
        if isinstance(command, Fields) and not command.remove and command.plain:
            return place + 1
    return 0


class KeptRows:
    """The beginning of a search, compiled by itself. `rows` gives what it makes of the events in scope."""

    def __init__(self, pipeline: Pipeline, text: str) -> None:
        self._commands = pipeline.commands
        self._text = text
        self._times = _TIMES.search(text) is not None

    def rows(self, search: Search) -> Iterator[Row]:
        """The rows of this run, newest event first; each is the reader's own."""
        view = search.at(INDEXER)
        for command in self._commands:
            command.prepare(view)
        first = self._commands[0]
        assert isinstance(first, SearchCommand)
        condition = first.expression.resolved(view)
        scope = scope_of(condition, view)
        view.note_range(scope)
        tables = [view.state(command)["table"] for command in self._commands if isinstance(command, Lookup)]
        # A lookup that was written to is another table.
        key = (self._text, str(search.tz), *tables)
        return self._of_events(view, first, condition.predicate(view), scope, key)

    def _of_events(self, view: Search, first: SearchCommand, predicate: Any, scope: Any, key: Any) -> Iterator[Row]:
        for event in view.environment.events(scope):
            if self._times and not predicate(event):
                continue
            kept = event.kept
            if key in kept:
                row = kept[key]
            else:
                said = len(view.messages)
                row = self._made(event.row(first.output), view) if predicate(event) else None
                # What made a search say something says it in every run.
                if len(view.messages) == said:
                    kept[key] = row
            if row is not None:
                own = row.copy()
                for name, value in own.items():
                    if type(value) is list:
                        own[name] = value.copy()
                yield own

    def _made(self, row: Row, view: Search) -> Row | None:
        moving: Iterator[Row] = iter((row,))
        for command in self._commands[1:]:
            moving = command.run(moving, view)
        return next(moving, None)
