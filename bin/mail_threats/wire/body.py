"""The body of an answer in pieces, unpacked as it arrives: never more in memory than a piece, however well it packs.

Source: RFC 9110 "Gzip Coding" (gzip), RFC 1952, 2.2 (a gzip file may have several members).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Protocol

from mail_threats.errors import Transient

PIECE = 512 * 1024
"""Bytes of a piece at most, packed or unpacked."""

_GZIP = 31
_READ = 128 * 1024


class Raw(Protocol):
    """What is read from: a urllib3 response."""

    @property
    def length_remaining(self) -> int | None: ...

    def read(self, amt: int, decode_content: bool) -> bytes: ...


def pieces(raw: Raw, encoding: str, host: str) -> Iterator[bytes]:
    """The unpacked body, in pieces of at most PIECE bytes.

    Raises: Transient when it is packed in a way that was not asked for, breaks off, or cannot be unpacked; whatever
    reading raises.
    """
    if encoding in ("", "identity"):
        yield from _packed(raw, host)
    elif encoding in ("gzip", "x-gzip"):
        yield from _unpacked(_packed(raw, host), host)
    else:
        raise Transient(f"{host} packed its answer as {encoding[:20]!r}, which was not asked for.")


def _packed(raw: Raw, host: str) -> Iterator[bytes]:
    while data := raw.read(_READ, decode_content=False):
        yield data
        if raw.length_remaining == 0:
            return
    # urllib3 1.26 takes a body that ends early for a whole one.
    if raw.length_remaining:
        raise Transient(f"{host} closed the connection {raw.length_remaining} bytes before the end of its answer.")


def _unpacked(packed: Iterator[bytes], host: str) -> Iterator[bytes]:
    member = zlib.decompressobj(_GZIP)
    members = 0
    begun = False
    for data in packed:
        begun = True
        while data:
            try:
                piece = member.decompress(data, PIECE)
            except zlib.error:
                if members and not member.unconsumed_tail:
                    return  # something else behind the last member, which every client passes over
                raise Transient(f"{host} sent a body that cannot be unpacked.") from None
            if piece:
                yield piece
            data = member.unconsumed_tail
            if member.eof:
                data = member.unused_data
                member = zlib.decompressobj(_GZIP)
                members += 1
                begun = bool(data)
    if begun:
        raise Transient(f"{host} ended its answer in the middle of a packed body.")
