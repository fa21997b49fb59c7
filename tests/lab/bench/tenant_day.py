"""`build.py bench tenant-day`: rows that the rules hand to scoreenum on a day of sign-ins, and what that costs.

A tenant of 20,000 people signs in two million times a day: 100 times each, most of them clients that renew a token. The
benchmark draws a part of such a tenant, with as many offices, carriers and strangers for each person, runs the
scheduled rules over its raw records in the stand-in, and counts the rows at the door of the command. What is handed
over grows with people, sources and names, all of which are drawn in proportion, so that it is multiplied for the whole
tenant. Fewer than 100,000 rows a rule are asked for.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from lab.company.records.graph_sign_in import graph_sign_in
from lab.company.records.sign_in import SignIn
from lab.rules import APP
from lab.splunk.spl.environment import CustomCommand
from lab.splunk.spl.search import Search
from lab.splunk.spl.values import Row
from lab.splunk.stand_in import StandIn

WORDS = "rows that the enumeration rules hand to scoreenum on a day of a large tenant"
_MIDNIGHT = 1_772_496_000
_DAY_S = 86_400
_TENANT = 2_000_000
_EACH = 100
_MOST_ROWS = 100_000
_RULES = (
    "Mail Threats - Address Enumeration By Source - Rule",
    "Mail Threats - Distributed Address Enumeration - Rule",
    "Mail Threats - Slow Address Enumeration - Rule",
)
_REMEMBERED_DAYS = 30
# People travel together: so many rows however many they are (macro mail_threats_guess_context).
_PEOPLE_ROWS = 256
_BROWSERS = ("edge_windows", "chrome_windows", "chrome_mac", "firefox_windows", "safari_iphone")
_APPS = (
    "OfficeHome",
    "Office 365 Exchange Online",
    "Office 365 SharePoint Online",
    "Microsoft Teams",
    "Microsoft Office",
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", type=int, default=200_000, help="sign-ins drawn, of two million (200,000)")
    parser.add_argument("--seed", type=int, default=7)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """{"events", "people", "rules": [{"rule", "cpu_s", "rows", "people_rows", "whole_tenant", "remembered"}, ...]}.

    `rows` are those handed over, of which `people_rows` name people who sign in; `whole_tenant` is `rows` for two
    million sign-ins, with the 30 days that the slow rule remembers of each day's names.
    """
    events = 5_000 if options.quick else options.events
    draw = random.Random(options.seed)
    until = _MIDNIGHT + _DAY_S
    with tempfile.TemporaryDirectory() as folder:
        splunk = StandIn(Path(folder) / "splunk", now=lambda: until)
        splunk.install(options.spl)
        people = [f"person{number:05}@contoso.com" for number in range(events // _EACH)]
        for record in _records(draw, people, events):
            splunk.index.add(
                json.dumps(record.payload),
                time=record.time,
                sourcetype="azure:aad:signin",
                indextime=record.time + 300,
                whole=True,
            )
        first = str(_MIDNIGHT - 30 * _DAY_S)
        for person in people:
            splunk.kv("mail_threats_known_people", app=APP).insert(
                {"_key": person, "person": person, "first_success": first, "last_success": str(_MIDNIGHT)}
            )
        rules = [_measured(splunk, rule, events, until) for rule in _RULES]
        splunk.close()
    if idle := [found["rule"] for found in rules if not found["rows"]]:
        raise AssertionError(f"{', '.join(idle)} handed over nothing: this measures nothing")
    over = [f"{found['rule']}: {found['whole_tenant']:,}" for found in rules if found["whole_tenant"] >= _MOST_ROWS]
    not_met = f"{_MOST_ROWS:,} rows of {_TENANT:,} sign-ins are the limit. {', '.join(over)}" if over else ""
    return {
        "not_met": "" if options.quick else not_met,
        "events": events,
        "people": len(people),
        "seed": options.seed,
        "rules": rules,
    }


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
    began = time.process_time()
    (run,) = splunk.scheduler.run(until, until + 60, rules=[rule])
    took = time.process_time() - began
    host.command = build  # type: ignore[method-assign]
    if run.error:
        raise RuntimeError(f"{rule}: {run.error}")
    given = counted["scoreenum"]
    remembered = len(splunk.kv("mail_threats_guess_memory", app=APP)) if "Slow" in rule else 0
    grows = given.rows - given.people + remembered * (_REMEMBERED_DAYS - 1)
    whole = grows * _TENANT // events + _PEOPLE_ROWS
    return {
        "rule": rule, "cpu_s": round(took, 1), "rows": given.rows, "people_rows": given.people,
        "remembered": remembered, "whole_tenant": whole, "findings": len(run.rows),
    }  # fmt: skip


class _Record:
    def __init__(self, draw: random.Random, at: float, **facts: Any) -> None:
        self.time = at
        self.payload = graph_sign_in(SignIn.draw(draw, time=at, **facts), draw)


def _records(draw: random.Random, people: list[str], events: int) -> Iterator[_Record]:
    """Of 1,000 sign-ins: 955 of people (most silent, 20 refused for a wrong or an old password, 3 mistyped names), 30
    interrupted for a second factor, 5 of phones with an old password, 10 of strangers who try names from everywhere.
    """
    offices = [_address(60, number) for number in range(max(2, len(people) // 500))]
    carriers = [_address(61, number) for number in range(max(2, len(people) // 400))]
    strangers = [_address(90, number) for number in range(max(5, events // 400))]
    stale = people[:: max(1, len(people) // max(1, events * 5 // 1000 // 48))]
    for _ in range(events):
        number = draw.randrange(len(people))
        person, at = people[number], _MIDNIGHT + draw.random() * _DAY_S
        place = draw.random()
        office, carrier = offices[number % len(offices)], carriers[number % len(carriers)]
        src = office if place < 0.6 else _address(70, number) if place < 0.9 else carrier
        facts: dict[str, Any] = {"app": draw.choice(_APPS), "agent": _BROWSERS[number % len(_BROWSERS)]}
        kind = draw.random()
        if kind < 0.010:
            person = draw.choice(
                (draw.choice(people), f"{draw.choice(('info', 'admin', 'test', 'sales'))}{number}@contoso.com")
            )
            code = 50126 if person in people[number : number + 1] else draw.choice((50034, 50034, 50126))
            yield _Record(
                draw, at, user=person, src=draw.choice(strangers), code=code, app="Microsoft Azure CLI", agent="python"
            )
        elif kind < 0.015:
            phone = draw.choice(stale)
            yield _Record(
                draw, at, user=phone, src=_address(70, people.index(phone)), code=50126, agent="safari_iphone"
            )
        elif kind < 0.045:
            yield _Record(draw, at, user=person, src=src, code=draw.choice((50074, 50076)), **facts)
        elif kind < 0.065:
            yield _Record(draw, at, user=person, src=src, code=draw.choice((50126, 50126, 50126, 50055)), **facts)
        elif kind < 0.068:
            wrong = draw.randrange(1, 7)
            yield _Record(draw, at, user=person[:wrong] + person[wrong + 1 :], src=src, code=50034, **facts)
        else:
            silent = draw.random() < 0.85
            yield _Record(draw, at, user=person, src=src, kind="non_interactive" if silent else "interactive", **facts)


def _address(first: int, number: int) -> str:
    return f"{first}.{number // 65536}.{number // 256 % 256}.{number % 256}"


def show(result: dict[str, Any], console: Console) -> None:
    table = Table(title=f"{result['events']:,} sign-ins of {result['people']:,} people")
    for name in ("rule", "CPU s", "rows", "of them people", "remembered a day", "rows at 2,000,000", "findings"):
        table.add_column(name, justify="right" if name != "rule" else "left")
    for found in result["rules"]:
        rule = found["rule"].removeprefix("Mail Threats - ").removesuffix(" - Rule")
        numbers = (found[name] for name in ("rows", "people_rows", "remembered", "whole_tenant", "findings"))
        table.add_row(rule, str(found["cpu_s"]), *(f"{number:,}" for number in numbers))
    console.print(table)
