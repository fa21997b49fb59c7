"""How many requests are under way follows how the service takes them."""

from __future__ import annotations

import logging
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.shipped.collect.fake_clock import FakeClock

from mail_threats.errors import TIMEOUT, ServiceError, Transient
from mail_threats.wire.concurrency import FIRST, Concurrency
from mail_threats.wire.pace import Pace
from mail_threats.wire.retrying import Retrier
from mail_threats.wire.service import TokenService
from mail_threats.wire.tally import Tally
from mail_threats.wire.tokens import Token
from mail_threats.wire.verdicts import Response, activity_answer

BASE = "https://manage.example.com"


def answers(concurrency: Concurrency, told: str) -> None:
    """One answer after the other: + for a success, - for a failure."""
    for mark in told:
        sent = concurrency.sent()
        (concurrency.succeeded if mark == "+" else concurrency.failed)(sent)


STEPS = [
    pytest.param("", 8, id="begins in the middle"),
    pytest.param("+" * 8, 16, id="doubles with each round until something fails"),
    pytest.param("+" * 100, 32, id="never exceeds the most"),
    pytest.param("-", 4, id="is halved"),
    pytest.param("-" * 10, 1, id="never goes below one"),
    pytest.param("-" + "+" * 4, 4, id="grows slowly after a failure"),
    pytest.param("-" + "+" * 5, 5, id="by one in a round"),
    pytest.param("-" + "+" * 1000, 32, id="and comes back in the end"),
]


@pytest.mark.parametrize(("told", "limit"), STEPS)
def test_limit_follows_the_answers(told: str, limit: int) -> None:
    concurrency = Concurrency(32)
    answers(concurrency, told)
    assert concurrency.limit == limit


def test_requests_that_were_under_way_together_halve_it_once() -> None:
    concurrency = Concurrency(32)
    answers(concurrency, "+" * 24)
    for sent in [concurrency.sent() for _ in range(32)]:
        concurrency.failed(sent)
    assert concurrency.limit == 16


def test_success_of_an_older_request_does_not_raise_it() -> None:
    concurrency = Concurrency(32)
    old = concurrency.sent()
    answers(concurrency, "-")
    for _ in range(100):
        concurrency.succeeded(old)
    assert concurrency.limit == 4


def test_most_below_the_first_limit_is_kept() -> None:
    assert Concurrency(FIRST - 3).limit == FIRST - 3


def test_health_event_is_told_the_limit_and_the_lowest_since_the_last() -> None:
    concurrency = Concurrency(32)
    assert concurrency.take() == {}
    answers(concurrency, "--" + "+" * 500)
    now = concurrency.limit
    assert concurrency.take() == {"concurrency": now, "concurrency_lowest": 2}
    assert concurrency.take() == {"concurrency": now, "concurrency_lowest": now}


@given(st.text("+-", max_size=300), st.integers(1, 64))
def test_limit_stays_within_its_bounds(told: str, most: int) -> None:
    concurrency = Concurrency(most)
    for mark in told:
        answers(concurrency, mark)
        assert 1 <= concurrency.limit <= most


class Tokens:
    def current(self) -> Token:
        return Token("t", frozenset({"ActivityFeed.Read"}), 0.0)


class Network:
    """Gives one answer after the other; an error is raised."""

    clock_skew_s = 0.0

    def __init__(self, *told: Response | ServiceError) -> None:
        self._told = list(told)

    def begin(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        answer = self._told.pop(0)
        if isinstance(answer, ServiceError):
            raise answer
        return answer


OK = Response(200, {}, b"[]", BASE)


def refusal(status: int, code: str, **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status, names, b'{"error":{"code":"%b","message":"x"}}' % code.encode(), BASE)


REDUCE = [
    pytest.param(refusal(403, "AF429"), 10.0, id="AF429 as 403"),
    pytest.param(refusal(429, "AF429"), 10.0, id="AF429 as 429"),
    pytest.param(refusal(403, "AF429", Retry_After="7"), 7.0, id="AF429 as 403 with Retry-After"),
    pytest.param(refusal(429, "AF429", Retry_After="7"), 7.0, id="AF429 as 429 with Retry-After"),
    pytest.param(refusal(503, ""), 1.0, id="503"),
    pytest.param(refusal(500, "AF50000"), 1.0, id="AF50000"),
    pytest.param(Transient("no answer", code=TIMEOUT), 1.0, id="time-out"),
    pytest.param(Transient("reset"), 1.0, id="broken connection"),
]


@pytest.mark.parametrize(("answer", "wait_s"), REDUCE)
def test_what_tells_of_too_much_halves_it_and_is_asked_again(answer: Response | ServiceError, wait_s: float) -> None:
    clock = FakeClock()
    concurrency = Concurrency(32)
    retrier = Retrier(clock, Tally(), logging.getLogger("test"))
    service = TokenService(
        BASE, Tokens(), Network(answer, OK), retrier, Pace(clock), activity_answer, None, concurrency  # type: ignore[arg-type]
    )  # fmt: skip
    assert service.begin(f"{BASE}/blob", "blob") == OK
    assert concurrency.limit == 4
    assert sum(clock.waits) == pytest.approx(wait_s, rel=0.25)
