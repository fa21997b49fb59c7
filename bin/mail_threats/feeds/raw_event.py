"""What passes door B."""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
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


class RawEvents(NamedTuple):
    """Many events of one source in columns, as feeds/array_cutter.py makes them: texts in the vendor's own bytes, keys
    to know them again, texts for `<time>`, and the positions of those that hold control characters."""

    source: str
    sourcetype: str
    raws: Sequence[bytes]
    keys: Sequence[bytes]
    times: Sequence[bytes]
    odd: Set[int]

    def only(self, wanted: Sequence[bool]) -> RawEvents:
        """Those of them at whose place `wanted` is true."""
        kept = [position for position, is_wanted in enumerate(wanted) if is_wanted]
        return self._replace(
            raws=[self.raws[position] for position in kept],
            keys=[self.keys[position] for position in kept],
            times=[self.times[position] for position in kept],
            odd={number for number, position in enumerate(kept) if position in self.odd},
        )


class Outlet(Protocol):
    """Where events go: splunkd's pipe, or a list in a test."""

    def write(self, events: Iterable[RawEvent]) -> int:
        """Accept events; returns their size in bytes. They may still be on this side of the pipe.

        Raises: OutputClosed.
        """

    def write_raw(self, events: RawEvents) -> int:
        """As `write`, without the work that bytes do not need."""

    def push(self) -> None:
        """Send accepted events on their way, so that they need not be held; nothing is handed over by that.

        Raises: OutputClosed.
        """

    def flush(self) -> None:
        """Return when all accepted events were handed over.

        Raises: OutputClosed.
        """
