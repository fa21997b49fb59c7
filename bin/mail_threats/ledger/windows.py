"""Which spans of time a stream still has to list, and which are wholly done.

A stream's time line is cut into windows. Everything before the low-water mark is delivered or recorded as lost; the
windows after it, without holes, reach up to the present. A window is listed again and again with the same start until
`open_for_s` has passed since its end, because content becomes visible late, with a time that lies before what was
listed already. Only then, and only when its last listing was delivered completely, does the low-water mark move past
it. A single "largest time seen" would lose both the late content and whatever failed in between.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

HOUR_S = 3600.0
DAY_S = 24 * HOUR_S
# The first window of a new stream waits for those of the other streams, and a first run may be cut short and repeated.
_START_MARGIN_S = HOUR_S
# More than clocks of one hour can disagree by: what lies further ahead was written under a wrong clock.
_AHEAD_S = 900.0


class Policy(NamedTuple):
    """How a stream's time line is cut. All in seconds.

    `lag_s`: how close to the present a listing may end. `open_for_s`: how long after its end a window is listed again.
    `near_s`: younger windows are listed in every run, older ones every `rescan_every_s`. `chunk_s`: window length in
    the open part that is no longer near. `backlog_s`: longest window before that. `shortest_s`: no window is cut below
    this. `retention_s`: how far back the service answers. `page_cost_s`: time that the service's request limit leaves
    for a page.
    """

    lag_s: float
    open_for_s: float
    near_s: float
    rescan_every_s: float
    chunk_s: float
    backlog_s: float
    shortest_s: float
    retention_s: float
    page_cost_s: float


@dataclass
class Trouble:
    """Content that could not be fetched: the number of runs that tried, why, when it became available, and from when on
    it is worth asking for again (both epoch seconds; `created` is below zero when unknown)."""

    runs: int
    reason: str
    created: float = -1.0
    retry_at: float = 0.0


@dataclass
class Window:
    """[start, end) in epoch seconds.

    `listed_at`: when its last listing that was delivered completely began, None before the first. `pages`: pages of
    that listing. `anchor`: where the window began that this one was cut from; content that was delivered is remembered
    under it. `troubled`: content ids still owed. `lost`: content ids that were given up, each recorded as a gap; they
    are kept here, not in the id memory, so that giving up and recording it are one step on disk. `again`: it was listed
    before, and is to be listed once more because an admin wished so.
    """

    start: float
    end: float
    listed_at: float | None = None
    pages: int = 0
    anchor: float = -1.0
    troubled: dict[str, Trouble] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    again: bool = False

    def __post_init__(self) -> None:
        if self.anchor < 0:
            self.anchor = self.start

    def closed(self, policy: Policy) -> bool:
        """Whether nothing can appear in it any more that was not delivered."""
        return self.listed_at is not None and self.listed_at >= self.end + policy.open_for_s


LATE = "What became visible late in this time was not looked for any more, and is no longer kept."
AGAIN = "This time was to be collected again, and is no longer kept; what was delivered of it before stays delivered."
NO_LONGER_KEPT = "The service no longer keeps content of this time; search the range in Purview Audit or Entra instead."


class Gap(NamedTuple):
    """A span of which something can never be collected; `reason` is for the admin."""

    start: float
    end: float
    reason: str


def beginning(wanted: float, now: float, policy: Policy) -> float:
    """Where a new stream begins that should begin at `wanted`: there, or as early as the service keeps content for long
    enough to be collected."""
    return max(wanted, now - policy.retention_s + _START_MARGIN_S)


def extend_once(windows: list[Window], low_water: float, now: float, policy: Policy, backlog_s: float) -> bool:
    """Append the next window of the time line; False when it reaches the present already.

    Before the open part windows are `backlog_s` long; the last hours are cut on full hours, so that the window of the
    present keeps its start while it grows.
    """
    edge = windows[-1].end if windows else low_water
    if not _has_length(edge, now, policy):
        return False
    windows.append(Window(edge, _next_edge(edge, now, policy, backlog_s)))
    return True


def _next_edge(edge: float, now: float, policy: Policy, backlog_s: float) -> float:
    settled = _floor_hour(now - policy.open_for_s)
    near = _floor_hour(now - policy.near_s)
    if edge < settled:
        return min(edge + backlog_s, settled)
    if edge < near:
        return min(edge + min(policy.chunk_s, backlog_s), near)
    return min(edge + backlog_s, _floor_hour(edge) + HOUR_S)


def due(windows: list[Window], now: float, policy: Policy) -> list[Window]:
    """The windows to list in this run, oldest first."""
    # Re-scans may take an eighth of the time between two of them, or they would starve the listing of what is new.
    rescan_every_s = max(policy.rescan_every_s, 8 * policy.page_cost_s * sum(window.pages for window in windows))
    return [
        window
        for window in windows
        if _has_length(window.start, now, policy) and _is_due(window, now, policy, rescan_every_s)
    ]


def _has_length(start: float, now: float, policy: Policy) -> bool:
    """Whether a query from `start` on would span any time: services take whole seconds, and refuse an empty window."""
    return int(start) < int(now - policy.lag_s)


def _is_due(window: Window, now: float, policy: Policy, rescan_every_s: float) -> bool:
    if window.listed_at is None or window.troubled:
        return True
    if window.closed(policy):
        return False
    near = window.end > now - policy.near_s
    last_call = now >= window.end + policy.open_for_s
    return near or last_call or now - window.listed_at >= rescan_every_s


def query_end(window: Window, now: float, policy: Policy) -> float:
    """Where a listing of `window` has to end at `now`."""
    return min(window.end, now - policy.lag_s)


def halve(windows: list[Window], window: Window, policy: Policy) -> bool:
    """Replace `window` by its halves, which start unlisted; False when it is too short to be cut."""
    middle = float(int((window.start + window.end) / 2))
    if min(middle - window.start, window.end - middle) < policy.shortest_s:
        return False
    cut(windows, window, middle)
    window.listed_at = None
    return True


def cut(windows: list[Window], window: Window, at: float) -> Window:
    """Shorten `window` to end at `at`, and return the unlisted rest, which follows it on the time line."""
    rest = Window(at, window.end, anchor=window.anchor, lost=list(window.lost), again=window.again)
    window.end = at
    for content_id, trouble in list(window.troubled.items()):
        if trouble.created >= at:
            rest.troubled[content_id] = window.troubled.pop(content_id)
    windows.insert(windows.index(window) + 1, rest)
    return rest


def oldest_anchor(windows: list[Window], low_water: float) -> float:
    """Before this, nothing has to be remembered about delivered content."""
    return min([low_water, *(window.anchor for window in windows)])


def settle(windows: list[Window], low_water: float, policy: Policy) -> tuple[float, list[Window]]:
    """The new low-water mark, and the windows that it passed; they are removed from `windows`."""
    passed: list[Window] = []
    while windows and windows[0].closed(policy) and not windows[0].troubled:
        passed.append(windows.pop(0))
    return (passed[-1].end if passed else low_water), passed


def runs_ahead(windows: list[Window], low_water: float, now: float) -> bool:
    """Whether the time line tells of a time that has not come: it was written under a clock that was wrong.

    Content of that time was not there to be listed, so nothing of it counts as delivered.
    """
    listed = [window.listed_at for window in windows if window.listed_at is not None]
    return max([low_water, *listed]) > now + _AHEAD_S


def rewound(began: float, now: float, policy: Policy) -> float:
    """The low-water mark of a time line that is begun anew because it ran ahead: where the stream began, or the oldest
    that the service still keeps."""
    return min(now, max(began, now - policy.retention_s + _AHEAD_S))


def list_again(windows: list[Window], low_water: float, start: float, policy: Policy) -> float:
    """Make everything from `start` on owed again; returns the new low-water mark.

    What lies between `start` and the low-water mark comes back in windows of its own. What is owed already stays so,
    and what was given up is asked for once more.
    """
    for window in windows:
        if window.end > start:
            window.again = window.again or window.listed_at is not None
            window.listed_at = None
            window.lost.clear()
            for trouble in window.troubled.values():
                trouble.retry_at = 0.0
    before = []
    edge = start
    while edge < low_water:
        end = min(edge + policy.backlog_s, low_water)
        before.append(Window(edge, end, again=True))
        edge = end
    windows[:0] = before
    return min(start, low_water)


def expire(windows: list[Window], low_water: float, oldest: float, policy: Policy) -> tuple[float, list[Gap]]:
    """Give up what the service no longer answers for: time before `oldest`.

    Returns the new low-water mark, and the spans that were never delivered, oldest first, adjoining ones joined.
    """
    if low_water >= oldest:
        return low_water, []
    gaps: list[Gap] = []
    edge = low_water
    while windows and windows[0].start < oldest:
        window = windows[0]
        edge = window.end
        gaps += _given_up(window, min(window.end, oldest), policy)
        if window.end > oldest:
            window.start = oldest
            break
        windows.pop(0)
    if edge < oldest:
        gaps.append(Gap(edge, oldest, NO_LONGER_KEPT))
    return oldest, _joined(gaps)


def _given_up(window: Window, end: float, policy: Policy) -> list[Gap]:
    """What of a window up to `end` was never delivered, or may not have been."""
    if window.listed_at is None and not window.again:
        return [Gap(window.start, end, NO_LONGER_KEPT)]
    if window.troubled:
        content_id, trouble = next(iter(window.troubled.items()))
        reason = f"Contents that could never be fetched: {len(window.troubled)}, such as {content_id}: {trouble.reason}"
        return [Gap(window.start, end, reason)]
    if window.listed_at is None:
        return [Gap(window.start, end, AGAIN)]
    if window.closed(policy):
        return []
    seen_until = min(end, max(window.start, window.listed_at - policy.lag_s))
    spans = [Gap(window.start, seen_until, LATE), Gap(seen_until, end, NO_LONGER_KEPT)]
    return [gap for gap in spans if gap.start < gap.end]


def _joined(gaps: list[Gap]) -> list[Gap]:
    joined: list[Gap] = []
    for gap in gaps:
        if joined and joined[-1].end >= gap.start and joined[-1].reason == gap.reason:
            joined[-1] = joined[-1]._replace(end=gap.end)
        else:
            joined.append(gap)
    return joined


def _floor_hour(epoch_s: float) -> float:
    return float(int(epoch_s // HOUR_S) * HOUR_S)
