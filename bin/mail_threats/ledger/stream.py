"""The state of one stream (a content type or a kind of sign-in of one tenant), and its form in a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from typing import Any

from mail_threats.ledger.windows import Gap, Trouble, Window

MAX_GAPS = 100
MAX_OWED = 1000
"""So many contents of one window may be owed by name; beyond that the window as a whole counts as not listed, so that a
checkpoint stays far below the 16 MB that the KV store takes."""


@dataclass
class StreamState:
    """Times in epoch seconds.

    `began`: where the stream began. `backlog_s`: the window length that last suited the amount of data, None before the
    first. `not_before`: when the service wants to be asked again. `start_asked_at`: the last attempt to start a
    subscription. `delivered`: whether the stream ever delivered a window. `gaps`: recorded losses, newest last.
    `untold`: losses that no health event has told yet; they are told again until one is with splunkd. `again`,
    `sent_again` and `untold_again`: what an admin wished to be collected again, see ledger/again.py.
    """

    low_water: float
    windows: list[Window] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    backlog_s: float | None = None
    not_before: float = 0.0
    start_asked_at: float = 0.0
    delivered: bool = False
    began: float | None = None
    untold: list[Gap] = field(default_factory=list)
    again: str = ""
    sent_again: str = ""
    untold_again: dict[str, Any] | None = None

    def __post_init__(self) -> None:
        if self.began is None:
            self.began = self.low_water

    def record_gap(self, gap: Gap) -> None:
        """Note a loss. When there are more than MAX_GAPS, the two oldest become one that spans both, so that no range
        is ever forgotten."""
        for kept in (self.gaps, self.untold):
            kept.append(gap)
            if len(kept) > MAX_GAPS:
                kept[:2] = [_spanning(*kept[:2])]

    def to_json(self) -> dict[str, Any]:
        again = {"again": self.again, "sent_again": self.sent_again, "untold_again": self.untold_again}
        return {
            **{name: value for name, value in again.items() if value},
            "low_water": self.low_water,
            "windows": [_window_to_json(window) for window in self.windows],
            "gaps": [list(gap) for gap in self.gaps],
            "backlog_s": self.backlog_s,
            "not_before": self.not_before,
            "start_asked_at": self.start_asked_at,
            "delivered": self.delivered,
            "began": self.began,
            "untold": [list(gap) for gap in self.untold],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> StreamState:
        """The state of a checkpoint.

        Raises: ValueError, TypeError or KeyError when the content is not one, or its time line has a hole.
        """
        backlog_s = content["backlog_s"]
        state = cls(
            low_water=float(content["low_water"]),
            windows=[_window_from_json(window) for window in content["windows"]],
            gaps=[_gap_from_json(gap) for gap in content["gaps"]],
            backlog_s=None if backlog_s is None else float(backlog_s),
            not_before=float(content["not_before"]),
            start_asked_at=float(content["start_asked_at"]),
            delivered=bool(content["delivered"]),
            began=float(content["began"]),
            untold=[_gap_from_json(gap) for gap in content["untold"]],
            again=str(content.get("again", "")),
            sent_again=str(content.get("sent_again", "")),
            untold_again=dict(content["untold_again"]) if content.get("untold_again") else None,
        )
        edge = state.low_water
        for window in state.windows:
            if window.start != edge or window.end <= window.start:
                raise ValueError(f"the windows of the time line do not join at {window.start}")
            edge = window.end
        return state


def upgraded(content: Mapping[str, Any]) -> dict[str, Any]:
    """A stream's state of checkpoint format 1 as format 2. Format 1 did not keep where the stream began; what lies
    before its low-water mark was settled then, so the mark takes the place."""
    return {**content, "began": content["low_water"], "untold": []}


def _spanning(first: Gap, second: Gap) -> Gap:
    return Gap(
        min(first.start, second.start), max(first.end, second.end), f"Several losses, the first: {_first(first)}"
    )


def _first(gap: Gap) -> str:
    return gap.reason.rpartition("Several losses, the first: ")[2]


def _gap_from_json(content: Sequence[Any]) -> Gap:
    start, end, reason = content
    return Gap(float(start), float(end), str(reason))


def _window_to_json(window: Window) -> dict[str, Any]:
    content: dict[str, Any] = {
        "start": window.start,
        "end": window.end,
        "anchor": window.anchor,
        "listed_at": window.listed_at,
        "pages": window.pages,
    }
    if window.troubled:
        content["troubled"] = {key: list(astuple(trouble)) for key, trouble in window.troubled.items()}
    if window.lost:
        content["lost"] = window.lost
    if window.again:
        content["again"] = True
    return content


def _window_from_json(content: Mapping[str, Any]) -> Window:
    listed_at = content["listed_at"]
    return Window(
        start=float(content["start"]),
        end=float(content["end"]),
        listed_at=None if listed_at is None else float(listed_at),
        pages=int(content["pages"]),
        anchor=float(content["anchor"]),
        troubled={str(key): _trouble_from_json(told) for key, told in content.get("troubled", {}).items()},
        lost=[str(content_id) for content_id in content.get("lost", [])],
        again=bool(content.get("again", False)),
    )


def _trouble_from_json(content: Sequence[Any]) -> Trouble:
    runs, reason, *times = content
    return Trouble(int(runs), str(reason), *(float(time) for time in times))
