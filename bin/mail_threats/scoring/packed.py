"""Activities of many sources in little memory: packed as they are read, unpacked source by source."""

from __future__ import annotations

import struct
from array import array
from typing import Generic, TypeVar

from .activity import Activity, Values

# first_seen, last_seen, minute, attempts, network_people, flags, record ids (place, count), then eight places in the
# lists of distinct values. About 80 bytes, where an Activity takes 500 and more.
_LAYOUT = struct.Struct("<ddqIHBIHIIIIIIIII")
_KNOWN, _CHANGED = 1, 2
_Value = TypeVar("_Value", str, Values)


class _Distinct(Generic[_Value]):
    """Distinct values and their places."""

    def __init__(self) -> None:
        self._places: dict[_Value, int] = {}
        self.values: list[_Value] = []

    def place(self, value: _Value) -> int:
        found = self._places.get(value)
        if found is None:
            found = self._places[value] = len(self.values)
            self.values.append(value)
        return found


class PackedActivities:
    """Activities by network. `take` gives those of a network in the order they were added, and forgets them."""

    def __init__(self) -> None:
        self._rows: dict[str, bytearray] = {}
        self._texts: _Distinct[str] = _Distinct()
        self._lists: _Distinct[Values] = _Distinct()
        self._record_ids = array("q")

    def add(self, network: str, activity: Activity) -> None:
        text, listed = self._texts.place, self._lists.place
        flags = _KNOWN * activity.known + _CHANGED * activity.changed
        place = len(self._record_ids)
        self._record_ids.extend(activity.record_ids[:0xFFFF])
        self._rows.setdefault(network, bytearray()).extend(
            _LAYOUT.pack(
                activity.first_seen,
                activity.last_seen,
                activity.minute,
                min(activity.attempts, 0xFFFFFFFF),
                min(activity.network_people, 0xFFFF),
                flags,
                place,
                len(self._record_ids) - place,
                text(activity.src),
                text(activity.user),
                text(activity.outcome),
                listed(activity.app),
                listed(activity.app_id),
                listed(activity.client_app),
                listed(activity.user_agent),
                listed(activity.error_code),
                listed(activity.feed),
            )
        )

    def networks(self) -> list[str]:
        """The networks that have activities, sorted."""
        return sorted(self._rows)

    def take(self, network: str) -> list[Activity]:
        texts, lists = self._texts.values, self._lists.values
        taken = []
        for row in _LAYOUT.iter_unpack(bytes(self._rows.pop(network))):
            first, last, minute, attempts, people, flags, place, count, src, user, outcome, *places = row
            app, app_id, client_app, agent, code, feed = (lists[number] for number in places)
            taken.append(
                Activity(
                    minute, texts[src], texts[user], texts[outcome], attempts, first, last, app, app_id, client_app,
                    agent, code, feed, tuple(self._record_ids[place : place + count]), bool(flags & _KNOWN),
                    bool(flags & _CHANGED), people,
                )
            )  # fmt: skip
        return taken
