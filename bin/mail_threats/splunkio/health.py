"""What an input tells about itself: one event a cycle, sourcetype `mail_threats:health`, on its own stdout.

Admins may not see _internal, and separate hosts know nothing of each other; both is solved by an event in the input's
own index.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mail_threats.feeds.raw_event import RawEvent
from mail_threats.feeds.report import STANDBY, Report
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import Gap, Policy
from mail_threats.timestamps import zulu

SOURCETYPE = "mail_threats:health"
_COUNTERS = ("events", "bytes", "duplicates", "events_without_time", "requests", "retries", "throttles", "tokens")


def health_event(
    facts: Mapping[str, Any],
    counters: Mapping[str, int],
    streams: Iterable[tuple[str, StreamState, Policy]],
    losses: Sequence[tuple[str, Gap]],
    report: Report,
    *,
    now: float,
    stopped: bool,
) -> RawEvent:
    """The health event at `now` (epoch seconds).

    `facts` come first in it, as they are. `losses` are those that no health event has told yet, by stream. `status` is
    `error` when an admin has to act or something was lost, `warning` when the input helps itself, `stopped` when
    splunkd ended the run, `standby` when another member of the cluster collects, else `ok`. Spans are in `gaps`;
    `errors` say what to do.
    """
    states = [_stream(name, state, policy, now) for name, state, policy in streams]
    content: dict[str, Any] = {
        "time": zulu(now),
        **facts,
        "status": _status(report, losses, stopped),
        **{name: counters.get(name, 0) for name in _COUNTERS},
        "lag_s": max((state["lag_s"] for state in states), default=None),
        "streams": states,
        "gaps": [{"stream": stream, **_gap(gap)} for stream, gap in losses],
        "errors": [problem._asdict() for problem in report.problems],
    }
    raw = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return RawEvent(f"{now:.3f}", str(facts["input"]), SOURCETYPE, raw, "")


def _status(report: Report, losses: Sequence[tuple[str, Gap]], stopped: bool) -> str:
    if losses or any(problem.needs_admin for problem in report.problems):
        return "error"
    if any(problem.reaction != STANDBY for problem in report.problems):
        return "warning"
    if report.problems:
        return "standby"
    return "stopped" if stopped else "ok"


def _stream(name: str, state: StreamState, policy: Policy, now: float) -> dict[str, Any]:
    covered = covered_until(state, policy)
    owed: list[str] = [content_id for window in state.windows for content_id in window.troubled]
    return {
        "stream": name,
        "low_water": zulu(state.low_water),
        "covered_until": zulu(covered),
        "lag_s": max(0, int(now - covered)),
        "windows_open": len(state.windows),
        "content_owed": len(owed),
        "gaps_known": len(state.gaps),
    }


def covered_until(state: StreamState, policy: Policy) -> float:
    """The time up to which everything that was visible has been delivered or recorded as lost."""
    covered = state.low_water
    for window in state.windows:
        if window.listed_at is None or window.troubled:
            break
        covered = min(window.end, window.listed_at - policy.lag_s)
    return covered


def _gap(gap: Gap) -> dict[str, str]:
    return {"start": zulu(gap.start), "end": zulu(gap.end), "reason": gap.reason}
