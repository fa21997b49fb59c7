"""One limit for all processes of an account, whoever asks, and whatever a crash leaves behind."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.shipped.collect.fake_clock import FakeClock

from mail_threats.clock import SystemClock
from mail_threats.errors import ConfigError, Stopped
from mail_threats.wire.pace import Limit
from mail_threats.wire.shared_pace import SharedPace

LIMIT = Limit(5, 10.0)


def paces(path: Path, clock: FakeClock, *owners: str) -> list[SharedPace]:
    return [SharedPace(clock, LIMIT, path, owner) for owner in owners]


@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 8), st.floats(0, 4), st.floats(0, 1)), max_size=30))
def test_service_never_counts_more_than_its_limit_of_two_stanzas(
    tmp_path_factory: pytest.TempPathFactory, calls: list[tuple[int, float, float, float]]
) -> None:
    """The service counts a request somewhere between its sending and its answer."""
    clock = FakeClock(now=1000.0)
    both = paces(tmp_path_factory.mktemp("pace") / "requests.sqlite", clock, "one", "two")
    counted: list[float] = []
    for number, pause_s, latency_s, share in calls:
        clock.time += pause_s
        with both[number].turn():
            counted.append(clock.time + latency_s * share)
            clock.time += latency_s
    for first, sixth in zip(counted, counted[5:]):
        assert sixth - first >= 10.0 - 1e-6


@pytest.mark.parametrize("hosts", range(1, 6))
@given(calls=st.lists(st.tuples(st.integers(0, 4), st.floats(0, 8), st.floats(0, 4)), max_size=40))
def test_hosts_that_cannot_see_each_other_keep_the_limit_together(
    tmp_path_factory: pytest.TempPathFactory, hosts: int, calls: list[tuple[int, float, float]]
) -> None:
    """Each has its own record of requests, and its part of the limit."""
    counted: list[float] = []
    for host in range(hosts):
        clock = FakeClock(now=1000.0)
        (pace,) = paces(tmp_path_factory.mktemp("host") / "requests.sqlite", clock, "one")
        pace.share(hosts)
        for number, pause_s, latency_s in calls:
            if number % hosts == host:
                clock.time += pause_s
                with pace.turn():
                    counted.append(clock.time)
                    clock.time += latency_s
    counted.sort()
    for first, sixth in zip(counted, counted[5:]):
        assert sixth - first >= 10.0 - 1e-6


def test_host_that_is_alone_again_gets_the_whole_limit_back(tmp_path: Path) -> None:
    clock = FakeClock(now=1000.0)
    (pace,) = paces(tmp_path / "requests.sqlite", clock, "one")
    pace.share(2)
    pace.share(1)
    for _ in range(5):
        with pace.turn():
            assert clock.time == 1000.0


def _die_waiting(path: Path, owner: str) -> None:
    (pace,) = paces(path, FakeClock(), owner)
    turns = [pace.turn() for _ in range(5)]
    for turn in turns:
        turn.__enter__()
    os._exit(9)


def killed_with_open_requests(path: Path, owner: str) -> None:
    process = multiprocessing.get_context("fork").Process(target=_die_waiting, args=(path, owner))
    process.start()
    process.join()
    assert process.exitcode == 9


def _ask(path: Path, owner: str, times: int, answered: multiprocessing.Queue[float]) -> None:
    pace = SharedPace(SystemClock(threading.Event()), Limit(2, 0.5), path, owner)
    for _ in range(times):
        with pace.turn():
            answered.put(time.monotonic())


def test_two_processes_together_keep_the_limit_and_both_get_through(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answered: multiprocessing.Queue[float] = context.Queue()
    path = tmp_path / "requests.sqlite"
    both = [context.Process(target=_ask, args=(path, owner, 4, answered)) for owner in ("one", "two")]
    for process in both:
        process.start()
    times = sorted(answered.get(timeout=60) for _ in range(8))
    for process in both:
        process.join()
        assert process.exitcode == 0
    for first, third in zip(times, times[2:]):
        assert third - first >= 0.5 - 0.01


def test_pause_that_the_service_asked_for_holds_back_the_other_stanza(tmp_path: Path) -> None:
    clock = FakeClock()
    one, two = paces(tmp_path / "requests.sqlite", clock, "one", "two")
    one.hold(30.0)
    one.hold(20.0)
    with two.turn():
        pass
    assert sum(clock.waits) == pytest.approx(30.0)


def test_requests_of_a_killed_process_are_given_back(tmp_path: Path) -> None:
    clock = FakeClock()
    killed_with_open_requests(tmp_path / "requests.sqlite", "one")
    (again,) = paces(tmp_path / "requests.sqlite", clock, "one")
    with again.turn():
        pass
    assert sum(clock.waits) == pytest.approx(10.0)


def test_requests_of_a_killed_process_whose_stanza_is_gone_expire(tmp_path: Path) -> None:
    clock = FakeClock()
    killed_with_open_requests(tmp_path / "requests.sqlite", "removed")
    (other,) = paces(tmp_path / "requests.sqlite", clock, "two")
    with other.turn():
        pass
    assert 290.0 < sum(clock.waits) < 310.0


def test_times_from_before_a_restart_of_the_host_do_not_hold_anything_back(tmp_path: Path) -> None:
    before = FakeClock(now=9_000_000.0)
    (pace,) = paces(tmp_path / "requests.sqlite", before, "one")
    for _ in range(5):
        with pace.turn():
            pass
    pace.hold(3000.0)
    after = FakeClock(now=12.0)
    (again,) = paces(tmp_path / "requests.sqlite", after, "one")
    with again.turn():
        pass
    assert after.waits == []


def test_stop_ends_the_wait_and_sends_nothing(tmp_path: Path) -> None:
    (pace,) = paces(tmp_path / "requests.sqlite", FakeClock(stop_after=0), "one")
    pace.hold(30.0)
    with pytest.raises(Stopped), pace.turn():
        raise AssertionError("a request was sent after the stop")


def test_damaged_file_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "requests.sqlite"
    path.write_bytes(b"no database" * 500)
    clock = FakeClock()
    (pace,) = paces(path, clock, "one")
    with pace.turn():
        pass
    assert clock.waits == []


def test_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"requests\.sqlite"):
        paces(tmp_path / "missing" / "requests.sqlite", FakeClock(), "one")
