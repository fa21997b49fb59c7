"""Regular expressions as Splunk runs them: PCRE2, not Python's `re`.

`\\d`, `\\w` and `\\s` are ASCII unless the pattern begins with `(*UCP)`. Compiled patterns are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pcre2  # type: ignore[import-untyped]

from .errors import SearchFailure

_SHORT, _KEPT = 200, 10_000
"""Answers about texts of so many characters are kept, so many of them for each pattern."""


class RegexError(ValueError):
    """A pattern that PCRE2 does not compile. position: offset into the pattern, or None."""

    def __init__(self, message: str, position: int | None) -> None:
        super().__init__(message)
        self.position = position


class Regex:
    """A compiled pattern. groups: how many; names: named groups in order -> their number."""

    __slots__ = ("_find", "_found", "_pattern", "groups", "names", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._pattern = pcre2.compile(text, pcre2.ASCII)
        except pcre2.PatternError as error:
            raise RegexError(str(error), getattr(error, "pos", None)) from error
        self._find = self._pattern.search
        self._found: dict[str, bool] = {}
        self.groups: int = self._pattern.groups
        self.names: dict[str, int] = dict(self._pattern.groupindex)

    def search(self, text: str) -> Any:
        """The first match (`.group(n)`, `.groups()`, `.span()`, `.groupdict()`; unset groups are None), or None.

        Raises SearchFailure when PCRE2 gives up (match limit), which Splunk reports and a lab must not hide.
        """
        try:
            return self._find(text)
        except pcre2.LibraryError as error:
            raise self._gave_up(error) from error

    def matches(self, text: str) -> bool:
        """Whether there is a match. Answers for short texts are kept: a log repeats its addresses and clients."""
        found = self._found.get(text)
        if found is None:
            found = self.search(text) is not None
            if len(text) <= _SHORT:
                if len(self._found) >= _KEPT:
                    self._found.clear()
                self._found[text] = found
        return found

    def finditer(self, text: str) -> Iterator[Any]:
        """The matches from left to right, without overlaps. Raises SearchFailure as `search` does."""
        try:
            yield from self._pattern.finditer(text)
        except pcre2.LibraryError as error:
            raise self._gave_up(error) from error

    def _gave_up(self, error: Exception) -> SearchFailure:
        return SearchFailure(f"The regular expression '{self.text}' was given up by PCRE2: {error}.")


@lru_cache(maxsize=512)
def compiled(text: str) -> Regex:
    """The pattern, compiled once. Raises RegexError, with words and the offset in the pattern."""
    return Regex(text)


@lru_cache(maxsize=512)
def like_pattern(pattern: str) -> Regex:
    r"""The regular expression of a LIKE pattern: `%` is any text, `_` one character, the whole value has to match."""
    parts = [".*" if char == "%" else "." if char == "_" else _quote(char) for char in pattern]
    return Regex(rf"(?s)\A{''.join(parts)}\z")


def _quote(char: str) -> str:
    return char if char.isalnum() or char.isspace() or ord(char) > 127 else "\\" + char
