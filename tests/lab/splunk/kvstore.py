"""The KV store: collections of JSON documents with typed fields, kept in a file under var.

Rules: collections.conf.spec; REST API Reference, "KV store endpoint descriptions"; limits.conf [kvstore]. A collection
belongs to the app whose collections.conf names it; documents have `_key` (made up when not given) and `_user`.
"""

from __future__ import annotations

import copy
import json
import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

from .conf.files import ConfError, conf_boolean
from .conf.layering import Conf, ConfTree
from .spl.regex import compiled

Document = dict[str, Any]
_Method = TypeVar("_Method", bound=Callable[..., Any])

_TYPES = ("number", "bool", "string", "time", "array", "cidr")


def _locked(method: _Method) -> _Method:
    """The management port and searches use the store from several threads."""

    @wraps(method)
    def locked(self: Collection, *args: Any, **options: Any) -> Any:
        with self.lock:
            return method(self, *args, **options)

    return cast(_Method, locked)


class KVStoreError(Exception):
    """A request that the KV store refuses. status: the HTTP status of the REST endpoint."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class CollectionRules:
    """A collections.conf stanza. types: field -> number, bool, string or time; replicate: also on indexers."""

    name: str
    app: str
    types: Mapping[str, str]
    enforce: bool
    replicate: bool


class Collection:
    """One collection. Documents come out as copies, in the order of their insertion."""

    def __init__(self, rules: CollectionRules, store: KVStore) -> None:
        self.rules = rules
        self.version = 0
        self.lock = store.lock
        self._store = store
        self._documents: dict[str, Document] = store.load(rules)

    def __len__(self) -> int:
        return len(self._documents)

    @_locked
    def documents(self) -> list[Document]:
        """Every document."""
        return [_copied(document) for document in self._documents.values()]

    @_locked
    def get(self, key: str) -> Document | None:
        document = self._documents.get(key)
        return None if document is None else _copied(document)

    @_locked
    def query(
        self,
        query: Mapping[str, Any] | None = None,
        *,
        fields: Mapping[str, bool] | None = None,
        sort: Iterable[tuple[str, int]] = (),
        limit: int = 0,
        skip: int = 0,
    ) -> list[Document]:
        """Documents that match a query of the REST endpoint ($and $or $not $nor $gt $gte $lt $lte $ne $eq $regex $in).

        fields: name -> whether it is given out; sort: (field, 1 or -1); limit: 0 is the limit of limits.conf, which
        always holds.
        """
        most = self._store.limit("kvstore", "max_rows_per_query")
        found = [document for document in self._documents.values() if matches(document, query or {})]
        for name, direction in reversed(list(sort)):
            found.sort(key=lambda document: _sort_key(document.get(name)), reverse=direction < 0)
        found = found[skip : skip + (min(limit, most) if limit else most)]
        return [_projected(_copied(document), fields or {}) for document in found]

    @_locked
    def insert(self, document: Mapping[str, Any], user: str = "nobody") -> str:
        """Add a document, return its key. Raises KVStoreError 409 for a key that is there."""
        key = str(document.get("_key") or uuid.uuid4().hex[:24])
        if key in self._documents:
            raise KVStoreError(409, f"A document with the same key {key!r} already exists in {self.rules.name}.")
        self._put(key, document, user)
        self._store.save(self, [key])
        return key

    @_locked
    def replace(self, key: str, document: Mapping[str, Any], user: str = "nobody") -> None:
        """Replace a document as a whole. Raises KVStoreError 404 when there is none."""
        if key not in self._documents:
            raise KVStoreError(404, f"Could not find the object {key!r} in {self.rules.name}.")
        self._put(key, document, user)
        self._store.save(self, [key])

    @_locked
    def upsert(self, documents: Iterable[Mapping[str, Any]], user: str = "nobody") -> list[str]:
        """Add documents or replace those with the same key (batch_save, outputlookup); returns the keys."""
        keys: list[str] = []
        for document in documents:
            key = str(document.get("_key") or uuid.uuid4().hex[:24])
            self._put(key, document, user)
            keys.append(key)
        self._store.save(self, keys)
        return keys

    @_locked
    def delete(self, query: Mapping[str, Any] | None = None) -> int:
        """Delete the documents that match (None: all); returns how many."""
        keys = [key for key, document in self._documents.items() if matches(document, query or {})]
        for key in keys:
            del self._documents[key]
        self._store.remove(self, keys)
        return len(keys)

    def _put(self, key: str, document: Mapping[str, Any], user: str) -> None:
        typed = self._typed({name: value for name, value in document.items() if name not in ("_key", "_user")})
        # A replaced document keeps its place.
        self._documents[key] = {**typed, "_user": user, "_key": key}
        self.version += 1

    def _typed(self, document: Mapping[str, Any]) -> Document:
        typed: Document = {}
        for name, value in document.items():
            kind = self.rules.types.get(name)
            fitting = value if kind is None or value is None else _as_type(kind, value)
            if fitting is None and value is not None:
                if self.rules.enforce:
                    raise KVStoreError(
                        400, f"JSON in the request is invalid. ( field {name!r} of {self.rules.name} is no {kind} )"
                    )
                continue
            typed[name] = fitting
        return typed


class KVStore:
    """All collections. path: the file that keeps them; conf: collections.conf is read in the app that owns them."""

    def __init__(self, path: Path, conf: ConfTree, limit: Callable[[str, str], int]) -> None:
        self.limit = limit
        self._conf = conf
        self._open: dict[tuple[str, str], Collection] = {}
        self._generation = -1
        self.lock = threading.RLock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=MEMORY")
        self._database.execute("PRAGMA synchronous=OFF")
        self._database.execute(
            "CREATE TABLE IF NOT EXISTS documents (app TEXT, collection TEXT, key TEXT, document TEXT, "
            "PRIMARY KEY (app, collection, key))"
        )

    def collection(self, name: str, app: str) -> Collection:
        """A collection as an app sees it: its own, or one that another app exports. Raises LookupError."""
        conf = self._conf.for_app("collections", app)
        if name not in conf:
            raise LookupError(
                f"The KV store collection {name!r} cannot be seen from the app {app!r}. Add it to collections.conf, or "
                "export it ([collections] export = system) in the metadata of its app."
            )
        with self.lock:
            if self._generation != self._conf.generation:
                self._generation = self._conf.generation
                for key, known in list(self._open.items()):
                    if key[1] in (view := self._conf.for_app("collections", key[0])):
                        known.rules = _rules(key[1], key[0], view)
            owner = conf.app(name)
            key = (owner, name)
            if key not in self._open:
                self._open[key] = Collection(_rules(name, owner, conf), self)
            return self._open[key]

    def clear(self) -> None:
        """Forget every document of every collection, those of the file too."""
        with self.lock:
            for collection in self._open.values():
                collection.delete()
            self._database.execute("DELETE FROM documents")

    def load(self, rules: CollectionRules) -> dict[str, Document]:
        """The documents that the file holds for a collection."""
        rows = self._database.execute(
            "SELECT key, document FROM documents WHERE app = ? AND collection = ? ORDER BY rowid",
            (rules.app, rules.name),
        )
        return {key: json.loads(document) for key, document in rows}

    def save(self, collection: Collection, keys: list[str]) -> None:
        """Write documents of a collection to the file."""
        rules = collection.rules
        rows = [(rules.app, rules.name, key, json.dumps(collection.get(key), ensure_ascii=False)) for key in keys]
        with self.lock:
            self._database.execute("BEGIN")
            self._database.executemany(
                "INSERT INTO documents VALUES (?, ?, ?, ?) "
                "ON CONFLICT (app, collection, key) DO UPDATE SET document = excluded.document",
                rows,
            )
            self._database.execute("COMMIT")

    def remove(self, collection: Collection, keys: list[str]) -> None:
        """Delete documents of a collection from the file."""
        collection.version += 1
        rules = collection.rules
        with self.lock:
            self._database.execute("BEGIN")
            self._database.executemany(
                "DELETE FROM documents WHERE app = ? AND collection = ? AND key = ?",
                [(rules.app, rules.name, key) for key in keys],
            )
            self._database.execute("COMMIT")

    def close(self) -> None:
        self._database.close()


def _copied(document: Document) -> Document:
    """A document that its reader may change. Most values are texts and numbers, which nobody can."""
    return {
        name: copy.deepcopy(value) if isinstance(value, (list, dict)) else value for name, value in document.items()
    }


def _rules(name: str, app: str, conf: Conf) -> CollectionRules:
    settings = conf[name]
    types = {key[6:]: value.strip().lower() for key, value in settings.items() if key.startswith("field.")}
    for field, kind in types.items():
        if kind not in _TYPES:
            raise ConfError(
                f"{conf.where(name, 'field.' + field)}: {kind!r} is not a type. Use number, bool, string or time."
            )
    for key, value in settings.items():
        if key.startswith("accelerated_fields."):
            try:
                json.loads(value)
            except ValueError:
                raise ConfError(
                    f"{conf.where(name, key)}: {value!r} is not JSON, so the acceleration is ignored."
                ) from None
    return CollectionRules(
        name,
        app,
        types,
        conf_boolean(settings.get("enforceTypes", "false"), conf.where(name, "enforceTypes")),
        conf_boolean(settings.get("replicate", "false"), conf.where(name, "replicate")),
    )


def _as_type(kind: str, value: Any) -> Any:
    """The value as the type of its field, or None when it cannot be one."""
    if isinstance(value, list):
        items = [_as_type(kind, item) for item in value]
        return None if any(item is None for item in items) else items
    if kind in ("number", "time"):
        return _as_number(value)
    if kind == "bool":
        return _as_bool(value)
    if isinstance(value, (dict, bool)):
        return None if kind == "string" and isinstance(value, dict) else _text(value)
    return value if isinstance(value, str) else _text(value)


def _as_number(value: Any) -> int | float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def _as_bool(value: Any) -> bool | None:
    if isinstance(value, bool):
        return value
    return {"true": True, "1": True, "false": False, "0": False}.get(str(value).strip().lower())


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def _sort_key(value: Any) -> tuple[int, Any]:
    """Nothing before numbers before text, as the store sorts mixed types."""
    if value is None:
        return 0, 0
    return (1, value) if isinstance(value, (int, float)) else (2, str(value))


def _projected(document: Document, fields: Mapping[str, bool]) -> Document:
    wanted = {name for name, shown in fields.items() if shown}
    hidden = {name for name, shown in fields.items() if not shown}
    if wanted:
        return {name: value for name, value in document.items() if name in wanted | ({"_key"} - hidden)}
    return {name: value for name, value in document.items() if name not in hidden}


# queries

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "$eq": lambda value, wanted: value == wanted,
    "$gt": lambda value, wanted: value > wanted,
    "$gte": lambda value, wanted: value >= wanted,
    "$lt": lambda value, wanted: value < wanted,
    "$lte": lambda value, wanted: value <= wanted,
}


def matches(document: Document, query: Mapping[str, Any]) -> bool:
    """Whether a document matches a query of the REST endpoint. Raises KVStoreError 400."""
    return all(_condition(document, name, wanted) for name, wanted in query.items())


def _condition(document: Document, name: str, wanted: Any) -> bool:
    if name in ("$and", "$or", "$nor"):
        answers = (matches(document, part) for part in wanted)
        return all(answers) if name == "$and" else any(answers) == (name == "$or")
    if name == "$not":
        return not matches(document, wanted)
    if name.startswith("$"):
        raise KVStoreError(400, f"The query operator {name} is not supported.")
    value = document.get(name)
    if not isinstance(wanted, Mapping):
        return _equal(value, wanted)
    return all(_operator(value, operator, operand) for operator, operand in wanted.items())


def _operator(value: Any, operator: str, operand: Any) -> bool:
    if operator == "$ne":
        return not _equal(value, operand)
    if operator == "$in":
        return any(_equal(value, item) for item in operand)
    if operator == "$regex":
        return isinstance(value, str) and compiled(operand).search(value) is not None
    compare = _COMPARISONS.get(operator)
    if compare is None:
        raise KVStoreError(400, f"The query operator {operator} is not supported.")
    if operator == "$eq":
        return _equal(value, operand)
    comparable = isinstance(value, str) == isinstance(operand, str) and value is not None and operand is not None
    return comparable and compare(value, operand)


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, list) and not isinstance(wanted, list):
        return wanted in value
    return type(value) is type(wanted) and value == wanted if isinstance(value, bool) else value == wanted
