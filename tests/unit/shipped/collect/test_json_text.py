"""Records are cut out of answers as the vendor wrote them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.errors import ContentUnreadable
from mail_threats.feeds.json_text import array_records, page_records

SPACES = st.text(alphabet=" \t\r\n", max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def written_values(draw: st.DrawFn) -> str:
    return json.dumps(draw(VALUES), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1])))


@given(st.lists(written_values()), st.lists(SPACES, min_size=40, max_size=40))
def test_every_record_keeps_its_text(texts: list[str], spaces: list[str]) -> None:
    gap = iter(spaces * 10)
    body = next(gap) + "[" + next(gap)
    body += (next(gap) + "," + next(gap)).join(texts) + next(gap) + "]" + next(gap)
    encoded = body.encode("utf-8", "surrogatepass")
    found = [record.raw for record in array_records(encoded, "blob")]
    assert found == [text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape") for text in texts]


@given(st.lists(written_values()), SPACES, st.booleans())
def test_page_yields_its_records_and_its_other_members(texts: list[str], space: str, link_first: bool) -> None:
    members = [f'"value"{space}:{space}[{",".join(texts)}]', f'"@odata.nextLink":{space}"https://graph.example.com/x"']
    body = "{" + f"{space},{space}".join(reversed(members) if link_first else members) + "}"
    page = page_records(body.encode("utf-8", "surrogatepass"), "value", "page")
    assert len(page.records) == len(texts)
    assert page.other == {"@odata.nextLink": "https://graph.example.com/x"}


BROKEN_ARRAYS = [
    pytest.param(b"", "empty", id="nothing"),
    pytest.param(b" \n", "empty", id="white space"),
    pytest.param(b"<html>", "markup", id="a web page"),
    pytest.param(b'{"a":1}', "an object", id="an object"),
    pytest.param(b'[{"a":1}', "breaks off", id="no closing bracket"),
    pytest.param(b'[{"a":1},', "breaks off", id="ends after a comma"),
    pytest.param(b'[{"a":1},]', "malformed", id="comma before the bracket"),
    pytest.param(b'[{"a":1} {"b":2}]', "malformed", id="no comma"),
    pytest.param(b'[{"a":', "breaks off", id="ends inside a record"),
    pytest.param(b'[{"a":1}]x', "goes on", id="something behind it"),
    pytest.param(b'["' + b"x" * 10, "breaks off", id="ends inside a string"),
    pytest.param(b"[" * 100_000, "nested too deeply", id="100,000 brackets"),
]


@pytest.mark.parametrize(("body", "words"), BROKEN_ARRAYS)
def test_array_that_is_not_whole_is_refused_with_words(body: bytes, words: str) -> None:
    with pytest.raises(ContentUnreadable, match=words):
        list(array_records(body, "Content 7"))


def test_records_before_the_damage_come_out() -> None:
    records = array_records(b'[{"a":1},{"b":2},{"c"', "Content 7")
    assert [next(records).raw, next(records).raw] == ['{"a":1}', '{"b":2}']
    with pytest.raises(ContentUnreadable, match="Content 7"):
        next(records)


BROKEN_PAGES = [
    pytest.param(b"[]", "an array", id="an array"),
    pytest.param(b'{"value":{}}', "no array 'value'", id="value is an object"),
    pytest.param(b"{}", "no array 'value'", id="no value"),
    pytest.param(b'{"value":[1,2', "breaks off", id="ends inside the array"),
    pytest.param(b'{"value":[]', "breaks off", id="ends before the brace"),
    pytest.param(b'{"value" []}', "malformed", id="no colon"),
    pytest.param(b'{"value":[], 7: 1}', "malformed", id="a name that is no string"),
]


@pytest.mark.parametrize(("body", "words"), BROKEN_PAGES)
def test_page_that_is_not_whole_is_refused_with_words(body: bytes, words: str) -> None:
    with pytest.raises(ContentUnreadable, match=words):
        page_records(body, "value", "page")


TOLERATED = [
    pytest.param(b"\xef\xbb\xbf[1]", ["1"], id="byte order mark"),
    pytest.param(b'["a\x01b"]', ['"a\x01b"'], id="control character in a string"),
    pytest.param(b'["\xff"]', ['"\udcff"'], id="a byte that is no UTF-8"),
    pytest.param(b"[" + b"9" * 10_000 + b"]", ["9" * 10_000], id="a number of 10,000 digits"),
    pytest.param(b"[NaN, 1e999]", ["NaN", "1e999"], id="numbers beyond JSON"),
]


@pytest.mark.parametrize(("body", "expected"), TOLERATED)
def test_oddity_that_was_seen_is_tolerated(body: bytes, expected: list[str]) -> None:
    assert [record.raw for record in array_records(body, "blob")] == expected
