"""A collection of the app in the KV store, over the management port.

Source: Splunk REST API, "KV store endpoint descriptions": storage/collections/data/{collection}, POST inserts and
answers 409 for a key that exists, batch_save replaces, DELETE takes a query.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Callable

from splunklib import binding

from mail_threats.errors import StateUnavailable

_JSON = [("Content-Type", "application/json")]
_CONFLICT = 409
_SENTENCES = {
    401: "The session of this run has ended.",
    403: "This run may not read or write it: the collection's access list must name the role of the input's owner.",
    404: "There is no such collection: default/collections.conf of the app is incomplete.",
    503: "It is starting, has failed, or is not available.",
}


class KvCollection:
    """`Documents` (ledger/documents.py) in the collection `name`."""

    def __init__(self, port: binding.Context, name: str) -> None:
        self._port = port
        self._name = name
        self._path = f"storage/collections/data/{name}"

    def find(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = self._asked(lambda: self._port.get(self._path, query=json.dumps(query)))
        if not isinstance(found, list) or not all(isinstance(document, dict) for document in found):
            raise self._unavailable("It answered with something that is no list of documents.")
        return found

    def insert(self, document: Mapping[str, Any]) -> bool:
        try:
            self._asked(lambda: self._port.post(self._path, headers=_JSON, body=json.dumps(document)))
        except _Conflict:
            return False
        return True

    def put(self, documents: Sequence[Mapping[str, Any]]) -> None:
        body = json.dumps(list(documents))
        self._asked(lambda: self._port.post(f"{self._path}/batch_save", headers=_JSON, body=body))

    def delete(self, query: Mapping[str, Any]) -> None:
        self._asked(lambda: self._port.delete(self._path, query=json.dumps(query)))

    def _asked(self, call: Callable[[], Any]) -> Any:
        try:
            return json.loads(call().body.read() or b"null")
        except binding.AuthenticationError:
            raise self._unavailable(_SENTENCES[401]) from None
        except binding.HTTPError as fault:
            if fault.status == _CONFLICT:
                raise _Conflict from None
            raise self._unavailable(_SENTENCES.get(fault.status, f"It answered HTTP {fault.status}.")) from None
        except OSError as fault:
            raise self._unavailable(f"splunkd did not answer ({type(fault).__name__}).") from None
        except ValueError:
            raise self._unavailable("It answered with something that is no JSON.") from None

    def _unavailable(self, reason: str) -> StateUnavailable:
        return StateUnavailable(
            f"The KV store collection {self._name} cannot be used. {reason}",
            advice="See Settings > Health Report, KV store, or `splunk show kvstore-status`.",
        )


class _Conflict(Exception):
    """A document with this key exists."""
