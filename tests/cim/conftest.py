"""The built app on a stand-in, with events as its inputs write them, and apps written from text beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from lab.splunk.spl.values import Row
from lab.splunk.stand_in import StandIn

NOW = 1_767_225_600
"""2026-01-01T00:00:00Z"""

Fields = Callable[..., Row]


@pytest.fixture
def splunk(tmp_path: Path, package: Path) -> Iterator[StandIn]:
    stand_in = StandIn(tmp_path / "splunk", now=lambda: NOW)
    stand_in.install(package)
    yield stand_in
    stand_in.close()


@pytest.fixture
def add_app(splunk: StandIn) -> Callable[[str, Mapping[str, str]], None]:
    """add_app("TA-x", {"default/props.conf": "..."}): another add-on, whose objects are exported."""

    def add(name: str, files: Mapping[str, str]) -> None:
        for relative, text in {"metadata/default.meta": "[]\nexport = system\n", **files}.items():
            path = splunk.home / "etc" / "apps" / name / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        splunk.reload()

    return add


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory, package: Path) -> Iterator[StandIn]:
    """The app as it ships, for tests that change nothing."""
    stand_in = StandIn(tmp_path_factory.mktemp("cim") / "splunk", now=lambda: NOW)
    stand_in.install(package)
    yield stand_in
    stand_in.close()


@pytest.fixture
def fields(installed: StandIn) -> Fields:
    """fields(record, source, sourcetype): what any app sees of one event with that text."""

    def of(record: Mapping[str, Any], source: str, sourcetype: str) -> Row:
        installed.index.clear()
        raw = json.dumps(record, separators=(",", ":"))
        installed.index.add(raw, time=NOW, source=source, sourcetype=sourcetype, whole=True)
        rows = installed.search("search index=main | fields *", earliest="", latest="").rows
        assert len(rows) == 1
        return rows[0]

    return of
