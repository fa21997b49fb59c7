"""A known limit is kept, however fast the caller and however slow the service."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.shipped.collect.fake_clock import FakeClock

from mail_threats.errors import Stopped
from mail_threats.wire.pace import Limit, Pace


@given(st.lists(st.tuples(st.floats(0, 8), st.floats(0, 4), st.floats(0, 1)), max_size=60))
def test_service_never_counts_more_than_its_limit(calls: list[tuple[float, float, float]]) -> None:
    """The service counts a request somewhere between its sending and its answer."""
    clock = FakeClock(now=0.0)
    pace = Pace(clock, Limit(5, 10.0))
    counted: list[float] = []
    for pause_s, latency_s, share in calls:
        clock.time += pause_s
        with pace.turn():
            counted.append(clock.time + latency_s * share)
            clock.time += latency_s
    for first, sixth in zip(counted, counted[5:]):
        assert sixth - first >= 10.0 - 1e-6


def test_first_requests_are_not_held_back() -> None:
    clock = FakeClock()
    pace = Pace(clock, Limit(5, 10.0))
    for _ in range(5):
        with pace.turn():
            pass
    assert clock.waits == []
    with pace.turn():
        pass
    assert sum(clock.waits) == pytest.approx(10.0)


def test_pause_holds_back_every_request() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    pace.hold(30.0)
    pace.hold(20.0)
    with pace.turn():
        pass
    assert sum(clock.waits) == pytest.approx(30.0)


def test_stop_ends_the_wait_for_a_turn() -> None:
    pace = Pace(FakeClock(stop_after=0))
    pace.hold(30.0)
    with pytest.raises(Stopped), pace.turn():
        raise AssertionError("a request was sent after the stop")


def test_failed_request_counts_too() -> None:
    clock = FakeClock()
    pace = Pace(clock, Limit(1, 10.0))
    with pytest.raises(RuntimeError), pace.turn():
        raise RuntimeError
    with pace.turn():
        pass
    assert sum(clock.waits) == pytest.approx(10.0)
