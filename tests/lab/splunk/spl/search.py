"""One run of a search: its clock, limits, messages and role, and the way to run pipelines inside it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from .errors import SearchFailure
from .values import Row

if TYPE_CHECKING:
    from .command import Command
    from .compiler import Pipeline
    from .environment import Environment, IndexScope

T = TypeVar("T")

INDEXER = "indexer"
SEARCH_HEAD = "search_head"


@dataclass(frozen=True, slots=True)
class Message:
    """What a search tells its user beside the rows. level: INFO, WARN or ERROR."""

    level: str
    text: str


@dataclass(slots=True)
class SearchResult:
    """Rows of a finished search, and its messages."""

    rows: list[Row]
    messages: list[Message]

    @property
    def fields(self) -> list[str]:
        """The columns, in the order in which the rows first show them."""
        seen: dict[str, None] = {}
        for row in self.rows:
            seen.update(dict.fromkeys(row))
        return list(seen)


@dataclass(slots=True)
class _Shared:
    messages: list[Message] = field(default_factory=list)
    said: set[tuple[str, str]] = field(default_factory=set)


class Search:
    """The state of one run, as one command sees it.

    environment; now (epoch), tz, earliest, latest (the range really searched, after inline modifiers);
    role: "indexer" or "search_head", the place where the command that holds this object runs.
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.now = environment.now
        self.tz = environment.tz
        self.role = SEARCH_HEAD
        self._shared = _Shared()
        self._range = [environment.earliest, environment.latest]
        self._states: dict[int, dict[str, Any]] = {}
        self._memos: dict[int, Any] = {}

    @property
    def earliest(self) -> float:
        return self._range[0]

    @property
    def latest(self) -> float:
        return self._range[1]

    @property
    def messages(self) -> list[Message]:
        return self._shared.messages

    def at(self, role: str) -> Search:
        """This run as a command with another role sees it; messages are shared."""
        if role == self.role:
            return self
        view = copy.copy(self)
        view.role = role
        return view

    def info(self, text: str) -> None:
        self._say("INFO", text)

    def warn(self, text: str) -> None:
        """A warning: truncated rows, an unreadable value. The same words are said once a run."""
        self._say("WARN", text)

    def error(self, text: str) -> None:
        """An error that does not end the search."""
        self._say("ERROR", text)

    def fail(self, text: str) -> SearchFailure:
        """The exception that ends this search with an error; `raise search.fail("...")`."""
        return SearchFailure(text, None, None)

    def note_range(self, scope: IndexScope) -> None:
        """Keep the time range that was really searched (inline modifiers win), for addinfo and the like."""
        self._range[:] = [scope.earliest, scope.latest]

    def limit(self, stanza: str, key: str) -> int:
        return self.environment.limit(stanza, key)

    def state(self, command: Command) -> dict[str, Any]:
        """A dict of one command's own, new for every run of its pipeline."""
        return self._states.setdefault(id(command), {})

    def memo(self, key: object, make: Callable[[], T]) -> T:
        """What `make` returned the first time in this run, for the object `key`."""
        kept = self._memos
        if id(key) not in kept:
            kept[id(key)] = make()
        found: T = kept[id(key)]
        return found

    def stream(self, pipeline: Pipeline, rows: Iterable[Row] | None = None) -> Iterator[Row]:
        """The rows of a pipeline, lazily and without a limit. rows: what goes into its first command."""
        return pipeline.stream(self, rows)

    def subsearch(
        self,
        pipeline: Pipeline,
        rows: Iterable[Row] | None = None,
        *,
        maxout: int | None = None,
        what: str = "Subsearch",
    ) -> list[Row]:
        """The rows of a subsearch, cut off at maxout (default: limits.conf [subsearch] maxout) with a warning.

        The run of a subsearch has state and time range of its own; messages go to this search.
        """
        limit = self.limit("subsearch", "maxout") if maxout is None else maxout
        inner = copy.copy(self)
        inner._states = {}
        inner._memos = {}
        inner.role = SEARCH_HEAD
        inner._range = [self.environment.earliest, self.environment.latest]
        taken: list[Row] = []
        for row in pipeline.stream(inner, rows):
            if len(taken) >= limit:
                self.warn(f"[subsearch]: {what} produced more results than the limit; only the first {limit} are used.")
                break
            taken.append(row)
        return taken

    def _say(self, level: str, text: str) -> None:
        if (level, text) not in self._shared.said:
            self._shared.said.add((level, text))
            self._shared.messages.append(Message(level, text))


def run(text: str, environment: Environment, rows: Iterable[Row] | None = None) -> SearchResult:
    """Compile and run a search. rows: what goes into its first command (then no `search` is put in front of it).

    Raises SplSyntaxError and Unsupported before any row runs, SearchFailure at run time. The given rows are not
    changed.
    """
    from .compiler import Compiler

    compiler = Compiler(environment)
    search = Search(environment)
    if rows is None:
        return SearchResult(list(compiler.search(text).stream(search)), search.messages)
    given = ({name: list(value) if isinstance(value, list) else value for name, value in row.items()} for row in rows)
    return SearchResult(list(compiler.over_rows(text).stream(search, given)), search.messages)
