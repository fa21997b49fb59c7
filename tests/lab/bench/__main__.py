"""Runs one benchmark, prints its table, and writes it as JSON with the machine, the date and the command."""

from __future__ import annotations

import argparse
import importlib
import json
import os
import platform
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from lab.bench import BENCHES

_WIDE = 150


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 measured, 1 a contestant failed or gave something wrong, 2 usage."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    options = _parser().parse_args(given)
    bench = importlib.import_module(BENCHES[options.bench])
    about = {
        "bench": options.bench,
        "command": " ".join(["python3 build.py bench", options.bench, *given[given.index(options.bench) + 1 :]]),
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "machine": _machine(),
        "quick": options.quick,
    }
    try:
        result = bench.measure(options)
    except (AssertionError, OSError, RuntimeError) as error:
        print(f"bench {options.bench}: {error}", file=sys.stderr)
        return 1
    if options.json != "-":
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(highlight=False, width=_WIDE)
        console.print(f"{about['command']}   {about['date']}   {about['machine']}")
        bench.show(result, console)
    if options.json:
        text = json.dumps({**about, **result}, indent=1) + "\n"
        if options.json == "-":
            sys.stdout.write(text)
        else:
            Path(options.json).write_text(text, encoding="utf-8")
    if result.get("not_met"):
        print(f"bench {options.bench}: {result['not_met']}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py bench", description="Measures the app.")
    parser.add_argument("--spl", type=Path, required=True, help=argparse.SUPPRESS)
    benches = parser.add_subparsers(dest="bench", required=True, metavar="BENCH")
    for name, module in BENCHES.items():
        bench: Any = importlib.import_module(module)
        added = benches.add_parser(name, help=bench.WORDS, description=bench.WORDS, allow_abbrev=False)
        added.add_argument("--quick", action="store_true", help="a first impression in about a minute")
        added.add_argument("--json", metavar="FILE", help="write the result to FILE as JSON; - for stdout")
        bench.add_arguments(added)
    return parser


def _machine() -> str:
    """Processor, cores and system; what else runs on the machine shows in the load average."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        model = names[0] if names else model
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, load {load:.1f}"


if __name__ == "__main__":
    sys.exit(main())
