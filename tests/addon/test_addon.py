"""Splunk's own tests for add-ons, generated from the app's conf files and the samples beside this file."""

from __future__ import annotations

import os

import pytest
from pytest_splunk_addon.standard_lib.addon_basic import Basic

# Saved searches that are not opened here, each with its reason.
NOT_OPENED = {
    "Mail Threats - Test Events - Report": "writes events; tests/detections/test_test_events.py runs it",
    "Mail Threats - Mail Files In Endpoint Data Model - Report": "needs the CIM data models, which may be absent",
}


class TestAddon(Basic):
    """All tests of the plugin; `test_savedsearches` in words of our own."""

    def test_savedsearches(
        self, splunk_search_util, splunk_ingest_data, splunk_setup, splunk_searchtime_fields_savedsearches
    ) -> None:
        """Each saved search as it ships, by its name and from an app that owns nothing: it comes to its end.

        In place of the plugin's test of this name. That one takes the text with the backslashes of its continued lines,
        writes `search` before it and `earliest_time = -24h` before the first pipe (no time modifier of Splunk's, and
        behind a macro's last command), and expects rows of every search.
        """
        name = splunk_searchtime_fields_savedsearches["stanza"]
        if name in NOT_OPENED:
            pytest.skip(NOT_OPENED[name])
        search = f'| savedsearch "{name}" | stats count'
        assert len(list(splunk_search_util.getFieldValuesList(search, 0, 0))) == 1, name

    def test_a_saved_search_that_fails_would_be_seen(self, splunk_search_util, splunk_setup) -> None:
        """It gives no row, whichever way the lane reports a search that failed."""
        try:
            rows = list(splunk_search_util.getFieldValuesList('| savedsearch "not there" | stats count', 0, 0))
        except (Exception, pytest.fail.Exception):
            rows = []
        assert rows == []

    def test_the_events_arrived(self, splunk_search_util, splunk_ingest_data, splunk_setup) -> None:
        """Without events the tests above would say nothing."""
        search = "search index=* | stats count BY sourcetype"
        found = {row["sourcetype"]: int(row["count"]) for row in splunk_search_util.getFieldValuesList(search, 0, 0)}
        assert found.get("o365:management:activity", 0) >= 24
        assert found.get("azure:aad:signin", 0) >= 9
        assert {"azure:aad:audit", "mail_threats:finding", "mail_threats:health"} <= set(found)

    @pytest.mark.skipif(os.environ.get("MAIL_THREATS_ADDON_LANE") != "outside", reason="needs an outside client")
    def test_everything_went_over_the_wire(self, splunk_search_util, splunk_ingest_data, pytestconfig) -> None:
        calls = {(call.method, call.path) for call in pytestconfig.stand_in.processes.port.calls}
        assert ("POST", "/services/auth/login") in calls
        assert any("/search/v2/jobs" in path for _, path in calls)
        assert pytestconfig.stand_in.processes.port.unknown == []
