"""Every scenario of tests/detections/*.yml, each in an empty stand-in with the built app."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.scenarios import loader, runner
from lab.scenarios.stands import Stands

FOLDER = Path(__file__).parent
SCENARIOS = [(text, seed) for text in loader.load_all(FOLDER) for seed in loader.seeds(text)]


@pytest.mark.parametrize(
    ("text", "seed"),
    [pytest.param(text, seed, id=text.test_id(seed)) for text, seed in SCENARIOS],
)
def test_scenario(text: loader.ScenarioText, seed: int, stands: Stands) -> None:
    scenario = text.build(seed)
    outcome = runner.run(scenario, stands.lend(runner.settings_of(scenario)))
    assert not outcome.problems, outcome.report()
