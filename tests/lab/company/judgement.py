"""Holds findings against the truth of a world: what was met, what was missed, what is a false alarm."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.company.world import SEVERITIES, Truth

_RAISED = SEVERITIES.index("medium")
_SLACK = 3600.0


@dataclass(frozen=True)
class Verdict:
    """`outcome` is met, missed (something that must be there is not) or false_alarm; `because` says it in words."""

    truth: Truth
    outcome: str
    because: str


@dataclass(frozen=True)
class Judgement:
    """`verdicts` one for each truth entry; `unexplained` findings raised (new, medium or above) that no entry speaks
    of."""

    verdicts: list[Verdict]
    unexplained: list[Mapping[str, Any]]

    @property
    def clean(self) -> bool:
        """Nothing missed, nothing false."""
        return not self.unexplained and all(verdict.outcome == "met" for verdict in self.verdicts)


def judge(truth: Sequence[Truth], findings: Iterable[Mapping[str, Any]]) -> Judgement:
    """`findings` as the JSON of contracts has them: detection, entity, status, severity, time, fields."""
    listed = list(findings)
    verdicts = [_verdict(entry, [finding for finding in listed if _speaks_of(entry, finding)]) for entry in truth]
    unexplained = [
        finding
        for finding in listed
        if finding["status"] == "new"
        and _rank(finding) >= _RAISED
        and not any(_speaks_of(entry, finding) for entry in truth)
    ]
    return Judgement(verdicts, unexplained)


def _speaks_of(entry: Truth, finding: Mapping[str, Any]) -> bool:
    """The same detection and entity, and evidence within the story's time: an office may be innocent today and not
    tomorrow."""
    until = float(finding["time"])
    since = min(until, float(finding.get("fields", {}).get("first_seen", until)))
    return (
        finding["detection"] == entry.detection
        and str(finding["entity"]).lower() == entry.entity.lower()
        and since <= entry.last + _SLACK
        and until >= entry.first - _SLACK
    )


def _rank(finding: Mapping[str, Any]) -> int:
    return SEVERITIES.index(finding["severity"])


def _verdict(entry: Truth, findings: list[Mapping[str, Any]]) -> Verdict:
    new = [finding for finding in findings if finding["status"] == "new"]
    if entry.must == "found":
        return _found(entry, new)
    if entry.must == "none":
        if findings:
            return Verdict(entry, "false_alarm", f"{len(findings)} findings where there must be none")
        return Verdict(entry, "met", "no finding")
    too_high = [finding for finding in new if _rank(finding) > SEVERITIES.index(str(entry.max_severity))]
    if too_high:
        return Verdict(
            entry, "false_alarm", f"raised at {too_high[0]['severity']}, at most {entry.max_severity} is right"
        )
    if entry.must == "allowed" and not any(finding["status"] == "allowed" for finding in findings):
        return Verdict(entry, "missed", "no finding with status allowed")
    return Verdict(entry, "met", "recorded as allowed" if entry.must == "allowed" else "not raised")


def _found(entry: Truth, new: list[Mapping[str, Any]]) -> Verdict:
    if not new:
        return Verdict(entry, "missed", "no new finding")
    best = max(new, key=_rank)
    if _rank(best) < SEVERITIES.index(str(entry.min_severity)):
        return Verdict(entry, "missed", f"found at {best['severity']} only, {entry.min_severity} or above is right")
    for name, value in entry.fields.items():
        actual = best.get("fields", {}).get(name)
        if not same(actual, value):
            return Verdict(entry, "missed", f"field {name} is {actual!r}, not {value!r}")
    return Verdict(entry, "met", f"found at {best['severity']}")


def same(actual: Any, expected: Any) -> bool:
    """Equal as Splunk shows them: texts compared as texts, a list holds the same members in any order."""
    as_list = [value if isinstance(value, list) else [] if value is None else [value] for value in (actual, expected)]
    left, right = ([str(item) for item in items] for items in as_list)
    return sorted(left) == sorted(right)
