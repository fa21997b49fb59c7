"""What was tried of one name: the unit that the pattern model and the innocent classes judge."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .activity import Activity


@dataclass
class Guess:
    """One failing name of one source or cluster. Times are epoch seconds, `sources` the addresses it came from."""

    name: str
    first_seen: float
    last_seen: float
    attempts: int = 0
    outcomes: set[str] = field(default_factory=set)
    agents: set[str] = field(default_factory=set)
    clients: set[str] = field(default_factory=set)
    apps: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
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


def guesses_of(activities: Iterable[Activity]) -> list[Guess]:
    """The named guesses among activities, in the order in which they were first tried."""
    found: dict[str, Guess] = {}
    for activity in activities:
        if not activity.failing or activity.hidden:
            continue
        guess = found.get(activity.user)
        if guess is None:
            guess = found[activity.user] = Guess(activity.user, activity.first_seen, activity.last_seen)
        guess.first_seen = min(guess.first_seen, activity.first_seen)
        guess.last_seen = max(guess.last_seen, activity.last_seen)
        guess.attempts += activity.attempts
        guess.outcomes.add(activity.outcome)
        guess.agents.update(activity.user_agent)
        guess.clients.update(activity.client_app)
        guess.apps.update(activity.app)
        guess.codes.update(activity.error_code)
        guess.sources.add(activity.src)
        guess.known = guess.known or activity.known
    return sorted(found.values(), key=lambda guess: (guess.first_seen, guess.name))
