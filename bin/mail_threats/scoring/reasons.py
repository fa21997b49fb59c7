"""Points with their reasons: what every score of this package is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

HIGH_CAP = 89
"""Points above which a finding would be critical."""


@dataclass
class Reasons:
    """Points with their reasons; the score is their sum, kept within 0 to 100 by reasons of their own."""

    points: list[tuple[int, str]] = field(default_factory=list)

    def add(self, points: int, reason: str) -> None:
        if points:
            self.points.append((points, reason))

    def note(self, reason: str) -> None:
        """A line that an analyst should read and that is worth no points."""
        self.points.append((0, reason))

    @property
    def total(self) -> int:
        return sum(points for points, _ in self.points)

    def keep_at_most(self, most: int, reason: str) -> None:
        self.add(min(0, most - self.total), reason)

    def lines(self) -> list[str]:
        return [f"{points}: {reason}" for points, reason in self.points]


def add_found(reasons: Reasons, real: Sequence[str], right: Sequence[str], entered: Sequence[str] = ()) -> None:
    """Points for what guesses found: addresses that exist, right passwords, or at least accounts that signed in."""
    if real:
        reasons.add(10, f"{len(real)} of the addresses exist: {some(real)}")
    if right:
        reasons.add(50, f"the password was right for {some(right)}")
    elif entered:
        reasons.add(50, f"signed in from the same source: {some(entered)}")


def keep_critical_for_entry(reasons: Reasons, entered: bool) -> None:
    """Guesses of several sources or days are critical only with a way in; no score exceeds 100."""
    if not entered:
        reasons.keep_at_most(HIGH_CAP, "critical is kept for a right password")
    reasons.keep_at_most(100, "capped at 100")


def some(names: Sequence[str]) -> str:
    """The first three names, and how many more there are."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
