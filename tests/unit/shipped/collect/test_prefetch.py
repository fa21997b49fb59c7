"""Answers are fetched side by side, come in pieces, and never pile up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.clock import SystemClock
from mail_threats.errors import ConfigError, PagingBroken, Stopped, Transient
from mail_threats.feeds import prefetch
from mail_threats.feeds.prefetch import Again, Prefetch
from mail_threats.wire.concurrency import Concurrency

Fetch = Callable[[Any], Iterator[bytes]]


@pytest.fixture(scope="module")
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(12) as opened:
        yield opened


def fetched(
    pages: Any, fetch: Fetch, pool: ThreadPoolExecutor, most: int = 8, stop: threading.Event | None = None
) -> Prefetch[Any, Any]:
    clock = SystemClock(stop or threading.Event())
    return Prefetch(pages, lambda page: page, fetch, pool, Concurrency(most), clock)


def collected(parts: Any) -> dict[Any, Any]:
    """For each thing asked for: the bytes of its last attempt when it ended whole, else the error."""
    found: dict[Any, Any] = {}
    ended = {}
    for asked, part in parts:
        if isinstance(part, bytes):
            found[asked] = found.get(asked, b"") + part
        elif isinstance(part, Again):
            found[asked] = b""
        else:
            assert asked not in ended
            ended[asked] = found.get(asked, b"") if part is None else part
    return ended


PAGES = st.lists(st.lists(st.integers(0, 200), unique=True, max_size=30), max_size=6)


@given(PAGES, st.integers(1, 8))
def test_everything_that_is_listed_comes_once_and_whole(pool, pages: list[list[int]], most: int) -> None:
    numbered = [[(page, number) for number in numbers] for page, numbers in enumerate(pages)]

    def fetch(asked: tuple[int, int]) -> Iterator[bytes]:
        for _ in range(asked[1] % 4):
            yield b"%d" % asked[1]

    found = collected(fetched(iter(numbered), fetch, pool, most))
    assert found == {asked: b"%d" % asked[1] * (asked[1] % 4) for page in numbered for asked in page}


def test_no_more_requests_are_under_way_than_the_service_takes(pool: ThreadPoolExecutor) -> None:
    under_way = most_seen = 0
    lock = threading.Lock()

    def fetch(asked: int) -> Iterator[bytes]:
        nonlocal under_way, most_seen
        with lock:
            under_way += 1
            most_seen = max(most_seen, under_way)
        time.sleep(0.002)
        yield b"x"
        with lock:
            under_way -= 1

    assert len(collected(fetched([list(range(60))], fetch, pool, most=3))) == 60
    assert most_seen == 3


def test_next_page_is_listed_while_answers_are_fetched(pool: ThreadPoolExecutor) -> None:
    second_page_asked = threading.Event()

    def pages() -> Iterator[list[int]]:
        yield [1]
        second_page_asked.set()
        yield [2]

    def fetch(asked: int) -> Iterator[bytes]:
        assert second_page_asked.wait(10.0)
        yield b"x"

    assert collected(fetched(pages(), fetch, pool)) == {1: b"x", 2: b"x"}


def test_bytes_that_wait_to_be_delivered_are_bounded(pool: ThreadPoolExecutor, monkeypatch) -> None:
    monkeypatch.setattr(prefetch, "HELD_BYTES", 1000)
    read = 0
    lock = threading.Lock()

    def fetch(asked: int) -> Iterator[bytes]:
        nonlocal read
        for _ in range(20):
            with lock:
                read += 100
            yield b"x" * 100

    taken = 0
    for _, part in fetched([list(range(20))], fetch, pool):
        if isinstance(part, bytes):
            # Each of eight workers may have one piece in its hands.
            assert read <= taken + 1000 + 9 * 100
            taken += len(part)
    assert taken == 20 * 20 * 100


def test_piece_larger_than_the_bound_passes(pool: ThreadPoolExecutor, monkeypatch) -> None:
    monkeypatch.setattr(prefetch, "HELD_BYTES", 10)
    assert collected(fetched([[1, 2]], lambda asked: iter([b"x" * 100] * 3), pool)) == {1: b"x" * 300, 2: b"x" * 300}


def test_answer_that_breaks_off_is_asked_for_again_from_its_beginning(pool: ThreadPoolExecutor) -> None:
    attempts = []

    def fetch(asked: int) -> Iterator[bytes]:
        attempts.append(asked)
        yield b"be"
        if len(attempts) < 3:
            raise Transient("reset")
        yield b"gun"

    assert collected(fetched([[1]], fetch, pool)) == {1: b"begun"}
    assert len(attempts) == 3


def test_answer_that_always_breaks_off_is_an_error_of_its_own(pool: ThreadPoolExecutor) -> None:
    def fetch(asked: int) -> Iterator[bytes]:
        yield b"be"
        if asked == 1:
            raise Transient("reset")

    found = collected(fetched([[1, 2]], fetch, pool))
    assert isinstance(found[1], Transient)
    assert found[2] == b"be"


def test_error_before_the_first_piece_was_repeated_enough_already(pool: ThreadPoolExecutor) -> None:
    attempts = []

    def fetch(asked: int) -> Iterator[bytes]:
        attempts.append(asked)
        raise Transient("silent")
        yield b""

    assert isinstance(collected(fetched([[1]], fetch, pool))[1], Transient)
    assert len(attempts) == 1


def test_listing_that_fails_gives_what_it_had_listed_first(pool: ThreadPoolExecutor) -> None:
    def pages() -> Iterator[list[int]]:
        yield [1, 2]
        raise PagingBroken("repeats")

    found = []
    parts = iter(fetched(pages(), lambda asked: iter([b"x"]), pool))
    for _ in range(4):
        found.append(next(parts))
    with pytest.raises(PagingBroken):
        next(parts)
    assert sorted(found, key=str) == [(1, None), (1, b"x"), (2, None), (2, b"x")]


def test_what_is_no_answer_of_the_service_ends_everything(pool: ThreadPoolExecutor) -> None:
    def fetch(asked: int) -> Iterator[bytes]:
        raise ConfigError("The proxy refuses its password.")
        yield b""

    with pytest.raises(ConfigError):
        collected(fetched([[1, 2, 3]], fetch, pool))


def test_stop_ends_it_while_an_answer_is_awaited(pool: ThreadPoolExecutor) -> None:
    stop, let_go = threading.Event(), threading.Event()

    def fetch(asked: int) -> Iterator[bytes]:
        stop.set()
        let_go.wait(10.0)
        yield b"x"

    began = time.monotonic()
    with pytest.raises(Stopped):
        collected(fetched([[1]], fetch, pool, stop=stop))
    let_go.set()
    assert time.monotonic() - began < 5.0


def test_reader_that_goes_away_frees_the_threads(pool: ThreadPoolExecutor) -> None:
    def fetch(asked: int) -> Iterator[bytes]:
        while True:
            yield b"x" * 1_000_000

    for _ in range(4):
        parts = iter(fetched([list(range(20))], fetch, pool))
        next(parts)
        parts.close()  # type: ignore[attr-defined]
    ended = [pool.submit(lambda: None) for _ in range(12)]
    for future in ended:
        future.result(timeout=10.0)
