"""What a page of a Graph log says of itself is taken for what it is."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from mail_threats.errors import ContentUnreadable
from mail_threats.feeds.delivery import Delivery
from mail_threats.feeds.graph_feed import GraphStream
from mail_threats.feeds.raw_event import RawEvent, RawEvents
from mail_threats.ledger.memory import Memory
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import Window
from mail_threats.wire.tally import Tally
from mail_threats.wire.verdicts import Response

AT = '"createdDateTime":"2026-03-03T10:00:00Z"'


class FakeGraph:
    """Answers every request with the same page."""

    clock_skew_s = 0.0

    def __init__(self, body: str) -> None:
        self._body = body.encode()

    def get(self, url: str, what: str) -> Response:
        return Response(200, {}, self._body, url)

    def post(self, url: str, what: str) -> Response:
        raise AssertionError("nothing of a log is posted")


class Outbox:
    def __init__(self) -> None:
        self.events: list[RawEvent] = []

    def write(self, events: Iterable[RawEvent]) -> int:
        self.events += events
        return 1

    def write_raw(self, events: RawEvents) -> int:
        raise AssertionError("a page of Graph comes as text")

    def flush(self) -> None:
        pass


def collected(folder: Path, *records: str, other: str = "") -> list[RawEvent]:
    """What is delivered of two readings of a page with these records."""
    outbox = Outbox()
    memory = Memory(folder / "memory.sqlite", 1_772_532_000.0)
    body = f'{{"value":[{",".join(records)}]{other}}}'
    graph = FakeGraph(body)
    stream = GraphStream("interactive", "tenant", graph, "https://graph.example.com", Delivery(outbox, memory, Tally()))
    try:
        for _ in range(2):
            stream.collect(StreamState(0.0), Window(0.0, 3600.0), 3600.0)
    finally:
        memory.close()
    return outbox.events


IDS = [
    pytest.param(('{"id":7,%s}', '{"id":"7",%s}'), id="a number and the text of its digits"),
    pytest.param(('{"id":7,"a":1,%s}', '{"id":7,"a":2,%s}'), id="numbers, which Graph does not have for ids"),
    pytest.param(('{"id":null,%s}', '{"id":"null",%s}'), id="null and its name"),
    pytest.param(('{"id":NaN,%s}', '{"id":"NaN",%s}'), id="no number and its name"),
    pytest.param(('{"id":"","a":1,%s}', '{"id":"","a":2,%s}'), id="empty ids"),
    pytest.param(('{"a":1,%s}', '{"a":2,%s}'), id="no ids"),
    pytest.param(('{"id":"a",%s}', '{"id":"A",%s}'), id="ids in other capitals"),
    pytest.param(('{"id":["a"],%s}', '{"id":{"a":1},%s}'), id="ids that are lists and objects"),
]


@pytest.mark.parametrize("records", IDS)
def test_only_a_text_is_an_id_and_other_records_are_known_by_their_whole_text(
    tmp_path: Path, records: tuple[str, str]
) -> None:
    written = [record % AT for record in records]
    assert [event.raw for event in collected(tmp_path, *written)] == written


def test_a_record_whose_id_was_delivered_is_not_delivered_again(tmp_path: Path) -> None:
    assert len(collected(tmp_path, f'{{"id":"a","b":1,{AT}}}', f'{{"id":"a","b":2,{AT}}}')) == 1


def test_a_time_that_is_a_number_is_no_time(tmp_path: Path) -> None:
    (event,) = collected(tmp_path, '{"id":"a","createdDateTime":20260303}')
    assert event.time == ""


@pytest.mark.parametrize("link", ["7", '""', "[]", "false"])
def test_a_next_link_that_is_no_address_is_refused_and_does_not_end_the_paging(tmp_path: Path, link: str) -> None:
    with pytest.raises(ContentUnreadable, match="not an address"):
        collected(tmp_path, other=f',"@odata.nextLink":{link}')
