"""Attempts of one source whose names the audit feed hides, and how many of them no other feed names."""

from __future__ import annotations

from collections.abc import Iterable

from .activity import Activity
from .patterns import SCRIPTS


def without_named_twins(activities: Iterable[Activity]) -> list[Activity]:
    """The activities without the records of the audit feed that another feed names: both have the same id."""
    listed = list(activities)
    named = {record for a in listed if not a.hidden for record in a.record_ids}
    left = []
    for activity in listed:
        twins = len(named.intersection(activity.record_ids)) if activity.hidden else 0
        if twins:
            activity = activity._replace(attempts=activity.attempts - twins)
        if activity.attempts > 0 or not twins:
            left.append(activity)
    return left


def script_of(hidden: list[Activity]) -> str:
    """The script or tool that made at least half of the attempts with hidden names, empty for none."""
    scripted: dict[str, int] = {}
    for a in hidden:
        for agent in a.user_agent:
            if SCRIPTS.search(agent):
                scripted[agent] = scripted.get(agent, 0) + a.attempts
    most = max(scripted, key=lambda agent: (scripted[agent], agent), default="")
    return most if most and scripted[most] * 2 >= sum(a.attempts for a in hidden) else ""


def hidden_attempts(inside: list[Activity]) -> int:
    """Attempts whose name the audit feed hides. Rows without record ids are compared with named ones by number."""
    hidden = [a for a in inside if a.hidden]
    attempts = sum(a.attempts for a in hidden)
    if any(a.record_ids for a in hidden):
        return attempts
    return max(0, attempts - sum(a.attempts for a in inside if a.outcome == "guess_not_real" and not a.hidden))
