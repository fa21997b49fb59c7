"""The XML writer of the built app against splunklib's EventWriter: the same events, both into a sink."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from collections.abc import Sequence
from pathlib import Path

from lab.bench.collect.contestants import PEERS


def measure_writers(spl: Path, python: Path, events: Sequence[bytes], folder: Path) -> dict[str, float]:
    """Microseconds an event, each the best of several rounds in one process (`peers/xml_writers.py`).

    The best, since nothing can make a writer faster than it is; both write to a sink that keeps nothing.
    """
    app = folder / "writers"
    with tarfile.open(spl) as tar:
        tar.extractall(app, filter="data")
    records = folder / "records.json"
    records.write_text(json.dumps([event.decode() for event in events]))
    root = next(app.iterdir())
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root / "lib"), str(root / "bin")])}
    answer = subprocess.run(
        [str(python), str(PEERS / "xml_writers.py"), str(records)],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if answer.returncode != 0:
        raise RuntimeError(f"xml_writers.py failed:\n{answer.stderr[-2000:]}")
    found: dict[str, float] = json.loads(answer.stdout)
    return found
