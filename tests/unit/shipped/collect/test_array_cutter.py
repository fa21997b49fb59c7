"""Records are cut out of an array as the vendor wrote them, whatever their strings hold and wherever a piece ends."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.errors import ContentUnreadable
from mail_threats.feeds.array_cutter import ArrayCutter
from mail_threats.timestamps import event_time

TIMES = [
    "2026-03-01T10:20:30",
    "2026-03-01T10:20:59",
    "2026-03-01T10:20:30.1234567Z",
    "2026-03-01T10:20:61",
    "soon",
    "",
]
# What a cutter that looks at less than everything would fall over.
TRAPS = [
    "},{",
    '"},{"CreationTime":"',
    "[",
    "]",
    "{",
    "}",
    '\\"',
    "\\",
    '"Id":"',
    "Id",
    "CreationTime",
    "\u00e9",
    "\n",
    "",
]
TEXTS = st.lists(st.sampled_from(TRAPS) | st.text(max_size=3), max_size=4).map("".join)
NAMES = st.sampled_from(["Id", "CreationTime", "a", "AppAccessContext"]) | TEXTS
SPACES = st.text(alphabet=" \t\r\n", max_size=2)


class Pairs(list):  # type: ignore[type-arg]
    """The members of an object, in order; a name may come twice."""


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | st.sampled_from(TIMES),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(NAMES, inner), max_size=3).map(Pairs),
    max_leaves=6,
)
COMMON = st.tuples(
    st.sampled_from(["CreationTime", "Id"]), st.sampled_from(TIMES) | TEXTS | st.uuids().map(str) | st.none()
)
RECORDS = st.lists(COMMON | st.tuples(NAMES, VALUES), max_size=6).map(Pairs)


class Writer:
    """Writes a value as some JSON writer might: its spaces and its choice of escapes are drawn."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._spaced = draw(st.booleans())
        self._escaped = draw(st.sampled_from(["never", "always", "first"]))

    def value(self, value: Any) -> str:
        if isinstance(value, Pairs):
            members = [self.text(name) + self.space() + ":" + self.space() + self.value(v) for name, v in value]
            return self._enclosed("{", members, "}")
        if isinstance(value, list):
            return self._enclosed("[", [self.value(item) for item in value], "]")
        return self.text(value) if isinstance(value, str) else json.dumps(value)

    def text(self, text: str) -> str:
        plain = json.dumps(text, ensure_ascii=False)[1:-1]
        if self._escaped == "always" and text.isalnum() and text.isascii():
            plain = "".join(f"\\u{ord(character):04x}" for character in text)
        if self._escaped == "first" and text[:1].isalpha() and text[:1].isascii():
            plain = f"\\u{ord(text[0]):04X}" + json.dumps(text[1:])[1:-1]
        return f'"{plain}"'

    def space(self) -> str:
        return self._draw(SPACES) if self._spaced else ""

    def _enclosed(self, left: str, parts: list[str], right: str) -> str:
        inside = (self.space() + "," + self.space()).join(parts)
        return left + self.space() + inside + self.space() + right


@st.composite
def arrays(draw: st.DrawFn, values: st.SearchStrategy[Any] = RECORDS) -> tuple[list[bytes], bytes]:
    """The records of an array, as written, and the whole array."""
    writer = Writer(draw)
    texts = [writer.value(value) for value in draw(st.lists(values, max_size=6))]
    mark = "\ufeff" if draw(st.booleans()) else ""
    whole = mark + writer.space() + "[" + writer.space()
    whole += (writer.space() + "," + writer.space()).join(texts) + writer.space() + "]" + writer.space()
    return [text.encode("utf-8", "surrogatepass") for text in texts], whole.encode("utf-8", "surrogatepass")


class Found:
    """What came out of a cutter that was fed with pieces."""

    def __init__(self, pieces: list[bytes]) -> None:
        cutter = ArrayCutter("Content 7")
        self.raws: list[bytes] = []
        self.keys: list[bytes] = []
        self.times: list[bytes] = []
        self.odd: set[int] = set()
        self.fault: ContentUnreadable | None = None
        for cut in [*(cutter.feed(piece) for piece in pieces), cutter.finish()]:
            self.odd |= {len(self.raws) + position for position in cut.odd}
            self.raws += cut.raws
            self.keys += cut.keys
            self.times += cut.times
            self.fault = cut.fault
            if cut.fault is not None:
                break


def identity(raw: bytes) -> tuple[bytes, bytes]:
    """What a JSON parser makes of a record: the text for <time>, and its key."""
    value = json.loads(raw.decode("utf-8", "surrogateescape"), strict=False, object_pairs_hook=Pairs)
    fields: dict[str, Any] = {}
    for name, member in value if isinstance(value, Pairs) else ():
        fields.setdefault(name, member)
    key, created = fields.get("Id"), fields.get("CreationTime")
    return (
        event_time(created).encode() if isinstance(created, str) else b"",
        key.encode("utf-8", "surrogatepass") if isinstance(key, str) and key else raw,
    )


def pieces_of(body: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted({cut % (len(body) + 1) for cut in cuts}), len(body)]
    return [body[start:end] for start, end in zip(edges, edges[1:])]


@given(arrays(), st.lists(st.integers(0, 10_000), max_size=8))
def test_every_record_comes_out_as_written_with_its_own_id_and_time(array, cuts: list[int]) -> None:
    records, body = array
    found = Found(pieces_of(body, cuts))
    assert found.fault is None
    assert found.raws == records
    assert list(zip(found.times, found.keys)) == [identity(raw) for raw in records]
    assert found.odd == {number for number, raw in enumerate(records) if any(byte < 0x20 for byte in raw)}


@given(arrays(VALUES | RECORDS))
def test_pieces_may_end_anywhere(array) -> None:
    records, body = array
    for at in range(len(body) + 1):
        found = Found([body[:at], body[at:]])
        assert (found.fault, found.raws) == (None, records), at


RECORD = (
    b'{"CreationTime":"2026-03-01T10:20:30","Id":"3f1c","Operation":"Send","Item":{"Id":"x","Folders":[{"Id":"y"}]}}'
)
CONTEXT = (
    b'{"AppAccessContext":{"ClientAppId":"z"},"CreationTime":"2026-03-01T10:20:30","Id":"4a2d","A":[{"b":1},{"c":2}]}'
)
LIKE_THE_VENDORS = [
    pytest.param(RECORD, b"3f1c", id="time and id first"),
    pytest.param(CONTEXT, b"4a2d", id="an object before them"),
    pytest.param(RECORD.replace(b"Send", rb"\\Inbox\r\n \"{[\" \u0041"), b"3f1c", id="escapes"),
    pytest.param(RECORD.replace(b"Send", b"a}b]c{d["), b"3f1c", id="brackets in a string"),
    pytest.param(RECORD.replace(b"Send", "Zoë 日本".encode()), b"3f1c", id="not ASCII"),
    pytest.param(CONTEXT.replace(b'"z"', b'"z","Id":"no"'), b"4a2d", id="another Id before it"),
    pytest.param(RECORD.replace(b'"Operation"', b'"Id":"later","Operation"'), b"3f1c", id="its Id twice"),
    pytest.param(b'{"Id":"first",' + RECORD[1:], b"first", id="its Id twice, apart"),
    pytest.param(
        RECORD.replace(b'"Send"', b'[{"CreationTime":"x","Id":"n"},' + RECORD + b"]"), b"3f1c", id="records in it"
    ),
    pytest.param(b'{"\\u0049d":"escaped",' + RECORD[1:], b"escaped", id="an escaped name"),
]


@pytest.mark.parametrize("others", [0, 1, 700])
@pytest.mark.parametrize(("record", "key"), LIKE_THE_VENDORS)
def test_records_as_the_service_writes_them(record: bytes, key: bytes, others: int) -> None:
    body = b"[" + b",".join([RECORD] * others + [record] + [CONTEXT] * others) + b"]"
    found = Found([body[at : at + 9999] for at in range(0, len(body), 9999)])
    assert found.fault is None
    assert found.raws == [RECORD] * others + [record] + [CONTEXT] * others
    assert found.keys == [b"3f1c"] * others + [key] + [b"4a2d"] * others


@given(arrays(), st.integers(0, 10_000))
def test_array_that_breaks_off_gives_what_came_whole_and_says_so(array, at: int) -> None:
    records, body = array
    found = Found([body[: at % len(body.rstrip())]])
    assert found.fault is not None
    assert found.raws == records[: len(found.raws)]


BROKEN = [
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
    pytest.param(b"[" + RECORD + b"," + RECORD[:-1] + b"," + RECORD + b"]", "breaks off", id="a brace is missing"),
]


@pytest.mark.parametrize(("body", "words"), BROKEN)
def test_text_that_is_not_one_whole_array_is_refused_with_words(body: bytes, words: str) -> None:
    found = Found([body])
    assert found.fault is not None
    assert words in str(found.fault)
    assert "Content 7" in str(found.fault)


def test_records_before_the_damage_come_out() -> None:
    found = Found([b'[{"a":1},{"b":2},{"c"'])
    assert found.raws == [b'{"a":1}', b'{"b":2}']
    assert found.fault is not None


def test_damage_in_front_is_told_before_the_end_has_come() -> None:
    cutter = ArrayCutter("Content 7")
    assert cutter.feed(b'[{"a" 1},' + b'{"b":2},' * 20_000).fault is not None


TOLERATED = [
    pytest.param(b"\xef\xbb\xbf[1]", [b"1"], id="byte order mark"),
    pytest.param(b'["a\x01b"]', [b'"a\x01b"'], id="control character in a string"),
    pytest.param(b'["\xff"]', [b'"\xff"'], id="a byte that is no UTF-8"),
    pytest.param(b"[" + b"9" * 10_000 + b"]", [b"9" * 10_000], id="a number of 10,000 digits"),
    pytest.param(b"[NaN, 1e999]", [b"NaN", b"1e999"], id="numbers beyond JSON"),
]


@pytest.mark.parametrize(("body", "expected"), TOLERATED)
def test_oddity_that_was_seen_is_tolerated(body: bytes, expected: list[bytes]) -> None:
    found = Found([body])
    assert (found.fault, found.raws) == (None, expected)


def test_one_long_record_is_not_read_over_and_over() -> None:
    # Half a megabyte in a thousand pieces: reading all of it for each would take minutes.
    record = b'{"a":"' + b"x" * 5_000_000 + b'"}'
    body = b"[" + record + b"]"
    found = Found([body[at : at + 5000] for at in range(0, len(body), 5000)])
    assert (found.fault, found.raws) == (None, [record])
