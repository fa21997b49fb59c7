"""What an alert has already said, and keeps quiet about for a while."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from lab.splunk.scheduler.saved_search import SavedSearch
from lab.splunk.spl.values import Row, text


@dataclass
class SuppressionMemory:
    """Until when which result of which search is suppressed.

    With fields, each result stands for itself: those whose values were seen within the period leave, the others go on
    to the actions, in digest mode too. Of two results with the same values in one run the first goes on. Without
    fields the alert as a whole is quiet. A period begins with the run that let a result pass.
    """

    _until: dict[tuple[str, str], dict[tuple[str, ...], float]] = field(default_factory=dict)

    def split(self, search: SavedSearch, rows: Sequence[Row], now: float) -> tuple[list[Row], list[Row]]:
        """``(passed, suppressed)``, and remembers what passed."""
        suppression = search.suppression
        if suppression is None:
            return list(rows), []
        memory = self._until.setdefault((search.app, search.name), {})
        if not suppression.fields:
            if memory.get((), 0.0) > now:
                return [], list(rows)
            memory[()] = now + suppression.period
            return list(rows), []
        passed: list[Row] = []
        suppressed: list[Row] = []
        for row in rows:
            key = tuple(text(row.get(field, "")) for field in suppression.fields)
            if memory.get(key, 0.0) > now:
                suppressed.append(row)
            else:
                memory[key] = now + suppression.period
                passed.append(row)
        return passed, suppressed
