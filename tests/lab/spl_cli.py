"""`build.py spl`: runs SPL on the stand-in, in the context of the built app."""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from .progress import progress
from .replay.event_files import EventFileError, Rejected, read_events, split_argument
from .splunk.conf.files import ConfError
from .splunk.spl import values
from .splunk.spl.errors import SplError
from .splunk.spl.registry import all_commands
from .splunk.spl.search import SearchResult
from .splunk.stand_in import StandIn

APP = "m365_mail_threats"
# Holds what a case brings along: its lookups and conf files, visible from every app.
CASE_APP = "spl_case"
# Folders of an app that searches and administrators write to.
_WRITTEN = {"local", "lookups", "metadata"}


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 done, 1 the search or a file was refused, 2 the command line was."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.search is None) == (options.batch is None):
        parser.error("give either a search or --batch CASES.json")
    if options.batch and options.events:
        parser.error("--batch cases bring their own events")
    try:
        return _batch(options.spl, options.batch) if options.batch else _one(options)
    except (EventFileError, ConfError, LookupError, OSError, ValueError, SplError) as error:
        print(error, file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py spl", description="Runs SPL in the context of the built app.")
    parser.add_argument("--spl", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("search", nargs="?", metavar="SPL", help="the search, as typed into Splunk's search bar")
    parser.add_argument("--events", action="append", default=[], metavar="FILE[:SOURCETYPE]", help="index these first")
    parser.add_argument("--json", action="store_true", help="one JSON object a row instead of a table")
    parser.add_argument(
        "--batch", type=Path, metavar="CASES.json", help="run the cases of a file, one JSON line a case"
    )
    return parser


def _one(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="mail-threats-spl-") as home:
        splunk = StandIn(Path(home))
        splunk.install(options.spl)
        splunk.start()
        try:
            for argument in options.events:
                index_file(splunk, argument)
            result = splunk.search(options.search, earliest="", latest="", app=APP)
        finally:
            splunk.close()
    for message in result.messages:
        print(f"{message.level}: {message.text}", file=sys.stderr)
    if options.json:
        for row in result.rows:
            print(json.dumps(plain_row(row), ensure_ascii=False))
    else:
        _print_table(result)
    return 1 if any(message.level == "ERROR" for message in result.messages) else 0


def index_file(splunk: StandIn, argument: str) -> None:
    """Indexes a `FILE[:SOURCETYPE]`; what cannot be parsed is named on stderr."""
    path, sourcetype = split_argument(argument)
    time = 0.0
    for event in read_events(path, sourcetype):
        if isinstance(event, Rejected):
            print(f"{event.file}:{event.line}: {event.reason}", file=sys.stderr)
            continue
        time = event.time if event.time is not None else time
        splunk.index.add(
            event.raw,
            time=time,
            sourcetype=event.sourcetype,
            source=str(path),
            host=event.host or "spl",
            index="main",
            whole=True,
        )


def plain_row(row: values.Row) -> dict[str, Any]:
    """A row with its values as Splunk shows them: text, or a list of texts for a multivalue field."""
    return {
        name: [values.text(item) for item in value] if isinstance(value, list) else values.text(value)
        for name, value in row.items()
    }


def _print_table(result: SearchResult) -> None:
    table = Table(*result.fields)
    for row in result.rows:
        shown = plain_row(row)
        cells = [shown.get(name, "") for name in result.fields]
        table.add_row(*("\n".join(cell) if isinstance(cell, list) else cell for cell in cells))
    Console().print(table)
    print(f"{len(result.rows)} rows", file=sys.stderr)


def _batch(package: Path, cases_file: Path) -> int:
    cases = json.loads(cases_file.read_text(encoding="utf-8"))["cases"]
    with tempfile.TemporaryDirectory(prefix="mail-threats-spl-") as scratch:
        template = Path(scratch) / "template"
        splunk = StandIn(template)
        splunk.install(package)
        splunk.close()
        for case in progress(cases, "cases"):
            home = Path(scratch) / "case"
            _copy_home(template, home)
            print(json.dumps(_answer(case, home), ensure_ascii=False), flush=True)
            shutil.rmtree(home)
    return 0


def _copy_home(template: Path, home: Path) -> None:
    """A Splunk home like another; what no search writes to are links, which is nearly all of it."""
    app = template / "etc" / "apps" / APP
    linked = {entry.name for entry in app.iterdir() if entry.is_dir()} - _WRITTEN
    shutil.copytree(template, home, ignore=lambda folder, _: linked if Path(folder) == app else set())
    for name in linked:
        (home / "etc" / "apps" / APP / name).symlink_to(app / name, target_is_directory=True)


def _answer(case: dict[str, Any], home: Path) -> dict[str, Any]:
    try:
        rows = run_case(case, home)
    except (SplError, ConfError, LookupError, ValueError) as error:
        return {"id": case["id"], "error": str(error)}
    return {"id": case["id"], "rows": rows}


def run_case(case: dict[str, Any], home: Path) -> list[dict[str, Any]]:
    """The rows of one case, run in a Splunk home of its own that has the app installed.

    Raises: SplError for what the engine refuses and for a search that Splunk would end with an error.
    """
    _write_case_app(case, home)
    splunk = StandIn(home)
    if "| scoreenum" in case["query"] or "| allowlist" in case["query"]:
        splunk.start()
    try:
        result = _search(splunk, case, case["query"])
        if case.get("then"):
            result = splunk.search(_typed(case["then"]), earliest="", latest="", app=APP)
    finally:
        splunk.close()
    failed = next((message for message in result.messages if message.level == "ERROR"), None)
    if failed is not None:
        raise ValueError(failed.text)
    return [plain_row(row) for row in result.rows]


def _search(splunk: StandIn, case: dict[str, Any], query: str) -> SearchResult:
    events = case.get("events")
    zone = ZoneInfo(case.get("tz") or "UTC")
    if case.get("indexed"):
        for event in events or []:
            fields = {name: event[name] for name in ("host", "source", "sourcetype") if name in event}
            time = float(event["_time"]) if "_time" in event else splunk.now()
            splunk.index.add(event["_raw"], time=time, index=event.get("index", "main"), **fields)
        events = None
    if events is None:
        return splunk.search(_typed(query), earliest="", latest="", app=APP, tz=zone)
    return splunk.search(query, earliest="", latest="", app=APP, tz=zone, rows=[_row(event) for event in events])


def _row(event: dict[str, Any]) -> values.Row:
    row: values.Row = {}
    for name, value in event.items():
        values.put(row, name, values.from_list(list(value)) if isinstance(value, list) else value)
    return row


def _typed(query: str) -> str:
    """As typed into the search bar: any command but `search` has its pipe in front."""
    first = query.split(None, 1)[0]
    return f"| {query}" if first != "search" and first in all_commands() else query


def _write_case_app(case: dict[str, Any], home: Path) -> None:
    app = home / "etc" / "apps" / CASE_APP
    (app / "default").mkdir(parents=True)
    (app / "metadata").mkdir()
    (app / "metadata" / "default.meta").write_text("[]\nexport = system\n", encoding="utf-8")
    files = {
        name if name.endswith(".conf") else f"{name}.conf": text
        for name, text in (case.get("conf_files") or {}).items()
    }
    transforms = files.get("transforms.conf", "")
    for name, rows in (case.get("lookups") or {}).items():
        stem = name.removesuffix(".csv")
        if f"[{stem}]" not in transforms and stem == name:
            transforms += f"\n[{stem}]\nfilename = {stem}.csv\n"
        _write_csv(app / "lookups" / f"{stem}.csv", rows)
    if transforms:
        files["transforms.conf"] = transforms
    for name, text in files.items():
        (app / "default" / name).write_text(text + "\n", encoding="utf-8")


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(exist_ok=True)
    names = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    sys.exit(main())
