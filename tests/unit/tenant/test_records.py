"""What a tenant accepts as a record, and the vendor's time formats."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from lab.tenant import Record, Tenant
from lab.tenant.records import encode
from lab.tenant.vendor_time import (
    audit_time,
    content_time,
    graph_time,
    parse_listing_time,
    parse_offset_time,
    seven_digit_time,
)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("mail", None, None, 1.0, 1.0, "a", {}), "kind 'mail'", id="unknown kind"),
        pytest.param(
            ("audit", "Audit.Mail", None, 1.0, 1.0, "a", {}), "content_type 'Audit.Mail'", id="unknown content type"
        ),
        pytest.param(("audit", None, None, 1.0, 1.0, "a", {}), "content_type None", id="audit without content type"),
        pytest.param(
            ("sign_in", "DLP.All", "interactive", 1.0, 1.0, "a", {}), "content_type", id="sign-in with content type"
        ),
        pytest.param(("sign_in", None, "human", 1.0, 1.0, "a", {}), "sign_in_kind 'human'", id="unknown sign-in kind"),
        pytest.param(
            ("audit", "DLP.All", None, 2.0, 1.0, "a", {}), "before its event time", id="visible before it happened"
        ),
        pytest.param(("audit", "DLP.All", None, 1.0, 1.0, "a", {"Id": "b"}), "Id 'b'", id="payload with another id"),
    ],
)
def test_an_impossible_record_is_refused(arguments, said):
    with pytest.raises(ValueError, match=said):
        Record(*arguments)


@pytest.mark.parametrize(
    "shown", [pytest.param("2026-03-03T10:00:02Z", id="other second"), pytest.param("yesterday", id="no time")]
)
def test_a_sign_in_whose_payload_shows_another_time_is_refused(clock, shown):
    record = Record.sign_in("interactive", clock(), "a", {"createdDateTime": shown})
    with pytest.raises(ValueError, match="createdDateTime"):
        Tenant([record])


def test_a_payload_keeps_its_own_id_and_time(clock):
    payload = {"Operation": "Send", "Id": "a", "CreationTime": "2026-03-03T10:00:00"}
    record = Record.audit("Audit.Exchange", clock(), "a", payload)
    assert record.document() is payload


def test_raw_bytes_have_no_properties():
    with pytest.raises(TypeError, match="raw bytes"):
        Record.audit("Audit.Exchange", 1.0, "a", b"{}").document()


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param({"a": "ä"}, '{"a":"ä"}'.encode(), id="UTF-8"),
        pytest.param({"a": "\ud83d"}, b'{"a":"\\ud83d"}', id="lone surrogate"),
        pytest.param({"a": 2**70}, b'{"a":1180591620717411303424}', id="number beyond 64 bits"),
    ],
)
def test_json_leaves_as_the_vendor_writes_it(document, expected):
    assert encode(document) == expected


@pytest.mark.parametrize(
    ("render", "epoch", "expected"),
    [
        pytest.param(audit_time, 1_772_532_000.9, "2026-03-03T10:00:00", id="audit: no zone, no fraction"),
        pytest.param(content_time, 1_772_532_000.0604, "2026-03-03T10:00:00.060Z", id="content: milliseconds"),
        pytest.param(
            content_time, 1_772_532_000.9999, "2026-03-03T10:00:01.000Z", id="content: rounds into the next second"
        ),
        pytest.param(graph_time, 1_772_532_000.0, "2026-03-03T10:00:00Z", id="Graph: whole second"),
        pytest.param(graph_time, 1_772_532_000.125, "2026-03-03T10:00:00.125Z", id="Graph: zeros dropped"),
        pytest.param(seven_digit_time, 1_772_532_000.125, "2026-03-03T10:00:00.1250000Z", id="next page: seven digits"),
    ],
)
def test_times_are_written(render, epoch, expected):
    assert render(epoch) == expected


@pytest.mark.parametrize(
    ("text", "ticks"),
    [
        pytest.param("1970-01-01T00:00:01.0000001Z", 10_000_001, id="seven digits"),
        pytest.param("1970-01-01T01:00:01+01:00", 10_000_000, id="offset"),
        pytest.param("1970-01-01T00:00:01.123456789Z", 11_234_567, id="more digits than ticks"),
        pytest.param("1970-01-01T00:00:01", None, id="no zone"),
        pytest.param("1970-02-30T00:00:01Z", None, id="no such day"),
    ],
)
def test_offset_times_are_read_to_the_tick(text, ticks):
    assert parse_offset_time(text) == ticks


@pytest.mark.parametrize(
    ("text", "epoch"),
    [
        pytest.param("1970-01-02", 86_400.0, id="day"),
        pytest.param("1970-01-01T00:01", 60.0, id="minute"),
        pytest.param("1970-01-01T00:00:01.5000000Z", 1.5, id="fraction"),
        pytest.param("1970-01-01 00:00:01", None, id="blank"),
        pytest.param("1970-01-01T00:00:01+00:00", None, id="offset"),
        pytest.param("1970-01-01T25:00:00", None, id="no such hour"),
    ],
)
def test_listing_times_are_read(text, epoch):
    assert parse_listing_time(text) == epoch


def test_anything_with_the_attributes_of_a_record_is_one(connect, clock):
    class Invented(NamedTuple):
        kind: str
        content_type: str | None
        sign_in_kind: str | None
        time: float
        visible_at: float
        id: str
        payload: dict[str, Any]

    client = connect(
        [Invented("audit", "Audit.Exchange", None, clock() - 60, clock() - 60, "a", {"Operation": "Send"})]
    )
    assert client.audit_ids() == ["a"]
