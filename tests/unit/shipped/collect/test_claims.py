"""Claims: of several inputs one collects a stream, whatever the clocks, crashes and races."""

from __future__ import annotations

from typing import Any

import pytest
from unit.shipped.collect.fake_clock import FakeClock
from unit.shipped.collect.fake_store import ALONE, MEMBER_1, MEMBER_2, FakeStore

from mail_threats.errors import HeldElsewhere, StateUnavailable
from mail_threats.ledger.claims import SKEW_S, Claims
from mail_threats.ledger.host import Host

NOW = 1_772_532_000.0
TTL = 900.0
HERE, THERE = "activity://here", "activity://there"
STREAMS = ["Audit.Exchange", "Audit.General"]


def claims(
    store: FakeStore | None,
    host: Host = ALONE,
    stanza: str = HERE,
    now: float = NOW,
    known: dict[str, Any] | None = None,
) -> Claims:
    return Claims(store, host, stanza, "t/activity", TTL, FakeClock(now), {} if known is None else known)


def test_a_second_input_gets_nothing_and_is_told_who_has_it() -> None:
    store = FakeStore()
    assert claims(store).take(STREAMS) == {}
    refused = claims(store, stanza=THERE).take(STREAMS)
    assert set(refused) == set(STREAMS)
    assert "collected by the input activity://here on forwarder1" in str(refused["Audit.Exchange"])
    assert not refused["Audit.Exchange"].standby


def test_an_input_shares_what_it_does_not_overlap_in() -> None:
    store = FakeStore()
    claims(store).take(["Audit.Exchange"])
    assert set(claims(store, stanza=THERE).take(STREAMS)) == {"Audit.Exchange"}


def test_another_member_of_the_cluster_stands_by() -> None:
    store = FakeStore()
    claims(store, MEMBER_1).take(STREAMS)
    refused = claims(store, MEMBER_2).take(STREAMS)
    assert all(held.standby for held in refused.values())


def test_a_claim_outlasts_the_run_so_that_nobody_slips_in_between_two() -> None:
    store = FakeStore()
    claims(store).take(STREAMS)
    assert claims(store, stanza=THERE, now=NOW + TTL).take(STREAMS)
    assert claims(store, now=NOW + TTL).take(STREAMS) == {}


def test_a_crash_frees_the_claim_after_its_time_and_the_clocks_tolerance() -> None:
    store = FakeStore()
    claims(store, MEMBER_1).take(STREAMS)
    assert claims(store, MEMBER_2, now=NOW + TTL + SKEW_S).take(STREAMS)
    assert claims(store, MEMBER_2, now=NOW + TTL + SKEW_S + 1).take(STREAMS) == {}
    assert claims(store, MEMBER_1, now=NOW + TTL + SKEW_S + 2).take(STREAMS)


def test_the_same_input_takes_its_own_claim_up_again_at_once() -> None:
    store = FakeStore()
    claims(store).take(STREAMS)
    assert claims(store, now=NOW + 1).take(STREAMS) == {}


def test_a_host_built_anew_does_not_wait_for_its_former_self() -> None:
    store = FakeStore()
    claims(store, ALONE._replace(guid="OLD")).take(STREAMS)
    assert claims(store).take(STREAMS) == {}


@pytest.mark.parametrize("rival", [THERE, HERE], ids=["another input", "the same input of another member"])
def test_of_two_that_claim_at_once_one_succeeds(rival: str) -> None:
    store = FakeStore()
    won = []
    store.before["insert"] = lambda: won.append(claims(store, MEMBER_2, rival).take(STREAMS[:1]) == {})
    refused = claims(store, MEMBER_1).take(STREAMS[:1])
    assert won == [True]
    assert set(refused) == {"Audit.Exchange"}


@pytest.mark.parametrize("moment", ["delete", "insert"])
def test_of_two_that_take_over_at_once_one_succeeds(moment: str) -> None:
    store = FakeStore()
    claims(store, ALONE._replace(guid="DEAD", in_cluster=True), "activity://dead").take(STREAMS[:1])
    late = NOW + TTL + SKEW_S + 1
    won = []
    store.before[moment] = lambda: won.append(claims(store, MEMBER_2, THERE, late).take(STREAMS[:1]) == {})
    refused = claims(store, MEMBER_1, HERE, late).take(STREAMS[:1])
    assert won == [True]
    assert set(refused) == {"Audit.Exchange"}
    assert store.documents["t/activity/Audit.Exchange"]["input"] == THERE


def test_a_process_that_slept_through_its_claim_does_not_take_it_back() -> None:
    store, clock = FakeStore(), FakeClock(NOW)
    sleeper = Claims(store, MEMBER_1, HERE, "t/activity", TTL, clock, {})
    assert sleeper.take(STREAMS[:1]) == {}
    late = NOW + TTL + SKEW_S + 1
    assert claims(store, MEMBER_2, HERE, late).take(STREAMS[:1]) == {}
    clock.time = late + 1
    with pytest.raises(HeldElsewhere):
        sleeper.renew()
    assert store.documents["t/activity/Audit.Exchange"]["host"] == "member2"


def test_a_process_that_slept_goes_on_when_nobody_took_over() -> None:
    store, clock = FakeStore(), FakeClock(NOW)
    sleeper = Claims(store, MEMBER_1, HERE, "t/activity", TTL, clock, {})
    sleeper.take(STREAMS)
    clock.time += 10 * TTL
    sleeper.renew()
    assert all(claim["expires_at"] == clock.time + TTL for claim in store.documents.values())


def test_renewing_costs_one_call_a_minute() -> None:
    store, clock = FakeStore(), FakeClock(NOW)
    busy = Claims(store, ALONE, HERE, "t/activity", TTL, clock, {})
    busy.take(STREAMS)
    store.calls.clear()
    for _ in range(600):
        clock.time += 0.5
        busy.renew()
    assert store.calls == ["put"] * 5
    assert all(claim["expires_at"] > clock.time + TTL - 61 for claim in store.documents.values())


@pytest.mark.parametrize("ahead_s", [60.0, -60.0], ids=["ahead", "behind"])
def test_clocks_that_differ_a_little_share_no_stream(ahead_s: float) -> None:
    store = FakeStore()
    claims(store, MEMBER_1).take(STREAMS)
    assert set(claims(store, MEMBER_2, now=NOW + TTL + ahead_s).take(STREAMS)) == set(STREAMS)


def test_a_claim_written_under_a_clock_far_ahead_ends_when_it_no_longer_changes() -> None:
    store, known = FakeStore(), {}
    claims(store, MEMBER_1, now=NOW + 10 * 365 * 86400.0).take(STREAMS)
    assert claims(store, MEMBER_2, now=NOW, known=known).take(STREAMS)
    assert claims(store, MEMBER_2, now=NOW + TTL, known=known).take(STREAMS)
    assert claims(store, MEMBER_2, now=NOW + TTL + SKEW_S + 1, known=known).take(STREAMS) == {}


def test_a_clock_that_went_back_does_not_free_a_claim_that_is_renewed() -> None:
    store, known = FakeStore(), {}
    for minute in range(60):
        claims(store, MEMBER_1, now=NOW + 60.0 * minute).take(STREAMS)
        assert claims(store, MEMBER_2, now=NOW - 86400.0 + 60.0 * minute, known=known).take(STREAMS)


GARBAGE = [
    pytest.param({}, id="nothing in it"),
    pytest.param({"owner": 5, "token": None, "expires_at": "soon", "renewed_at": []}, id="wrong types"),
    pytest.param({"expires_at": -1e300}, id="long over"),
]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_a_claim_that_makes_no_sense_is_replaced(garbage: dict[str, Any]) -> None:
    store = FakeStore()
    key = "t/activity/Audit.Exchange"
    store.documents[key] = {"_key": key, "group": "t/activity", **garbage}
    assert claims(store).take(STREAMS) == {}


# Without the store


def test_without_a_kv_store_nothing_is_claimed() -> None:
    nobody = claims(None)
    assert nobody.take(STREAMS) == {}
    nobody.renew()


def test_store_that_goes_down_lets_the_input_go_on_that_has_the_claim() -> None:
    store, known = FakeStore(), {}
    claims(store, known=known).take(STREAMS)
    store.down = True
    for run in range(1, 20):
        assert claims(store, now=NOW + run * 300.0, known=known).take(STREAMS) == {}


def test_store_that_is_down_keeps_an_input_from_what_it_has_no_claim_to() -> None:
    store, known = FakeStore(), {}
    claims(store, stanza=THERE).take(STREAMS)
    claims(store, known=known).take(STREAMS)
    store.down = True
    with pytest.raises(StateUnavailable, match="not certain that nobody else collects"):
        claims(store, known=known).take(STREAMS)


def test_store_that_is_down_keeps_an_input_from_a_claim_that_ran_out() -> None:
    store, known = FakeStore(), {}
    claims(store, known=known).take(STREAMS)
    store.down = True
    with pytest.raises(StateUnavailable):
        claims(store, now=NOW + TTL + 1, known=known).take(STREAMS)


def test_store_that_is_down_stops_a_member_of_a_cluster() -> None:
    store, known = FakeStore(), {}
    claims(store, MEMBER_1, known=known).take(STREAMS)
    store.down = True
    with pytest.raises(StateUnavailable):
        claims(store, MEMBER_1, now=NOW + 1, known=known).take(STREAMS)


# Whose request limit it is


def of_app(store: FakeStore, host: Host, stanza: str, app: str, now: float = NOW) -> Claims:
    return Claims(store, host, stanza, "t/activity", TTL, FakeClock(now), {}, app)


def test_members_that_collect_with_one_app_registration_are_counted() -> None:
    store = FakeStore()
    first = of_app(store, MEMBER_1, HERE, "app")
    first.take(["Audit.Exchange"])
    assert first.hosts == 1
    second = of_app(store, MEMBER_2, THERE, "app")
    second.take(["Audit.General"])
    assert second.hosts == 2
    first._renewed_at = float("-inf")
    first.renew()
    assert first.hosts == 2


NOT_COUNTED = [
    pytest.param(MEMBER_2, "other app", NOW, id="another app registration has a limit of its own"),
    pytest.param(MEMBER_1, "app", NOW, id="a second stanza of this host shares its record of requests"),
    pytest.param(MEMBER_2, "app", NOW - TTL - SKEW_S - 1, id="a host whose claims are over"),
]


@pytest.mark.parametrize(("host", "app", "when"), NOT_COUNTED)
def test_host_that_takes_nothing_of_the_limit_is_not_counted(host: Host, app: str, when: float) -> None:
    store = FakeStore()
    of_app(store, host, THERE, app, when).take(["Audit.General"])
    here = of_app(store, MEMBER_1, HERE, "app")
    here.take(["Audit.Exchange"])
    assert here.hosts == 1


def test_claim_of_an_older_version_counts_since_nobody_knows() -> None:
    store = FakeStore()
    of_app(store, MEMBER_2, THERE, "app").take(["Audit.General"])
    for document in store.documents.values():
        del document["app"]
    here = of_app(store, MEMBER_1, HERE, "app")
    here.take(["Audit.Exchange"])
    assert here.hosts == 2


def test_host_that_was_built_anew_is_alone_whatever_its_store_remembers() -> None:
    store = FakeStore()
    of_app(store, ALONE._replace(guid="OLD"), THERE, "app").take(["Audit.General"])
    here = of_app(store, ALONE, HERE, "app")
    here.take(["Audit.Exchange"])
    assert here.hosts == 1
