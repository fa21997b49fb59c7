"""`scoreenum` over the chunked protocol: rows of sign-ins in, one scored row a burst out."""

from __future__ import annotations

import random
from typing import Any

import pytest
from commands.caller import NOW, Caller, said

from lab.splunk.spl.errors import SearchFailure
from lab.splunk.spl.search import SEARCH_HEAD
from lab.splunk.spl.values import as_list, text

SOURCE = "203.0.113.9"


def guesses(count: int, *, src: str = SOURCE, start: int = NOW, **fields: Any) -> list[dict[str, Any]]:
    """One name a minute that does not exist, as `stats ... BY _time src user outcome` gives it."""
    return [
        {
            "_time": str(start + 60 * number),
            "src": src,
            "user": f"guess{number:03}@contoso.com",
            "outcome": "guess_not_real",
            "attempts": "1",
            "first_seen": str(start + 60 * number + 5),
            "last_seen": str(start + 60 * number + 5),
            **fields,
        }
        for number in range(count)
    ]


def test_it_is_a_reporting_command(call: Caller) -> None:
    assert call.command("scoreenum").placement == "transforming"


def test_it_never_runs_on_an_indexer(call: Caller) -> None:
    roles = call.roles("search index=main | eval outcome=code | scoreenum | eval x=1")
    assert roles[-2:] == [SEARCH_HEAD, SEARCH_HEAD]


def test_a_burst_becomes_one_row(call: Caller) -> None:
    result = call("scoreenum", guesses(25, app="Azure Portal"))
    (row,) = result.rows
    expected = {
        "src": SOURCE,
        "_time": str(NOW + 24 * 60 + 5),
        "first_seen": str(NOW + 5),
        "last_seen": str(NOW + 24 * 60 + 5),
        "unique_names": "25",
        "peak_names": "25",
        "attempts": "25",
        "app": "Azure Portal",
        "enum_verdict": "Moderate Enumeration",
        "enum_class": "enumeration",
    }
    assert {name: row[name] for name in expected} == expected
    assert result.messages == []


def test_points_of_the_reasons_sum_to_the_score(call: Caller) -> None:
    (row,) = call("scoreenum", guesses(60)).rows
    assert sum(int(text(reason).partition(":")[0]) for reason in as_list(row["enum_reasons"])) == int(
        text(row["enum_score"])
    )


@pytest.mark.parametrize("names", [pytest.param(9, id="nine-names"), pytest.param(0, id="no-rows")])
def test_too_little_gives_no_row_and_no_message(call: Caller, names: int) -> None:
    result = call("scoreenum", guesses(names))
    assert (result.rows, result.messages) == ([], [])


@pytest.mark.parametrize("chunk_rows", [1, 7, 25, 26])
def test_chunks_make_no_difference(call: Caller, chunk_rows: int) -> None:
    rows = [*guesses(25), *guesses(12, src="203.0.113.10")]
    assert call("scoreenum", rows, chunk_rows=chunk_rows).rows == call("scoreenum", rows).rows


def many(count: int) -> list[dict[str, str]]:
    """Rows of 50 sources in the order of time, as a large tenant gives them in a day."""
    drawn = random.Random(7)
    return [
        {
            "_time": str(NOW + 60 * (number * 1440 // count)),
            "src": f"198.51.100.{drawn.randrange(50)}",
            "user": f"name{drawn.randrange(4000):04}@contoso.com",
            "outcome": drawn.choice(["guess_not_real", "guess_real", "unsure"]),
            "attempts": "1",
            "user_agent": f"agent/{drawn.randrange(9)}",
        }
        for number in range(count)
    ]


def test_100_000_rows_in_several_chunks_give_what_one_chunk_gives(call: Caller) -> None:
    rows = many(100_000)
    chunks = call("scoreenum", rows, chunk_rows=30_000)
    call.splunk.set_local("limits", "searchresults", {"maxresultrows": "200000"})
    whole = call("scoreenum", rows)
    assert len(whole.rows) == 50
    assert sum(int(text(row["attempts"])) for row in whole.rows) == 100_000
    assert chunks == whole


def test_an_answer_larger_than_is_held_in_memory_arrives_whole(call: Caller) -> None:
    rows = [
        {**row, "user": f"{'n' * 400}{row['user']}"}
        for number in range(60)
        for row in guesses(100, src=f"198.51.100.{number}")
    ]
    result = call("scoreenum", rows, chunk_rows=5_000)
    assert [(row["src"], len(as_list(row["user"]))) for row in result.rows] == [
        (src, 100) for src in sorted(f"198.51.100.{number}" for number in range(60))
    ]
    # The values travel twice, as text and as multivalue.
    assert 2 * sum(len(text(user)) for row in result.rows for user in as_list(row["user"])) > 4 * 1024 * 1024
    assert result.messages == []


def test_one_source_and_a_list_over_sources_in_one_answer_keep_their_fields(call: Caller) -> None:
    day = 86400
    alone = [
        row
        for number in range(3)
        for row in guesses(8, src="203.0.113.1", start=NOW + number * day)
        if row.update(user=f"a{number}{row['user']}", _time=row["first_seen"]) is None
    ]
    listed = [
        {
            **row, "_time": row["first_seen"], "src": f"198.51.100.{number // 4}", "user_agent": "curl/8",
            "app_id": "cli", "user": f"{chr(97 + number)}{chr(122 - number)}ello@contoso.com",
        }
        for number in range(24)
        for row in guesses(1, start=NOW + number // 4 * day + number % 4 * 300)
    ]  # fmt: skip
    rows = call("scoreenum mode=days", [*alone, *listed]).rows
    assert [("shared" in row, row.get("source_count")) for row in rows] == [(False, None), (True, "6")]


def test_people_may_come_several_in_a_row(call: Caller) -> None:
    names = [f"ann.lindgren{number}x@contoso.com" for number in range(3)]
    slips = [
        {**row, "user": name.replace("lindgren", "lindgrn"), "_time": row["first_seen"], "known_from": "1"}
        for row, name in zip(guesses(12), names * 4, strict=True)
    ]
    apart = call("scoreenum mode=sources names=2 sources=2", [*slips, *({"person": name} for name in names)])
    together = call("scoreenum mode=sources names=2 sources=2", [*slips, {"person": [*names]}])
    assert apart == together
    assert said(together, "WARN") == []


def malformed_from(sources: int) -> list[dict[str, Any]]:
    """A malformed name from each of many sources: what a rule about sources leaves out."""
    return [
        row for n in range(sources)
        for row in guesses(1, src=f"198.18.{10 + n}.7", start=NOW + 600 * n)
        if row.update(user=f"contoso\\name{n:02}", _time=row["first_seen"]) is None
    ]  # fmt: skip


@pytest.mark.parametrize("mode", ["sources", "days"])
def test_what_is_set_aside_comes_in_place_of_findings(call: Caller, mode: str) -> None:
    assert call(f"scoreenum mode={mode}", malformed_from(12)).rows == []
    (row,) = call(f"scoreenum mode={mode} set_aside=true max_names=5", malformed_from(12)).rows
    expected = {
        "_time": str(NOW + 6605),
        "entity": "12 sources",
        "source_count": "12",
        "src": [f"198.18.{10 + n}.7" for n in range(5)],
        "src_list_truncated": "7",
        "first_seen": str(NOW + 5),
        "last_seen": str(NOW + 6605),
        "attempts": "12",
        "unique_names": "12",
        "user": [f"contoso\\name{n:02}" for n in range(5)],
        "user_list_truncated": "7",
        "enum_class": "federation_misconfig",
        "enum_reasons": "12 names: malformed, as a federation server sends them",
    }
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize(
    ("options", "rows"),
    [
        pytest.param("mode=sources", malformed_from(12), id="not asked for"),
        pytest.param("set_aside=true", guesses(25), id="a burst, of which every class is a finding"),
        pytest.param("mode=days set_aside=true", [{**r, "first_seen": str(NOW + 1500 * n), "_time": str(NOW + 1500 * n)}
                     for n, r in enumerate(guesses(40))], id="a list that is found"),
    ],
)  # fmt: skip
def test_nothing_is_set_aside(call: Caller, options: str, rows: list[dict[str, Any]]) -> None:
    assert call(f"scoreenum {options}", rows).rows == []


def office(people: int, agents: list[str], **fields: Any) -> list[dict[str, Any]]:
    """People who sign in at one address over two days, each a few minutes after the one before, as the rule's rows."""
    return [
        {
            "_time": str((NOW - day * 86400) // 86400 * 86400),
            "src": SOURCE,
            "network": SOURCE,
            "user": f"ann{number:02}.berg@contoso.com",
            "outcome": "success",
            "first_seen": f"{NOW - day * 86400 + 90 * number}.250",
            "last_seen": str(NOW - day * 86400 + 90 * number + 3 * 3600),
            "searched_from": str(NOW - 86400),
            **({"known_from": str(NOW - number * 86400)} if number % 3 else {}),
            **({"user_agent": agents[number % len(agents)]} if agents else {}),
            **fields,
        }
        for number in range(people)
        for day in range(1 + number % 2)
    ]


WRONG = [
    {
        **row, "network": SOURCE, "user": f"a.berg{number:02}@contoso.com", "outcome": "guess_not_real",
        "first_seen": str(NOW + 90 * number - 40), "last_seen": str(NOW + 90 * number - 20), "network_people": "40",
    }
    for number, row in enumerate(guesses(14, user_agent="Edge"))
]  # fmt: skip
LISTED = [{**row, "network": SOURCE, "network_people": "40"} for row in guesses(30, user_agent="python-requests/2.31")]


@pytest.mark.parametrize("agents", [["Edge"], ["Edge", "Outlook"], []], ids=["one client", "two clients", "no client"])
@pytest.mark.parametrize(
    ("failing", "known"),
    [
        pytest.param(WRONG, "40", id="names typed wrong before the own one"),
        pytest.param(LISTED, "40", id="a list from the office"),
        pytest.param([*WRONG, *LISTED], "40", id="both"),
        pytest.param(
            [{**row, "network_people": "3"} for row in LISTED], "3", id="a network of few, who stay as they are"
        ),
        pytest.param([{**row, "network_people": ""} for row in LISTED], "", id="a network that is not known"),
    ],
)
def test_people_of_an_office_may_come_together_with_their_times(
    call: Caller, failing: list[dict[str, Any]], known: str, agents: list[str]
) -> None:
    rows = [*failing, *office(40, agents, network_people=known)]
    options = "scoreenum window=60 low=10 moderate=20 high=50 spray=5 spray_window=20 merge_gap=1440"
    apart = call(options, [{name: value for name, value in row.items() if value != ""} for row in rows])
    assert apart.rows, "nothing is found, so nothing is compared"
    together = call(f"where isnotnull(src) | `mail_threats_people_seen` | {options}", rows)
    assert together == apart
    left = call("where isnotnull(src) | `mail_threats_people_seen` | stats count BY outcome", rows)
    successes = next(int(str(row["count"])) for row in left.rows if row["outcome"] == "success")
    assert successes == (max(1, len(agents)) + 1 if known == "40" else 60)


def test_multivalue_fields_survive(call: Caller) -> None:
    agents = ["plain", "with $dollar$ and ;", 'with "quotes"', "two\nlines", "a, comma"]
    (row,) = call("scoreenum", guesses(12, user_agent=agents, app=["One", "Two"])).rows
    assert row["user_agent"] == agents
    assert row["app"] == ["One", "Two"]
    assert row["user_agent_count"] == "5"
    assert row["user"] == [f"guess{number:03}@contoso.com" for number in range(12)]


def test_names_in_any_script_survive(call: Caller) -> None:
    names = ["jörg", "łukasz", "δήμος", "иван", "山田", "يوسف", "n\u0303andu", "😀"] + [
        f"x{number}" for number in range(4)
    ]
    rows = [{**row, "user": f"{name}@contoso.com"} for row, name in zip(guesses(12), names, strict=True)]
    (row,) = call("scoreenum", rows).rows
    assert row["user"] == [f"{name}@contoso.com" for name in names]


@pytest.mark.parametrize(
    ("broken", "complaint"),
    [
        pytest.param({"src": None}, "field src is empty", id="no-source"),
        pytest.param({"outcome": None}, "field outcome is", id="no-outcome"),
        pytest.param({"outcome": "guessed"}, "'guessed': expected one of guess_not_real", id="unknown-outcome"),
        pytest.param({"_time": None}, "field _time is missing", id="no-time"),
        pytest.param({"_time": "yesterday"}, "'yesterday': expected a number", id="time-in-words"),
        pytest.param({"attempts": "many"}, "field attempts is 'many'", id="attempts-in-words"),
    ],
)
def test_a_row_that_cannot_be_used_is_left_out_and_named(
    call: Caller, broken: dict[str, str | None], complaint: str
) -> None:
    good = guesses(11)
    bad = {
        name: value for name, value in {**good[0], "user": "other@contoso.com", **broken}.items() if value is not None
    }
    result = call("scoreenum", [*good, bad, bad])
    assert [row["unique_names"] for row in result.rows] == ["11"]
    (warning,) = said(result, "WARN")
    assert warning.startswith("scoreenum left out 2 rows. The first: ")
    assert complaint in warning


@pytest.mark.parametrize("missing", ["user", "attempts", "first_seen", "last_seen"])
def test_fields_that_may_be_absent(call: Caller, missing: str) -> None:
    rows = [{name: value for name, value in row.items() if name != missing} for row in guesses(12)]
    result = call("scoreenum", rows)
    assert result.messages == []
    assert [row["attempts"] for row in result.rows] == ["12"]


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        pytest.param("window=soon", "window", id="no-number"),
        pytest.param("window=0", "window", id="too-small"),
        pytest.param("window=1441", "window", id="too-large"),
        pytest.param("low=1", "low", id="one-name"),
        pytest.param("low=30 moderate=20 high=50", "low=30, moderate=20, high=50: they must not fall", id="falling"),
        pytest.param("max_names=0", "max_names", id="no-names"),
        pytest.param("windows=60", "windows", id="misspelt"),
    ],
)
def test_a_bad_option_ends_the_search_and_is_named(call: Caller, options: str, complaint: str) -> None:
    with pytest.raises(SearchFailure) as failure:
        call(f"scoreenum {options}", guesses(12))
    assert "scoreenum" in str(failure.value)
    assert complaint in str(failure.value)


@pytest.mark.parametrize(
    ("options", "field", "value"),
    [
        pytest.param("window=5", None, None, id="a-window-too-short"),
        pytest.param("low=2 moderate=3 high=4", "enum_verdict", "High Confidence Enumeration", id="lower-thresholds"),
        pytest.param("low=26 moderate=26", None, None, id="a-higher-threshold"),
        pytest.param("max_names=3", "user_list_truncated", "22", id="fewer-names-listed"),
    ],
)
def test_options_change_what_counts(call: Caller, options: str, field: str | None, value: str | None) -> None:
    rows = call(f"scoreenum {options}", guesses(25)).rows
    if field is None:
        assert rows == []
    else:
        assert [row[field] for row in rows] == [value]


def test_bursts_further_apart_than_merge_gap_are_two(call: Caller) -> None:
    rows = [*guesses(12), *guesses(12, start=NOW + 4 * 3600)]
    assert len(call("scoreenum merge_gap=60", rows).rows) == 2
    assert len(call("scoreenum merge_gap=240", rows).rows) == 1


@pytest.fixture
def previews(call: Caller) -> Caller:
    """A search head that also runs the command for the preview of a search that is under way."""
    call.splunk.set_local("commands", "scoreenum", {"run_in_preview": "true"}, app="m365_mail_threats")
    call.splunk.processes.commands.previews = True
    return call


def test_a_preview_changes_nothing_of_the_result(previews: Caller) -> None:
    rows = guesses(30)
    with_preview = previews("scoreenum", rows, chunk_rows=8)
    previews.splunk.processes.commands.previews = False
    assert with_preview == previews("scoreenum", rows, chunk_rows=8)


def test_a_preview_that_has_no_rows_yet_is_no_error(previews: Caller) -> None:
    result = previews("scoreenum", guesses(1))
    assert (result.rows, result.messages) == ([], [])
