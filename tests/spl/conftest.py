"""What the SPL tests share: the memory environment on the import path, and a way to evaluate one expression."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

from memory_environment import MemoryEnvironment

from lab.splunk.spl.compiler import Compiler
from lab.splunk.spl.eval.expression import assignable
from lab.splunk.spl.search import Search
from lab.splunk.spl.values import text

# How fast an example runs depends on the machine and says nothing about the engine. A failing one prints how to rerun
# it.
settings.register_profile("spl", deadline=None, print_blob=True)
settings.load_profile("spl")

Evaluate = Callable[..., Any]


@pytest.fixture
def environment() -> MemoryEnvironment:
    return MemoryEnvironment()


@pytest.fixture
def evaluate() -> Evaluate:
    """evaluate(expression, row=None, environment=None) -> the value as a field shows it: text, a list of texts, None
    for null, or True and False."""

    def run(expression: str, row: dict[str, Any] | None = None, environment: MemoryEnvironment | None = None) -> Any:
        surroundings = environment or MemoryEnvironment()
        compiled = Compiler(surroundings, {}).expression(expression)
        search = Search(surroundings)
        value = compiled(row or {}, search)
        if value is None or isinstance(value, bool):
            return value
        value = assignable(value, search)
        return [text(item) for item in value] if isinstance(value, list) else text(value)

    return run
