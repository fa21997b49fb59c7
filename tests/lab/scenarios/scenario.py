"""What a scenario is once its file has been read: events, what an administrator set up, what must be found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab.scenarios.events import IndexedEvent

Setting = tuple[str, str, str, str, str]
"""What an administrator writes into a local file: (conf, app, stanza, key, value)."""


@dataclass(frozen=True)
class Expected:
    """One finding a scenario expects; None means any. `score` is (least, most)."""

    entity: str
    status: str = "new"
    severity: str | None = None
    verdict: str | None = None
    technique: str | None = None
    score: tuple[float, float] | None = None
    title: str | None = None
    revision: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Clock:
    """How the scheduler runs, epoch seconds: spans of skipped runs, spans in which the rule is disabled (in order),
    delay of every run, end."""

    skip: tuple[tuple[float, float], ...]
    disabled: tuple[tuple[float, float], ...]
    delay: float
    until: float


@dataclass(frozen=True)
class Scenario:
    """One scenario of a file, for one seed. `drawn` is what `vary` drew."""

    detection: str
    id: str
    story: str
    path: Path
    seed: int
    drawn: Mapping[str, Any]
    base: float
    events: tuple[IndexedEvent, ...]
    allowlist: tuple[Mapping[str, str], ...]
    settings: Mapping[str, str]
    lookups: Mapping[str, list[dict[str, str]]]
    clock: Clock
    expect: tuple[Expected, ...]
    raised: int | None
    warnings: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.detection}:{self.id}"

    @property
    def rule(self) -> str:
        """The stanza in savedsearches.conf."""
        return f"Mail Threats - {self.detection.replace('_', ' ').title()} - Rule"

    def where(self) -> str:
        return f"{self.path.name}: {self.id}"
