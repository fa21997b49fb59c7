"""The base class of an app's persistent REST handler."""

from __future__ import annotations

from typing import Any


class PersistentServerConnectionApplication:
    """An app's subclass is made once a process, with the script's path and `script.param`, then asked repeatedly."""

    def __init__(self, command_line: str = "", command_arg: str = "") -> None:
        """Arguments are taken and forgotten: apps call this with and without them."""

    def handle(self, in_string: str) -> Any:
        """One request, JSON text. The answer: an object with `payload`, `status`, `headers`, or its text."""
        raise NotImplementedError("PersistentServerConnectionApplication.handle")
