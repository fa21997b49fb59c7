"""The log at DEBUG: every request is there, and none of the secrets that pass through the process."""

from __future__ import annotations

import re
from base64 import b64encode

from inputs.connect_proxy import ConnectProxy
from inputs.forwarder import ACTIVITY, SIGN_INS, Forwarder, audit_records, sign_in_records
from inputs.pythons import only_on

from lab.tenant import Tenant, fault

LINE = re.compile(
    r"action=request method=(\w+) host=(\S+) path=(\S+) query='([^']*)' status=(\S+) bytes=(\d+) whole=\w+ ms=\d+"
    r" request_id=(\S+) attempt=(\d+) fault=(\S+)"
)


def debug(forwarder: Forwarder) -> None:
    forwarder.splunk.set_local("m365_mail_threats_settings", "logging", {"loglevel": "DEBUG"}, "m365_mail_threats")


def requests_of(forwarder: Forwarder) -> list[tuple[str, ...]]:
    return LINE.findall(forwarder.log())


def test_every_request_is_in_the_log_at_debug(forwarder: Forwarder) -> None:
    faults = [fault("server_error", endpoint="content", status=503, first=1)]
    with Tenant(audit_records(12, start_age_s=3000.0), blob_events=5, faults=faults) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        debug(forwarder)
        forwarder.run_cleanly(ACTIVITY)
        asked = [(call.method, str(call.status)) for call in tenant.ledger.exchanges]
    logged = requests_of(forwarder)
    assert sorted((method, status) for method, _, _, _, status, *_ in logged) == sorted(asked)
    assert {attempt for *_, attempt, _ in logged} == {"1", "2"}
    assert any("contentType=Audit.Exchange" in query for _, _, _, query, *_ in logged)
    assert any(path.endswith("/oauth2/v2.0/token") and query == "" for _, _, path, query, *_ in logged)


@only_on("3.9")
def test_request_id_of_graph_is_in_the_log(forwarder: Forwarder) -> None:
    with Tenant(sign_in_records(3, start_age_s=600.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive")
        debug(forwarder)
        forwarder.run_cleanly(SIGN_INS)
    ids = [request_id for _, _, path, _, _, _, request_id, _, _ in requests_of(forwarder) if "signIns" in path]
    assert ids
    assert all(re.fullmatch(r"[0-9a-f-]{36}", request_id) for request_id in ids)


@only_on("3.13")
def test_without_debug_no_request_is_logged(forwarder: Forwarder) -> None:
    with Tenant(audit_records(3, start_age_s=600.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
    assert requests_of(forwarder) == []


def test_no_secret_that_was_planted_is_in_any_log(forwarder: Forwarder) -> None:
    """Secrets with characters that are written differently in forms, headers and JSON; success, refusal, renewal."""
    secret, proxy_password = 'pl4nted~s3cret+/= &"ü', "pr0xy:p@ss&ü"
    faults = [fault("token_rejected", endpoint="blob"), fault("wrong_secret", after=2, first=1)]
    with Tenant(
        audit_records(12, start_age_s=3000.0), client_secret=secret, blob_events=5, faults=faults
    ) as tenant, ConnectProxy("ada", proxy_password) as proxy:  # fmt: skip
        forwarder.add_account(tenant)
        forwarder.set_proxy(
            proxy_enabled="1", proxy_type="http", proxy_url="127.0.0.1", proxy_port=str(proxy.port),
            proxy_username="ada", proxy_password=proxy_password,
        )  # fmt: skip
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        debug(forwarder)
        forwarder.run_cleanly(ACTIVITY)
        refused = forwarder.run(ACTIVITY)
    log = forwarder.log() + refused.stderr
    planted = [
        secret,
        proxy_password,
        forwarder.splunk.session_key,
        b64encode(f"ada:{proxy_password}".encode()).decode(),
    ]
    fragments = [*planted, "pl4nted", "pr0xy", "Bearer ", "Basic "]
    assert [fragment for fragment in fragments if fragment in log] == []
    assert not re.search(r"eyJ[\w-]{10,}", log)
    assert requests_of(forwarder)
