"""Collecting again what was collected before, because an admin asked for it.

The stanza says from when on, and the input carries each wish out once: the record names the wish that was carried out,
so neither a restart, a crash nor another member of the cluster repeats it, and a copy of the record from before it only
lets it be carried out anew. The low-water mark moves back, never forward: nothing that is still owed is passed over.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import NamedTuple

from mail_threats.ledger import windows as time_line
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import Policy
from mail_threats.timestamps import zulu


class Wish(NamedTuple):
    """`start`: epoch seconds. `known`: whether events that were delivered are sent again too."""

    start: float
    known: bool

    @property
    def text(self) -> str:
        """What it is known by in the record."""
        return f"{zulu(self.start)}{' known' if self.known else ''}"


def carry_out(state: StreamState, wish: Wish | None, now: float, policy: Policy) -> float | None:
    """Make everything from the wish's start on owed again, unless that was done; `now` by the service's clock.

    Returns where that begins, which is later than was wished when the service keeps no more; None when nothing was to
    be done.
    """
    text = wish.text if wish else ""
    if wish is None or state.again == text:
        state.again = text
        return None
    state.again = text
    if wish.known:
        state.sent_again = text
    start = time_line.beginning(wish.start, now, policy)
    state.low_water = time_line.list_again(state.windows, state.low_water, start, policy)
    state.began = min(state.low_water, state.low_water if state.began is None else state.began)
    state.untold_again = {
        "wished": zulu(wish.start),
        "start": zulu(start),
        "known": wish.known,
        "carried_out": zulu(now),
    }
    return start


def memory_mark(streams: Mapping[str, StreamState]) -> int:
    """Which wish the id memory has to belong to: what was delivered before events were to be sent again counts as not
    delivered, on whichever host it is remembered. 0 when there was none; fits into 31 bits."""
    sent = sorted(f"{key} {state.sent_again}" for key, state in streams.items() if state.sent_again)
    return (zlib.crc32("\n".join(sent).encode()) & 0x7FFFFFFF) or 1 if sent else 0
