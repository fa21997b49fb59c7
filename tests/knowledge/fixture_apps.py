"""Words that the tests of this folder share: the clock, and what apps in them are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

NOW = 1_767_225_600
"""2026-01-01T00:00:00Z"""

EXPORT_ALL = "[]\nexport = system\n"

AddApp = Callable[[str, Mapping[str, str]], Path]
"""add_app("TA-x", {"default/props.conf": "...", "metadata/default.meta": "..."}) -> the app's folder."""
