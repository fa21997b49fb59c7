"""Events a second and memory of the built input, against what a user would take instead.

All contestants fetch the same blobs from the same tenant on the same machine, in turns; a figure is the median of its
runs. Ratios are what counts: the machine and what else runs on it touch all contestants alike. `docs/performance.md`
says what was measured.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from lab.bench.collect.contestants import BuiltInput, Contestant, Task, peer
from lab.bench.collect.events import Blobs, Shape, Templates
from lab.bench.collect.process import Run
from lab.bench.collect.table import show
from lab.bench.collect.tenant import BenchTenant, View, view
from lab.bench.collect.writers import measure_writers
from lab.progress import say
from lab.splunk.interpreters import Interpreters

__all__ = ["WORDS", "add_arguments", "measure", "show"]

WORDS = "events a second and memory of the audit input, against other collectors and the floor"
INPUT, FLOOR, BARE_FLOOR, SEQUENTIAL, THREADS, SDK = "input", "floor", "bare floor", "sequential", "50 threads", "sdk"
CONNECTIONS = 32
"""Connections that the input opens at most, and the floors do."""

_BIG_BLOB_BYTES = 200_000_000
_DELAYS_MS = (0, 40, 150)
# (events a blob, events): so many that the input runs for some seconds, of which its start is a tenth or so.
_SHAPES = ((10, 40_000), (100, 200_000), (5000, 200_000))
# What the contestants that fetch one blob after the other are given to do, their start included.
_SLOW_S = 3.0


@dataclass(frozen=True)
class Cell:
    """One line of the table. `blobs`: blobs fetched by each contestant, {} for all; the slow ones get fewer, or they
    would wait for minutes without telling more."""

    name: str
    shape: Shape
    delay_ms: int
    who: tuple[str, ...]
    runs: int
    blobs: Mapping[str, int] = field(default_factory=dict)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cell", action="append", metavar="TEXT", help="only cells whose name holds TEXT")
    parser.add_argument("--runs", type=int, metavar="N", help="runs of each contestant in a cell")
    parser.add_argument("--python", metavar="VERSION", default="3.13", help="which of Splunk's Pythons (3.13)")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    templates = Templates()
    cells = [cell for cell in _cells(options.quick, templates) if _wanted(cell.name, options.cell)]
    python = Interpreters.of_lab().versions.get(options.python)
    if python is None:
        raise RuntimeError(f"Python {options.python} is not on PATH or in pyenv")
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="mail-threats-bench-")))
        os.chmod(folder, 0o755)
        built = BuiltInput(folder / "splunk", options.spl, python)
        opened.callback(built.close)
        contestants = _contestants(built)
        measured = []
        for shape in dict.fromkeys(cell.shape for cell in cells):
            of_shape = [cell for cell in cells if cell.shape == shape]
            measured += _measure_shape(shape, of_shape, contestants, templates, folder, options.runs)
        result: dict[str, Any] = {"python": options.python, "connections": CONNECTIONS, "cells": measured}
        if _wanted("xml writer", options.cell):
            say("XML writers")
            sample = list(templates.events(0, 2000 if options.quick else 10_000, time.time()))
            result["writers"] = measure_writers(options.spl, python, sample, folder)
    return result


def _wanted(name: str, texts: Iterable[str] | None) -> bool:
    return not texts or any(text in name for text in texts)


def _contestants(built: BuiltInput) -> dict[str, Contestant]:
    return {
        INPUT: built,
        FLOOR: peer("floor.py", CONNECTIONS),
        BARE_FLOOR: peer("bare_floor.py", CONNECTIONS),
        SEQUENTIAL: peer("sequential.py", 1),
        THREADS: peer("threads.py", 50),
        SDK: peer("sdk.py", 1),
    }


def _cells(quick: bool, templates: Templates) -> list[Cell]:
    everyone = (INPUT, FLOOR, BARE_FLOOR, SEQUENTIAL, THREADS, SDK)
    ours = (INPUT, FLOOR, BARE_FLOOR)
    if quick:
        hundred = Shape(40_000, 100)
        return [
            Cell("100 events, 0 ms", hundred, 0, (INPUT, FLOOR, BARE_FLOOR, SEQUENTIAL, THREADS), 1),
            Cell("100 events, 40 ms", hundred, 40, (INPUT, FLOOR, SEQUENTIAL, THREADS), 1, {SEQUENTIAL: 60}),
            Cell("5000 events, 0 ms", Shape(50_000, 5000), 0, (INPUT, FLOOR, SEQUENTIAL), 1),
        ]
    cells = []
    for blob_events, events in _SHAPES:
        shape = Shape(events, blob_events)
        for delay_ms in _DELAYS_MS:
            few = min(shape.blobs, max(2, int(_SLOW_S / (0.01 + delay_ms / 1000 + blob_events * 40e-6))))
            slow = {SEQUENTIAL: few, SDK: few, THREADS: min(shape.blobs, 600, max(10, 60_000 // blob_events))}
            cells.append(Cell(f"{blob_events} events, {delay_ms} ms", shape, delay_ms, everyone, 2, slow))
    cells.append(Cell("a million events", Shape(1_000_000, 100), 0, ours, 1))
    big = templates.events_of_size(_BIG_BLOB_BYTES)
    return [*cells, Cell("a blob of 200 MB", Shape(big, big), 0, ours, 1)]


def _measure_shape(
    shape: Shape, cells: list[Cell], contestants: Mapping[str, Contestant], templates: Templates, folder: Path,
    runs: int | None,
) -> list[dict[str, Any]]:  # fmt: skip
    at = time.time() - 30 * 3600.0
    say(f"Making {shape.blobs} blobs of {shape.blob_events} events")
    blobs = templates.blobs(shape, folder / f"b{shape.blob_events}_{shape.events}.bin", at)
    views: dict[tuple[int, int], View] = {}
    for cell in cells:
        for who in cell.who:
            key = (cell.delay_ms, cell.blobs.get(who, shape.blobs))
            views.setdefault(key, view(len(views), key[0] / 1000, key[1]))
    with BenchTenant(blobs, list(views.values()), at, folder) as tenant:
        measured = [_measure_cell(cell, tenant, views, contestants, at, runs or cell.runs) for cell in cells]
    blobs.path.unlink()
    return measured


def _measure_cell(
    cell: Cell, tenant: BenchTenant, views: Mapping[tuple[int, int], View], contestants: Mapping[str, Contestant],
    at: float, runs: int,
) -> dict[str, Any]:  # fmt: skip
    found: dict[str, list[tuple[Run, float]]] = {who: [] for who in cell.who}
    for number in range(runs):
        for who in cell.who if number % 2 == 0 else reversed(cell.who):
            task = Task(tenant, views[cell.delay_ms, cell.blobs.get(who, cell.shape.blobs)], at - 3600.0)
            say(f"{cell.name}: {who}, run {number + 1} of {runs}")
            before = tenant.cpu_s()
            ran = contestants[who](task)
            found[who].append((ran, tenant.cpu_s() - before))
    return {
        "cell": cell.name,
        "blob_events": cell.shape.blob_events,
        "delay_ms": cell.delay_ms,
        "load": round(os.getloadavg()[0], 1),
        "mean_event_bytes": round(_mean_event_bytes(tenant.blobs)),
        "contestants": {who: _figures(results) for who, results in found.items()},
    }


def _mean_event_bytes(blobs: Blobs) -> float:
    return blobs.plain_bytes / blobs.shape.events


def _figures(results: list[tuple[Run, float]]) -> dict[str, Any]:
    """Medians; `tenant_busy` is the share of the run in which the tenant's one thread was at work."""
    return {
        "runs": len(results),
        "events": results[0][0].events,
        "events_per_s": round(median(ran.events / ran.wall_s for ran, _ in results)),
        "all_events_per_s": [round(ran.events / ran.wall_s) for ran, _ in results],
        "cpu_us_per_event": round(median(1e6 * ran.cpu_s / ran.events for ran, _ in results), 2),
        "peak_mb": round(max(ran.peak_mb for ran, _ in results), 1),
        "first_event_s": round(median(ran.first_s for ran, _ in results), 3),
        "wall_s": round(median(ran.wall_s for ran, _ in results), 3),
        "tenant_busy": round(median(cpu_s / ran.wall_s for ran, cpu_s in results), 2),
    }
