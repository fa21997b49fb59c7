"""Words, quotes, brackets and pipes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.splunk.spl.errors import SplError, SplSyntaxError
from lab.splunk.spl.tokens import Kind, split_pipeline, token_at, unescape


def shown(text: str) -> str:
    """The tokens of a text: words bare, strings in "", fields in '', brackets in [], punctuation in <>."""
    marks = {Kind.WORD: "{}", Kind.STRING: '"{}"', Kind.FIELD: "'{}'", Kind.BRACKET: "[{}]", Kind.PUNCTUATION: "<{}>"}
    found = []
    place = 0
    while True:
        token = token_at(text, place, len(text))
        if token.kind is Kind.END:
            return " ".join(found)
        found.append(marks[token.kind].format(token.text))
        place = token.end


TOKENS = [
    pytest.param("a b-c _x* i{}.id", "a b-c _x* i{}.id", id="words"),
    pytest.param('x="a b"', 'x <=> "a b"', id="option"),
    pytest.param("count(x)as y", "count <(> x <)> as y", id="call"),
    pytest.param("a!=b", "a <!=> b", id="not equal"),
    pytest.param("a!b", "a!b", id="exclamation mark in a word"),
    pytest.param("a<=b>c", "a <<=> b <>> c", id="order"),
    pytest.param("-num -5 +x", "-num -5 +x", id="signs belong to words"),
    pytest.param('[a [b] "]"] c', '[a [b] "]"] c', id="brackets"),
    pytest.param("'a b' c'd", "'a b' c'd", id="single quotes"),
    pytest.param(r'"\d \" \\"', '"\\d " \\"', id="escapes"),
    pytest.param("a,b", "a <,> b", id="comma"),
    pytest.param("", "", id="nothing"),
]


@pytest.mark.parametrize(("text", "expected"), TOKENS)
def test_text_is_cut_into_tokens(text: str, expected: str) -> None:
    assert shown(text) == expected


PIPELINES = [
    pytest.param("a | b|c", ["a ", " b", "c"], id="pipes"),
    pytest.param('x="a|b" | y', ['x="a|b" ', " y"], id="pipe in quotes"),
    pytest.param("a [b | c] | d", ["a [b | c] ", " d"], id="pipe in brackets"),
    pytest.param('a "[" | b', ['a "[" ', " b"], id="bracket in quotes"),
    pytest.param(r'"a\"|b" | c', [r'"a\"|b" ', " c"], id="escaped quote"),
    pytest.param(r"a\|b | c", [r"a\|b ", " c"], id="escaped pipe"),
    pytest.param("", [""], id="nothing"),
]


@pytest.mark.parametrize(("text", "expected"), PIPELINES)
def test_pipeline_is_split(text: str, expected: list[str]) -> None:
    assert [text[begin:end] for begin, end in split_pipeline(text, 0, len(text))] == expected


BROKEN = [
    pytest.param('a "b', 3, "Unbalanced quotes", id="quote"),
    pytest.param("a [b", 3, "Unbalanced brackets", id="bracket open"),
    pytest.param("a b]", 4, "Unbalanced brackets", id="bracket too many"),
    pytest.param('a ["b]', 4, "Unbalanced quotes", id="quote in a bracket"),
]


@pytest.mark.parametrize(("text", "column", "words"), BROKEN)
def test_what_is_not_closed_is_refused(text: str, column: int, words: str) -> None:
    with pytest.raises(SplSyntaxError, match=re.escape(words)) as refused:
        split_pipeline(text, 0, len(text))
    assert refused.value.line_and_column == (1, column)


plain = st.text(st.characters(exclude_characters='"[]|\\'), min_size=1, max_size=8)
quoted = st.text(max_size=8).map(lambda body: '"' + body.replace("\\", "\\\\").replace('"', '\\"') + '"')
simple = st.lists(st.one_of(plain, quoted), max_size=4).map(" ".join)
bracketed = simple.map(lambda inner: f"[{inner}]")
segment = st.lists(st.one_of(plain, quoted, bracketed), max_size=4).map(" ".join)


@given(st.lists(segment, min_size=1, max_size=5))
def test_splitting_undoes_joining(segments: list[str]) -> None:
    text = "|".join(segments)
    assert [text[begin:end] for begin, end in split_pipeline(text, 0, len(text))] == segments


@given(st.text(max_size=20))
def test_a_quoted_text_is_read_back(body: str) -> None:
    written = '"' + body.replace("\\", "\\\\").replace('"', '\\"') + '"'
    token = token_at(written, 0, len(written))
    assert (token.kind, token.text, token.end) == (Kind.STRING, body, len(written))


def place_of_error(read: Callable[[], object]) -> int:
    """Where reading fails; 0 when it does not."""
    try:
        read()
    except SplError as error:
        return -1 if error.position is None else error.position
    return 0


@given(st.text(max_size=40))
def test_any_text_is_cut_or_refused_with_its_place(text: str) -> None:
    assert 0 <= place_of_error(lambda: shown(text)) <= len(text)
    assert 0 <= place_of_error(lambda: split_pipeline(text, 0, len(text))) <= len(text)


@given(st.text(max_size=40))
def test_unescaping_text_without_backslashes_changes_nothing(text: str) -> None:
    body = text.replace("\\", "")
    assert unescape(body) == body


def test_an_error_shows_the_line_and_a_caret() -> None:
    text = "search index=main\n| eval x=1 |  where (a=1"
    error = SplSyntaxError("Something is wrong.", text, text.index("(a"))
    assert str(error) == (
        "Something is wrong. (line 2, column 21)\n  | eval x=1 |  where (a=1\n                      ^"
    )


def test_an_error_in_a_long_line_shows_the_part_round_it() -> None:
    text = "a" * 500 + "#" + "b" * 500
    shown = str(SplSyntaxError("Wrong.", text, 500)).splitlines()
    assert len(shown[1]) <= 102
    assert shown[1][shown[2].index("^")] == "#"
