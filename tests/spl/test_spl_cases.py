"""Every worked case of cases/*.json: the engine gives the expected rows, whatever the case's confidence."""

from __future__ import annotations

from pathlib import Path

import pytest
from memory_environment import DEFAULT_LIMITS
from spl_cases import Case, differences, read_cases, run_case, run_case_on_stand_in

from lab.splunk.spl.errors import Unsupported
from lab.splunk.spl.search import run
from lab.splunk.stand_in import StandIn

CASES = read_cases()


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES if not case.needs_props])
def test_case_on_the_engine(case: Case) -> None:
    assert differences(case, run_case(case)) == []


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES if case.needs_props])
def test_case_with_search_time_fields_on_the_stand_in(case: Case, tmp_path: Path) -> None:
    assert differences(case, run_case_on_stand_in(case, tmp_path)) == []


def test_the_memory_environment_has_the_limits_of_the_stand_in(tmp_path: Path) -> None:
    splunk = StandIn(tmp_path)
    assert {place: splunk.limit(*place) for place in DEFAULT_LIMITS} == DEFAULT_LIMITS
    splunk.close()


def test_the_cases_are_all_there() -> None:
    assert len(CASES) >= 624


@pytest.mark.parametrize(
    ("search", "what", "column"),
    [
        pytest.param("where x=1 | predict x", "predict", 13, id="command"),
        pytest.param("eval x=lookup(a, b, c)", "lookup", 8, id="function"),
        pytest.param("eval x=madeup(1)", "madeup", 8, id="unknown function"),
    ],
)
def test_what_is_not_supported_is_refused_by_name_and_place(
    search: str, what: str, column: int, environment: object
) -> None:
    with pytest.raises(Unsupported) as refused:
        run(search, environment, rows=[{"x": "1"}])  # type: ignore[arg-type]
    assert refused.value.what == what
    assert what in str(refused.value)
    assert refused.value.line_and_column == (1, column)
