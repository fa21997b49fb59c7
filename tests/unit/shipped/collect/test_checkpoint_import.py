"""A checkpoint that an admin imports: taken over once, by whoever collects, and never without a word."""

from __future__ import annotations

from pathlib import Path

import pytest
from unit.shipped.collect.fake_clock import FakeClock
from unit.shipped.collect.fake_store import ALONE, MEMBER_1, MEMBER_2, FakeStore

from mail_threats.errors import CheckpointDamaged
from mail_threats.ledger.checkpoint import COUNTED, IMPORT, Checkpoint
from mail_threats.ledger.copies import Copy, read_copy
from mail_threats.ledger.host import Host
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import Gap, Trouble, Window

NOW = 1_772_532_000.0
STANZA = "o365_management_activity://contoso"
EXCHANGE, GENERAL = "t/Audit.Exchange", "t/Audit.General"


def checkpoint(folder: Path, store: FakeStore, host: Host = ALONE, now: float = NOW) -> Checkpoint:
    return Checkpoint(folder, STANZA, "2026-01-01", store, host, FakeClock(now))


def record(**low_waters: float) -> Copy:
    """A record in which nothing is owed behind these marks."""
    streams = {f"t/Audit.{name}": StreamState(at) for name, at in low_waters.items()}
    return Copy(NOW - 1000.0, 7, "ELSEWHERE", streams, {"held": {"of the other host": NOW}})


def offer(store: FakeStore, copy: Copy) -> None:
    store.documents[IMPORT + STANZA] = {"_key": IMPORT + STANZA, "document": copy.text(NOW)}


def begun(folder: Path, store: FakeStore, copy: Copy, host: Host = ALONE) -> None:
    """A record that is there already, in both places."""
    first = checkpoint(folder, store, host, NOW - 500.0)
    loaded = first.load()
    loaded.streams.update(copy.streams)
    first.save(now=True)


def test_import_on_a_new_host_is_where_it_goes_on(tmp_path: Path) -> None:
    store = FakeStore()
    offer(store, record(Exchange=NOW - 60.0))
    new = checkpoint(tmp_path, store)
    assert new.load().streams == {}
    taken = new.take_over_import()
    assert taken is not None
    assert taken[0].streams == record(Exchange=NOW - 60.0).streams
    assert taken[0].claims == {}
    assert "Audit.Exchange" in taken[1].message
    for place in (tmp_path, tmp_path / "elsewhere"):
        place.mkdir(exist_ok=True)
        assert checkpoint(place, store, now=NOW + 9).load().streams == taken[0].streams


def test_import_is_taken_over_once(tmp_path: Path) -> None:
    store = FakeStore()
    offer(store, record(Exchange=NOW))
    first = checkpoint(tmp_path, store)
    first.load()
    assert first.take_over_import() is not None
    second = checkpoint(tmp_path, store, now=NOW + 60)
    second.load()
    assert second.take_over_import() is None
    assert list(store.documents) == [STANZA]


def test_import_counts_whatever_the_record_says_and_the_record_is_kept(tmp_path: Path) -> None:
    store = FakeStore()
    begun(tmp_path, store, record(Exchange=NOW - 100.0))
    offer(store, record(Exchange=NOW - 5000.0))
    run = checkpoint(tmp_path, store)
    run.load()
    taken = run.take_over_import()
    assert taken is not None
    assert taken[0].streams[EXCHANGE].low_water == NOW - 5000.0
    (kept,) = tmp_path.glob("checkpoint.replaced-*.json")
    assert str(kept) in taken[1].message
    assert read_copy(kept.read_bytes()).streams[EXCHANGE].low_water == NOW - 100.0


def test_stream_that_the_import_does_not_know_goes_on_from_where_it_was(tmp_path: Path) -> None:
    store = FakeStore()
    begun(tmp_path, store, record(Exchange=NOW - 100.0, General=NOW - 200.0))
    offer(store, record(Exchange=NOW - 300.0))
    run = checkpoint(tmp_path, store)
    run.load()
    taken = run.take_over_import()
    assert taken is not None
    assert {key: state.low_water for key, state in taken[0].streams.items()} == {
        EXCHANGE: NOW - 300.0,
        GENERAL: NOW - 200.0,
    }


OWED = [
    pytest.param(StreamState(NOW - 900.0), NOW - 900.0, id="behind the low-water mark"),
    pytest.param(
        StreamState(NOW - 900.0, [Window(NOW - 900.0, NOW - 600.0, NOW), Window(NOW - 600.0, NOW)]),
        NOW - 600.0,
        id="behind a window that was listed",
    ),
    pytest.param(
        StreamState(NOW - 900.0, [Window(NOW - 900.0, NOW, NOW, troubled={"a": Trouble(1, "x")})]),
        NOW - 900.0,
        id="in a window that owes a content",
    ),
]


@pytest.mark.parametrize(("state", "owed_from"), OWED)
def test_time_that_the_import_counts_as_delivered_and_this_input_had_not_collected_is_a_gap(
    tmp_path: Path, state: StreamState, owed_from: float
) -> None:
    store = FakeStore()
    begun(tmp_path, store, Copy(0.0, 0, "", {EXCHANGE: state}))
    offer(store, record(Exchange=NOW - 60.0))
    run = checkpoint(tmp_path, store)
    run.load()
    taken = run.take_over_import()
    assert taken is not None
    assert taken[0].streams[EXCHANGE].untold == [Gap(owed_from, NOW - 60.0, COUNTED)]


def test_loss_that_was_not_told_yet_is_still_told(tmp_path: Path) -> None:
    store = FakeStore()
    gap = Gap(1.0, 2.0, "gone")
    begun(tmp_path, store, Copy(0.0, 0, "", {EXCHANGE: StreamState(NOW, untold=[gap])}))
    offer(store, record(Exchange=NOW - 60.0))
    run = checkpoint(tmp_path, store)
    run.load()
    taken = run.take_over_import()
    assert taken is not None
    assert taken[0].streams[EXCHANGE].untold == [gap]


UNUSABLE = [
    pytest.param({"document": "{"}, id="cut off"),
    pytest.param({"document": record(Exchange=NOW).text(NOW).replace('"generation":7', '"generation":8')}, id="edited"),
    pytest.param({"document": {"version": 2}}, id="an object"),
    pytest.param({}, id="nothing"),
]


@pytest.mark.parametrize("document", UNUSABLE)
def test_import_that_cannot_be_read_changes_nothing_and_is_said(tmp_path: Path, document: dict[str, object]) -> None:
    store = FakeStore()
    begun(tmp_path, store, record(Exchange=NOW - 100.0))
    store.documents[IMPORT + STANZA] = {"_key": IMPORT + STANZA, **document}
    run = checkpoint(tmp_path, store)
    assert run.load().streams[EXCHANGE].low_water == NOW - 100.0
    assert run.take_over_import() is None
    assert "cannot be used" in run.notes[0].message


def test_import_ends_a_pause(tmp_path: Path) -> None:
    store = FakeStore()
    (tmp_path / "checkpoint.json").write_text("{")
    with pytest.raises(CheckpointDamaged):
        checkpoint(tmp_path, store).load()
    offer(store, record(Exchange=NOW - 60.0))
    run = checkpoint(tmp_path, store)
    run.load()
    assert run.take_over_import() is not None
    assert checkpoint(tmp_path, store, now=NOW + 9).load().streams[EXCHANGE].low_water == NOW - 60.0


def test_pause_lasts_when_the_run_ends_before_the_import_was_taken_over(tmp_path: Path) -> None:
    store = FakeStore()
    (tmp_path / "checkpoint.json").write_text("{")
    offer(store, record(Exchange=NOW - 60.0))
    killed = checkpoint(tmp_path, store)
    killed.load()
    killed.keep()
    del store.documents[IMPORT + STANZA]
    with pytest.raises(CheckpointDamaged):
        checkpoint(tmp_path, store).load()


def test_store_that_fails_while_the_import_is_taken_over_keeps_the_offer(tmp_path: Path) -> None:
    store = FakeStore()
    offer(store, record(Exchange=NOW - 60.0))
    run = checkpoint(tmp_path, store)
    run.load()
    store.failures = 1
    assert run.take_over_import() is not None
    assert IMPORT + STANZA in store.documents
    again = checkpoint(tmp_path, store, now=NOW + 60)
    again.load()
    assert again.take_over_import() is not None
    assert list(store.documents) == [STANZA]


# A cluster


def test_members_that_paused_follow_the_one_that_took_the_import_over(tmp_path: Path) -> None:
    store = FakeStore()
    folders = {host: tmp_path / host.name for host in (MEMBER_1, MEMBER_2)}
    for host, folder in folders.items():
        folder.mkdir()
        (folder / "checkpoint.json").write_text("{")
        with pytest.raises(CheckpointDamaged):
            checkpoint(folder, store, host).load()
    offer(store, record(Exchange=NOW - 60.0))
    first = checkpoint(folders[MEMBER_1], store, MEMBER_1, NOW + 60)
    first.load()
    assert first.take_over_import() is not None
    second = checkpoint(folders[MEMBER_2], store, MEMBER_2, NOW + 120)
    assert second.load().streams[EXCHANGE].low_water == NOW - 60.0


def test_member_that_stands_by_leaves_the_import_and_no_copy_that_counts(tmp_path: Path) -> None:
    store = FakeStore()
    begun(tmp_path, store, record(Exchange=NOW - 100.0), MEMBER_1)
    (tmp_path / "2").mkdir()
    (tmp_path / "2" / "checkpoint.json").write_text("{")
    offer(store, record(Exchange=NOW - 60.0))
    standing_by = checkpoint(tmp_path / "2", store, MEMBER_2)
    standing_by.load()
    standing_by.keep()
    assert IMPORT + STANZA in store.documents
    assert checkpoint(tmp_path / "2", store, MEMBER_2).load().streams[EXCHANGE].low_water == NOW - 100.0
