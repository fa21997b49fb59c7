"""addinfo: adds what is known about the search itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..command import Command, Needed
from ..values import Row

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..compiler import Compiler
    from ..search import Search

FIELDS = frozenset(("info_min_time", "info_max_time", "info_search_time", "info_sid"))


class AddInfo(Command):
    """`addinfo`: info_min_time and info_max_time (the range searched), info_search_time (when), info_sid.

    Times are epochs with three decimals; an open end is `+Infinity`.
    """

    name = "addinfo"
    placement = "streaming"

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        return cls()

    def needed(self, after: Needed) -> Needed:
        return None if after is None else after - FIELDS

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        info = {
            "info_min_time": _written(search.earliest),
            "info_max_time": _written(search.latest),
            "info_sid": search.environment.sid,
            "info_search_time": _written(search.now),
        }
        for row in rows:
            row.update(info)
            yield row


def _written(epoch: float) -> str:
    return "+Infinity" if math.isinf(epoch) else f"{epoch:.3f}"
