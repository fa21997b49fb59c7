"""Findings as a table that a person reads."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_COLOURS = {"critical": "bold red", "high": "red", "medium": "yellow", "low": "cyan", "info": "dim"}
# Wide enough for the reasons when the output goes into a file, where rich would assume 80 columns.
_FILE_WIDTH = 180
Finding = Mapping[str, Any]


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal, or wide enough for the tables where there is none."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() else _FILE_WIDTH)


def print_findings(findings: Iterable[Finding], target: Console) -> None:
    """New findings, then what the allowlist held back; times in UTC."""
    rows = list(findings)
    raised = [finding for finding in rows if finding["status"] == "new"]
    allowed = [finding for finding in rows if finding["status"] == "allowed"]
    target.print(f"\n[bold]{len(raised)} finding{'' if len(raised) == 1 else 's'}[/bold]")
    if raised:
        target.print(_table(raised, "why", _why))
    if allowed:
        target.print(f"\n[bold]{len(allowed)} held back by the allowlist[/bold] (recorded, not raised)")
        target.print(_table(allowed, "allowlist entry", _entry))


def _table(findings: list[Finding], last: str, explain: Callable[[Finding], str]) -> Table:
    table = Table(pad_edge=False, show_lines=True, expand=True)
    table.add_column("time (UTC)", no_wrap=True)
    table.add_column("rule", overflow="fold", max_width=18)
    table.add_column("technique", no_wrap=True)
    table.add_column("entity", overflow="fold", max_width=38)
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("verdict", overflow="fold", max_width=20)
    table.add_column(last, overflow="fold", ratio=1)
    for finding in findings:
        colour = _COLOURS.get(str(finding["severity"]), "default")
        verdict = finding["fields"].get("verdict")
        table.add_row(
            datetime.fromtimestamp(finding["time"], UTC).strftime("%m-%d %H:%M"),
            str(finding["rule"]).removeprefix("Mail Threats - ").removesuffix(" - Rule"),
            finding["technique"],
            escape(finding["entity"]),
            str(finding["score"]),
            f"[{colour}]{finding['severity']}[/{colour}]" + (f"\n{escape(str(verdict))}" if verdict else ""),
            escape(explain(finding)),
        )
    return table


def _why(finding: Finding) -> str:
    fields = finding["fields"]
    lines = [str(finding["title"]), *(f"  {reason}" for reason in _listed(fields.get("score_reasons")))]
    refused = fields.get("allow_reason")
    if refused and fields.get("allow_status") == "not_held":
        lines.append(f"  allowlist entry {fields.get('allow_entry')} did not hold: {refused}")
    return "\n".join(lines)


def _entry(finding: Finding) -> str:
    fields = finding["fields"]
    return f"{finding['title']}\n  {fields.get('allow_entry')}: {fields.get('allow_reason')}"


def _listed(value: Any) -> list[str]:
    if value in (None, ""):
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]
