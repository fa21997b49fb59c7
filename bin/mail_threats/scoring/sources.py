"""Networks that try few names each, what they share, and those that are somebody's own."""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Sequence
from itertools import repeat
from typing import NamedTuple

from .activity import Activity
from .addresses import neighbourhood
from .guesses import Guess

# Sources are one story as long as one follows the other within so many seconds.
PAUSE_S = 4 * 3600


class Source(NamedTuple):
    """A network that tries few names, what it did, and what is left of its guesses."""

    network: str
    activities: list[Activity]
    guesses: list[Guess]

    @property
    def agents(self) -> set[str]:
        return {agent for guess in self.guesses for agent in guess.agents}

    @property
    def apps(self) -> set[str]:
        return {value for activity in self.activities for value in activity.app_id or activity.app}

    @property
    def first_seen(self) -> float:
        return min(guess.first_seen for guess in self.guesses)


class _Numbered:
    """A number for each distinct set of texts, and the sets by their numbers."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, ...], int] = {}

    def of(self, texts: Iterable[str]) -> int:
        return self._numbers.setdefault(tuple(sorted(texts)), len(self._numbers))

    def holding(self, text: str) -> set[int]:
        return {number for texts, number in self._numbers.items() if text in texts}


class OwnSources:
    """Networks where somebody signs in, or mistypes. A company has hundreds of thousands of them: kept is what it takes
    to count those that have a trait at a time, 24 bytes each and its clients.

    `slips` are those where every name looks like somebody's slip: a list may have tried them after all.
    """

    def __init__(self) -> None:
        self.slips: list[Source] = []
        self._times = array("d")
        # A place is a 64-bit number that is only compared, for the text of its neighbourhood.
        self._places = array("q")
        self._agents, self._agent_sets = array("I"), _Numbered()
        self._apps, self._app_sets = array("I"), _Numbered()

    def add(self, source: Source, *, slips: bool) -> None:
        self._times.append(source.first_seen)
        self._places.append(hash(neighbourhood(source.network)))
        self._agents.append(self._agent_sets.of(source.agents))
        self._apps.append(self._app_sets.of(source.apps))
        if slips:
            self.slips.append(source)

    def count(self, trait: str, value: str, part: Sequence[Source], but: Collection[Source] = ()) -> int:
        """How many have the trait, and were there while the sources of `part`, in order of time, were; `but` are of
        `slips` and do not count."""
        first, last = _around(part)
        having = self._having(trait, value)
        found = sum(1 for time, has in zip(self._times, having) if has and first <= time <= last)
        return found - sum(1 for source in but if _has(source, trait, value) and within(source, part))

    def _having(self, trait: str, value: str) -> Iterable[bool]:
        """For each source whether it has the trait, in the order they were added."""
        if trait == "agent":
            agents = self._agent_sets.holding(value)
            return (number in agents for number in self._agents)
        if trait == "application":
            apps = self._app_sets.holding(value)
            return (number in apps for number in self._apps)
        if trait == "network":
            place = hash(value)
            return (number == place for number in self._places)
        return repeat(True)

    def taken(self, networks: Collection[str]) -> None:
        """What belongs to a cluster is no slip any more."""
        self.slips = [source for source in self.slips if source.network not in networks]


def groups_of(sources: Sequence[Source]) -> dict[tuple[str, str], list[Source]]:
    """The sources by each trait and its value, and all of them as those of one list."""
    groups: dict[tuple[str, str], list[Source]] = {("list", "everywhere"): list(sources)}
    for source in sources:
        for agent in source.agents:
            groups.setdefault(("agent", agent), []).append(source)
        for app in source.apps:
            groups.setdefault(("application", app), []).append(source)
        groups.setdefault(("network", neighbourhood(source.network)), []).append(source)
    return groups


def _has(source: Source, trait: str, value: str) -> bool:
    if trait == "agent":
        return value in source.agents
    if trait == "application":
        return value in source.apps
    return trait == "list" or neighbourhood(source.network) == value


def within(source: Source, part: Sequence[Source]) -> bool:
    """Whether a source was there while those of `part`, in order of time, were."""
    first, last = _around(part)
    return first <= source.first_seen <= last


def _around(part: Sequence[Source]) -> tuple[float, float]:
    return part[0].first_seen - 3600, part[-1].first_seen + 3600


def parts_of(members: Sequence[Source]) -> list[list[Source]]:
    """Members in order of time, cut where nothing happens for hours."""
    ordered = sorted(members, key=lambda source: source.first_seen)
    parts = [ordered[:1]]
    for source in ordered[1:]:
        if source.first_seen - parts[-1][-1].first_seen > PAUSE_S:
            parts.append([])
        parts[-1].append(source)
    return parts


def neighbours_of(part: Sequence[Source]) -> float:
    """Share of sources that have another one in their /24 or /48."""
    count: dict[str, int] = {}
    for source in part:
        count[neighbourhood(source.network)] = count.get(neighbourhood(source.network), 0) + 1
    return sum(number for number in count.values() if number > 1) / len(part)
