"""The embedded SPL engine: `run(text, environment, rows=None)`. CONTRACT.md beside the stand-in lists what it
supports."""

from .errors import SearchFailure, SplError, SplSyntaxError, Unsupported
from .search import Message, Search, SearchResult, run

__all__ = ["Message", "SearchFailure", "Search", "SearchResult", "SplError", "SplSyntaxError", "Unsupported", "run"]
