"""An admin has an input collect again from a time on."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter

from inputs.forwarder import (
    ACTIVITY,
    AUDIT,
    CLAIMS,
    DAY,
    SIGN_IN,
    SIGN_INS,
    Forwarder,
    assert_complete,
    audit_records,
    iso,
    sign_in_records,
)
from inputs.pythons import only_on

from lab.splunk.inputs.host import Interruption
from lab.tenant import Tenant

APP = "m365_mail_threats"
FOUR_DAYS_AGO = iso(time.time() - 4 * DAY)


def wish(forwarder: Forwarder, stanza: str = ACTIVITY, *, known: bool = False, start: str = FOUR_DAYS_AGO) -> None:
    """What the form of the input writes."""
    settings = {"collect_again_from": start, "collect_again_known": "1" if known else "0"}
    choice = {"content_types": "Audit.Exchange"} if stanza == ACTIVITY else {"sign_in_kinds": "interactive"}
    forwarder.add_input(stanza, start_time=iso(time.time() - 5 * DAY), **choice, **settings)


def collected(forwarder: Forwarder, tenant: Tenant) -> list[str]:
    """A first run over five days; what it delivered."""
    forwarder.add_account(tenant)
    forwarder.add_input(ACTIVITY, content_types="Audit.Exchange", start_time=iso(time.time() - 5 * DAY))
    forwarder.run_cleanly(ACTIVITY)
    return forwarder.ids(AUDIT)


def test_what_was_missed_comes_and_what_was_delivered_does_not_come_again(forwarder: Forwarder) -> None:
    with Tenant(audit_records(60, start_age_s=4.5 * DAY, every_s=6000.0), blob_events=5) as tenant:
        collected(forwarder, tenant)
        # Later than a day after its time nobody looks for it any more.
        tenant.add(audit_records(7, start_age_s=3 * DAY, seed=1))
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["events"] == 0
        wish(forwarder)
        forwarder.run_cleanly(ACTIVITY)
        health = forwarder.health[-1]
        assert (health["status"], health["events"], health["caught_up"]) == ("ok", 7, True)
        (told,) = health["collected_again"]
        assert (told["stream"], told["start"], told["known"]) == ("Audit.Exchange", FOUR_DAYS_AGO, False)
        forwarder.run_cleanly(ACTIVITY)
        assert (forwarder.health[-1]["events"], forwarder.health[-1]["collected_again"]) == (0, [])
        assert_complete(forwarder, tenant, "audit")
    assert "action=collect_again" in forwarder.log()


@only_on("3.9")
def test_what_was_delivered_is_sent_again_once_where_it_is_wished(forwarder: Forwarder) -> None:
    with Tenant(audit_records(60, start_age_s=4.5 * DAY, every_s=6000.0), blob_events=5) as tenant:
        collected(forwarder, tenant)
        asked_for = {
            r.id for r in audit_records(60, start_age_s=4.5 * DAY, every_s=6000.0) if r.time > time.time() - 4 * DAY
        }
        wish(forwarder, known=True)
        for _ in range(2):
            forwarder.run_cleanly(ACTIVITY)
        judgement = tenant.ledger.judge("audit", forwarder.ids(AUDIT), at=tenant.now)
        assert not judgement.missing
        assert set(judgement.duplicate) >= asked_for
        assert set(judgement.duplicate.values()) == {2}


@only_on("3.13")
def test_kill_while_it_collects_again_loses_nothing_and_sends_nothing_a_third_time(forwarder: Forwarder) -> None:
    with Tenant(audit_records(300, start_age_s=3.5 * DAY, every_s=900.0, padding=2000), blob_events=5) as tenant:
        first = collected(forwarder, tenant)
        wish(forwarder, known=True)
        killed = forwarder.run(ACTIVITY, interruption=Interruption(after_events=120))
        assert killed.returncode == -9
        written_by_the_killed = Counter(forwarder.ids(AUDIT)) - Counter(first)
        forwarder.run_cleanly(ACTIVITY)
        forwarder.run_cleanly(ACTIVITY)
        counts = Counter(forwarder.ids(AUDIT))
        assert min(counts.values()) == 2
        assert {event_id for event_id, count in counts.items() if count > 2} <= written_by_the_killed.keys()
        assert max(counts.values()) <= 3


@only_on("3.9")
def test_member_that_takes_over_sends_again_what_it_had_delivered_itself(forwarder: Forwarder) -> None:
    """Its id memory is older than the wish."""
    with Tenant(audit_records(40, start_age_s=3.5 * DAY, every_s=6000.0)) as tenant:
        forwarder.system.roles = ["search_head", "shc_member"]
        collected(forwarder, tenant)
        folder = forwarder.checkpoint_dir(ACTIVITY)
        member_1 = folder.with_name("member1")
        shutil.copytree(folder, member_1)
        wish(forwarder, known=True)
        killed = forwarder.run(ACTIVITY, interruption=Interruption(after_events=1))
        assert killed.returncode == -9
        # The wish was on its way to the KV store; the member that was asked first is gone for good.
        shutil.rmtree(folder)
        member_1.rename(folder)
        forwarder.system.guid = "SERVER-2"
        for claim in forwarder.splunk.kv(CLAIMS, APP).documents():
            forwarder.splunk.kv(CLAIMS, APP).upsert([{**claim, "expires_at": time.time() - 1000.0}])
        forwarder.run_cleanly(ACTIVITY)
        counts = Counter(forwarder.ids(AUDIT))
        assert min(counts.values()) >= 2


@only_on("3.13")
def test_sign_ins_are_collected_again_as_well(forwarder: Forwarder) -> None:
    with Tenant(sign_in_records(20, start_age_s=3 * DAY, every_s=600.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive", start_time=iso(time.time() - 1800.0))
        forwarder.run_cleanly(SIGN_INS)
        assert forwarder.ids(SIGN_IN) == []
        wish(forwarder, SIGN_INS)
        forwarder.run_cleanly(SIGN_INS)
        assert_complete(forwarder, tenant, "sign_in")


@only_on("3.9")
def test_time_that_microsoft_no_longer_keeps_is_said(forwarder: Forwarder) -> None:
    with Tenant(audit_records(10, start_age_s=DAY)) as tenant:
        collected(forwarder, tenant)
        wish(forwarder, start=iso(time.time() - 30 * DAY))
        forwarder.run_cleanly(ACTIVITY)
        (error,) = forwarder.health[-1]["errors"]
        assert "the service keeps nothing before" in error["message"]
        assert error["reaction"] == "recovered"
        assert forwarder.health[-1]["gaps"] == []


@only_on("3.13")
def test_wish_of_a_new_input_is_its_start_time_s_and_not_carried_out_a_second_time(forwarder: Forwarder) -> None:
    with Tenant(audit_records(40, start_age_s=4.5 * DAY, every_s=6000.0)) as tenant:
        forwarder.add_account(tenant)
        wish(forwarder)
        for _ in range(2):
            forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["collected_again"] == []
        assert_complete(forwarder, tenant, "audit")


@only_on("3.9")
def test_form_refuses_what_cannot_be_carried_out(forwarder: Forwarder) -> None:
    with Tenant([]) as tenant:
        forwarder.add_account(tenant)
    for settings, words in (
        ({"collect_again_from": "2036-01-01T00:00:00Z"}, "in the future"),
        ({"collect_again_known": "1"}, "not from when on"),
    ):
        assert words in str(forwarder.validate(ACTIVITY, **settings))


def test_checkpoint_says_which_wish_was_carried_out(forwarder: Forwarder) -> None:
    """So that another version of the app, or an admin, can see it in either copy."""
    with Tenant(audit_records(10, start_age_s=DAY)) as tenant:
        collected(forwarder, tenant)
        wish(forwarder, known=True)
        forwarder.run_cleanly(ACTIVITY)
    for text in (
        (forwarder.checkpoint_dir(ACTIVITY) / "checkpoint.json").read_text(),
        forwarder.kept[ACTIVITY]["document"],
    ):
        (state,) = json.loads(text)["state"].values()
        assert state["again"] == state["sent_again"] == f"{FOUR_DAYS_AGO} known"
        assert "untold_again" not in state
