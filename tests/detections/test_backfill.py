"""A first backfill: seven days of records arrive at once, each day with the story that a rule is made for.

The scheduled runs tell what is a day old at most, once and at its weight. The older days are there for whoever opens
the rule over them by hand (docs/collecting.md, Backfill).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lab.scenarios import loader, runner
from lab.scenarios.events import IndexedEvent
from lab.scenarios.runner import Stand
from lab.scenarios.scenario import Scenario

APP = runner.APP
DAY_S = 86400.0
DAYS = 7
# Until every rule has had a run, whichever minute it runs at.
PATIENCE_S = 4 * 3600 + 900
FIRES = [text for text in loader.load_all(Path(__file__).parent) if text.id == "fires"]


@dataclass(frozen=True)
class Backfilled:
    """The stand after a backfill. `days` are the story's scenarios, oldest first; all events came at `arrival`."""

    stand: Stand
    days: list[Scenario]
    arrival: float


def on_day(text: loader.ScenarioText, back: int) -> Scenario:
    """The story of a scenario, so many days before its own."""
    scenario = text.build(loader.seeds(text)[0])
    base = datetime.fromtimestamp(scenario.base - back * DAY_S, UTC).isoformat()
    return replace(text, content={**text.content, "base": base}).build(loader.seeds(text)[0])


def backfill(text: loader.ScenarioText, stand: Stand) -> Backfilled:
    days = [on_day(text, back) for back in range(DAYS - 1, -1, -1)]
    arrival = float(int(max(event.time for event in days[-1].events) + 600))
    events: list[IndexedEvent] = [replace(event, indextime=arrival) for day in days for event in day.events]
    # A clock that is over before it starts: what the story needs and the events are there, and no run has been.
    whole = replace(days[-1], events=tuple(sorted(events)), clock=replace(days[-1].clock, until=0.0))
    runner.run(whole, stand)
    return Backfilled(stand, days, arrival)


def last_time(scenario: Scenario) -> float:
    return max(event.time for event in scenario.events)


def entities(scenario: Scenario) -> set[str]:
    return {expected.entity.lower() for expected in scenario.expect}


@pytest.mark.parametrize("text", FIRES, ids=lambda text: text.detection)
def test_seven_days_at_once_neither_flood_nor_hide_what_is_new(
    text: loader.ScenarioText, stand_in: Callable[[], Stand]
) -> None:
    filled = backfill(text, stand_in())
    newest = filled.days[-1]
    rule, arrival = newest.rule, filled.arrival
    runs = filled.stand.scheduler.run(arrival, arrival + PATIENCE_S, rules=[rule])
    complaints = [message.text for run in runs for message in run.messages if message.level != "INFO"]
    assert (complaints, [run.error for run in runs if run.error]) == ([], [])
    raised = [row for run in runs if run.triggered for row in run.rows if row not in run.suppressed]
    assert {str(row["entity"]) for row in raised} == entities(newest), "what is new is told"
    told = [(row["finding_id"], row["severity"], row["finding_status"]) for row in raised]
    assert len(told) == len(set(told)), "and told once"
    assert len(told) <= 2 * len(newest.expect), f"{len(told)} alerts of one rule at once"


@pytest.mark.parametrize("text", FIRES, ids=lambda text: text.detection)
def test_each_older_day_shows_its_story_to_whoever_opens_the_rule_over_it(
    text: loader.ScenarioText, stand_in: Callable[[], Stand]
) -> None:
    filled = backfill(text, stand_in())
    search = filled.stand.conf("savedsearches", app=APP)[filled.days[-1].rule]["search"]  # type: ignore[attr-defined]
    for day in filled.days[:-1]:
        end = float(int(last_time(day) + 3600))
        shown: Any = filled.stand.search(
            search, earliest=end - DAY_S, latest=end, now=filled.arrival + 60, app=APP, user="admin"
        )
        assert entities(day) <= {str(row["entity"]) for row in shown.rows}, f"the day up to {end:.0f} shows nothing"
    assert runner.read_findings(filled.stand, filled.arrival + 60) == [], "a rule opened by hand writes nothing"
