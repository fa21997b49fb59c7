"""The endpoint behind the Allowlist page, asked as a user of it."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from unit.shipped.search_commands.allowlist_cases import PROPER

from lab.rules import APP
from lab.splunk.kvstore import Collection
from lab.splunk.stand_in import StandIn

ENTRY = {**PROPER, "class": "pentest", "source": "203.0.113.9"}


def moment(days: float) -> str:
    """So many days from now, by the clock that the endpoint has."""
    return (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


COLUMNS = [
    "class", "detection", "account", "source", "app_id", "process_path", "host", "owner", "ticket", "reason",
    "valid_from", "valid_until", "cap", "signer", "hours", "timezone",
]  # fmt: skip
AROUND_NOW = {"valid_from": moment(-5), "valid_until": moment(5)}
CHANGES = 'search index=summary sourcetype="mail_threats:allowlist"'


class Page:
    """Asks the endpoint as a user. `mallory` has no part in the app."""

    def __init__(self, splunk: StandIn) -> None:
        self.splunk = splunk
        splunk.start()
        self._authority = splunk.home / "authority.pem"
        self._authority.write_text(splunk.processes.port.ca_pem)
        splunk.processes.access.add_user("alice", None, ["mail_threats_admin", "user"])
        splunk.processes.access.add_user("bob", None, ["mail_threats_admin", "user"])
        splunk.processes.access.add_user("mallory", None, ["power"])

    def __call__(self, path: str, body: Any = None, user: str = "alice", method: str = "") -> requests.Response:
        return requests.request(
            method or ("GET" if body is None else "POST"),
            f"{self.splunk.rest_uri}/servicesNS/nobody/{APP}/m365_mail_threats_allowlist/{path}?output_mode=json",
            data=None if body is None else body if isinstance(body, str) else json.dumps(body),
            headers={
                "Authorization": f"Splunk {self.splunk.processes.access.key_for(user)}",
                "Content-Type": "application/json",
            },
            verify=str(self._authority),
            timeout=60,
        )

    def add(self, **columns: str) -> dict[str, Any]:
        answer = self("entries", {"entry": {**ENTRY, **columns}})
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["entry"])

    def kv(self, name: str = "mail_threats_allowlist") -> Collection:
        return self.splunk.kv(name, app=APP)

    def changes(self) -> list[dict[str, Any]]:
        """What the audit events say, oldest first."""
        rows = self.splunk.search(CHANGES, earliest=0, latest="", app=APP).rows
        return [json.loads(str(row["_raw"])) for row in reversed(rows)]


def as_csv(rows: list[dict[str, str]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS)
    writer.writeheader()
    for row in rows:
        writer.writerow({("owner" if name == "entry_owner" else name): value for name, value in row.items()})
    return stream.getvalue()
