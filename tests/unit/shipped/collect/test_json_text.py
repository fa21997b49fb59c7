"""Records are cut out of answers as the vendor wrote them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.errors import ContentUnreadable
from mail_threats.feeds.json_text import page_records

SPACES = st.text(alphabet=" \t\r\n", max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@st.composite
def written_values(draw: st.DrawFn) -> str:
    return json.dumps(draw(VALUES), ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1])))


@given(st.lists(written_values()), SPACES, st.booleans())
def test_page_yields_its_records_and_its_other_members(texts: list[str], space: str, link_first: bool) -> None:
    members = [f'"value"{space}:{space}[{",".join(texts)}]', f'"@odata.nextLink":{space}"https://graph.example.com/x"']
    body = "{" + f"{space},{space}".join(reversed(members) if link_first else members) + "}"
    page = page_records(body.encode("utf-8", "surrogatepass"), "value", "page")
    assert len(page.records) == len(texts)
    assert page.other == {"@odata.nextLink": "https://graph.example.com/x"}


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
    pytest.param(b'\xef\xbb\xbf{"value":[1]}', ["1"], id="byte order mark"),
    pytest.param(b'{"value":["a\x01b"]}', ['"a\x01b"'], id="control character in a string"),
    pytest.param(b'{"value":["\xff"]}', ['"\udcff"'], id="a byte that is no UTF-8"),
    pytest.param(b'{"value":[' + b"9" * 10_000 + b"]}", ["9" * 10_000], id="a number of 10,000 digits"),
    pytest.param(b'{"value":[NaN, 1e999]}', ["NaN", "1e999"], id="numbers beyond JSON"),
]


@pytest.mark.parametrize(("body", "expected"), TOLERATED)
def test_oddity_that_was_seen_is_tolerated(body: bytes, expected: list[str]) -> None:
    assert [record.raw for record in page_records(body, "value", "page").records] == expected
