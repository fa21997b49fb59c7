"""Where the keys of a record lie, in bytes.

Splunk's automatic JSON fields and extract-all `spath` stop at 5,000 bytes, auto-KV at 10,240 characters. A detection
that reads a late key must find it, so a scenario can ask that some keys come last and begin behind a given byte.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

Payload = dict[str, Any]
_MOST_UNITS = 2_000


def compact(payload: Payload) -> str:
    """The record as one line of JSON, as the APIs send it."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False)


def keys_last(payload: Payload, paths: Sequence[str]) -> Payload:
    """The record with the keys at `paths` (dots go into nested objects) moved to the end of their object, in that
    order.

    Objects on the way are moved to the end of theirs too, so that the last path is the last thing in the record.
    KeyError naming the path that is not there.
    """
    for path in paths:
        node: Any = payload
        for step in path.split("."):
            if not isinstance(node, dict) or step not in node:
                raise KeyError(f"the record has no key {path!r} to move")
            node[step] = node.pop(step)
            node = node[step]
    return payload


def offset_of(payload: Payload, path: str) -> int:
    """The byte at which the key at `path` begins in the compact JSON of the record."""
    steps = path.split(".")
    offset = 0
    node: Any = payload
    for step in steps:
        before = {}
        for key, value in node.items():
            if key == step:
                break
            before[key] = value
        else:
            raise KeyError(f"the record has no key {path!r}")
        # "{" or "{...," stands before the key; the closing brace of `before` is not written yet.
        offset += len(compact(before).encode()) - (0 if before else 1)
        node = node[step]
        if step is not steps[-1]:
            offset += len(json.dumps(step).encode()) + 1
    return offset


def pad(payload: Payload, last: Sequence[str], at_least: int, add_bulk: Callable[[Payload], None]) -> Payload:
    """Moves the keys of `last` to the end and adds bulk before them until each begins at byte `at_least` or later.

    `add_bulk` adds one unit of what makes such records long in practice (a Conditional Access policy, a folder, a
    parameter). ValueError when bulk does not move the keys: they stand before the part that grows.
    """
    keys_last(payload, last)
    for _ in range(_MOST_UNITS):
        short = [path for path in last if offset_of(payload, path) < at_least]
        if not short:
            return payload
        add_bulk(payload)
    raise ValueError(f"{short} stay before byte {at_least}: the part of the record that can grow comes after them")
