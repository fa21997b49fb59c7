"""A KV store collection of the app, over splunkd's management port."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from splunklib.binding import HTTPError

APP = "m365_mail_threats"
_JSON = [("Content-Type", "application/json")]
Document = dict[str, Any]


class KVCollection:
    """Documents by `_key`. `service` is a splunklib Service with a session that may read and write them."""

    def __init__(self, service: Any, name: str) -> None:
        self._service = service
        self._path = f"/servicesNS/nobody/{APP}/storage/collections/data/{name}"

    def all(self, **asked: str) -> list[Document]:
        """Every document in the order of the keys; one query alone would end at limits.conf max_rows_per_query."""
        found: list[Document] = []
        while True:
            page = _read(self._service.get(self._path, sort="_key:1", skip=len(found), **asked))
            found += (_plain(document) for document in page)
            if not page:
                return found

    def get(self, key: str) -> Document | None:
        # Asked for by query: a key may hold a slash, and not every layer between leaves an encoded one alone.
        found = _read(self._service.get(self._path, query=json.dumps({"_key": key})))
        return _plain(found[0]) if found else None

    def insert(self, document: Mapping[str, Any]) -> bool:
        """Adds a document; False when its key is taken. Of two at the same time one gets False."""
        try:
            self._service.post(self._path, headers=_JSON, body=json.dumps(document))
        except HTTPError as error:
            if error.status == 409:
                return False
            raise
        return True

    def save(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Adds or replaces documents, at most 1,000 (limits.conf max_documents_per_batch_save)."""
        self._service.post(self._path + "/batch_save", headers=_JSON, body=json.dumps(documents))

    def drop(self, key: str, **fields: str) -> None:
        """Deletes a document, only if it has these fields where some are given; one that is not there is no error."""
        self.drop_all(_key=key, **fields)

    def drop_all(self, **fields: str) -> None:
        """Deletes every document with these fields, in one request. Without any field it would empty the collection."""
        if not fields:
            raise ValueError("name the documents to delete")
        self._service.delete(self._path, query=json.dumps(fields))

    def having(self, **fields: str) -> list[Document]:
        """Every document with these fields, in the order of the keys."""
        return self.all(query=json.dumps(fields))


def _read(response: Any) -> Any:
    return json.loads(response.body.read())


def _plain(document: Mapping[str, Any]) -> Document:
    return {name: value for name, value in document.items() if name != "_user"}
