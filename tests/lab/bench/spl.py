"""`build.py bench spl`: the stand-in's engine over indexed events, `search | stats dc BY | where`; how memory grows.

100,000 sign-ins have to be through in five seconds of processor time (the engine is one thread), and memory may grow no
faster than the events do. A million (`--events 100000 1000000`) takes minutes, most of them for indexing.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from lab.splunk.stand_in import StandIn

WORDS = "processor seconds and memory of a search over indexed events on the stand-in"
_NOW = 1_772_532_000
_SEARCH = (
    "search index=main sourcetype=bench errorCode | stats dc(userPrincipalName) AS names count BY ipAddress "
    "| where names>10"
)
_SECONDS = 5.0
_GROWTH = 1.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=3, help="the best of so many runs (3)")
    parser.add_argument("--seed", type=int, default=7)


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """{"sizes": [{"events", "seconds", "peak_mib", "rows"}, ...]}.

    peak_mib is what the search itself allocates above the index. Raises AssertionError where a demand is not met.
    """
    sizes = [_size(count, options) for count in ([2_000, 8_000] if options.quick else sorted(options.events))]
    if sizes[-1]["rows"] == 0:
        raise AssertionError("the search found nothing: this measures nothing")
    for size in [] if options.quick else sizes:
        if size["seconds"] > max(1.0, _SECONDS * size["events"] / 100_000):
            raise AssertionError(
                f"{size['events']} events took {size['seconds']} s; {_SECONDS} s are asked for 100,000"
            )
    for few, many in [] if options.quick else pairwise(sizes):
        if many["peak_mib"] > many["events"] / few["events"] * _GROWTH * max(few["peak_mib"], 1.0):
            raise AssertionError(
                f"memory grew from {few['peak_mib']} to {many['peak_mib']} MiB "
                f"over {many['events'] / few['events']:g} times the events"
            )
    return {"search": _SEARCH, "seed": options.seed, "sizes": sizes}


def _size(count: int, options: argparse.Namespace) -> dict[str, Any]:
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        splunk = StandIn(Path(folder) / "splunk", now=lambda: _NOW)
        splunk.set_local("props", "bench", {"SHOULD_LINEMERGE": "0", "TRUNCATE": "0", "KV_MODE": "json"})
        for number in range(count):
            record = {
                "id": str(number),
                "userPrincipalName": f"person{draw.randrange(5_000)}@contoso.com",
                "ipAddress": f"2001:db8::{draw.randrange(2_000):x}",
                "status": {"errorCode": draw.choice((0, 50034, 50126))},
            }
            splunk.index.add(json.dumps(record), time=_NOW - number, sourcetype="bench", whole=True)
        # The first search keeps what it extracted of up to 50,000 events: that is its memory too.
        tracemalloc.start()
        splunk.search(_SEARCH, earliest="", latest="", now=_NOW)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        took, rows = _best(splunk, options.rounds)
        splunk.close()
    return {"events": count, "seconds": round(took, 2), "peak_mib": round(peak / 2**20, 1), "rows": rows}


def _best(splunk: StandIn, rounds: int) -> tuple[float, int]:
    times, rows = [], 0
    for _ in range(rounds):
        start = time.process_time()
        rows = len(splunk.search(_SEARCH, earliest="", latest="", now=_NOW).rows)
        times.append(time.process_time() - start)
    return min(times), rows


def show(result: dict[str, Any], console: Console) -> None:
    table = Table("events", "CPU s", "events a second", "peak MiB", "rows", title=result["search"])
    for size in result["sizes"]:
        speed = f"{size['events'] / max(size['seconds'], 0.001):,.0f}"
        table.add_row(f"{size['events']:,}", str(size["seconds"]), speed, str(size["peak_mib"]), str(size["rows"]))
    console.print(table)
