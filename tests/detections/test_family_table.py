"""What all families together say: recall and precision of each, and of the published rules of others besides.

`build.py test detections` runs it behind the families, whose trials lie in MAIL_THREATS_FAMILY_TRIALS.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lab.families.every import FAMILIES, OTHERS, SEEDS
from lab.families.trial import OURS, Table, Trial, tally


@pytest.fixture(scope="module")
def table() -> Table:
    folder = os.environ.get("MAIL_THREATS_FAMILY_TRIALS")
    if not folder:
        pytest.skip("holds the trials of all families against each other: run `python3 build.py test detections`")
    lines = (line for path in sorted(Path(folder).glob("*.jsonl")) for line in path.read_text("utf-8").splitlines())
    return Table([Trial.of_line(line) for line in lines])


def test_the_table_is_printed(table: Table, capsys: pytest.CaptureFixture[str]) -> None:
    lines = table.lines()
    with capsys.disabled():
        print("", *lines, sep="\n")
    assert len(lines) > len(FAMILIES)


def test_every_family_was_run_with_every_seed(table: Table) -> None:
    run = {(trial.family, trial.seed) for trial in table.trials}
    assert run == {(family.id, seed) for family in FAMILIES for seed in SEEDS}


@pytest.mark.parametrize("technique", sorted(OTHERS))
def test_at_least_as_many_attacks_as_the_best_of_the_others_at_a_tenth_of_its_false_findings(
    technique: str, table: Table
) -> None:
    counts = tally(trial for trial in table.trials if trial.technique == technique)
    ours = counts.pop(OURS)
    best = max(counts.values(), key=lambda count: (count.found, -count.false))
    assert ours.found >= best.found, "\n".join(table.lines())
    assert ours.false * 10 <= best.false, "\n".join(table.lines())
