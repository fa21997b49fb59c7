"""The state of a stream, and an id memory that may be lost."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.errors import ConfigError, Transient
from mail_threats.ledger.memory import Memory
from mail_threats.ledger.stream import MAX_GAPS, StreamState
from mail_threats.ledger.windows import Gap

NOW = 1_772_532_000.0
DAY = 86400.0

HOLES = [
    pytest.param({"windows": [{"start": 5.0, "end": 9.0, "anchor": 5.0, "listed_at": None, "pages": 0}]}, id="hole"),
    pytest.param(
        {"windows": [{"start": 0.0, "end": 0.0, "anchor": 0.0, "listed_at": None, "pages": 0}]}, id="empty window"
    ),
    pytest.param({"low_water": "x"}, id="text for a number"),
    pytest.param({"windows": None}, id="no windows"),
    pytest.param({"gaps": [[1, 2]]}, id="gap of two"),
]


@pytest.mark.parametrize("change", HOLES)
def test_state_with_a_hole_is_refused(change: dict[str, object]) -> None:
    content = {**StreamState(0.0).to_json(), **change}
    with pytest.raises((ValueError, TypeError, KeyError)):
        StreamState.from_json(content)


def test_losses_beyond_the_bound_are_joined_and_no_range_is_forgotten() -> None:
    state = StreamState(0.0)
    for number in range(MAX_GAPS + 50):
        state.record_gap(Gap(number, number + 1, f"reason {number}"))
    for kept in (state.gaps, state.untold):
        assert len(kept) == MAX_GAPS
        assert kept[0] == Gap(0, 51, "Several losses, the first: reason 0")
        assert kept[-1] == Gap(MAX_GAPS + 49, MAX_GAPS + 50, f"reason {MAX_GAPS + 49}")
    assert StreamState.from_json(json.loads(json.dumps(state.to_json()))) == state


def test_event_is_new_once(tmp_path: Path) -> None:
    with closing(Memory(tmp_path / "m", NOW)) as memory:
        assert memory.unseen([b"a", b"b", b"a"]) == [True, True, False]
        assert memory.unseen([b"b", b"c"]) == [False, True]


@given(st.lists(st.lists(st.binary(max_size=3), max_size=2000), max_size=4), st.booleans())
def test_memory_answers_as_a_set_does(
    tmp_path_factory: pytest.TempPathFactory, chunks: list[list[bytes]], commit: bool
) -> None:
    known: set[bytes] = set()
    with closing(Memory(tmp_path_factory.mktemp("memory") / "m", NOW)) as memory:
        for chunk in chunks:
            expected = []
            for key in chunk:
                expected.append(key not in known)
                known.add(key)
            assert memory.unseen(chunk) == expected
            if commit:
                memory.commit()


def test_more_ids_at_once_than_a_query_takes(tmp_path: Path) -> None:
    keys = [b"%d" % number for number in range(5000)]
    with closing(Memory(tmp_path / "m", NOW)) as memory:
        assert all(memory.unseen(keys))
        assert not any(memory.unseen(keys))
        memory.commit()
        assert not any(memory.unseen(keys))


def test_what_was_not_committed_is_forgotten(tmp_path: Path) -> None:
    with closing(Memory(tmp_path / "m", NOW)) as memory:
        memory.unseen([b"a"])
        memory.blob_done("s", 1.0, "blob 1")
        memory.commit()
        memory.unseen([b"b"])
        memory.blob_done("s", 1.0, "blob 2")
    with closing(Memory(tmp_path / "m", NOW)) as again:
        assert again.blobs_done("s", 1.0) == {"blob 1"}
        assert again.unseen([b"a", b"b"]) == [False, True]


def test_blobs_are_remembered_by_stream_and_window_until_these_are_done(tmp_path: Path) -> None:
    with closing(Memory(tmp_path / "m", NOW)) as memory:
        for stream, start in (("s", 1.0), ("s", 2.0), ("t", 1.0)):
            memory.blob_done(stream, start, "blob")
        memory.forget_blobs("s", 2.0)
        kept = [memory.blobs_done(stream, start) for stream, start in (("s", 1.0), ("s", 2.0), ("t", 1.0))]
    assert kept == [set(), {"blob"}, {"blob"}]


def remember(path: Path, day: int, keys: list[bytes], **options: int) -> list[bool]:
    memory = Memory(path, NOW + day * DAY, **options)
    new = memory.unseen(keys)
    memory.commit()
    memory.close()
    return new


def test_ids_are_kept_for_their_days_and_no_longer(tmp_path: Path) -> None:
    remember(tmp_path / "m", 0, [b"a"])
    assert remember(tmp_path / "m", 7, [b"a"]) == [False]
    assert remember(tmp_path / "m", 8, [b"a"]) == [True]


def test_oldest_days_go_first_when_there_are_too_many_ids(tmp_path: Path) -> None:
    for day, keys in enumerate(([b"a1", b"a2"], [b"b1", b"b2"], [b"c1", b"c2"])):
        remember(tmp_path / "m", day, keys, max_events=4)
    assert remember(tmp_path / "m", 3, [b"a1", b"b1", b"c1"], max_events=4) == [True, False, False]


def test_damaged_file_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "m"
    path.write_bytes(b"no database" * 1000)
    with closing(Memory(path, NOW)) as memory:
        assert memory.was_lost
        assert memory.unseen([b"a"]) == [True]
    assert (tmp_path / "m.damaged").read_bytes().startswith(b"no database")


def test_damage_that_shows_later_ends_the_run_and_is_gone_in_the_next(tmp_path: Path) -> None:
    path = tmp_path / "m"
    keys = [b"%d" % number for number in range(20_000)]
    remember(path, 0, keys)
    with closing(sqlite3.connect(path)) as database:
        (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'event'").fetchone()
        (size,) = database.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    with closing(Memory(path, NOW)) as memory, pytest.raises(Transient, match="set aside"):
        memory.unseen(keys)
    with closing(Memory(path, NOW)) as memory:
        assert memory.unseen([b"0"]) == [True]


def test_folder_that_does_not_exist_is_an_error_with_words(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be used"):
        Memory(tmp_path / "missing" / "m", NOW)


def test_ids_are_kept_as_numbers_not_as_text(tmp_path: Path) -> None:
    remember(tmp_path / "m", 0, [b"user-readable-id"])
    with closing(sqlite3.connect(tmp_path / "m")) as database:
        rows = database.execute("SELECT id FROM event").fetchall()
    assert len(rows) == 1
    assert -(2**63) <= rows[0][0] < 2**63
