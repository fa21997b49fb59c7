"""`build.py demo`: from nothing to findings, with the built app, a simulated tenant and the Splunk stand-in."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress, TaskID
from rich.table import Table

from .addons import add_foreign_sourcetypes
from .allowlist_file import collection_row
from .company import Company, Judgement, World, judge
from .findings_table import console as table_console
from .findings_table import print_findings
from .progress import say
from .rules import APP, LOOK_BACK_S, Watch, rules_of, watch
from .splunk.inputs.host import InputRun
from .splunk.stand_in import StandIn
from .tenant import Record, Tenant

ACCOUNT = "contoso"
INPUTS = {
    "o365_management_activity://contoso": {
        "account": ACCOUNT,
        "content_types": "Audit.AzureActiveDirectory,Audit.Exchange,Audit.SharePoint,Audit.General",
        "interval": "300",
        "index": "main",
    },
    "entra_sign_ins://contoso": {
        "account": ACCOUNT,
        "sign_in_kinds": "interactive,non_interactive,service_principal,directory_audits",
        "interval": "300",
        "index": "main",
    },
}
SOURCETYPES = (
    "o365:management:activity",
    "azure:aad:signin",
    "azure:aad:audit",
    "XmlWinEventLog",
    "mail_threats:health",
)
# The tenant's clock runs this far ahead of the two days, so that what happened at their end has become visible.
CATCH_UP_S = 3 * 3600
# An input whose health event does not say that it has caught up after this many runs has a problem.
MOST_RUNS = 5


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0 nothing missed and nothing false, 1 otherwise or when a part failed, 2 usage."""
    options = _parser().parse_args(arguments)
    now = time.time() // 60 * 60
    say("Simulating 48 hours of a company of 300 people")
    world = Company(seed=options.seed, end=now - CATCH_UP_S).build()
    with tempfile.TemporaryDirectory(prefix="mail-threats-demo-") as home, _tenant(world) as tenant:
        splunk = StandIn(Path(home), warm_commands=True)
        try:
            say(f"Installing {options.spl.name} into the Splunk stand-in")
            splunk.install(options.spl)
            add_foreign_sourcetypes(splunk)
            splunk.start()
            _configure(splunk, tenant, world.start)
            runs = _collect(splunk)
            problems = [problem for run in runs for problem in _problems(run)]
            problems += _lost(tenant, splunk)
            forward(splunk, world)
            indexed = {kind: splunk.index.count("main", kind) for kind in SOURCETYPES}
            result = watch_two_days(splunk, world)
        finally:
            splunk.close()
    judgement = judge(world.truth, result.findings)
    problems += [f"{search['rule']}: {search['error']}" for search in result.searches() if search["error"]]
    _tell(runs, world, result, judgement, problems)
    if options.json:
        _write_json(options.json, indexed, result, judgement)
    return 0 if judgement.clean and not problems else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py demo", description="From nothing to findings in one command.")
    parser.add_argument("--spl", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write what was found as JSON, as `replay` does")
    parser.add_argument("--seed", type=int, default=1, help="another company, another two days (1)")
    return parser


def _tenant(world: World) -> Tenant:
    records = [
        Record(r.kind, r.content_type, r.sign_in_kind, r.time, r.visible_at, r.id, r.payload) for r in world.records
    ]
    # A company of this size gets a blob for each content type every quarter of an hour.
    return Tenant(records, seed=world.seed, blob_span_s=900.0, blob_events=1000, graph_limit=None)


def _configure(splunk: StandIn, tenant: Tenant, start: float) -> None:
    """As an admin on the configuration page: a cloud of one's own with its CA, the secret in storage/passwords."""
    say("Configuring the account and two inputs")
    splunk.processes.add_account(
        APP,
        "m365_mail_threats_account",
        ACCOUNT,
        {
            "tenant_id": tenant.tenant_id,
            "client_id": tenant.client_id,
            "client_secret": tenant.client_secret,
            "cloud": "custom",
            "custom_login_url": tenant.login_url,
            "custom_management_url": tenant.management_url,
            "custom_graph_url": tenant.graph_url,
            "ca_certificate": tenant.ca_pem,
        },
        encrypted=["client_secret"],
    )
    for stanza, settings in INPUTS.items():
        since = datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        splunk.set_local("inputs", stanza, {**settings, "start_time": since}, app=APP)


def _collect(splunk: StandIn) -> list[InputRun]:
    """Runs each input until its own health event says that it has caught up."""
    runs: list[InputRun] = []
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        for stanza in INPUTS:
            say(f"Collecting: {stanza}")
            task = bar.add_task(stanza, total=None)
            for _ in range(MOST_RUNS):
                run = splunk.run_input(stanza, on_event=partial(_show, bar, task))
                runs.append(run)
                if run.returncode or run.error or _caught_up(splunk, stanza):
                    break
    return runs


def _show(bar: Progress, task: TaskID, count: int) -> None:
    bar.update(task, completed=count)


def _caught_up(splunk: StandIn, stanza: str) -> bool:
    found = splunk.search(
        f'index=main sourcetype="mail_threats:health" | spath path=input output=input | search input="{stanza}" '
        "| spath path=caught_up output=caught_up | head 1 | table caught_up",
        earliest=0, latest="", app=APP,
    )  # fmt: skip
    return [row.get("caught_up") for row in found.rows] == ["true"]


def _problems(run: InputRun) -> list[str]:
    if run.returncode or run.error:
        return [f"{run.stanza} ended with {run.returncode}: {run.error or run.stderr.strip()[-500:]}"]
    return []


def _lost(tenant: Tenant, splunk: StandIn) -> list[str]:
    """What the tenant offered and the index does not hold, or holds twice."""
    problems: list[str] = []
    for kind, sourcetype, key, chosen in (
        ("audit", "o365:management:activity", "Id", ("o365_management_activity://contoso", "content_types")),
        ("sign_in", "azure:aad:signin", "id", ("entra_sign_ins://contoso", "sign_in_kinds")),
        ("directory_audit", "azure:aad:audit", "id", None),
    ):
        found = splunk.search(
            f'index=main sourcetype="{sourcetype}" | eval id=json_extract(_raw, "{key}") | stats count BY id',
            earliest=0, latest="", app=APP,
        )  # fmt: skip
        ids = [str(row["id"]) for row in found.rows for _ in range(int(str(row["count"])))]
        streams = INPUTS[chosen[0]][chosen[1]].split(",") if chosen else None
        verdict = tenant.ledger.judge(kind, ids, at=tenant.now, streams=streams)
        if not verdict.clean:
            problems.append(
                f"{sourcetype}: {len(verdict.missing)} of {verdict.expected} records missing, "
                f"{len(verdict.duplicate)} twice, {len(verdict.unknown)} unknown"
            )
    return problems


def forward(splunk: StandIn, world: World) -> None:
    """The endpoints' events come the way a forwarder brings them."""
    say(f"Indexing {len(world.endpoint_events)} Windows events of the company's machines")
    for event in world.endpoint_events:
        splunk.index.add(
            event.raw, time=event.time, indextime=event.visible_at, host=event.host, source=event.source,
            sourcetype=event.sourcetype, index="main", whole=True,
        )  # fmt: skip


def watch_two_days(splunk: StandIn, world: World) -> Watch:
    """Run every rule over the company's two days, all of which have arrived."""
    stems = sorted(rules_of(splunk))
    say(f"Running {len(stems)} rules over the two days")
    allowlist = [collection_row(row, row.get("ticket", "")) for row in world.allowlist_rows]
    with Progress(console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("searches", total=None)
        return watch(
            splunk,
            stems=stems,
            allowlist=allowlist,
            start=world.start,
            end=world.end + 3 * 3600,
            everything_arrived=True,
            settled=True,
            # Everything has arrived, so a run every half day sees each event with all that belongs to it.
            step=LOOK_BACK_S / 2,
            on_progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _tell(runs: Sequence[InputRun], world: World, result: Watch, judgement: Judgement, problems: Sequence[str]) -> None:
    console = table_console()
    table = Table("input", "runs", "events", "seconds", title="Collected", title_justify="left")
    for stanza in INPUTS:
        own = [run for run in runs if run.stanza == stanza]
        table.add_row(
            stanza, str(len(own)), str(sum(run.events_indexed for run in own)), f"{sum(run.seconds for run in own):.1f}"
        )
    table.add_row("Windows events, by forwarder", "", str(len(world.endpoint_events)), "")
    console.print(table)
    print_findings(result.findings, console)
    for warning in result.warnings():
        console.print(f"warning: {escape(warning)}")
    console.print(_truth_table(judgement))
    for finding in judgement.unexplained:
        console.print(f"[red]false alarm[/red]: {escape(finding['title'])} ({finding['severity']})")
    for problem in problems:
        console.print(f"[red]problem[/red]: {escape(problem)}")
    missed = sum(verdict.outcome == "missed" for verdict in judgement.verdicts)
    false = sum(verdict.outcome == "false_alarm" for verdict in judgement.verdicts) + len(judgement.unexplained)
    console.print(f"{len(judgement.verdicts)} truths: {missed} missed, {false} false alarms, {len(problems)} problems")


def _truth_table(judgement: Judgement) -> Table:
    table = Table("story", "what is true", "outcome", title="Ground truth", title_justify="left")
    colours = {"met": "green", "missed": "bold red", "false_alarm": "bold red"}
    grouped: dict[tuple[str, str, str], int] = {}
    for verdict in judgement.verdicts:
        truth = verdict.truth
        key = (truth.story, f"{truth.must.replace('_', ' ')}: {truth.why}", f"{verdict.outcome}|{verdict.because}")
        grouped[key] = grouped.get(key, 0) + 1
    for (story, what, outcome), count in sorted(grouped.items()):
        kind, because = outcome.split("|", 1)
        times = f" ({count} entities)" if count > 1 else ""
        table.add_row(story, escape(what) + times, f"[{colours[kind]}]{kind.replace('_', ' ')}[/] {escape(because)}")
    return table


def _write_json(path: Path, indexed: dict[str, int], result: Watch, judgement: Judgement) -> None:
    report: dict[str, Any] = {
        "indexed": indexed,
        "rejected": [],
        "findings": result.findings,
        "searches": result.searches(),
        "ground_truth": [
            {"id": v.truth.id, "must": v.truth.must, "outcome": v.outcome, "because": v.because}
            for v in judgement.verdicts
        ],
        "finished": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    path.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
