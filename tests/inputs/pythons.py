"""Which of Splunk's Pythons a test of the inputs runs on.

A test that says nothing runs on each of them. Rows of a long table, in which the version makes no difference, run on
one each, in turn.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import cycle
from typing import Any

import pytest

VERSIONS = ("3.9", "3.13")


def in_turn(names: tuple[str, ...], rows: Iterable[Any]) -> pytest.MarkDecorator:
    """As pytest.mark.parametrize with rows of pytest.param: the first row runs on 3.9, the next on 3.13, and so on."""
    dealt = [
        pytest.param(version, *row.values, marks=row.marks, id=f"{row.id}-{version}")
        for row, version in zip(rows, cycle(VERSIONS))
    ]
    return pytest.mark.parametrize(("splunk_python", *names), dealt, indirect=["splunk_python"])


def only_on(version: str) -> pytest.MarkDecorator:
    """For a single test in which the version makes no difference."""
    return pytest.mark.parametrize("splunk_python", [version], indirect=True)
