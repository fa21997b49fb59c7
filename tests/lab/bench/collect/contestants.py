"""Who is measured: the built input as splunkd runs it, what a user would take instead, and the floor."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lab.bench.collect.process import Run, run
from lab.bench.collect.tenant import CLIENT_ID, CLIENT_SECRET, CONTENT_TYPE, BenchTenant, View
from lab.splunk.interpreters import Interpreters
from lab.splunk.stand_in import StandIn

PEERS = Path(__file__).parents[1] / "peers"
_APP = "m365_mail_threats"
_KIND = "o365_management_activity"
_STATE = ("mail_threats_checkpoints", "mail_threats_claims")
_MARK = b"</event>"
_INPUT = "input"


@dataclass(frozen=True)
class Task:
    """What has to be fetched: a view of a tenant, and the time from which on it has content."""

    tenant: BenchTenant
    view: View
    start: float

    @property
    def expected_events(self) -> int:
        shape = self.tenant.blobs.shape
        return min(shape.events, self.view.blobs * shape.blob_events)

    @property
    def plain_bytes(self) -> int:
        return sum(size for _, size in self.tenant.blobs.sizes[: self.view.blobs])


Contestant = Callable[[Task], Run]


class BuiltInput:
    """The packaged app in a SPLUNK_HOME, run by one of Splunk's Pythons."""

    def __init__(self, home: Path, spl: Path, python: Path) -> None:
        self._splunk = StandIn(home, interpreters=Interpreters(python))
        self._splunk.install(spl)
        # As after its first start, when Python has written down what it compiled; so are the peers, by pip.
        app = self._splunk.home / "etc" / "apps" / _APP
        subprocess.run([str(python), "-m", "compileall", "-q", str(app)], check=True, stdout=subprocess.DEVNULL)
        self._python = python

    def close(self) -> None:
        self._splunk.close()

    def __call__(self, task: Task) -> Run:
        name = f"t{task.view.tenant_id[-3:]}_{task.tenant.blobs.path.stem}"
        settings = {
            "tenant_id": task.view.tenant_id,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "cloud": "custom",
            "custom_login_url": task.tenant.url,
            "custom_management_url": task.tenant.url,
            "custom_graph_url": task.tenant.url,
            "ca_certificate": task.tenant.ca_pem,
        }
        self._splunk.processes.add_account(_APP, f"{_APP}_account", name, settings, ["client_secret"])
        stanza = f"{_KIND}://{name}"
        start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(task.start))
        self._splunk.set_local(
            "inputs", stanza, {"account": name, "content_types": CONTENT_TYPE, "start_time": start}, _APP
        )
        shutil.rmtree(self._splunk.home / "var/lib/splunk/modinputs", ignore_errors=True)
        for collection in _STATE:
            self._splunk.kv(collection, _APP).delete()
        how = self._splunk.processes.inputs.start_of(stanza, python=self._python)
        measured = run(how.command, _MARK, how.definition, how.environment)
        # One of them tells how the run was.
        return _checked(_without_health(measured), task, _INPUT)


def _without_health(measured: Run) -> Run:
    return Run(**{**vars(measured), "events": measured.events - 1})


def peer(script: str, connections: int) -> Contestant:
    """A script of peers/; `connections` is what it is told to open at most."""
    python = os.environ["MAIL_THREATS_BENCH_PYTHON"]

    def measure(task: Task) -> Run:
        told = {
            "url": task.tenant.url,
            "ca_file": str(task.tenant.ca_file),
            "tenant_id": task.view.tenant_id,
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "content_type": CONTENT_TYPE,
            "start": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(task.start)),
            "end": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()),
            "connections": connections,
        }
        mark = b"]" if "floor" in script else b"\n"
        measured = run([python, str(PEERS / script), json.dumps(told)], mark)
        if "floor" in script:  # it does not know what an event is: its bytes must be all
            if measured.written != task.plain_bytes:
                raise RuntimeError(f"{script} wrote {measured.written} of {task.plain_bytes} bytes")
            return Run(**{**vars(measured), "events": task.expected_events})
        return _checked(measured, task, script)

    return measure


def _checked(measured: Run, task: Task, who: str) -> Run:
    if measured.events != task.expected_events:
        raise RuntimeError(f"{who} gave {measured.events} of {task.expected_events} events")
    return measured
