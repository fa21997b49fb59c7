"""What a run leaves behind, and what the next one makes of it: no loss, and no repetition without a reason."""

from __future__ import annotations

import fcntl
import json
import sqlite3
import sys
import termios
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from inputs.forwarder import (
    ACTIVITY,
    AUDIT,
    DAY,
    SIGN_IN,
    SIGN_INS,
    Forwarder,
    assert_complete,
    audit_records,
    iso,
    sign_in_records,
)
from inputs.moments import AtRequest
from inputs.pythons import in_turn, only_on

from lab.splunk.inputs.host import Interruption
from lab.tenant import FAULTS, Tenant, fault

KILLED = Interruption(after_events=10, how="kill")


def two_windows(padding: int = 2000) -> tuple[list, list]:
    """Events of two windows of the time line; a window holds more than a pipe does, so it cannot be flushed unread."""
    old = audit_records(150, start_age_s=30 * 3600.0, every_s=1.0, padding=padding, seed=1)
    late = audit_records(150, start_age_s=20 * 3600.0, every_s=1.0, padding=padding, seed=2)
    return old, late


def test_next_run_collects_only_what_is_new(forwarder: Forwarder) -> None:
    with Tenant(audit_records(50, start_age_s=7200.0), blob_events=5) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        forwarder.run_cleanly(ACTIVITY)
        assert [health["events"] for health in forwarder.health] == [50, 0]
        tenant.add(audit_records(20, start_age_s=600.0, seed=1))
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")
        assert not tenant.ledger.mistakes


def test_kill_before_the_checkpoint_repeats_that_window_and_no_other(forwarder: Forwarder) -> None:
    old, late = two_windows()
    with Tenant(old + late) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        killed = forwarder.run(ACTIVITY, interruption=Interruption(after_events=len(old) + 10, how="kill"))
        assert killed.returncode == -9
        unsettled = set(forwarder.ids(AUDIT)) - {record.id for record in old}
        assert 0 < len(unsettled) < len(late)
        forwarder.run_cleanly(ACTIVITY)
        judgement = tenant.ledger.judge("audit", forwarder.ids(AUDIT), at=tenant.now)
        assert not judgement.missing
        assert judgement.duplicate == dict.fromkeys(unsettled, 2)


def test_kill_in_the_first_window_repeats_what_had_arrived_of_it(forwarder: Forwarder) -> None:
    old, late = two_windows()
    with Tenant(old + late) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run(ACTIVITY, interruption=KILLED)
        first_run = forwarder.ids(AUDIT)
        assert 0 < len(first_run) < len(old)
        forwarder.run_cleanly(ACTIVITY)
        judgement = tenant.ledger.judge("audit", forwarder.ids(AUDIT), at=tenant.now)
        assert not judgement.missing
        assert judgement.duplicate == dict.fromkeys(first_run, 2)


def test_kill_while_sign_ins_are_collected_loses_nothing(forwarder: Forwarder) -> None:
    # Two pages, more than a pipe holds, of one window: whichever hour it is, they lie in one.
    first = time.time() // 3600.0 * 3600.0 - 3500.0
    records = sign_in_records(300, start_age_s=time.time() - first, every_s=1.0, padding=2000)
    with Tenant(records, graph_page_limit=200) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(SIGN_INS, sign_in_kinds="interactive", start_time=iso(first - 60.0))
        forwarder.run(SIGN_INS, interruption=KILLED)
        first_run = forwarder.ids(SIGN_IN)
        assert 0 < len(first_run) < len(records)
        forwarder.run_cleanly(SIGN_INS)
        judgement = tenant.ledger.judge("sign_in", forwarder.ids(SIGN_IN), at=tenant.now)
        assert not judgement.missing
        assert judgement.duplicate == dict.fromkeys(first_run, 2)


@only_on("3.13")
def test_reader_that_hangs_up_counts_as_not_delivered(forwarder: Forwarder) -> None:
    old, late = two_windows()
    with Tenant(old + late) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        gone = forwarder.run(ACTIVITY, interruption=Interruption(after_events=10, how="hang_up"))
        assert gone.returncode == 1
        first_run = forwarder.ids(AUDIT)
        forwarder.run_cleanly(ACTIVITY)
        judgement = tenant.ledger.judge("audit", forwarder.ids(AUDIT), at=tenant.now)
        assert not judgement.missing
        assert sorted(judgement.duplicate) == sorted(first_run)


class Stuck:
    """Mixed into a fault: tells when it acts for the first time, and acts no more."""

    def __init__(self, **options: Any) -> None:
        super().__init__(first=1, **options)
        self.reached = threading.Event()

    def due(self, occasion: str) -> bool:
        due = super().due(occasion)  # type: ignore[misc]
        if due:
            self.reached.set()
        return due


class StuckAnswer(Stuck, FAULTS["slow"]):
    pass


class StuckLimit(Stuck, FAULTS["throttled"]):
    pass


STUCK = [
    pytest.param(StuckAnswer, {"endpoint": "blob", "after": 3, "seconds": 60.0}, id="while a blob is awaited"),
    pytest.param(StuckAnswer, {"endpoint": "content", "after": 1, "seconds": 60.0}, id="while a listing is awaited"),
    pytest.param(
        StuckLimit, {"endpoint": "content", "after": 1, "status": 429, "retry_after": 200}, id="while told to wait"
    ),
]


@in_turn(("kind", "options"), STUCK)
def test_sigterm_ends_the_run_within_five_seconds_and_loses_nothing(forwarder, kind, options) -> None:
    old, late = two_windows(padding=10)
    stuck = kind(**options)

    def first_window_is_read(count: int) -> None:
        if count == len(old):
            assert stuck.reached.wait(60.0)

    with Tenant(old + late, faults=[stuck]) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        stop = Interruption(after_events=len(old), how="terminate", grace=5.0)
        stopped = forwarder.run(ACTIVITY, interruption=stop, on_event=first_window_is_read)
        assert (stopped.returncode, stopped.error, stopped.stderr) == (0, None, "")
        assert forwarder.health[-1]["status"] == "stopped"
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


PHASES = [
    pytest.param(ACTIVITY, {"name": "slow", "endpoint": "token", "seconds": 60.0, "first": 1}, 1, id="token"),
    pytest.param(
        ACTIVITY, {"name": "slow", "endpoint": "subscriptions_list", "seconds": 60.0, "first": 1}, 2, id="subscriptions"
    ),
    pytest.param(SIGN_INS, {"name": "slow", "endpoint": "sign_ins", "seconds": 60.0, "first": 1}, 2, id="page"),
    pytest.param(SIGN_INS, None, 6, id="turn under Graph's limit"),
]


@in_turn(("stanza", "spec", "number"), PHASES)
def test_sigterm_ends_the_wait_for(forwarder: Forwarder, stanza: str, spec: dict[str, Any] | None, number: int) -> None:
    """Before the first event, or between two requests."""
    hours = 6 * 3600.0
    records = (
        audit_records(20, start_age_s=hours, every_s=900.0)
        if stanza == ACTIVITY
        else sign_in_records(20, start_age_s=hours, every_s=900.0)
    )
    with Tenant(records, faults=[fault(**spec)] if spec else []) as tenant:
        forwarder.add_account(tenant)
        # Two logs: more queries than ten seconds allow.
        forwarder.add_input(stanza, start_time=iso(time.time() - hours - 600.0))
        stop = Interruption(how="terminate", grace=5.0, moment=AtRequest(tenant, number))
        stopped = forwarder.run(stanza, interruption=stop)
        assert (stopped.returncode, stopped.error, stopped.stderr) == (0, None, "")
        assert forwarder.health[-1]["status"] == "stopped"
        asked = len(tenant.ledger.calls())
        assert asked == number, "it went on asking after the stop"
        tenant.faults.faults.clear()
        forwarder.run_cleanly(stanza)
        assert_complete(forwarder, tenant, "audit" if stanza == ACTIVITY else "sign_in")


@only_on("3.9")
def test_sigterm_ends_a_run_whose_output_nobody_takes(forwarder: Forwarder) -> None:
    """splunkd is busy: the pipe is full, and stays so."""
    with Tenant(audit_records(300, start_age_s=7200.0, every_s=1.0, padding=4000)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        with forwarder.started(ACTIVITY) as (process, output):
            deadline = time.monotonic() + 60.0
            while not unread(output.fileno()) and time.monotonic() < deadline:
                time.sleep(0.05)
            process.terminate()
            assert process.wait(timeout=5.0) == 0
        forwarder.run_cleanly(ACTIVITY)
        assert_complete(forwarder, tenant, "audit")


def unread(pipe: int) -> int:
    """Bytes that wait in a pipe."""
    return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


@in_turn(("loss",), [pytest.param(True, id="deleted"), pytest.param(False, id="damaged")])
def test_loss_of_the_id_memory_costs_duplicates_only(forwarder: Forwarder, loss: bool) -> None:
    records = audit_records(30, start_age_s=7200.0)
    with Tenant(records) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        memory = forwarder.checkpoint_dir(ACTIVITY) / "memory.sqlite"
        for path in memory.parent.glob("memory.sqlite*"):
            path.unlink()
        if not loss:
            memory.write_bytes(b"this is no database, and never was" * 100)
        tenant.add(audit_records(5, start_age_s=600.0, seed=1))
        forwarder.run_cleanly(ACTIVITY)
        judgement = tenant.ledger.judge("audit", forwarder.ids(AUDIT), at=tenant.now)
        assert not judgement.missing
        assert set(judgement.duplicate.values()) <= {2}
    assert forwarder.health[-1]["id_memory_lost"] is not loss


@only_on("3.13")
def test_ids_are_remembered_in_bounded_form(forwarder: Forwarder) -> None:
    with Tenant(audit_records(200, start_age_s=7200.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
    database = sqlite3.connect(forwarder.checkpoint_dir(ACTIVITY) / "memory.sqlite")
    assert database.execute("SELECT count(*) FROM event").fetchone() == (200,)
    database.close()
    assert size_of(forwarder.checkpoint_dir(ACTIVITY) / "checkpoint.json") < 10_000


@only_on("3.9")
def test_outage_beyond_what_the_service_keeps_is_reported_with_its_range(forwarder: Forwarder) -> None:
    with Tenant(audit_records(30, start_age_s=7200.0)) as tenant:
        forwarder.add_account(tenant)
        forwarder.add_input(ACTIVITY, content_types="Audit.Exchange")
        forwarder.run_cleanly(ACTIVITY)
        reached = time.time()
        tenant.skew_s = 9 * DAY
        forwarder.run(ACTIVITY)
        health = forwarder.health[-1]
        assert health["status"] == "error"
        late, gap = health["gaps"]
        assert "visible late" in late["reason"]
        assert gap["stream"] == "Audit.Exchange"
        assert abs(epoch(gap["start"]) - reached) < 3600.0
        assert abs(epoch(gap["end"]) - (time.time() + 2 * DAY)) < 3600.0
        assert not tenant.ledger.mistake_counts()["window_too_old"]
        forwarder.run_cleanly(ACTIVITY)
        assert forwarder.health[-1]["gaps"] == []


def epoch(text: str) -> float:
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone


def size_of(path: Path) -> int:
    json.loads(path.read_text())
    return path.stat().st_size
