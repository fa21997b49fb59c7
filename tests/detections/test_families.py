"""Families of stories: every seed draws another one, the attack must be found and the innocent left alone.

MAIL_THREATS_FAMILY_SEEDS=0-4 chooses the seeds; one is the default. Each worker writes its trials into the folder
that MAIL_THREATS_FAMILY_TRIALS names, for the table that test_family_table.py makes of all of them.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.families.every import FAMILIES, OTHERS, SEEDS
from lab.families.left_out import differences
from lab.families.story import ATTACK, Family
from lab.families.trial import OURS, run
from lab.splunk.stand_in import StandIn

ENUMERATION = "T1589.002"
BASE = 1772496000.0
"""2026-03-03T00:00:00Z"""


@pytest.fixture(scope="session")
def splunk(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandIn]:
    """One stand-in for all stories of a worker; each story begins by making it forget the one before."""
    splunk = StandIn(tmp_path_factory.mktemp("splunk"), warm_commands=True)
    splunk.install(package)
    yield splunk
    splunk.close()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("family", [pytest.param(family, id=family.id) for family in FAMILIES])
def test_family(family: Family, seed: int, splunk: StandIn) -> None:
    trial = run(family, seed, BASE, splunk, OTHERS[family.technique])
    if family.technique == ENUMERATION and seed == SEEDS[0]:
        assert differences(splunk) == [], "what the search leaves out before scoreenum changes what is found"
    folder = os.environ.get("MAIL_THREATS_FAMILY_TRIALS")
    if folder:
        with (Path(folder) / f"{os.getpid()}.jsonl").open("a", encoding="utf-8") as file:
            file.write(trial.line() + "\n")
    result = trial.results[OURS]
    again = f"MAIL_THREATS_FAMILY_SEEDS={seed} python3 build.py test detections"
    told = "\n".join((f"{family.id}: {family.draw.__doc__}", f"again: {again}", *result.said))
    assert result.found or family.kind != ATTACK, f"the attack was not found\n{told}"
    assert not result.false, f"{result.false} findings at medium or above name nobody who attacks\n{told}"
