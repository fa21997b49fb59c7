"""What every rule's scenario file must have, whatever the rule finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from ksconf.conf.parser import parse_conf

from lab.scenarios import loader
from lab.scenarios.scenario import Scenario

FOLDER = Path(__file__).parent
SAVED_SEARCHES = FOLDER.parents[1] / "default" / "savedsearches.conf"
FILES = sorted(FOLDER.glob("*.yml"))


def rules() -> list[str]:
    return [stanza for stanza in map(str, parse_conf(str(SAVED_SEARCHES))) if stanza.endswith(" - Rule")]


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule) for rule in rules()])
def test_rule_has_a_scenario_file(rule: str) -> None:
    stem = rule.removeprefix("Mail Threats - ").removesuffix(" - Rule").lower().replace(" ", "_")
    assert (FOLDER / f"{stem}.yml").exists(), f"{rule}: tests/detections/{stem}.yml is missing"


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])
def test_scenario_file_belongs_to_a_rule(path: Path) -> None:
    assert loader.load(path)[0].build().rule in rules()


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])
def test_required_scenarios_are_there(path: Path) -> None:
    missing = set(loader.REQUIRED_IDS) - {text.id for text in loader.load(path)}
    assert not missing, f"{path.name} lacks the scenarios {', '.join(sorted(missing))}"


def has_a_new_finding(scenario: Scenario) -> bool:
    return any(expected.status == "new" for expected in scenario.expect)


def has_only_allowed_findings(scenario: Scenario) -> bool:
    statuses = {expected.status for expected in scenario.expect}
    return bool(scenario.allowlist) and statuses == {"allowed"}


def raises_nothing(scenario: Scenario) -> bool:
    """No new finding of medium or above; one without a stated severity could be anything."""
    return all(expected.status == "allowed" or expected.severity in ("info", "low") for expected in scenario.expect)


def arrives_an_hour_late(scenario: Scenario) -> bool:
    return has_a_new_finding(scenario) and any(event.indextime - event.time >= 3600 for event in scenario.events)


def arrives_twice(scenario: Scenario) -> bool:
    return len({event.raw for event in scenario.events}) < len(scenario.events)


MEANINGS = {
    "fires": has_a_new_finding,
    "benign_twin": raises_nothing,
    "one_below": raises_nothing,
    "allowlisted": has_only_allowed_findings,
    "late": arrives_an_hour_late,
    "duplicated": arrives_twice,
}


@pytest.mark.parametrize("identifier", MEANINGS)
@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])
def test_required_scenario_is_what_its_name_says(path: Path, identifier: str) -> None:
    meaning = MEANINGS[identifier]
    scenario = next(text.build() for text in loader.load(path) if text.id == identifier)
    assert meaning(scenario), f"{scenario.where()}: is not what {meaning.__name__} asks for"


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in FILES])
def test_benign_twin_has_the_volume_of_what_fires(path: Path) -> None:
    built = {text.id: text.build() for text in loader.load(path)}
    fires, twin = len(built["fires"].events), len(built["benign_twin"].events)
    assert twin >= fires, f"{path.name}: benign_twin has {twin} events, fires has {fires}"
