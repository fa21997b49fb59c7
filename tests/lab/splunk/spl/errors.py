"""What the SPL engine says when it refuses or ends a search.

Every error carries the whole text it was found in (after macro expansion) and the offset of the place, so that the
message can point at it. Errors of parsing are raised before any row runs.
"""

from __future__ import annotations


class SplError(Exception):
    """An error with its place in the search text.

    message: one sentence; text: the search after macro expansion, or None; position: offset into text, or None.
    """

    def __init__(self, message: str, text: str | None = None, position: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.position = position

    @property
    def line_and_column(self) -> tuple[int, int] | None:
        """Line and column of the place, both counted from 1; None when the place is not known."""
        if self.text is None or self.position is None:
            return None
        before = self.text[: self.position]
        return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1

    def __str__(self) -> str:
        place = self.line_and_column
        if place is None or self.text is None:
            return self.message
        line, column = place
        shown, caret = _excerpt(self.text.split("\n")[line - 1], column - 1)
        return f"{self.message} (line {line}, column {column})\n  {shown}\n  {' ' * caret}^"


class SplSyntaxError(SplError):
    """The text is not SPL, or an argument is not one that the command takes."""


class Unsupported(SplError):
    """The text may be good SPL, but names something that this engine does not do.

    what: the command, function, option or form that is not supported, as written.
    """

    def __init__(self, what: str, message: str, text: str | None = None, position: int | None = None) -> None:
        super().__init__(message, text, position)
        self.what = what


class SearchFailure(SplError):
    """Something at run time that makes Splunk end the search with an error."""


def _excerpt(line: str, column: int, width: int = 100) -> tuple[str, int]:
    """The part of a line round a column that fits a terminal, and where the column is in it."""
    if len(line) <= width:
        return line, column
    start = max(0, min(column - width // 2, len(line) - width))
    return line[start : start + width], column - start
