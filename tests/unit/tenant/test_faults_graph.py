"""Faults of the Graph reports."""

from __future__ import annotations

from uuid import UUID

import pytest

from lab.tenant import fault

ASCENDING = {"orderby": "createdDateTime asc"}


def numbers(response):
    assert response.status_code == 200, response.text
    return [UUID(row["id"]).int for row in response.json()["value"]]


def link(response):
    return response.json().get("@odata.nextLink")


@pytest.mark.parametrize(
    ("named", "status", "code"),
    [
        pytest.param("not_premium", 403, "Authentication_RequestFromNonPremiumTenantOrB2CTenant", id="not_premium"),
        pytest.param(
            "directory_role_demanded", 403, "Authentication_MSGraphPermissionMissing", id="directory_role_demanded"
        ),
        pytest.param("graph_throttled", 429, "UnknownError", id="graph_throttled"),
    ],
)
def test_graph_refuses_for_a_while(connect, sign_ins, named, status, code):
    client = connect(sign_ins(1), faults=[fault(named, first=2)])
    for _ in range(2):
        refused = client.report()
        assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert numbers(client.report()) == [1]


def test_a_version_is_refused_and_the_other_answers(connect, sign_ins):
    client = connect(sign_ins(1), faults=["version_refused"])
    assert client.report().json()["error"]["code"] == "BadRequest"
    assert numbers(client.report(version="beta")) == [1]


def test_without_a_licence_directory_audits_still_work(connect):
    client = connect(faults=["not_premium"])
    assert client.report("directoryAudits").status_code == 200
    assert client.report("signIns").status_code == 403


@pytest.mark.parametrize(
    ("form", "header"),
    [
        pytest.param("seconds", "10", id="seconds"),
        pytest.param("date", "Tue, 03 Mar 2026 10:00:10 GMT", id="HTTP date"),
        pytest.param("none", None, id="no header"),
    ],
)
def test_throttling_says_when_to_come_back_in_three_ways(connect, form, header):
    client = connect(faults=[fault("graph_throttled", retry_after=form, seconds=10)])
    assert client.report().headers.get("Retry-After") == header


def test_records_may_be_late(connect, clock, sign_ins):
    client = connect(sign_ins(4), faults=[fault("late_record", every=2, delay_s=600.0)])
    assert numbers(client.report(**ASCENDING)) == [1, 3]
    clock.advance(600)
    assert numbers(client.report(**ASCENDING)) == [1, 2, 3, 4]


def test_a_skip_token_may_be_called_null(connect, sign_ins):
    client = connect(sign_ins(4), graph_page_limit=2, faults=["null_skip_token"])
    first = client.report()
    refused = client.get(link(first))
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, "Invalid Skip Token, skip token is null")
    assert numbers(client.report()) == [4, 3], "the query itself works"


def test_an_empty_page_may_carry_a_next_link(connect, sign_ins):
    client = connect(sign_ins(5), graph_page_limit=2, faults=[fault("empty_page", after=1, first=2)])
    pages = [client.report(**ASCENDING)]
    while link(pages[-1]):
        pages.append(client.get(link(pages[-1])))
    assert [numbers(page) for page in pages] == [[1, 2], [], [], [3, 4], [5]]
    assert client.tenant.ledger.pages_never_asked() == []


def test_a_short_page_is_not_the_last(connect, sign_ins):
    client = connect(sign_ins(5), graph_page_limit=3, faults=[fault("short_page", first=1, less=2)])
    first = client.report(**ASCENDING)
    assert numbers(first) == [1]
    assert numbers(client.get(link(first))) == [2, 3, 4]


def test_the_same_query_finds_fewer_rows_once(connect, sign_ins):
    client = connect(sign_ins(6), faults=[fault("incomplete_result", of=3)])
    assert numbers(client.report(**ASCENDING)) == [1, 2, 4, 5]
    assert numbers(client.report(**ASCENDING)) == [1, 2, 3, 4, 5, 6]


def test_the_order_asked_for_may_be_ignored(connect, sign_ins):
    client = connect(sign_ins(4), faults=[fault("newest_first", first=1)])
    assert numbers(client.report(**ASCENDING)) == [4, 3, 2, 1]
    assert numbers(client.report(**ASCENDING)) == [1, 2, 3, 4]


def test_a_window_with_too_many_rows_times_out_and_a_narrower_one_works(connect, sign_ins):
    client = connect(sign_ins(6), faults=[fault("big_window_timeout", rows=4)])
    assert client.report().status_code == 504
    assert numbers(client.report(filter="createdDateTime ge 2026-03-03T09:57:00Z")) == [6, 5, 4]


def test_a_next_link_may_be_its_own(connect, sign_ins):
    client = connect(sign_ins(6), graph_page_limit=2, faults=["repeated_next_link"])
    second = client.get(link(client.report(**ASCENDING)))
    assert numbers(second) == [3, 4]
    assert link(second) == second.url


@pytest.mark.parametrize("how", ["host", "http", "userinfo"])
def test_a_next_link_may_lead_away(connect, sign_ins, how):
    client = connect(sign_ins(4), graph_page_limit=2, faults=[fault("hostile_next_link", how=how)])
    followed = link(client.report())
    expected = {
        "host": f"{client.tenant.stranger_url}/v1.0/",
        "http": f"{client.tenant.plain_url}/v1.0/",
        "userinfo": f"{client.tenant.graph_url}@127.0.0.1:",
    }[how]
    assert followed.startswith(expected)
    client.session.get(followed, headers={"Authorization": "Bearer x"}, timeout=10)
    (mistake,) = client.tenant.ledger.mistakes
    assert mistake.name in ("token_to_stranger", "stranger_called")


def test_an_expired_token_in_mid_chain_can_be_continued_with_a_new_one(connect, clock, sign_ins):
    client = connect(sign_ins(4), graph_page_limit=2, faults=[fault("short_token_life", seconds=20)])
    first = client.report(**ASCENDING)
    clock.advance(20)
    assert client.get(link(first)).status_code == 401
    client.forget_tokens()
    assert numbers(client.get(link(first))) == [3, 4]
