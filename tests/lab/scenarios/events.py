"""The events of a scenario, as they reach an index."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lab.company.script.events import Emission

# What a service takes when a scenario says nothing: the usual case, so that `late` means late.
USUAL_ARRIVAL_S = {"audit": 600.0, "endpoint": 5.0, "raw": 5.0}
_USUAL_SIGN_IN_S = 150.0


@dataclass(frozen=True, order=True)
class IndexedEvent:
    """One event for an index. `time` when it happened and `indextime` when it arrived, epoch seconds."""

    indextime: float
    time: float
    raw: str
    sourcetype: str
    source: str
    host: str
    where: str


def indexed(emissions: Iterable[Emission], default_host: str = "collector") -> list[IndexedEvent]:
    """Every emission and every copy of it, in order of arrival."""
    events = []
    for emission in emissions:
        usual = USUAL_ARRIVAL_S.get(emission.feed, _USUAL_SIGN_IN_S)
        late = usual if emission.late is None else emission.late
        for copy in (0.0, *emission.copies):
            events.append(
                IndexedEvent(
                    indextime=float(int(emission.time + late + copy)),
                    time=emission.time,
                    raw=emission.text(),
                    sourcetype=emission.sourcetype,
                    source=emission.source,
                    host=emission.host or default_host,
                    where=emission.where,
                )
            )
    return sorted(events)
