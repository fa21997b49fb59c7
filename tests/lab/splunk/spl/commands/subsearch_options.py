"""The options that append, appendcols, join and union share for their subsearches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..arguments import boolean, integer

if TYPE_CHECKING:
    from ..arguments import Arguments
    from ..search import Search

#: maxtime and timeout bound the clock time of a subsearch, which a lab does not measure.
SUBSEARCH_OPTIONS: dict[str, Any] = {
    "extendtimerange": boolean,
    "maxtime": integer,
    "maxout": integer,
    "timeout": integer,
}


def subsearch_options(args: Arguments, more: dict[str, Any] | None = None) -> dict[str, Any]:
    """The options that stand next. extendtimerange=t is refused: it changes the range of the whole search."""
    start = args.peek()
    options: dict[str, Any] = args.options(SUBSEARCH_OPTIONS | (more or {}))
    if options.get("extendtimerange"):
        raise args.unsupported("extendtimerange=t", start)
    return options


def maximum(options: dict[str, Any], search: Search) -> int:
    """How many rows a subsearch may give: maxout, and never more than limits.conf [searchresults] maxresultrows."""
    limit = search.limit("searchresults", "maxresultrows")
    asked: int = options.get("maxout", limit)
    return min(asked, limit)
