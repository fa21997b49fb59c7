"""The shape of a search command, and of the fields that a pipeline needs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from .values import Row

if TYPE_CHECKING:
    from .arguments import Arguments
    from .compiler import Compiler
    from .search import Search

Needed: TypeAlias = "frozenset[str] | None"
"""Fields that have to be there; None is "all of them"."""

PLACEMENTS = ("generating", "streaming", "stateful", "transforming", "dataset")


class Command(ABC):
    """One command of a pipeline, parsed and ready to run any number of times.

    name, aliases: how SPL writes it. placement: "generating" (makes rows, first in a pipeline), "streaming"
    (distributable: row by row, may run on an indexer), "stateful" (row by row, but in order: search head),
    "transforming" (its output is a table, not events), "dataset" (needs all rows first). A command whose place
    depends on its arguments sets `self.placement` in `parse`.
    """

    name: ClassVar[str]
    aliases: ClassVar[tuple[str, ...]] = ()
    placement: str = "streaming"
    may_be_first: ClassVar[bool] = False
    """Whether a command that is not generating may still begin a pipeline."""
    reads_index: bool = False
    """Set on an instance that reads events: the streaming commands behind it run on indexers."""
    output: Needed = None
    """The fields that somebody behind this command reads, set by the planner; None means all."""

    @classmethod
    @abstractmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        """Read the whole argument text, refuse what is not known (with its place), and return the command.

        `args` stands behind the command's name. The compiler checks afterwards that nothing is left over.
        """

    def needed(self, after: Needed) -> Needed:
        """The fields that must come in so that the fields `after` can go out. The default asks for everything."""
        return None

    def prepare(self, search: Search) -> None:
        """Called once a run, in pipeline order, before any row moves: open lookups, check capabilities.

        Keep nothing on `self` that belongs to one run; use `search.state(self)`.
        """
        return None

    @abstractmethod
    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        """Rows in, rows out, lazily. Rows belong to the command that receives them: it may change and pass them on,
        and must copy a row that it keeps or passes on twice. A generating command gets an empty iterator."""


def add_needed(first: Needed, second: Needed) -> Needed:
    """What two readers need together: all fields when one of them needs all."""
    return None if first is None or second is None else first | second
