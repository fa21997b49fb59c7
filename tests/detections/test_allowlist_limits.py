"""Every rule: an entry that would cover the finding but for its time, hours, cap or one condition leaves it raised, and
the finding says which entry it was and why it did not hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lab.scenarios import loader, runner
from lab.scenarios.scenario import Scenario
from lab.scenarios.stands import Stands

ALLOWLISTED = [text for text in loader.load_all(Path(__file__).parent) if text.id == "allowlisted"]


def _hours_elsewhere(scenario: Scenario) -> dict[str, str]:
    """A window of one hour, twelve hours away from the scenario's own."""
    hour = (int(scenario.base) // 3600 + 12) % 24
    return {"hours": f"{hour:02}:00-{hour:02}:30", "timezone": "UTC"}


LIMITS: dict[str, tuple[Callable[[Scenario], dict[str, str]], str]] = {
    "expired": (
        lambda scenario: {"valid_from": "2020-01-01T00:00:00Z", "valid_until": "2020-01-02T00:00:00Z"},
        "expired 2020-01-02T00:00:00Z",
    ),
    "too old": (
        lambda scenario: {"valid_from": "2020-01-01T00:00:00Z", "valid_until": "2040-01-01T00:00:00Z"},
        "entry lives",
    ),
    "off hours": (_hours_elsewhere, "outside its hours"),
    "over cap": (lambda scenario: {"cap": "1"}, "its cap"),
    "off path": (lambda scenario: {"signer": "Nobody Ltd"}, "signer differs: the entry says Nobody Ltd"),
}


@pytest.mark.parametrize("limit", list(LIMITS))
@pytest.mark.parametrize("text", ALLOWLISTED, ids=lambda text: text.detection)
def test_an_entry_that_does_not_hold_is_named_in_the_raised_finding(
    text: loader.ScenarioText, limit: str, stands: Stands
) -> None:
    change, reason = LIMITS[limit]
    scenario = text.build(loader.seeds(text)[0])
    entries = tuple({**entry, **change(scenario)} for entry in scenario.allowlist)
    stand = stands.lend(runner.settings_of(scenario))
    outcome = runner.run(replace(scenario, allowlist=entries, expect=(), raised=None), stand)
    assert outcome.findings, "the scenario finds nothing"
    for finding in outcome.findings:
        if limit == "over cap" and finding["fields"].get("cap_count") == 1:
            assert finding["status"] == "allowed"  # one mailbox is not over the smallest cap there is
            continue
        assert finding["status"] == "new"
        assert finding["fields"]["allow_status"] == "not_held"
        assert finding["fields"]["allow_entry"]
        assert reason in finding["fields"]["allow_reason"]
