"""How rules ship and when they run: disabled, spread over the hour, never over more than a day of raw data."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC

import pytest
from rules.shipped import REPOSITORY, Settings, conf, rules, scheduled

from lab.rules import APP
from lab.splunk.scheduler.cron import Cron
from lab.splunk.scheduler.saved_search import seconds
from lab.splunk.spl.compiler import Compiler
from lab.splunk.spl.times import time_of
from lab.splunk.stand_in import StandIn

# Enterprise Security refuses to edit a name over 99 characters, and cloning adds a prefix and a suffix.
LONGEST_NAME = 81
LONGEST_LOOK_BACK_S = 24 * 3600
MOST_IN_A_MINUTE = 2
LATENESS_S = int(conf("macros")["mail_threats_lateness_s"]["definition"])
DAY = 1_767_225_600
"""2026-01-01T00:00:00Z; a Thursday, and no clock changes."""

each_rule = pytest.mark.parametrize(("rule", "settings"), [pytest.param(*item, id=item[0]) for item in rules().items()])
each_scheduled = pytest.mark.parametrize(
    ("name", "settings"), [pytest.param(*item, id=item[0]) for item in scheduled().items()]
)


def place(name: str, key: str) -> str:
    return f"default/savedsearches.conf [{name}] {key}"


@each_scheduled
def test_name_leaves_room_for_a_clone(name: str, settings: Settings) -> None:
    assert len(name) <= LONGEST_NAME, f"{place(name, 'stanza')}: {len(name)} characters, {LONGEST_NAME} are allowed"


@each_scheduled
def test_ships_disabled(name: str, settings: Settings) -> None:
    assert settings.get("disabled") == "1", f"{place(name, 'disabled')}: set 1; an admin enables what fits"


@pytest.mark.parametrize("name", sorted(set(conf("savedsearches")) - set(scheduled())))
def test_search_that_is_opened_by_hand_says_when_to_and_over_which_time(name: str) -> None:
    settings = conf("savedsearches")[name]
    told = settings.get("description", "")
    assert told.startswith(("Use this", "Run this", "Run by hand")), (
        f"{place(name, 'description')}: say when to open it"
    )
    for end in ("earliest", "latest"):
        assert settings.get(f"dispatch.{end}_time"), place(name, f"dispatch.{end}_time")


@each_rule
def test_rule_is_scheduled(rule: str, settings: Settings) -> None:
    assert settings.get("enableSched") == "1", f"{place(rule, 'enableSched')}: set 1, or an enabled rule never runs"


@each_scheduled
def test_cron_schedule_is_one_that_splunk_takes(name: str, settings: Settings) -> None:
    assert any(Cron.parse(settings["cron_schedule"]).times(DAY, DAY + 31 * 86400, UTC)), place(name, "cron_schedule")


def test_no_minute_of_the_day_is_crowded() -> None:
    due: dict[int, list[str]] = {}
    for name, settings in scheduled().items():
        for time in Cron.parse(settings["cron_schedule"]).times(DAY, DAY + 86400, UTC):
            due.setdefault(time, []).append(name)
    crowded = Counter({time: len(names) for time, names in due.items() if len(names) > MOST_IN_A_MINUTE})
    assert not crowded, f"default/savedsearches.conf: {due[crowded.most_common(1)[0][0]]} are due in the same minute"


@each_scheduled
def test_scheduler_may_move_a_run(name: str, settings: Settings) -> None:
    for key in ("schedule_window", "allow_skew"):
        assert settings.get(key, "0") != "0", f"{place(name, key)}: let the scheduler spread the runs"


@each_rule
def test_a_run_that_was_missed_is_made_up_for(rule: str, settings: Settings) -> None:
    assert settings.get("realtime_schedule") == "0", f"{place(rule, 'realtime_schedule')}: set 0, skipped runs happen"


@each_scheduled
def test_look_back_is_a_day_at_most(name: str, settings: Settings) -> None:
    """A week for tstats, which reads no raw events, and may look for what is dated ahead."""
    earliest, latest = (time_of(settings[f"dispatch.{end}_time"], DAY, UTC) for end in ("earliest", "latest"))
    assert earliest is not None, place(name, "dispatch.earliest_time")
    assert latest is not None, place(name, "dispatch.latest_time")
    longest = LONGEST_LOOK_BACK_S
    if settings["search"].startswith("| tstats "):
        longest, latest = 7 * LONGEST_LOOK_BACK_S + 3600, min(latest, DAY)
    assert 0 < latest - earliest <= longest, (
        f"{place(name, 'dispatch.earliest_time')}: {(latest - earliest) / 3600:g} h of raw events; use a summary"
    )


@each_rule
def test_look_back_covers_the_time_between_two_runs(rule: str, settings: Settings) -> None:
    times = list(Cron.parse(settings["cron_schedule"]).times(DAY, DAY + 2 * 86400, UTC))
    widest = max(later - time for time, later in zip(times, times[1:], strict=False))
    earliest = time_of(settings["dispatch.earliest_time"], DAY, UTC)
    assert earliest is not None
    assert DAY - earliest > widest, (
        f"{place(rule, 'dispatch.earliest_time')}: what happens between two runs is never seen"
    )


def widest_window_s(search: str) -> int:
    """The longest time over which an expanded search counts, with streamstats or scoreenum.

    What a rule remembers longer is in the KV store.
    """
    units = {"s": 1, "m": 60, "h": 3600}
    found = [int(size) * units[unit] for size, unit in re.findall(r"\btime_window=(\d+)([smh])\b", search)]
    found += [int(minutes) * 60 for minutes in re.findall(r"\b(?:spray_)?window=(\d+)\b", search)]
    return max(found, default=0)


def test_lateness_is_that_of_the_docs() -> None:
    page = (REPOSITORY / "docs" / "coverage.md").read_text(encoding="utf-8")
    assert f"| how late a record may come | {LATENESS_S / 3600:g} hours" in page, "docs/coverage.md, Time"


@each_rule
def test_look_back_is_at_least_window_and_lateness(rule: str, settings: Settings, installed: StandIn) -> None:
    """A record as late as is allowed, just behind a run, is judged by the next one with all that belongs to it."""
    search = Compiler(installed.environment(app=APP)).expand(settings["search"])
    times = list(Cron.parse(settings["cron_schedule"]).times(DAY, DAY + 2 * 86400, UTC))
    between = max(later - time for time, later in zip(times, times[1:], strict=False))
    earliest = time_of(settings["dispatch.earliest_time"], DAY, UTC)
    assert earliest is not None
    look_back, edge = DAY - earliest, int(conf("macros")["mail_threats_window_edge_s"]["definition"])
    window = widest_window_s(search)
    assert look_back >= window + LATENESS_S + between, (
        f"{place(rule, 'dispatch.earliest_time')}: {look_back:g} s are less than {window} s that it counts over, "
        f"{LATENESS_S} s of lateness and {between} s between two runs"
    )
    assert look_back - edge >= LATENESS_S + between, (
        f"{place(rule, 'dispatch.earliest_time')}: a record that is {LATENESS_S} s late falls into the window's edge"
    )


@pytest.mark.parametrize(
    ("rule", "window_s"),
    [
        pytest.param("Mail Threats - Address Enumeration By Source - Rule", 3600, id="scoreenum"),
        pytest.param("Mail Threats - Remote Mailbox Collection - Rule", 3600, id="streamstats"),
        pytest.param("Mail Threats - Account Lookup From Inside - Rule", 3600, id="streamstats of calls"),
    ],
)
def test_window_of_a_rule_is_read_from_its_search(rule: str, window_s: int, installed: StandIn) -> None:
    """Else the test above would hold rules to nothing."""
    assert widest_window_s(Compiler(installed.environment(app=APP)).expand(rules()[rule]["search"])) == window_s


@each_rule
def test_rule_alerts_on_any_row(rule: str, settings: Settings) -> None:
    given = tuple(settings.get(key) for key in ("counttype", "relation", "quantity", "alert.digest_mode"))
    assert given == ("number of events", "greater than", "0", "1"), place(
        rule, "counttype, relation, quantity, digest_mode"
    )


@each_rule
def test_suppression_lets_a_rising_level_through(rule: str, settings: Settings) -> None:
    fields = {field.strip() for field in settings.get("alert.suppress.fields", "").split(",")}
    assert settings.get("alert.suppress") == "1", place(rule, "alert.suppress")
    assert {"entity", "finding_id", "severity", "finding_status"} <= fields, (
        f"{place(rule, 'alert.suppress.fields')}: without what and who it is, or its level, one alert hides another"
    )
    assert seconds(settings.get("alert.suppress.period", ""), place(rule, "alert.suppress.period")) > 0
