"""Where the record of what was delivered is kept: two copies, and one input at a time that writes them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inputs.forwarder import (
    ACTIVITY,
    AUDIT,
    CHECKPOINTS,
    CLAIMS,
    DAY,
    Forwarder,
    assert_complete,
    audit_records,
    iso,
)
from inputs.pythons import in_turn, only_on

from lab.splunk.inputs.host import Interruption
from lab.tenant import Tenant, fault

OTHER = "o365_management_activity://fabrikam"
APP = "m365_mail_threats"


def collected_once(forwarder: Forwarder, tenant: Tenant) -> None:
    """An account, an input, and a first run of it."""
    forwarder.add_account(tenant)
    forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
    forwarder.run_cleanly(ACTIVITY)


def file_of(forwarder: Forwarder) -> Path:
    return forwarder.checkpoint_dir(ACTIVITY) / "checkpoint.json"


def problems(forwarder: Forwarder) -> list[tuple[str, str]]:
    return [(error["stream"], error["reaction"]) for error in forwarder.health[-1]["errors"]]


def asked(tenant: Tenant) -> int:
    return len(tenant.ledger.calls())


# Damage

DAMAGES = [
    pytest.param(lambda text: text[:-20], "not", id="cut off"),
    pytest.param(lambda text: "", "", id="empty"),
    pytest.param(lambda text: text.replace('"pages":1', '"pages":2'), "checksum", id="edited"),
    pytest.param(lambda text: text.replace('"version":2', '"version":99'), "newer version", id="of a newer version"),
    pytest.param(lambda text: '{"version":2,"state":[]}', "", id="another document"),
    pytest.param(lambda text: "[" * 100_000, "", id="nested without end"),
]


def damage_both(forwarder: Forwarder, damage: Callable[[str], str]) -> tuple[str, str]:
    return damage_file(forwarder, damage), damage_document(forwarder, damage)


def damage_file(forwarder: Forwarder, damage: Callable[[str], str]) -> str:
    text = damage(file_of(forwarder).read_text())
    file_of(forwarder).write_text(text)
    return text


def damage_document(forwarder: Forwarder, damage: Callable[[str], str]) -> str:
    document = forwarder.kept[ACTIVITY]
    document["document"] = damage(document["document"])
    forwarder.splunk.kv(CHECKPOINTS, APP).upsert([document])
    return str(document["document"])


@in_turn(("damage", "words"), DAMAGES)
def test_damaged_checkpoint_pauses_the_input_until_an_admin_decides(forwarder, damage, words) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        collected_once(forwarder, tenant)
        damaged, _ = damage_both(forwarder, damage)
        before = asked(tenant)
        for _ in range(2):
            paused = forwarder.run(ACTIVITY)
            assert paused.returncode == 1
            assert "paused" in paused.stderr
            assert words in paused.stderr
            assert (forwarder.health[-1]["status"], problems(forwarder)) == ("error", [("", "paused")])
        assert asked(tenant) == before
        asides = [path.read_text() for path in file_of(forwarder).parent.glob("checkpoint.damaged-*")]
        assert len(asides) == 2
        assert damaged in asides
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange", start_time=iso(time.time() - DAY))
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


ONE_OF_TWO = [
    pytest.param(damage_file, id="the file"),
    pytest.param(damage_document, id="the document in the KV store"),
]


@in_turn(("damage",), ONE_OF_TWO)
def test_one_damaged_copy_is_set_aside_and_said_and_the_other_goes_on(forwarder, damage) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        collected_once(forwarder, tenant)
        damage(forwarder, lambda text: text[:-20])
        tenant.add(audit_records(5, start_age_s=600.0, seed=1))
        forwarder.run_cleanly(ACTIVITY)
        assert (forwarder.health[-1]["status"], problems(forwarder)) == ("warning", [("", "recovered")])
        assert "set aside as" in forwarder.health[-1]["errors"][0]["message"]
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["status"] == "ok"
        assert_complete(forwarder, tenant, "audit")


@only_on("3.9")
def test_restored_checkpoint_lets_the_input_go_on(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        collected_once(forwarder, tenant)
        good = file_of(forwarder).read_bytes()
        damage_both(forwarder, lambda text: "{}")
        assert forwarder.run(ACTIVITY).returncode == 1
        file_of(forwarder).write_bytes(good)
        (file_of(forwarder).parent / "paused.json").unlink()
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


@only_on("3.13")
def test_record_that_is_gone_from_both_places_pauses_instead_of_starting_afresh(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        collected_once(forwarder, tenant)
        file_of(forwarder).unlink()
        forwarder.splunk.kv(CHECKPOINTS, APP).delete()
        before = asked(tenant)
        assert "it is gone" in forwarder.run(ACTIVITY).stderr
        assert asked(tenant) == before


@only_on("3.9")
def test_checkpoint_of_format_1_is_taken_over(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        collected_once(forwarder, tenant)
        states = json.loads(file_of(forwarder).read_text())["state"]
        for state in states.values():
            del state["began"], state["untold"]
        digest = hashlib.sha256(json.dumps(states, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        file_of(forwarder).write_text(json.dumps({"version": 1, "sha256": digest, "state": states}))
        forwarder.splunk.kv(CHECKPOINTS, APP).delete()
        tenant.add(audit_records(5, start_age_s=600.0, seed=1))
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["events"] == 5
        assert_complete(forwarder, tenant, "audit")
        assert json.loads(file_of(forwarder).read_text())["version"] == 2
        assert json.loads(forwarder.kept[ACTIVITY]["document"])["state"].keys() == states.keys()


# Export and import

RECORDS = "| inputlookup mail_threats_checkpoints | rename _key AS key | table key document"
OFFER = (
    '| eval import_key="import ".key | table import_key document'
    " | outputlookup append=true key_field=import_key mail_threats_checkpoints"
)


def test_record_moves_to_another_host_by_searches_alone(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=DAY)) as tenant:
        collected_once(forwarder, tenant)
        exported = forwarder.splunk.search(RECORDS, app=APP).rows
        assert [row["key"] for row in exported] == [ACTIVITY]
        # The other host: a KV store and folders of its own, and the same account and input.
        shutil.rmtree(forwarder.checkpoint_dir(ACTIVITY))
        for name in (CHECKPOINTS, CLAIMS):
            forwarder.splunk.kv(name, APP).delete()
        forwarder.system.guid = "SERVER-2"
        forwarder.splunk.search(OFFER, rows=[dict(row) for row in exported], app=APP)
        tenant.add(audit_records(5, start_age_s=600.0, seed=1))
        tenant.skew_s = 26 * 3600.0
        forwarder.run_cleanly(ACTIVITY)
        (error,) = forwarder.health[-1]["errors"]
        assert (error["reaction"], forwarder.health[-1]["gaps"]) == ("recovered", [])
        assert list(forwarder.kept) == [ACTIVITY]
        judgement = tenant.ledger.judge("audit", forwarder.ids(AUDIT), at=tenant.now)
        assert not judgement.missing
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["status"] == "ok"


@only_on("3.13")
def test_import_that_knows_more_than_was_collected_is_told_as_a_gap(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=2 * DAY)) as tenant:
        collected_once(forwarder, tenant)
        ahead = forwarder.splunk.search(RECORDS, app=APP).rows
        forwarder.forget()
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange", start_time=iso(time.time() - 3 * DAY))
        tenant.faults.faults.append(fault("server_error", endpoint="content", status=503, retry_after=0))
        forwarder.run(ACTIVITY)
        tenant.faults.faults.clear()
        forwarder.splunk.search(OFFER, rows=[dict(row) for row in ahead], app=APP)
        forwarder.run(ACTIVITY)
        (gap,) = forwarder.health[-1]["gaps"]
        assert "imported checkpoint counts this time as delivered" in gap["reason"]
        assert forwarder.health[-1]["status"] == "error"


@only_on("3.9")
def test_import_that_is_damaged_changes_nothing_and_is_said(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        collected_once(forwarder, tenant)
        rows = [
            {**row, "document": str(row["document"])[:-9]} for row in forwarder.splunk.search(RECORDS, app=APP).rows
        ]
        forwarder.splunk.search(OFFER, rows=rows, app=APP)
        forwarder.run_cleanly(ACTIVITY)
        assert "imported cannot be used" in forwarder.health[-1]["errors"][0]["message"]
        assert_complete(forwarder, tenant, "audit")


# The KV store


@in_turn(("status",), [pytest.param(status, id=status) for status in ("starting", "failed")])
def test_kv_store_that_is_down_lets_a_single_host_go_on_with_its_file(forwarder: Forwarder, status: str) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        collected_once(forwarder, tenant)
        forwarder.system.kvstore_status = status
        tenant.add(audit_records(5, start_age_s=600.0, seed=1))
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["status"] == "warning"
        assert "KV store" in forwarder.health[-1]["errors"][0]["message"]
        forwarder.system.kvstore_status = "ready"
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["status"] == "ok"
        assert_complete(forwarder, tenant, "audit")


WAITS = [
    pytest.param(["search_head", "shc_member"], True, id="in a cluster, where another member may be further"),
    pytest.param(["search_head"], False, id="without a file, where there may be a record to find"),
]


@in_turn(("roles", "ran_before"), WAITS)
def test_kv_store_that_is_down_makes_an_input_wait_and_never_start_afresh(
    forwarder: Forwarder, roles: list[str], ran_before: bool
) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        forwarder.system.roles = roles
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        if ran_before:
            forwarder.run_cleanly(ACTIVITY)
        forwarder.system.kvstore_status = "starting"
        before = asked(tenant)
        waiting = forwarder.run(ACTIVITY)
        assert waiting.returncode == 1
        assert "goes on by itself when the KV store answers" in waiting.stderr
        assert problems(forwarder) == [("", "waiting")]
        assert asked(tenant) == before
        forwarder.system.kvstore_status = "ready"
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


@only_on("3.13")
def test_kv_store_that_is_switched_off_leaves_the_file(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        forwarder.system.kvstore_status = "disabled"
        collected_once(forwarder, tenant)
        forwarder.run_cleanly(ACTIVITY)
        assert [health["status"] for health in forwarder.health] == ["ok", "ok"]
        assert_complete(forwarder, tenant, "audit")


@only_on("3.9")
def test_host_built_anew_goes_on_from_the_kv_store(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        collected_once(forwarder, tenant)
        shutil.rmtree(forwarder.checkpoint_dir(ACTIVITY))
        forwarder.system.guid = "BUILT-ANEW"
        tenant.add(audit_records(5, start_age_s=600.0, seed=1))
        forwarder.run_cleanly(ACTIVITY)
        judgement = tenant.ledger.judge("audit", forwarder.ids(AUDIT), at=tenant.now)
        assert not judgement.missing
        assert set(judgement.duplicate.values()) <= {2}, "the id memory did not come along"


@only_on("3.13")
def test_kv_store_restored_from_an_old_backup_repeats_nothing(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        collected_once(forwarder, tenant)
        backup = forwarder.kept[ACTIVITY]
        tenant.add(audit_records(5, start_age_s=600.0, seed=1))
        forwarder.run_cleanly(ACTIVITY)
        forwarder.splunk.kv(CHECKPOINTS, APP).upsert([backup])
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert forwarder.kept[ACTIVITY]["generation"] > backup["generation"]


@only_on("3.9")
def test_few_calls_to_the_kv_store_are_made_in_a_run(forwarder: Forwarder) -> None:
    with Tenant(audit_records(600, start_age_s=6 * DAY, every_s=800.0), blob_events=1) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange", start_time="2020-01-01")
        forwarder.splunk.processes.port.calls.clear()
        result = forwarder.run_cleanly(ACTIVITY)
        calls = [call for call in forwarder.splunk.processes.port.calls if "storage/collections" in call.path]
        assert len(tenant.ledger.calls("blob")) == 600
        assert len(calls) <= 9 + 2 * result.seconds / 10


# One input at a time


class Held:
    """A run in a thread that waits inside a blob until it is let go."""

    def __init__(self, forwarder: Forwarder, tenant: Tenant, stanza: str) -> None:
        self.slow = fault("slow", endpoint="blob", seconds=6.0, first=1)
        tenant.faults.faults.append(self.slow)
        self.result: Any = None
        self._thread = threading.Thread(target=self._run, args=(forwarder, stanza))

    def _run(self, forwarder: Forwarder, stanza: str) -> None:
        self.result = forwarder.run(stanza)

    def __enter__(self) -> Held:
        self._thread.start()
        deadline = time.monotonic() + 30.0
        while not self.slow.acted and time.monotonic() < deadline:
            time.sleep(0.02)
        return self

    def __exit__(self, *exception: object) -> None:
        self._thread.join()


@only_on("3.9")
def test_second_process_of_an_input_collects_nothing(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        with Held(forwarder, tenant, ACTIVITY) as first:
            second = forwarder.run(ACTIVITY)
            assert second.returncode == 1
            assert "Another process of this input is running" in second.stderr
            assert forwarder.ids(AUDIT) == []
        assert first.result.returncode == 0
        assert_complete(forwarder, tenant, "audit")


@only_on("3.13")
def test_second_input_of_the_same_streams_parks_and_names_the_first(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        collected_once(forwarder, tenant)
        forwarder.add_input(OTHER, content_types="Audit.Exchange,Audit.General")
        second = forwarder.run(OTHER)
        assert second.returncode == 1
        assert (
            "Audit.Exchange of this tenant is collected by the input o365_management_activity://contoso"
            in second.stderr
        )
        assert problems(forwarder) == [("Audit.Exchange", "parked")]
        assert [stream["stream"] for stream in forwarder.health[-1]["streams"]] == ["Audit.General"]
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


@only_on("3.9")
def test_other_member_of_a_cluster_stands_by_and_takes_over_from_one_that_died(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        forwarder.system.roles = ["search_head", "shc_member"]
        collected_once(forwarder, tenant)
        member_1 = forwarder.checkpoint_dir(ACTIVITY).with_name("member1")
        forwarder.checkpoint_dir(ACTIVITY).rename(member_1)
        forwarder.system.guid = "SERVER-2"
        for _ in range(2):
            standing_by = forwarder.run_cleanly(ACTIVITY)
            assert standing_by.events_indexed == 1
            assert forwarder.health[-1]["status"] == "standby"
        for claim in forwarder.splunk.kv(CLAIMS, APP).documents():
            forwarder.splunk.kv(CLAIMS, APP).upsert([{**claim, "expires_at": time.time() - 1000.0}])
        tenant.add(audit_records(5, start_age_s=600.0, seed=1))
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["status"] == "ok"
        judgement = tenant.ledger.judge("audit", forwarder.ids(AUDIT), at=tenant.now)
        assert not judgement.missing
        # The first one comes back: it is the one that stands by now.
        shutil.rmtree(forwarder.checkpoint_dir(ACTIVITY))
        member_1.rename(forwarder.checkpoint_dir(ACTIVITY))
        forwarder.system.guid = "SERVER-1"
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["status"] == "standby"


@only_on("3.13")
def test_checkpoint_brought_from_another_tenant_is_not_taken_for_this_one(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        collected_once(forwarder, tenant)
    other_records = audit_records(20, start_age_s=DAY, seed=5)
    with Tenant(other_records, tenant_id="9b1c2f4e-0a3d-4c55-8f6e-2d7a1b3c4d5e") as other:
        forwarder.splunk.index.clear()
        forwarder.add_account(other)
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, other, "audit")


@only_on("3.9")
def test_several_accounts_and_tenants_are_kept_apart(forwarder: Forwarder) -> None:
    with (
        Tenant(audit_records(30, start_age_s=7200.0)) as contoso,
        Tenant(audit_records(20, start_age_s=7200.0), tenant_id="9b1c2f4e-0a3d-4c55-8f6e-2d7a1b3c4d5e") as fabrikam,
    ):
        forwarder.add_account(contoso)
        forwarder.add_account(fabrikam, name="fabrikam")
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.add_input(OTHER, content_types="Audit.Exchange", account="fabrikam")
        for _ in range(2):
            forwarder.run_cleanly(ACTIVITY)
            forwarder.run_cleanly(OTHER)
        by_tenant = {
            tenant.tenant_id: [json.loads(e.raw)["Id"] for e in forwarder.events(AUDIT) if tenant.tenant_id in e.source]
            for tenant in (contoso, fabrikam)
        }
        for tenant in (contoso, fabrikam):
            assert tenant.ledger.judge("audit", by_tenant[tenant.tenant_id], at=tenant.now).clean


# The disk


@only_on("3.13")
def test_checkpoint_folder_that_cannot_be_written_ends_the_run_before_anything_is_sent(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        folder = forwarder.checkpoint_dir(ACTIVITY)
        folder.parent.mkdir(parents=True, exist_ok=True)
        folder.write_text("a file where the folder should be")
        refused = forwarder.run(ACTIVITY)
        assert refused.returncode == 1
        assert "cannot be made" in refused.stderr
        assert tenant.ledger.calls("blob") == []
        folder.unlink()


# What is lost is told


@only_on("3.9")
def test_loss_that_a_killed_run_could_not_tell_is_told_by_the_next(forwarder: Forwarder) -> None:
    filler = audit_records(400, start_age_s=20 * 3600.0, every_s=1.0, padding=2000, seed=2)
    with Tenant([*audit_records(5, start_age_s=30 * 3600.0), *filler],
                faults=[fault("blob_expired", first=1)]) as tenant:  # fmt: skip
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run(ACTIVITY, interruption=Interruption(after_events=200, how="kill"))
        assert forwarder.health == []
        forwarder.run(ACTIVITY)
        assert forwarder.health[-1]["status"] == "error"
        assert ["expired" in gap["reason"] for gap in forwarder.health[-1]["gaps"]] == [True]
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["gaps"] == []


@only_on("3.13")
def test_what_expired_while_an_input_could_not_begin_is_told(forwarder: Forwarder) -> None:
    with Tenant(audit_records(10, start_age_s=7200.0)) as tenant:
        forwarder.add_account(tenant, client_secret="of another application")
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange", start_time="")
        forwarder.run(ACTIVITY)
        refused_since = time.time() - 10 * DAY
        content = json.loads(file_of(forwarder).read_text())
        del content["sha256"]
        content["begun_at"] = refused_since
        digest = hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
        file_of(forwarder).write_text(json.dumps({**content, "sha256": digest}))
        forwarder.splunk.kv(CHECKPOINTS, APP).delete()
        forwarder.add_account(tenant)
        forwarder.run(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert forwarder.health[-1]["status"] == "error"
        (gap,) = forwarder.health[-1]["gaps"]
        assert gap["start"][:13] in {iso(refused_since - 7 * DAY + hours * 3600.0)[:13] for hours in (0, 1, 2)}
        assert gap["end"][:13] in {iso(time.time() - 7 * DAY + minutes * 60.0)[:13] for minutes in (0, 11)}


# The process


@only_on("3.13")
def test_input_whose_splunkd_died_ends_by_itself_while_it_waits(forwarder: Forwarder, tmp_path: Path) -> None:
    """Nothing is written in that time, so no broken pipe tells it."""
    stuck = fault("throttled", endpoint="content", status=429, retry_after=200, first=1)
    with Tenant(audit_records(5, start_age_s=7200.0), faults=[stuck]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        child = orphaned(forwarder, tmp_path, lambda: bool(stuck.acted))
        deadline = time.monotonic() + 10.0
        while alive(child) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not alive(child)
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


def orphaned(forwarder: Forwarder, folder: Path, ready: Callable[[], bool]) -> int:
    """Start the input under a shell with its output into a file, kill the shell when `ready()`; the input's number."""
    start = forwarder.splunk.processes.inputs.start_of(ACTIVITY)
    (folder / "definition.xml").write_bytes(start.definition)
    script = '"$@" < definition.xml > output.xml & echo $! > pid; wait'
    shell = subprocess.Popen(["sh", "-c", script, "sh", *start.command], cwd=folder, env=start.environment)
    deadline = time.monotonic() + 30.0
    while not ready() and time.monotonic() < deadline:
        time.sleep(0.05)
    child = int((folder / "pid").read_text())
    shell.kill()
    shell.wait()
    return child


def alive(process: int) -> bool:
    try:
        os.kill(process, 0)
        return "Z" not in Path(f"/proc/{process}/stat").read_text().split(")")[1].split()[0]
    except (OSError, IndexError):
        return False


@only_on("3.9")
def test_input_whose_output_nobody_reads_ends_by_itself_while_it_waits(forwarder: Forwarder) -> None:
    stuck = fault("throttled", endpoint="content", status=429, retry_after=200, first=1)
    with Tenant(audit_records(5, start_age_s=7200.0), faults=[stuck]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        start = forwarder.splunk.processes.inputs.start_of(ACTIVITY)
        process = subprocess.Popen(
            start.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=start.environment,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(start.definition)
        process.stdin.close()
        deadline = time.monotonic() + 30.0
        while not stuck.acted and time.monotonic() < deadline:
            time.sleep(0.05)
        process.stdout.close()
        process.wait(10.0)
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


@only_on("3.13")
def test_interval_below_a_minute_set_by_hand_does_not_make_it_ask_more_often(forwarder: Forwarder) -> None:
    with Tenant(audit_records(5, start_age_s=7200.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange", interval="0")
        forwarder.run_cleanly(ACTIVITY)
        before = asked(tenant)
        with forwarder.started(ACTIVITY) as (process, output):
            deadline = time.monotonic() + 60.0
            while "action=rested" not in forwarder.log() and time.monotonic() < deadline:
                time.sleep(0.1)
            time.sleep(2.0)
            assert process.poll() is None
            assert asked(tenant) == before
            process.terminate()
            assert b'"status":"stopped"' in output.read()
