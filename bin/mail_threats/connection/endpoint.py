"""The REST endpoint behind "Test connection" on the account page.

POST with `account=<name>`. The caller's own session reads the account, so nobody learns more than he may read; the
answer holds sentences, never a secret, a token or a body. restmap.conf admits callers with list_storage_passwords.
Source: Splunk, restmap.conf.spec, persistent REST handlers (scripttype = persist).
"""

from __future__ import annotations

import json
import tempfile
import threading
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mail_threats.clock import SystemClock
from mail_threats.connection.checks import ERROR, WARNING, ConnectionCheck, Finding
from mail_threats.errors import ConfigError, MailThreatsError
from mail_threats.splunkio.environment import seal_environment
from mail_threats.splunkio.invocation import Splunkd
from mail_threats.splunkio.logs import InputLog
from mail_threats.splunkio.settings import Settings
from mail_threats.wire.transport import Transport
from mail_threats.wire.trust import bundle

_CONNECT_S, _READ_S = 5.0, 20.0


def main(text: str) -> dict[str, Any]:
    """The answer to one request, as splunkd takes it: payload, status, headers."""
    log = _log()
    try:
        request = json.loads(text)
        if request.get("method") != "POST":
            return _answer({"message": "Use POST with account=<name>."}, 405)
        name = str(dict(request.get("form") or []).get("account", "")).strip()
        findings = _findings(_splunkd(request), name, log)
    except Exception as fault:  # the last line of defence: splunkd would show the caller a traceback
        log.logger.exception("action=failed endpoint=account_check")
        return _answer({"message": f"The test itself failed ({type(fault).__name__}); see the app's log."}, 500)
    return _answer({"account": name, "status": _worst(findings), "findings": [f._asdict() for f in findings]}, 200)


def _findings(splunkd: Splunkd, name: str, log: InputLog) -> list[Finding]:
    try:
        settings = Settings(splunkd)
        log.set_level(settings.log_level())
        account, proxy = settings.account(name), settings.proxy()
        log.redact([*account.credential.secrets, splunkd.session_key, *([proxy.password] if proxy else [])])
        clock = SystemClock(threading.Event())
        with tempfile.TemporaryDirectory(prefix="mail_threats_") as folder:
            transport = Transport(
                bundle(account.ca_pem, Path(folder)),
                proxy,
                log=log.logger,
                connect_timeout_s=_CONNECT_S,
                read_timeout_s=_READ_S,
            )
            try:
                return ConnectionCheck(account, proxy, transport, clock, log.logger).run()
            finally:
                transport.close()
    except MailThreatsError as error:
        return [Finding("Settings", ERROR, error.message, error.advice)]


def _splunkd(request: Mapping[str, Any]) -> Splunkd:
    address = urlsplit(str(request["server"]["rest_uri"]))
    if address.scheme not in ("http", "https") or not address.hostname or not address.port:
        raise ConfigError("splunkd sent no address of its own (rest_uri).")
    host = f"[{address.hostname}]" if ":" in address.hostname else address.hostname
    return Splunkd(address.scheme, host, address.port, str(request["session"]["authtoken"]))


def _worst(findings: list[Finding]) -> str:
    statuses = {finding.status for finding in findings}
    return ERROR if ERROR in statuses else WARNING if WARNING in statuses else "ok"


def _answer(payload: Mapping[str, Any], status: int) -> dict[str, Any]:
    return {"payload": json.dumps(payload), "status": status, "headers": {"Content-Type": "application/json"}}


@cache
def _log() -> InputLog:
    """One log a process, which splunkd keeps for many requests."""
    seal_environment()
    return InputLog("account_check")
