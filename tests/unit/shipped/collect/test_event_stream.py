"""What splunkd reads is what the vendor wrote."""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import IO
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.errors import OutputClosed
from mail_threats.feeds.raw_event import RawEvent, RawEvents
from mail_threats.splunkio.event_stream import EventStream, safe_text

STANZA = 'entra_sign_ins://a "quoted" & <odd> name'


def stream(events: list[RawEvent], index: str = "") -> ElementTree.Element:
    output = io.BytesIO()
    events_out = EventStream(output, STANZA, index)
    events_out.write(events)
    events_out.close()
    return ElementTree.fromstring(output.getvalue())


def event(raw: str, time: str = "1700000000.25") -> RawEvent:
    return RawEvent(time, "the source", "the:sourcetype", raw, "key")


XML_TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc"), blacklist_characters="\ufffe\uffff"))


@given(st.lists(XML_TEXT | st.sampled_from(["two\nlines", "a\rb\r\nc", "\ttab", "]]>", "x" * 200_000])))
def test_text_that_xml_can_carry_arrives_unchanged(raws: list[str]) -> None:
    assert [data.text or "" for data in stream([event(raw) for raw in raws]).iter("data")] == raws


@given(st.text(st.characters()))
def test_any_text_gives_well_formed_xml_and_reads_the_same_as_json(text: str) -> None:
    raw = f'{{"field":{json.dumps(text, ensure_ascii=False)}}}'
    (data,) = stream([event(raw)]).iter("data")
    assert data.text is not None
    assert json.loads(data.text) == {"field": text}


def test_event_names_its_stanza_place_and_time() -> None:
    (element,) = stream([event("{}")], index="m365")
    assert element.attrib == {"stanza": STANZA}
    assert {child.tag: child.text for child in element} == {
        "time": "1700000000.25",
        "sourcetype": "the:sourcetype",
        "source": "the source",
        "index": "m365",
        "data": "{}",
    }


@pytest.mark.parametrize("index", ["", "default"])
def test_default_index_and_unknown_time_are_left_to_splunkd(index: str) -> None:
    (element,) = stream([event("{}", time="")], index=index)
    assert [child.tag for child in element] == ["sourcetype", "source", "data"]


def test_an_event_is_never_marked_as_a_piece_of_a_stream() -> None:
    (element,) = stream([event("two\nlines")])
    assert "unbroken" not in element.attrib
    assert element.find("done") is None


def test_nothing_leaves_before_the_flush() -> None:
    output = io.BytesIO()
    events_out = EventStream(output, STANZA, "")
    assert events_out.write([event("x" * 100_000)]) == 100_000
    assert output.getvalue() == b""
    events_out.flush()
    assert output.getvalue().startswith(b"<stream>\n<event ")


def test_what_is_pushed_and_what_is_flushed_leave_in_order() -> None:
    output = io.BytesIO()
    events_out = EventStream(output, STANZA, "")
    for number in range(100):
        events_out.write([event(str(number))])
        events_out.push()
    events_out.write([event("last")])
    events_out.close()
    texts = [data.text for data in ElementTree.fromstring(output.getvalue()).iter("data")]
    assert texts == [*map(str, range(100)), "last"]


def test_size_is_counted_in_bytes() -> None:
    assert EventStream(io.BytesIO(), STANZA, "").write([event("é"), event("\ud83d"), event("ab")]) == 2 + 3 + 2


ODDITIES = st.sampled_from(
    [b"\xff", b"\xef\xbf\xbe", b"\xed\xa0\x80", b"\r", b"\x00", b"\n", b"&<>]]>", "é日".encode(), b"\x7f"]
)


@given(st.lists(st.tuples(st.lists(ODDITIES | st.binary(max_size=4)).map(b"".join), st.sampled_from([b"", b"17.5"]))))
def test_bytes_are_written_as_their_text_would_be(found: list[tuple[bytes, bytes]]) -> None:
    raws, times = [raw for raw, _ in found], [time for _, time in found]
    odd = {number for number, raw in enumerate(raws) if any(byte < 0x20 for byte in raw)}
    outputs, sizes = [], []
    for as_bytes in (True, False):
        output = io.BytesIO()
        events_out = EventStream(output, STANZA, "m365")
        if as_bytes:
            sizes.append(events_out.write_raw(RawEvents("s", "t", raws, raws, times, odd)))
        else:
            texts = [raw.decode("utf-8", "surrogateescape") for raw in raws]
            events_out.write([RawEvent(time.decode(), "s", "t", text, "") for time, text in zip(times, texts)])
            sizes.append(sum(map(len, raws)))
        events_out.close()
        outputs.append(output.getvalue())
    assert outputs[0] == outputs[1]
    assert sizes[0] == sizes[1]
    ElementTree.fromstring(outputs[0])


class _ClosedPipe(io.BytesIO):
    def write(self, data: object) -> int:
        raise BrokenPipeError


def test_closed_pipe_is_an_error_of_its_own() -> None:
    events_out = EventStream(_ClosedPipe(), STANZA, "")
    events_out.write([event("{}")])
    with pytest.raises(OutputClosed):
        events_out.flush()


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        pytest.param("\x00\x08\x0b", "\\u0000\\u0008\\u000b", id="control characters"),
        pytest.param("\udc80", "\\udc80", id="lone surrogate"),
        pytest.param("\uffff", "\\uffff", id="noncharacter"),
        pytest.param("\r", "&#13;", id="carriage return"),
        pytest.param("\x7f\x85", "\x7f\x85", id="allowed though odd"),
    ],
)
def test_what_xml_cannot_carry_becomes_its_json_escape(text: str, safe: str) -> None:
    assert safe_text(text) == safe


@pytest.fixture
def pipe() -> Iterator[tuple[int, IO[bytes]]]:
    """(reading end, writing end)"""
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as output:
        yield reading, output
    with suppress(OSError):
        os.close(reading)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what waits in a pipe")
def test_what_lies_in_the_pipe_unread_is_not_handed_over(pipe: tuple[int, IO[bytes]]) -> None:
    reading, output = pipe
    events_out = EventStream(output, STANZA, "")
    events_out.write([event("{}")])
    flushed = threading.Event()

    def flush() -> None:
        events_out.flush()
        flushed.set()

    threading.Thread(target=flush).start()
    assert not flushed.wait(0.3)
    assert b"{}" in os.read(reading, 65536)
    assert flushed.wait(10.0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what waits in a pipe")
def test_reader_that_leaves_what_it_did_not_read_gets_it_again(pipe: tuple[int, IO[bytes]]) -> None:
    reading, output = pipe
    events_out = EventStream(output, STANZA, "")
    events_out.write([event("{}")])
    threading.Timer(0.2, os.close, args=(reading,)).start()
    with pytest.raises(OutputClosed):
        events_out.flush()
