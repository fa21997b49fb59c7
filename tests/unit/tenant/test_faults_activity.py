"""Faults of the Management Activity API."""

from __future__ import annotations

from collections import Counter

import pytest

from lab.tenant import fault
from lab.tenant.vendor_time import content_time

DAY = 86_400.0


def error(response):
    return response.status_code, response.json()["error"]["code"]


@pytest.mark.parametrize(
    ("named", "ask", "expected"),
    [
        pytest.param("audit_off", lambda c: c.content(), (400, "AF20011"), id="audit_off"),
        pytest.param("subscription_disabled", lambda c: c.content(), (400, "AF20023"), id="subscription_disabled"),
        pytest.param("internal_error", lambda c: c.subscriptions(), (500, "AF50000"), id="internal_error"),
        pytest.param("window_refused", lambda c: c.content(), (400, "AF20030"), id="window_refused"),
        pytest.param("throttled", lambda c: c.content(), (403, "AF429"), id="throttled"),
        pytest.param("error_inside_ok", lambda c: c.content(), (200, "AF50005"), id="error_inside_ok"),
        pytest.param("blob_expired", lambda c: c.blob(c.listed()[0]), (400, "AF20051"), id="blob_expired"),
        pytest.param("blob_missing", lambda c: c.blob(c.listed()[0]), (404, "AF20050"), id="blob_missing"),
        pytest.param("start_too_frequent", lambda c: c.subscription("start"), (429, "429"), id="start_too_frequent"),
    ],
)
def test_the_api_refuses_for_a_while(connect, audits, named, ask, expected):
    client = connect(audits(1), faults=[fault(named, first=1)])
    assert error(ask(client)) == expected
    assert client.tenant.idle_faults() == []
    assert client.content().status_code == 200


def test_audit_off_says_that_the_tenant_does_not_exist(connect):
    client = connect(faults=["audit_off"])
    message = client.subscription("start").json()["error"]["message"]
    assert f"DataServiceException: Tenant {client.tenant.tenant_id} does not exist." in message


def test_a_list_may_lack_status_or_spell_types_in_another_case(connect):
    client = connect(faults=["list_without_status", "list_in_other_case"])
    line = client.subscriptions().json()[2]
    assert line == {"contentType": "Audit.Sharepoint", "webhook": None}


@pytest.mark.parametrize("status", [429, 403])
def test_another_clients_start_leaves_a_wait_in_words(connect, status):
    client = connect(subscriptions=(), faults=[fault("start_too_frequent", status=status, wait_s=526)])
    response = client.subscription("start")
    assert error(response) == (status, "429")
    assert "8m 46s" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("options", "status", "retry_after"),
    [
        pytest.param({}, 403, None, id="403 without Retry-After"),
        pytest.param({"status": 429}, 429, None, id="429 without Retry-After"),
        pytest.param({"status": 429, "retry_after": 30}, 429, "30", id="429 with Retry-After"),
    ],
)
def test_throttling_comes_in_three_shapes(connect, audits, options, status, retry_after):
    client = connect(audits(1), faults=[fault("throttled", endpoint="blob", **options)])
    response = client.blob(client.listed()[0])
    assert error(response) == (status, "AF429")
    assert response.headers.get("Retry-After") == retry_after
    assert (
        response.json()["error"]["message"]
        == f"Too many requests. Method=GetBlob, PublisherId={client.tenant.tenant_id}"
    )


def test_without_publisher_identifier_the_throttle_names_nobody(connect):
    client = connect(faults=["throttled"])
    message = client.get(f"{client.feed}/subscriptions/list").json()["error"]["message"]
    assert message.endswith("PublisherId=00000000-0000-0000-0000-000000000000")


def test_a_tight_limit_is_counted_for_each_publisher(connect, clock):
    client = connect(faults=[fault("publisher_limit", requests=2)])
    assert [client.subscriptions().status_code for _ in range(3)] == [200, 200, 403]
    assert client.get(f"{client.feed}/subscriptions/list").status_code == 200
    clock.advance(60)
    assert client.subscriptions().status_code == 200


def test_exactly_24_hours_may_be_refused(connect):
    client = connect(faults=["full_day_refused"])
    assert error(client.content(startTime="2026-03-02T10:00", endTime="2026-03-03T10:00")) == (400, "AF20055")
    assert client.content(startTime="2026-03-02T10:00:01", endTime="2026-03-03T10:00").status_code == 200


def test_a_window_too_wide_may_be_answered_in_part_without_an_error(connect, audits):
    client = connect(audits(3), faults=["wide_window_partial"])
    response = client.content(startTime="2026-03-02T09:00", endTime="2026-03-03T10:00")
    assert (response.status_code, response.json()) == (200, [])


# Pages


def test_a_next_page_may_be_its_own(connect, audits):
    client = connect(audits(6), blob_events=1, page_size=2, faults=["repeated_next_page"])
    second = client.next_page(client.content())
    assert second.headers["NextPageUri"] == second.url
    assert client.get(second.headers["NextPageUri"]).json() == second.json()


def test_a_next_page_may_become_invalid(connect, audits):
    client = connect(audits(4), blob_events=1, page_size=2, faults=[fault("invalid_next_page", first=1)])
    first = client.content()
    assert error(client.next_page(first)) == (400, "AF20031")
    assert len(client.listed()) == 4, "the window can be begun again"


def test_addresses_may_lead_to_a_stranger(connect, audits):
    client = connect(audits(4), blob_events=1, page_size=2, faults=["hostile_next_page", "hostile_content_uri"])
    response = client.content()
    assert response.headers["NextPageUri"].startswith(f"{client.tenant.stranger_url}/api/v1.0/")
    assert response.json()[0]["contentUri"].startswith(f"{client.tenant.stranger_url}/api/v1.0/")
    client.get(response.json()[0]["contentUri"])
    assert client.tenant.ledger.mistake_counts() == {"token_to_stranger": 1}


# Blobs


def test_a_late_blob_lies_before_what_was_listed_already(connect, clock, audits):
    """The trap for a cursor on contentCreated: blobs 1 and 3 are seen, the cursor moves on, blob 2 comes."""
    client = connect(audits(3), blob_events=1, faults=[fault("late_blob", after=1, first=1, delay_s=600.0)])
    minutes = [content_time(clock() - minutes * 60) for minutes in (3, 2, 1)]
    assert [line["contentCreated"] for line in client.listed()] == [minutes[0], minutes[2]]
    clock.advance(480)
    assert [line["contentCreated"] for line in client.listed()] == [minutes[0], minutes[2], minutes[1]]


def test_a_late_blob_is_missing_only_once_it_was_listed(connect, clock, audits):
    client = connect(audits(1), faults=[fault("late_blob", delay_s=600.0)])
    assert client.tenant.ledger.judge("audit", [], at=clock()).missing == []
    assert len(client.tenant.ledger.judge("audit", [], at=clock() + 600).missing) == 1


@pytest.mark.parametrize(("delay_s", "lines_now", "lines_later"), [(0.0, 2, 2), (300.0, 1, 2)])
def test_a_blob_is_listed_twice(connect, clock, audits, delay_s, lines_now, lines_later):
    client = connect(audits(1), faults=[fault("duplicate_listing", delay_s=delay_s)])
    assert len(client.listed()) == lines_now
    clock.advance(300)
    lines = client.listed()
    assert len(lines) == lines_later
    assert len({line["contentId"] for line in lines}) == 1


def test_events_come_again_in_a_new_blob_days_later(connect, clock, audits):
    client = connect(audits(2), faults=["events_in_new_blob"])
    first = client.audit_ids()
    clock.advance(5 * DAY)
    client.forget_tokens()
    (line,) = client.listed()
    assert sorted(record["Id"] for record in client.blob(line).json()) == sorted(first)
    assert client.tenant.ledger.judge("audit", first, at=clock()).clean
    assert client.tenant.ledger.judge("audit", first * 2, at=clock()).duplicate == dict.fromkeys(first, 2)


def test_a_blob_may_hold_each_record_twice(connect, audits):
    client = connect(audits(3), faults=["duplicates_in_blob"])
    assert sorted(Counter(client.audit_ids()).values()) == [2, 2, 2]


def test_blobs_may_be_out_of_order_inside_and_between(connect, audits):
    ordered = connect(audits(40), blob_events=20, blob_span_s=DAY)
    client = connect(audits(40), blob_events=20, blob_span_s=DAY, faults=[fault("out_of_order", first=1)])
    first, second = ([record["Id"] for record in client.blob(line).json()] for line in client.listed())
    assert first != sorted(first)
    assert (len(first), len(second)) == (19, 21)
    assert min(second) < min(first), "the later blob holds an older event"
    assert sorted(first + second) == sorted(ordered.audit_ids())


def test_a_window_starting_at_a_blobs_own_instant_lists_a_part_of_it(connect, clock, audits):
    client = connect(audits(4), blob_span_s=DAY, faults=["partial_blob"])
    (whole,) = client.listed()
    (part,) = client.content(startTime=whole["contentCreated"], endTime="2026-03-03T10:00").json()
    assert part["contentId"] != whole["contentId"]
    ids = [record["Id"] for record in client.blob(part).json()]
    assert len(ids) == 2
    assert set(ids) < {record["Id"] for record in client.blob(whole).json()}


def test_a_blob_may_hold_half_a_surrogate_pair(connect, audits):
    client = connect(audits(2), faults=["lone_surrogate"])
    response = client.blob(client.listed()[0])
    assert b"\\ud83d" in response.content
    with pytest.raises(UnicodeEncodeError):
        response.json()[0]["ObjectId"].encode("utf-8")


@pytest.mark.parametrize("seed", [3, 4])
def test_the_same_seed_disturbs_the_same_way(connect, audits, seed):
    faults = ["out_of_order", fault("late_blob", every=2)]
    runs = [
        connect(
            audits(30), seed=seed, blob_events=7, blob_span_s=DAY, faults=["out_of_order", fault("late_blob", every=2)]
        )
        for _ in faults
    ]
    assert runs[0].audit_ids() == runs[1].audit_ids()
