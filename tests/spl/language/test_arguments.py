"""The cursor that commands read their arguments with."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from memory_environment import MemoryEnvironment

from lab.splunk.spl.arguments import (
    Arguments,
    boolean,
    field,
    fields,
    integer,
    number,
    one_of,
    span,
    string,
)  # fmt: skip
from lab.splunk.spl.compiler import Compiler
from lab.splunk.spl.errors import SplError, SplSyntaxError, Unsupported
from lab.splunk.spl.times import Span

KINDS = {
    "limit": integer,
    "ratio": number,
    "show": boolean,
    "name": string,
    "by": field,
    "all": fields,
    "span": span,
    "mode": one_of("fast", "slow"),
}


def arguments(text: str) -> Arguments:
    whole = f"cmd {text}"
    return Arguments(Compiler(MemoryEnvironment(), {}), "cmd", whole, 3, len(whole))


OPTIONS = [
    pytest.param("limit=5 show=t rest", {"limit": 5, "show": True}, "rest", id="up to the first other word"),
    pytest.param('name="a b" by=x.y{}', {"name": "a b", "by": "x.y{}"}, "", id="values in quotes"),
    pytest.param("LIMIT=5", {"limit": 5}, "", id="names in any case"),
    pytest.param("limit = 5", {"limit": 5}, "", id="blanks round the equals sign"),
    pytest.param('all="a, b c"', {"all": ["a", "b", "c"]}, "", id="list in one value"),
    pytest.param("span=5m", {"span": Span(5, "m")}, "", id="span"),
    pytest.param("span=30", {"span": Span(30, "s")}, "", id="bare span is seconds"),
    pytest.param("mode=FAST ratio=-1.5", {"mode": "fast", "ratio": -1.5}, "", id="choice and number"),
    pytest.param("limit=-5 show=FALSE", {"limit": -5, "show": False}, "", id="negative, false"),
    pytest.param("x y", {}, "x y", id="none"),
]


@pytest.mark.parametrize(("text", "expected", "rest"), OPTIONS)
def test_options_are_read(text: str, expected: dict[str, Any], rest: str) -> None:
    args = arguments(text)
    assert args.options(KINDS) == expected
    assert args.rest() == rest


WRONG = [
    pytest.param("limit=x", 11, "expected an integer", id="integer"),
    pytest.param("limit=", 11, "expected an integer", id="value missing"),
    pytest.param("show=maybe", 10, "expected a boolean", id="boolean"),
    pytest.param("show=y", 10, "expected a boolean", id="y is no boolean"),
    pytest.param("span=5parsecs", 10, "expected a time span", id="span"),
    pytest.param("mode=odd", 10, "expected one of fast, slow", id="choice"),
    pytest.param("limit=1 limit=2", 13, "given twice", id="twice"),
    pytest.param("nope=1", 5, "unknown option 'nope'", id="unknown"),
    pytest.param("ratio=x", 11, "expected a number", id="number"),
    pytest.param('all=""', 9, "expected a list", id="empty list"),
    pytest.param("by='a b'", 8, "single quotes", id="single quotes"),
]


@pytest.mark.parametrize(("text", "column", "words"), WRONG)
def test_wrong_option_is_refused_at_its_place(text: str, column: int, words: str) -> None:
    with pytest.raises(SplError, match=re.escape(words)) as refused:
        arguments(text).options(KINDS)
    assert refused.value.line_and_column == (1, column)


def test_option_that_splunk_has_and_the_engine_has_not_is_refused_by_name() -> None:
    with pytest.raises(Unsupported) as refused:
        arguments("limit=5 delim=x").options(KINDS, unsupported=("delim",))
    assert refused.value.what == "the option delim"
    assert refused.value.line_and_column == (1, 13)


LISTS = [
    pytest.param("a b,c , d", ["a", "b", "c", "d"], "", id="commas and blanks"),
    pytest.param('"a b" c*', ["a b", "c*"], "", id="quotes and patterns"),
    pytest.param("a, b AS c", ["a", "b"], "AS c", id="stop word in any case"),
    pytest.param("a limit=5", ["a"], "limit=5", id="up to an option"),
    pytest.param("a) b", ["a"], ") b", id="up to punctuation"),
    pytest.param("", [], "", id="none"),
]


@pytest.mark.parametrize(("text", "expected", "rest"), LISTS)
def test_field_list(text: str, expected: list[str], rest: str) -> None:
    args = arguments(text)
    assert args.field_list(stop=("as",)) == expected
    assert args.rest() == rest


def test_a_comma_without_a_field_behind_it_is_refused() -> None:
    with pytest.raises(SplSyntaxError, match="behind the comma"):
        arguments("a, ").field_list()


EXPECTED: list[Any] = [
    pytest.param(lambda args: args.integer(), "x", "expected an integer", id="integer"),
    pytest.param(lambda args: args.string(), "x", "expected a quoted string", id="string"),
    pytest.param(lambda args: args.word(), "(", "expected a word", id="word"),
    pytest.param(lambda args: args.field(), "", "expected a field name", id="field"),
    pytest.param(lambda args: args.expect("("), "x", "expected '('", id="punctuation"),
    pytest.param(lambda args: args.expect_end(), "x y", "unexpected 'x'", id="end"),
    pytest.param(lambda args: args.subsearch(), "x", "expected a subsearch", id="subsearch"),
    pytest.param(lambda args: args.bracket(), "x", "expected [ ]", id="bracket"),
]


@pytest.mark.parametrize(("read", "text", "words"), EXPECTED)
def test_what_is_not_there_is_named(read: Callable[[Arguments], object], text: str, words: str) -> None:
    with pytest.raises(SplSyntaxError, match=re.escape(words)) as refused:
        read(arguments(text))
    assert "'cmd' command" in str(refused.value)
    assert refused.value.line_and_column == (1, 5)


def test_words_are_accepted_in_any_case() -> None:
    args = arguments("BY x as y")
    assert args.accept_word("over", "by") == "by"
    assert args.next_is_word("as") is False
    assert args.word() == "x"
    assert args.accept_word("by") is None
    assert args.accept_word("as") == "as"
    assert args.field() == "y"
    assert args.at_end


def test_an_expression_ends_where_it_cannot_go_on() -> None:
    args = arguments("a+1, b=2) AS x")
    assert args.expression().fields == {"a"}
    assert args.accept(",")
    assert args.expression().fields == {"b"}
    args.expect(")")
    assert args.accept_word("as") == "as"
    assert args.word() == "x"


def test_a_search_expression_ends_at_a_stop_word() -> None:
    args = arguments("a=1 by=2 BY c")
    assert args.search_expression(stop=("by",)).fields == {"a", "by"}
    assert args.rest() == "BY c"
