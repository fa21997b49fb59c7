"""Filters and sourcetypes of an input's stanza, with the built app."""

from __future__ import annotations

from inputs.forwarder import ACTIVITY, AUDIT, SIGN_IN, SIGN_INS, Forwarder, audit_records, sign_in_records
from inputs.pythons import only_on

from lab.tenant import Tenant


def test_what_a_filter_names_is_left_out_and_counted_once(forwarder: Forwarder) -> None:
    """user0 to user6 take turns; windows that are read again leave the same records out again."""
    records = audit_records(21, start_age_s=3000.0)
    with Tenant(records, blob_events=5) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange", drop_users="user3@*,USER5@contoso.com")
        forwarder.run_cleanly(ACTIVITY)
        forwarder.run_cleanly(ACTIVITY)
    wanted = [r.id for r in records if r.payload["UserId"] not in ("user3@contoso.com", "user5@contoso.com")]  # type: ignore[index]
    assert sorted(forwarder.ids(AUDIT)) == sorted(wanted)
    assert [health["dropped"] for health in forwarder.health] == [{"drop_users": 6}, {"drop_users": 0}]
    assert [health["events"] for health in forwarder.health] == [15, 0]
    assert [health["status"] for health in forwarder.health] == ["ok", "ok"]


@only_on("3.13")
def test_sign_ins_that_are_read_again_are_not_counted_again(forwarder: Forwarder) -> None:
    records = sign_in_records(14, start_age_s=1500.0)
    with Tenant(records) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive", drop_users="user0@contoso.com")
        forwarder.run_cleanly(SIGN_INS)
        forwarder.run_cleanly(SIGN_INS)
        asked = len(tenant.ledger.calls("sign_ins"))
    assert len(forwarder.ids(SIGN_IN)) == 12
    assert [health["dropped"] for health in forwarder.health] == [{"drop_users": 2}, {"drop_users": 0}]
    assert asked >= 2


@only_on("3.9")
def test_rule_that_goes_blind_is_told_in_every_health_event(forwarder: Forwarder) -> None:
    with Tenant(audit_records(3, start_age_s=600.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(
            ACTIVITY, content_types="Audit.Exchange", drop_operations="MailItemsAccessed", drop_what_rules_read="1"
        )
        forwarder.run_cleanly(ACTIVITY)
    health = forwarder.health[-1]
    assert health["dropped"] == {"drop_operations": 3}
    assert "Remote Mailbox Collection: MailItemsAccessed" in health["rules_blind"]
    assert forwarder.events(AUDIT) == []


@only_on("3.13")
def test_validation_accepts_filters_that_no_rule_minds(forwarder: Forwarder) -> None:
    with Tenant() as tenant:
        forwarder.add_account(tenant)
        harmless = {"drop_operations": "File*", "drop_record_types": "6, 25", "drop_users": "svc-*"}
        assert forwarder.validate(ACTIVITY, **harmless) is None
        assert forwarder.validate(ACTIVITY, drop_operations="MailItemsAccessed", drop_what_rules_read="1") is None


@only_on("3.9")
def test_sourcetype_of_the_stanza_is_written_and_health_keeps_its_own(forwarder: Forwarder) -> None:
    with Tenant([*audit_records(3, start_age_s=600.0), *sign_in_records(3, start_age_s=600.0)]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange", activity_sourcetype="contoso:o365")
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive", sign_in_sourcetype="contoso:signin")
        forwarder.run_cleanly(ACTIVITY)
        forwarder.run_cleanly(SIGN_INS)
    found = {name: len(forwarder.events(name)) for name in ("contoso:o365", "contoso:signin", AUDIT, SIGN_IN)}
    assert found == {"contoso:o365": 3, "contoso:signin": 3, AUDIT: 0, SIGN_IN: 0}
    assert len(forwarder.health) == 2
