"""From text to pipeline: what comes first, where commands run, which fields are read, what is refused before any row
runs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

import pytest
from memory_environment import MemoryEnvironment

from lab.splunk.spl import run
from lab.splunk.spl.arguments import Arguments
from lab.splunk.spl.command import Command, Needed, add_needed
from lab.splunk.spl.compiler import Compiler
from lab.splunk.spl.environment import Macro
from lab.splunk.spl.errors import SplError, SplSyntaxError, Unsupported
from lab.splunk.spl.search import Search
from lab.splunk.spl.values import Row

INDEXED: list[Row] = [
    {"_time": "1577836800", "_raw": "a", "user": "x", "other": "1", "index": "main"},
    {"_time": "1577836801", "_raw": "b", "user": "y", "other": "2", "index": "main"},
]


class Roles(Command):
    """A command of these tests: says in which role it ran."""

    name = "roles"
    seen: ClassVar[list[str]] = []

    def __init__(self, placement: str, fields: Needed) -> None:
        self.placement = placement
        self.fields = fields

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        return cls(args.word(), frozenset(args.field_list()))

    def needed(self, after: Needed) -> Needed:
        return add_needed(after, self.fields)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        Roles.seen.append(search.role)
        return rows


class Make(Command):
    """A command of these tests: makes one row."""

    name = "make"
    placement = "generating"

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        return cls()

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        return iter([{"x": "1"}])


class Only(Command):
    """A command of these tests: a table of the named fields."""

    name = "only"
    placement = "transforming"

    def __init__(self, fields: list[str]) -> None:
        self.fields = fields

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        return cls(args.field_list())

    def needed(self, after: Needed) -> Needed:
        return frozenset(self.fields)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        return ({name: row[name] for name in self.fields if name in row} for row in rows)


def compiler(environment: MemoryEnvironment | None = None) -> Compiler:
    from lab.splunk.spl.registry import by_name
    from lab.splunk.spl.search_command import SearchCommand

    return Compiler(environment or MemoryEnvironment(), by_name((SearchCommand, Roles, Make, Only)))


FIRST = [
    pytest.param("| make", ["make"], id="generating command"),
    pytest.param("index=main | only x", ["search", "only"], id="search left out"),
    pytest.param("search index=main", ["search"], id="search written"),
    pytest.param("SEARCH index=main", ["search"], id="in capitals"),
    pytest.param("searching", ["search"], id="a word that begins like it is a term"),
    pytest.param("  ```note``` | make", ["make"], id="behind a comment"),
    pytest.param('"make"', ["search"], id="a quoted word is a term"),
    pytest.param("`source` | only x", ["search", "only"], id="a macro is searched for"),
    pytest.param("| `generator`", ["make"], id="a macro behind a pipe is a command"),
    pytest.param("[| make] | only x", ["search", "only"], id="a subsearch is searched for"),
]


@pytest.mark.parametrize(("text", "expected"), FIRST)
def test_a_search_begins(text: str, expected: list[str]) -> None:
    environment = MemoryEnvironment(macros={("source", 0): Macro("index=main"), ("generator", 0): Macro("make")})
    assert [command.name for command in compiler(environment).search(text).commands] == expected


REFUSED = [
    pytest.param("| only x", 3, "cannot be the first command", id="not generating in front"),
    pytest.param("index=main | make", 14, "must be the first command", id="generating behind"),
    pytest.param("| make | nosuch x", 10, "'nosuch'", id="unknown command"),
    pytest.param("| make | | only x", 9, "command is missing", id="empty between pipes"),
    pytest.param("| make |", 9, "command is missing", id="empty at the end"),
    pytest.param("|", 2, "command is missing", id="empty alone"),
    pytest.param('| "make"', 3, "name of a search command", id="name in quotes"),
    pytest.param("| make extra", 8, "unexpected 'extra'", id="arguments left over"),
    pytest.param("index=main [only x]", 13, "cannot be the first command", id="subsearch that does not generate"),
    pytest.param("index=main [| nosuch]", 15, "'nosuch'", id="unknown command in a subsearch"),
    pytest.param("index=main\n| only x\n| nosuch", 3, "'nosuch'", id="on the third line"),
]


@pytest.mark.parametrize(("text", "column", "words"), REFUSED)
def test_refused_before_any_row_runs(text: str, column: int, words: str) -> None:
    environment = MemoryEnvironment(indexed=INDEXED)
    with pytest.raises((SplSyntaxError, Unsupported), match=re.escape(words)) as refused:
        compiler(environment).search(text)
    place = refused.value.line_and_column
    assert place is not None
    assert place[1] == column
    assert environment.scopes == []


def test_unknown_command_is_named() -> None:
    with pytest.raises(Unsupported) as refused:
        compiler().search("| make | Predict x")
    assert refused.value.what == "Predict"


def test_subsearches_in_each_other_are_refused_at_some_depth() -> None:
    with pytest.raises(SplSyntaxError, match="nested too deeply"):
        compiler().search("[search " * 200 + "x" + "]" * 200)


ROLES = [
    pytest.param("index=main | roles streaming | roles streaming", ["indexer", "indexer"], id="streaming"),
    pytest.param(
        "index=main | roles streaming | roles stateful | roles streaming",
        ["indexer", "search_head", "search_head"],
        id="up to the first that is not",
    ),
    pytest.param("index=main | roles dataset | roles streaming", ["search_head", "search_head"], id="dataset"),
    pytest.param("index=main | only user | roles streaming", ["search_head"], id="transforming"),
    pytest.param("| make | roles streaming", ["search_head"], id="no index read"),
]


@pytest.mark.parametrize(("text", "expected"), ROLES)
def test_commands_know_where_they_run(text: str, expected: list[str]) -> None:
    Roles.seen.clear()
    environment = MemoryEnvironment(indexed=INDEXED)
    list(compiler(environment).search(text).stream(Search(environment)))
    assert Roles.seen == expected


NEEDED = [
    pytest.param("index=main | only user", {"user"}, id="only what is read"),
    pytest.param("index=main | roles streaming other | only user", {"user", "other"}, id="by every command"),
    pytest.param("index=main | search other=1 | only user", {"user", "other"}, id="by a filter"),
    pytest.param("index=main", {"_time", "_raw", "user", "other", "index"}, id="everything when nothing narrows it"),
]


@pytest.mark.parametrize(("text", "expected"), NEEDED)
def test_an_index_read_extracts_the_fields_that_are_read(text: str, expected: set[str]) -> None:
    seen: list[set[str]] = []

    class Spy(Command):
        name = "spy"

        @classmethod
        def parse(cls, args: Arguments, compiler: Compiler) -> Command:
            return cls()

        def needed(self, after: Needed) -> Needed:
            return after

        def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
            for row in rows:
                seen.append(set(row))
                yield row

    environment = MemoryEnvironment(indexed=INDEXED)
    compiling = compiler(environment)
    compiling.known = {**compiling.known, "spy": Spy}
    first, bar, rest = text.partition(" |")
    list(compiling.search(f"{first} | spy {bar}{rest}").stream(Search(environment)))
    assert len(seen) == 2
    assert all(expected <= fields for fields in seen)
    if expected != {"_time", "_raw", "user", "other", "index"}:
        assert all("_raw" not in fields for fields in seen)


def test_given_rows_are_not_changed() -> None:
    rows: list[Row] = [{"a": ["1", "2"], "b": "x"}]
    run('eval b="y" | mvexpand a', MemoryEnvironment(), rows=rows)
    assert rows == [{"a": ["1", "2"], "b": "x"}]


def test_a_pipeline_runs_again_from_the_start() -> None:
    environment = MemoryEnvironment(indexed=INDEXED)
    pipeline = compiler(environment).search("index=main | only user")
    runs = [list(pipeline.stream(Search(environment))) for _ in range(2)]
    assert runs[0] == runs[1] == [{"user": "y"}, {"user": "x"}]


def test_messages_are_said_once() -> None:
    search = Search(MemoryEnvironment())
    for _ in range(3):
        search.warn("something was cut off")
    search.at("indexer").warn("something else")
    assert [(message.level, message.text) for message in search.messages] == [
        ("WARN", "something was cut off"),
        ("WARN", "something else"),
    ]


def test_inline_time_range_is_known_to_later_commands() -> None:
    environment = MemoryEnvironment(indexed=INDEXED, now=1577836900.0)
    search = Search(environment)
    list(compiler(environment).search("index=main earliest=-50s latest=-10s | only user").stream(search))
    assert (search.earliest, search.latest) == (1577836850, 1577836890)


def test_an_error_in_a_fragment_points_at_where_it_was_written() -> None:
    source = "foreach a* [nosuch <<FIELD>>]"
    with pytest.raises(SplError, match="nosuch") as refused:
        compiler().fragment("nosuch abc", source, 11)
    assert refused.value.text == source
    assert refused.value.position == 11


def test_two_commands_of_one_name_are_refused() -> None:
    from lab.splunk.spl.registry import by_name

    with pytest.raises(ValueError, match="two search commands are called make"):
        by_name((Make, Make))
