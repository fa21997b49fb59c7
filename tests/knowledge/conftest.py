"""A stand-in with a fixed clock, and apps written from text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import settings
from knowledge.fixture_apps import NOW, AddApp

from lab.splunk.stand_in import StandIn

# How fast an example runs depends on the machine and says nothing about the engine. A failing one prints how to rerun
# it.
settings.register_profile("knowledge", deadline=None, print_blob=True)
settings.load_profile("knowledge")


@pytest.fixture
def splunk(tmp_path: Path) -> Iterator[StandIn]:
    stand_in = StandIn(tmp_path / "splunk", now=lambda: NOW)
    yield stand_in
    stand_in.close()


@pytest.fixture
def add_app(splunk: StandIn) -> AddApp:
    """add_app("TA-x", {"default/props.conf": "...", "metadata/default.meta": "..."}) -> the app's folder."""

    def add(name: str, files: Mapping[str, str]) -> Path:
        folder = splunk.home / "etc" / "apps" / name
        for relative, text in files.items():
            path = folder / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        splunk.reload()
        return folder

    return add
