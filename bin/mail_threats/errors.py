"""The errors of the library. Each class answers one question: who acts?

    MailThreatsError
    ├── ConfigError             an admin changes a setting; the input ends until then
    ├── CheckpointDamaged       an admin decides; collection pauses, it never starts afresh by itself
    ├── StateUnavailable        an admin of Splunk, or nobody: the KV store does not answer; the next run asks again
    ├── HeldElsewhere           nobody, or an admin: another input collects this; it waits
    ├── Stopped                 nobody: splunkd asked the process to end
    ├── OutputClosed            nobody: splunkd closed the pipe, so nothing more can be delivered
    └── ServiceError            Microsoft's answer, or the lack of one
        ├── Refused             an admin acts in Entra or Microsoft 365; the stream parks until the next run
        ├── Throttled           the input waits `retry_after_s`, then asks again
        ├── Transient           the input asks again after a back-off
        ├── ContentGone         nobody can: the content is lost, which is recorded with its range
        ├── ContentUnreadable   the input asks again for a day, three runs at least, then records a loss
        ├── SubscriptionMissing the input starts the subscription and asks again in the next run
        ├── AlreadyEnabled      nobody: what was asked for is there already
        ├── PagingBroken        the input lists the window again, in smaller parts
        └── UntrustedLink       nobody: an answer points outside the account's cloud and is not followed

An error says what happened and where; `advice` says what to do. No error ever carries a token, a secret, a header or a
body.
"""

from __future__ import annotations

TIMEOUT = "timeout"
"""The `code` of a Transient error that means: connected, but no answer in time."""


class MailThreatsError(Exception):
    """Something the library cannot settle by itself.

    `advice` is one sentence for the person who has to act, or empty.
    """

    def __init__(self, message: str, *, advice: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.message} {self.advice}".strip()


class ConfigError(MailThreatsError):
    """A setting is missing, malformed or contradicts another one."""


class CheckpointDamaged(MailThreatsError):
    """The record of what was delivered cannot be read; going on would lose or repeat data unnoticed."""


class StateUnavailable(MailThreatsError):
    """What keeps the record of what was delivered does not answer; nothing is known to be wrong with the record."""


class HeldElsewhere(MailThreatsError):
    """Another process has the right to collect this.

    `standby` tells that it is the same input on another member of the cluster, as it should be.
    """

    def __init__(self, message: str, *, advice: str = "", standby: bool = False) -> None:
        super().__init__(message, advice=advice)
        self.standby = standby


class Stopped(MailThreatsError):
    """splunkd asked the process to end (SIGTERM); what was flushed is recorded, the rest is collected next time."""

    def __init__(self) -> None:
        super().__init__("The input was asked to stop.")


class OutputClosed(MailThreatsError):
    """The reader of stdout went away; events written since the last flush count as not delivered."""


class ServiceError(MailThreatsError):
    """The service refused, failed or did not answer.

    `code` is the vendor's (`AADSTS7000215`, `AF20051`, `UnknownError`) or empty, `status` the HTTP status or None.
    """

    def __init__(
        self,
        message: str,
        *,
        advice: str = "",
        code: str = "",
        status: int | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, advice=advice)
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s


class Refused(ServiceError):
    """Asking again cannot help until an admin has changed something."""


class Throttled(ServiceError):
    """Too many requests; `retry_after_s` is the service's wish, None when it named none."""


class Transient(ServiceError):
    """A fault that passes: a server error, a broken connection, a time-out."""


class ContentGone(ServiceError):
    """Content that the service no longer has; it can never be collected."""


class ContentUnreadable(ServiceError):
    """An answer with status 200 that is not what the API promises, or content the service says it cannot find yet."""


class SubscriptionMissing(ServiceError):
    """No enabled subscription for this content type."""


class AlreadyEnabled(ServiceError):
    """The subscription is enabled already (AF20024)."""


class PagingBroken(ServiceError):
    """A chain of pages that cannot be followed to its end: a repeated link, a rejected token, a window too big to
    answer."""


class UntrustedLink(ServiceError):
    """A link in an answer that leads away from the account's own hosts."""
