"""Management Activity API: content listings and blobs."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from lab.tenant import Record
from lab.tenant.vendor_time import content_time

DAY = 86_400.0


def stamp(epoch):
    """An API time without fraction."""
    return content_time(epoch)[:19]


def error_code(response):
    return response.json()["error"]["code"]


# The window


@pytest.mark.parametrize(
    ("start", "end", "status", "code"),
    [
        pytest.param("2026-03-03T09:00:00", "2026-03-03T10:00:00", 200, None, id="seconds"),
        pytest.param("2026-03-03T09:00", "2026-03-03T10:00", 200, None, id="minutes"),
        pytest.param("2026-03-02", "2026-03-03", 200, None, id="days, exactly 24 hours"),
        pytest.param("2026-03-03T09:00:00Z", "2026-03-03T10:00:00.123Z", 200, None, id="Z and fraction"),
        pytest.param("2026-03-03T09:00:00", "2026-03-03T23:00:00", 200, None, id="end in the future"),
        pytest.param("2026-02-24T10:00:00", "2026-02-24T11:00:00", 200, None, id="exactly 7 days ago"),
        pytest.param("2026-02-24T09:59:59", "2026-02-24T11:00:00", 400, "AF20055", id="more than 7 days ago"),
        pytest.param("2026-03-02T09:59:59", "2026-03-03T10:00:00", 400, "AF20055", id="more than 24 hours"),
        pytest.param("2026-03-03T10:00:00", "2026-03-03T10:00:00", 400, "AF20055", id="empty"),
        pytest.param("2026-03-03T10:00:00", "2026-03-03T09:00:00", 400, "AF20055", id="backwards"),
        pytest.param("2026-03-03T09:00:00", None, 400, "AF20055", id="no end"),
        pytest.param(None, "2026-03-03T09:00:00", 400, "AF20055", id="no start"),
        pytest.param("yesterday", "2026-03-03T09:00:00", 400, "AF20002", id="no time"),
        pytest.param("2026-02-30T09:00:00", "2026-03-03T09:00:00", 400, "AF20002", id="no such day"),
        pytest.param("2026-03-03T09:00:00+00:00", "2026-03-03T10:00:00", 400, "AF20002", id="offset"),
    ],
)
def test_a_window_is_taken_or_refused(connect, start, end, status, code):
    asked = {name: text for name, text in (("startTime", start), ("endTime", end)) if text is not None}
    response = connect().content(**asked)
    assert response.status_code == status
    assert response.json() == [] if code is None else error_code(response) == code


@pytest.mark.parametrize(
    ("content_type", "code"),
    [pytest.param("Audit.Mail", "AF20020", id="unknown type"), pytest.param(None, "AF20001", id="no type")],
)
def test_a_listing_needs_a_known_content_type(connect, content_type, code):
    assert error_code(connect().content(content_type)) == code


def test_windows_that_lose_events_are_booked(connect):
    client = connect()
    client.content(startTime="2026-02-20", endTime="2026-02-20T10:00")
    client.content(startTime="2026-03-01", endTime="2026-03-03")
    assert client.tenant.ledger.mistake_counts() == {"window_too_old": 1, "window_too_wide": 1}


def test_the_start_is_inside_the_window_and_the_end_is_not(connect, clock, audits):
    client = connect(audits(3), blob_events=1)
    first, second, third = (clock() - minutes * 60 for minutes in (3, 2, 1))
    lines = client.content(startTime=stamp(first), endTime=stamp(third)).json()
    assert [line["contentCreated"] for line in lines] == [content_time(first), content_time(second)]


def test_the_window_is_on_content_time_and_never_on_event_time(connect, clock):
    """An event of 9 hours ago that became available 10 minutes ago is found only by its availability."""
    late = Record.audit("Audit.Exchange", clock() - 9 * 3600, "a", {}, visible_at=clock() - 600)
    client = connect([late])
    around_event = client.content(startTime=stamp(late.time - 60), endTime=stamp(late.time + 60)).json()
    around_content = client.content(startTime=stamp(late.visible_at - 60), endTime=stamp(late.visible_at + 60)).json()
    assert (len(around_event), len(around_content)) == (0, 1)


def test_content_is_listed_once_it_is_visible(connect, clock):
    client = connect([Record.audit("Audit.Exchange", clock() - 60, "a", {}, visible_at=clock() + 60)])
    assert client.listed() == []
    clock.advance(61)
    assert len(client.listed()) == 1


def test_a_blob_nobody_listed_yet_does_not_exist(connect, clock):
    client = connect([Record.audit("Audit.Exchange", clock() - 60, "a", {}, visible_at=clock() + 60)])
    blob_id = next(iter(client.tenant.store.blobs))
    response = client.blob({"contentUri": f"{client.feed}/audit/{blob_id}"})
    assert (response.status_code, error_code(response)) == (404, "AF20050")


def test_content_types_are_kept_apart(connect, audits):
    client = connect(audits(2) + audits(3, "Audit.SharePoint"))
    assert len(client.audit_ids("Audit.Exchange")) == 2
    assert len(client.audit_ids("Audit.SharePoint")) == 3
    assert client.audit_ids("Audit.General") == []


# Blobs


def test_a_line_has_the_vendors_shape(connect, clock, audits):
    client = connect(audits(1))
    (line,) = client.listed()
    assert line["contentType"] == "Audit.Exchange"
    assert line["contentUri"] == f"{client.feed}/audit/{line['contentId']}"
    assert line["contentCreated"] == content_time(clock() - 60)
    assert line["contentExpiration"] == content_time(clock() - 60 + 7 * DAY)
    assert line["contentId"].split("$")[2:4] == ["audit_exchange", "Audit_Exchange"]


def test_a_blob_is_an_array_of_records_with_a_zoneless_creation_time(connect, clock, audits):
    client = connect(audits(1))
    (record,) = client.blob(client.listed()[0]).json()
    assert record == {
        "Id": "00000000-0000-0000-0000-000000000001",
        "CreationTime": stamp(clock() - 60),
        "Operation": "Send",
    }


@pytest.mark.parametrize(
    ("blob_events", "blob_span_s", "sizes"),
    [
        pytest.param(4, 3600.0, [4, 4, 2], id="by size"),
        pytest.param(100, 240.0, [5, 5], id="by span"),
        pytest.param(1, 3600.0, [1] * 10, id="one event a blob"),
        pytest.param(100, 3600.0, [10], id="one blob"),
    ],
)
def test_records_are_grouped_by_size_and_span(connect, audits, blob_events, blob_span_s, sizes):
    client = connect(audits(10), blob_events=blob_events, blob_span_s=blob_span_s)
    assert [len(client.blob(line).json()) for line in client.listed()] == sizes


def test_a_blob_is_created_when_its_last_record_is_visible(connect, clock, audits):
    client = connect(audits(10), blob_span_s=3600.0)
    assert client.listed()[0]["contentCreated"] == content_time(clock() - 60)


def test_the_same_seed_gives_the_same_content_ids(connect, audits):
    ids = [[line["contentId"] for line in connect(audits(9), blob_events=2, seed=seed).listed()] for seed in (1, 1, 2)]
    assert ids[0] == ids[1] != ids[2]


def test_a_blob_expires_seven_days_after_its_creation(connect, clock, audits):
    client = connect(audits(1))
    (line,) = client.listed()
    clock.advance(7 * DAY - 61)
    client.forget_tokens()
    assert client.blob(line).status_code == 200
    clock.advance(1)
    response = client.blob(line)
    assert (response.status_code, error_code(response)) == (400, "AF20051")
    assert client.tenant.ledger.mistake_counts()["blob_expired"] == 1


@pytest.mark.parametrize(
    ("content_id", "code"),
    [
        pytest.param(
            "20260303100000000000001$20260303100000000000001$audit_exchange$Audit_Exchange$emea0001",
            "AF20050",
            id="unknown",
        ),
        pytest.param("1234", "AF20052", id="malformed"),
    ],
)
def test_a_blob_that_is_none_is_refused(connect, content_id, code):
    client = connect()
    assert error_code(client.blob({"contentUri": f"{client.feed}/audit/{content_id}"})) == code


def test_a_blob_fetched_twice_is_booked_and_counted(connect, audits):
    client = connect(audits(1))
    (line,) = client.listed()
    for _ in range(2):
        assert len(client.blob(line).json()) == 1
    assert client.tenant.ledger.mistake_counts() == {"blob_fetched_twice": 1}
    assert client.tenant.ledger.served["audit"] == {"00000000-0000-0000-0000-000000000001": 2}


def test_raw_bytes_are_served_untouched(connect, clock):
    client = connect([Record.audit("Audit.Exchange", clock() - 60, "a", b'{"Id" : "a","n":1.10}')], blob_events=1)
    assert client.blob(client.listed()[0]).content == b'[{"Id" : "a","n":1.10}]'


# Pages


def test_pages_continue_until_no_header_says_more(connect, audits):
    client = connect(audits(7), blob_events=1, page_size=3)
    pages = [client.content()]
    while "NextPageUri" in pages[-1].headers:
        pages.append(client.next_page(pages[-1]))
    assert [len(page.json()) for page in pages] == [3, 3, 1]
    assert len({line["contentId"] for page in pages for line in page.json()}) == 7
    assert client.tenant.ledger.mistakes == []
    assert client.tenant.ledger.pages_never_asked() == []


def test_a_full_last_page_has_no_next(connect, audits):
    assert "NextPageUri" not in connect(audits(3), blob_events=1, page_size=3).content().headers


def test_the_next_page_has_lower_case_parameters_and_no_publisher_identifier(connect, audits):
    client = connect(audits(2), blob_events=1, page_size=1)
    uri = client.content(startTime="2026-03-03T09:00:00", endTime="2026-03-03T10:00:00").headers["NextPageUri"]
    assert uri.startswith(f"{client.feed}/subscriptions/content?contenttype=Audit.Exchange&")
    assert "endtime=2026-03-03T10:00:00.0000000Z&starttime=2026-03-03T09:00:00.0000000Z&nextpage=" in uri
    client.get(uri)
    assert client.tenant.ledger.mistake_counts() == {"publisher_identifier_missing": 1}


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("nextpage=", "nextpage=x"), id="token invented"),
        pytest.param(("Audit.Exchange", "Audit.General"), id="other content type"),
        pytest.param(("09:00:00.0", "08:00:00.0"), id="other window"),
    ],
)
def test_a_next_page_cannot_be_altered(connect, audits, change):
    client = connect(audits(2), blob_events=1, page_size=1)
    first = client.content(startTime="2026-03-03T09:00:00", endTime="2026-03-03T10:00:00")
    response = client.get(first.headers["NextPageUri"].replace(*change), params=client.publisher())
    assert error_code(response) == "AF20031"


def test_a_page_never_asked_for_is_booked(connect, audits):
    client = connect(audits(2), blob_events=1, page_size=1)
    client.content()
    assert len(client.tenant.ledger.pages_never_asked()) == 1


# The judgement


def test_a_complete_run_is_judged_clean(connect, clock, audits):
    client = connect(audits(20), blob_events=3, page_size=2)
    judgement = client.tenant.ledger.judge("audit", client.audit_ids(), at=clock())
    assert judgement.clean
    assert judgement.expected == 20


def test_missing_duplicate_and_unknown_ids_are_named(connect, clock, audits):
    client = connect(audits(3) + audits(2, "Audit.General"))
    ids = client.audit_ids()
    judgement = client.tenant.ledger.judge(
        "audit", [ids[0], ids[0], ids[1], "made up"], at=clock(), streams=["Audit.Exchange"]
    )
    assert judgement.missing == [ids[2]]
    assert judgement.duplicate == {ids[0]: 2}
    assert judgement.unknown == ["made up"]


def test_an_id_counts_as_missing_only_once_it_was_visible(connect, clock):
    client = connect([Record.audit("Audit.Exchange", clock(), "a", {}, visible_at=clock() + 100)])
    assert client.tenant.ledger.judge("audit", [], at=clock()).clean
    assert client.tenant.ledger.judge("audit", [], at=clock() + 100).missing == ["a"]


def test_records_may_be_added_while_the_tenant_runs(connect, clock, audits):
    client = connect(audits(2))
    assert len(client.audit_ids()) == 2
    client.tenant.add([Record.audit("Audit.Exchange", clock() - 5, "late", {})])
    assert Counter(client.audit_ids())["late"] == 1


def test_five_thousand_events_come_in_one_blob(connect, audits):
    client = connect(audits(5000, step_s=1.0), blob_events=5000, blob_span_s=DAY)
    response = client.blob(client.listed()[0])
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(response.json()) == 5000


def test_many_threads_fetch_each_blob_once(connect, clock, audits):
    client = connect(audits(400, step_s=1.0), blob_events=10)
    lines = client.listed()

    def fetch(line):
        headers = {"Authorization": f"Bearer {client.token()}"}
        response = requests.get(
            line["contentUri"], params=client.publisher(), headers=headers, verify=client.session.verify, timeout=30
        )
        return [record["Id"] for record in response.json()]

    with ThreadPoolExecutor(8) as pool:
        ids = [id for chunk in pool.map(fetch, lines) for id in chunk]
    assert client.tenant.ledger.judge("audit", ids, at=clock()).clean
    assert set(client.tenant.ledger.served["audit"].values()) == {1}
