"""Frames of the chunked custom search command protocol, version 2.

A frame is one header line ``chunked 1.0,<metadata bytes>,<body bytes>\\n``, JSON metadata and a CSV body
(Splunk documentation, "Custom search command protocol"; commands.conf ``chunked``, ``maxwait``, ``maxchunksize``).
"""

from __future__ import annotations

import json
import os
import re
import select
import threading
import time
from dataclasses import dataclass
from typing import Any

_HEADER = re.compile(rb"chunked\s+1\.0\s*,\s*(\d+)\s*,\s*(\d+)\s*\n")
_HEADER_LIMIT = 256
_READ_SIZE = 1 << 18
# A pipe holds 64 KiB on Linux; a longer frame is written beside the reading, or both ends could wait for each other.
_INLINE_WRITE = 32 << 10


class ProtocolError(Exception):
    """The external program broke the protocol; the text says how."""


class ProcessEnded(ProtocolError):
    """The external program closed its output where a reply was due."""


@dataclass(frozen=True)
class Frame:
    """One message: its JSON metadata and its CSV body (bytes, may be empty)."""

    metadata: dict[str, Any]
    body: bytes


def encode_frame(metadata: dict[str, Any], body: bytes = b"") -> bytes:
    """The bytes of one frame; JSON without blanks, as splunkd writes it."""
    text = json.dumps(metadata, separators=(",", ":"), ensure_ascii=False).encode()
    return b"chunked 1.0,%d,%d\n%s%s" % (len(text), len(body), text, body)


class FrameChannel:
    """Request and reply over the two pipes of one external program.

    ``patience`` seconds without a byte end the wait (commands.conf ``maxwait``; 0 there means for ever, which a
    test run cannot afford: the caller passes its own ceiling). ``max_chunk`` is commands.conf ``maxchunksize``
    in bytes, 0 for no limit.
    """

    def __init__(self, stdin: int, stdout: int, *, patience: float, max_chunk: int = 0) -> None:
        self._stdin = stdin
        self._stdout = stdout
        self._patience = patience
        self._max_chunk = max_chunk
        self._buffer = bytearray()
        self._write_error: OSError | None = None

    def exchange(self, metadata: dict[str, Any], body: bytes = b"") -> Frame:
        """Sends one frame and returns the reply to it."""
        data = encode_frame(metadata, body)
        if len(data) <= _INLINE_WRITE:
            self._write(data)
            return self._read_frame()
        writer = threading.Thread(target=self._write, args=(data,), daemon=True)
        writer.start()
        reply = self._read_frame()
        writer.join(self._patience)
        if writer.is_alive():
            raise ProtocolError("replied without reading the whole chunk it was sent")
        return reply

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._stdin, view) :]
        except OSError as error:
            # A program that ends early breaks the pipe; what it said before that is read first.
            self._write_error = error

    def _read_frame(self) -> Frame:
        header = self._read_header()
        metadata_length, body_length = (int(part) for part in header.groups())
        if self._max_chunk and metadata_length + body_length > self._max_chunk:
            raise ProtocolError(
                f"sent a chunk of {metadata_length + body_length} bytes; maxchunksize is {self._max_chunk}"
            )
        self._fill(metadata_length + body_length)
        raw = bytes(self._buffer[:metadata_length])
        body = bytes(self._buffer[metadata_length : metadata_length + body_length])
        del self._buffer[: metadata_length + body_length]
        try:
            metadata = json.loads(raw) if raw else {}
        except ValueError as error:
            raise ProtocolError(f"sent metadata that is not JSON: {error}") from error
        if not isinstance(metadata, dict):
            raise ProtocolError(f"sent metadata that is not a JSON object but {type(metadata).__name__}")
        return Frame(metadata, body)

    def _read_header(self) -> re.Match[bytes]:
        while b"\n" not in self._buffer[:_HEADER_LIMIT]:
            if len(self._buffer) >= _HEADER_LIMIT:
                break
            self._fill(len(self._buffer) + 1)
        line, newline, _ = bytes(self._buffer[:_HEADER_LIMIT]).partition(b"\n")
        match = _HEADER.fullmatch(line + newline)
        if match is None:
            raise ProtocolError(f"sent {line[:80]!r} where a chunk header was due (does the script print to stdout?)")
        del self._buffer[: len(line) + 1]
        return match

    def _fill(self, length: int) -> None:
        deadline = time.monotonic() + self._patience
        while len(self._buffer) < length:
            ready, _, _ = select.select([self._stdout], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise ProtocolError(f"gave no output for {self._patience:g} s")
            data = os.read(self._stdout, _READ_SIZE)
            if not data:
                raise ProcessEnded("closed its output where a reply was due")
            self._buffer += data
            deadline = time.monotonic() + self._patience
