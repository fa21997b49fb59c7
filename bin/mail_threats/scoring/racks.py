"""Bursts of neighbours that are one: one client, from several addresses of a /24 or /48 where nobody works."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from .activity import Activity, distinct
from .addresses import neighbourhood
from .burst_score import Burst
from .innocent import ENUMERATION, HIDDEN

# More clients than this and a source has none of its own.
_MOST_CLIENTS = 2
_PAUSE_S = 24 * 3600
_Row = TypeVar("_Row")


class Rack(NamedTuple):
    """What neighbours share that are one hand's."""

    network: str
    clients: frozenset[str]
    apps: frozenset[str]


@dataclass(frozen=True)
class Held(Generic[_Row]):
    """A burst that may be one with its neighbours'; times are epoch seconds."""

    network: str
    first_seen: float
    last_seen: float
    row: _Row


def crowded(networks: Iterable[str]) -> set[str]:
    """The networks that have a neighbour among them."""
    by_rack: dict[str, list[str]] = {}
    for network in networks:
        by_rack.setdefault(neighbourhood(network), []).append(network)
    return {network for rack, members in by_rack.items() if rack and len(members) > 1 for network in members}


def rack_of(network: str, activities: Collection[Activity], burst: Burst) -> Rack | None:
    """Where a burst may have neighbours; None for one with an innocent cause, many clients, or people beside it.

    Who gets in with a name that failed there was guessed.
    """
    failing = [a for a in burst.activities if a.failing]
    clients = frozenset(distinct(failing, "user_agent"))
    if burst.burst_class not in (ENUMERATION, HIDDEN) or len(clients) > _MOST_CLIENTS:
        return None
    tried = {a.user for a in activities if a.failing}
    if any(a.network_people or (a.outcome == "success" and a.user not in tried) for a in activities):
        return None
    return Rack(neighbourhood(network), clients, frozenset(distinct(failing, "app_id") or distinct(failing, "app")))


def of_racks(
    racks: Mapping[Rack, Iterable[Held[_Row]]],
    look: Callable[[str], Iterable[Activity]],
    score: Callable[[str, Iterable[Activity]], Sequence[Burst]],
) -> Iterator[_Row | Burst]:
    """One burst for neighbours that are one hand's, under the address that began; the rows as they are for the others.

    `look` gives the activities of a network, `score` their bursts.
    """
    for rack, held in racks.items():
        for part in together(held):
            sources = list(dict.fromkeys(burst.network for burst in part))
            whole = [a for source in sources for a in look(source)] if len(sources) > 1 else []
            bursts = score(sources[0], whole)
            if not bursts or any(burst.burst_class not in (ENUMERATION, HIDDEN) for burst in bursts):
                yield from (burst.row for burst in part)
                continue
            for burst in bursts:
                burst.reasons.note(f"one client, from {len(burst.addresses)} neighbours in {rack.network}")
                yield burst


def together(held: Iterable[Held[_Row]]) -> Iterator[list[Held[_Row]]]:
    """The bursts of a rack that are less than a day apart, in order of time."""
    run: list[Held[_Row]] = []
    for burst in sorted(held, key=lambda burst: (burst.first_seen, burst.network)):
        if run and burst.first_seen > max(other.last_seen for other in run) + _PAUSE_S:
            yield run
            run = []
        run.append(burst)
    if run:
        yield run
