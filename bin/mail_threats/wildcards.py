"""Lists of texts in which `*` stands for any characters; capitals do not matter. Standard library only."""

from __future__ import annotations

import re


class Patterns:
    """The entries of a setting, comma or line break between them; blanks may be part of an entry."""

    def __init__(self, text: str) -> None:
        self.entries = tuple(part.strip() for part in re.split(r"[,\n]", text or "") if part.strip())
        joined = "|".join(_expression(entry) for entry in self.entries)
        self._expression = re.compile(f"(?:{joined})\\Z", re.DOTALL) if self.entries else None

    def match(self, text: str) -> bool:
        """Whether an entry matches the whole of `text`; an empty text matches nothing."""
        return bool(text) and self._expression is not None and self._expression.match(text.casefold()) is not None


def _expression(entry: str) -> str:
    return ".*".join(re.escape(piece) for piece in entry.casefold().split("*"))
