"""Activities of many sources in little memory: packed as they are read, unpacked source by source."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Hashable
from typing import Generic, TypeVar

from .activity import OUTCOMES, Activity, Values

# first_seen, last_seen, minute, attempts, network_people, outcome with the flags, record ids (place, count), places in
# the lists of distinct values, place of the network's row before. 58 bytes, where an Activity takes 500 and more.
_LAYOUT = struct.Struct("<ddiIHHIHIIIIII")
_SIZE = _LAYOUT.size
_KNOWN, _CHANGED, _ALONE, _BEFORE, _NEAR, _REMEMBERED, _OUTCOME = 0x80, 0x40, 0x20, 0x10, 0x08, 0x100, 0x07
_NONE = 0xFFFFFFFF
_Value = TypeVar("_Value", bound=Hashable)
_Apps = tuple[Values, Values]
_Kinds = tuple[Values, Values, Values]


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

    def close(self) -> None:
        """Forgets where values are, when no more come: the places of a million texts take as much as the texts."""
        self._places = {}


class PackedActivities:
    """Activities by network. `take` gives those of a network in the order they were added, and forgets them.

    `look` does not forget.

    All rows lie in one buffer, each with the place of its network's row before: a buffer for each network would cost
    more than the rows where a million sources tried one name each.
    """

    def __init__(self) -> None:
        self._rows = bytearray()
        self._last: dict[str, int] = {}
        self._texts: _Distinct[str] = _Distinct()
        # What varies together is one value: applications, kinds of attempt, and clients, which attackers choose freely.
        self._apps: _Distinct[_Apps] = _Distinct()
        self._kinds: _Distinct[_Kinds] = _Distinct()
        self._agents: _Distinct[Values] = _Distinct()
        self._record_ids = array("q")

    def __len__(self) -> int:
        return len(self._rows) // _SIZE

    def add(self, network: str, activity: Activity) -> None:
        text = self._texts.place
        flags = OUTCOMES.index(activity.outcome) | _KNOWN * activity.known | _CHANGED * activity.changed
        flags |= _ALONE * activity.alone | _BEFORE * activity.used_before | _NEAR * activity.near
        flags |= _REMEMBERED * activity.remembered
        place = len(self._record_ids)
        self._record_ids.extend(activity.record_ids[:0xFFFF])
        before = self._last.get(network, _NONE)
        self._last[network] = len(self)
        self._rows += _LAYOUT.pack(
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
            self._apps.place((activity.app, activity.app_id)),
            self._kinds.place((activity.error_code, activity.feed, activity.client_app)),
            self._agents.place(activity.user_agent),
            before,
        )

    def networks(self) -> list[str]:
        """The networks that have activities, sorted. Asked for when the last one was added."""
        self._texts.close()
        return sorted(self._last)

    def take(self, network: str) -> list[Activity]:
        """Raises: KeyError when the network has no activities, or they were taken."""
        taken = self.look(network)
        del self._last[network]
        return taken

    def look(self, network: str) -> list[Activity]:
        """What `take` would give. Raises: KeyError as `take` does."""
        row, found = self._last[network], []
        while row != _NONE:
            activity, row = self._unpacked(row)
            found.append(activity)
        found.reverse()
        return found

    def _unpacked(self, row: int) -> tuple[Activity, int]:
        first, last, minute, attempts, people, flags, place, count, src, user, apps, kinds, agent, before = (
            _LAYOUT.unpack_from(self._rows, row * _SIZE)
        )
        app, app_id = self._apps.values[apps]
        code, feed, client_app = self._kinds.values[kinds]
        texts = self._texts.values
        activity = Activity(
            minute, texts[src], texts[user], OUTCOMES[flags & _OUTCOME], attempts, first, last, app, app_id, client_app,
            self._agents.values[agent], code, feed, tuple(self._record_ids[place : place + count]),
            bool(flags & _KNOWN), bool(flags & _CHANGED), people, bool(flags & _ALONE), bool(flags & _BEFORE),
            bool(flags & _NEAR), bool(flags & _REMEMBERED),
        )  # fmt: skip
        return activity, before
