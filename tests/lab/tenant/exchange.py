"""One HTTP exchange, free of any web framework: `Call` in, `Reply` out, and the vendor errors that become replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from re import Pattern
from typing import Any, Literal

from lab.tenant.records import encode

Service = Literal["login", "management", "graph"]


@dataclass(slots=True)
class Call:
    """A request as a service sees it.

    url is the absolute address as asked; path and query are decoded ("+" is a blank, as the vendor reads it).
    endpoint and path_args are set once a route matched.
    """

    service: Service
    method: str
    url: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    at: float
    endpoint: str = "unknown"
    path_args: dict[str, str] = field(default_factory=dict)

    def arguments(self) -> dict[str, str]:
        """Query parameters by lower-case name; the first of a repeated one wins."""
        found: dict[str, str] = {}
        for name, value in self.query:
            found.setdefault(name.lower(), value)
        return found


@dataclass(slots=True)
class Reply:
    """An answer.

    served: (record kind, ids) in the body, counted by the ledger only if the body leaves whole.
    next_page: the continuation address offered to the client, None on a last page.
    delay_s: seconds to wait before answering. cut: end the connection in mid-body, by "reset" (RST) or "close" (FIN).
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    served: tuple[str, list[str]] | None = None
    next_page: str | None = None
    delay_s: float = 0.0
    cut: Literal["reset", "close"] | None = None


def json_reply(status: int, document: Any, **headers: str) -> Reply:
    """A JSON answer; keyword names become header names with "_" as "-"."""
    extra = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, encode(document), {"Content-Type": "application/json; charset=utf-8", **extra})


class VendorError(Exception):
    """An answer that is not a success, raised where the rule is broken. Subclasses render the vendor's own body."""

    def reply(self, call: Call) -> Reply:
        raise NotImplementedError


class NotSimulated(Exception):
    """The request is valid at the vendor's but the lab does not simulate it. It answers 501 and the ledger keeps it."""


@dataclass(frozen=True, slots=True)
class Route:
    """method ("*" for any) and path, a pattern with named groups, to an endpoint's name and what answers it."""

    method: str
    pattern: Pattern[str]
    endpoint: str
    answer: Callable[[Any, Call], Reply]
