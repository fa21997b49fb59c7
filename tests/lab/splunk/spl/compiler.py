"""From the text of a search to a pipeline of commands: macros, comments, pipes, commands, roles and needed fields.

Everything that is not known is refused here, before any row runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import registry
from .arguments import Arguments
from .command import Command, Needed
from .errors import SplError, SplSyntaxError, Unsupported
from .kept_rows import KeptRows, kept_length
from .macros import expand, strip_comments
from .search import INDEXER, SEARCH_HEAD, Search
from .search_command import SearchCommand
from .tokens import Kind, Token, skip_space, split_pipeline, token_at
from .values import Row, Value

if TYPE_CHECKING:
    from .environment import CustomCommand, Environment
    from .eval.expression import Expression
    from .search_expression import SearchExpression


_DEEPEST = 20


@dataclass(slots=True)
class Pipeline:
    """Commands in order, each with the role it runs in. `stream` runs them; each call is a run of its own."""

    commands: list[Command]
    roles: list[str] = field(default_factory=list)
    beginning: KeptRows | None = None
    """The commands at the beginning whose rows are kept from run to run."""
    kept: int = 0
    """How many commands these are."""

    @property
    def generating(self) -> bool:
        """Whether it makes its own rows."""
        return self.commands[0].placement == "generating"

    def plan(self, after: Needed = None, *, role: str = SEARCH_HEAD) -> Needed:
        """Work out roles and needed fields, and return the fields that have to come in.

        after: the fields that the reader of this pipeline looks at; role: where its input is. The distributable
        streaming commands behind an index read run on indexers, up to the first command that is not one.
        """
        self.roles = []
        for command in self.commands:
            if command.reads_index:
                role = INDEXER
            elif command.placement != "streaming":
                role = SEARCH_HEAD
            self.roles.append(role)
        for command in reversed(self.commands):
            command.output = after
            after = command.needed(after)
        return after

    def stream(self, search: Search, rows: Iterable[Row] | None = None) -> Iterator[Row]:
        """Prepare every command, then return the lazy rows of the last one. rows: what goes into the first one."""
        views = [search.at(role) for role in self.roles]
        for command, view in zip(self.commands, views, strict=True):
            command.prepare(view)
        moving: Iterator[Row] = iter(()) if rows is None else iter(rows)
        if self.beginning is not None:
            moving = self.beginning.rows(views[0])
        for command, view in list(zip(self.commands, views, strict=True))[self.kept :]:
            moving = command.run(moving, view)
        return moving


class _Custom(Command):
    """A command of commands.conf; the environment runs it."""

    name = "(custom)"

    def __init__(self, command: CustomCommand, args_text: str) -> None:
        self.command = command
        self.args_text = args_text
        self.placement = command.placement

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        raise NotImplementedError("custom commands come from the environment")

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        return self.command.run(rows, self.args_text, search)


class Compiler:
    """Compiles searches for one environment. Raises SplSyntaxError and Unsupported, with the place.

    commands: the commands to know, by name; default: all of `registry`.
    """

    def __init__(self, environment: Environment, commands: Mapping[str, type[Command]] | None = None) -> None:
        self.environment = environment
        self._eventtypes: list[str] = []
        self._depth = 0
        self.known = registry.all_commands() if commands is None else commands

    # -- whole searches

    def search(self, text: str) -> Pipeline:
        """A whole search as a person types it: it begins with `|`, or with `search`, or the `search` is left out."""
        bare = strip_comments(text).lstrip()
        implicit = not bare.startswith("|") and not token_at(bare, 0, len(bare)).is_word("search")
        expanded = self.expand(text)
        pipeline = self._pipeline(expanded, 0, len(expanded), implicit_search=implicit)
        pipeline.plan()
        self._keep_rows(pipeline, expanded, implicit_search=implicit)
        return pipeline

    def _keep_rows(self, pipeline: Pipeline, text: str, *, implicit_search: bool) -> None:
        spans = [span for span in split_pipeline(text, 0, len(text)) if text[slice(*span)].strip()]
        pipeline.kept = kept_length(pipeline.commands, [text[slice(*span)] for span in spans])
        if pipeline.kept:
            start, end = spans[0][0], spans[pipeline.kept - 1][1]
            beginning = self._pipeline(text, start, end, implicit_search=implicit_search)
            beginning.plan()
            pipeline.beginning = KeptRows(beginning, text[start:end])

    def over_rows(self, text: str) -> Pipeline:
        """A pipeline into whose first command rows go (a leading `|` is allowed, a generating command is not)."""
        expanded = self.expand(text)
        pipeline = self._pipeline(expanded, 0, len(expanded), takes_rows=True)
        pipeline.plan()
        return pipeline

    def expand(self, text: str) -> str:
        """The text without comments and with its macros expanded."""
        return expand(text, self.environment, self._evaluate_text)

    # -- parts of a search, for commands

    def pipeline(self, text: str, start: int, end: int, *, takes_rows: bool = False) -> Pipeline:
        """The pipeline in `text[start:end]`, macros already expanded: a subsearch.

        takes_rows: rows go into its first command (appendpipe); otherwise the first command has to be generating.
        """
        self._depth += 1
        if self._depth > _DEEPEST:
            raise SplSyntaxError("Subsearches are nested too deeply.", text, start)
        pipeline = self._pipeline(text, start, end, takes_rows=takes_rows)
        self._depth -= 1
        pipeline.plan()
        return pipeline

    def fragment(self, text: str, source: str, position: int, *, takes_rows: bool = True) -> Pipeline:
        """A pipeline from a text of its own (a foreach template); errors point at `position` in `source`."""
        try:
            return self.pipeline(text, 0, len(text), takes_rows=takes_rows)
        except SplError as error:
            raise _moved(error, text, source, position) from error

    def expression(self, text: str, source: str | None = None, position: int | None = None) -> Expression:
        """An eval expression from a text of its own (`reset_after="(...)"`, EVAL- of props.conf).

        source, position: where to point when it is wrong; default: the text itself.
        """
        from .eval.parser import parse_expression

        try:
            compiled, stop = parse_expression(self, "eval", text, 0, len(text))
            stop = skip_space(text, stop, len(text))
            if stop < len(text):
                raise SplSyntaxError(f"The expression is malformed: unexpected {text[stop:]!r}.", text, stop)
            return compiled
        except SplError as error:
            if source is None or position is None:
                raise
            raise _moved(error, text, source, position) from error

    def search_expression(self, text: str, *, reads_index: bool = False) -> SearchExpression:
        """A search expression from a text of its own (an event type, `searchmatch`); macros in it are expanded.

        reads_index: it selects stored events: event types inside it stand for their searches.
        """
        from .search_expression import parse_search

        expanded = self.expand(text)
        compiled, _ = parse_search(self, "search", expanded, 0, len(expanded), reads_index=reads_index)
        return compiled

    @contextmanager
    def inside_eventtype(self, name: str, source: str, position: int) -> Iterator[None]:
        """Guards the expansion of an event type. Raises SplSyntaxError when it is inside itself."""
        if name in self._eventtypes:
            chain = " > ".join([*self._eventtypes, name])
            raise SplSyntaxError(f"The event type '{name}' contains itself: {chain}.", source, position)
        self._eventtypes.append(name)
        try:
            yield
        except SplError as error:
            raise _moved(error, f"eventtype {name}", source, position) from error
        finally:
            self._eventtypes.pop()

    # -- inside

    def _pipeline(
        self, text: str, start: int, end: int, *, takes_rows: bool = False, implicit_search: bool = False
    ) -> Pipeline:
        spans = split_pipeline(text, start, end)
        if len(spans) > 1 and not text[slice(*spans[0])].strip():
            del spans[0]
        commands: list[Command] = []
        for place, (begin, stop) in enumerate(spans):
            first = place == 0
            if first and implicit_search:
                commands.append(self._parse(SearchCommand, "search", text, begin, stop, first=True))
            else:
                commands.append(self._command(text, begin, stop, first=first and not takes_rows, alone=first))
        return Pipeline(commands)

    def _command(self, text: str, start: int, end: int, *, first: bool, alone: bool) -> Command:
        name = token_at(text, start, end)
        if name.kind is Kind.END:
            raise SplSyntaxError("A search command is missing here.", text, min(start, len(text)))
        if name.kind is not Kind.WORD:
            raise SplSyntaxError("Expected the name of a search command.", text, name.start)
        known = self.known.get(name.text.lower())
        if known is not None:
            command = self._parse(known, name.text.lower(), text, name.end, end, first=first)
        else:
            command = self._custom(name, text, end)
        self._check_place(command, name, text, first=first, alone=alone)
        return command

    def _parse(self, known: type[Command], name: str, text: str, start: int, end: int, *, first: bool) -> Command:
        args = Arguments(self, name, text, start, end, first=first)
        command = known.parse(args, self)
        args.expect_end()
        return command

    def _custom(self, name: Token, text: str, end: int) -> Command:
        custom = self.environment.custom_command(name.text.lower())
        if custom is None:
            raise Unsupported(name.text, f"Unknown or unsupported search command '{name.text}'.", text, name.start)
        return _Custom(custom, text[name.end : end].strip())

    def _check_place(self, command: Command, name: Token, text: str, *, first: bool, alone: bool) -> None:
        generating = command.placement == "generating"
        if first and not generating and not command.may_be_first:
            raise SplSyntaxError(
                f"Error in '{name.text}' command: it does not generate rows, so it cannot be the first command.",
                text,
                name.start,
            )
        if generating and not first:
            raise SplSyntaxError(
                f"Error in '{name.text}' command: This command must be the first command of a search.", text, name.start
            )

    def _evaluate_text(self, expression: str, source: str, position: int) -> Value | None:
        """The value of an expression that needs no fields (macros with iseval or a validation)."""
        return self.expression(expression, source, position)({}, Search(self.environment))


def _moved(error: SplError, text: str, source: str, position: int) -> SplError:
    """The same error, pointing at the place in the search that the text came from."""
    where = f" (in: {text.strip()})"
    if isinstance(error, Unsupported):
        return Unsupported(error.what, error.message + where, source, position)
    return type(error)(error.message + where, source, position)
