"""``storage/collections``: the KV store's definitions and documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from lab.splunk.conf.layering import ConfTree
from lab.splunk.kvstore import Collection, KVStore, KVStoreError
from lab.splunk.rest.access import Access
from lab.splunk.rest.answers import Answer, Content, Entry, Page, feed, json_answer
from lab.splunk.rest.paging import page_of
from lab.splunk.rest.requests import Fault, Request
from lab.splunk.rest.routes import Routes

_CONFIG = "storage/collections/config"
_DATA = "storage/collections/data"
_CONF = "collections"
_ADMIN = "edit_kvstore"
_LARGEST_DOCUMENT = 16 << 20
_UNAVAILABLE = {
    "starting": "KV Store is initializing. Please try again later.",
    "failed": "KV Store initialization failed. Please contact your system administrator.",
    "disabled": "KV Store is disabled.",
}


class CollectionEndpoints:
    """Definitions (a view of collections.conf) and documents. ``conf`` and ``store`` belong to the search head.

    Documents can be read and written by the roles that the metadata of the collection's app names, and while
    ``status()`` is ready; they answer 503 until then.
    """

    def __init__(self, conf: ConfTree, store: KVStore, access: Access, status: Callable[[], str]) -> None:
        self._conf = conf
        self._access = access
        self._store = store
        self._status = status

    def register(self, routes: Routes) -> None:
        routes.add(_CONFIG, GET=self.list_collections, POST=self.create)
        routes.add(f"{_CONFIG}/*", GET=self.get, POST=self.update, DELETE=self.delete)
        routes.add(f"{_DATA}/*", GET=self.query, POST=self.insert, DELETE=self.delete_documents)
        routes.add(f"{_DATA}/*/batch_save", POST=self.batch_save)
        routes.add(f"{_DATA}/*/batch_find", POST=self.batch_find)
        routes.add(f"{_DATA}/*/*", GET=self.document, POST=self.replace, DELETE=self.delete_document)

    # definitions

    def list_collections(self, request: Request) -> Answer:
        return self._show(request, page_of(self._entries(request), request))

    def get(self, request: Request) -> Answer:
        name = request.path[3]
        found = [entry for entry in self._entries(request) if entry.name == name]
        if not found:
            raise Fault(404, f"Could not find object id={name}")
        return self._show(request, Page(found, len(found)))

    def create(self, request: Request) -> Answer:
        """A new collection in the app's local collections.conf."""
        name = request.argument("name")
        if not name:
            raise Fault(400, "The following required arguments are missing: name.")
        app = self._app(request)
        view = self._conf.for_app(_CONF, app)
        if name in view and view.app(name) == app:
            raise Fault(409, f"An object with name={name} already exists")
        self._conf.set_local(_CONF, name, request.settings("name"), app)
        return self._show(request, Page([self._entry(name, app)], 1), 201)

    def update(self, request: Request) -> Answer:
        name, app = request.path[3], self._app(request)
        if name not in self._conf.for_app(_CONF, app):
            raise Fault(404, f"Could not find object id={name}")
        self._conf.set_local(_CONF, name, request.settings(), app)
        return self._show(request, Page([self._entry(name, app)], 1))

    def delete(self, request: Request) -> Answer:
        """Removes a collection with its documents; one that an app ships cannot be removed."""
        name, app = request.path[3], self._app(request)
        collection = self._collection(request)
        if name not in self._conf.local(_CONF, app):
            raise Fault(403, f"Could not remove object id={name}: it is not in {app}/local/collections.conf")
        collection.delete()
        self._conf.remove_local(_CONF, name, app)
        return self.list_collections(request)

    def _entries(self, request: Request) -> list[Entry]:
        apps = self._conf.apps() if request.namespace.app == "-" else [request.namespace.app]
        found = []
        for app in apps:
            view = self._conf.for_app(_CONF, app)
            found += [self._entry(name, app) for name in view if len(apps) == 1 or view.app(name) == app]
        return found

    def _entry(self, name: str, app: str) -> Entry:
        view = self._conf.for_app(_CONF, app)
        owner = view.app(name)
        content: dict[str, Content] = {"disabled": False, "eai:appName": owner, "eai:userName": "nobody", **view[name]}
        removable = name in self._conf.local(_CONF, owner)
        return Entry(name, _CONFIG, content, app=owner, removable=removable)

    # documents

    def query(self, request: Request) -> Answer:
        """Documents that fit ``query``, ``fields``, ``sort``, ``skip`` and ``limit``; at most max_rows_per_query."""
        return json_answer(self._find(self._collection(request), {name: request.argument(name) for name in _QUERY}))

    def insert(self, request: Request) -> Answer:
        """A new document, 201 with its key."""
        document = _object(request.json_body())
        key = _refused(lambda: self._collection(request).insert(document, self._owner(request)))
        return json_answer({"_key": key}, 201)

    def delete_documents(self, request: Request) -> Answer:
        query = _json_argument("query", request.argument("query"))
        _refused(lambda: self._collection(request).delete(query))
        return json_answer({})

    def document(self, request: Request) -> Answer:
        found = self._collection(request).get(request.path[4])
        if found is None:
            raise Fault(404, "Could not find object.")
        return json_answer(found)

    def replace(self, request: Request) -> Answer:
        document = _object(request.json_body())
        key = request.path[4]
        _refused(lambda: self._collection(request).replace(key, document, self._owner(request)))
        return json_answer({"_key": key})

    def delete_document(self, request: Request) -> Answer:
        key = request.path[4]
        if not self._collection(request).delete({"_key": key}):
            raise Fault(404, "Could not find object.")
        return json_answer({})

    def batch_save(self, request: Request) -> Answer:
        """Adds or replaces up to max_documents_per_batch_save documents; the keys, in order."""
        documents = [_object(document) for document in _array(request.json_body())]
        most = self._store.limit("kvstore", "max_documents_per_batch_save")
        if len(documents) > most:
            raise Fault(
                400,
                f"Request exceeds API limits - see limits.conf for details. (Too many documents for a single "
                f"batch save, max_documents_per_batch_save={most})",
            )
        return json_answer(_refused(lambda: self._collection(request).upsert(documents, self._owner(request))))

    def batch_find(self, request: Request) -> Answer:
        collection = self._collection(request)
        queries = [_object(query) for query in _array(request.json_body())]
        return json_answer([self._find(collection, query) for query in queries])

    def _find(self, collection: Collection, arguments: Mapping[str, Any]) -> list[dict[str, Any]]:
        query = arguments.get("query") or {}
        if isinstance(query, str):
            query = _json_argument("query", query)
        found: list[dict[str, Any]] = _refused(
            lambda: collection.query(
                query,
                fields=_fields(str(arguments.get("fields") or "")),
                sort=_sort(str(arguments.get("sort") or "")),
                limit=_number("limit", arguments.get("limit")),
                skip=_number("skip", arguments.get("skip")),
            )
        )
        return found

    def _collection(self, request: Request) -> Collection:
        if request.namespace.is_wildcard:
            raise Fault(400, "Wildcards are not allowed in the namespace of KV store data.")
        if self._status() in _UNAVAILABLE:
            raise Fault(503, _UNAVAILABLE[self._status()])
        try:
            collection = self._store.collection(request.path[3], request.namespace.app)
        except LookupError as error:
            raise Fault(404, f"Could not find collection. {error.args[0]}") from None
        right = "read" if request.method == "GET" or request.path[-1] == "batch_find" else "write"
        roles = self._conf.metadata(collection.rules.app).access(_CONF, collection.rules.name)[right]
        if not self._access.may(request.session.user, roles):
            raise Fault(403, f"User {request.session.user!r} may not {right} the collection {collection.rules.name!r}.")
        if len(request.body) > _LARGEST_DOCUMENT and request.path[-1] != "batch_save":
            raise Fault(400, "The document is larger than 16 MB, the most that the KV store keeps in one.")
        return collection

    def _owner(self, request: Request) -> str:
        return request.namespace.owner

    def _app(self, request: Request) -> str:
        request.require(_ADMIN)
        if request.namespace.app == "-":
            raise Fault(400, "Name one app in the address.")
        return request.namespace.app

    def _show(self, request: Request, page: Page, status: int = 200) -> Answer:
        return feed("collections-conf", page, request.origin, as_json=request.wants_json, status=status)


_QUERY = ("query", "fields", "sort", "limit", "skip")


def _refused(action: Any) -> Any:
    try:
        return action()
    except KVStoreError as error:
        raise Fault(error.status, str(error)) from error


def _object(document: object) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise Fault(400, "JSON in the request is invalid. ( expected an object )")
    return document


def _array(documents: object) -> list[Any]:
    if not isinstance(documents, list):
        raise Fault(400, "JSON in the request is invalid. ( expected an array )")
    return documents


def _json_argument(name: str, text: str) -> dict[str, Any]:
    try:
        return _object(json.loads(text)) if text else {}
    except ValueError:
        raise Fault(400, f"Argument {name} is not JSON: {text[:100]}") from None


def _fields(text: str) -> dict[str, bool]:
    """``a,b`` or ``a:1,b:0``."""
    parts = [part.strip().partition(":") for part in text.split(",") if part.strip()]
    return {name: flag != "0" for name, _, flag in parts}


def _sort(text: str) -> list[tuple[str, int]]:
    """``a,b:-1``."""
    parts = [part.strip().partition(":") for part in text.split(",") if part.strip()]
    return [(name, -1 if direction == "-1" else 1) for name, _, direction in parts]


def _number(name: str, value: object) -> int:
    try:
        return int(str(value)) if value else 0
    except ValueError:
        raise Fault(400, f"Argument {name} must be a whole number, not {value!r}.") from None
