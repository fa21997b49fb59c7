"""The input `entra_sign_ins`: sign-ins of Entra ID from Microsoft Graph."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mail_threats.errors import ConfigError
from mail_threats.inputs import parameters as checks
from mail_threats.inputs.definition import Definition
from mail_threats.splunkio.scheme import Argument, Scheme

if TYPE_CHECKING:
    from mail_threats.feeds.collection import Source
    from mail_threats.inputs.parts import Parts

KINDS = ("interactive", "non_interactive", "service_principal", "managed_identity")
DEFAULT_AGE_S = 7 * 86400.0

SCHEME = Scheme(
    "entra_sign_ins",
    "Entra sign-ins",
    "Collects sign-ins of Entra ID from Microsoft Graph.",
    (
        Argument("account", "Account", "The account, from the app's Configuration page.", True),
        Argument("sign_in_kinds", "Sign-in kinds", f"Comma-separated, from {', '.join(KINDS)}.", True),
        Argument(
            "start_time",
            "Start time",
            "Where the first run begins, ISO 8601 in UTC; at most 30 days ago, 7 days ago when empty.",
            False,
        ),
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run as splunkd asks; returns the exit code."""
    from mail_threats.inputs.entry import run

    return run(
        Definition(SCHEME, "azure:aad:signin", _check, DEFAULT_AGE_S, _sources), sys.argv[1:] if argv is None else argv
    )


def _check(parameters: Mapping[str, str], now: float) -> None:
    checks.choices(parameters, "sign_in_kinds", KINDS)
    checks.start_time(parameters, now, DEFAULT_AGE_S)


def _sources(parts: Parts, parameters: Mapping[str, str]) -> list[Source]:
    from mail_threats.feeds.sign_in_feed import REPORTS_LIMIT, SignInStream
    from mail_threats.wire.pace import Pace
    from mail_threats.wire.stoppable import StoppableService
    from mail_threats.wire.verdicts import graph_answer

    base_url = parts.account.endpoints.graph
    if base_url is None:
        raise ConfigError(
            f"Account {parts.account.name!r} has no address for Microsoft Graph.",
            advice="Fill in Custom Graph URL on the account.",
        )
    # Without the header, kinds of values that are newer than the API version come as "unknownFutureValue".
    headers = {"Prefer": "include-unknown-enum-members"}
    reports = parts.service(base_url, Pace(parts.clock, REPORTS_LIMIT), graph_answer, headers)
    service = StoppableService(reports, parts.pool, parts.clock)
    return [
        SignInStream(kind, parts.account.tenant_id, service, base_url, parts.delivery)
        for kind in checks.choices(parameters, "sign_in_kinds", KINDS)
    ]
