"""Microsoft Graph: signIns and directoryAudits, their filters, order, pages and limits."""

from __future__ import annotations

from uuid import UUID

import pytest

from lab.tenant import LabError, Record
from lab.tenant.vendor_time import graph_time


def ids(response):
    assert response.status_code == 200, response.text
    return [row["id"] for row in response.json()["value"]]


def numbers(response):
    """The ids of a page as the small numbers the records were made with."""
    return [UUID(id).int for id in ids(response)]


def follow(client, response):
    """Numbers of all pages."""
    found = numbers(response)
    while "@odata.nextLink" in response.json():
        response = client.get(response.json()["@odata.nextLink"])
        found += numbers(response)
    return found


@pytest.fixture
def five(connect, sign_ins):
    """Sign-ins 1 to 5, at 09:55, 09:56, ... 09:59."""
    return connect(sign_ins(5))


# $filter, $orderby, $top, $select


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("createdDateTime ge 2026-03-03T09:57:00Z", [3, 4, 5], id="ge"),
        pytest.param("createdDateTime gt 2026-03-03T09:57:00Z", [4, 5], id="gt"),
        pytest.param("createdDateTime le 2026-03-03T09:57:00Z", [1, 2, 3], id="le"),
        pytest.param("createdDateTime lt 2026-03-03T09:57:00Z", [1, 2], id="lt"),
        pytest.param("createdDateTime eq 2026-03-03T09:57:00Z", [3], id="eq"),
        pytest.param(
            "createdDateTime ge 2026-03-03T09:56:00Z and createdDateTime lt 2026-03-03T09:58:00Z", [2, 3], id="a window"
        ),
        pytest.param("(createdDateTime ge 2026-03-03T09:58:00Z)", [4, 5], id="parentheses"),
        pytest.param("createdDateTime ge 2026-03-03T10:57:00+01:00", [3, 4, 5], id="offset"),
        pytest.param("createdDateTime gt 2026-03-03T09:56:59.9999999Z", [3, 4, 5], id="seven digits"),
        pytest.param(
            "createdDateTime lt 2026-03-03T09:56:00Z or createdDateTime gt 2026-03-03T09:58:00Z", [1, 5], id="or"
        ),
        pytest.param("userPrincipalName eq 'USER1@contoso.com'", [2], id="property"),
        pytest.param(
            "startswith(userPrincipalName,'user') and createdDateTime gt 2026-03-03T09:58:00Z", [5], id="startswith"
        ),
        pytest.param("status/errorCode eq 50126", [], id="nested property"),
    ],
)
def test_a_filter_selects(five, text, expected):
    assert numbers(five.report(filter=text, orderby="createdDateTime asc")) == expected


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param({"filter": "createdDateTime ge '2026-03-03T09:57:00Z'"}, "DateTimeOffset", id="time as text"),
        pytest.param({"filter": "createdDateTime ge 2026-03-03T09:57:00"}, "DateTimeOffset", id="time without zone"),
        pytest.param({"filter": "createdDateTime ge 2026-03-03"}, "DateTimeOffset", id="date only"),
        pytest.param(
            {"filter": "createdDateTime ge 2026-03-03T09:57:00 00:00"}, "Syntax error", id="plus that became a blank"
        ),
        pytest.param({"filter": "createdDateTime >= 2026-03-03T09:57:00Z"}, "Syntax error", id="not OData"),
        pytest.param({"filter": ""}, "Syntax error", id="empty"),
        pytest.param({"filter": "userPrincipalName gt 'a'"}, "userPrincipalName", id="operator the property lacks"),
        pytest.param(
            {"filter": "signInEventTypes/any(t: t eq 'interactiveUser')"}, "signInEventTypes", id="kinds in v1.0"
        ),
        pytest.param({"orderby": "userPrincipalName"}, "createdDateTime", id="order by another property"),
        pytest.param({"orderby": "createdDateTime upwards"}, "createdDateTime", id="order by no direction"),
        pytest.param({"top": "1001"}, "Invalid page size specified: '1001'", id="top above 1000"),
        pytest.param({"top": "0"}, "Invalid page size", id="top of nothing"),
        pytest.param({"top": "many"}, "Invalid page size", id="top is no number"),
        pytest.param({"skip": "5"}, "'Skip' is not allowed", id="skip"),
        pytest.param({"select": "id,status/errorCode"}, "OData Select", id="select of a nested property"),
        pytest.param({"skiptoken": "made_up"}, "Invalid Skip Token", id="invented skip token"),
        pytest.param({"skiptoken": ""}, "skip token is null", id="null skip token"),
    ],
)
def test_a_wrong_option_is_refused(five, options, message):
    response = five.report(**options)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (400, "BadRequest")
    assert message in error["message"]
    assert {"date", "request-id", "client-request-id"} <= error["innerError"].keys()


def test_the_newest_comes_first_unless_asked_otherwise(five):
    assert numbers(five.report()) == [5, 4, 3, 2, 1]
    assert numbers(five.report(orderby="createdDateTime desc")) == [5, 4, 3, 2, 1]
    assert numbers(five.report(orderby="createdDateTime")) == [1, 2, 3, 4, 5]


def test_top_is_a_page_size_and_not_a_limit(five):
    first = five.report(top="2", orderby="createdDateTime asc")
    assert numbers(first) == [1, 2]
    assert follow(five, first) == [1, 2, 3, 4, 5]


def test_options_may_lack_their_dollar_sign(five):
    response = five.get(
        f"{five.tenant.graph_url}/v1.0/auditLogs/signIns", params={"top": "2", "orderby": "createdDateTime asc"}
    )
    assert numbers(response) == [1, 2]


def test_select_leaves_only_these_properties(five):
    response = five.report(select="id,userPrincipalName", top="1")
    assert response.json()["value"][0].keys() == {"id", "userPrincipalName"}


# API versions and sign-in kinds


@pytest.fixture
def kinds(connect, sign_ins):
    """One record each: 1 interactive, 2 non-interactive, 3 service principal, 4 managed identity."""
    names = ("interactive", "non_interactive", "service_principal", "managed_identity")
    return connect([record for number, kind in enumerate(names) for record in sign_ins(1, kind, first_id=number + 1)])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(None, {1}, id="no filter"),
        pytest.param("createdDateTime ge 2026-03-01T00:00:00Z", {1}, id="a filter without kinds"),
        pytest.param("signInEventTypes/any(t: t eq 'interactiveUser')", {1}, id="interactive"),
        pytest.param("signInEventTypes/any(t:t eq 'nonInteractiveUser')", {2}, id="non-interactive"),
        pytest.param("signInEventTypes/any(x: x eq 'servicePrincipal')", {3}, id="service principal"),
        pytest.param("(signInEventTypes/any(t: t eq 'managedIdentity'))", {4}, id="managed identity"),
        pytest.param("signInEventTypes/any(t: t eq 'interactiveUser' or t eq 'nonInteractiveUser')", {1, 2}, id="two"),
        pytest.param(
            "createdDateTime ge 2026-03-03T00:00:00Z and signInEventTypes/any(t: t eq 'servicePrincipal')",
            {3},
            id="with a window",
        ),
        pytest.param(
            "createdDateTime ge 2026-03-04T00:00:00Z and signInEventTypes/any(t: t eq 'servicePrincipal')",
            set(),
            id="empty window",
        ),
    ],
)
def test_beta_serves_the_kinds_it_is_asked_for(kinds, text, expected):
    options = {} if text is None else {"filter": text}
    assert set(numbers(kinds.report(version="beta", **options))) == expected


def test_v1_serves_interactive_sign_ins_only(kinds):
    assert numbers(kinds.report()) == [1]


def test_an_unknown_kind_is_refused(kinds):
    response = kinds.report(version="beta", filter="signInEventTypes/any(t: t eq 'robot')")
    assert response.status_code == 400
    assert "robot" in response.json()["error"]["message"]


def test_v1_leaves_out_what_only_beta_has(connect, clock):
    payload = {"userPrincipalName": "ann@contoso.com", "userAgent": "curl/8", "signInEventTypes": ["interactiveUser"]}
    client = connect([Record.sign_in("interactive", clock() - 60, str(UUID(int=1)), payload)])
    (in_v1,) = client.report().json()["value"]
    (in_beta,) = client.report(version="beta").json()["value"]
    assert in_v1.keys() == {"id", "createdDateTime", "userPrincipalName"}
    assert in_beta["userAgent"] == "curl/8"


# Time


def test_times_have_up_to_seven_fraction_digits(connect, clock):
    times = ["2026-03-03T09:15:41.6195833Z", "2026-03-03T09:15:41.5Z", "2026-03-03T09:15:41Z"]
    whole = clock() - 2659
    records = [
        Record.sign_in("interactive", whole + fraction, str(UUID(int=number)), {"createdDateTime": shown})
        for number, (shown, fraction) in enumerate(zip(times, (0.6195833, 0.5, 0.0), strict=True))
    ]
    client = connect(records)
    assert [row["createdDateTime"] for row in client.report().json()["value"]] == times
    assert numbers(client.report(filter=f"createdDateTime eq {times[0]}")) == [0]
    assert numbers(client.report(filter=f"createdDateTime gt {times[0]}")) == []


def test_a_record_without_its_time_gets_it_from_its_event_time(connect, clock):
    client = connect([Record.sign_in("interactive", clock() - 0.25, str(UUID(int=1)), {})])
    assert (
        client.report().json()["value"][0]["createdDateTime"] == graph_time(clock() - 0.25) == "2026-03-03T09:59:59.75Z"
    )


def test_a_late_record_appears_at_its_event_time(connect, clock, sign_ins):
    """There is no way to ask by the time at which a record became visible."""
    late = Record.sign_in("interactive", clock() - 90, str(UUID(int=9)), {}, visible_at=clock() + 600)
    client = connect([*sign_ins(2), late])
    window = "createdDateTime ge 2026-03-03T09:58:00Z and createdDateTime lt 2026-03-03T10:00:00Z"
    assert numbers(client.report(filter=window, orderby="createdDateTime asc")) == [1, 2]
    clock.advance(600)
    assert numbers(client.report(filter=window, orderby="createdDateTime asc")) == [1, 9, 2]


def test_records_beyond_the_retention_are_gone(connect, clock, sign_ins):
    client = connect(sign_ins(3), retention_days=7)
    clock.advance(7 * 86_400 - 90)
    assert numbers(client.report()) == [3]


# Pages


def test_pages_carry_the_query_and_a_skip_token(connect, sign_ins):
    client = connect(sign_ins(5), graph_page_limit=2)
    window = "createdDateTime ge 2026-03-03T09:00:00Z"
    first = client.report(filter=window, orderby="createdDateTime asc", top="1000")
    link = first.json()["@odata.nextLink"]
    assert link.startswith(f"{client.tenant.graph_url}/v1.0/auditLogs/signIns?$filter=createdDateTime%20ge%20")
    assert "$top=1000" in link
    assert "$skiptoken=" in link
    assert first.json()["@odata.context"].endswith("/v1.0/$metadata#auditLogs/signIns")
    assert follow(client, first) == [1, 2, 3, 4, 5]
    assert client.tenant.ledger.mistakes == []
    assert client.tenant.ledger.pages_never_asked() == []


def test_a_page_may_be_asked_for_again(connect, sign_ins):
    client = connect(sign_ins(5), graph_page_limit=2)
    link = client.report().json()["@odata.nextLink"]
    assert numbers(client.get(link)) == numbers(client.get(link)) == [3, 2]


def test_an_altered_continuation_is_refused(connect, sign_ins):
    client = connect(sign_ins(5), graph_page_limit=2)
    link = client.report(top="500").json()["@odata.nextLink"]
    assert client.get(link.replace("top=500", "top=900")).status_code == 400
    assert len(client.tenant.ledger.pages_never_asked()) == 0, "it was asked for, if badly"


def test_a_page_never_asked_for_is_booked(connect, sign_ins):
    client = connect(sign_ins(5), graph_page_limit=2)
    client.report()
    assert len(client.tenant.ledger.pages_never_asked()) == 1


# directoryAudits


def test_directory_audits_have_their_own_time_and_ids(connect, clock):
    payloads = [("Directory_1", 120), ("SSGM_2", 60)]
    client = connect(
        [Record.directory_audit(clock() - ago, id, {"activityDisplayName": "Add app"}) for id, ago in payloads]
    )
    first, second = client.report("directoryAudits").json()["value"]
    assert (first["id"], second["id"]) == ("SSGM_2", "Directory_1")
    assert first["activityDateTime"] == "2026-03-03T09:59:00Z"
    assert ids(client.report("directoryAudits", filter="activityDateTime le 2026-03-03T09:58:30Z")) == ["Directory_1"]
    assert ids(client.report("directoryAudits", version="beta", orderby="activityDateTime asc")) == [
        "Directory_1",
        "SSGM_2",
    ]
    assert client.report("directoryAudits", filter="createdDateTime ge 2026-03-03T00:00:00Z").status_code == 400


# Who may ask, and how often


@pytest.mark.parametrize(
    ("token", "message"),
    [
        pytest.param("", "Access token is empty.", id="no token"),
        pytest.param("abc", "JWT is not well formed", id="not a token"),
        pytest.param("management", "Invalid audience", id="token for the Management Activity API"),
    ],
)
def test_a_wrong_token_is_refused(five, token, message):
    bearer = five.token("management") if token == "management" else token
    response = five.get(f"{five.tenant.graph_url}/v1.0/auditLogs/signIns", token=bearer)
    error = response.json()["error"]
    assert (response.status_code, error["code"]) == (401, "InvalidAuthenticationToken")
    assert message in error["message"]


def test_an_expired_token_is_refused(connect, clock):
    client = connect(token_lifetime_s=60)
    assert client.report().status_code == 200
    clock.advance(60)
    assert "expired" in client.report().json()["error"]["message"]
    assert client.tenant.ledger.mistake_counts() == {"token_expired": 1}


def test_a_missing_role_is_named(connect):
    response = connect(roles={"graph": ()}).report()
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "Authentication_MSGraphPermissionMissing"
    assert "AuditLog.Read.All" in response.json()["error"]["message"]


def test_five_requests_in_ten_seconds_over_all_reports(connect, clock):
    client = connect(graph_limit=(5, 10.0))
    names = ["signIns", "directoryAudits", "signIns", "directoryAudits", "signIns"]
    assert [client.report(name).status_code for name in names] == [200] * 5
    clock.advance(3)
    refused = client.report("directoryAudits")
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "7")
    assert "throttled" in refused.json()["error"]["message"]
    assert client.tenant.ledger.mistake_counts() == {"graph_over_limit": 1}
    clock.advance(7)
    assert client.report().status_code == 200


def test_without_enforcement_the_limit_is_still_counted(five):
    for _ in range(6):
        assert five.report().status_code == 200
    assert five.tenant.ledger.mistake_counts() == {"graph_over_limit": 1}


def test_retrying_before_retry_after_is_booked(connect, clock):
    client = connect(graph_limit=(1, 10.0))
    assert [client.report().status_code for _ in range(2)] == [200, 429]
    clock.advance(5)
    client.report()
    assert client.tenant.ledger.mistake_counts()["retried_too_early"] == 1
    clock.advance(5)
    client.report()
    assert client.tenant.ledger.mistake_counts()["retried_too_early"] == 1


def test_unknown_paths_and_methods_are_refused(five):
    assert five.report("provisioning").status_code == 400
    assert five.get(f"{five.tenant.graph_url}/v2.0/auditLogs/signIns").status_code == 400
    assert five.session.post(f"{five.tenant.graph_url}/beta/auditLogs/signIns", timeout=10).status_code == 405


def test_request_ids_come_back(five):
    response = five.get(
        f"{five.tenant.graph_url}/v1.0/auditLogs/signIns", params={"$top": "0"}, headers={"client-request-id": "my-own"}
    )
    assert response.json()["error"]["innerError"]["client-request-id"] == "my-own"


# What Graph allows and the lab does not simulate


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"count": "true"}, id="$count"),
        pytest.param({"filter": "not (userPrincipalName eq 'a')"}, id="not"),
        pytest.param({"filter": "contains(userPrincipalName,'a')"}, id="contains"),
    ],
)
def test_what_is_not_simulated_is_told_and_fails_the_run(connect, options):
    client = connect()
    response = client.report(**options)
    assert response.status_code == 501
    with pytest.raises(LabError, match="not simulated"):
        client.tenant.close()
    client.tenant.ledger.lab_errors.clear()


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"filter": "userPrincipalName eq 'a'"}, id="filter by a property"),
        pytest.param({"select": "id"}, id="select a property"),
    ],
)
def test_raw_bytes_cannot_be_looked_into(connect, clock, options):
    client = connect([Record.sign_in("interactive", clock() - 60, "a", b'{"id": "a"}')])
    assert client.report().json()["value"] == [{"id": "a"}]
    assert client.report(**options).status_code == 501
    with pytest.raises(LabError, match="raw bytes"):
        client.tenant.close()
    client.tenant.ledger.lab_errors.clear()
