"""`build.py replay`: the detections on somebody's own exported events."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from ..addons import add_foreign_sourcetypes
from ..allowlist_file import AllowlistFileError, read_allowlist
from ..findings_table import console, print_findings
from ..progress import say
from ..rules import LOOK_BACK_S, Watch, rules_of, watch
from ..splunk.stand_in import StandIn
from .event_files import EventFileError, FileEvent, Rejected, read_events, split_argument


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done (also with findings or rejected lines), 1 a file could not be read or a search failed, 2
    usage.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        allowlist = read_allowlist(options.allowlist) if options.allowlist else []
        events, rejected = _read(options.events)
    except (EventFileError, AllowlistFileError) as error:
        print(error, file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory(prefix="mail-threats-replay-") as home:
        splunk = StandIn(Path(home), warm_commands=True)
        splunk.install(options.spl)
        add_foreign_sourcetypes(splunk)
        known = rules_of(splunk)
        if options.search != "all" and options.search not in known:
            parser.error(f"--search {options.search}: no such detection; there are {', '.join(sorted(known))}, or all")
        stems = sorted(known) if options.search == "all" else [options.search]
        splunk.start()
        try:
            indexed = _index(splunk, events)
            result = _watch(splunk, stems, allowlist, [event.time or 0.0 for event in events])
        finally:
            splunk.close()
    searches = result.searches()
    report: dict[str, Any] = {
        "indexed": indexed,
        "rejected": [line.as_json() for line in rejected],
        "findings": result.findings,
        "searches": searches,
    }
    _tell(report, result, options.json)
    return 1 if any(search["error"] for search in searches) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py replay", description="Runs the detections over exported events.")
    parser.add_argument("--spl", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument(
        "--events", action="append", required=True, metavar="FILE[:SOURCETYPE]", help="exported events; may be repeated"
    )
    parser.add_argument("--allowlist", type=Path, metavar="FILE.csv", help="known accounts, sources and programs")
    parser.add_argument("--search", default="all", metavar="STEM|all", help="the detection to run (all)")
    parser.add_argument("--json", metavar="FILE|-", help="write the result as JSON")
    return parser


def _read(arguments: list[str]) -> tuple[list[FileEvent], list[Rejected]]:
    """The events of all files in arrival order; one that says no time has that of the line before it."""
    events: list[FileEvent] = []
    rejected: list[Rejected] = []
    for argument in arguments:
        path, sourcetype = split_argument(argument)
        say(f"Reading {path}")
        time: float | None = None
        timeless: list[FileEvent] = []
        first = len(events)
        for event in read_events(path, sourcetype):
            if isinstance(event, Rejected):
                rejected.append(event)
            elif event.time is None and time is None:
                timeless.append(event)
            else:
                time = event.time if event.time is not None else time
                events.extend(early.at(time or 0.0, path) for early in timeless)
                timeless.clear()
                events.append(event.at(time or 0.0, path))
        events.extend(early.at(0.0, path) for early in timeless)
        if _newest_first(events[first:]):
            events[first:] = reversed(events[first:])
    return events, rejected


# The rules judge what arrives within 20 hours: 24 hours of look-back, less 4 at the far edge.
_LATEST_DELIVERY_S = 20 * 3600


def _newest_first(events: list[FileEvent]) -> bool:
    """Whether a file is sorted backwards, as Graph, Purview and Search-UnifiedAuditLog export: no order of arrival."""
    times = [event.time or 0.0 for event in events]
    return len(times) > 1 and times[0] > times[-1] and all(a >= b for a, b in zip(times, times[1:], strict=False))


def _index(splunk: StandIn, events: list[FileEvent]) -> dict[str, int]:
    """File order is arrival order: an event is indexed no earlier than everything before it in its file."""
    arrivals: dict[str | None, float] = {}
    counts: Counter[str] = Counter()
    for event in events:
        time = event.time or 0.0
        arrival = arrivals.get(event.source, 0.0)
        # Nothing is delivered that late: what lies further back stands in an export that is in no order.
        if arrival - time > _LATEST_DELIVERY_S:
            arrival = time
        else:
            arrival = arrivals[event.source] = max(arrival, time)
        splunk.index.add(
            event.raw,
            time=time,
            indextime=arrival,
            host=event.host or "replay",
            source=event.source or "replay",
            sourcetype=event.sourcetype,
            index="main",
            whole=True,
        )
        counts[event.sourcetype] += 1
    return dict(sorted(counts.items()))


def _watch(splunk: StandIn, stems: list[str], allowlist: list[dict[str, str]], times: list[float]) -> Watch:
    real = [time for time in times if time > 0]
    if not real:
        return Watch([], [])
    start, end = min(real) // 60 * 60, max(real) + LOOK_BACK_S
    say(f"Running {len(stems)} rules over {(end - start) / 86400:.1f} days")
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("searches", total=None)
        return watch(
            splunk,
            stems=stems,
            allowlist=allowlist,
            start=start,
            end=end,
            on_progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _tell(report: dict[str, Any], result: Watch, json_target: str | None) -> None:
    for line in report["rejected"]:
        say(f"rejected {line['file']}:{line['line']}: {line['reason']}")
    for warning in result.warnings():
        say(f"warning: {warning}")
    for search in report["searches"]:
        if search["error"]:
            say(f"failed: {search['rule']}: {search['error']}")
    text = json.dumps(report, ensure_ascii=False, indent=1)
    if json_target == "-":
        print(text)
    elif json_target:
        Path(json_target).write_text(text + "\n", encoding="utf-8")
    print_findings(report["findings"], console(stderr=json_target == "-"))


if __name__ == "__main__":
    sys.exit(main())
