"""The state of one stream (a content type or a kind of sign-in of one tenant), and its form in a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mail_threats.ledger.windows import Gap, Trouble, Window

MAX_GAPS = 100


@dataclass
class StreamState:
    """Times in epoch seconds.

    `backlog_s`: the window length that last suited the amount of data, None before the first. `not_before`: when the
    service wants to be asked again. `start_asked_at`: the last attempt to start a subscription. `delivered`: whether
    the stream ever delivered a window. `gaps`: the latest recorded losses, newest last.
    """

    low_water: float
    windows: list[Window] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    backlog_s: float | None = None
    not_before: float = 0.0
    start_asked_at: float = 0.0
    delivered: bool = False

    def record_gap(self, gap: Gap) -> None:
        self.gaps.append(gap)
        del self.gaps[:-MAX_GAPS]

    def to_json(self) -> dict[str, Any]:
        return {
            "low_water": self.low_water,
            "windows": [_window_to_json(window) for window in self.windows],
            "gaps": [list(gap) for gap in self.gaps],
            "backlog_s": self.backlog_s,
            "not_before": self.not_before,
            "start_asked_at": self.start_asked_at,
            "delivered": self.delivered,
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
            gaps=[Gap(float(start), float(end), str(reason)) for start, end, reason in content["gaps"]],
            backlog_s=None if backlog_s is None else float(backlog_s),
            not_before=float(content["not_before"]),
            start_asked_at=float(content["start_asked_at"]),
            delivered=bool(content["delivered"]),
        )
        edge = state.low_water
        for window in state.windows:
            if window.start != edge or window.end <= window.start:
                raise ValueError(f"the windows of the time line do not join at {window.start}")
            edge = window.end
        return state


def _window_to_json(window: Window) -> dict[str, Any]:
    content: dict[str, Any] = {
        "start": window.start,
        "end": window.end,
        "anchor": window.anchor,
        "listed_at": window.listed_at,
        "pages": window.pages,
    }
    if window.troubled:
        content["troubled"] = {key: [trouble.runs, trouble.reason] for key, trouble in window.troubled.items()}
    return content


def _window_from_json(content: Mapping[str, Any]) -> Window:
    listed_at = content["listed_at"]
    return Window(
        start=float(content["start"]),
        end=float(content["end"]),
        listed_at=None if listed_at is None else float(listed_at),
        pages=int(content["pages"]),
        anchor=float(content["anchor"]),
        troubled={
            str(key): Trouble(int(runs), str(reason)) for key, (runs, reason) in content.get("troubled", {}).items()
        },
    )
