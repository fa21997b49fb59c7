"""The app's rules on a stand-in, worked as an admin and the scheduler work them: enabled in local/, run over a clock,
read back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .allowlist_file import dated
from .scenarios.findings import Finding, from_rows
from .splunk.scheduler.scheduler import ScheduledRun, totals
from .splunk.stand_in import StandIn

APP = "m365_mail_threats"
LEARNER = "Mail Threats - Accepted Domains - Lookup Gen"
# What is learned as time goes on: who signs in, and which accounts are made or deleted. Judging an event by what people
# did after it would find what no installed Splunk can.
FOLLOWING = ("Mail Threats - Known People - Lookup Gen", "Mail Threats - Directory Changes - Lookup Gen")
# The rules look back a day and leave alone what ended in its first four hours, so every event is judged by several runs
# this far apart; a test shows that the findings are those of the plain schedule.
STEP_S = 6 * 3600
LOOK_BACK_S = 24 * 3600


@dataclass(frozen=True)
class Watch:
    """What came of running rules over a stretch of time."""

    runs: list[ScheduledRun]
    findings: list[Finding]

    def searches(self) -> list[dict[str, Any]]:
        """One entry a rule: {rule, runs, rows, elapsed_s, error}."""
        return [
            {"rule": rule, **total, "elapsed_s": round(total["elapsed_s"], 3)}
            for rule, total in sorted(totals(self.runs).items())
        ]

    def warnings(self) -> list[str]:
        """What the searches said beside their rows, each once."""
        said = (f"{run.rule}: {m.text}" for run in self.runs for m in run.messages if m.level in ("WARN", "ERROR"))
        return list(dict.fromkeys(said))


def stem_of(rule: str) -> str:
    """The stem of a detection from the name of its rule (docs/architecture.md)."""
    return rule.removeprefix("Mail Threats - ").removesuffix(" - Rule").lower().replace(" ", "_")


def rules_of(splunk: StandIn) -> dict[str, str]:
    """The app's correlation searches: stem to stanza name."""
    return {stem_of(name): name for name in splunk.conf("savedsearches", app=APP) if name.endswith(" - Rule")}


def learners_of(splunk: StandIn) -> list[str]:
    """The searches that learn what is the organisation's own."""
    return [name for name in splunk.conf("savedsearches", app=APP) if name.endswith(" - Lookup Gen")]


def watch(
    splunk: StandIn,
    *,
    stems: Iterable[str],
    allowlist: Iterable[Mapping[str, str]],
    start: float,
    end: float,
    step: float | None = STEP_S,
    everything_arrived: bool = False,
    settled: bool = False,
    enabled_after: float = 0.0,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> Watch:
    """Enables the rules, loads the allowlist, and runs the schedule over [start, end) of the simulated clock.

    The organisation's domains and applications are learned first: an admin's Splunk has done so long before. People,
    networks and account changes are learned on the way, from what was before, and first from the day after which the
    app was installed. settled: everything is learned first, for a company that has run the app for long.
    enabled_after: seconds from the start in which nothing but learning is enabled. step: seconds
    between the runs of one search, None for every run that is due. everything_arrived: see the scheduler.
    """
    rules = [rules_of(splunk)[stem] for stem in stems]
    learners = learners_of(splunk)
    searches = splunk.conf("savedsearches", app=APP)
    for name in (*learners, *rules):
        # Each change makes Splunk read its configuration again, and the stand-in too.
        if searches[name].get("disabled") != "0":
            splunk.set_local("savedsearches", name, {"disabled": "0"}, app=APP)
    collection = splunk.kv("mail_threats_allowlist", app=APP)
    for entry in allowlist:
        collection.insert(dated(entry, start))
    following = () if settled else FOLLOWING
    first = [name for name in learners if name not in following]
    learned = splunk.scheduler.run(
        start, end + 3600, rules=first, step=LOOK_BACK_S, only_where_events=True, everything_arrived=True
    )
    installed = start + LOOK_BACK_S
    learned += splunk.scheduler.run(installed, installed + 4 * 3600, rules=following, step=LOOK_BACK_S)
    if enabled_after:
        learned += splunk.scheduler.run(start, start + enabled_after, rules=learners, step=LOOK_BACK_S / 4)
    runs = splunk.scheduler.run(
        start + enabled_after,
        end,
        rules=[*following, *rules],
        step=step,
        only_where_events=True,
        everything_arrived=everything_arrived,
        on_progress=on_progress,
    )
    return Watch([*learned, *runs], read_findings(splunk))


def read_findings(splunk: StandIn) -> list[Finding]:
    """Every finding as it stands, by time: what the app's own macro says."""
    rows = splunk.search("`mail_threats_findings`", earliest=0, latest="", app=APP).rows
    return sorted(from_rows(rows), key=lambda finding: (finding["time"], finding["rule"], finding["entity"]))
