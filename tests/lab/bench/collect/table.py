"""The result as tables, with the ratios that were promised and whether they are met."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

SEQUENTIAL = ("sequential", "sdk")
PEERS = (*SEQUENTIAL, "50 threads")
FLOORS = ("floor", "bare floor")


def show(result: Mapping[str, Any], console: Console) -> None:
    """All figures, then one line for each target."""
    table = Table(title=f"Python {result['python']}, at most {result['connections']} connections; medians")
    table.add_column("blobs")
    table.add_column("contestant")
    for name in ("events/s", "input is", "CPU us/event", "peak MB", "first event s", "wall s", "tenant busy"):
        table.add_column(name, justify="right")
    for cell in result["cells"]:
        ours = cell["contestants"].get("input", {}).get("events_per_s")
        for number, (who, found) in enumerate(cell["contestants"].items()):
            ratio = f"x {ours / found['events_per_s']:.2f}" if ours and who != "input" else ""
            first = {0: cell["cell"], 1: f"load {cell['load']}"}.get(number, "")
            table.add_row(
                first, who, f"{found['events_per_s']:,}", ratio,
                f"{found['cpu_us_per_event']:.1f}", f"{found['peak_mb']:.0f}", f"{found['first_event_s']:.2f}",
                f"{found['wall_s']:.2f}", f"{found['tenant_busy']:.0%}",
            )  # fmt: skip
        table.add_section()
    if result["cells"]:
        console.print(table)
    if "writers" in result:
        found = result["writers"]
        console.print(
            f"XML writer: {found['ours_us']:.2f} us/event; splunklib's EventWriter {found['splunklib_us']:.2f} us/event"
        )
    console.print("To reach:")
    for line in targets(result):
        console.print(line)


def targets(result: Mapping[str, Any]) -> list[str]:
    """What was promised, what was measured, met or not."""
    lines = []
    for cell in result["cells"]:
        found = cell["contestants"]
        if "input" not in found:
            continue
        ours = found["input"]["events_per_s"]
        for floor in FLOORS:
            if floor in found:
                share = ours / found[floor]["events_per_s"]
                lines.append(_line(f"{cell['cell']}: of the {floor}'s throughput", share, 0.6, "{:.0%}"))
        peers = [found[who]["events_per_s"] for who in PEERS if who in found]
        one_by_one = [found[who]["events_per_s"] for who in SEQUENTIAL if who in found]
        if peers and cell["delay_ms"] == 0:
            lines.append(_line(f"{cell['cell']}: times the fastest peer", ours / max(peers), 1.5, "{:.1f}"))
        if one_by_one and cell["delay_ms"] == 40:
            what = f"{cell['cell']}: times the fastest sequential peer"
            lines.append(_line(what, ours / max(one_by_one), 12.0, "{:.1f}"))
        most = 400.0 if "200 MB" in cell["cell"] else 150.0
        lines.append(_line(f"{cell['cell']}: peak MB", found["input"]["peak_mb"], -most, "{:.0f}"))
        if cell["delay_ms"] == 0:
            lines.append(
                _line(f"{cell['cell']}: s to the first event", found["input"]["first_event_s"], -1.0, "{:.2f}")
            )
    if "writers" in result:
        ratio = result["writers"]["splunklib_us"] / result["writers"]["ours_us"]
        lines.append(_line("XML writer: times splunklib's EventWriter", ratio, 8.0, "{:.1f}"))
    return lines


def _line(what: str, value: float, target: float, shown: str) -> str:
    """A negative target is a most, a positive one a least."""
    met = value <= -target if target < 0 else value >= target
    bound = f"at most {shown.format(-target)}" if target < 0 else f"at least {shown.format(target)}"
    return f"{'met    ' if met else 'NOT MET'}  {what}: {shown.format(value)} ({bound})"
