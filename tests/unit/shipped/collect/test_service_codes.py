"""Every code of the contract becomes a sentence for an admin, and a decision."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mail_threats.errors import (
    AlreadyEnabled,
    ContentGone,
    ContentUnreadable,
    PagingBroken,
    Refused,
    SubscriptionMissing,
    Throttled,
    Transient,
)
from mail_threats.wire import service_codes
from mail_threats.wire.verdicts import Response, activity_answer, graph_answer, token_answer

PARKED_AADSTS = [
    7000215,
    7000222,
    700016,
    7000112,
    70001,
    700011,
    90002,
    900023,
    90038,
    900382,
    900432,
    500011,
    50001,
    65001,
    650052,
    650056,
    650057,
    70011,
    28002,
    1002012,
    700027,
    700021,
    700023,
    700024,
    700030,
    50012,
    7000218,
    700025,
    53003,
    530032,
    530034,
]
SLOW_AADSTS = [90055, 50196]
PASSING_AADSTS = [90006, 90012, 90024, 90033, 90090, 50000]
AF = {
    "AF10001": Refused,
    "AF20001": Refused,
    "AF20002": Refused,
    "AF20003": Refused,
    "AF20010": Refused,
    "AF20011": Refused,
    "AF20012": Refused,
    "AF20013": Refused,
    "AF20020": Refused,
    "AF20021": Refused,
    "AF20022": SubscriptionMissing,
    "AF20023": SubscriptionMissing,
    "AF20024": AlreadyEnabled,
    "AF20030": ContentUnreadable,
    "AF20055": ContentUnreadable,
    "AF20031": PagingBroken,
    "AF20050": ContentUnreadable,
    "AF20051": ContentGone,
    "AF20052": ContentGone,
    "AF20053": Refused,
    "AF20054": Refused,
    "AF429": Throttled,
    "AF50000": Transient,
    "AF50005": Transient,
    "AF50006": Transient,
}


def token_error(number: int, error: str = "invalid_client", status: int = 401) -> Response:
    body = {
        "error": error,
        "error_description": f"AADSTS{number}: Something happened. Trace ID: 1 Correlation ID: 2 Timestamp: 3",
        "error_codes": [number],
        "trace_id": "0f9a-trace",
    }
    return Response(status, {}, json.dumps(body).encode(), "")


@pytest.mark.parametrize("number", PARKED_AADSTS + SLOW_AADSTS + PASSING_AADSTS)
def test_aadsts_code_is_decided_and_named(number: int) -> None:
    error = token_answer(token_error(number, status=400))
    expected = Refused if number in PARKED_AADSTS else Throttled if number in SLOW_AADSTS else Transient
    assert type(error) is expected
    assert error is not None
    assert error.code == f"AADSTS{number}"
    assert "Something happened" in error.message
    assert "0f9a-trace" in error.message
    assert error.advice.endswith(".")


@pytest.mark.parametrize("code", list(AF))
def test_af_code_is_decided_and_named(code: str) -> None:
    for status in (400, 403, 500):
        body = json.dumps({"error": {"code": code, "message": "What the service says."}}).encode()
        error = activity_answer(Response(status, {}, body, ""))
        assert type(error) is AF[code]
        assert error is not None
        assert error.code == code
        assert "What the service says" in error.message
        assert error.advice.endswith(".") or code == "AF20024"


def test_every_listed_code_is_of_the_contract() -> None:
    extra = {900021, 7000216, 50027}
    assert set(service_codes.AADSTS) - extra == {*PARKED_AADSTS, *SLOW_AADSTS, *PASSING_AADSTS}
    assert set(service_codes.ACTIVITY) - {"429"} == set(AF)


REACTIONS = {
    Refused: "parks until you act",
    Throttled: "slows down",
    Transient: "asks again",
    AlreadyEnabled: "goes on",
    SubscriptionMissing: "starts the subscription",
    ContentUnreadable: "asks again, three runs",
    ContentGone: "records a loss",
    PagingBroken: "lists again",
}
PAGE = Path(__file__).parents[4] / "docs" / "errors.md"


def test_page_of_errors_says_what_the_code_does() -> None:
    """Every code, what the input does about it, and what you do."""
    codes = {
        **{f"AADSTS{number}": verdict for number, verdict in service_codes.AADSTS.items()},
        **service_codes.ACTIVITY,
        **service_codes.GRAPH,
    }
    rows = [f"| {code} | {REACTIONS[verdict.reaction]} | {verdict.advice} |" for code, verdict in codes.items()]
    listed = PAGE.read_text(encoding="utf-8").split("## Without a code")[0]
    told = [line for line in listed.splitlines() if line.startswith("| ") and not line.startswith("| code |")]
    assert told == rows


@pytest.mark.parametrize(
    ("error", "expected"),
    [("invalid_client", Refused), ("unauthorized_client", Refused), ("temporarily_unavailable", Transient),
     ("server_error", Transient), ("something_new", Refused)],
)  # fmt: skip
def test_unknown_aadsts_number_is_decided_by_the_error_member(error: str, expected: type) -> None:
    found = token_answer(token_error(123456789, error, 400))
    assert type(found) is expected
    assert "AADSTS123456789" in str(found)


UNREADABLE_ANSWERS = [
    pytest.param(b"", id="empty"),
    pytest.param(b"<html>Our services aren't available right now</html>", id="a gateway's page"),
    pytest.param(b"[1,2]", id="an array"),
    pytest.param(b'{"error":7}', id="an error that is a number"),
    pytest.param(b'{"error":{"code":null,"message":["x"]}}', id="members of other types"),
    pytest.param(b"\xff\xfe\x00", id="no UTF-8"),
    pytest.param(b"[" * 50_000, id="nested without end"),
]


@pytest.mark.parametrize("body", UNREADABLE_ANSWERS)
@pytest.mark.parametrize("judge", [token_answer, activity_answer, graph_answer])
@pytest.mark.parametrize(("status", "expected"), [(503, Transient), (429, Throttled), (401, Refused), (404, Refused)])
def test_status_decides_when_the_body_says_nothing(judge, body: bytes, status: int, expected: type) -> None:
    assert type(judge(Response(status, {}, body, ""))) is expected


def test_audit_log_that_is_off_is_recognised_by_its_text() -> None:
    text = "Microsoft.Office.Compliance.Audit.DataServiceException: Tenant 1 does not exist."
    error = activity_answer(Response(400, {}, json.dumps({"error": {"code": "AF20012", "message": text}}).encode(), ""))
    assert isinstance(error, Refused)
    assert "UnifiedAuditLogIngestionEnabled" in error.advice


def test_error_object_with_status_200_is_an_error_and_an_array_is_none() -> None:
    body = b'{"error":{"code":"AF50005","message":"x"}}'
    assert isinstance(activity_answer(Response(200, {}, body, "")), Transient)
    assert activity_answer(Response(200, {}, b'[{"error":{"code":"AF50005"}}]', "")) is None


@pytest.mark.parametrize(
    ("status", "body"),
    [
        pytest.param(504, b"", id="504"),
        pytest.param(
            400, b'{"error":{"code":"BadRequest","message":"Invalid Skip Token, skip token is null"}}', id="skip token"
        ),
    ],
)
def test_graph_window_that_cannot_be_answered_is_one_for_a_smaller_window(status: int, body: bytes) -> None:
    assert isinstance(graph_answer(Response(status, {"request-id": "r-1"}, body, "")), PagingBroken)


def test_graph_error_names_the_request_for_microsoft_s_support() -> None:
    error = graph_answer(Response(403, {"request-id": "r-1"}, b"", ""))
    assert error is not None
    assert "Request ID r-1" in error.message


def test_text_of_the_service_is_shown_in_part_and_printable() -> None:
    body = json.dumps({"error": {"code": "X", "message": "line\r\nbreak\x1b[31m " + "long " * 1000}}).encode()
    error = activity_answer(Response(400, {}, body, ""))
    assert error is not None
    assert error.message.isprintable()
    assert len(error.message) < 500
