"""Scheduled searches over a simulated clock: what runs, what triggers, what is kept quiet, what follows."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from unit.stand_in.fixture_app import APP, App

from lab.splunk.conf.files import ConfError
from lab.splunk.notables.enterprise_security import install_enterprise_security
from lab.splunk.scheduler.scheduler import ScheduledRun, totals
from lab.splunk.scheduler.spread import allowed_delays, skew_limit, window_limit
from lab.splunk.stand_in import StandIn

START = int(datetime(2026, 3, 2, 10, 0, tzinfo=UTC).timestamp())
HOUR = 3600
RULE = "Something Happened - Rule"
# One row for each entity that has an event in the range.
SEARCH = "index=main | stats count values(level) AS level BY entity | sort entity"
DEFAULTS = {
    "search": SEARCH,
    "enableSched": "1",
    "cron_schedule": "*/30 * * * *",
    "dispatch.earliest_time": "-30m",
    "dispatch.latest_time": "now",
    "counttype": "number of events",
    "relation": "greater than",
    "quantity": "0",
    "action.notable": "1",
    "action.notable.param.rule_title": "$entity$ did it",
    "action.notable.param.severity": "high",
}


def add_rule(app: App, name: str = RULE, **settings: str) -> None:
    """A rule as an app ships it; keyword arguments use __ for the dots in settings."""
    merged = DEFAULTS | {key.replace("__", "."): value for key, value in settings.items()}
    path = app.folder / "default" / "savedsearches.conf"
    before = path.read_text() if path.exists() else ""
    app.write("default/savedsearches.conf", before + f"[{name}]\n" + "".join(f"{k} = {v}\n" for k, v in merged.items()))


def add_event(splunk: StandIn, entity: str, minute: float, *, late: float = 0.0, level: str = "low") -> None:
    """An event that many minutes after the start, indexed ``late`` minutes later."""
    time = START + minute * 60
    splunk.index.add(f"entity={entity} level={level}", time=time, indextime=time + late * 60)


def run(app: App, hours: float = 1, **options: Any) -> list[ScheduledRun]:
    return app.splunk.scheduler.run(START, START + hours * HOUR, **options)


def minutes(runs: list[ScheduledRun]) -> list[float]:
    return [(each.time - START) / 60 for each in runs]


def entities(run: ScheduledRun) -> list[object]:
    return [notable["entity"] for notable in run.notables]


@pytest.fixture
def app(app: App) -> App:
    install_enterprise_security(app.splunk.conf_tree)
    return app


# what runs


def test_a_rule_runs_on_its_schedule_over_its_own_range(app: App) -> None:
    add_rule(app)
    add_event(app.splunk, "ann", 10)
    add_event(app.splunk, "bob", 40)
    runs = run(app, 1.5)
    assert minutes(runs) == [0, 30, 60]
    assert [[row["entity"] for row in each.rows] for each in runs] == [[], ["ann"], ["bob"]]
    assert [each.error for each in runs] == [None, None, None]


def test_a_scheduled_search_knows_that_it_is_one(app: App) -> None:
    add_rule(app, search="| makeresults | addinfo | table info_sid info_min_time info_max_time")
    (first, _) = run(app)
    row = first.rows[0]
    assert str(row["info_sid"]).startswith("scheduler__nobody_")
    assert str(row["info_sid"]) == first.sid
    assert (float(str(row["info_min_time"])), float(str(row["info_max_time"]))) == (START - 1800, START)
    adhoc = app.splunk.search("| makeresults | addinfo | table info_sid")
    assert not str(adhoc.rows[0]["info_sid"]).startswith("scheduler__")


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"disabled": "1"}, id="disabled"),
        pytest.param({"enableSched": "0"}, id="not scheduled"),
    ],
)
def test_a_rule_that_is_off_does_not_run(settings: dict[str, str], app: App) -> None:
    add_rule(app, **settings)
    assert run(app) == []
    app.splunk.set_local("savedsearches", RULE, {"disabled": "0", "enableSched": "1"}, APP)
    assert len(run(app)) == 2


def test_rules_of_several_apps_run_in_the_order_of_time(app: App) -> None:
    add_rule(app, "B", cron_schedule="*/30 * * * *")
    add_rule(app, "A", cron_schedule="15-59/30 * * * *")
    assert [(each.rule, (each.time - START) / 60) for each in run(app)] == [
        ("B", 0),
        ("A", 15),
        ("B", 30),
        ("A", 45),
    ]
    assert [each.rule for each in run(app, rules=["A"])] == ["A", "A"]


def test_late_data_is_not_there_before_it_arrives(app: App) -> None:
    add_rule(app, dispatch__earliest_time="-60m")
    add_event(app.splunk, "ann", 20, late=25)
    assert [[row["entity"] for row in each.rows] for each in run(app, 1.1)] == [[], [], ["ann"]]
    assert [len(each.rows) for each in run(app, 1.1, everything_arrived=True)] == [0, 1, 1]


def test_a_search_that_fails_is_one_run_with_an_error(app: App) -> None:
    add_rule(app, search="index=main | nonsense")
    runs = run(app)
    assert ["nonsense" in str(each.error) for each in runs] == [True, True]
    assert [each.triggered for each in runs] == [False, False]
    assert totals(runs)[RULE]["error"] == runs[0].error


def test_a_coarser_step_keeps_the_last_run(app: App) -> None:
    add_rule(app, cron_schedule="*/5 * * * *")
    assert minutes(run(app, step=20 * 60)) == [0, 20, 40, 55]


def test_empty_stretches_are_left_out_when_asked(app: App) -> None:
    add_rule(app)
    add_event(app.splunk, "ann", 70)
    runs = run(app, 3, only_where_events=True)
    assert [(minute, each.left_out) for each, minute in zip(runs, minutes(runs), strict=True)] == [
        (0, True),
        (30, True),
        (60, True),
        (90, False),
        (120, True),
        (150, True),
    ]
    everything = run(app, 3)
    assert [each.rows for each in runs] == [each.rows for each in everything]
    assert totals(runs)[RULE]["runs"] == 1


@pytest.mark.parametrize(
    ("search", "left_out"),
    [
        pytest.param("index=main sourcetype=other | stats count", True, id="reads another sourcetype"),
        pytest.param("index=main sourcetype IN (oth*, lab) | stats count", False, id="reads this one too"),
        pytest.param("index=main | stats count", False, id="reads any"),
        pytest.param("index=main sourcetype=other | append [search index=main]", False, id="reads besides"),
        pytest.param("| makeresults", False, id="makes its own rows"),
        pytest.param("index=main sourcetype=other | nonsense", False, id="cannot run, and says so"),
    ],
)
def test_runs_over_events_of_other_sourcetypes_are_left_out_when_asked(app: App, search: str, left_out: bool) -> None:
    add_rule(app, search=search)
    add_event(app.splunk, "ann", 20)
    assert [each.left_out for each in run(app, 1, only_where_events=True)] == [True, left_out]


@pytest.mark.parametrize(
    ("realtime_schedule", "ran", "seen"),
    [
        pytest.param("1", [(0, 0), (30, None), (60, 60)], [], id="a real-time schedule drops the run"),
        pytest.param("0", [(0, 0), (30, 60), (60, 60)], ["ann"], id="a continuous schedule catches up"),
    ],
)
def test_a_skipped_run(
    realtime_schedule: str, ran: list[tuple[float, float | None]], seen: list[str], app: App
) -> None:
    add_rule(app, realtime_schedule=realtime_schedule)
    add_event(app.splunk, "ann", 10)
    runs = run(app, 1.1, skip=lambda rule, time: time == START + 1800)
    dispatched = [None if each.dispatched is None else (each.dispatched - START) / 60 for each in runs]
    assert list(zip(minutes(runs), dispatched, strict=True)) == ran
    assert [row["entity"] for each in runs for row in each.rows] == seen


def test_a_delayed_run_sees_what_has_arrived_meanwhile_and_searches_its_own_range(app: App) -> None:
    add_rule(app)
    add_event(app.splunk, "ann", 20, late=15)
    add_event(app.splunk, "bob", 31)
    on_time = run(app)
    delayed = run(app, delay=lambda rule, time: 600.0)
    assert [[row["entity"] for row in each.rows] for each in on_time] == [[], []]
    assert [[row["entity"] for row in each.rows] for each in delayed] == [[], ["ann"]]
    assert [each.dispatched - each.time for each in delayed if each.dispatched] == [600, 600]


def test_progress_is_told(app: App) -> None:
    add_rule(app)
    steps: list[tuple[int, int]] = []
    run(app, on_progress=lambda done, total: steps.append((done, total)))
    assert steps == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        pytest.param({"cron_schedule": "often"}, "1 fields", id="no cron expression"),
        pytest.param({"search": ""}, "needs search and cron_schedule", id="no search"),
        pytest.param({"relation": "rises by"}, "relation = 'rises by'", id="a condition over two results"),
        pytest.param({"quantity": "few"}, "quantity = 'few'", id="a quantity that is no number"),
        pytest.param({"counttype": "number of things"}, "counttype", id="an unknown counttype"),
        pytest.param({"counttype": "custom"}, "needs alert_condition", id="custom without a condition"),
        pytest.param({"alert_comparator": "greater than"}, "is a REST name", id="a REST name"),
        pytest.param({"dispatch__index_earliest": "-1h"}, "dispatch.index_earliest", id="index time ranges"),
        pytest.param({"alert__suppress__group_name": "g"}, "group_name", id="suppression groups"),
        pytest.param({"alert__suppress": "1", "alert__suppress__period": "soon"}, "'soon'", id="no period"),
        pytest.param(
            {"alert__suppress": "1", "alert__suppress__period": "1h", "alert__digest_mode": "0"},
            "alert.suppress.fields must be set",
            id="per-result alerts without suppression fields",
        ),
        pytest.param({"action__email": "1"}, "action.email", id="an action that is not carried out"),
        pytest.param(
            {"action__risk": "1", "action__risk__param___risk": "nonsense"}, "is not JSON", id="bad risk JSON"
        ),
        pytest.param(
            {"action__risk": "1", "action__risk__param___risk": '[{"risk_object_field": "entity"}]'},
            "needs risk_object_type and risk_score",
            id="incomplete risk JSON",
        ),
    ],
)
def test_a_rule_that_cannot_be_run_is_refused_before_any_runs(settings: dict[str, str], reason: str, app: App) -> None:
    add_rule(app, "A Good One - Rule")
    add_rule(app, **settings)
    with pytest.raises((ConfError, ValueError), match=reason):
        run(app)
    assert app.splunk.notables == []


# what triggers


@pytest.mark.parametrize(
    ("settings", "triggers"),
    [
        pytest.param({}, True, id="number of events greater than 0"),
        pytest.param({"quantity": "1"}, True, id="greater than 1"),
        pytest.param({"quantity": "2"}, False, id="greater than 2"),
        pytest.param({"relation": "less than", "quantity": "3"}, True, id="less than"),
        pytest.param({"relation": "equal to", "quantity": "2"}, True, id="equal to"),
        pytest.param({"relation": "not equal to", "quantity": "2"}, False, id="not equal to"),
        pytest.param({"counttype": "always", "relation": "", "quantity": ""}, True, id="always"),
        pytest.param({"counttype": "", "relation": "", "quantity": ""}, True, id="no condition is always"),
        pytest.param({"counttype": "number of hosts", "quantity": "0"}, False, id="number of hosts"),
        pytest.param({"alert_condition": "search entity=bob"}, True, id="a condition that finds something"),
        pytest.param({"alert_condition": "where count > 5"}, False, id="a condition that finds nothing"),
    ],
)
def test_when_a_result_is_an_alert(settings: dict[str, str], triggers: bool, app: App) -> None:
    add_rule(app, **settings)
    add_event(app.splunk, "ann", 10)
    add_event(app.splunk, "bob", 10)
    _, second = run(app)
    assert second.triggered == triggers
    assert len(second.notables) == (2 if triggers else 0)


# what is kept quiet

SUPPRESS = {"alert__suppress": "1", "alert__suppress__period": "1h", "alert__suppress__fields": "entity"}


def test_of_two_entities_the_suppressed_one_makes_no_notable(app: App) -> None:
    add_rule(app, alert__digest_mode="1", **SUPPRESS)
    for entity, minute in (("ann", 10), ("ann", 40), ("bob", 40)):
        add_event(app.splunk, entity, minute)
    _, first, second = run(app, 1.1)
    assert (entities(first), first.suppressed) == (["ann"], [])
    assert entities(second) == ["bob"]
    assert [row["entity"] for row in second.suppressed] == ["ann"]


def test_a_period_ends(app: App) -> None:
    add_rule(app, **SUPPRESS)
    for minute in (10, 40, 70, 100):
        add_event(app.splunk, "ann", minute)
    assert [entities(each) for each in run(app, 2.1)] == [[], ["ann"], [], ["ann"], []]


def test_an_escalation_is_not_suppressed_when_the_level_is_a_suppression_field(app: App) -> None:
    fields = {"alert__suppress__fields": "entity, level"}
    add_rule(app, **SUPPRESS | fields)
    add_event(app.splunk, "ann", 10, level="low")
    add_event(app.splunk, "ann", 40, level="high")
    add_event(app.splunk, "ann", 70, level="high")
    assert [[notable["level"] for notable in each.notables] for each in run(app, 1.6)] == [[], ["low"], ["high"], []]


def test_the_same_values_twice_in_one_run_are_raised_once(app: App) -> None:
    add_rule(app, search="index=main | table entity level", **SUPPRESS)
    add_event(app.splunk, "ann", 10, level="one")
    add_event(app.splunk, "ann", 11, level="two")
    _, second = run(app)
    assert (len(second.notables), len(second.suppressed)) == (1, 1)


def test_without_fields_the_whole_alert_is_quiet(app: App) -> None:
    add_rule(app, alert__suppress="1", alert__suppress__period="3600")
    add_event(app.splunk, "ann", 10)
    add_event(app.splunk, "bob", 40)
    _, first, second = run(app, 1.1)
    assert entities(first) == ["ann"]
    assert second.triggered
    assert (entities(second), len(second.suppressed), second.actions) == ([], 1, [])


def test_suppression_lives_on_until_it_is_forgotten(app: App) -> None:
    add_rule(app, **SUPPRESS)
    add_event(app.splunk, "ann", 10)
    assert [entities(each) for each in run(app)] == [[], ["ann"]]
    assert [entities(each) for each in run(app)] == [[], []]
    app.splunk.scheduler.forget()
    assert [entities(each) for each in run(app)] == [[], ["ann"]]


# what follows


def test_a_notable_has_the_row_and_its_texts_filled_in(app: App) -> None:
    add_rule(
        app,
        search='index=main | stats values(level) AS level BY entity | eval entity="a\\"b"',
        action__notable__param__rule_title="$entity$: $result.level$, $5 and $6",
        action__notable__param__rule_description="seen by $search_name$ in $info_min_time$",
        action__notable__param__drilldown_search="search entity=$entity|s$",
        action__notable__param__security_domain="identity",
        action__correlationsearch__label="Something Happened",
    )
    add_event(app.splunk, "a", 10, level="low")
    add_event(app.splunk, "a", 11, level="high")
    (notable,) = run(app)[1].notables
    expected = {
        "rule_title": 'a"b: high, low, $5 and $6',
        "rule_description": f"seen by {RULE} in {START}",
        "drilldown_search": r'search entity="a\"b"',
        "security_domain": "identity",
        "severity": "high",
        "rule_name": "Something Happened",
        "source": RULE,
        "entity": 'a"b',
        "_time": START + 1800,
    }
    assert {key: notable[key] for key in expected} == expected
    assert app.splunk.notables == [notable]


def test_a_field_of_the_row_wins_over_the_severity_of_the_rule(app: App) -> None:
    add_rule(app, search='index=main | stats count BY entity | eval severity="critical"')
    add_event(app.splunk, "ann", 10)
    assert run(app)[1].notables[0]["severity"] == "critical"


def test_a_token_without_a_value_is_left_empty_with_a_warning(app: App) -> None:
    add_rule(app, action__notable__param__rule_title="$entity$ from $src$")
    add_event(app.splunk, "ann", 10)
    second = run(app)[1]
    assert second.notables[0]["rule_title"] == "ann from "
    (warning,) = second.messages
    assert warning.level == "WARN"
    assert "action.notable.param.rule_title: the token $src$ has no value" in warning.text


RISK = (
    '[{"risk_object_field": "entity", "risk_object_type": "user", "risk_score": 40}, '
    '{"threat_object_field": "src", "threat_object_type": "ip_address"}]'
)


def test_a_risk_event_for_each_value_of_each_risk_object(app: App) -> None:
    add_rule(
        app,
        search='index=main | stats values(entity) AS entity | eval src="203.0.113.9"',
        action__risk="1",
        action__risk__param___risk=RISK,
        action__risk__param___risk_message="$entity$ from $src$",
    )
    add_event(app.splunk, "ann", 10)
    add_event(app.splunk, "bob", 10)
    events = run(app)[1].risk_events
    keys = ("risk_object", "risk_object_type", "risk_score", "risk_message", "threat_object", "source")
    assert [[event[key] for key in keys] for event in events] == [
        ["ann", "user", 40, "ann, bob from 203.0.113.9", "203.0.113.9", RULE],
        ["bob", "user", 40, "ann, bob from 203.0.113.9", "203.0.113.9", RULE],
    ]
    assert app.splunk.scheduler.risk_events == events


def test_a_missing_risk_object_is_a_warning(app: App) -> None:
    risk = RISK.replace("entity", "absent")
    add_rule(app, action__risk="1", action__risk__param___risk=risk)
    add_event(app.splunk, "ann", 10)
    second = run(app)[1]
    assert second.risk_events == []
    assert ["has no field 'absent'" in message.text for message in second.messages] == [True]


def test_a_risk_score_may_come_from_the_row(app: App) -> None:
    risk = RISK.replace("40", '"$count$"')
    add_rule(app, action__risk="1", action__risk__param___risk=risk)
    add_event(app.splunk, "ann", 10)
    assert [event["risk_score"] for event in run(app)[1].risk_events] == [1]


def test_without_enterprise_security_the_actions_are_not_available(app: App) -> None:
    app.splunk.set_local("app", "install", {"state": "disabled"}, "SA-ThreatIntelligence")
    add_rule(app, action__risk="1", action__risk__param___risk=RISK)
    add_event(app.splunk, "ann", 10)
    _, second = run(app)
    assert second.triggered
    assert [(action.action, action.status) for action in second.actions] == [
        ("notable", "not available"),
        ("risk", "not available"),
    ]
    assert (second.error, second.messages, second.notables, second.risk_events) == (None, [], [], [])


# delays that a rule allows


@pytest.mark.parametrize(
    ("settings", "skew", "window"),
    [
        pytest.param({}, 0, 0, id="none"),
        pytest.param({"allow_skew": "50%"}, 900, 0, id="a percentage of the period"),
        pytest.param({"allow_skew": "5m"}, 300, 0, id="a duration"),
        pytest.param({"allow_skew": "5m", "cron_schedule": "3-59/15 * * * *"}, 59, 0, id="another schedule: seconds"),
        pytest.param({"schedule_window": "10"}, 0, 600, id="a window"),
        pytest.param({"schedule_window": "auto"}, 0, 0, id="auto"),
    ],
)
def test_how_late_a_rule_may_be(settings: dict[str, str], skew: float, window: float, app: App) -> None:
    add_rule(app, **settings)
    (search,) = app.splunk.scheduler.searches()
    assert (skew_limit(search), window_limit(search)) == (skew, window)
    delay = allowed_delays([search], seed=7)
    delays = [delay(RULE, START + n * 1800) for n in range(50)]
    assert all(0 <= each <= skew + window for each in delays)
    assert len(set(delays)) == (1 if window == 0 else 50)
    assert delays == [allowed_delays([search], seed=7)(RULE, START + n * 1800) for n in range(50)]


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"allow_skew": "5"}, id="a skew without a unit"),
        pytest.param({"schedule_window": "30"}, id="a window as long as the period"),
        pytest.param({"schedule_window": "long"}, id="a window that is no number"),
    ],
)
def test_a_delay_that_the_scheduler_would_not_take(settings: dict[str, str], app: App) -> None:
    add_rule(app, **settings)
    (search,) = app.splunk.scheduler.searches()
    with pytest.raises(ConfError, match=RULE.replace(" ", r"\s")):
        allowed_delays([search], seed=1)(RULE, START)
