"""`*` patterns: over field names (case-sensitive) and over field values (case-insensitive, as `search` compares)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache


@lru_cache(maxsize=1024)
def pattern(text: str, *, ignore_case: bool = False) -> re.Pattern[str]:
    """The regular expression of a `*` pattern; each star is a capturing group, in order."""
    parts = [re.escape(part) for part in text.split("*")]
    return re.compile("(.*)".join(parts), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def field_matcher(text: str) -> Callable[[str], bool]:
    """A test of field names against one name or `*` pattern, case-sensitive."""
    if "*" not in text:
        return text.__eq__
    expression = pattern(text)
    return lambda name: expression.fullmatch(name) is not None


def matching_fields(patterns: Iterable[str], fields: Iterable[str]) -> list[str]:
    """The fields that the patterns name: in pattern order, within one pattern in field order, each once.

    A plain name is taken whether or not the field is there. `*` at the front does not match fields that begin with `_`.
    """
    known = list(fields)
    chosen: dict[str, None] = {}
    for text in patterns:
        if "*" not in text:
            chosen[text] = None
            continue
        matches = field_matcher(text)
        chosen.update((name, None) for name in known if matches(name) and (text[0] == "_" or name[:1] != "_"))
    return list(chosen)
