"""Writing goes on beside other work, and still nothing counts as handed over that splunkd did not read."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import IO

import pytest

from mail_threats.errors import OutputClosed
from mail_threats.splunkio.outflow import AHEAD_BYTES, Outflow

PIPE_BYTES = 1024 * 1024  # more than any pipe holds that nobody reads
SOON_S, AT_LAST_S = 0.3, 10.0


@pytest.fixture
def pipe() -> Iterator[tuple[int, IO[bytes]]]:
    """(reading end, writing end)"""
    reading, writing = os.pipe()
    output = os.fdopen(writing, "wb")
    yield reading, output
    with suppress(OSError):
        os.close(reading)
    with suppress(OSError):
        output.close()


def begun(call: object, *given: object) -> threading.Event:
    """An event that is set when `call`, made on a thread, has returned."""
    returned = threading.Event()

    def work() -> None:
        call(*given)  # type: ignore[operator]
        returned.set()

    threading.Thread(target=work, daemon=True).start()
    return returned


def test_what_nobody_reads_yet_holds_nobody_up(pipe: tuple[int, IO[bytes]]) -> None:
    _, output = pipe
    outflow = Outflow(output)
    assert begun(outflow.put, b"x" * PIPE_BYTES).wait(AT_LAST_S)


def test_what_waits_is_bounded(pipe: tuple[int, IO[bytes]]) -> None:
    reading, output = pipe
    outflow = Outflow(output)
    outflow.put(b"x" * (AHEAD_BYTES + 1))
    returned = begun(outflow.put, b"y")
    assert not returned.wait(SOON_S)
    read = 0
    while read < AHEAD_BYTES + 1:
        read += len(os.read(reading, 65536))
    assert returned.wait(AT_LAST_S)


def test_all_is_drained_only_when_all_was_read(pipe: tuple[int, IO[bytes]]) -> None:
    reading, output = pipe
    outflow = Outflow(output)
    outflow.put(b"a" * PIPE_BYTES)
    outflow.put(b"b")
    returned = begun(outflow.drained)
    read = b""
    while len(read) < PIPE_BYTES:
        assert not returned.is_set()
        read += os.read(reading, 65536)
    while len(read) < PIPE_BYTES + 1:
        read += os.read(reading, 65536)
    assert returned.wait(AT_LAST_S)
    assert read == b"a" * PIPE_BYTES + b"b"


def test_reader_that_goes_away_ends_whoever_waits(pipe: tuple[int, IO[bytes]]) -> None:
    reading, output = pipe
    outflow = Outflow(output)
    outflow.put(b"x" * PIPE_BYTES)
    threading.Timer(SOON_S, os.close, args=(reading,)).start()
    with pytest.raises(OutputClosed, match="BrokenPipeError"):
        outflow.drained()
    with pytest.raises(OutputClosed):
        outflow.put(b"y")
    with pytest.raises(OutputClosed):
        outflow.drained()


def test_output_that_was_closed_here_counts_as_closed() -> None:
    output = io.BytesIO()
    outflow = Outflow(output)
    output.close()
    outflow.put(b"x")
    with pytest.raises(OutputClosed, match="ValueError"):
        outflow.drained()


def test_nothing_to_write_is_drained_at_once() -> None:
    Outflow(io.BytesIO()).drained()
