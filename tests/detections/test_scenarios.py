"""Every scenario of tests/detections/*.yml, each in a stand-in of its own with the built app."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from lab.scenarios import loader, runner

FOLDER = Path(__file__).parent
SCENARIOS = [(text, seed) for text in loader.load_all(FOLDER) for seed in loader.seeds(text)]


@pytest.mark.parametrize(
    ("text", "seed"),
    [pytest.param(text, seed, id=text.test_id(seed)) for text, seed in SCENARIOS],
)
def test_scenario(text: loader.ScenarioText, seed: int, stand_in: Callable[[], runner.Stand]) -> None:
    outcome = runner.run(text.build(seed), stand_in())
    assert not outcome.problems, outcome.report()
