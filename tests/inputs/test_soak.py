"""Lives of inputs, drawn from seeds: nothing is lost, and nothing comes twice without a kill that explains it.

MAIL_THREATS_SOAK_SEEDS=0-299 chooses the seeds; `python3 build.py soak` runs these 300. In a few more lives, chosen by
MAIL_THREATS_SOAK_ADMIN_SEEDS, an admin has the input collect again, or imports a record.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from inputs.forwarder import Forwarder
from inputs.pythons import VERSIONS
from inputs.soak import Life, told

QUICK, QUICK_WITH_ADMIN = "0-9", "0-5"


def seeds(variable: str, quick: str) -> list[int]:
    """The seeds of `0-9,17`."""
    chosen: list[int] = []
    for part in os.environ.get(variable, quick).split(","):
        first, _, last = part.partition("-")
        chosen += range(int(first), int(last or first) + 1)
    return chosen


def drawn(variable: str, quick: str) -> pytest.MarkDecorator:
    """A life for each seed, on each of Splunk's Pythons in turn."""
    rows = [pytest.param(VERSIONS[seed % 2], seed, id=f"seed {seed}") for seed in seeds(variable, quick)]
    return pytest.mark.parametrize(("splunk_python", "seed"), rows, indirect=["splunk_python"])


@drawn("MAIL_THREATS_SOAK_SEEDS", QUICK)
def test_every_event_that_had_not_expired_is_indexed(
    forwarders: Callable[[Path], Forwarder], splunk_python: tuple[str, Path], seed: int
) -> None:
    is_clean(forwarders(splunk_python[1]), seed, "MAIL_THREATS_SOAK_SEEDS")


@drawn("MAIL_THREATS_SOAK_ADMIN_SEEDS", QUICK_WITH_ADMIN)
def test_what_an_admin_does_meanwhile_loses_nothing(
    forwarders: Callable[[Path], Forwarder], splunk_python: tuple[str, Path], seed: int
) -> None:
    is_clean(forwarders(splunk_python[1]), seed, "MAIL_THREATS_SOAK_ADMIN_SEEDS")


def is_clean(forwarder: Forwarder, seed: int, variable: str) -> None:
    try:
        life = Life(seed, forwarder, by_admin="ADMIN" in variable)
        verdict = life.live()
        again = f"{variable}={seed} .venv/lab/bin/python -m pytest tests/inputs/test_soak.py"
        note(seed, verdict.__dict__)
        assert verdict.clean, f"seed {seed}: {told(verdict, life)}\n{forwarder.log()[-3000:]}\nagain: {again}"
    finally:
        forwarder.forget()


def note(seed: int, counts: dict[str, object]) -> None:
    """A line into the file that MAIL_THREATS_SOAK_REPORT names."""
    report = os.environ.get("MAIL_THREATS_SOAK_REPORT")
    if report:
        numbers = {name: len(value) if isinstance(value, list) else value for name, value in counts.items()}
        with open(report, "a", encoding="ascii") as file:
            file.write(json.dumps({"seed": seed, **numbers}) + "\n")
