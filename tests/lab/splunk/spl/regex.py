"""Regular expressions as Splunk runs them: PCRE2, not Python's `re`.

`\\d`, `\\w` and `\\s` are ASCII unless the pattern begins with `(*UCP)`. Compiled patterns are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pcre2  # type: ignore[import-untyped]

from .errors import SearchFailure


class RegexError(ValueError):
    """A pattern that PCRE2 does not compile. position: offset into the pattern, or None."""

    def __init__(self, message: str, position: int | None) -> None:
        super().__init__(message)
        self.position = position


class Regex:
    """A compiled pattern. groups: how many; names: named groups in order -> their number."""

    __slots__ = ("_find", "_pattern", "groups", "names", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self._pattern = pcre2.compile(text, pcre2.ASCII)
        except pcre2.PatternError as error:
            raise RegexError(str(error), getattr(error, "pos", None)) from error
        self._find = self._pattern.search
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
