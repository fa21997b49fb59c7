"""A Splunk with the built app on it, and records for a tenant to serve."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from lab.splunk.index.events import StoredEvent
from lab.splunk.inputs.host import InputRun
from lab.splunk.interpreters import Interpreters
from lab.splunk.rest.system import SystemEndpoints
from lab.splunk.spl.environment import IndexScope
from lab.splunk.stand_in import StandIn
from lab.tenant import Record, Tenant

APP = "m365_mail_threats"
ACTIVITY = "o365_management_activity://contoso"
SIGN_INS = "entra_sign_ins://contoso"
AUDIT = "o365:management:activity"
SIGN_IN = "azure:aad:signin"
CHECKPOINTS, CLAIMS = "mail_threats_checkpoints", "mail_threats_claims"
DAY = 86400.0
CHOICES = {
    "o365_management_activity": {"content_types": "Audit.AzureActiveDirectory,Audit.Exchange"},
    "entra_sign_ins": {"sign_in_kinds": "interactive,non_interactive"},
}
# Sign-ins are asked for hour by hour, and Graph answers five requests in ten seconds: few tests need more than these.
AGES = {"o365_management_activity": 2 * DAY, "entra_sign_ins": 3000.0}


class Forwarder:
    """A Splunk with the app on it, and what its inputs delivered."""

    def __init__(self, home: Path, package: Path, python: Path) -> None:
        self.splunk = StandIn(home, interpreters=Interpreters(python))
        self.splunk.install(package)

    def close(self) -> None:
        self.splunk.close()

    def forget(self) -> None:
        """Back to a fresh install: no settings, secrets, checkpoints, logs or events, on a server of its own."""
        home = self.splunk.home
        for changed in (home / "etc/apps" / APP / "local", home / "var/lib/splunk/modinputs"):
            shutil.rmtree(changed, ignore_errors=True)
        for log in (home / "var/log/splunk").iterdir():
            log.unlink()
        self.splunk.reload()
        self.splunk.processes.passwords.clear()
        self.splunk.index.clear()
        for name in (CHECKPOINTS, CLAIMS):
            self.splunk.kv(name, APP).delete()
        self.system.kvstore_status, self.system.roles, self.system.guid = "ready", ["search_head"], "SERVER-1"

    @property
    def system(self) -> SystemEndpoints:
        """What splunkd says about itself."""
        return self.splunk.processes.port.system

    @property
    def kept(self) -> dict[str, dict[str, Any]]:
        """The checkpoints in the KV store, by input."""
        return {document["_key"]: document for document in self.splunk.kv(CHECKPOINTS, APP).documents()}

    # What an admin does

    def add_account(self, tenant: Tenant, name: str = "contoso", **changed: str) -> None:
        settings = {
            "tenant_id": tenant.tenant_id,
            "client_id": tenant.client_id,
            "client_secret": tenant.client_secret,
            "cloud": "custom",
            "custom_login_url": tenant.login_url,
            "custom_management_url": tenant.management_url,
            "custom_graph_url": tenant.graph_url,
            "ca_certificate": tenant.ca_pem,
        }
        secrets = ["client_secret", "private_key"]
        self.splunk.processes.add_account(APP, f"{APP}_account", name, {**settings, **changed}, secrets)

    def add_input(self, stanza: str, **settings: str) -> None:
        """An input that begins some time ago (AGES), unless told otherwise; what is empty is not in the stanza."""
        kind = stanza.partition("://")[0]
        start = {"start_time": iso(time.time() - AGES[kind])}
        whole = {"account": "contoso", **start, **CHOICES[kind], **settings}
        self.splunk.set_local("inputs", stanza, {name: value for name, value in whole.items() if value}, APP)

    def set_proxy(self, **settings: str) -> None:
        self.splunk.processes.add_account(APP, f"{APP}_settings", "proxy", settings, ["proxy_password"])

    # What splunkd does

    def run(self, stanza: str, **options: Any) -> InputRun:
        return self.splunk.run_input(stanza, timeout=120.0, **options)

    @contextmanager
    def started(self, stanza: str) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
        """A run that nobody reads and nobody waits for, and its output; killed at the end if it is still there."""
        start = self.splunk.processes.inputs.start_of(stanza)
        with subprocess.Popen(
            start.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=start.environment
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(start.definition)
            process.stdin.close()
            try:
                yield process, process.stdout
            finally:
                process.kill()

    def run_cleanly(self, stanza: str, **options: Any) -> InputRun:
        """A run that needs no admin and leaves nothing on stderr."""
        result = self.run(stanza, **options)
        assert (result.returncode, result.stderr, result.error) == (0, "", None), self.log()
        return result

    def validate(self, stanza: str, **changed: str) -> str | None:
        """What the input says to a stanza that an admin is about to save; None when it agrees."""
        kind = stanza.partition("://")[0]
        settings = {"account": "contoso", "interval": "300", **CHOICES[kind], **changed}
        return self.splunk.processes.inputs.validate(stanza, settings)

    # What a test looks at

    def events(self, sourcetype: str) -> list[StoredEvent]:
        """Everything indexed under a sourcetype, oldest first."""
        scope = IndexScope(float("-inf"), float("inf"), indexes=frozenset({"*"}), sourcetypes=frozenset({sourcetype}))
        found = self.splunk.index.read(scope, default_indexes=["main"], allowed=lambda name: True, visible_at=None)
        return list(reversed(list(found)))

    def ids(self, sourcetype: str) -> list[str]:
        """The vendor's ids of everything indexed under a sourcetype."""
        field = "Id" if sourcetype == AUDIT else "id"
        return [json.loads(event.raw)[field] for event in self.events(sourcetype)]

    def duplicates(self, sourcetype: str) -> list[str]:
        return [event_id for event_id, count in Counter(self.ids(sourcetype)).items() if count > 1]

    @property
    def health(self) -> list[dict[str, Any]]:
        return [json.loads(event.raw) for event in self.events("mail_threats:health")]

    def checkpoint_dir(self, stanza: str) -> Path:
        kind, _, name = stanza.partition("://")
        return self.splunk.home / "var/lib/splunk/modinputs" / kind / name

    def log(self) -> str:
        """All logs of the inputs."""
        logs = sorted((self.splunk.home / "var/log/splunk").glob(f"{APP}_*.log"))
        return "\n".join(path.read_text() for path in logs)


def iso(epoch: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(epoch))


def audit_records(count: int, *, content_type: str = "Audit.Exchange", start_age_s: float = DAY, seed: int = 0,
                  every_s: float = 30.0, padding: int = 0) -> list[Record]:  # fmt: skip
    """Mail records, the oldest `start_age_s` before now."""
    first = float(int(time.time() - start_age_s))
    records = []
    for number in range(count):
        at = first + number * every_s
        record_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"audit {seed} {content_type} {number}"))
        payload = {
            "CreationTime": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)),
            "Id": record_id,
            "Operation": "MailItemsAccessed",
            "UserId": f"user{number % 7}@contoso.com",
            "Workload": "Exchange",
            "ClientIP": "192.0.2.10",
            "Item": {"Subject": 'naïve <résumé> & "quotes" 日本'},
            "Padding": "x" * padding,
        }
        records.append(Record.audit(content_type, at, record_id, payload))
    return records


def age_within_an_hour(start_age_s: float, span_s: float) -> float:
    """How long ago `span_s` of records begin that lie within one hour of the clock: `start_age_s`, or so much earlier.

    An input cuts the last hours on full hours, so that records on both sides of one come in two queries, each with
    fewer pages.
    """
    now = time.time()
    first = now - start_age_s
    full_hour = (first + span_s) // 3600 * 3600
    return start_age_s if full_hour <= first else now - full_hour + span_s + 2


def sign_in_records(count: int, *, kind: str = "interactive", start_age_s: float = DAY, seed: int = 0,
                    every_s: float = 30.0, late_s: float = 0.0, padding: int = 0) -> list[Record]:  # fmt: skip
    """Sign-ins, the oldest `start_age_s` before now; times have seven fraction digits."""
    first = float(int(time.time() - start_age_s))
    records = []
    for number in range(count):
        at = first + number * every_s + 0.25
        record_id = str(uuid.uuid5(uuid.NAMESPACE_URL, f"sign-in {seed} {kind} {number}"))
        shown = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".2500001Z"
        payload = {
            "id": record_id,
            "createdDateTime": shown,
            "userPrincipalName": f"user{number % 7}@contoso.com",
            "ipAddress": "198.51.100.7",
            "status": {"errorCode": 50034},
            "appDisplayName": "x" * padding,  # v1.0 shows no property that it does not know
        }
        records.append(Record.sign_in(kind, at, record_id, payload, visible_at=at + late_s))
    return records


def assert_complete(forwarder: Forwarder, tenant: Tenant, kind: str, streams: Iterable[str] | None = None) -> None:
    """Everything the tenant showed was delivered, nothing twice."""
    sourcetype = AUDIT if kind == "audit" else SIGN_IN
    judgement = tenant.ledger.judge(kind, forwarder.ids(sourcetype), at=tenant.now, streams=streams)
    assert judgement.clean, (len(judgement.missing), len(judgement.duplicate), judgement.unknown[:3], forwarder.log())
