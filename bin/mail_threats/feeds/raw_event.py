"""What passes door B."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class RawEvent(NamedTuple):
    """One event as the vendor wrote it.

    `time` is the text for `<time>`: epoch seconds, empty when the vendor's time cannot be read. `dedup_key` is the
    vendor's id.
    """

    time: str
    source: str
    sourcetype: str
    raw: str
    dedup_key: str


class Outlet(Protocol):
    """Where events go: splunkd's pipe, or a list in a test."""

    def write(self, events: Iterable[RawEvent]) -> int:
        """Accept events; returns their size in bytes. They may still be on this side of the pipe.

        Raises: OutputClosed.
        """

    def flush(self) -> None:
        """Return when all accepted events were handed over.

        Raises: OutputClosed.
        """
