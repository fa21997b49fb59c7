"""`scoreenum`: sign-in rows of a source in, one scored row per burst out."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

from splunklib.searchcommands import Configuration, Option, ReportingCommand, dispatch, validators

from ..scoring.activity import Activity, Interner, RowError, distinct, read_activity
from ..scoring.burst_score import Burst, Thresholds, score_source
from .whole_input import Record, last_chunk, rows

# Multivalue fields of evidence that the output carries as the input had them.
_EVIDENCE = ("app", "app_id", "client_app", "user_agent", "error_code", "feed")


@Configuration()
class ScoreEnumCommand(ReportingCommand):
    """Scores bursts of different addresses tried from one source."""

    window = Option(require=False, default=60, validate=validators.Integer(1, 1440))
    low = Option(require=False, default=10, validate=validators.Integer(2))
    moderate = Option(require=False, default=20, validate=validators.Integer(2))
    high = Option(require=False, default=50, validate=validators.Integer(2))
    merge_gap = Option(require=False, default=60, validate=validators.Integer(0))
    max_names = Option(require=False, default=100, validate=validators.Integer(1, 10000))

    def prepare(self) -> None:
        """Leaves out splunklib's streaming pre-operation, which would ask indexers, where the app is not, to run us."""
        if not self.low <= self.moderate <= self.high:
            problem = f"low={self.low}, moderate={self.moderate}, high={self.high}: they must not fall"
            self.error_exit(ValueError(problem), problem)
        self._sources: dict[str, list[Activity]] = {}
        self._interner = Interner()
        self._refused = 0
        self._first_refusal = ""

    def reduce(self, records: Iterator[Record]) -> Iterator[dict[str, Any]]:
        """Gathers each chunk's rows; answers with the last one.

        A row that cannot be used is left out, counted and named in the search's messages: it must not stop a rule.
        """
        for row in rows(records):
            try:
                source, activity = read_activity(row, self._interner)
            except RowError as error:
                self._refused += 1
                self._first_refusal = self._first_refusal or str(error)
                continue
            self._sources.setdefault(source, []).append(activity)
        if last_chunk(self):
            yield from self._answer()

    def _answer(self) -> Iterator[dict[str, Any]]:
        if self._refused:
            self.write_warning(f"scoreenum left out {self._refused} rows. The first: {self._first_refusal}")
        thresholds = Thresholds(
            self.window, self.low, self.moderate, self.high, merge_gap=self.merge_gap, max_names=self.max_names
        )
        for source in sorted(self._sources):
            for burst in score_source(source, self._sources[source], thresholds):
                yield output_row(burst, thresholds)


def output_row(burst: Burst, thresholds: Thresholds) -> dict[str, Any]:
    """A burst as a row of the search: lists are multivalue fields, numbers plain, times in epoch seconds."""
    row: dict[str, Any] = {
        "_time": _number(burst.last_seen),
        "src": burst.source,
        "first_seen": _number(burst.first_seen),
        "last_seen": _number(burst.last_seen),
        "span_min": burst.span_min,
        "attempts": burst.attempts,
        "unique_names": len(burst.names),
        "peak_names": burst.peak_names,
        "rate_per_min": f"{len(burst.names) / burst.span_min:.2f}",
        "user": burst.names[: thresholds.max_names],
        "user_list_truncated": max(0, len(burst.names) - thresholds.max_names),
        "names_hidden": burst.names_hidden,
        "valid_found": burst.valid_found,
        "valid_found_count": len(burst.valid_found),
        "password_correct": burst.password_correct,
        "password_correct_count": len(burst.password_correct),
        "unsure_names": burst.unsure[: thresholds.max_names],
        "unsure_count": len(burst.unsure),
        "not_real_count": burst.not_real_count,
        "success_user": burst.success_users,
        "success_count": len(burst.success_users),
        "explained_names": burst.explained_names,
    }
    for name in _EVIDENCE:
        row[name] = distinct(burst.activities, name)[: thresholds.max_names]
    row["user_agent_count"] = len(distinct(burst.activities, "user_agent"))
    row.update(
        enum_score=burst.score,
        enum_verdict=burst.verdict,
        enum_reasons=burst.reasons.lines(),
        enum_class=burst.burst_class,
    )
    return row


def _number(epoch: float) -> str:
    return f"{epoch:.3f}".rstrip("0").rstrip(".")


def main() -> None:
    """Runs the command over the process's standard streams."""
    dispatch(ScoreEnumCommand, sys.argv, sys.stdin, sys.stdout)
