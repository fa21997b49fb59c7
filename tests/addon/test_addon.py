"""Splunk's own tests for add-ons, generated from the app's conf files and the samples beside this file."""

from __future__ import annotations

import os

import pytest
from pytest_splunk_addon.standard_lib.addon_basic import Basic


class TestAddon(Basic):
    """All of them but `test_savedsearches`: it writes times behind the first command and expects rows of every search.

    That suits reports over events, not rules whose first command is a macro; those have suites of their own.
    """

    test_savedsearches = None

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
