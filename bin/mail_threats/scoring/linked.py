"""Bursts of several sources that are one story: the same client, which nobody who signs in uses."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from .activity import distinct
from .burst_score import Burst
from .innocent import ENUMERATION, HIDDEN
from .patterns import SCRIPTS

# More clients than this and a source has none of its own.
_MOST_CLIENTS = 2
_PAUSE_S = 24 * 3600


def client_of(burst: Burst, people_agents: Collection[str]) -> frozenset[str]:
    """The clients of a burst by which it can be known again; none where its names have an innocent cause.

    `people_agents` are the clients with which people sign in. A script's is told even if somebody signs in with it.
    """
    agents = frozenset(distinct((a for a in burst.activities if a.failing), "user_agent"))
    if burst.burst_class not in (ENUMERATION, HIDDEN) or len(agents) > _MOST_CLIENTS:
        return frozenset()
    return frozenset(agent for agent in agents if SCRIPTS.search(agent) or agent not in people_agents)


def link(bursts: Sequence[tuple[Burst, frozenset[str]]]) -> list[list[str]]:
    """For each burst with its client the other sources whose bursts are one story with it, and a line that says so.

    One story is one client within a day. The line is worth no points: each burst is judged by what it did.
    """
    linked: list[list[str]] = []
    for burst, client in bursts:
        others = [
            other.source
            for other, its in bursts
            if client and client == its and other.source != burst.source and _near(burst, other)
        ]
        others = sorted(set(others))
        if others:
            burst.reasons.note(f"the same client tried names from {len(others)} other sources: {', '.join(others[:5])}")
        linked.append(others)
    return linked


def _near(one: Burst, other: Burst) -> bool:
    return one.first_seen <= other.last_seen + _PAUSE_S and other.first_seen <= one.last_seen + _PAUSE_S
