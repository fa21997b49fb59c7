"""What a family draws: the events of one story, and who the attacker is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from lab.company.script.events import expand
from lab.scenarios.events import IndexedEvent, indexed

ATTACK, INNOCENT = "attack", "innocent"
DAY = 86400.0


@dataclass
class Story:
    """The events of one story, and what in them is the attacker's: addresses (for IPv6 any of a /64), names, mailboxes.

    Times are seconds after `base`, the first midnight (UTC) of the story. `learning`: seconds from its first event in
    which the app only learns, in a company whose rules were enabled later.
    """

    rng: Random
    base: float
    attackers: set[str] = field(default_factory=set)
    allowlist: list[dict[str, str]] = field(default_factory=list)
    entries: list[dict[str, Any]] = field(default_factory=list)
    feeds: list[str] = field(default_factory=lambda: ["graph"])
    late: float | None = None
    twice: bool = False
    learning: float = 0.0

    def sign_in(self, at: float, user: str, src: str, code: int, **facts: Any) -> None:
        """One attempt, in every feed of the story."""
        self.entries.append(
            {"signin": {"user": user, "src": src, "code": code, "feed": list(self.feeds), **facts}, "at": at}
        )

    def audit(self, at: float, operation: str, **facts: Any) -> None:
        self.entries.append({"audit": {"Operation": operation, **facts}, "at": at})

    def other(self, at: float, kind: str, **facts: Any) -> None:
        """An event of another kind of lab.company.script.events."""
        self.entries.append({kind: facts, "at": at})

    def events(self) -> list[IndexedEvent]:
        entries = [
            {
                **entry,
                **({"late": self.late} if self.late is not None else {}),
                **({"twice": True} if self.twice else {}),
            }
            for entry in sorted(self.entries, key=lambda entry: float(entry["at"]))
        ]
        return indexed(expand(entries, base=self.base, names={}, rng=self.rng, where="family"))


@dataclass(frozen=True)
class Family:
    """One kind of story. `technique` is the MITRE technique whose findings are held against it."""

    id: str
    kind: str
    technique: str
    draw: Callable[[Story], None]

    def story(self, seed: int, base: float) -> Story:
        """The story of a seed; the same seed gives the same bytes."""
        story = Story(Random(f"{self.id}:{seed}"), base)
        self.draw(story)
        return story


class Families:
    """Collects the families of one technique: decorate the function that draws one."""

    def __init__(self, technique: str) -> None:
        self.technique = technique
        self.all: list[Family] = []

    def attack(self, draw: Callable[[Story], None]) -> Callable[[Story], None]:
        return self._add(ATTACK, draw)

    def innocent(self, draw: Callable[[Story], None]) -> Callable[[Story], None]:
        return self._add(INNOCENT, draw)

    def _add(self, kind: str, draw: Callable[[Story], None]) -> Callable[[Story], None]:
        self.all.append(Family(draw.__name__, kind, self.technique, draw))
        return draw


def pick(rng: Random, values: Iterable[Any], count: int) -> list[Any]:
    return rng.sample(sorted(values), count)
