"""`build.py bench scoreenum`: the command's own time and memory against the number of rows, over the chunked protocol.

The rows of mode `burst` are those that the burst rule hands over: one for each minute, source, name and outcome. Two
million of them are a day of sign-ins of 20,000 people, one row each, as if no search had put any together. The other
modes get a source for each four rows, most of them somebody's home: a million rows are 250,000 sources. Ten times the
rows must take no more than fifteen times the time, and no number of them 300 MB.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import random
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from lab.splunk.chunked.protocol import FrameChannel
from lab.splunk.interpreters import Interpreters

WORDS = "time and memory of scoreenum against the number of rows"
_NOW = 1_772_532_000
_CHUNK = 50_000
_FIELDS = (
    "_time", "src", "user", "outcome", "attempts", "first_seen", "last_seen", "app", "app_id", "user_agent",
    "error_code", "feed", "record_id",
)  # fmt: skip
_MOST_MB, _MOST_GROWTH = 300, 15
# The most rows of each: two million are measured of what the burst rule might hand over.
_MODES = {"burst": 2_000_000, "sources": 1_000_000, "days": 1_000_000}
_PATIENCE_S = 900.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000, 2_000_000])
    parser.add_argument("--modes", nargs="+", choices=_MODES, default=list(_MODES))
    parser.add_argument("--seed", type=int, default=7)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """{"pythons": {version: [{"mode", "rows", "cpu_s", "wall_s", "peak_mb", "findings"}, ...]}}."""
    sizes = [10_000, 100_000] if options.quick else options.rows
    given = Interpreters.of_lab()
    result: dict[str, Any] = {"seed": options.seed, "pythons": {}}
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(options.spl) as package:
            package.extractall(folder, filter="data")
        script = next(Path(folder).glob("*/bin/scoreenum.py"))
        for version, python in (dict(given.versions) or {"default": given.default}).items():
            result["pythons"][version] = []
            for mode in options.modes:
                fitting = [size for size in sizes if size <= _MODES[mode]]
                runs = [_run(python, script, mode, size, options.seed) for size in fitting]
                result["pythons"][version] += runs
                _check(f"Python {version}, mode {mode}", runs)
    return result


def _check(what: str, runs: list[dict[str, Any]]) -> None:
    for before, after in zip(runs, runs[1:], strict=False):
        growth = after["cpu_s"] / before["cpu_s"] / (after["rows"] / before["rows"]) * 10
        if before["rows"] >= 100_000 and growth > _MOST_GROWTH:
            raise AssertionError(f"{what}: ten times the rows took {growth:.1f} times the time")
    if not runs[-1]["findings"]:
        raise AssertionError(f"{what}: nothing was found, so that this measures nothing")
    heaviest = max(run["peak_mb"] for run in runs)
    if heaviest >= _MOST_MB:
        raise AssertionError(f"{what}: {heaviest} MB were held; {_MOST_MB} are the limit")


def show(result: dict[str, Any], console: Console) -> None:
    table = Table(title="scoreenum")
    for name in ("Python", "mode", "rows", "CPU s", "rows/s", "wall s", "peak MB", "findings"):
        table.add_column(name, justify="right")
    for version, runs in result["pythons"].items():
        for run in runs:
            speed = f"{run['rows'] / run['cpu_s']:,.0f}"
            cells = (
                f"{run['cpu_s']:.2f}",
                speed,
                f"{run['wall_s']:.2f}",
                f"{run['peak_mb']:.0f}",
                str(run["findings"]),
            )
            table.add_row(version, run["mode"], f"{run['rows']:,}", *cells)
    console.print(table)


# Runs the command, and says on its last line of stderr what it used: a child of its own, so that the peak is its alone.
_STARTER = (
    "import resource, subprocess, sys\n"
    "code = subprocess.call(sys.argv[1:])\n"
    "used = resource.getrusage(resource.RUSAGE_CHILDREN)\n"
    "print(used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)\n"
    "sys.exit(code)\n"
)


def _run(python: Path, script: Path, mode: str, rows: int, seed: int) -> dict[str, Any]:
    began = time.perf_counter()
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", _STARTER, str(python), str(script)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, bufsize=0,
            env={**os.environ, "PYTHONPATH": ""},
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        channel = FrameChannel(process.stdin.fileno(), process.stdout.fileno(), patience=_PATIENCE_S)
        channel.exchange(_getinfo(mode))
        findings = 0
        for body, last in _chunks(mode, rows, seed):
            reply = channel.exchange({"action": "execute", "finished": last}, body)
            findings += max(0, len(list(csv.reader(io.StringIO(reply.body.decode())))) - 1)
        process.stdin.close()
        code = process.wait(_PATIENCE_S)
        process.stdout.close()
        errors.seek(0)
        said = errors.read().decode().strip().splitlines()
    if code:
        raise RuntimeError(f"scoreenum ended with {code}: {said[-3:]}")
    cpu, peak = said[-1].split()
    return {
        "mode": mode,
        "rows": rows,
        "cpu_s": round(float(cpu), 2),
        "wall_s": round(time.perf_counter() - began, 2),
        "peak_mb": round(int(peak) / (1024 * 1024 if sys.platform == "darwin" else 1024)),
        "findings": findings,
    }


def _getinfo(mode: str) -> dict[str, Any]:
    args = [f"mode={mode}"]
    info = dict.fromkeys(("search", "session_key", "splunkd_uri"), "")
    info |= {"sid": "1.1", "app": "search", "username": "admin", "owner": "admin", "command": "scoreenum"}
    info |= {"earliest_time": "0", "latest_time": "0", "splunk_version": "9.3.2", "dispatch_dir": tempfile.gettempdir()}
    return {"action": "getinfo", "preview": False, "searchinfo": {**info, "args": args, "raw_args": args}}


def _chunks(mode: str, rows: int, seed: int) -> Iterator[tuple[bytes, bool]]:
    draw = random.Random(seed)
    drawn = _rows(rows, draw) if mode == "burst" else _few_names(rows, draw, days=7 if mode == "days" else 1)
    for start in range(0, rows, _CHUNK):
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_FIELDS)
        for _ in range(min(_CHUNK, rows - start)):
            writer.writerow(next(drawn))
        yield text.getvalue().encode(), start + _CHUNK >= rows


def _rows(count: int, draw: random.Random) -> Iterator[tuple[Any, ...]]:
    """Offices of hundreds of people, lists of hundreds of names, and single failures: a source for each 200 rows."""
    sources = max(1, count // 200)
    agents = [f"Mozilla/5.0 (Windows NT 10.0) Chrome/{n}.0.0.0" for n in range(110, 132)]
    apps = [(f"Application {n}", f"00000000-0000-4000-8000-{n:012}") for n in range(30)]
    for number in range(count):
        source = draw.randrange(sources)
        at = _NOW - draw.randrange(86400)
        office = source % 3 == 0
        person = f"person{draw.randrange(400)}.{source % 500}@contoso.com"
        outcome = draw.choices(("success", "guess_real", "guess_not_real"), (80, 18, 2) if office else (0, 10, 90))[0]
        name, identifier = draw.choice(apps)
        yield (
            at // 60 * 60, f"198.{18 + source // 65536 % 2}.{source // 256 % 256}.{source % 256}", person, outcome, 1,
            at, at, name, identifier, draw.choice(agents), 50034, "graph",
            f"{number:032x}" if outcome == "guess_not_real" else "",
        )  # fmt: skip


def _few_names(count: int, draw: random.Random, days: int) -> Iterator[tuple[Any, ...]]:
    """A source for four rows: nine in ten are homes where somebody mistypes. The others try a list: all of them one
    in a day, or each its own for days, four names a day. The rules hand over no record ids.
    """
    sources = max(1, count // 4)
    for _ in range(count):
        source = draw.randrange(sources)
        if source % 10 == 0:
            source = source // 10 // days * days * 10
        at = _NOW - draw.randrange(86400 * days)
        address = f"{20 + source // 65536}.{source // 256 % 256}.{source % 256}.9"
        if source % 10:
            person, outcome = f"person{source}@contoso.com", draw.choices(("success", "guess_real"), (3, 1))[0]
            app, agent, code = draw.randrange(30), f"Mozilla/5.0 Chrome/{draw.randrange(110, 132)}.0.0.0", 50126
        else:
            person, outcome = f"listed{draw.randrange(count)}@contoso.com", "guess_not_real"
            app, agent, code = 7, "python-requests/2.32.3", 50034
        yield (
            at // 60 * 60, address, person, outcome, 1, at, at, f"Application {app}",
            f"00000000-0000-4000-8000-{app:012}", agent, code, "graph", "",
        )  # fmt: skip
