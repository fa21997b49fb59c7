"""Runs a pipeline over rows, or from nothing, on the engine alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from memory_environment import MemoryEnvironment

from lab.splunk.spl.errors import SplError
from lab.splunk.spl.search import SearchResult, run
from lab.splunk.spl.values import Row


@pytest.fixture
def result_of() -> Callable[..., SearchResult]:
    """result_of(query, rows=None, **environment): rows go into the first command; None: the query generates them."""

    def result(query: str, rows: list[Row] | None = None, **environment: Any) -> SearchResult:
        given = MemoryEnvironment(**environment)
        if rows is None:
            return run(f"| {query}", given)
        return run(query, given, rows=[dict(row) for row in rows])

    return result


@pytest.fixture
def rows_of(result_of: Callable[..., SearchResult]) -> Callable[..., list[Row]]:
    """The rows of `result_of`."""
    return lambda query, rows=None, **environment: result_of(query, rows, **environment).rows


@pytest.fixture
def warnings_of(result_of: Callable[..., SearchResult]) -> Callable[..., list[str]]:
    """The texts of the warnings of `result_of`."""

    def warnings(query: str, rows: list[Row] | None = None, **environment: Any) -> list[str]:
        return [m.text for m in result_of(query, rows, **environment).messages if m.level == "WARN"]

    return warnings


@pytest.fixture
def error_of(result_of: Callable[..., SearchResult]) -> Callable[..., SplError]:
    """The error that `result_of` raises."""

    def error(query: str, rows: list[Row] | None = None, **environment: Any) -> SplError:
        with pytest.raises(SplError) as caught:
            result_of(query, rows, **environment)
        return caught.value

    return error
