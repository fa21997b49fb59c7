"""Where the state of an input is kept between runs, and what happens when it cannot be read.

A checkpoint that cannot be read is set aside and the input pauses: starting afresh would repeat days of data or, worse,
skip them without a trace. The pause outlasts restarts. It ends when the admin puts a good checkpoint back and removes
the pause file, removes the pause file alone (collection begins again at the input's start time), or sets another start
time on the input.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from mail_threats.errors import CheckpointDamaged, ConfigError
from mail_threats.timestamps import zulu

VERSION = 1


class CheckpointStore(Protocol):
    """The seam between the feeds and where checkpoints live."""

    def load(self) -> dict[str, Any] | None:
        """The saved state, None before the first save.

        Raises: CheckpointDamaged.
        """

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the saved state; after it returns, a crash leaves either the old or the new one.

        Raises: ConfigError when it cannot be written.
        """


class FileCheckpoint:
    """One JSON file with a version and a checksum, replaced as a whole."""

    def __init__(self, directory: Path, start_time: str) -> None:
        self._directory = directory
        self._path = directory / "checkpoint.json"
        self._pause = directory / "paused.json"
        self._start_time = start_time

    def load(self) -> dict[str, Any] | None:
        self._stay_paused()
        try:
            text = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise CheckpointDamaged(
                f"The checkpoint {self._path} cannot be read ({fault.strerror}).",
                advice="Give the user that runs Splunk access to it; nothing is collected until then.",
            ) from None
        try:
            return _verified(text)
        except (ValueError, KeyError, TypeError, RecursionError) as fault:
            raise self.set_aside(str(fault)) from None

    def set_aside(self, reason: str) -> CheckpointDamaged:
        """Move the checkpoint away, pause the input, and return the error that says so."""
        stamp = zulu(self._path.stat().st_mtime).replace(":", "")
        aside = self._directory / f"checkpoint.damaged-{stamp}.json"
        os.replace(self._path, aside)
        self._write(self._pause, {"reason": reason, "set_aside": str(aside), "start_time": self._start_time})
        return self._paused(reason, str(aside))

    def save(self, state: Mapping[str, Any]) -> None:
        self._write(self._path, {"version": VERSION, "sha256": _digest(state), "state": state})

    def _stay_paused(self) -> None:
        try:
            pause = json.loads(self._pause.read_bytes())
        except FileNotFoundError:
            return
        except (OSError, ValueError):
            pause = {}
        if not isinstance(pause, dict):
            pause = {}
        if self._start_time and pause and pause.get("start_time") != self._start_time:
            self._pause.unlink()
            return
        raise self._paused(str(pause.get("reason", "unknown")), str(pause.get("set_aside", "")))

    def _paused(self, reason: str, aside: str) -> CheckpointDamaged:
        return CheckpointDamaged(
            f"The checkpoint was damaged ({reason}) and is set aside as {aside}; the input is paused.",
            advice=(
                f"Put a good copy back as {self._path} and delete {self._pause}; or, to collect again from a time of"
                " your choice, set another start time on the input."
            ),
        )

    def _write(self, path: Path, content: Mapping[str, Any]) -> None:
        try:
            handle, temporary = tempfile.mkstemp(dir=str(self._directory), prefix=path.name, suffix=".tmp")
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump(content, file, separators=(",", ":"))
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        except OSError as fault:
            raise ConfigError(
                f"The checkpoint {path} cannot be written ({fault.strerror}).",
                advice="Free space on the volume, or give the user that runs Splunk write access to it.",
            ) from None


def _verified(text: bytes) -> dict[str, Any]:
    content = json.loads(text)
    version = content["version"]
    if not isinstance(version, int) or version > VERSION:
        raise ValueError(f"it was written by a newer version of the app (format {version})")
    state = content["state"]
    if not isinstance(state, dict) or content["sha256"] != _digest(state):
        raise ValueError("its checksum does not match its content")
    return state


def _digest(state: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(state, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()
