"""Fires one rule: its scenario `fires`, opened by an analyst, then run by the scheduler with Enterprise Security."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from rules.shipped import DETECTIONS

from lab.rules import APP, stem_of
from lab.scenarios import loader, runner
from lab.splunk.notables.enterprise_security import install_enterprise_security
from lab.splunk.scheduler.scheduler import ScheduledRun
from lab.splunk.spl.search import SearchResult
from lab.splunk.spl.values import Row
from lab.splunk.stand_in import StandIn

FINDINGS = 'index=* sourcetype="mail_threats:finding"'
STATE = "mail_threats_finding_state"
PATIENCE_S = 7200


@dataclass(frozen=True)
class Written:
    """What is kept of findings: events in the findings index, documents in the KV store."""

    findings: int
    states: int


@dataclass(frozen=True)
class Fired:
    """A rule that found something. `by_hand` ran first, in a search of an analyst; `run` is the scheduler's."""

    rule: str
    splunk: StandIn
    by_hand: SearchResult
    after_by_hand: Written
    run: ScheduledRun
    after_run: Written

    @property
    def rows(self) -> list[Row]:
        return self.run.rows


@dataclass(frozen=True)
class Story:
    """Which scenario sets a rule off. signin: keys that replace those of its sign-ins, such as their feed; events: what
    takes the place of its events, in the words of a scenario file.
    """

    scenario: str = "fires"
    signin: tuple[tuple[str, str | int], ...] = ()
    events: tuple[tuple[str, str], ...] = ()

    def text_of(self, rule: str) -> loader.ScenarioText:
        (text,) = [text for text in loader.load(DETECTIONS / f"{stem_of(rule)}.yml") if text.id == self.scenario]
        events: list[Any] = [
            {**event, "signin": {**event["signin"], **dict(self.signin)}} if "signin" in event else event
            for event in text.content["events"]
        ]
        if self.events:
            events = [{"raw": {"sourcetype": sourcetype, "text": raw}} for sourcetype, raw in self.events]
        return replace(text, content={**text.content, "events": events})


FIRES = Story()


def fire(rule: str, splunk: StandIn, story: Story = FIRES) -> Fired:
    """Runs the scenario. Raises AssertionError when the rule finds nothing; its scenario tests tell why."""
    install_enterprise_security(splunk.conf_tree)
    scenario = story.text_of(rule).build()
    # A clock that is over before it starts: configuration and events are there, and no run has been.
    runner.run(replace(scenario, clock=replace(scenario.clock, until=0.0)), splunk)
    arrived = max(event.indextime for event in scenario.events)
    search = splunk.conf("savedsearches", app=APP)[rule]
    by_hand = splunk.search(search["search"], earliest="-24h", latest="now", now=arrived + 60, app=APP, user="admin")
    after_by_hand = written(splunk)
    runs = splunk.scheduler.run(arrived, arrived + PATIENCE_S, rules=[rule])
    found = [run for run in runs if run.rows]
    assert found, f"[{rule}] its scenario `fires` gave no rows: {[run.error or run.messages for run in runs]}"
    return Fired(rule, splunk, by_hand, after_by_hand, found[0], written(splunk))


def written(splunk: StandIn) -> Written:
    """What the findings index and the KV store hold now."""
    events = splunk.search(FINDINGS, earliest=0, latest="", app=APP).rows
    return Written(len(events), len(splunk.kv(STATE, app=APP)))
