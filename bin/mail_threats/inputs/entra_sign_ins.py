"""The input `entra_sign_ins`: sign-ins and directory audits of Entra ID from Microsoft Graph."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mail_threats.errors import ConfigError
from mail_threats.inputs import filters
from mail_threats.inputs import parameters as checks
from mail_threats.inputs.definition import Definition
from mail_threats.inputs.filters import ACCEPTED, OPERATIONS, USERS
from mail_threats.inputs.parameters import AGAIN_ARGUMENTS
from mail_threats.splunkio.scheme import Argument, Scheme

if TYPE_CHECKING:
    from mail_threats.feeds.collection import Source
    from mail_threats.inputs.parts import Parts

KINDS = ("interactive", "non_interactive", "service_principal", "managed_identity", "directory_audits")
VERSIONS = ("v1.0", "beta")
SIGN_IN, DIRECTORY_AUDIT = "azure:aad:signin", "azure:aad:audit"
DEFAULT_AGE_S = 7 * 86400.0

SCHEME = Scheme(
    "entra_sign_ins",
    "Entra sign-ins and directory audits",
    "Collects sign-ins and directory audits of Entra ID from Microsoft Graph.",
    (
        Argument("account", "Account", "The account, from the app's Configuration page.", True),
        Argument("sign_in_kinds", "Logs", f"Comma-separated, from {', '.join(KINDS)}.", True),
        Argument(
            "api_versions",
            "API versions",
            "Comma-separated log=version pairs, such as interactive=beta; Microsoft's usual version when empty.",
            False,
        ),
        Argument(
            "start_time",
            "Start time",
            "Where the first run begins, ISO 8601 in UTC; at most 30 days ago, 7 days ago when empty.",
            False,
        ),
        *AGAIN_ARGUMENTS,
        Argument("drop_operations", "Drop operations", "Of directory audits: comma-separated, * for any text.", False),
        Argument("drop_users", "Drop users", "Comma-separated, * for any characters.", False),
        Argument(ACCEPTED, "Drop even what rules read", "1 to allow filters that make rules blind.", False),
        Argument("sign_in_sourcetype", "Sourcetype of sign-ins", f"Instead of {SIGN_IN}.", False),
        Argument("audit_sourcetype", "Sourcetype of directory audits", f"Instead of {DIRECTORY_AUDIT}.", False),
    ),
)
FILTERS = {
    OPERATIONS: (("activityDisplayName",),),
    USERS: (("userPrincipalName",), ("initiatedBy", "user", "userPrincipalName")),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run as splunkd asks; returns the exit code."""
    from mail_threats.inputs.entry import run

    return run(
        Definition(SCHEME, SIGN_IN, _check, DEFAULT_AGE_S, _sources, FILTERS),
        sys.argv[1:] if argv is None else argv,
    )


def _check(parameters: Mapping[str, str], now: float) -> None:
    checks.choices(parameters, "sign_in_kinds", KINDS)
    checks.pairs(parameters, "api_versions", KINDS, VERSIONS)
    checks.start_time(parameters, now, DEFAULT_AGE_S)
    checks.collect_again(parameters, now)
    _sourcetypes(parameters)
    filters.check(parameters, tuple(FILTERS))


def _sourcetypes(parameters: Mapping[str, str]) -> dict[str, str]:
    sign_in = checks.sourcetype(parameters, "sign_in_sourcetype", SIGN_IN)
    audit = checks.sourcetype(parameters, "audit_sourcetype", DIRECTORY_AUDIT)
    return {kind: audit if kind == "directory_audits" else sign_in for kind in KINDS}


def _sources(parts: Parts, parameters: Mapping[str, str]) -> list[Source]:
    from mail_threats.feeds.graph_feed import REPORTS_LIMIT, GraphStream
    from mail_threats.wire.shared_pace import SharedPace
    from mail_threats.wire.stoppable import StoppableService
    from mail_threats.wire.verdicts import graph_answer

    account = parts.account
    base_url = account.endpoints.graph
    if base_url is None:
        raise ConfigError(
            f"Account {account.name!r} has no address for Microsoft Graph.",
            advice="Fill in Custom Graph URL on the account.",
        )
    # Without the header, kinds of values that are newer than the API version come as "unknownFutureValue".
    headers = {"Prefer": "include-unknown-enum-members"}
    # Graph counts by app and tenant, so all stanzas of an app registration share one record of requests.
    app = hashlib.sha256(f"{account.tenant_id} {account.client_id.lower()}".encode()).hexdigest()[:16]
    record = parts.directory.parent / f"requests_{app}.sqlite"
    pace = SharedPace(parts.clock, REPORTS_LIMIT, record, parts.directory.name)
    parts.paces.append(pace)
    service = StoppableService(parts.service(base_url, pace, graph_answer, headers), parts.pool, parts.clock)
    versions = checks.pairs(parameters, "api_versions", KINDS, VERSIONS)
    sourcetypes = _sourcetypes(parameters)
    return [
        GraphStream(
            kind, account.tenant_id, service, base_url, parts.delivery, versions.get(kind, ""), sourcetypes[kind]
        )
        for kind in checks.choices(parameters, "sign_in_kinds", KINDS)
    ]
