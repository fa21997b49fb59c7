"""What the bench's tenant holds: records of the simulated company under new ids, packed into blobs beforehand.

The records keep the company's mix of shapes (nested arrays, escapes, names outside ASCII); only `Id` and
`CreationTime` are written anew, so that no two events are one.
"""

from __future__ import annotations

import gzip
import hashlib
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lab.company import Company
from lab.tenant.records import encode

_SAMPLE = 2000
_END = 1_772_532_000.0
_PLACES = (b"\x00id\x00", b"\x00time\x00")


@dataclass(frozen=True)
class Shape:
    """How many events, and how many of them a blob holds."""

    events: int
    blob_events: int

    @property
    def blobs(self) -> int:
        return -(-self.events // self.blob_events)


@dataclass(frozen=True)
class Blobs:
    """Blobs in a file, one behind the other, each compressed; `sizes` are (compressed, plain) bytes."""

    path: Path
    shape: Shape
    sizes: list[tuple[int, int]]

    @property
    def plain_bytes(self) -> int:
        return sum(plain for _, plain in self.sizes)


class Templates:
    """Records of a company with holes where their id and time were."""

    def __init__(self, seed: int = 1) -> None:
        world = Company(seed=seed, end=_END).build()
        audit = [record for record in world.records if record.kind == "audit" and isinstance(record.payload, dict)]
        drawn = random.Random(f"bench {seed}").sample(audit, min(_SAMPLE, len(audit)))
        self._parts = [part for part in (_parts(record.payload) for record in drawn) if part is not None]

    def events(self, first: int, count: int, at: float) -> Iterator[bytes]:
        """Events number `first` and on, of the seconds from `at`."""
        parts = self._parts
        for number in range(first, first + count):
            digest = hashlib.blake2b(b"%d" % number, digest_size=16).hexdigest()
            event_id = f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:]}".encode()
            moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at + number % 3600)).encode()
            first_part, second, third, id_first = parts[number % len(parts)]
            yield (
                b"".join((first_part, event_id, second, moment, third))
                if id_first
                else b"".join((first_part, moment, second, event_id, third))
            )

    def blobs(self, shape: Shape, path: Path, at: float) -> Blobs:
        """Write the blobs of a shape to `path`."""
        sizes = []
        with path.open("wb") as file:
            for first in range(0, shape.events, shape.blob_events):
                count = min(shape.blob_events, shape.events - first)
                plain = b"[" + b",".join(self.events(first, count, at)) + b"]"
                packed = gzip.compress(plain, 4, mtime=0)
                file.write(packed)
                sizes.append((len(packed), len(plain)))
        return Blobs(path, shape, sizes)

    def events_of_size(self, plain_bytes: int) -> int:
        """How many events make so many bytes."""
        sample = list(self.events(0, len(self._parts), 0.0))
        return max(1, int(plain_bytes / (sum(map(len, sample)) / len(sample) + 1)))


def _parts(payload: dict[str, object]) -> tuple[bytes, bytes, bytes, bool] | None:
    """The record around its id and its time, and whether the id comes first; None when it has not one of each."""
    text = encode({**payload, "Id": _PLACES[0].decode(), "CreationTime": _PLACES[1].decode()})
    places = [encode(place.decode()).strip(b'"') for place in _PLACES]
    if any(text.count(place) != 1 for place in places):
        return None
    id_first = text.index(places[0]) < text.index(places[1])
    one, two = places if id_first else reversed(places)
    before, _, rest = text.partition(one)
    between, _, after = rest.partition(two)
    return before, between, after, id_first
