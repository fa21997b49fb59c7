"""The input `o365_management_activity`: audit records of the Office 365 Management Activity API."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mail_threats.errors import ConfigError
from mail_threats.inputs import filters
from mail_threats.inputs import parameters as checks
from mail_threats.inputs.definition import Definition
from mail_threats.inputs.filters import ACCEPTED, OPERATIONS, RECORD_TYPES, USERS
from mail_threats.inputs.parameters import AGAIN_ARGUMENTS
from mail_threats.splunkio.scheme import Argument, Scheme

if TYPE_CHECKING:
    from mail_threats.feeds.collection import Source
    from mail_threats.inputs.parts import Parts

CONTENT_TYPES = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", "DLP.All")
SOURCETYPE = "o365:management:activity"
DEFAULT_AGE_S = 7 * 86400.0

SCHEME = Scheme(
    "o365_management_activity",
    "Office 365 Management Activity",
    "Collects audit records of Microsoft 365 from the Office 365 Management Activity API.",
    (
        Argument("account", "Account", "The account, from the app's Configuration page.", True),
        Argument("content_types", "Content types", f"Comma-separated, from {', '.join(CONTENT_TYPES)}.", True),
        Argument(
            "start_time",
            "Start time",
            "Where the first run begins, ISO 8601 in UTC; at most 7 days ago; by default almost as far back.",
            False,
        ),
        Argument(
            "concurrency", "Concurrency", "Requests for content at a time, at most: 1 to 64, by default 32.", False
        ),
        *AGAIN_ARGUMENTS,
        Argument("drop_operations", "Drop operations", "Comma-separated, * for any characters.", False),
        Argument("drop_record_types", "Drop record types", "Comma-separated numbers of AuditLogRecordType.", False),
        Argument("drop_users", "Drop users", "Comma-separated, * for any characters.", False),
        Argument(ACCEPTED, "Drop even what rules read", "1 to allow filters that make rules blind.", False),
        Argument("activity_sourcetype", "Sourcetype", f"Instead of {SOURCETYPE}.", False),
    ),
)
FILTERS = {
    OPERATIONS: (("Operation",),),
    RECORD_TYPES: (("RecordType",),),
    USERS: (("UserId",),),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run as splunkd asks; returns the exit code."""
    from mail_threats.inputs.entry import run

    return run(
        Definition(SCHEME, SOURCETYPE, _check, DEFAULT_AGE_S, _sources, FILTERS),
        sys.argv[1:] if argv is None else argv,
    )


def _check(parameters: Mapping[str, str], now: float) -> None:
    checks.choices(parameters, "content_types", CONTENT_TYPES)
    checks.start_time(parameters, now, DEFAULT_AGE_S)
    checks.collect_again(parameters, now)
    checks.sourcetype(parameters, "activity_sourcetype", SOURCETYPE)
    checks.concurrency(parameters)
    filters.check(parameters, tuple(FILTERS))


def _sources(parts: Parts, parameters: Mapping[str, str]) -> list[Source]:
    from mail_threats.feeds.activity_api import ActivityApi
    from mail_threats.feeds.activity_feed import ActivityStream, Subscriptions
    from mail_threats.wire.pace import Pace
    from mail_threats.wire.stoppable import StoppableService
    from mail_threats.wire.verdicts import activity_answer

    base_url = parts.account.endpoints.management
    if base_url is None:
        raise ConfigError(
            f"Account {parts.account.name!r} has no address for the Management Activity API.",
            advice="Fill in Custom management URL on the account.",
        )
    contents = parts.service(base_url, Pace(parts.clock), activity_answer, concurrency=parts.concurrency)
    listings = StoppableService(contents, parts.pool, parts.clock)
    api = ActivityApi(listings, contents, base_url, parts.account.tenant_id)
    subscriptions = Subscriptions(api)
    return [
        ActivityStream(
            content_type,
            parts.account.tenant_id,
            api,
            subscriptions,
            parts.delivery,
            parts.memory,
            parts.report,
            parts.pool,
            parts.concurrency,
            parts.clock,
            checks.sourcetype(parameters, "activity_sourcetype", SOURCETYPE),
        )
        for content_type in checks.choices(parameters, "content_types", CONTENT_TYPES)
    ]
