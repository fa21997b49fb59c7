"""Bodies are unpacked piece by piece, whole or not at all."""

from __future__ import annotations

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail_threats.errors import Transient
from mail_threats.wire.body import PIECE, pieces


class Wire:
    """A body of a known length that comes in chunks; fewer bytes than promised when it breaks off."""

    def __init__(self, body: bytes, chunk: int = 1000, promised: int | None = -1) -> None:
        self._body = body
        self._chunk = chunk
        self.length_remaining = len(body) if promised == -1 else promised

    def read(self, amt: int, decode_content: bool) -> bytes:
        assert not decode_content
        data, self._body = self._body[: min(amt, self._chunk)], self._body[min(amt, self._chunk) :]
        if self.length_remaining is not None:
            self.length_remaining -= len(data)
        return data


@given(st.binary(max_size=3000), st.integers(1, 4000), st.booleans(), st.booleans())
def test_body_arrives_as_it_was_sent(body: bytes, chunk: int, packed: bool, length_known: bool) -> None:
    sent = gzip.compress(body) if packed else body
    wire = Wire(sent, chunk, len(sent) if length_known else None)
    assert b"".join(pieces(wire, "gzip" if packed else "", "example.com")) == body


def test_several_members_are_one_body() -> None:
    assert b"".join(pieces(Wire(gzip.compress(b"a") + gzip.compress(b"b"), 3), "gzip", "example.com")) == b"ab"


def test_bytes_behind_the_last_member_are_passed_over() -> None:
    assert b"".join(pieces(Wire(gzip.compress(b"a") + b"\x00\x00"), "gzip", "example.com")) == b"a"


def test_what_packs_well_still_comes_in_small_pieces() -> None:
    sizes = [len(piece) for piece in pieces(Wire(gzip.compress(bytes(30_000_000)), 1 << 20), "gzip", "example.com")]
    assert sum(sizes) == 30_000_000
    assert max(sizes) <= PIECE


PACKED = gzip.compress(b"[1,2,3]" * 100)
BROKEN = [
    pytest.param(Wire(PACKED[:-9]), "gzip", "in the middle", id="packed body without its end"),
    pytest.param(Wire(PACKED[:5]), "gzip", "in the middle", id="packed body of a few bytes"),
    pytest.param(Wire(b"[1,2", promised=9), "", "before the end", id="fewer bytes than promised"),
    pytest.param(Wire(b"no gzip at all"), "gzip", "cannot be unpacked", id="not packed at all"),
    pytest.param(Wire(PACKED[:10] + b"\xff" * 30), "gzip", "cannot be unpacked", id="damaged"),
    pytest.param(Wire(zlib.compress(b"x")), "deflate", "not asked for", id="packed in another way"),
]


@pytest.mark.parametrize(("wire", "encoding", "words"), BROKEN)
def test_body_that_is_not_whole_is_a_passing_fault(wire: Wire, encoding: str, words: str) -> None:
    with pytest.raises(Transient, match=words):
        list(pieces(wire, encoding, "example.com"))


def test_empty_body_is_empty() -> None:
    assert list(pieces(Wire(b""), "gzip", "example.com")) == []
