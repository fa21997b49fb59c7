"""A real HTTPS client for the simulated tenant, and a clock that only the test moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import requests

from lab.tenant import Record, Tenant

START = datetime(2026, 3, 3, 10, 0, tzinfo=UTC).timestamp()


class Clock:
    """Epoch seconds; stands still until `advance`."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds


class Client:
    """Requests to one tenant as a collector sends them; every part of a request can be left out or replaced."""

    def __init__(self, tenant: Tenant, ca_file: Path) -> None:
        self.tenant = tenant
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.verify = str(ca_file)
        self._tokens: dict[str, str] = {}

    def ask_token(
        self, *, version: str = "v2.0/", tenant: str | None = None, **changed: str | None
    ) -> requests.Response:
        """POST to the token endpoint; keyword None leaves a form field out."""
        form: dict[str, str | None] = {
            "grant_type": "client_credentials",
            "client_id": self.tenant.client_id,
            "client_secret": self.tenant.client_secret,
            "scope" if version else "resource": self.tenant.management_url + ("/.default" if version else ""),
        } | changed
        url = f"{self.tenant.login_url}/{tenant or self.tenant.tenant_id}/oauth2/{version}token"
        return self.session.post(
            url, data={name: value for name, value in form.items() if value is not None}, timeout=10
        )

    def token(self, resource: str = "management") -> str:
        """One token a resource, asked for once."""
        if resource not in self._tokens:
            base = self.tenant.management_url if resource == "management" else self.tenant.graph_url
            self._tokens[resource] = self.ask_token(scope=f"{base}/.default").json()["access_token"]
        return self._tokens[resource]

    def forget_tokens(self) -> None:
        self._tokens.clear()

    def get(self, url: str, *, token: str | None = None, **options: Any) -> requests.Response:
        """GET any address with the token of the service it belongs to, unless told otherwise."""
        if token is None:
            token = self.token("graph" if url.startswith(self.tenant.graph_url) else "management")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.session.get(url, headers=headers | options.pop("headers", {}), timeout=10, **options)

    @property
    def feed(self) -> str:
        return f"{self.tenant.management_url}/api/v1.0/{self.tenant.tenant_id}/activity/feed"

    def publisher(self) -> dict[str, str]:
        return {"PublisherIdentifier": self.tenant.tenant_id}

    def subscriptions(self) -> requests.Response:
        return self.get(f"{self.feed}/subscriptions/list", params=self.publisher())

    def subscription(self, verb: str, content_type: str = "Audit.Exchange", **options: Any) -> requests.Response:
        """POST start or stop."""
        return self.session.post(
            f"{self.feed}/subscriptions/{verb}",
            params={"contentType": content_type} | self.publisher(),
            headers={"Authorization": f"Bearer {self.token()}"},
            timeout=10,
            **options,
        )

    def content(self, content_type: str | None = "Audit.Exchange", **params: str) -> requests.Response:
        """GET a content listing; without startTime and endTime the last 24 hours."""
        asked = self.publisher() | params
        if content_type is not None:
            asked["contentType"] = content_type
        return self.get(f"{self.feed}/subscriptions/content", params=asked)

    def next_page(self, response: requests.Response) -> requests.Response:
        return self.get(response.headers["NextPageUri"], params=self.publisher())

    def blob(self, line: dict[str, str], **options: Any) -> requests.Response:
        return self.get(line["contentUri"], params=self.publisher(), **options)

    def listed(self, content_type: str = "Audit.Exchange") -> list[dict[str, str]]:
        """All lines of the last 24 hours' listing, pages followed."""
        response = self.content(content_type)
        lines = response.json()
        while "NextPageUri" in response.headers:
            response = self.next_page(response)
            lines += response.json()
        return lines

    def audit_ids(self, content_type: str = "Audit.Exchange") -> list[str]:
        """The id of every record in every listed blob."""
        return [record["Id"] for line in self.listed(content_type) for record in self.blob(line).json()]

    def report(self, name: str = "signIns", version: str = "v1.0", **options: str) -> requests.Response:
        """GET a Graph report; keyword names become $options."""
        params = {f"${option}": value for option, value in options.items()}
        return self.get(f"{self.tenant.graph_url}/{version}/auditLogs/{name}", params=params)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def connect(clock: Clock, tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Start a tenant with these records and settings; gives a client for it. Reports are not throttled unless told."""
    clients: list[Client] = []

    def start(records: list[Record] | None = None, **settings: Any) -> Client:
        settings = {"clock": clock, "graph_limit": None} | settings
        tenant = Tenant(records or [], **settings).start()
        ca_file = tmp_path / f"ca-{len(clients)}.pem"
        ca_file.write_text(tenant.ca_pem)
        clients.append(Client(tenant, ca_file))
        return clients[-1]

    yield start
    for client in clients:
        client.session.close()
        client.tenant.close()


@pytest.fixture
def audits() -> Callable[..., list[Record]]:
    """`count` audit records, one a minute, the last one a minute ago; ids ...0001, ...0002, ..., oldest first."""

    def make(
        count: int, content_type: str = "Audit.Exchange", *, step_s: float = 60.0, ends_s: float = 60.0
    ) -> list[Record]:
        first = START - ends_s - (count - 1) * step_s
        return [
            Record.audit(content_type, first + number * step_s, str(UUID(int=number + 1)), {"Operation": "Send"})
            for number in range(count)
        ]

    return make


@pytest.fixture
def sign_ins() -> Callable[..., list[Record]]:
    """`count` sign-ins of a kind, one a minute, the last one a minute ago; ids ...0001, ...0002, ..., oldest first."""

    def make(count: int, kind: str = "interactive", *, step_s: float = 60.0, first_id: int = 1) -> list[Record]:
        first = START - count * step_s
        return [
            Record.sign_in(
                kind,
                first + number * step_s,
                str(UUID(int=first_id + number)),
                {"userPrincipalName": f"user{number}@contoso.com"},
            )
            for number in range(count)
        ]

    return make
