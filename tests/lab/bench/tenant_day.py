"""`build.py bench tenant-day`: rows that the rules hand to scoreenum on a day of sign-ins, and what that costs.

It says on stderr what is done, since two million rows take ten minutes of CPU.

Twice: over raw records of a tenth of the tenant (`drawn_tenant`), through everything that a rule does; and over the
whole tenant's two million sign-ins as normalised rows, streamed into the rules in place of the macro that reads the
feeds. The memory of the slow rule holds 29 days before. Fewer than 100,000 rows a rule are asked for, counted at the
door of the command over the whole tenant; without such a run the part's rows are multiplied.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any

from rich.console import Console
from rich.table import Table

from lab.bench.drawn_tenant import DAY_S, TENANT_EVENTS, DrawnTenant, record_of, row_of
from lab.progress import say
from lab.rules import APP
from lab.splunk.spl.environment import CustomCommand
from lab.splunk.spl.search import Search
from lab.splunk.spl.values import Row
from lab.splunk.stand_in import StandIn

WORDS = "rows that the enumeration rules hand to scoreenum on a day of a large tenant"
_MIDNIGHT = 1_772_496_000
_MOST_ROWS = 100_000
_RULES = (
    "Mail Threats - Address Enumeration By Source - Rule",
    "Mail Threats - Distributed Address Enumeration - Rule",
    "Mail Threats - Slow Address Enumeration - Rule",
)
_REMEMBERED_DAYS = 29
# People travel together: so many rows however many they are (macro mail_threats_guess_context).
_PEOPLE_ROWS = 256
_ROWS, _FEEDS = "bench_signins", "`mail_threats_signins`"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", type=int, default=200_000, help="raw sign-ins, of two million (200,000); 0: none")
    parser.add_argument("--rows", type=int, default=TENANT_EVENTS, help="normalised rows (2,000,000); 0: none")
    parser.add_argument("--seed", type=int, default=7)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """{"runs": [{"kind", "signins", "people", "remembered", "cpu_s", "peak_mb", "load", "rules": [{"rule", "cpu_s",
    "wall_s", "rows", "people_rows", "whole_tenant", "findings"}, ...]}, ...]}.

    `cpu_s` of a run is everything, drawing too, but for the commands' own processes; `peak_mb` is the process's highest
    so far, all runs together; `load` the machine's over the last 15 minutes. `rows` are those handed over, of which
    `people_rows` name people who sign in; `whole_tenant` is `rows` for two million sign-ins.
    """
    sizes = {"raw": options.events, "normalised": options.rows}
    if options.quick:
        sizes = {"raw": 5_000, "normalised": 20_000}
    runs = [_run(options.spl, kind, events, options.seed) for kind, events in sizes.items() if events]
    over = [f"{r['rule']}: {r['whole_tenant']:,}" for r in runs[-1]["rules"] if r["whole_tenant"] >= _MOST_ROWS]
    not_met = f"{_MOST_ROWS:,} rows of {TENANT_EVENTS:,} sign-ins are the limit. {', '.join(over)}" if over else ""
    return {"seed": options.seed, "runs": runs, "not_met": "" if options.quick else not_met}


def _run(spl: Path, kind: str, events: int, seed: int) -> dict[str, Any]:
    began = time.process_time()
    tenant = DrawnTenant(events, seed)
    say(f"{events:,} {kind} sign-ins of {len(tenant.people):,} people: drawing {_REMEMBERED_DAYS} days before")
    until = _MIDNIGHT + DAY_S
    with tempfile.TemporaryDirectory() as folder:
        splunk = StandIn(Path(folder) / "splunk", now=lambda: until)
        splunk.install(spl)
        (_index if kind == "raw" else _stream)(splunk, tenant, seed)
        splunk.kv("mail_threats_known_people", app=APP).upsert(tenant.known_people(_MIDNIGHT))
        memory = splunk.kv("mail_threats_guess_memory", app=APP)
        splunk.kv("mail_threats_company_networks", app=APP).upsert(tenant.shared_places())
        memory.upsert(tenant.remembered(_MIDNIGHT, _REMEMBERED_DAYS))
        before = len(memory)
        rules = [_measured(splunk, rule, events, until) for rule in _RULES]
        added = len(splunk.kv("mail_threats_guess_memory", app=APP)) - before
        splunk.close()
    if idle := [found["rule"] for found in rules if not found["rows"]]:
        raise AssertionError(f"{', '.join(idle)} handed over nothing: this measures nothing")
    # What the rule wrote of this day tells whether the days before are drawn as it would have written them.
    if not 0.8 < added * _REMEMBERED_DAYS / before < 1.25:
        raise AssertionError(f"the rule remembers {added} attempts of a day, the days before hold {before} in all")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {
        "kind": kind, "signins": events, "people": len(tenant.people), "remembered": before + added,
        "cpu_s": round(time.process_time() - began), "peak_mb": peak, "load": round(os.getloadavg()[2], 1),
        "rules": rules,
    }  # fmt: skip


def _index(splunk: StandIn, tenant: DrawnTenant, seed: int) -> None:
    draw = Random(seed)
    for fact in tenant.day(_MIDNIGHT):
        raw = json.dumps(record_of(fact, draw))
        splunk.index.add(raw, time=fact.time, sourcetype="azure:aad:signin", indextime=fact.time + 300, whole=True)


class _Streamed:
    """The day's sign-ins as normalised rows, drawn as they are asked for: two million at once need gigabytes."""

    def __init__(self, tenant: DrawnTenant) -> None:
        self._tenant = tenant

    def __iter__(self) -> Iterator[Row]:
        return (row_of(fact, number) for number, fact in enumerate(self._tenant.day(_MIDNIGHT)))


def _stream(splunk: StandIn, tenant: DrawnTenant, _: int) -> None:
    """Puts the rows where the rules read the feeds: what begins a search with a pipe stands in no macro."""
    stored = splunk.lookups.rows

    def rows(name: str, app: str, user: str) -> Any:
        return _Streamed(tenant) if name == _ROWS else stored(name, app, user)

    splunk.lookups.rows = rows  # type: ignore[method-assign]
    for rule in _RULES:
        search = splunk.conf("savedsearches", app=APP)[rule]["search"]
        if not search.startswith(_FEEDS):
            raise AssertionError(f"{rule} does not begin with {_FEEDS}: the rows would not be read")
        local = {"search": f"| inputlookup {_ROWS}" + search.removeprefix(_FEEDS)}
        splunk.set_local("savedsearches", rule, local, app=APP)


class _Counted:
    """A custom command that counts the rows it is given."""

    def __init__(self, command: CustomCommand) -> None:
        self._command = command
        self.placement = command.placement
        self.rows = self.people = 0

    def run(self, rows: Iterator[Row], args_text: str, search: Search) -> Iterator[Row]:
        return self._command.run(self._count(rows), args_text, search)

    def _count(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self.rows += 1
            self.people += "person" in row and "src" not in row
            yield row


def _measured(splunk: StandIn, rule: str, events: int, until: float) -> dict[str, Any]:
    """One scheduled run of a rule at the end of the day."""
    host = splunk.processes.commands
    build, counted = host.command, dict[str, _Counted]()

    def counting(name: str, settings: Mapping[str, str], folder: Path) -> _Counted:
        counted[name] = _Counted(build(name, settings, folder))
        return counted[name]

    splunk.processes.apps_changed()
    host.command = counting  # type: ignore[method-assign, assignment]
    splunk.set_local("savedsearches", rule, {"disabled": "0", "cron_schedule": "0 0 * * *"}, app=APP)
    began, clock = time.process_time(), time.perf_counter()
    (run,) = splunk.scheduler.run(until, until + 60, rules=[rule])
    took, wall = time.process_time() - began, time.perf_counter() - clock
    host.command = build  # type: ignore[method-assign]
    if run.error:
        raise RuntimeError(f"{rule}: {run.error}")
    given = counted["scoreenum"]
    say(f"{rule}: {given.rows:,} rows handed over, {took:.0f} s CPU, {wall:.0f} s")
    whole = (given.rows - given.people) * TENANT_EVENTS // events + _PEOPLE_ROWS
    return {
        "rule": rule, "cpu_s": round(took, 1), "wall_s": round(wall, 1), "rows": given.rows,
        "people_rows": given.people, "whole_tenant": whole, "findings": len(run.rows),
    }  # fmt: skip


def show(result: dict[str, Any], console: Console) -> None:
    for run in result["runs"]:
        table = Table(
            title=f"{run['signins']:,} {run['kind']} sign-ins of {run['people']:,} people, "
            f"{run['remembered']:,} attempts remembered; {run['cpu_s']:,} s CPU, peak {run['peak_mb']:,} MB, "
            f"load {run['load']}"
        )
        for name in ("rule", "CPU s", "wall s", "rows", "of them people", "rows at 2,000,000", "findings"):
            table.add_column(name, justify="right" if name != "rule" else "left")
        for found in run["rules"]:
            rule = found["rule"].removeprefix("Mail Threats - ").removesuffix(" - Rule")
            numbers = (found[name] for name in ("rows", "people_rows", "whole_tenant", "findings"))
            table.add_row(rule, str(found["cpu_s"]), str(found["wall_s"]), *(f"{number:,}" for number in numbers))
        console.print(table)
