"""Which faults are repeated, how long the pauses are, and when the input gives up until its next run."""

from __future__ import annotations

import json
import logging
from email.utils import formatdate
from typing import Any, Callable

import pytest
from unit.shipped.collect.fake_clock import FakeClock

from mail_threats.errors import Refused, ServiceError, Stopped, Throttled, Transient
from mail_threats.wire.pace import Pace
from mail_threats.wire.retrying import Retrier
from mail_threats.wire.tally import Tally
from mail_threats.wire.verdicts import Judge, Response, activity_answer, graph_answer, token_answer

LOG = logging.getLogger("test")
OK = Response(200, {}, b"[]", "https://manage.example.com/x")


def answer(status: int, body: bytes = b"", **headers: str) -> Response:
    return Response(status, {name.replace("_", "-"): value for name, value in headers.items()}, body, "")


def service(*answers: Any) -> Callable[[], Response]:
    """An exchange that gives these answers one after the other; an exception is raised."""
    waiting = list(answers)

    def exchange() -> Response:
        given = waiting.pop(0)
        if isinstance(given, Exception):
            raise given
        return given

    return exchange


def run(clock: FakeClock, judge: Judge, *answers: Any, **options: Any) -> Response:
    retrier = Retrier(clock, Tally(), LOG, **options)
    return retrier.run(service(*answers), judge, Pace(clock), "content")


THROTTLED_AF = b'{"error":{"code":"AF429","message":"Too many requests. Method=GetBlob"}}'
FAULTS = [
    pytest.param(activity_answer, answer(429, Retry_After="7"), 7.0, id="429, seconds"),
    pytest.param(activity_answer, answer(429, THROTTLED_AF, Retry_After="7"), 7.0, id="AF429 as 429"),
    pytest.param(activity_answer, answer(403, THROTTLED_AF, Retry_After="7"), 7.0, id="AF429 as 403"),
    pytest.param(activity_answer, answer(403, THROTTLED_AF), 10.0, id="AF429 without a named wait"),
    pytest.param(activity_answer, answer(503, Retry_After="3"), 3.0, id="503, seconds"),
    pytest.param(activity_answer, answer(503), 1.0, id="503 without a named wait"),
    pytest.param(activity_answer, answer(503, Retry_After="soon"), 1.0, id="503 with a wait nobody understands"),
    pytest.param(graph_answer, answer(429, Retry_After="11"), 11.0, id="Graph 429"),
    pytest.param(graph_answer, answer(500), 1.0, id="Graph 500"),
    pytest.param(token_answer, answer(429, Retry_After="5"), 5.0, id="login 429"),
    pytest.param(token_answer, answer(503, b'{"error":"temporarily_unavailable"}'), 1.0, id="login 503"),
    pytest.param(activity_answer, Transient("reset"), 1.0, id="a broken connection"),
]  # fmt: skip


@pytest.mark.parametrize(("judge", "fault", "wait_s"), FAULTS)
def test_fault_is_repeated_after_the_wait_it_names(judge: Judge, fault: Any, wait_s: float) -> None:
    clock = FakeClock()
    assert run(clock, judge, fault, OK) == OK
    assert sum(clock.waits) == pytest.approx(wait_s, rel=0.2)


def test_wait_may_be_named_as_a_date() -> None:
    import time

    clock = FakeClock()
    date = formatdate(time.time() + 30, usegmt=True)
    run(clock, graph_answer, answer(429, Retry_After=date), OK)
    assert 27 <= sum(clock.waits) <= 30


def test_date_that_has_passed_is_no_wait() -> None:
    clock = FakeClock()
    run(clock, graph_answer, answer(503, Retry_After=formatdate(0, usegmt=True)), OK)
    assert sum(clock.waits) == 0


def test_pauses_grow_until_patience_ends() -> None:
    clock = FakeClock()
    with pytest.raises(Transient):
        run(clock, activity_answer, *[answer(503)] * 6)
    assert len(clock.waits) == 5
    assert all(later > 1.3 * earlier for earlier, later in zip(clock.waits, clock.waits[1:]))


def test_wait_beyond_patience_goes_up_at_once_with_its_length() -> None:
    clock = FakeClock()
    with pytest.raises(Throttled) as raised:
        run(clock, graph_answer, answer(429, Retry_After="3600"), patience_s=300.0)
    assert raised.value.retry_after_s == 3600.0
    assert clock.waits == []


def test_start_limit_names_its_wait_in_words() -> None:
    text = "Too many frequent subscription start requests. Please retry again after 14m 56s"
    body = json.dumps({"error": {"code": "429", "message": text}}).encode()
    for status in (429, 403):
        error = activity_answer(answer(status, body))
        assert isinstance(error, Throttled)
        assert error.retry_after_s == 896.0


REFUSED = [
    pytest.param(
        activity_answer, answer(401, b'{"error":{"code":"AF10001","message":"permission set"}}'), id="AF10001"
    ),
    pytest.param(
        graph_answer, answer(403, b'{"error":{"code":"Authorization_RequestDenied","message":""}}'), id="Graph 403"
    ),
    pytest.param(token_answer, answer(401, b'{"error":"invalid_client","error_codes":[7000215]}'), id="wrong secret"),
    pytest.param(activity_answer, answer(302, Location="https://elsewhere.example.com/"), id="redirect"),
]


@pytest.mark.parametrize(("judge", "refusal"), REFUSED)
def test_refusal_is_not_repeated(judge: Judge, refusal: Response) -> None:
    clock = FakeClock()
    with pytest.raises(Refused):
        run(clock, judge, refusal)
    assert clock.waits == []


def test_request_that_may_have_had_its_effect_is_sent_once() -> None:
    clock = FakeClock()
    retrier = Retrier(clock, Tally(), LOG)
    with pytest.raises(ServiceError):
        retrier.run(service(answer(503)), activity_answer, Pace(clock), "start", repeat=False)


def test_stop_ends_a_wait() -> None:
    clock = FakeClock(stop_after=1)
    with pytest.raises(Stopped):
        run(clock, activity_answer, *[answer(503)] * 3)
    assert len(clock.waits) == 1


def test_throttling_holds_back_everybody_who_shares_the_pace() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    retrier = Retrier(clock, Tally(), LOG)
    with pytest.raises(Throttled):
        retrier.run(service(*[answer(429, Retry_After="60")] * 6), activity_answer, pace, "one")
    waited = len(clock.waits)
    pace.hold(25.0)
    retrier.run(service(OK), activity_answer, pace, "another")
    assert clock.waits[waited:] == [25.0]


def test_requests_retries_and_throttles_are_counted() -> None:
    clock, tally = FakeClock(), Tally()
    retrier = Retrier(clock, tally, LOG)
    retrier.run(service(answer(503), answer(429, Retry_After="1"), OK), activity_answer, Pace(clock), "content")
    assert tally.take() == {"requests": 3, "retries": 1, "throttles": 1}
    assert tally.take() == {}
