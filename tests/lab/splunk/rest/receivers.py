"""``receivers/simple``: one event into an index."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from lab.splunk.conf.files import ConfError
from lab.splunk.rest.answers import Answer, json_answer, message
from lab.splunk.rest.requests import Fault, Request
from lab.splunk.rest.routes import Routes

_CAPABILITY = "edit_tcp"
_ARGUMENTS = ("index", "host", "source", "sourcetype")


class ReceiverEndpoints:
    """``add(text, index=, host=, source=, sourcetype=)`` indexes an event; ``indexes`` are those there are."""

    def __init__(self, add: Callable[..., Any], indexes: Callable[[], Collection[str]]) -> None:
        self._add = add
        self._indexes = indexes

    def register(self, routes: Routes) -> None:
        routes.add("receivers/simple", POST=self.simple)

    def simple(self, request: Request) -> Answer:
        """The body is the event; index, host, source and sourcetype are arguments of the query.

        Raises Fault 403 without the capability edit_tcp, 400 for an index that is not there or an empty body.
        """
        request.require(_CAPABILITY)
        given = {name: request.query[name] for name in _ARGUMENTS if name in request.query}
        index = given.setdefault("index", "main")
        if index not in self._indexes():
            raise Fault(400, f"supplied index '{index}' missing")
        if not request.body.strip():
            raise Fault(400, "The body of the request is empty; it holds the event.")
        try:
            self._add(request.body.decode("utf-8", "replace"), **given)
        except ConfError as error:
            raise Fault(500, str(error)) from error
        if request.wants_json:
            return json_answer({"index": index, "bytes": len(request.body)})
        return message(200, "INFO", "received", as_json=False)
