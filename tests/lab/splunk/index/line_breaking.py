"""From a stream of text to events: LINE_BREAKER and TRUNCATE.

Rules: props.conf.spec "Line breaking". Lines are not merged: SHOULD_LINEMERGE = true is refused when there is more than
one line to merge.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..conf.files import UnsupportedConf, conf_boolean, conf_integer, conf_regex

_DEFAULT_BREAKER = r"([\r\n]+)"


class LineBreaker:
    """How the stream of one kind of data falls into events."""

    def __init__(self, settings: dict[str, str], where: str) -> None:
        self._where = where
        self._breaker = conf_regex(settings.get("LINE_BREAKER") or _DEFAULT_BREAKER, f"{where} LINE_BREAKER")
        if self._breaker.groups == 0:
            raise UnsupportedConf(
                f"{where} LINE_BREAKER: the expression needs a capturing group: the text between events."
            )
        self._merge = conf_boolean(settings.get("SHOULD_LINEMERGE", "true"), f"{where} SHOULD_LINEMERGE")
        self.truncate = conf_integer(settings.get("TRUNCATE", "10000"), f"{where} TRUNCATE")

    def events(self, data: str) -> list[str]:
        """The events of a stream, without the text between them; empty ones are left out."""
        lines = [line for line in self._split(data) if line]
        if self._merge and len(lines) > 1:
            raise UnsupportedConf(
                f"{self._where}: merging lines (SHOULD_LINEMERGE = true) is not supported, and the data has "
                f"{len(lines)} lines. Set SHOULD_LINEMERGE = false and a LINE_BREAKER."
            )
        return lines

    def cut(self, line: str) -> tuple[str, int]:
        """A line at most TRUNCATE bytes long, never cut inside a character, and its length in bytes before that."""
        if not self.truncate or len(line) * 4 <= self.truncate:
            return line, 0
        encoded = line.encode("utf-8", "surrogatepass")
        if len(encoded) <= self.truncate:
            return line, len(encoded)
        return encoded[: self.truncate].decode("utf-8", "ignore"), len(encoded)

    def _split(self, data: str) -> Iterator[str]:
        start = 0
        for match in self._breaker.finditer(data):
            end, begin = _break(match, self._breaker.groups)
            if end < start:
                continue
            yield data[start:end]
            start = begin
        yield data[start:].rstrip("\r\n")


def _break(match: Any, groups: int) -> tuple[int, int]:
    """Where one event ends and the next begins: the first group that took part, or the start of the match."""
    for group in range(1, groups + 1):
        if match.start(group) >= 0:
            start, end = match.span(group)
            return start, end
    return match.start(), match.start()
