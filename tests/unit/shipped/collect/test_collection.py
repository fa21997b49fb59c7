"""A run over a stream, with a source that fails in every way a source may fail."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.shipped.collect.fake_clock import FakeClock

from mail_threats.errors import (
    HeldElsewhere,
    PagingBroken,
    Refused,
    ServiceError,
    StateUnavailable,
    SubscriptionMissing,
    Throttled,
    Transient,
)
from mail_threats.feeds.collection import Collection
from mail_threats.feeds.delivery import Delivery
from mail_threats.feeds.raw_event import RawEvent, RawEvents
from mail_threats.feeds.report import Report
from mail_threats.ledger import windows as time_line
from mail_threats.ledger.memory import Memory
from mail_threats.ledger.stream import StreamState
from mail_threats.ledger.windows import DAY_S, HOUR_S, Gap, Policy, Trouble, Window
from mail_threats.splunkio.health import health_event
from mail_threats.wire.tally import Tally

LOG = logging.getLogger("test")
START = 1_772_532_000.0
POLICY = Policy(
    lag_s=0.0, open_for_s=4 * HOUR_S, near_s=HOUR_S, rescan_every_s=HOUR_S, chunk_s=2 * HOUR_S, backlog_s=DAY_S,
    shortest_s=60.0, retention_s=7 * DAY_S, page_cost_s=0.0,
)  # fmt: skip


class Outbox:
    """splunkd: what was flushed has arrived."""

    def __init__(self) -> None:
        self.held: list[RawEvent] = []
        self.arrived: list[RawEvent] = []

    def write(self, events: Iterable[RawEvent]) -> int:
        self.held += events
        return 100

    def write_raw(self, events: RawEvents) -> int:
        texts = zip(events.times, events.raws, events.keys)
        return self.write(
            RawEvent(time.decode(), events.source, events.sourcetype, raw.decode(), key.decode())
            for time, raw, key in texts
        )

    def push(self) -> None:
        pass

    def flush(self) -> None:
        self.arrived += self.held
        self.held = []

    @property
    def keys(self) -> list[str]:
        return [event.dedup_key for event in self.arrived]


class Events:
    """A source of numbered events; `faults` are raised by the next calls of collect, None lets one succeed.

    With `few` a window of more events than that cannot be answered.
    """

    name = "events"
    policy = POLICY
    clock_skew_s = 0.0

    def __init__(self, delivery: Delivery, times: list[float], faults: list[ServiceError | None] = []) -> None:  # noqa: B006
        self._delivery = delivery
        self._times = times
        self.faults = list(faults)
        self.asked: list[tuple[float, float]] = []
        self.few: int | None = None
        self.chain: int | None = None
        self.refusal: ServiceError | None = None

    def prepare(self, state: StreamState) -> None:
        if self.refusal is not None:
            raise self.refusal

    def collect(self, state: StreamState, window: Window, until: float) -> float:
        self.asked.append((window.start, until))
        found = [(number, at) for number, at in enumerate(self._times) if window.start <= at < until]
        fault = self.faults.pop(0) if self.faults else None
        if self.few is not None and len(found) > self.few:
            raise PagingBroken("too much")
        whole = found if fault is None else found[: len(found) // 2]
        if self.chain is not None and fault is None and len(found) > self.chain and found[self.chain][1] > window.start:
            self._deliver(found[: self.chain])
            return found[self.chain][1]
        self._deliver(whole)
        if fault is not None:
            raise fault
        window.troubled = {}
        window.pages = 1
        return until

    def _deliver(self, found: list[tuple[int, float]]) -> None:
        self._delivery.deliver(RawEvent(str(at), "s", "t", f"{{{number}}}", str(number)) for number, at in found)


class Run:
    """An input's memory and outbox over several runs; closed at the end of a `with`."""

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *exception: object) -> None:
        self.memory.close()

    def __init__(self, folder: Path, times: list[float], low_water: float = START) -> None:
        self.clock = FakeClock(START)
        self.outbox = Outbox()
        self.report = Report(LOG)
        self.saved: list[str] = []
        self.state = StreamState(low_water)
        self.memory = Memory(folder / "memory", START)
        self.delivery = Delivery(self.outbox, self.memory, Tally())
        self.source = Events(self.delivery, times)

    def once(self) -> Collection:
        """One run, which knows what the last one saved."""
        if self.saved:
            self.state = StreamState.from_json(json.loads(self.saved[-1]))
        collection = Collection(
            self.source, self.state, self.delivery, self.memory, self.report, self.clock, LOG, self._save
        )
        for _ in collection.steps():
            pass
        return collection

    def _save(self) -> None:
        assert self.outbox.held == [], "a checkpoint was saved before its events were flushed"
        self.saved.append(json.dumps(self.state.to_json()))


@pytest.fixture
def new_run(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    with ExitStack() as opened:
        yield lambda *arguments: opened.enter_context(Run(tmp_path, *arguments))


FAULTS = st.sampled_from(
    [None, Transient("x"), Throttled("x"), PagingBroken("x"), Refused("x"), SubscriptionMissing("x")]
)


@given(
    times=st.lists(st.floats(START, START + 2 * DAY_S), max_size=40),
    runs=st.lists(st.tuples(st.floats(60, 6 * HOUR_S), st.lists(FAULTS, max_size=4)), min_size=1, max_size=12),
)
def test_every_event_arrives_once_whatever_fails(tmp_path_factory: pytest.TempPathFactory, times, runs) -> None:
    with Run(tmp_path_factory.mktemp("run"), times) as run:
        for pause_s, faults in [*runs, *[(HOUR_S, [])] * 60]:
            run.clock.time += pause_s
            run.source.faults = list(faults)
            run.once()
    assert sorted(run.outbox.keys, key=int) == [str(number) for number in range(len(times))]
    assert run.state.low_water >= START + 2 * DAY_S


def test_three_failures_in_a_row_end_the_run(new_run: Callable[..., Run]) -> None:
    run = new_run([], START - 5 * DAY_S)
    run.source.faults = [Transient("down")] * 10
    assert not run.once().caught_up
    assert len(run.source.asked) == 3
    assert run.state.low_water == START - 5 * DAY_S


def test_refusal_parks_the_stream_at_once(new_run: Callable[..., Run]) -> None:
    run = new_run([], START - 5 * DAY_S)
    run.source.faults = [Refused("no permission", advice="Grant it.", code="AF10001")]
    run.once()
    assert len(run.source.asked) == 1
    (problem,) = run.report.problems
    assert (problem.reaction, problem.code, problem.advice) == ("parked", "AF10001", "Grant it.")


def test_refusal_before_the_first_window_asks_for_none(new_run: Callable[..., Run]) -> None:
    run = new_run([], START - 5 * DAY_S)
    run.source.refusal = Refused("no permission")
    run.once()
    assert run.source.asked == []


def test_service_that_wants_to_be_left_alone_is(new_run: Callable[..., Run]) -> None:
    run = new_run([], START - 5 * DAY_S)
    run.source.faults = [Throttled("later", retry_after_s=1800.0)]
    run.once()
    run.clock.time += 1700.0
    run.once()
    assert len(run.source.asked) == 1
    run.clock.time += 200.0
    assert run.once().caught_up


def test_window_that_cannot_be_answered_is_asked_for_in_halves(new_run: Callable[..., Run]) -> None:
    times = [START + 600.0 * number for number in range(100)]
    run = new_run(times)
    run.clock.time += DAY_S
    run.source.few = 5
    assert run.once().caught_up
    assert sorted(run.outbox.keys, key=int) == [str(number) for number in range(100)]


def test_window_length_grows_back_when_it_fits(new_run: Callable[..., Run]) -> None:
    run = new_run([], START - 6 * DAY_S)
    run.state.backlog_s = 3 * HOUR_S
    run.once()
    lengths = [end - start for start, end in run.source.asked[:4]]
    assert lengths == [3 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S, DAY_S]


def test_long_chain_is_ended_and_goes_on_from_where_it_came(new_run: Callable[..., Run]) -> None:
    times = [START + 60.0 * number for number in range(50)]
    run = new_run(times)
    run.clock.time += DAY_S
    run.source.chain = 20
    assert run.once().caught_up
    assert run.outbox.keys == [str(number) for number in range(50)]
    assert [start for start, _ in run.source.asked[:3]] == [START, times[20], times[40]]


def test_stream_that_is_away_too_long_records_what_is_lost(new_run: Callable[..., Run]) -> None:
    run = new_run([START + DAY_S, START + 9 * DAY_S])
    run.clock.time += 10 * DAY_S
    run.once()
    (gap,) = run.state.untold
    assert (gap.start, gap.end) == (START, START + 3 * DAY_S)
    assert run.state.gaps == [gap]
    assert run.outbox.keys == ["1"]


REACHES = [
    pytest.param(START - 6 * DAY_S, START - 6 * DAY_S, id="a start within reach"),
    pytest.param(START - 7 * DAY_S, START - 7 * DAY_S + HOUR_S, id="a start at the edge of what the service keeps"),
    pytest.param(0.0, START - 7 * DAY_S + HOUR_S, id="a start before everything"),
]


@pytest.mark.parametrize("later_s", [0.001, 60.0, 59 * 60.0])
@pytest.mark.parametrize(("wanted", "begins"), REACHES)
def test_new_stream_loses_nothing_though_its_turn_comes_later(
    new_run: Callable[..., Run], wanted: float, begins: float, later_s: float
) -> None:
    run = new_run([begins, START - DAY_S], time_line.beginning(wanted, START, POLICY))
    run.clock.time += later_s
    assert run.once().caught_up
    assert run.state.gaps == []
    assert run.outbox.keys == ["0", "1"]


AHEAD = [
    pytest.param(lambda state: setattr(state, "low_water", START + 3 * DAY_S), id="low-water mark to come"),
    pytest.param(
        lambda state: state.windows.append(Window(START - DAY_S, START, START + 30 * DAY_S)), id="listed in the future"
    ),
]


@pytest.mark.parametrize("ahead", AHEAD)
def test_record_written_under_a_clock_that_ran_ahead_is_begun_anew_and_said(
    new_run: Callable[..., Run], ahead: Callable[[StreamState], None]
) -> None:
    run = new_run([START - 2 * DAY_S, START - HOUR_S], START - DAY_S)
    run.state.began = START - 3 * DAY_S
    ahead(run.state)
    assert run.once().caught_up
    assert run.outbox.keys == ["0", "1"]
    assert "clock was wrong" in run.report.problems[0].message
    assert run.state.gaps == []


def test_rest_that_the_service_asked_for_under_a_wrong_clock_is_not_taken_for_years(
    new_run: Callable[..., Run],
) -> None:
    run = new_run([START - HOUR_S], START - DAY_S)
    run.state.not_before = START + 400 * DAY_S
    run.state.start_asked_at = START + 400 * DAY_S
    run.once()
    run.clock.time += 2 * HOUR_S
    run.once()
    assert run.outbox.keys == ["0"]
    assert run.state.start_asked_at <= run.clock.time


def test_loss_is_kept_until_a_health_event_has_told_it(new_run: Callable[..., Run]) -> None:
    run = new_run([], START)
    run.once()
    run.clock.time += 9 * DAY_S
    run.once()
    assert len(run.state.untold) == 1
    run.once()
    assert len(run.state.untold) == 1


def test_same_problem_is_told_once(new_run: Callable[..., Run]) -> None:
    run = new_run([], START - 5 * DAY_S)
    run.source.faults = [Transient("down")] * 3
    run.once()
    assert len(run.report.problems) == 1


HEALTH = [
    pytest.param([], [], False, "ok", id="nothing to tell"),
    pytest.param([Transient("x")], [], False, "warning", id="a fault that passes"),
    pytest.param([Refused("x")], [], False, "error", id="an admin has to act"),
    pytest.param([], [Gap(START, START + 1, "gone")], False, "error", id="something is lost"),
    pytest.param([], [], True, "stopped", id="stopped"),
    pytest.param([StateUnavailable("x")], [], False, "error", id="the KV store keeps it from collecting"),
    pytest.param([HeldElsewhere("x")], [], False, "error", id="another input collects the same"),
    pytest.param([HeldElsewhere("x", standby=True)], [], False, "standby", id="another member collects"),
]


@pytest.mark.parametrize(("problems", "losses", "stopped", "status"), HEALTH)
def test_health_event_says_how_the_input_is(problems, losses, stopped: bool, status: str) -> None:
    report = Report(LOG)
    state = StreamState(
        START,
        [
            Window(START, START + HOUR_S, START + HOUR_S, 1),
            Window(START + HOUR_S, START + 2 * HOUR_S, START + 5000.0, 1, -1.0, {}),
            Window(START + 2 * HOUR_S, START + 3 * HOUR_S, None, 0, -1.0, {"x": Trouble(1, "")}),
        ],
    )
    for problem in problems:
        report.problem("events", problem)
    for gap in losses:
        report.loss("events", state, gap)
    event = health_event(
        {"input": "a://b"},
        {"events": 7},
        [("events", state, POLICY)],
        [("events", gap) for gap in state.untold],
        report,
        now=START + 6000.0,
        stopped=stopped,
    )
    told = json.loads(event.raw)
    assert (told["status"], told["events"], told["throttles"], told["input"]) == (status, 7, 0, "a://b")
    assert told["lag_s"] == told["streams"][0]["lag_s"] == 1000
    assert told["streams"][0]["content_owed"] == 1
    assert len(told["gaps"]) == len(losses)
    assert event.time == f"{START + 6000.0:.3f}"
    assert event.sourcetype == "mail_threats:health"
