"""Which handler answers which path."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TypeAlias

from lab.splunk.rest.answers import Answer
from lab.splunk.rest.requests import Fault, Request

# A handler that has to wait for work on another thread gives its answer later.
Handler: TypeAlias = "Callable[[Request], Answer | Future[Answer]]"

ANY = "*"


@dataclass
class Routes:
    """Handlers by method and path; ``*`` in a pattern is any one part, and a pattern ``x*`` any part that starts so."""

    _known: list[tuple[tuple[str, ...], dict[str, Handler]]] = field(default_factory=list)

    def add(self, pattern: str, **handlers: Handler) -> None:
        """``add("messages/*", GET=..., DELETE=...)``; earlier patterns win."""
        self._known.append((tuple(pattern.split("/")), handlers))

    def find(self, request: Request) -> Handler:
        """The handler. Raises Fault 404 for an unknown path, 405 for a method that the path does not have."""
        for pattern, handlers in self._known:
            if _fits(pattern, request.path):
                if request.method not in handlers:
                    raise Fault(405, f"Method {request.method} is not allowed for /{'/'.join(request.path)}.")
                return handlers[request.method]
        raise Fault(404, f"Not Found: the stand-in has no endpoint /{'/'.join(request.path)}")


def _fits(pattern: Sequence[str], path: Sequence[str]) -> bool:
    if len(pattern) != len(path):
        return False
    return all(
        have.startswith(want.removesuffix(ANY)) if want.endswith(ANY) else want == have
        for want, have in zip(pattern, path, strict=True)
    )
