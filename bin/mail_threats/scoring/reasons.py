"""Points with their reasons: what every score of this package is made of."""

from __future__ import annotations

from dataclasses import dataclass, field


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


def some(names: list[str]) -> str:
    """The first three names, and how many more there are."""
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
