"""Activities come out of their packed form as they went in, network by network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.scoring.activity import OUTCOMES, Activity
from mail_threats.scoring.packed import PackedActivities

VALUES = st.lists(st.text(max_size=5), max_size=3).map(tuple)
TIMES = st.floats(min_value=-1e11, max_value=1e11)
ACTIVITIES = st.builds(
    Activity,
    minute=st.integers(-1_666_666_667, 1_666_666_666),
    src=st.text(max_size=8),
    user=st.text(max_size=8),
    outcome=st.sampled_from(OUTCOMES),
    attempts=st.integers(0, 0xFFFFFFFF),
    first_seen=TIMES,
    last_seen=TIMES,
    app=VALUES,
    app_id=VALUES,
    client_app=VALUES,
    user_agent=VALUES,
    error_code=VALUES,
    feed=VALUES,
    record_ids=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4).map(tuple),
    known=st.booleans(),
    changed=st.booleans(),
    network_people=st.integers(0, 0xFFFF),
    alone=st.booleans(),
)


@given(st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), ACTIVITIES), max_size=12))
def test_each_network_gives_back_its_own_in_the_order_they_came_once_however_often_it_was_looked_at(
    rows: list[tuple[str, Activity]],
) -> None:
    packed = PackedActivities()
    for network, activity in rows:
        packed.add(network, activity)
    assert len(packed) == len(rows)
    assert packed.networks() == sorted({network for network, _ in rows})
    for network in packed.networks():
        assert packed.look(network) == packed.look(network)
        assert packed.take(network) == [activity for name, activity in rows if name == network]


def test_what_was_taken_is_forgotten() -> None:
    packed = PackedActivities()
    activity = Activity(1, "a", "x", "success", 1, 60.0, 60.0, (), (), (), (), (), ())
    packed.add("a", activity)
    packed.take("a")
    assert packed.networks() == []
    with pytest.raises(KeyError):
        packed.take("a")


def test_counts_beyond_their_room_stay_at_the_largest() -> None:
    packed = PackedActivities()
    packed.add("a", Activity(1, "a", "x", "unsure", 2**40, 1.0, 1.0, (), (), (), (), (), (), network_people=100_000))
    (activity,) = packed.take("a")
    assert (activity.attempts, activity.network_people) == (0xFFFFFFFF, 0xFFFF)
