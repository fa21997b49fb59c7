"""With what `nomv` joins a field: the delimiter that stats, mvcombine or makemv gave it, a newline otherwise.

A delimiter belongs to a field from the command that sets it on. It is worked out when a pipeline is prepared, command
by command, so values stay plain lists.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ..wildcards import field_matcher

if TYPE_CHECKING:
    from ..command import Command
    from ..search import Search

DEFAULT = "\n"
#: Under which the delimiters of a run are kept among the states of its commands.
_KEY = cast("Command", object())


def _known(search: Search) -> dict[str, str]:
    """Field name or pattern -> delimiter, the one set last at the end."""
    known: dict[str, str] = search.state(_KEY).setdefault("delimiters", {})
    return known


def set_delimiter(search: Search, field: str, delimiter: str) -> None:
    """From here on the field, or every field of the pattern, is joined with the delimiter."""
    known = _known(search)
    known.pop(field, None)
    known[field] = delimiter


def forget_all(search: Search) -> None:
    """From here on no field has a delimiter."""
    _known(search).clear()


def delimiter_of(search: Search, field: str) -> str:
    """The delimiter of a field here."""
    for name, delimiter in reversed(_known(search).items()):
        if field_matcher(name)(field):
            return delimiter
    return DEFAULT
