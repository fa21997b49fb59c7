"""streamstats: running statistics, windows and resets. Rules: Search Reference, streamstats."""

from __future__ import annotations

import pytest

ROWS = [{"n": "1", "g": "a"}, {"n": "2", "g": "b"}, {"n": "3", "g": "a"}, {"n": "4", "g": "b"}]
HOURS = [{"_time": 1577836800 + 3600 * count, "u": f"u{count % 3}"} for count in range(5)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("streamstats count AS s", [1, 2, 3, 4], id="running count"),
        pytest.param("streamstats count AS s BY g", [1, 1, 2, 2], id="per group"),
        pytest.param("streamstats sum(n) AS s", [1, 3, 6, 10], id="running sum"),
        pytest.param("streamstats current=f count AS s", [0, 1, 2, 3], id="count of the rows before"),
        pytest.param("streamstats current=f sum(n) AS s", [None, 1, 3, 6], id="nothing to sum in the first row"),
        pytest.param("streamstats count AS s window=2", [1, 2, 2, 2], id="a window counts the last rows"),
        pytest.param("streamstats window=0 count AS s", [1, 2, 3, 4], id="window 0 is none"),
        pytest.param("streamstats window=2 current=f sum(n) AS s", [None, 1, 3, 5], id="a window before the row"),
        pytest.param("streamstats window=3 count AS s BY g", [1, 1, 2, 2], id="one window for all groups"),
        pytest.param(
            "streamstats window=2 count AS s BY g", [1, 1, 1, 1], id="a global window drops the other group's rows"
        ),
        pytest.param("streamstats window=2 global=f sum(n) AS s BY g", [1, 2, 4, 6], id="a window per group"),
        pytest.param("streamstats reset_on_change=t count AS s BY g", [1, 1, 1, 1], id="reset when the group changes"),
        pytest.param('streamstats reset_before="n>2" count AS s', [1, 2, 1, 1], id="reset before a row"),
        pytest.param('streamstats reset_after="(n>2)" count AS s', [1, 2, 3, 1], id="reset after a row"),
        pytest.param("streamstats reset_after=(n=2) count AS s", [1, 2, 1, 2], id="a condition in parentheses"),
        pytest.param('streamstats reset_after="s==2" count AS s', [1, 2, 1, 2], id="the condition sees the statistic"),
        pytest.param("streamstats max(n) AS s window=2", ["1", "2", "3", "4"], id="max in a window"),
        pytest.param("streamstats min(n) AS s window=2", ["1", "1", "2", "3"], id="min when the least leaves"),
        pytest.param("streamstats first(n) AS s window=2", ["1", "1", "2", "3"], id="first when the first leaves"),
        pytest.param("streamstats last(n) AS s window=2", ["1", "2", "3", "4"], id="last"),
        pytest.param("streamstats list(g) AS s window=2", ["a", ["a", "b"], ["b", "a"], ["a", "b"]], id="list"),
        pytest.param("streamstats dc(g) AS s window=1", [1, 1, 1, 1], id="dc forgets"),
        pytest.param("streamstats avg(n) AS s window=2", [1, 1.5, 2.5, 3.5], id="average"),
        pytest.param("streamstats median(n) AS s window=3", [1, 2, 2, 3], id="median in a window"),
        pytest.param("streamstats stdevp(n) AS s window=2", [0, 0.5, 0.5, 0.5], id="deviation"),
        pytest.param("streamstats mode(g) AS s window=2", ["a", "a", "b", "a"], id="mode"),
        pytest.param("streamstats count AS s BY nosuchfield", [None, None, None, None], id="rows without the BY field"),
        pytest.param("streamstats sum(*) AS s", None, id="a wildcard needs a wildcarded name"),
    ],
)
def test_statistics_of_the_rows_so_far(rows_of, error_of, query, expected):
    if expected is None:
        assert "needs a wildcard" in error_of(query, ROWS).message
        return
    made = rows_of(query, ROWS)
    assert [row.pop("s", None) for row in made] == expected
    assert made == ROWS


def test_sums_of_fractions_in_a_window_carry_no_rest(rows_of):
    rows = [{"n": value} for value in ("0.1", "0.2", "0.3", "5")]
    assert [row["s"] for row in rows_of("streamstats window=1 sum(n) AS s", rows)] == [0.1, 0.2, 0.3, 5]


@pytest.mark.parametrize("direction", [1, -1], ids=["oldest first", "newest first"])
@pytest.mark.parametrize(
    ("window", "expected"),
    [
        pytest.param("1h", [1, 1, 1, 1, 1], id="the far edge is open"),
        pytest.param("2h", [1, 2, 2, 2, 2], id="what is nearer is in"),
        pytest.param("61m", [1, 2, 2, 2, 2], id="a minute more"),
        pytest.param("1d", [1, 2, 3, 3, 3], id="three users in all"),
    ],
)
def test_a_time_window_holds_the_rows_less_than_its_length_away(rows_of, window, expected, direction):
    made = rows_of(f"streamstats time_window={window} dc(u) AS s", HOURS[::direction])
    assert [row["s"] for row in made] == expected


def test_a_time_window_is_kept_per_group(rows_of):
    rows = [{"_time": second, "src": src} for second, src in [(0, "x"), (10, "y"), (50, "x"), (65, "x")]]
    made = rows_of("streamstats time_window=60s count AS c BY src", rows)
    assert [row["c"] for row in made] == [1, 1, 2, 2]


@pytest.mark.parametrize(
    "rows",
    [
        pytest.param([{"_time": 1}, {"_time": 3}, {"_time": 2}], id="forth and back"),
        pytest.param([{"x": "1"}], id="no time"),
    ],
)
def test_a_time_window_wants_rows_in_time_order(error_of, rows):
    assert "sorted in time order" in error_of("streamstats time_window=1h count", rows).message


def test_a_time_window_stops_at_the_limit_and_says_so(result_of):
    rows = [{"_time": count} for count in range(12)]
    result = result_of("streamstats time_window=1h count AS c", rows, limits={("stats", "max_stream_window"): 10})
    assert [row["c"] for row in result.rows][-3:] == [10, 10, 10]
    assert "at most 10 rows" in result.messages[0].text


def test_a_window_above_the_limit_is_cut_with_a_warning(warnings_of):
    assert "10000" in warnings_of("streamstats window=20000 count", ROWS)[0]


def test_the_statistics_of_the_shared_window_agree_with_stats(rows_of):
    """A window of n rows gives what stats gives over the same n rows, for every function that can forget."""
    rows = [{"n": str(value), "_time": 100 - place} for place, value in enumerate([5, 1, 4, 4, 2.5, 9, 0, -3, 7, 7])]
    functions = "count dc(n) sum(n) sumsq(n) avg(n) min(n) max(n) range(n) values(n) list(n) first(n) last(n)"
    functions += " median(n) perc90(n) stdev(n) var(n) mode(n) earliest(n) latest(n) earliest_time(n) rate(n)"
    streamed = rows_of(f"streamstats window=4 {functions}", rows)
    for place, row in enumerate(streamed):
        [whole] = rows_of(f"stats {functions}", rows[max(0, place - 3) : place + 1])
        for name, value in whole.items():
            assert row[name] == (pytest.approx(value) if isinstance(value, float) else value), name
