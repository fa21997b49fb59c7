"""Runs one scenario: the built app in a stand-in, one rule enabled, the scheduler over the events' time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from lab.allowlist_file import collection_row, dated
from lab.scenarios.findings import Finding, differences, from_rows
from lab.scenarios.scenario import Scenario, Setting

APP = "m365_mail_threats"
ALLOWLIST_COLLECTION = "mail_threats_allowlist"
FINDINGS_SEARCH = "`mail_threats_findings`"
# Settings of an administrator who keeps all data in one index.
INDEX = "main"


class RunOfRule(Protocol):
    """What the scheduler says of one run."""

    rule: str
    time: int
    dispatched: float | None
    rows: list[Any]
    messages: list[Any]
    error: str | None
    triggered: bool
    suppressed: list[Any]


class Stand(Protocol):
    """What a scenario needs of the Splunk stand-in."""

    index: Any
    scheduler: Any

    def conf(self, name: str, app: str | None = None) -> Any: ...
    def set_local(self, conf: str, stanza: str, settings: Mapping[str, str], app: str | None = None) -> None: ...
    def kv(self, collection: str, app: str | None = None) -> Any: ...
    def search(self, spl: str, **options: Any) -> Any: ...


@dataclass(frozen=True)
class Outcome:
    """What came of a scenario: the findings as they stand at the end, and everything that is wrong (empty: it
    passed)."""

    scenario: Scenario
    findings: list[Finding]
    runs: int
    problems: list[str]

    def report(self) -> str:
        """What failed and how to run it again, for the test's message."""
        scenario = self.scenario
        seed = f"MAIL_THREATS_SCENARIO_SEEDS={scenario.seed} " if scenario.drawn else ""
        identifier = test_id(scenario)
        lines = [
            f"{scenario.where()}: {scenario.story}",
            *(f"  - {problem}" for problem in self.problems),
            *([f"  seed {scenario.seed} drew {dict(scenario.drawn)}"] if scenario.drawn else []),
            f"  {len(scenario.events)} events, {self.runs} runs of {scenario.rule!r}",
            f'  again: {seed}python3 -m pytest "tests/detections/test_scenarios.py::test_scenario[{identifier}]"',
        ]
        return "\n".join(lines)


def test_id(scenario: Scenario) -> str:
    """The id of a scenario's test: stem:id, and the seed where one was drawn with."""
    return f"{scenario.name}:seed={scenario.seed}" if scenario.drawn else scenario.name


test_id.__test__ = False  # type: ignore[attr-defined]


def run(scenario: Scenario, stand: Stand) -> Outcome:
    """Runs a scenario in a stand-in with the app installed and nothing in it. The stand-in is the caller's to close."""
    _configure(scenario, stand)
    _index(scenario, stand)
    start = min((event.time for event in scenario.events), default=scenario.base)
    runs = _schedule(scenario, stand, float(int(start)))
    findings = read_findings(stand, scenario.clock.until)
    complaints = [(run, text) for run in runs for text in _complaints(run)]
    problems = [
        f"the run of {_clock(run.time)} said {text}"
        for run, text in complaints
        if not any(expected in text for expected in scenario.warnings)
    ]
    problems.extend(
        f"no search warned {expected!r}"
        for expected in scenario.warnings
        if not any(expected in text for _, text in complaints)
    )
    problems.extend(differences(scenario.expect, findings))
    if not runs:
        problems.append(f"the rule {scenario.rule!r} never ran: is there a stanza of that name with a schedule?")
    raised = sum(len(run.rows) - len(run.suppressed) for run in runs if run.triggered)
    if scenario.raised is not None and raised != scenario.raised:
        problems.append(f"raised {raised} times, not {scenario.raised}")
    return Outcome(scenario, findings, len(runs), problems)


def read_findings(stand: Stand, now: float) -> list[Finding]:
    """The last revision of every finding, as the macro `mail_threats_findings` shows it at `now` (epoch)."""
    result = stand.search(FINDINGS_SEARCH, earliest=0, latest="", now=now, app=APP)
    return from_rows(result.rows)


def settings_of(scenario: Scenario) -> list[Setting]:
    """What an administrator writes into local/ for a scenario: its rule enabled, and the macros it sets."""
    macros = [("macros", APP, macro, "definition", definition) for macro, definition in scenario.settings.items()]
    return [("savedsearches", APP, scenario.rule, "disabled", "0"), *macros]


def _configure(scenario: Scenario, stand: Stand) -> None:
    for conf, app, stanza, key, value in settings_of(scenario):
        # Each change makes Splunk read its configuration again, and the stand-in compile its searches again.
        if stand.conf(conf, app=app).get(stanza, {}).get(key) != value:
            stand.set_local(conf, stanza, {key: value}, app=app)
    for name, rows in scenario.lookups.items():
        collection = stand.kv(name)
        for row in rows:
            collection.insert(row)
    allowlist = stand.kv(ALLOWLIST_COLLECTION)
    loaded = min([scenario.base, *(event.time for event in scenario.events)])
    for entry in scenario.allowlist:
        allowlist.insert(dated(collection_row(entry), loaded))


def _index(scenario: Scenario, stand: Stand) -> None:
    for event in scenario.events:
        stored = stand.index.add(
            raw=event.raw,
            time=event.time,
            indextime=event.indextime,
            host=event.host,
            source=event.source,
            sourcetype=event.sourcetype,
            index=INDEX,
            whole=True,
        )
        if len(stored) != 1:
            raise ValueError(f"{event.where}: became {len(stored)} events in the index, not 1")


def _schedule(scenario: Scenario, stand: Stand, start: float) -> list[RunOfRule]:
    clock = scenario.clock
    options: dict[str, Any] = {}
    if clock.skip:
        options["skip"] = lambda rule, time: any(first <= time <= last for first, last in clock.skip)
    if clock.delay:
        options["delay"] = lambda rule, time: clock.delay
    runs: list[RunOfRule] = []
    for first, last in (*clock.disabled, (clock.until, clock.until)):
        runs += stand.scheduler.run(start, first, rules=[scenario.rule], **options)
        start = last
    return [run for run in runs if run.dispatched is not None]


def _complaints(run: RunOfRule) -> list[str]:
    said = [f"{message.level}: {message.text}" for message in run.messages if message.level != "INFO"]
    return [*said, f"ERROR: {run.error}"] if run.error else said


def _clock(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
