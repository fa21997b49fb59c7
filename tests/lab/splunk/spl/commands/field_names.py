"""Names with `*`: how a wildcarded AS clause turns a matching name into the new one."""

from __future__ import annotations

import re

from ..arguments import Arguments
from ..tokens import Token
from ..wildcards import pattern


def check_wildcards(args: Arguments, source: str, target: str, at: Token) -> None:
    """Refuse an AS clause whose stars cannot be filled from the stars of the source."""
    if "*" in target and source.count("*") != target.count("*"):
        raise args.error(f"the wildcards of {target!r} do not match those of {source!r}", at)
    if "*" in source and "*" not in target:
        raise args.error(f"{source!r} may name several fields, so {target!r} needs a wildcard", at)


def renamed(source: str, target: str, name: str) -> str | None:
    """What `source AS target` makes of `name`; None when `source` does not match it.

    ``renamed("foo*", "bar*", "foo1")`` is ``"bar1"``.
    """
    if "*" not in source:
        return target if name == source else None
    found = pattern(source).fullmatch(name)
    if found is None or (name[:1] == "_" and source[0] != "_"):
        return None
    segments = iter(found.groups())
    return re.sub(r"\*", lambda _: next(segments), target)
