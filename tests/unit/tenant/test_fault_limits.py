"""Faults in general: what limits them, and that none goes untested."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.tenant import FAULTS, Tenant, fault
from lab.tenant.faults.fault import ENDPOINTS


@pytest.mark.parametrize("name", sorted(FAULTS))
def test_every_fault_is_explained_and_switched_on_in_a_test(name):
    assert FAULTS[name].__doc__
    tests = [path.read_text() for path in Path(__file__).parent.glob("test_faults_*.py")]
    assert any(f'"{name}"' in text for text in tests), f"no test_faults_*.py names {name}"


@pytest.mark.parametrize(
    ("limits", "acts_at"),
    [
        pytest.param({}, [1, 2, 3, 4, 5, 6], id="always"),
        pytest.param({"first": 2}, [1, 2], id="first"),
        pytest.param({"every": 3}, [3, 6], id="every"),
        pytest.param({"after": 4}, [5, 6], id="after"),
        pytest.param({"after": 1, "every": 2, "first": 2}, [3, 5], id="all three"),
    ],
)
def test_a_fault_acts_on_the_occasions_it_is_limited_to(connect, limits, acts_at):
    client = connect(faults=[fault("server_error", **limits)])
    statuses = [client.ask_token().status_code for _ in range(6)]
    assert [number for number, status in enumerate(statuses, 1) if status == 503] == acts_at


def test_a_fault_is_narrowed_to_an_endpoint_a_service_or_an_address(connect):
    at_endpoint = connect(faults=[fault("server_error", endpoint="content")])
    assert (at_endpoint.subscriptions().status_code, at_endpoint.content().status_code) == (200, 503)
    at_service = connect(faults=[fault("server_error", endpoint="graph")])
    assert (at_service.subscriptions().status_code, at_service.report().status_code) == (200, 503)
    at_address = connect(faults=[fault("server_error", match="contenttype=audit.general")])
    assert at_address.content("Audit.Exchange").status_code == 200
    assert at_address.content("Audit.General").status_code == 503


def test_calls_that_do_not_match_do_not_count(connect):
    client = connect(faults=[fault("server_error", endpoint="content", match="audit.general", first=1)])
    statuses = [client.content(name).status_code for name in ("Audit.Exchange", "Audit.General", "Audit.General")]
    assert statuses == [200, 503, 200]


def test_a_fault_may_be_given_by_name_or_as_a_mapping(connect):
    client = connect(faults=["list_without_status", {"name": "server_error", "endpoint": "content", "status": 502}])
    assert "status" not in client.subscriptions().json()[0]
    assert client.content().status_code == 502


def test_a_fault_that_never_acted_is_told(connect):
    client = connect(faults=["list_without_status", "late_blob", "no_roles"])
    assert client.tenant.idle_faults() == ["list_without_status", "late_blob"]


@pytest.mark.parametrize(
    ("named", "said"),
    [
        pytest.param("bad_weather", "no fault is called 'bad_weather'", id="unknown name"),
        pytest.param({"name": "late_blob", "endpoint": "graph"}, "endpoint 'graph'", id="endpoint it cannot act on"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(named, said):
    with pytest.raises(ValueError, match=said):
        Tenant(faults=[named])


def test_every_endpoint_belongs_to_one_service():
    names = [name for endpoints in ENDPOINTS.values() for name in endpoints]
    assert len(names) == len(set(names)) == 8
