"""What was tried of one name: the unit that the pattern model and the innocent classes judge."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from .activity import Activity

_NONE: frozenset[str] = frozenset()
# Guesses have few different clients, applications and codes; a set of its own for each takes six times the guess.
_REMEMBERED = 2_048


class Guess(NamedTuple):
    """One failing name of one source or cluster. Times are epoch seconds, `sources` the addresses it came from."""

    name: str
    first_seen: float
    last_seen: float
    attempts: int = 0
    outcomes: frozenset[str] = _NONE
    agents: frozenset[str] = _NONE
    clients: frozenset[str] = _NONE
    apps: frozenset[str] = _NONE
    codes: frozenset[str] = _NONE
    sources: frozenset[str] = _NONE
    known: bool = False

    @property
    def exists(self) -> bool:
        return bool(self.outcomes & {"guess_real", "password_correct"})

    @property
    def not_real(self) -> bool:
        """The directory says that there is no such account."""
        return "guess_not_real" in self.outcomes and not self.exists

    @property
    def span_s(self) -> float:
        return self.last_seen - self.first_seen


@lru_cache(_REMEMBERED)
def joined(known: frozenset[str], more: tuple[str, ...]) -> frozenset[str]:
    """The values of both; equal sets are one object."""
    return _one(known.union(more))


@lru_cache(_REMEMBERED)
def _one(values: frozenset[str]) -> frozenset[str]:
    return values


def guesses_of(activities: Iterable[Activity]) -> list[Guess]:
    """The named guesses among activities, in the order in which they were first tried."""
    found: dict[str, Guess] = {}
    for activity in activities:
        if not activity.failing or activity.hidden:
            continue
        guess = found.get(activity.user) or Guess(activity.user, activity.first_seen, activity.last_seen)
        found[activity.user] = Guess(
            guess.name,
            min(guess.first_seen, activity.first_seen),
            max(guess.last_seen, activity.last_seen),
            guess.attempts + activity.attempts,
            joined(guess.outcomes, (activity.outcome,)),
            joined(guess.agents, activity.user_agent),
            joined(guess.clients, activity.client_app),
            joined(guess.apps, activity.app),
            joined(guess.codes, activity.error_code),
            joined(guess.sources, (activity.src,)),
            guess.known or activity.known,
        )
    return sorted(found.values(), key=lambda guess: (guess.first_seen, guess.name))
