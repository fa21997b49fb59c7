"""Lives of inputs, drawn from seeds: nothing is lost, and nothing comes twice without a kill that explains it.

MAIL_THREATS_SOAK_SEEDS=0-299 chooses the seeds; `python3 build.py soak` runs these 300.
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

QUICK = "0-9"


def seeds() -> list[int]:
    """The seeds of `0-9,17`."""
    chosen: list[int] = []
    for part in os.environ.get("MAIL_THREATS_SOAK_SEEDS", QUICK).split(","):
        first, _, last = part.partition("-")
        chosen += range(int(first), int(last or first) + 1)
    return chosen


@pytest.mark.parametrize(
    ("splunk_python", "seed"),
    [pytest.param(VERSIONS[seed % len(VERSIONS)], seed, id=f"seed {seed}") for seed in seeds()],
    indirect=["splunk_python"],
)
def test_every_event_that_had_not_expired_is_indexed(
    forwarders: Callable[[Path], Forwarder], splunk_python: tuple[str, Path], seed: int
) -> None:
    forwarder = forwarders(splunk_python[1])
    try:
        life = Life(seed, forwarder)
        verdict = life.live()
        again = f"MAIL_THREATS_SOAK_SEEDS={seed} .venv/lab/bin/python -m pytest tests/inputs/test_soak.py"
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
