"""The two copies of a checkpoint: which one counts, what a damaged one does, and that no failure starts afresh.

The cases of the table are those of docs/adr/0009-two-copies.md.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.shipped.collect.fake_clock import FakeClock
from unit.shipped.collect.fake_store import ALONE, MEMBER_1, MEMBER_2, FakeStore

from mail_threats.errors import CheckpointDamaged, ConfigError, StateUnavailable
from mail_threats.ledger import checkpoint as checkpoint_module
from mail_threats.ledger.checkpoint import STORE_EVERY_S, Checkpoint
from mail_threats.ledger.copies import Copy, read_copy
from mail_threats.ledger.host import Host
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import Gap, Trouble, Window

NOW = 1_772_532_000.0
STANZA = "o365_management_activity://contoso"
KEY = "t/Audit.Exchange"


def checkpoint(
    folder: Path, store: FakeStore | None, host: Host = ALONE, start_time: str = "", clock: FakeClock | None = None
) -> Checkpoint:
    return Checkpoint(folder, STANZA, start_time, store, host, clock or FakeClock(NOW))


def copy_of(low_water: float, generation: int, host: str = ALONE.guid, begun_at: float = NOW) -> Copy:
    window = Window(low_water, low_water + 5, NOW, 2, low_water, {"id$é": Trouble(1, "x", low_water, 9.0)}, ["lost"])
    state = StreamState(low_water, [window], gaps=[Gap(1.0, 2.0, "gone")], untold=[Gap(1.0, 2.0, "gone")])
    return Copy(begun_at, generation, host, {KEY: state}, {"held": {"k": 1.0}})


def in_store(copy: Copy) -> dict[str, Any]:
    return {"_key": STANZA, "document": copy.text(NOW)}


def low_water(found: Copy) -> float | None:
    return found.streams[KEY].low_water if KEY in found.streams else None


def test_what_is_saved_is_loaded_from_either_copy(tmp_path: Path) -> None:
    store = FakeStore()
    first = checkpoint(tmp_path, store)
    first.load().streams.update(copy_of(NOW, 0).streams)
    first.save()
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.json"]
    (tmp_path / "elsewhere").mkdir()
    for folder, kept in ((tmp_path, FakeStore()), (tmp_path / "elsewhere", store)):
        assert checkpoint(folder, kept).load().streams == copy_of(NOW, 0).streams


def test_before_the_first_save_there_is_none(tmp_path: Path) -> None:
    assert checkpoint(tmp_path, FakeStore()).load().streams == {}


# Which copy counts

OLD, NEW = copy_of(NOW - 100, 7), copy_of(NOW, 8)
DAMAGED = "damaged"
DOWN = "down"


class Case(NamedTuple):
    """What is in the file and in the store; the low-water mark of the copy that counts, or the error."""

    file: Copy | str | None
    store: Copy | str | None
    host: Host
    counts: float | type[Exception] | None


def case(name: str, *values: Any) -> Any:
    return pytest.param(Case(*values), id=name)


CASES = [
    case("first run", None, None, ALONE, None),
    case("both are equal", NEW, NEW, ALONE, NOW),
    case("file is newer: killed before the store's turn", NEW, OLD, ALONE, NOW),
    case("file is newer: the KV store was restored from a backup", NEW, OLD, MEMBER_1, NOW),
    case("store is newer: another member collected in between", OLD, NEW, MEMBER_1, NOW),
    case("store is newer: the host was set back to a snapshot", OLD, NEW, ALONE, NOW),
    case("no file: the host was built anew, its KV store restored", None, OLD, ALONE, NOW - 100),
    case("no file: another member takes over", None, NEW, MEMBER_2, NOW),
    case("no document: the KV store was built anew", NEW, None, ALONE, NOW),
    case("no document, as after an upgrade, in a cluster", NEW, None, MEMBER_1, NOW),
    case("both, begun anew after the file's", copy_of(5.0, 90), copy_of(6.0, 1, begun_at=NOW + 9), ALONE, 6.0),
    case("both, the store's from before an admin began anew", copy_of(6.0, 1, begun_at=NOW + 9), NEW, ALONE, 6.0),
    case("both from the same generation of two hosts", copy_of(5.0, 8), copy_of(6.0, 8, "GUID-2"), MEMBER_1, 6.0),
    case("store is down, the file is this host's", NEW, DOWN, ALONE, NOW),
    case("store is down, the file is another host's", copy_of(NOW, 8, "GUID-9"), DOWN, ALONE, StateUnavailable),
    case("store is down in a cluster", NEW, DOWN, MEMBER_1, StateUnavailable),
    case("store is down, no file", None, DOWN, ALONE, StateUnavailable),
    case("store is down, the file is damaged", DAMAGED, DOWN, ALONE, StateUnavailable),
    case("file is damaged, the store's copy is good", DAMAGED, OLD, ALONE, NOW - 100),
    case("document is damaged, the file is this host's", NEW, DAMAGED, ALONE, NOW),
    case("document is damaged in a cluster", NEW, DAMAGED, MEMBER_1, CheckpointDamaged),
    case("file is damaged, no document", DAMAGED, None, ALONE, CheckpointDamaged),
    case("both are damaged", DAMAGED, DAMAGED, ALONE, CheckpointDamaged),
    case("document is damaged, no file", None, DAMAGED, ALONE, CheckpointDamaged),
]  # fmt: skip


def set_up(folder: Path, case: Case) -> FakeStore:
    store = FakeStore()
    if isinstance(case.file, Copy):
        (folder / "checkpoint.json").write_text(case.file.text(NOW))
    elif case.file is not None:
        (folder / "checkpoint.json").write_text('{"version":2')
    if isinstance(case.store, Copy):
        store.documents[STANZA] = in_store(case.store)
    elif case.store == DAMAGED:
        store.documents[STANZA] = {
            "_key": STANZA,
            "document": NEW.text(NOW).replace('"generation":8', '"generation":9'),
        }
    store.down = case.store == DOWN
    return store


@pytest.mark.parametrize("case", CASES)
def test_the_copy_that_counts(tmp_path: Path, case: Case) -> None:
    store = set_up(tmp_path, case)
    loading = checkpoint(tmp_path, store, case.host)
    if isinstance(case.counts, type):
        with pytest.raises(case.counts, match="damaged" if DAMAGED in case[:2] else "collected"):
            loading.load()
        return
    assert low_water(loading.load()) == case.counts
    store.down = False
    loading.save(now=True)
    assert low_water(read_copy((tmp_path / "checkpoint.json").read_bytes())) == case.counts
    assert low_water(read_copy(store.documents[STANZA]["document"])) == case.counts


@pytest.mark.parametrize("case", [case for case in CASES if DAMAGED in case.values[0][:2]])
def test_no_damaged_copy_is_ever_gone_or_unsaid(tmp_path: Path, case: Case) -> None:
    store = set_up(tmp_path, case)
    before = [store.documents[STANZA]["document"]] if store.documents else []
    before += [(tmp_path / "checkpoint.json").read_text()] if case.file is not None else []
    loading = checkpoint(tmp_path, store, case.host)
    with suppress(CheckpointDamaged, StateUnavailable):
        loading.load()
        assert "damaged" in str(loading.notes[0])
        loading.save(now=True)
    kept = [path.read_text() for path in tmp_path.glob("checkpoint*")]
    kept += [document["document"] for text in kept if text.startswith("[") for document in json.loads(text)]
    damaged = [text for text in before if text not in (OLD.text(NOW), NEW.text(NOW))]
    assert damaged
    assert set(damaged) <= set(kept)


def test_a_store_that_is_starting_is_asked_again(tmp_path: Path) -> None:
    store = FakeStore()
    store.documents[STANZA] = in_store(NEW)
    store.failures = 2
    clock = FakeClock(NOW)
    assert low_water(checkpoint(tmp_path, store, MEMBER_1, clock=clock).load()) == NOW
    assert clock.waits == [0.5, 1.5]


def test_a_store_that_stays_down_never_makes_an_input_start_afresh(tmp_path: Path) -> None:
    store = FakeStore()
    store.down = True
    for _ in range(3):
        with pytest.raises(StateUnavailable, match="goes on by itself"):
            checkpoint(tmp_path, store, start_time="2026-01-02").load()
    assert list(tmp_path.iterdir()) == []


def test_a_record_that_is_gone_while_its_id_memory_is_there_pauses(tmp_path: Path) -> None:
    (tmp_path / "memory.sqlite").touch()
    with pytest.raises(CheckpointDamaged, match="it is gone"):
        checkpoint(tmp_path, FakeStore(), start_time="2026-01-01").load()
    resumed = checkpoint(tmp_path, FakeStore(), start_time="2026-01-02")
    assert resumed.load().streams == {}


# Without a KV store


def test_where_the_kv_store_is_switched_off_the_file_is_the_record(tmp_path: Path) -> None:
    alone = checkpoint(tmp_path, None)
    alone.load().streams.update(NEW.streams)
    alone.save(now=True)
    assert alone.store_fault is None
    assert low_water(checkpoint(tmp_path, None).load()) == NOW


# What a copy costs


def test_the_store_is_written_every_few_seconds_and_the_file_always(tmp_path: Path) -> None:
    store, clock = FakeStore(), FakeClock(NOW)
    saving = checkpoint(tmp_path, store, clock=clock)
    saving.load()
    store.calls.clear()
    for _ in range(100):
        saving.save()
        clock.time += STORE_EVERY_S / 20
    assert store.calls == ["put"] * 5
    assert read_copy((tmp_path / "checkpoint.json").read_bytes()).generation == 100
    saving.save(now=True)
    assert store.calls == ["put"] * 6


def test_a_store_that_fails_in_a_run_does_not_end_it_and_is_said(tmp_path: Path) -> None:
    store, clock = FakeStore(), FakeClock(NOW)
    saving = checkpoint(tmp_path, store, clock=clock)
    saving.load()
    store.down = True
    saving.save(now=True)
    assert saving.store_fault is not None
    store.down = False
    clock.time += STORE_EVERY_S
    saving.save()
    assert saving.store_fault is None


def test_a_document_that_is_too_large_for_the_store_stays_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint_module, "_LARGEST_DOCUMENT", 100)
    store = FakeStore()
    saving = checkpoint(tmp_path, store)
    saving.load().streams.update(NEW.streams)
    saving.save(now=True)
    assert "too many for the KV store" in str(saving.store_fault)
    assert store.documents == {}
    assert low_water(checkpoint(tmp_path, store).load()) == NOW


def test_an_input_that_stands_by_does_not_make_its_copy_newer(tmp_path: Path) -> None:
    store = FakeStore()
    store.documents[STANZA] = in_store(OLD)
    for _ in range(5):
        standing_by = checkpoint(tmp_path, store, MEMBER_2)
        standing_by.load()
        standing_by.keep()
    store.documents[STANZA] = in_store(NEW)
    assert low_water(checkpoint(tmp_path, store, MEMBER_2).load()) == NOW


# Format 1


def of_format_1(state: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(state, sort_keys=True, separators=(",", ":")).encode("ascii")).hexdigest()
    return json.dumps({"version": 1, "sha256": digest, "state": state})


FORMAT_1 = {
    KEY: {
        "low_water": 100.0,
        "windows": [
            {"start": 100.0, "end": 200.0, "anchor": 100.0, "listed_at": 300.0, "pages": 1,
             "troubled": {"blob": [2, "not found"]}}
        ],
        "gaps": [[1.0, 2.0, "gone"]],
        "backlog_s": None,
        "not_before": 0.0,
        "start_asked_at": 5.0,
        "delivered": True,
    }
}  # fmt: skip


def test_a_checkpoint_of_format_1_is_taken_over_whole(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.json").write_text(of_format_1(FORMAT_1))
    taking_over = checkpoint(tmp_path, FakeStore(), MEMBER_1)
    state = taking_over.load().streams[KEY]
    assert state == StreamState(
        100.0,
        [Window(100.0, 200.0, 300.0, 1, 100.0, {"blob": Trouble(2, "not found")})],
        [Gap(1.0, 2.0, "gone")],
        start_asked_at=5.0,
        delivered=True,
        began=100.0,
    )
    taking_over.save()
    assert json.loads((tmp_path / "checkpoint.json").read_bytes())["version"] == 2
    assert checkpoint(tmp_path, FakeStore()).load().streams[KEY] == state


def test_a_damaged_checkpoint_of_format_1_pauses(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.json").write_text(of_format_1(FORMAT_1).replace("not found", "found"))
    with pytest.raises(CheckpointDamaged, match="checksum"):
        checkpoint(tmp_path, FakeStore()).load()


def test_a_checkpoint_of_a_newer_app_pauses(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.json").write_text(NEW.text(NOW).replace('"version":2', '"version":99'))
    with pytest.raises(CheckpointDamaged, match="newer version"):
        checkpoint(tmp_path, FakeStore()).load()


# Damage and the pause


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_one_changed_byte_is_noticed(tmp_path_factory: pytest.TempPathFactory, at: int, change: int) -> None:
    folder = tmp_path_factory.mktemp("checkpoint")
    path = folder / "checkpoint.json"
    content = bytearray(NEW.text(NOW).encode())
    content[at % len(content)] ^= change
    path.write_bytes(content)
    try:
        assert checkpoint(folder, None).load() == NEW
    except CheckpointDamaged:
        assert not path.exists()
        assert (folder / "paused.json").exists()


def test_pause_outlasts_restarts_and_names_the_ways_out(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.json").write_text("{")
    for _ in range(3):
        with pytest.raises(CheckpointDamaged, match="set another start time"):
            checkpoint(tmp_path, FakeStore(), start_time="2026-01-01").load()
    resumed = checkpoint(tmp_path, FakeStore(), start_time="2026-01-02")
    assert resumed.load().streams == {}
    assert (tmp_path / "paused.json").exists()
    resumed.save()
    assert not (tmp_path / "paused.json").exists()


def test_deleting_the_pause_file_alone_begins_anew(tmp_path: Path) -> None:
    store = FakeStore()
    store.documents[STANZA] = {"_key": STANZA, "document": "{"}
    (tmp_path / "memory.sqlite").touch()
    with pytest.raises(CheckpointDamaged):
        checkpoint(tmp_path, store).load()
    (tmp_path / "paused.json").unlink()
    assert checkpoint(tmp_path, store).load().streams == {}


def test_pause_file_that_is_damaged_itself_still_pauses(tmp_path: Path) -> None:
    (tmp_path / "paused.json").write_text("[")
    with pytest.raises(CheckpointDamaged):
        checkpoint(tmp_path, FakeStore(), start_time="2026-01-01").load()


def test_members_of_a_cluster_pause_together_and_begin_anew_once(tmp_path: Path) -> None:
    store = FakeStore()
    store.documents[STANZA] = {"_key": STANZA, "document": "{"}
    folders = {host: tmp_path / host.name for host in (MEMBER_1, MEMBER_2)}
    for host, folder in folders.items():
        folder.mkdir()
        with pytest.raises(CheckpointDamaged):
            checkpoint(folder, store, host, "2026-01-01").load()
    clock = FakeClock(NOW + 100)
    first = checkpoint(folders[MEMBER_1], store, MEMBER_1, "2026-01-02", clock)
    first.load().streams.update(NEW.streams)
    first.save(now=True)
    second = checkpoint(folders[MEMBER_2], store, MEMBER_2, "2026-01-02", clock)
    assert low_water(second.load()) == NOW


# The disk


def test_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be written"):
        checkpoint(tmp_path / "missing", None).save()


def test_a_full_disk_leaves_the_old_copy_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saving = checkpoint(tmp_path, None)
    saving.load().streams.update(NEW.streams)
    saving.save()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for _ in range(3):
        with pytest.raises(ConfigError, match="No space left"):
            saving.save()
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.json"]
    assert low_water(checkpoint(tmp_path, None).load()) == NOW


def test_what_a_killed_writer_left_is_swept(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.jsonabc.tmp").write_text("{")
    checkpoint(tmp_path, None).load()
    assert list(tmp_path.iterdir()) == []


def test_file_that_may_not_be_read_is_not_taken_for_damaged(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.json").mkdir()
    with pytest.raises(CheckpointDamaged, match="Give the user"):
        checkpoint(tmp_path, FakeStore()).load()
    assert (tmp_path / "checkpoint.json").is_dir()
