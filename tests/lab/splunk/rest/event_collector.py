"""The HTTP Event Collector: ``services/collector`` on a port of its own, as outside clients send events.

Shapes and codes: "Format events for HTTP Event Collector" and "HTTP Event Collector REST API endpoints" of Splunk's
documentation. An event of ``/event`` is whole; its time is the one beside it, or now, never one in its text. ``/raw``
is broken and timed by the sourcetype's rules.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lab.splunk.rest.answers import Answer, json_answer

_PREFIX = ("services", "collector")
_EVENT_PATHS = ((), ("event",), ("event", "1.0"))
_RAW_PATHS = (("raw",), ("raw", "1.0"))
_HEALTH_PATHS = (("health",), ("health", "1.0"))
_KEYS = {"time", "host", "source", "sourcetype", "index", "event"}


class _Refused(Exception):
    """A request that is not taken: HTTP status, HEC's code and its words."""

    def __init__(self, status: int, code: int, text: str, **more: object) -> None:
        super().__init__(text)
        self.answer = json_answer({"text": text, "code": code, **more}, status)


class EventCollector:
    """Takes events for an index. ``add`` is `Index.add`; ``indexes`` names those there are; ``clock`` is epoch."""

    def __init__(
        self,
        add: Callable[..., object],
        indexes: Callable[[], frozenset[str]],
        token: str,
        clock: Callable[[], float],
    ) -> None:
        self._add = add
        self._indexes = indexes
        self._clock = clock
        self.token = token

    def answer(
        self, method: str, path: tuple[str, ...], query: Mapping[str, str], authorization: str, body: bytes
    ) -> Answer:
        """The answer to one request; ``path`` is split and decoded."""
        rest = path[len(_PREFIX) :] if path[: len(_PREFIX)] == _PREFIX else None
        try:
            if rest in _HEALTH_PATHS and method == "GET":
                return json_answer({"text": "HEC is healthy", "code": 17})
            if method != "POST" or rest not in (*_EVENT_PATHS, *_RAW_PATHS):
                return json_answer({"text": "The requested URL was not found on this server.", "code": 404}, 404)
            self._authorise(authorization)
            if rest in _RAW_PATHS:
                self.take_raw(body, query)
            else:
                self._events(body)
        except _Refused as refused:
            return refused.answer
        return json_answer({"text": "Success", "code": 0})

    def _authorise(self, authorization: str) -> None:
        scheme, _, token = authorization.partition(" ")
        if not authorization:
            raise _Refused(401, 2, "Token is required")
        if scheme != "Splunk" or not hmac.compare_digest(token.strip(), self.token):
            raise _Refused(403, 4, "Invalid token")

    def take_raw(self, body: bytes, origin: Mapping[str, str]) -> None:
        """Text for the index, broken and timed by the rules of its sourcetype."""
        if not body.strip():
            raise _Refused(400, 5, "No data")
        self._put(body.decode("utf-8", "replace"), origin, None, whole=False)

    def take_event(self, event: Mapping[str, Any], number: int = 0) -> None:
        """One object of ``/event``, the ``number``-th of its request."""
        unknown = set(event) - _KEYS
        if unknown:
            raise _Refused(400, 6, f"The stand-in does not carry out {', '.join(sorted(unknown))}")
        if "event" not in event:
            raise _Refused(400, 12, "Event field is required", **{"invalid-event-number": number})
        payload = event["event"]
        if payload in ("", None):
            raise _Refused(400, 13, "Event field cannot be blank", **{"invalid-event-number": number})
        raw = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False)
        time = float(event["time"]) if "time" in event else self._clock()
        self._put(raw, {key: str(value) for key, value in event.items()}, time, whole=True)

    def _events(self, body: bytes) -> None:
        """Objects one after the other. Those before one that is refused are in the index already, as in Splunk."""
        number = -1
        for number, event in enumerate(_objects(body)):
            self.take_event(event, number)
        if number < 0:
            raise _Refused(400, 5, "No data")

    def _put(self, raw: str, origin: Mapping[str, str], time: float | None, *, whole: bool) -> None:
        index = origin.get("index", "main")
        if index not in self._indexes():
            raise _Refused(400, 7, "Incorrect index", **{"invalid-event-number": 0})
        self._add(
            raw,
            index=index,
            host=origin.get("host", "127.0.0.1"),
            source=origin.get("source", "http:lab"),
            sourcetype=origin.get("sourcetype", "httpevent"),
            time=time,
            whole=whole,
        )


def _objects(body: bytes) -> Iterator[dict[str, Any]]:
    decoder = json.JSONDecoder()
    text = body.decode("utf-8", "replace").strip()
    position = 0
    while position < len(text):
        try:
            found, position = decoder.raw_decode(text, position)
        except ValueError:
            raise _Refused(400, 6, "Invalid data format") from None
        if not isinstance(found, dict):
            raise _Refused(400, 6, "Invalid data format")
        yield found
        while position < len(text) and text[position].isspace():
            position += 1
