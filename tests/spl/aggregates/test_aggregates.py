"""The aggregate functions, value by value. Rules: Search Reference, statistical and charting functions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.splunk.spl.aggregates import FUNCTIONS, UNSUPPORTED, SlidingAggregate, find

LETTERS_AND_NUMBERS = ["1", "c", "a", "2", "100", "b", "4", "9"]
SPREAD = ["2", "4", "4", "4", "5", "5", "7", "9"]


def limit(stanza, key):
    assert (stanza, key) == ("stats", "list_maxsize")
    return 100


def answer(name, values, times=None):
    aggregate = find(name, limit)()
    for place, value in enumerate(values):
        aggregate.add(value, float(times[place] if times else place))
    return aggregate.result()


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        pytest.param("count", ["", "x", 1], 3, id="count: an empty text counts"),
        pytest.param("dc", ["1", "1.0", "01", 1], 3, id="dc compares text"),
        pytest.param("values", ["b", "10", "9", "B", "b"], ["10", "9", "B", "b"], id="values in code point order"),
        pytest.param("values", [2, 2.0, 1.5], ["1.5", "2"], id="values of numbers are their texts"),
        pytest.param("values", ["x"], "x", id="one value is a scalar"),
        pytest.param("list", ["b", "a", "b"], ["b", "a", "b"], id="list in the order of the rows"),
        pytest.param("sum", ["1", "x", "2.5", ""], 3.5, id="sum leaves out text"),
        pytest.param("sum", ["x"], None, id="a sum of text is none"),
        pytest.param("sum", ["0.1"] * 3, 0.1 + 0.1 + 0.1, id="doubles are added one after the other"),
        pytest.param("sum", ["9007199254740993", "1"], 9007199254740994, id="large integers stay exact"),
        pytest.param("sumsq", ["3", "4", "y"], 25, id="sumsq"),
        pytest.param("avg", ["1", "2", "x"], 1.5, id="avg divides by the numbers"),
        pytest.param("mean", ["2", "4"], 3, id="mean, a whole number"),
        pytest.param("avg", [], None, id="avg of nothing"),
        pytest.param("min", ["10", "9", "100"], "9", id="min compares numbers"),
        pytest.param("max", ["10", "9", "100"], "100", id="max compares numbers"),
        pytest.param("min", LETTERS_AND_NUMBERS, "1", id="min of a mixture is a number"),
        pytest.param("max", LETTERS_AND_NUMBERS, "100", id="max of a mixture is a number"),
        pytest.param("min", ["b", "a", "B"], "B", id="min of text"),
        pytest.param("max", ["b", "a", "B"], "b", id="max of text"),
        pytest.param("max", ["007", "3"], "007", id="the value stays as the row had it"),
        pytest.param("range", ["3", "10", "x"], 7, id="range"),
        pytest.param("range", ["x"], None, id="range of text"),
        pytest.param("mode", ["45", "32", "45", "29"], "45", id="mode"),
        pytest.param("mode", ["x", "y", "y", "x"], "x", id="mode: the first of equals"),
        pytest.param("stdev", SPREAD, pytest.approx(2.138089935299395), id="stdev is of a sample"),
        pytest.param("stdevp", SPREAD, 2, id="stdevp is of a population"),
        pytest.param("var", SPREAD, pytest.approx(4.571428571428571), id="var"),
        pytest.param("varp", SPREAD, 4, id="varp"),
        pytest.param("stdev", ["7"], 0, id="one value alone varies by 0"),
        pytest.param("var", ["1e9", "1e9", "1e9"], 0, id="no cancellation between large sums"),
        pytest.param("first", ["x", "y"], "x", id="first"),
        pytest.param("last", ["x", "y"], "y", id="last"),
        pytest.param("p50", ["9", "1", "3", "2", "7"], 3, id="p50"),
        pytest.param("perc50", [str(n) for n in range(1, 11)], 5.5, id="perc50 of 1..10"),
        pytest.param("perc95", [str(n) for n in range(1, 11)], pytest.approx(9.55), id="perc95 of 1..10"),
        pytest.param("exactperc90", ["1", "2", "3", "4"], pytest.approx(3.7), id="exactperc"),
        pytest.param("upperperc90", ["1", "2", "3", "4"], pytest.approx(3.7), id="upperperc of few values"),
        pytest.param("perc99.9", ["1", "2"], pytest.approx(1.999), id="a percentage with a fraction"),
        pytest.param("perc0", ["3", "1"], 1, id="perc0 is the minimum"),
        pytest.param("perc100", ["3", "1"], 3, id="perc100 is the maximum"),
        pytest.param("median", ["1", "2"], 2, id="median: an exact half is rounded up"),
        pytest.param("median", ["1", "4"], 3, id="median of 1 and 4"),
        pytest.param("median", ["10", "20", "30", "40", "50", "60"], 35, id="median: the mean of the middle pair"),
        pytest.param("median", ["1.2", "1.4"], pytest.approx(1.3), id="median: no half, no rounding"),
        pytest.param("median", ["9", "1", "3"], 3, id="median of three"),
    ],
)
def test_the_answer_of_a_function(name, values, expected):
    assert answer(name, values) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param("earliest", "old", id="earliest"),
        pytest.param("latest", "new", id="latest"),
        pytest.param("earliest_time", 100, id="earliest_time"),
        pytest.param("latest_time", 300, id="latest_time"),
    ],
)
def test_functions_of_time_go_by_time_and_not_by_order(name, expected):
    assert answer(name, ["mid", "new", "old"], [200, 300, 100]) == expected


@pytest.mark.parametrize(
    ("values", "times", "expected"),
    [
        pytest.param(["10", "40"], [0, 60], 0.5, id="per second"),
        pytest.param(["10", "40"], [60, 60], None, id="no time between them"),
        pytest.param(["a", "40"], [0, 60], None, id="text"),
    ],
)
def test_rate_is_the_change_per_second(values, times, expected):
    assert answer("rate", values, times) == expected


@pytest.mark.parametrize("name", ["perc101", "percx", "Count", "stdevq", ""])
def test_what_is_no_function_is_none(name):
    assert find(name, limit) is None


@pytest.mark.parametrize("name", sorted(UNSUPPORTED))
def test_no_function_is_both_there_and_refused(name):
    assert find(name, limit) is None


@pytest.mark.parametrize("name", [*sorted(FUNCTIONS), "perc90"])
@pytest.mark.parametrize(
    "values", [["3", "1", "x", "3", "2.5", "a", "10", "3", ""], ["b", "a", "b", "c", "a"]], ids=["mixture", "text"]
)
def test_a_sliding_function_gives_what_it_gives_over_its_window_alone(name, values):
    sliding = SlidingAggregate(find(name, limit))
    for place, value in enumerate(values):
        sliding.add(value, float(place * 7 % 5))
        if place >= 3:
            sliding.remove_oldest()
        window = values[max(0, place - 2) : place + 1]
        times = [n * 7 % 5 for n in range(max(0, place - 2), place + 1)]
        assert sliding.result() == answer(name, window, times)


VALUES = st.one_of(st.integers(-5, 5).map(str), st.sampled_from(["2.5", "-0.25", "a", "b", "", "B"]), st.integers(0, 3))
FORGETFUL = sorted({"perc90", "p25", *FUNCTIONS} - {"stdev", "stdevp", "var", "varp"})


@pytest.mark.parametrize("name", FORGETFUL)
@given(steps=st.lists(st.tuples(VALUES, st.integers(0, 4), st.booleans()), max_size=25))
def test_any_window_is_forgotten_exactly(name, steps):
    """Values come with a time and, after each, the oldest may leave; the answer is that of the values left."""
    sliding = SlidingAggregate(find(name, limit))
    left = []
    for value, time, leaves in steps:
        sliding.add(value, float(time))
        left.append((value, time))
        if leaves:
            sliding.remove_oldest()
            del left[0]
        assert sliding.result() == answer(name, [item for item, _ in left], [moment for _, moment in left])
