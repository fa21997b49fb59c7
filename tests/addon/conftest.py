"""Where pytest-splunk-addon finds the app, the samples and a Splunk.

MAIL_THREATS_ADDON_LANE chooses: `in_process` (the stand-in, called directly), `outside` (the stand-in over TLS, as a
client of its management port and event collector) or `splunk` (the Splunk of SPLUNK_URL). See docs/testing.md.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hostile import samples
from pytest_splunk_addon.event_ingestors import IngestorHelper
from pytest_splunk_addon.sample_generation import SampleXdistGenerator
from splunksplwrapper.manager.jobs.results import Results
from splunksplwrapper.SearchUtil import SearchUtil

from lab.splunk.apps.install import install_app
from lab.splunk.rest.search_jobs import shown
from lab.splunk.spl.errors import SplError
from lab.splunk.stand_in import StandIn

HERE = Path(__file__).parent
LANE = os.environ.get("MAIL_THREATS_ADDON_LANE", "in_process")
# pytest-splunk-addon searches from this app: what it finds is what every app finds.
APP = "system"


def pytest_configure(config: pytest.Config) -> None:
    """Unpacks the app, lays the samples out, and starts a stand-in where one is wanted."""
    for handler in logging.getLogger("pytest-splunk-addon").handlers:
        handler.setLevel(logging.ERROR)
    folder = Path(tempfile.mkdtemp(prefix="mail-threats-addon-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    package = Path(os.environ["MAIL_THREATS_SPL"])
    data = folder / "data"
    shutil.copytree(HERE / "samples", data / "samples")
    shutil.copy(HERE / "pytest-splunk-addon-data.conf", data)
    for name, text in samples().items():
        (data / "samples" / name).write_text(text, encoding="utf-8")
    options = config.option
    options.splunk_app = str(folder / install_app(package, folder))
    options.splunk_data_generator = str(data)
    options.store_events = False
    if LANE == "splunk":
        point_at_splunk(options)
        return
    splunk = StandIn(folder / "splunk")
    splunk.install(package)
    config.stand_in = splunk  # type: ignore[attr-defined]
    config.add_cleanup(splunk.close)
    if LANE == "outside":
        # The plugin's first call is a word without a sourcetype; the stand-in does not guess times.
        splunk.set_local("props", "httpevent", {"SHOULD_LINEMERGE": "0", "DATETIME_CONFIG": "CURRENT"})
        splunk.start()
        options.splunk_host = "127.0.0.1"
        options.splunkd_port = splunk.rest_uri.rpartition(":")[2]
        options.splunk_hec = splunk.collector_uri.rpartition(":")[2]
        options.splunk_hec_token = splunk.collector_token
        options.splunk_user, options.splunk_password = "admin", "changeme"


def point_at_splunk(options: Any) -> None:
    """SPLUNK_URL (https://host:8089), SPLUNK_USER, SPLUNK_PASSWORD, SPLUNK_HEC_TOKEN, SPLUNK_HEC_PORT."""
    url = urlsplit(os.environ["SPLUNK_URL"])
    options.splunk_host, options.splunkd_port = url.hostname, str(url.port or 8089)
    options.splunk_user = os.environ.get("SPLUNK_USER", "admin")
    options.splunk_password = os.environ["SPLUNK_PASSWORD"]
    options.splunk_hec_token = os.environ["SPLUNK_HEC_TOKEN"]
    options.splunk_hec = os.environ.get("SPLUNK_HEC_PORT", "8088")


# Tests that cannot hold, each with its reason; one that is not collected any more is an error.
REVIEWED = {
    'test_cim_required_fields[eventtype="mail_threats_account_change"::Account_Lockouts]': (
        "Entra writes lockouts as sign-ins (50053), not as directory audits"
    ),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what REVIEWED names."""
    found = {item.name: item for item in items if item.name in REVIEWED}
    if missing := set(REVIEWED) - set(found):
        raise pytest.UsageError(f"tests/addon/conftest.py REVIEWED names tests that there are no longer: {missing}")
    for name, item in found.items():
        item.add_marker(pytest.mark.skip(reason=REVIEWED[name]))


class InProcessJob:
    """A search that is over, with the results as the management port would give them."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self._rows = rows

    def wait(self, timeout: float | None = None) -> InProcessJob:
        return self

    def get_results(self, **options: Any) -> Results:
        return Results(self._rows)

    def get_result_count(self) -> int:
        return len(self._rows)

    def get_messages(self) -> dict[str, str]:
        return {}


class InProcessJobs:
    """What SearchUtil asks of a Splunk: searches over all time, from an app that owns nothing."""

    def __init__(self, splunk: StandIn) -> None:
        self._splunk = splunk

    def create(self, query: str, **options: Any) -> InProcessJob:
        try:
            result = self._splunk.search(query.strip(), earliest="", latest="", app=APP, user="admin")
        except SplError as error:
            pytest.fail(f"{error}\n{query}")
        return InProcessJob([shown(row) for row in result.rows])


def ingest_in_process(splunk: StandIn, config: pytest.Config) -> None:
    """Hands the plugin's events to the collector: those of an input as /event, text as /raw."""
    generator = SampleXdistGenerator(config.option.splunk_app, False, config.option.splunk_data_generator)
    collector = splunk.processes.port.collector
    by_kind = IngestorHelper.get_consolidated_events(generator.get_samples(False)["tokenized_events"])
    for kind, event in ((kind, event) for kind, events in by_kind.items() for event in events):
        origin = {key: event.metadata[key] for key in ("host", "source", "sourcetype")}
        if kind == "modinput":
            timed = {"time": event.time_values[0]} if event.time_values else {}
            collector.take_event({**origin, "event": event.event, **timed})
        else:
            collector.take_raw(event.event, origin)


if LANE == "in_process":

    @pytest.fixture(scope="session")
    def splunk(pytestconfig: pytest.Config) -> StandIn:
        return pytestconfig.stand_in  # type: ignore[attr-defined,no-any-return]

    @pytest.fixture(scope="session")
    def splunk_search_util(splunk: StandIn) -> SearchUtil:
        util = SearchUtil(InProcessJobs(splunk), logging.getLogger("pytest-splunk-addon"))
        util.search_index, util.search_retry, util.search_interval = "*", 0, 0
        return util

    @pytest.fixture(scope="session")
    def splunk_ingest_data(splunk: StandIn, pytestconfig: pytest.Config) -> None:
        ingest_in_process(splunk, pytestconfig)


if LANE == "outside":

    @pytest.fixture(scope="session")
    def splunk_ingest_data(splunk_hec_uri: tuple[Any, str], pytestconfig: pytest.Config) -> None:
        """Without the plugin's 50 seconds of waiting: the stand-in's events can be searched at once."""
        options = pytestconfig.option
        target = {"session_headers": splunk_hec_uri[0].headers, "splunk_hec_uri": splunk_hec_uri[1]}
        IngestorHelper.ingest_events(target, options.splunk_app, options.splunk_data_generator, 1, False)
