"""Scenario files of tests/detections: what they mean, and what is refused with file, scenario and key."""

from __future__ import annotations

import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from lab.allowlist_file import collection_row
from lab.company.script.template import ScriptError
from lab.scenarios import loader
from lab.scenarios.findings import differences, from_rows
from lab.scenarios.runner import Outcome, run, test_id
from lab.scenarios.scenario import Clock, Expected

BASE = 1_772_532_000.0
FIRES: dict[str, Any] = {
    "id": "fires",
    "story": "25 names",
    "base": "2026-03-03T10:00:00Z",
    "lists": {"agents": ["python", "curl"]},
    "events": [
        {
            "signin": {
                "feed": "graph",
                "user": "guess{i:02}@contoso.com",
                "src": "203.0.113.9",
                "code": 50034,
                "agent": "{agents}",
            },
            "every": "45s",
            "count": 25,
        }
    ],
    "expect": [{"entity": "203.0.113.9", "severity": "medium", "score": {"min": 40, "max": 69}}],
}


def load(tmp_path: Path, *scenarios: dict[str, Any], **top: Any) -> list[loader.ScenarioText]:
    path = tmp_path / "some_rule.yml"
    content = {"detection": "some_rule", "scenarios": list(scenarios), **top}
    path.write_text(yaml.safe_dump(copy.deepcopy(content)), encoding="utf-8")
    return loader.load(path)


def test_scenario_becomes_events_in_order_of_arrival(tmp_path: Path) -> None:
    scenario = load(tmp_path, FIRES)[0].build()
    assert scenario.rule == "Mail Threats - Some Rule - Rule"
    assert len(scenario.events) == 25
    assert scenario.events[0].time == BASE
    assert [event.indextime for event in scenario.events] == sorted(event.indextime for event in scenario.events)
    assert scenario.events[1].indextime - scenario.events[1].time == 150
    assert scenario.events[3].sourcetype == "azure:aad:signin"
    assert "guess24@contoso.com" in scenario.events[24].raw
    assert "curl/8.9.1" in scenario.events[1].raw
    assert scenario.clock.until == scenario.events[-1].indextime + 3600
    assert scenario.expect == (Expected("203.0.113.9", severity="medium", score=(40.0, 69.0)),)


def test_base_may_be_written_without_quotes(tmp_path: Path) -> None:
    path = tmp_path / "some_rule.yml"
    load(tmp_path, FIRES)
    path.write_text(path.read_text().replace("'2026-03-03T10:00:00Z'", "2026-03-03T10:00:00Z"))
    assert loader.load(path)[0].build().base == BASE


def test_same_scenario_same_bytes(tmp_path: Path) -> None:
    (text,) = load(tmp_path, FIRES)
    assert text.build() == text.build()


def test_like_takes_everything_and_replaces_keys(tmp_path: Path) -> None:
    late = {"id": "late", "story": "arrives late", "like": "fires", "late": "2h"}
    duplicated = {"id": "duplicated", "story": "twice", "like": "fires", "twice": "30m"}
    quiet = {"id": "quiet", "story": "allowed", "like": "late", "expect": "none"}
    fires, built_late, twice, nothing = (text.build() for text in load(tmp_path, FIRES, late, duplicated, quiet))
    assert [event.raw for event in built_late.events] == [event.raw for event in fires.events]
    assert {event.indextime - event.time for event in built_late.events} == {7200.0}
    assert built_late.expect == fires.expect
    assert len(twice.events) == 50
    assert {event.raw for event in twice.events} == {event.raw for event in fires.events}
    assert nothing.expect == ()
    assert [event.raw for event in nothing.events] == [event.raw for event in built_late.events]


def test_defaults_are_taken_by_scenarios_that_do_not_say_otherwise(tmp_path: Path) -> None:
    bare = {key: value for key, value in FIRES.items() if key != "base"}
    other = {**FIRES, "id": "other"}
    first, second = load(tmp_path, bare, other, defaults={"base": "2026-01-01T00:00:00+01:00", "settings": {"m": 5}})
    assert first.build().base != second.build().base == BASE
    assert first.build().settings == {"m": "5"}


def test_family_draws_with_a_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    family = copy.deepcopy(FIRES)
    family["vary"] = {"tried": {"range": [10, 40]}, "feed": {"choice": ["graph", "event_hub"]}}
    family["events"][0]["count"] = "{tried}"
    family["events"][0]["signin"]["feed"] = "{feed}"
    family["expect"] = [{"entity": "203.0.113.9", "fields": {"unique_names": "{tried}"}}]
    (text,) = load(tmp_path, family)
    built = [text.build(seed) for seed in range(12)]
    assert len({len(scenario.events) for scenario in built}) > 3
    assert {scenario.events[0].sourcetype for scenario in built} == {"azure:aad:signin", "azure:monitor:aad"}
    for scenario in built:
        assert len(scenario.events) == scenario.drawn["tried"] == scenario.expect[0].fields["unique_names"]
    monkeypatch.setenv("MAIL_THREATS_SCENARIO_SEEDS", "4,7-9")
    assert loader.seeds(text) == [4, 7, 8, 9]
    assert loader.seeds(load(tmp_path, FIRES)[0]) == [0]


def test_failure_says_how_to_run_it_again(tmp_path: Path) -> None:
    family = {**FIRES, "vary": {"n": {"range": [1, 5]}}}
    text = load(tmp_path, family)[0]
    scenario = text.build(3)
    report = Outcome(scenario, [], 4, ["missed: 203.0.113.9 (new)"]).report()
    assert "some_rule.yml: fires: 25 names" in report
    assert "seed 3 drew {'n': " in report
    assert (
        'MAIL_THREATS_SCENARIO_SEEDS=3 python3 -m pytest "tests/detections/test_scenarios.py::test_scenario[' in report
    )
    assert test_id(scenario) == text.test_id(3) == "some_rule:fires:seed=3"


def test_allowlist_and_clock_spans_start_at_the_base(tmp_path: Path) -> None:
    row = {"class": "pentest", "source": "203.0.113.9", "owner": "a@contoso.com", "valid_until": "2h"}
    clock = {"skip": ["10m", "20m"], "disabled": [["1h", "2h"]], "delay": "3m", "until": "4h"}
    scenario = load(tmp_path, {**FIRES, "allowlist": [row], "clock": clock})[0].build()
    assert scenario.allowlist[0]["valid_until"] == "2026-03-03T12:00:00Z"
    assert collection_row(scenario.allowlist[0]) == {
        "class": "pentest",
        "source": "203.0.113.9",
        "entry_owner": "a@contoso.com",
        "valid_until": "2026-03-03T12:00:00Z",
    }
    assert scenario.clock == Clock(
        skip=((BASE + 600, BASE + 1200),), disabled=((BASE + 3600, BASE + 7200),), delay=180.0, until=BASE + 14_400
    )


class Looking:
    """A stand-in that notes when its scheduler runs, and finds nothing."""

    def __init__(self) -> None:
        self.index = self.scheduler = self
        self.ran: list[tuple[float, float]] = []

    def run(self, start: float, end: float, **options: Any) -> list[Any]:
        self.ran.append((start - BASE, end - BASE))
        return []

    def conf(self, name: str, app: str | None = None) -> dict[str, dict[str, str]]:
        return {}

    def set_local(self, *setting: Any, **options: Any) -> None: ...

    def kv(self, *name: Any, **options: Any) -> Any: ...

    def add(self, **event: Any) -> list[Any]:
        return [event]

    def search(self, spl: str, **options: Any) -> Any:
        return SimpleNamespace(rows=[])


def test_rule_does_not_run_while_it_is_disabled(tmp_path: Path) -> None:
    clock = {"disabled": [["1h", "2h"], ["3h", "4h"]], "until": "5h"}
    stand = Looking()
    run(load(tmp_path, {**FIRES, "clock": clock})[0].build(), stand)
    assert stand.ran == [(0, 3600), (7200, 10_800), (14_400, 18_000)]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"id": "Fires!"}, r"scenarios\[0\].id: is lower_snake, not 'Fires!'", id="id"),
        pytest.param({"extra": 1}, "some_rule.yml: fires: unknown key 'extra'; known: id, story, like", id="key"),
        pytest.param({"like": "other"}, "fires.like: no earlier scenario 'other'", id="like"),
        pytest.param(
            {"base": "2026-03-03T10:00:00"}, "fires.base: is a time in ISO 8601 with a zone", id="base without zone"
        ),
        pytest.param({"base": "noon"}, "fires.base: is a time in ISO 8601", id="base"),
        pytest.param({"events": []}, "`events` must be a list with at least one entry", id="no events"),
        pytest.param({"expect": "some"}, "fires.expect: is `none` or a list of findings", id="expect"),
        pytest.param({"expect": [{"status": "new"}]}, r"fires.expect\[0\]: key 'entity' is missing", id="entity"),
        pytest.param(
            {"expect": [{"entity": "a", "status": "old"}]}, r"expect\[0\].status: is one of new, allowed", id="status"
        ),
        pytest.param(
            {"expect": [{"entity": "a", "severity": "big"}]}, r"expect\[0\].severity: is one of info", id="severity"
        ),
        pytest.param({"expect": [{"entity": "a", "score": "40"}]}, r"expect\[0\].score: is a number or", id="score"),
        pytest.param(
            {"expect": [{"entity": "a", "colour": "red"}]}, r"expect\[0\]: unknown key 'colour'", id="expected key"
        ),
        pytest.param({"raised": -1}, "fires.raised: is a whole number from 0", id="raised"),
        pytest.param({"lists": {"a": []}}, "fires.lists.a: must be a list", id="empty list"),
        pytest.param({"vary": {"n": {"rang": [1, 2]}}}, "fires.vary.n: is {range", id="vary"),
        pytest.param(
            {"vary": {"n": {"range": [5, 1]}}},
            "fires.vary.n: range is two whole numbers, the smaller first",
            id="range",
        ),
        pytest.param({"clock": {"skipp": []}}, "fires.clock: unknown key 'skipp'", id="clock key"),
        pytest.param({"clock": {"disabled": ["2h", "1h"]}}, "fires.clock.disabled: spans must be in order", id="span"),
        pytest.param({"clock": {"delay": "soon"}}, "fires.clock.delay: 'soon' is no span", id="clock span"),
        pytest.param(
            {"allowlist": [{"klass": "x"}]}, r"fires.allowlist\[0\]: unknown column 'klass'", id="allowlist column"
        ),
        pytest.param({"allowlist": {"class": "x"}}, "fires.allowlist: must be a list of rows", id="allowlist"),
        pytest.param({"settings": ["a"]}, "fires.settings: must be a mapping", id="settings"),
        pytest.param({"lookups": {"a": "b"}}, "fires.lookups.a: must be a list of rows", id="lookups"),
        pytest.param(
            {"events": [{"signin": {"user": "{nobody}", "src": "203.0.113.9"}}]},
            r"fires.events\[0\].signin.user: {nobody} names nothing",
            id="placeholder",
        ),
    ],
)
def test_file_that_cannot_be_understood(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ScriptError, match=message):
        load(tmp_path, {**FIRES, **changes})[0].build()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("detection: other\nscenarios: []\n", "detection: is 'other', not the file's name", id="stem"),
        pytest.param(
            "detection: some_rule\nscenarios: []\n", "scenarios: must be a list with at least one", id="no scenario"
        ),
        pytest.param("detection: some_rule\nscenario: []\n", "some_rule.yml: unknown key 'scenario'", id="top key"),
        pytest.param("a: [\n", "some_rule.yml: is no YAML", id="no YAML"),
        pytest.param("- a\n", "a scenario file is a mapping", id="no mapping"),
    ],
)
def test_file_as_a_whole(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "some_rule.yml"
    path.write_text(text)
    with pytest.raises(ScriptError, match=message):
        loader.load(path)


def test_missing_key_and_double_id_are_named(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match="some_rule.yml: fires: key 'events' is missing"):
        load(tmp_path, {key: value for key, value in FIRES.items() if key != "events"})
    with pytest.raises(ScriptError, match="some_rule.yml: fires: the id is used twice"):
        load(tmp_path, FIRES, FIRES)


ROW = {
    "_raw": '{"detection":"d","entity":"A@contoso.com","score":"55","severity":"medium","finding_status":"new",'
    '"title":"25 addresses","time":"1772532000.5","revision":"2","technique":"T1",'
    '"enum_verdict":"Moderate Enumeration","valid_found":["b","a"]}'
}


@pytest.mark.parametrize(
    ("expected", "wrong"),
    [
        pytest.param(
            [Expected("a@contoso.com", severity="medium", score=(40, 69), revision=2, title="25")], [], id="as expected"
        ),
        pytest.param([Expected("a@contoso.com", fields={"valid_found": ["a", "b"], "absent": None})], [], id="fields"),
        pytest.param([Expected("a@contoso.com", verdict="Moderate Enumeration", technique="T1")], [], id="verdict"),
        pytest.param([], ["false alarm: a@contoso.com (new, medium, score 55): 25 addresses"], id="false alarm"),
        pytest.param(
            [Expected("a@contoso.com"), Expected("b@contoso.com")], ["missed: b@contoso.com (new)"], id="missed"
        ),
        pytest.param(
            [Expected("a@contoso.com", severity="high")],
            ["a@contoso.com (new): severity is medium, not high (score 55)"],
            id="severity",
        ),
        pytest.param(
            [Expected("a@contoso.com", fields={"valid_found": ["a"]})],
            ["a@contoso.com (new): field valid_found is ['b', 'a'], not ['a']"],
            id="field",
        ),
        pytest.param(
            [Expected("a@contoso.com", revision=1)], ["a@contoso.com (new): revision is 2, not 1"], id="revision"
        ),
    ],
)
def test_findings_are_compared_in_words(expected: list[Expected], wrong: list[str]) -> None:
    assert differences(expected, from_rows([ROW])) == wrong


def test_two_findings_of_one_entity_are_not_paired_crosswise() -> None:
    low = {"_raw": ROW["_raw"].replace('"55"', '"25"').replace("medium", "low")}
    expected = [Expected("a@contoso.com", severity="low"), Expected("a@contoso.com", severity="medium")]
    assert differences(expected, from_rows([ROW, low])) == []
