"""Compares the findings a rule recorded with those a scenario expects."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from lab.company.judgement import same
from lab.scenarios.scenario import Expected

Finding = dict[str, Any]


def from_rows(rows: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Findings in the JSON shape of the contract, from rows of the macro `mail_threats_findings`.

    A row's _raw is the finding as it was written: {detection, rule, technique, time, entity, score, severity,
    finding_status, title, revision, ...}. ValueError for a row whose _raw is no JSON object.
    """
    findings = []
    for row in rows:
        try:
            written = json.loads(str(row["_raw"]))
        except (KeyError, json.JSONDecodeError) as error:
            raise ValueError(f"a finding's _raw is no JSON ({error}): {row}") from None
        if not isinstance(written, dict):
            raise ValueError(f"a finding's _raw is no JSON object: {row['_raw']!r}")
        findings.append(
            {
                "detection": written.get("detection"),
                "rule": written.get("rule"),
                "technique": written.get("technique"),
                "time": float(written.get("time", row.get("_time", 0))),
                "entity": str(written.get("entity", "")).lower(),
                "score": _number(written.get("score")),
                "severity": written.get("severity"),
                "status": written.get("finding_status"),
                "title": written.get("title", ""),
                "fields": written,
            }
        )
    return findings


def differences(expected: Iterable[Expected], findings: Iterable[Finding]) -> list[str]:
    """What is wrong, one line each; empty when every expected finding is there once and no other is."""
    wanted = list(expected)
    left = list(findings)
    wrong: list[str] = []
    pairs: list[tuple[Expected, Finding]] = []
    # Whole matches first: two findings of one entity must not be paired crosswise.
    for strict in (True, False):
        for one in list(wanted):
            candidates = [f for f in left if _same_thing(one, f) and (not strict or not _mismatches(one, f))]
            if candidates:
                pairs.append((one, candidates[0]))
                left.remove(candidates[0])
                wanted.remove(one)
    for one, finding in pairs:
        wrong.extend(f"{one.entity} ({one.status}): {problem}" for problem in _mismatches(one, finding))
    wrong.extend(f"missed: {one.entity} ({one.status})" for one in wanted)
    wrong.extend(
        f"false alarm: {f['entity']} ({f['status']}, {f['severity']}, score {f['score']}): {f['title']}" for f in left
    )
    return wrong


def _same_thing(expected: Expected, finding: Finding) -> bool:
    return (finding["entity"], finding["status"]) == (expected.entity, expected.status)


def _mismatches(expected: Expected, finding: Finding) -> list[str]:
    fields = finding["fields"]
    problems = []
    if expected.severity is not None and finding["severity"] != expected.severity:
        problems.append(f"severity is {finding['severity']}, not {expected.severity} (score {finding['score']})")
    verdict = fields.get("verdict", fields.get("enum_verdict"))
    if expected.verdict is not None and verdict != expected.verdict:
        problems.append(f"verdict is {verdict!r}, not {expected.verdict!r}")
    if expected.technique is not None and finding["technique"] != expected.technique:
        problems.append(f"technique is {finding['technique']!r}, not {expected.technique!r}")
    if expected.score is not None and not expected.score[0] <= finding["score"] <= expected.score[1]:
        least, most = expected.score
        problems.append(f"score is {finding['score']}, not {least:g} to {most:g}: {fields.get('score_reasons')}")
    if expected.title is not None and expected.title not in finding["title"]:
        problems.append(f"title {finding['title']!r} does not contain {expected.title!r}")
    if expected.revision is not None and not same(fields.get("revision"), expected.revision):
        problems.append(f"revision is {fields.get('revision')}, not {expected.revision}")
    for name, value in expected.fields.items():
        if not same(fields.get(name), value):
            problems.append(f"field {name} is {fields.get(name)!r}, not {value!r}")
    return problems


def _number(value: Any) -> float:
    number = float(value)
    return int(number) if number.is_integer() else number
