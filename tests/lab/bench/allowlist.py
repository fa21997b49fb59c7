"""`build.py bench allowlist`: rows against many entries, held against the same rows without any.

Entries travel as rows, as in every rule. What is compared is the processor time of the command's own process: the
stand-in, which hands it the rows, costs the same in both. At least half the speed is asked for.
"""

from __future__ import annotations

import argparse
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from lab.rules import APP
from lab.splunk.interpreters import Interpreters
from lab.splunk.stand_in import StandIn

WORDS = "rows a second of the allowlist command against many entries, and against none"
_NOW = 1_772_532_000
_SEARCH = "allowlist detection=some_detection technique=T1589.002 entries=rows"
_FLOOR = 0.5
Rows = list[dict[str, Any]]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--entries", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many counts (3)")
    parser.add_argument("--seed", type=int, default=7)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """{"pythons": {version: {"none": {...}, "entries": {...}, "ratio": ...}}, ...}: the ratio is that of the speeds."""
    draw = random.Random(options.seed)
    rows = list(_rows(draw, 10_000 if options.quick else options.rows, options.entries))
    entries = list(_entries(options.entries))
    given = Interpreters.of_lab()
    pythons = dict(given.versions) or {"default": given.default}
    result: dict[str, Any] = {"rows": len(rows), "entries": len(entries), "seed": options.seed, "pythons": {}}
    for version, python in pythons.items():
        with tempfile.TemporaryDirectory() as folder:
            splunk = StandIn(Path(folder) / "splunk", interpreters=Interpreters(python, {version: python}))
            splunk.install(options.spl)
            bare = _best(splunk, rows, options.rounds)
            full = _best(splunk, [*rows, *entries], options.rounds)
            splunk.close()
        ratio = bare["cpu_s"] / full["cpu_s"]
        result["pythons"][version] = {"none": bare, "entries": full, "ratio": round(ratio, 2)}
        if full["allowed"] == 0:
            raise AssertionError("no entry covered any row: this measures nothing")
        if ratio < _FLOOR and not options.quick:
            raise AssertionError(f"Python {version}: {ratio:.2f} of the speed without entries; {_FLOOR} is asked for")
    return result


def show(result: dict[str, Any], console: Console) -> None:
    table = Table(title=f"{result['rows']:,} rows, {result['entries']:,} entries")
    for name in ("Python", "entries", "CPU s", "rows/s", "wall s", "allowed", "not held", "of the speed"):
        table.add_column(name, justify="right")
    for version, found in result["pythons"].items():
        for name in ("none", "entries"):
            one = found[name]
            speed = f"{result['rows'] / one['cpu_s']:,.0f}"
            share = f"{found['ratio']:.2f}" if name == "entries" else "1.00"
            counts = (str(one["allowed"]), str(one["not_held"]))
            table.add_row(version, name, f"{one['cpu_s']:.2f}", speed, f"{one['wall_s']:.2f}", *counts, share)
    console.print(table)


def _best(splunk: StandIn, rows: Rows, rounds: int) -> dict[str, Any]:
    """Processor and wall seconds of the fastest of several searches."""
    runs = []
    for _ in range(rounds):
        before, began = _children(), time.perf_counter()
        found = splunk.search(_SEARCH, rows=[dict(row) for row in rows], now=_NOW, app=APP).rows
        statuses = [row["allow_status"] for row in found]
        runs.append(
            {
                "cpu_s": round(_children() - before, 3),
                "wall_s": round(time.perf_counter() - began, 3),
                "allowed": statuses.count("allowed"),
                "not_held": statuses.count("not_held"),
            }
        )
    return min(runs, key=lambda run: run["cpu_s"])


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _entries(count: int) -> Iterator[dict[str, str]]:
    """All kinds of conditions, in the shares of a company that writes down every service account."""
    kinds = (
        lambda n: {"account": f"svc-{n:05}@contoso.com"},
        lambda n: {"account": f"svc-{n:05}@contoso.com"},
        lambda n: {"account": f"job-{n:05}-*@contoso.com"},
        lambda n: {"account": f"*-bot{n:05}@*.contoso.com"},
        lambda n: {"source": f"10.{n // 250 % 250}.{n % 250}.9"},
        lambda n: {"source": f"10.{n // 250 % 250}.{n % 250}.64/27"},
        lambda n: {"source": f"10.{n // 250 % 250}.{n % 250}.100-10.{n // 250 % 250}.{n % 250}.130"},
        lambda n: {"app_id": f"00000000-0000-4000-8000-{n:012}", "source": f"10.{n // 250 % 250}.{n % 250}.0/24"},
        lambda n: {"account": f"CONTOSO\\svc-{n:05}", "process_path": rf"C:\Program Files\Product {n}\*.exe"},
        lambda n: {"host": f"srv{n:05}", "process_path": rf"C:\Tools\{n}\run.exe", "hours": "00:00-23:59"},
    )
    for n in range(count):
        yield {
            "_key": f"e{n:05}", "class": "other", "entry_owner": "ann@contoso.com", "ticket": f"CHG-{n}",
            "reason": "bench", "valid_from": "2026-02-01T00:00:00Z", "valid_until": "2026-05-01T00:00:00Z",
            **kinds[n % len(kinds)](n),
        }  # fmt: skip


def _rows(draw: random.Random, count: int, entries: int) -> Iterator[dict[str, Any]]:
    """Findings, every one different; one in fifty meets an entry."""
    for number in range(count):
        n = draw.randrange(entries)
        meets = number % 50 == 0
        name = f"svc-{n:05}" if meets else f"user{number:06}"
        second = draw.randrange(3600)
        met = f"10.{n // 250 % 250}.{n % 250}.{draw.randrange(1, 255)}"
        other = f"172.{16 + number // 65536}.{number // 256 % 256}.{number % 256}"
        yield {
            "_time": str(_NOW - second), "first_seen": str(_NOW - second - 60), "last_seen": str(_NOW - second),
            "allow_row": "finding", "user": f"{name}@contoso.com",
            "src": met if meets else other,
            "app_id": f"00000000-0000-4000-8000-{n if meets else 10**9 + number:012}",
            "dest": f"srv{n:05}" if meets else f"ws{number:06}",
            "process_path": rf"C:\Tools\{n}\run.exe" if meets else rf"C:\Users\u{number}\run.exe",
            "score": "55", "title": "25 addresses tried", "cap_count": "25",
        }  # fmt: skip
