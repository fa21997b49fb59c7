"""Story files: what is refused, and how a finding list is held against the truth."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lab.company import Company, Truth, judge, stories
from lab.company.script.template import ScriptError

END = 1_772_546_400.0
STORY: dict[str, Any] = {
    "story": "burst",
    "title": "a burst",
    "kind": "attack",
    "cast": {"attacker": {"address": "internet"}, "guesses": {"names": 12, "real": 2}},
    "begin": {"clock": "02:47"},
    "events": [
        {
            "signin": {"user": "{guesses.upn}", "code": "{guesses.code}", "src": "{attacker}"},
            "every": "60s",
            "count": 12,
        }
    ],
    "truth": [
        {
            "id": "burst",
            "detection": "address_enumeration_by_source",
            "technique": "T1589.002",
            "entity": "{attacker}",
            "must": "found",
            "min_severity": "medium",
            "why": "twelve names",
        }
    ],
}


def build(tmp_path: Path, **changes: Any) -> Any:
    content = {key: value for key, value in {**STORY, **changes}.items() if value is not None}
    (tmp_path / "burst.yml").write_text(yaml.safe_dump(content), encoding="utf-8")
    return Company(seed=1, end=END, story_folder=tmp_path, ordinary=False).build()


def test_story_is_told_in_both_services(tmp_path: Path) -> None:
    world = build(tmp_path)
    told = [record for record in world.records if record.id in world.story_of]
    assert sum(record.kind == "sign_in" for record in told) == sum(record.kind == "audit" for record in told) == 12
    (entry,) = world.truth
    assert {record.payload["ipAddress"] for record in told if record.kind == "sign_in"} == {entry.entity}
    assert entry.last - entry.first == 11 * 60


@pytest.mark.parametrize(
    ("begin", "hour"),
    [
        pytest.param({"clock": "02:47"}, 36 - 14 + 1.78, id="last night"),
        pytest.param({"clock": "16:00", "take": "first"}, 1.0 + 24.0, id="too near the start today, so tomorrow"),
        pytest.param({"clock": "20:00", "take": "first"}, 5.0, id="first evening"),
        pytest.param({"after": "90m"}, 1.5, id="a span after the start"),
    ],
)
def test_where_a_story_begins(tmp_path: Path, begin: dict[str, str], hour: float) -> None:
    """The run ends at 15:00 local time (14:00 UTC), two days after it began."""
    world = build(tmp_path, begin=begin)
    assert (world.truth[0].first - world.start) / 3600 == pytest.approx(hour, abs=0.2) or begin == {"clock": "02:47"}
    if begin == {"clock": "02:47"}:
        assert (world.truth[0].first - world.start) / 3600 == pytest.approx(24 + 11.78, abs=0.05)


def test_late_story_events_arrive_late(tmp_path: Path) -> None:
    entry = {**STORY["events"][0], "late": "2h", "twice": "30m"}
    world = build(tmp_path, events=[entry])
    delays = {round(record.visible_at - record.time) for record in world.records if record.id in world.story_of}
    assert delays == {7200, 9000}


def test_allowlist_spans_are_written_as_times(tmp_path: Path) -> None:
    row = {
        "class": "pentest",
        "source": "{attacker}",
        "valid_from": "-1h",
        "valid_until": "2030-01-01T00:00:00Z",
        "cap": 50,
    }
    world = build(tmp_path, allowlist=[row])
    (written,) = world.allowlist_rows
    assert written["valid_from"].endswith("Z")
    assert written["valid_until"].startswith("2030-01-01T00:00:00")
    assert (written["source"], written["cap"], written["host"]) == (world.truth[0].entity, "50", "")


TRUTH = STORY["truth"][0]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"story": "other"}, "burst.yml: story 'other' is not the file's name", id="name"),
        pytest.param({"kind": "maybe"}, "kind is attack or innocent, not 'maybe'", id="kind"),
        pytest.param({"title": None}, "key 'title' is missing", id="missing key"),
        pytest.param({"extra": 1}, "unknown key 'extra'", id="unknown key"),
        pytest.param({"begin": {"clock": "02:47", "take": "some"}}, "begin.take: is first or last", id="take"),
        pytest.param({"begin": "now"}, "is {after: span} or {clock: HH:MM", id="begin"),
        pytest.param({"begin": {"after": "47h"}}, "the story ends too late", id="too late"),
        pytest.param({"cast": {"attacker": {"adress": "internet"}}}, "cast.attacker: unknown part 'adress'", id="part"),
        pytest.param({"cast": {"boss": {"person": "pope"}}}, "only 0 people of role 'pope'", id="role"),
        pytest.param(
            {"truth": [{**TRUTH, "must": "maybe"}]},
            r"truth\[0\].must: is one of found, allowed, not_raised, none",
            id="must",
        ),
        pytest.param(
            {"truth": [{**TRUTH, "min_severity": "huge"}]}, "severity 'huge' is not one of info", id="severity"
        ),
        pytest.param(
            {"truth": [{**TRUTH, "must": "none"}]}, "min_severity: goes with `must: found`", id="severity without found"
        ),
        pytest.param({"truth": [TRUTH, TRUTH]}, "truth id 'burst' is used twice", id="truth id"),
        pytest.param({"truth": []}, "`truth` must be a list with at least one entry", id="no truth"),
        pytest.param({"allowlist": [{"klass": "pentest"}]}, r"allowlist\[0\]: unknown column 'klass'", id="column"),
    ],
)
def test_story_that_cannot_be_understood(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ScriptError, match=message):
        build(tmp_path, **changes)


def test_unknown_story_is_named() -> None:
    with pytest.raises(ScriptError, match="no story nowhere"):
        Company(seed=1, end=END, only=frozenset({"nowhere"})).build()


def test_every_shipped_story_says_what_kind_it_is() -> None:
    loaded = stories.load()
    assert len(loaded) >= 25
    for story in loaded:
        musts = {entry["must"] for entry in story.content["truth"]}
        assert ("found" in musts) == (story.content["kind"] == "attack"), story.name


def truth(must: str, **more: Any) -> Truth:
    return Truth("t", "story", "mail_forwarding", "T1114.003", "a@contoso.com", must, 1000.0, 2000.0, "why", **more)


def finding(**changes: Any) -> dict[str, Any]:
    return {
        "detection": "mail_forwarding",
        "entity": "A@contoso.com",
        "time": 1500.0,
        "status": "new",
        "severity": "high",
        "fields": {},
        **changes,
    }


LOW = {"max_severity": "low"}


@pytest.mark.parametrize(
    ("entry", "findings", "outcome"),
    [
        pytest.param(truth("found", min_severity="medium"), [finding()], "met", id="found"),
        pytest.param(truth("found", min_severity="medium"), [], "missed", id="nothing found"),
        pytest.param(truth("found", min_severity="critical"), [finding()], "missed", id="found too low"),
        pytest.param(truth("found", min_severity="low"), [finding(status="allowed")], "missed", id="found but allowed"),
        pytest.param(
            truth("found", min_severity="low"), [finding(entity="b@contoso.com")], "missed", id="other entity"
        ),
        pytest.param(truth("found", min_severity="low"), [finding(time=90_000.0)], "missed", id="another day"),
        pytest.param(
            truth("found", min_severity="low"),
            [finding(time=90_000.0, fields={"first_seen": 1200})],
            "met",
            id="goes on for a day",
        ),
        pytest.param(
            truth("found", min_severity="low", fields={"n": "2"}), [finding(fields={"n": 2})], "met", id="field"
        ),
        pytest.param(
            truth("found", min_severity="low", fields={"n": ["a", "b"]}),
            [finding(fields={"n": ["b", "a"]})],
            "met",
            id="list in another order",
        ),
        pytest.param(truth("found", min_severity="low", fields={"n": "2"}), [finding()], "missed", id="field absent"),
        pytest.param(truth("allowed", **LOW), [finding(status="allowed")], "met", id="allowed"),
        pytest.param(truth("allowed", **LOW), [], "missed", id="allowed but not recorded"),
        pytest.param(
            truth("allowed", **LOW), [finding(status="allowed"), finding()], "false_alarm", id="allowed and raised"
        ),
        pytest.param(truth("not_raised", **LOW), [], "met", id="nothing is not raised"),
        pytest.param(truth("not_raised", **LOW), [finding(severity="low")], "met", id="rated low"),
        pytest.param(truth("not_raised", **LOW), [finding(severity="medium")], "false_alarm", id="raised"),
        pytest.param(
            truth("not_raised", max_severity="info"), [finding(severity="low")], "false_alarm", id="above its own most"
        ),
        pytest.param(truth("none"), [], "met", id="none"),
        pytest.param(truth("none"), [finding(severity="info")], "false_alarm", id="any finding"),
    ],
)
def test_judgement(entry: Truth, findings: list[dict[str, Any]], outcome: str) -> None:
    assert judge([entry], findings).verdicts[0].outcome == outcome


@pytest.mark.parametrize(
    ("changes", "unexplained"),
    [
        pytest.param({"entity": "z@contoso.com"}, 1, id="raised for somebody no truth speaks of"),
        pytest.param({"entity": "z@contoso.com", "severity": "low"}, 0, id="only rated"),
        pytest.param({"entity": "z@contoso.com", "status": "allowed"}, 0, id="allowed"),
        pytest.param({"detection": "other"}, 1, id="another detection"),
        pytest.param({}, 0, id="explained"),
    ],
)
def test_findings_without_a_truth_are_false_alarms(changes: dict[str, Any], unexplained: int) -> None:
    judgement = judge([truth("found", min_severity="low")], [finding(), finding(**changes)])
    assert len(judgement.unexplained) == unexplained
    assert judgement.clean == (unexplained == 0)
