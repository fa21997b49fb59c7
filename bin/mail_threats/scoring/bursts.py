"""Finds the bursts of one source: spans in which some sliding window holds enough distinct names."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from .activity import Activity


@dataclass(frozen=True)
class Span:
    """Minutes since the epoch, both ends included, and the most distinct names and hidden records of any window in
    it.
    """

    start: int
    end: int
    peak_names: int
    peak_hidden: int


def burst_spans(
    activities: list[Activity], *, window: int, threshold: int, merge_gap: int, counts: Callable[[str], bool]
) -> list[Span]:
    """Spans of one source's activity that hold a burst, oldest first.

    A window is `window` consecutive minutes; it makes a burst when it holds at least `threshold` distinct failing names
    for which `counts(name)` is true, or as many failing records whose name the feed hides. Bursts whose spans are no
    more than `merge_gap` minutes apart are one. `activities` are sorted by minute.
    """
    names: Counter[str] = Counter()
    hidden = 0
    inside: deque[Activity] = deque()
    spans: list[Span] = []
    index = 0
    while index < len(activities):
        minute = activities[index].minute
        while index < len(activities) and activities[index].minute == minute:
            activity = activities[index]
            index += 1
            if not activity.failing:
                continue
            inside.append(activity)
            if activity.hidden:
                hidden += activity.attempts
            elif counts(activity.user):
                names[activity.user] += 1
        while inside and inside[0].minute <= minute - window:
            gone = inside.popleft()
            if gone.hidden:
                hidden -= gone.attempts
            elif counts(gone.user):
                names[gone.user] -= 1
                if not names[gone.user]:
                    del names[gone.user]
        if inside and (len(names) >= threshold or hidden >= threshold):
            _add(spans, Span(inside[0].minute, minute, len(names), hidden), merge_gap)
    return spans


def _add(spans: list[Span], span: Span, merge_gap: int) -> None:
    if spans and span.start - spans[-1].end <= merge_gap:
        last = spans.pop()
        span = Span(
            last.start,
            max(last.end, span.end),
            max(last.peak_names, span.peak_names),
            max(last.peak_hidden, span.peak_hidden),
        )
    spans.append(span)
