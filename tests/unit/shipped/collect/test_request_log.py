"""The debug log of requests: everything that helps, nothing that is secret."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from mail_threats.errors import Transient
from mail_threats.wire.request_log import ATTEMPT, RequestLog, shown_query
from mail_threats.wire.verdicts import Response

URL = "https://graph.microsoft.com/v1.0/auditLogs/signIns?$filter=createdDateTime%20ge%20x&$skiptoken=9f2e_7"


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    logger = logging.getLogger("request log test")
    logger.setLevel(logging.DEBUG)
    yield logger
    logger.setLevel(logging.NOTSET)


def test_line_tells_what_was_asked_and_what_came(log: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    ATTEMPT.set(3)
    with RequestLog(log).told("GET", URL) as told:
        told.answer = Response(429, {"request-id": "r-1\r\nforged: line"}, b"12345", URL)
    (line,) = caplog.messages
    assert line.startswith(
        "action=request method=GET host=graph.microsoft.com path=/v1.0/auditLogs/signIns"
        " query='$filter=createdDateTime ge x&$skiptoken=[redacted]' status=429 bytes=5 whole=True ms="
    )
    assert line.endswith(" request_id=r-1forgedline attempt=3 fault=none")


def test_request_that_failed_is_told_too(log: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Transient), RequestLog(log).told("POST", URL):
        raise Transient("broken")
    assert "status=none bytes=0" in caplog.messages[0]
    assert caplog.messages[0].endswith("fault=Transient")


@pytest.mark.parametrize("level", [logging.INFO, logging.ERROR])
def test_above_debug_nothing_is_written(log: logging.Logger, caplog: pytest.LogCaptureFixture, level: int) -> None:
    log.setLevel(level)
    with RequestLog(log).told("GET", URL):
        pass
    with RequestLog(None).told("GET", URL):
        pass
    assert caplog.messages == []


QUERIES = [
    pytest.param("contentType=Audit.Exchange&startTime=1", "contentType=Audit.Exchange&startTime=1", id="plain"),
    pytest.param("client_secret=s3cret&a=1", "client_secret=[redacted]&a=1", id="secret"),
    pytest.param("$skiptoken=a%20b", "$skiptoken=[redacted]", id="skip token"),
    pytest.param("sig=x&design=y", "sig=[redacted]&design=y", id="signature"),
    pytest.param("a=1%0d%0ab", "a=1\r\nb", id="line breaks, which the line shows as \\r\\n"),
    pytest.param("x=" + "y" * 900, "x=" + "y" * 498, id="long"),
    pytest.param("", "", id="none"),
]


@pytest.mark.parametrize(("query", "shown"), QUERIES)
def test_query_is_shown_without_secrets(query: str, shown: str) -> None:
    assert shown_query(query) == shown


def test_line_breaks_of_an_address_do_not_make_lines(log: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    with RequestLog(log).told("GET", "https://manage.office.com/x?a=1%0d%0aaction=forged"):
        pass
    assert "\n" not in caplog.messages[0]
