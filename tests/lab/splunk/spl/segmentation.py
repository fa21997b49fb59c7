"""Bare terms against raw text, by the breakers of segmenters.conf.

Raw text is cut into tokens at major breakers, and these again at minor ones. A term matches where it begins and ends at
the edge of such a token; `*` in it stands for characters of one token, never for a major breaker.
"""

from __future__ import annotations

import re
from functools import lru_cache

MAJOR = "[]<>(){}|!;,'\"*\n\r \t&?+"
"""Major breakers of one character (segmenters.conf, default stanza)."""
MAJOR_SEQUENCES = (
    *("--", "%20", "%21", "%26", "%28", "%29", "%2B", "%2C", "%2520", "%2526"),
    *("%0A", "%3A", "%3B", "%3D", "%5B", "%5D", "%7C"),
)
MINOR = "/:=@.-$#%\\_"

_MAJOR_CLASS = re.escape(MAJOR)
_ANY_CLASS = re.escape(MAJOR + MINOR)
_AFTER_SEQUENCE = "|".join(rf"(?<={re.escape(sequence)})" for sequence in MAJOR_SEQUENCES)


@lru_cache(maxsize=1024)
def term_pattern(term: str, *, case: bool = False, whole: bool = False) -> re.Pattern[str]:
    """The pattern to search raw text with.

    case: CASE(term), letters count; whole: TERM(term), only major breakers bound it.
    """
    breakers = _MAJOR_CLASS if whole else _ANY_CLASS
    body = rf"[^{_MAJOR_CLASS}]*".join(re.escape(part) for part in term.split("*"))
    before = "" if _is_breaker(term[:1], whole) else rf"(?:(?<![^{breakers}])|{_AFTER_SEQUENCE})"
    after = "" if _is_breaker(term[-1:], whole) else _after(breakers, whole)
    return re.compile(before + body + after, re.NOFLAG if case else re.IGNORECASE)


def _is_breaker(char: str, whole: bool) -> bool:
    return char in MAJOR or (not whole and char in MINOR)


def _after(breakers: str, whole: bool) -> str:
    if not whole:
        return rf"(?![^{breakers}])"
    sequences = "|".join(re.escape(sequence) for sequence in MAJOR_SEQUENCES)
    return rf"(?=[{breakers}]|{sequences}|\Z)"
