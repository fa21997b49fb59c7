"""Tokens: asked for early enough, once for all threads, and sent to their own host only."""

from __future__ import annotations

import json
import logging
import threading
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any, Callable

import pytest
from unit.shipped.collect.fake_clock import FakeClock

from mail_threats.accounts import Account
from mail_threats.clouds import CLOUDS
from mail_threats.errors import ContentUnreadable, Refused, UntrustedLink
from mail_threats.wire.credentials import ClientSecret
from mail_threats.wire.pace import Pace
from mail_threats.wire.retrying import Retrier
from mail_threats.wire.service import TokenService
from mail_threats.wire.tally import Tally
from mail_threats.wire.tokens import TokenSource
from mail_threats.wire.verdicts import Response, activity_answer

ACCOUNT = Account(
    "contoso", "3c9f2a58-7c1e-4b7d-9d55-6f0a1c2b3d4e", "client", ClientSecret("s3cret"), CLOUDS["worldwide"]
)
BASE = "https://manage.office.com"


def jwt(roles: Any, number: int = 0) -> str:
    claims = urlsafe_b64encode(json.dumps({"roles": roles, "n": number}).encode()).decode().rstrip("=")
    return f"e30.{claims}.sig"


class FakeTransport:
    """The network: tokens are numbered, and `api` answers everything else."""

    clock_skew_s = 0.0

    def __init__(self, api: Callable[[str, Mapping[str, str]], Response] | None = None, expires_in: Any = 3599) -> None:
        self.tokens = 0
        self.sent: list[tuple[str, str, dict[str, str]]] = []
        self.forms: list[dict[str, str]] = []
        self.expires_in = expires_in
        self.roles: Any = ["ActivityFeed.Read"]
        self._api = api

    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> Response:
        self.sent.append((method, url, dict(headers)))
        if form is not None:
            self.tokens += 1
            self.forms.append(dict(form))
            token = {
                "token_type": "Bearer",
                "expires_in": self.expires_in,
                "access_token": jwt(self.roles, self.tokens),
            }
            return Response(200, {}, json.dumps(token).encode(), url)
        assert self._api is not None
        return self._api(url, headers)


def source(transport: FakeTransport, clock: FakeClock) -> TokenSource:
    retrier = Retrier(clock, Tally(), logging.getLogger("test"))
    return TokenSource(ACCOUNT, BASE, transport, retrier, clock, Tally())  # type: ignore[arg-type]


def service(transport: FakeTransport, clock: FakeClock) -> TokenService:
    retrier = Retrier(clock, Tally(), logging.getLogger("test"))
    return TokenService(BASE, source(transport, clock), transport, retrier, Pace(clock), activity_answer)  # type: ignore[arg-type]


def test_token_is_asked_for_with_the_secret_in_the_form_and_for_one_resource() -> None:
    transport = FakeTransport()
    source(transport, FakeClock()).current()
    assert transport.forms == [
        {
            "grant_type": "client_credentials",
            "client_id": "client",
            "client_secret": "s3cret",
            "scope": f"{BASE}/.default",
        }
    ]
    assert transport.sent[0][1] == f"https://login.microsoftonline.com/{ACCOUNT.tenant_id}/oauth2/v2.0/token"


LIFETIMES = [
    pytest.param(3599, 3200.0, 3310.0, id="an hour"),
    pytest.param("3599", 3200.0, 3310.0, id="an hour, as text"),
    pytest.param(5400, 5000.0, 5110.0, id="ninety minutes"),
    pytest.param(20, 12.0, 14.0, id="twenty seconds"),
]


@pytest.mark.parametrize(("expires_in", "still_good", "renewed"), LIFETIMES)
def test_token_is_renewed_ahead_of_its_end(expires_in: Any, still_good: float, renewed: float) -> None:
    clock = FakeClock()
    transport = FakeTransport(expires_in=expires_in)
    tokens = source(transport, clock)
    first = tokens.current()
    clock.time += still_good
    assert tokens.current() is first
    clock.time += renewed - still_good
    assert tokens.current() is not first
    assert transport.tokens == 2


def test_threads_that_are_rejected_together_ask_once() -> None:
    transport = FakeTransport()
    tokens = source(transport, FakeClock())
    rejected = tokens.current()
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(tokens.replace(rejected))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert transport.tokens == 2
    assert len({token.value for token in found}) == 1


NOT_TOKENS = [
    b"",
    b"<html>",
    b"{}",
    b'{"access_token":7,"expires_in":1}',
    b'{"access_token":"a b","expires_in":1}',
    b'{"access_token":"a\\r\\nX: y","expires_in":1}',
    b'{"access_token":"ok","expires_in":"soon"}',
    b"[]",
]


@pytest.mark.parametrize("body", NOT_TOKENS)
def test_answer_that_is_no_token_is_refused(body: bytes) -> None:
    transport = FakeTransport()
    transport.exchange = lambda *_: Response(200, {}, body, "")  # type: ignore[method-assign,assignment]
    with pytest.raises(ContentUnreadable):
        source(transport, FakeClock()).current()


def test_rejected_token_is_replaced_once_and_the_request_repeated() -> None:
    answers = [Response(401, {}, b'{"Message":"Authorization has been denied for this request."}', ""),
               Response(200, {}, b"[]", "")]  # fmt: skip
    transport = FakeTransport(lambda url, headers: answers.pop(0))
    assert service(transport, FakeClock()).get(f"{BASE}/x", "content").body == b"[]"
    used = [headers["Authorization"] for method, url, headers in transport.sent if url.endswith("/x")]
    assert transport.tokens == 2
    assert len(set(used)) == 2


def test_token_that_is_rejected_again_is_an_error() -> None:
    transport = FakeTransport(lambda url, headers: Response(401, {}, b"", ""))
    with pytest.raises(Refused):
        service(transport, FakeClock()).get(f"{BASE}/x", "content")
    assert transport.tokens == 2


def test_missing_permission_is_no_reason_for_another_token() -> None:
    body = b'{"error":{"code":"AF10001","message":"permission set"}}'
    transport = FakeTransport(lambda url, headers: Response(401, {}, body, ""))
    transport.roles = None
    with pytest.raises(Refused, match="no application permission at all"):
        service(transport, FakeClock()).get(f"{BASE}/x", "content")
    assert transport.tokens == 1


STRANGERS = [
    "https://manage.office.com.example.com/x", "http://manage.office.com/x", "https://manage.office.com:8443/x",
    "https://manage.office.com@example.com/x", "https://user:pw@manage.office.com/x", "//manage.office.com/x", "/x", "",
    "https://[", "https://manage.office.com\\@example.com/x", "ftp://manage.office.com/x", "https://manage.office.com:x/",
    "https://manage.office.com/ x", "https://manage.office.com/\r\nx", "https:///x", "https://graph.microsoft.com/x",
]  # fmt: skip


@pytest.mark.parametrize("url", STRANGERS)
def test_token_never_leaves_for_another_origin(url: str) -> None:
    transport = FakeTransport(lambda url, headers: Response(200, {}, b"[]", ""))
    with pytest.raises(UntrustedLink):
        service(transport, FakeClock()).get(url, "content")
    assert transport.sent == []


@pytest.mark.parametrize("url", ["https://manage.office.com/x", "https://MANAGE.office.com:443/x?y=$z"])
def test_own_origin_is_recognised_in_other_spellings(url: str) -> None:
    transport = FakeTransport(lambda url, headers: Response(200, {}, b"[]", ""))
    assert service(transport, FakeClock()).get(url, "content").status == 200


def test_nothing_secret_shows_in_representations() -> None:
    transport = FakeTransport()
    token = source(transport, FakeClock()).current()
    assert "s3cret" not in repr(ACCOUNT)
    assert token.value not in repr(token)
