"""The time line of a stream: no holes, nothing passed over, nothing kept for ever."""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.feeds import activity_feed, graph_feed
from mail_threats.ledger import windows as time_line
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import DAY_S, HOUR_S, Policy, Trouble, Window

NOW = 1_772_532_000.0  # 2026-03-03 10:00:00
POLICIES = [pytest.param(activity_feed.POLICY, id="activity"), pytest.param(graph_feed.POLICY, id="sign-ins")]
SMALL = Policy(
    lag_s=60.0, open_for_s=4 * HOUR_S, near_s=HOUR_S, rescan_every_s=HOUR_S, chunk_s=2 * HOUR_S, backlog_s=DAY_S,
    shortest_s=60.0, retention_s=7 * DAY_S, page_cost_s=0.0,
)  # fmt: skip


def whole_line(low_water: float, now: float, policy: Policy) -> list[Window]:
    windows: list[Window] = []
    while time_line.extend_once(windows, low_water, now, policy, policy.backlog_s):
        pass
    return windows


@pytest.mark.parametrize("policy", POLICIES)
@given(age_s=st.floats(0, 7 * DAY_S), minute=st.integers(0, 3600))
def test_windows_join_from_the_low_water_mark_to_the_present(policy: Policy, age_s: float, minute: int) -> None:
    now = NOW + minute
    windows = whole_line(now - age_s, now, policy)
    edge = now - age_s
    for window in windows:
        assert window.start == edge < window.end
        assert window.end - window.start <= policy.backlog_s
        edge = window.end
    assert int(edge) >= int(now - policy.lag_s)


@pytest.mark.parametrize("policy", POLICIES)
@given(age_s=st.floats(0, 2 * HOUR_S), since_hour_s=st.floats(0, 2))
def test_no_query_ends_in_the_second_in_which_it_starts(policy: Policy, age_s: float, since_hour_s: float) -> None:
    """Times are sent in whole seconds, and the Activity API refuses a window without length."""
    now = NOW + policy.lag_s + since_hour_s
    for window in time_line.due(whole_line(now - age_s, now, policy), now, policy):
        assert int(window.start) < int(time_line.query_end(window, now, policy))


def test_window_that_begins_this_second_waits_for_the_next_run() -> None:
    fresh = Window(NOW, NOW + HOUR_S)
    assert time_line.due([fresh], NOW + 0.9, activity_feed.POLICY) == []
    assert time_line.due([fresh], NOW + 1.0, activity_feed.POLICY) == [fresh]


def test_no_window_of_the_activity_api_reaches_a_day() -> None:
    assert max(window.end - window.start for window in whole_line(NOW - 7 * DAY_S, NOW, activity_feed.POLICY)) < DAY_S


@pytest.mark.parametrize("policy", POLICIES)
def test_window_of_the_present_keeps_its_start_while_it_grows(policy: Policy) -> None:
    windows = whole_line(NOW - DAY_S, NOW + 1200, policy)
    present = windows[-1]
    assert not time_line.extend_once(windows, NOW - DAY_S, NOW + 1500, policy, policy.backlog_s)
    assert time_line.query_end(present, NOW + 1200, policy) == NOW + 1200 - policy.lag_s
    assert time_line.query_end(present, NOW + 1500, policy) == NOW + 1500 - policy.lag_s


class Arrival(NamedTuple):
    """Something that happened at `time` and can be seen from `visible_at` on."""

    time: float
    visible_at: float


@given(
    times=st.lists(st.tuples(st.floats(0, 2 * DAY_S), st.floats(0, 3.9 * HOUR_S)), max_size=30),
    runs=st.lists(
        st.tuples(st.floats(60, 5 * HOUR_S), st.sets(st.integers(0, 60), max_size=20)), min_size=1, max_size=30
    ),
)
def test_everything_visible_in_time_is_delivered_whatever_fails_in_between(
    times: list[tuple[float, float]], runs: list[tuple[float, set[int]]]
) -> None:
    """Runs at any times, in each of which some listings fail; afterwards the line runs on without faults."""
    arrivals = [Arrival(NOW + at, NOW + at + late) for at, late in times]
    state = StreamState(NOW)
    seen: set[Arrival] = set()
    now = NOW
    for pause_s, failing in [*runs, *[(HOUR_S / 2, set())] * 110]:
        now += pause_s
        while time_line.extend_once(state.windows, state.low_water, now, SMALL, SMALL.backlog_s):
            pass
        for number, window in enumerate(time_line.due(state.windows, now, SMALL)):
            if number in failing:
                continue
            until = time_line.query_end(window, now, SMALL)
            seen |= {a for a in arrivals if window.start <= a.time < until and a.visible_at <= now}
            window.listed_at = now
        before = state.low_water
        state.low_water, _ = time_line.settle(state.windows, state.low_water, SMALL)
        assert state.low_water >= before
        assert {a for a in arrivals if a.time < state.low_water} <= seen
        assert StreamState.from_json(state.to_json()) == state
    assert seen == set(arrivals)
    assert len(state.windows) <= 8


def test_low_water_mark_waits_for_a_window_that_still_owes_something() -> None:
    windows = [Window(0.0, 10.0, listed_at=1e9), Window(10.0, 20.0, listed_at=1e9, troubled={"x": Trouble(1, "")}),
               Window(20.0, 30.0, listed_at=1e9)]  # fmt: skip
    low_water, passed = time_line.settle(windows, 0.0, SMALL)
    assert low_water == 10.0
    assert [window.start for window in passed] == [0.0]
    assert [window.start for window in windows] == [10.0, 20.0]


def test_window_is_listed_once_more_after_it_can_no_longer_change() -> None:
    window = Window(NOW, NOW + HOUR_S, listed_at=NOW + HOUR_S + SMALL.open_for_s - 1)
    assert time_line.due([window], NOW + HOUR_S + SMALL.open_for_s, SMALL) == [window]
    window.listed_at = NOW + HOUR_S + SMALL.open_for_s
    assert time_line.due([window], NOW + 30 * DAY_S, SMALL) == []


def test_reading_again_takes_a_bounded_part_of_the_time() -> None:
    policy = SMALL._replace(page_cost_s=2.0)
    windows = [Window(NOW - 3 * HOUR_S, NOW - 2 * HOUR_S, listed_at=NOW, pages=1000)]
    assert time_line.due(windows, NOW + 1.9 * HOUR_S, policy) == []
    assert time_line.due(windows, NOW + 8 * 2000.0, policy) == windows


def test_halves_join_and_remember_where_they_come_from() -> None:
    windows = [Window(0.0, 100.0), Window(100.0, 1000.0, listed_at=5.0), Window(1000.0, 1100.0)]
    assert time_line.halve(windows, windows[1], SMALL)
    assert [(w.start, w.end, w.anchor, w.listed_at) for w in windows] == [
        (0.0, 100.0, 0.0, None),
        (100.0, 550.0, 100.0, None),
        (550.0, 1000.0, 100.0, None),
        (1000.0, 1100.0, 1000.0, None),
    ]
    assert time_line.oldest_anchor(windows[2:], 550.0) == 100.0


def test_window_of_a_minute_is_not_cut() -> None:
    windows = [Window(0.0, 119.0)]
    assert not time_line.halve(windows, windows[0], SMALL)
    assert windows == [Window(0.0, 119.0)]


OLDEST = NOW - 7 * DAY_S
EXPIRED = [
    pytest.param([], OLDEST - 100, [(OLDEST - 100, OLDEST)], id="nothing was listed"),
    pytest.param([Window(OLDEST - 50, OLDEST - 10, listed_at=NOW)], OLDEST - 50, [(OLDEST - 10, OLDEST)],
                 id="listed, then an outage"),
    pytest.param([Window(OLDEST - 50, OLDEST - 30), Window(OLDEST - 30, OLDEST + 5)], OLDEST - 50,
                 [(OLDEST - 50, OLDEST)], id="two that failed are one span"),
    pytest.param([Window(OLDEST - 50, OLDEST - 40), Window(OLDEST - 40, OLDEST - 30, listed_at=NOW),
                  Window(OLDEST - 30, OLDEST + 5)], OLDEST - 50, [(OLDEST - 50, OLDEST - 40), (OLDEST - 30, OLDEST)],
                 id="a delivered one in between is not lost"),
    pytest.param([Window(OLDEST - 50, OLDEST + 50, listed_at=OLDEST - 20)], OLDEST - 50, [(OLDEST - 80, OLDEST)],
                 id="listed while it grew, then an outage"),
    pytest.param([Window(OLDEST - 500, OLDEST - 100, listed_at=OLDEST - 50)], OLDEST - 500,
                 [(OLDEST - 500, OLDEST - 110), (OLDEST - 110, OLDEST)], id="listed, late content could come"),
    pytest.param([Window(OLDEST - 50, OLDEST + 50, listed_at=NOW, troubled={"x": Trouble(3, "")})], OLDEST - 50,
                 [(OLDEST - 50, OLDEST)], id="listed, but content is owed"),
    pytest.param([Window(OLDEST + 10, OLDEST + 50)], OLDEST + 10, [], id="young enough"),
]  # fmt: skip


@pytest.mark.parametrize(("windows", "low_water", "gaps"), EXPIRED)
def test_what_the_service_no_longer_has_is_named_with_its_span(
    windows: list[Window], low_water: float, gaps: list[tuple[float, float]]
) -> None:
    windows = [Window(w.start, w.end, w.listed_at, w.pages, w.anchor, dict(w.troubled)) for w in windows]
    reached, found = time_line.expire(windows, low_water, OLDEST, SMALL)
    spans = [(max(gap.start, low_water), gap.end) for gap in found]
    assert spans == [(max(start, low_water), end) for start, end in gaps]
    assert reached == max(low_water, OLDEST)
    assert not windows or windows[0].start == reached
