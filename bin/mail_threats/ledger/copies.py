"""The form of a checkpoint: one text that can be checked by itself, wherever it is kept.

A copy only ever says what is true: it is written after the events it speaks of were flushed, and what was delivered
stays delivered. So an old copy costs duplicates and never an event; docs/adr/0009-two-copies.md follows that through.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mail_threats.ledger.stream import StreamState, upgraded
from mail_threats.timestamps import zulu

VERSION = 2


@dataclass
class Copy:
    """What a checkpoint holds.

    `begun_at` (epoch seconds): when this record was begun; a record that an admin had begun anew is younger than the
    one before. `generation` grows by one with each save. `host`: the guid of the Splunk that wrote it, empty in format
    1. `streams`: by tenant and stream. `claims`: see ledger/claims.py.
    """

    begun_at: float
    generation: int
    host: str
    streams: dict[str, StreamState]
    claims: dict[str, Any] = field(default_factory=dict)

    @property
    def age(self) -> tuple[float, int]:
        """Of two copies, the one that is greater by this is the newer."""
        return self.begun_at, self.generation

    def text(self, now: float) -> str:
        """The copy in one line of ASCII, with a checksum."""
        content = {
            "version": VERSION,
            "written_at": zulu(now),
            "begun_at": self.begun_at,
            "generation": self.generation,
            "host": self.host,
            "claims": self.claims,
            "state": {key: state.to_json() for key, state in self.streams.items()},
        }
        return json.dumps({**content, "sha256": _digest(content)}, separators=(",", ":"))


def read_copy(text: bytes | str) -> Copy:
    """The copy of a text.

    Raises: ValueError, KeyError, TypeError, AttributeError or RecursionError for any other text.
    """
    content = json.loads(text)
    version = content["version"]
    if not isinstance(version, int) or version > VERSION:
        raise ValueError(f"it was written by a newer version of the app (format {version})")
    if version == 1:
        return _of_format_1(content)
    digest = content.pop("sha256")
    if digest != _digest(content):
        raise ValueError("its checksum does not match its content")
    begun_at = float(content["begun_at"])
    if not math.isfinite(begun_at):
        raise ValueError("it does not say when it was begun")
    return Copy(
        begun_at=begun_at,
        generation=int(content["generation"]),
        host=str(content["host"]),
        streams={str(key): StreamState.from_json(state) for key, state in content["state"].items()},
        claims=dict(content["claims"]),
    )


def _of_format_1(content: Mapping[str, Any]) -> Copy:
    """Format 1 was one file, and its checksum that of the states alone."""
    states = content["state"]
    if not isinstance(states, dict) or content["sha256"] != _digest(states):
        raise ValueError("its checksum does not match its content")
    return Copy(0.0, 0, "", {str(key): StreamState.from_json(upgraded(state)) for key, state in states.items()})


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()
