"""An admin's wish to collect again: carried out once, moving nothing forward, forgetting nothing that is owed."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.errors import ConfigError
from mail_threats.feeds.activity_feed import POLICY
from mail_threats.inputs import parameters
from mail_threats.ledger import windows as time_line
from mail_threats.ledger.again import Wish, carry_out, memory_mark
from mail_threats.ledger.memory import Memory
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import AGAIN, DAY_S, HOUR_S, NO_LONGER_KEPT, Trouble, Window
from mail_threats.splunkio.health import covered_until

NOW = 1_772_532_000.0


def caught_up(low_water: float = NOW - 30 * HOUR_S) -> StreamState:
    """A stream whose windows were all listed a moment ago."""
    state = StreamState(low_water)
    while time_line.extend_once(state.windows, state.low_water, NOW, POLICY, POLICY.backlog_s):
        pass
    for window in state.windows:
        window.listed_at = NOW
    return state


@given(low_water_h=st.floats(0.1, 7 * 24), start_h=st.floats(0.1, 10 * 24), listed=st.booleans())
def test_everything_from_the_start_on_is_owed_and_no_hole_is_made(
    low_water_h: float, start_h: float, listed: bool
) -> None:
    state = caught_up(NOW - low_water_h * HOUR_S)
    if not listed:
        state.windows[0].listed_at = None
    before = state.low_water
    start = carry_out(state, Wish(NOW - start_h * HOUR_S, False), NOW, POLICY)
    assert start is not None
    assert state.low_water == min(start, before)
    assert StreamState.from_json(json.loads(json.dumps(state.to_json()))) == state
    assert all(window.listed_at is None for window in state.windows if window.end > start)
    assert all(window.end - window.start <= POLICY.backlog_s for window in state.windows)
    if start < before:
        assert state.windows[0].start == start
    assert covered_until(state, POLICY) <= max(start, before)


def test_wish_is_carried_out_once_and_anew_after_it_was_taken_back() -> None:
    state, wish = caught_up(), Wish(NOW - 3 * DAY_S, False)
    assert carry_out(state, wish, NOW, POLICY) == wish.start
    assert carry_out(state, wish, NOW, POLICY) is None
    assert carry_out(state, None, NOW, POLICY) is None
    assert carry_out(state, wish, NOW, POLICY) == wish.start


def test_start_that_the_service_no_longer_keeps_is_moved_up() -> None:
    start = carry_out(caught_up(), Wish(NOW - 30 * DAY_S, False), NOW, POLICY)
    assert start == time_line.beginning(0.0, NOW, POLICY)


def test_start_behind_the_low_water_mark_skips_nothing() -> None:
    state = StreamState(NOW - 5 * DAY_S)
    carry_out(state, Wish(NOW - DAY_S, False), NOW, POLICY)
    assert state.low_water == NOW - 5 * DAY_S


def test_what_is_owed_stays_owed_and_what_was_given_up_is_asked_for_again() -> None:
    state = caught_up()
    window = state.windows[-1]
    window.troubled["a"] = Trouble(4, "unreadable", NOW, NOW + HOUR_S)
    window.lost.append("b")
    carry_out(state, Wish(NOW - 3 * DAY_S, False), NOW, POLICY)
    assert window.troubled["a"] == Trouble(4, "unreadable", NOW, 0.0)
    assert window.lost == []


def test_time_that_expires_before_it_was_listed_again_is_told_as_what_it_is() -> None:
    state = caught_up()
    carry_out(state, Wish(NOW - 6 * DAY_S, False), NOW, POLICY)
    _, gaps = time_line.expire(state.windows, state.low_water, NOW - 5 * DAY_S, POLICY)
    assert [gap.reason for gap in gaps] == [AGAIN]
    never_listed = StreamState(NOW - 6 * DAY_S)
    time_line.extend_once(never_listed.windows, never_listed.low_water, NOW, POLICY, POLICY.backlog_s)
    carry_out(never_listed, Wish(NOW - 6 * DAY_S, False), NOW, POLICY)
    _, gaps = time_line.expire(never_listed.windows, never_listed.low_water, NOW - 5 * DAY_S, POLICY)
    assert {gap.reason for gap in gaps} == {NO_LONGER_KEPT}


def test_window_that_is_cut_or_halved_stays_to_be_listed_again() -> None:
    windows = [Window(NOW - DAY_S, NOW, again=True)]
    time_line.cut(windows, windows[0], NOW - HOUR_S)
    assert time_line.halve(windows, windows[0], POLICY)
    assert [window.again for window in windows] == [True, True, True]


# What was delivered


def test_only_a_wish_for_what_was_delivered_changes_the_mark_of_the_id_memory() -> None:
    state = caught_up()
    assert memory_mark({"a": state}) == 0
    carry_out(state, Wish(NOW - DAY_S, False), NOW, POLICY)
    assert memory_mark({"a": state}) == 0
    carry_out(state, Wish(NOW - DAY_S, True), NOW, POLICY)
    mark = memory_mark({"a": state, "b": caught_up()})
    assert mark == memory_mark({"a": state})
    carry_out(state, None, NOW, POLICY)
    assert 0 < memory_mark({"a": state}) == mark < 2**31


def test_memory_of_another_mark_forgets_everything_once(tmp_path: Path) -> None:
    with closing(Memory(tmp_path / "m", NOW)) as memory:
        memory.belong_to(0)
        memory.unseen([b"a"])
        memory.blob_done("stream", 1.0, "blob")
        memory.commit()
        memory.belong_to(7)
        assert memory.unseen([b"a", b"b"]) == [True, True]
        assert memory.blobs_done("stream", 1.0) == set()
        memory.commit()
    with closing(Memory(tmp_path / "m", NOW)) as memory:
        memory.belong_to(7)
        assert memory.unseen([b"a", b"b", b"c"]) == [False, False, True]


def test_memory_that_knows_no_event_but_a_blob_forgets_it_too(tmp_path: Path) -> None:
    with closing(Memory(tmp_path / "m", NOW)) as memory:
        memory.blob_done("stream", 1.0, "blob")
        memory.commit()
        memory.belong_to(7)
        assert memory.blobs_done("stream", 1.0) == set()


# The stanza

WISHES = [
    pytest.param({}, None, id="none"),
    pytest.param({"collect_again_from": " "}, None, id="blank"),
    pytest.param({"collect_again_from": "2026-03-01T00:00:00Z"}, Wish(1_772_323_200.0, False), id="from"),
    pytest.param(
        {"collect_again_from": "2026-03-01T01:00:00.7+01:00", "collect_again_known": "1"},
        Wish(1_772_323_200.0, True),
        id="with what was delivered, in another zone",
    ),
    pytest.param(
        {"collect_again_from": "2026-03-01T00:00:00Z", "collect_again_known": "0"},
        Wish(1_772_323_200.0, False),
        id="unticked",
    ),
]


@pytest.mark.parametrize(("stanza", "wish"), WISHES)
def test_wish_is_read_from_the_stanza(stanza: dict[str, str], wish: Wish | None) -> None:
    assert parameters.collect_again(stanza, NOW) == wish


REFUSED = [
    pytest.param({"collect_again_from": "yesterday"}, "cannot be read", id="a word"),
    pytest.param({"collect_again_from": "2036-03-01T00:00:00Z"}, "in the future", id="the future"),
    pytest.param({"collect_again_known": "1"}, "not from when on", id="half a wish"),
]


@pytest.mark.parametrize(("stanza", "words"), REFUSED)
def test_wish_that_cannot_be_carried_out_is_refused_with_words(stanza: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parameters.collect_again(stanza, NOW)
