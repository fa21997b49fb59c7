"""Lookups by name, as a search in an app finds them: a transforms.conf stanza, or a CSV file.

Rules: transforms.conf.spec "Lookup tables", collections.conf.spec `replicate`, Search Reference `outputlookup`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..conf.files import ConfError, UnsupportedConf, conf_boolean, conf_list
from ..conf.known_settings import refuse_unknown_transforms
from ..conf.layering import SYSTEM, Conf, ConfTree
from ..kvstore import Collection, KVStore, KVStoreError
from ..spl.environment import LookupWrite
from ..spl.search import INDEXER
from ..spl.values import Row, Value, from_list, text
from .csv_files import find_csv, read_csv, write_csv
from .table import LookupTable, MatchRules

FilterCompiler = Callable[[str], Callable[[Mapping[str, Any]], bool]]

_MATCH_TYPE = re.compile(r"(WILDCARD|CIDR|EXACT)\s*\(\s*([^)]*?)\s*\)", re.IGNORECASE)
_LOOKUP_KEYS = ("filename", "collection", "external_type", "external_cmd")


@dataclass(frozen=True, slots=True)
class Definition:
    """What a name stands for. path: the CSV file, None for a KV store lookup; fields: its fields_list."""

    name: str
    path: Path | None
    collection: Collection | None
    fields: tuple[str, ...]
    rules: MatchRules
    filter: str
    on_indexers: bool


class LookupCatalog:
    """The lookups of one server.

    filters: compiles the `filter` of a definition to a test of rows. may(user, roles): whether a user has one of them.
    """

    def __init__(
        self, conf: ConfTree, kvstore: KVStore, filters: FilterCompiler, may: Callable[[str, Sequence[str]], bool]
    ) -> None:
        self._conf = conf
        self._may = may
        self._kvstore = kvstore
        self._filters = filters
        self._definitions: dict[tuple[str, str, str], Definition] = {}
        self._generation = -1
        self._tables: dict[tuple[str, str, str], tuple[Any, LookupTable]] = {}

    def table(self, name: str, app: str, user: str, role: str) -> LookupTable:
        """A lookup ready to match. Raises LookupError; a KV store lookup on an indexer needs replicate = true."""
        definition = self.definition(name, app, user)
        self._check(definition, user, "read")
        if role == INDEXER and not definition.on_indexers:
            raise LookupError(
                f"The lookup {name!r} is not on the indexers: its KV store collection has replicate = false. Use it "
                "behind a transforming command, or with local=true."
            )
        key = (name, app, user)
        state = _state(definition)
        known = self._tables.get(key)
        if known is None or known[0] != state:
            fields, rows = self._content(definition)
            known = self._tables[key] = (state, LookupTable(fields, rows, definition.rules))
        return known[1]

    def rows(self, name: str, app: str, user: str) -> list[Row]:
        """Every row of a lookup, with the values as text. Raises LookupError."""
        definition = self.definition(name, app, user)
        self._check(definition, user, "read")
        _fields, rows = self._content(definition)
        return [
            {field: list(value) if isinstance(value, list) else value for field, value in row.items()} for row in rows
        ]

    def write(self, name: str, rows: Sequence[Row], options: LookupWrite, app: str, user: str) -> None:
        """Write rows as outputlookup does. Raises LookupError."""
        rows = rows if options.max is None else rows[: options.max]
        try:
            definition = self.definition(name, app, user)
        except LookupError:
            if not name.endswith(".csv") or "/" in name or "\\" in name:
                raise
            self._write_csv(self._new_file(name, options, app, user), rows, options)
            return
        self._check(definition, user, "write")
        if definition.collection is not None:
            _write_collection(definition, rows, options, user)
        elif definition.path is not None:
            self._write_csv(definition.path, rows, options)

    def definition(self, name: str, app: str, user: str) -> Definition:
        """What a name stands for in an app. Raises LookupError, or ConfError where it is written wrong."""
        if self._generation != self._conf.generation:
            self._generation = self._conf.generation
            self._definitions.clear()
            self._tables.clear()
        key = (name, app, user)
        known = self._definitions.get(key)
        if known is None or (known.path is not None and not known.path.is_file()):
            known = self._definitions[key] = self._define(name, app, user)
        return known

    def _check(self, definition: Definition, user: str, right: str) -> None:
        """The access list of a collection holds in searches too. That of a CSV file is not enforced here."""
        if definition.collection is None:
            return
        rules = definition.collection.rules
        if not self._may(user, self._conf.metadata(rules.app).access("collections", rules.name)[right]):
            raise LookupError(
                f"The user {user!r} may not {right} the KV store collection {rules.name!r}: no role of the user is "
                f"in its access list (metadata of the app {rules.app!r})."
            )

    def _define(self, name: str, app: str, user: str) -> Definition:
        transforms = self._conf.for_app("transforms", app, user)
        if name in transforms and any(transforms[name].get(key) for key in _LOOKUP_KEYS):
            return self._from_stanza(name, transforms, app, user)
        path = find_csv(self._conf, name, app, user)
        if path is None:
            raise LookupError(f"The lookup table {name!r} does not exist or is not available in the app {app!r}.")
        return Definition(name, path, None, (), MatchRules(), "", True)

    def _from_stanza(self, name: str, conf: Conf, app: str, user: str) -> Definition:
        settings = conf[name]
        refuse_unknown_transforms(name, conf.own(name))
        rules = _match_rules(name, conf)
        condition = settings.get("filter", "").strip()
        kind = settings.get("external_type", "").strip().lower()
        if settings.get("filename"):
            file_name = re.split(r"[/\\]", settings["filename"])[-1]
            path = find_csv(self._conf, file_name, app, user)
            if path is None:
                raise LookupError(
                    f"The lookup table {name!r} does not exist or is not available: the file {file_name!r} is not in "
                    f"the lookups folder of the app {app!r}, and no other app exports it."
                )
            replicate = conf_boolean(settings.get("replicate", "true"), conf.where(name, "replicate"))
            return Definition(name, path, None, (), rules, condition, replicate)
        if kind != "kvstore":
            raise UnsupportedConf(
                f"{conf.where(name, 'external_type')}: external_type = {kind or 'python'} is not supported."
            )
        fields = tuple(conf_list(settings.get("fields_list", "")))
        if not fields:
            raise ConfError(f"{conf.where(name)}: a KV store lookup needs fields_list.")
        collection = self._kvstore.collection(settings.get("collection") or name, app)
        return Definition(name, None, collection, fields, rules, condition, collection.rules.replicate)

    def _content(self, definition: Definition) -> tuple[Sequence[str], list[dict[str, Any]]]:
        rows: list[dict[str, Any]]
        fields: Sequence[str]
        if definition.collection is not None:
            fields = definition.fields
            rows = [_row(document, fields) for document in definition.collection.documents()]
        else:
            assert definition.path is not None
            fields, found = read_csv(definition.path)
            rows = [dict(row) for row in found]
        if definition.filter:
            keep = self._filters(definition.filter)
            rows = [row for row in rows if keep(row)]
        return fields, rows

    def _new_file(self, name: str, options: LookupWrite, app: str, user: str) -> Path:
        folders = {
            "app": self._conf.app_folder(app) / "lookups",
            "user": self._conf.etc / "users" / user / app / "lookups",
            "system": self._conf.app_folder(SYSTEM) / "lookups",
        }
        if options.create_context not in folders:
            raise LookupError(f"create_context={options.create_context} is not app, user or system.")
        return folders[options.create_context] / name

    def _write_csv(self, path: Path, rows: Sequence[Row], options: LookupWrite) -> None:
        if options.key_field:
            raise LookupError(f"key_field is for KV store lookups, and {path.name} is a file.")
        if not rows and not options.append:
            if not options.override_if_empty:
                return
            if options.create_empty:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("", encoding="utf-8")
            else:
                path.unlink(missing_ok=True)
            return
        fields = list(dict.fromkeys(name for row in rows for name in row))
        old: list[Row] = []
        if options.append and path.is_file():
            header, found = read_csv(path)
            old = [dict(row) for row in found]
            fields = header or fields
        write_csv(path, fields, [*old, *rows])


def _match_rules(name: str, conf: Conf) -> MatchRules:
    settings = conf[name]
    text_of_types = settings.get("match_type", "")
    types: dict[str, str] = {}
    for kind, field in _MATCH_TYPE.findall(text_of_types):
        if kind.upper() != "EXACT":
            types[field] = kind.upper()
    rest = _MATCH_TYPE.sub("", text_of_types).replace(",", " ").strip()
    if rest and rest.upper() != "EXACT":
        raise ConfError(
            f"{conf.where(name, 'match_type')}: {rest!r} is not WILDCARD(<field>), CIDR(<field>) or EXACT(<field>)."
        )
    return MatchRules(
        types=types,
        case_sensitive=conf_boolean(
            settings.get("case_sensitive_match", "true"), conf.where(name, "case_sensitive_match")
        ),
        fold_table=not settings.get("external_type"),
        max_matches=_count(name, "max_matches", conf, 100, 1, 1000),
        min_matches=_count(name, "min_matches", conf, 0, 0, 1000),
        default_match=settings.get("default_match", ""),
    )


def _count(name: str, key: str, conf: Conf, default: int, least: int, most: int) -> int:
    value = conf[name].get(key, "").strip() or str(default)
    if not value.isdigit() or not least <= int(value) <= most:
        raise ConfError(f"{conf.where(name, key)}: {value!r} is not a whole number from {least} to {most}.")
    return int(value)


def _state(definition: Definition) -> Any:
    """What changes when the content changes."""
    if definition.collection is not None:
        return definition.collection.version
    assert definition.path is not None
    stat = definition.path.stat()
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _row(document: Mapping[str, Any], fields: Sequence[str]) -> dict[str, Any]:
    """A document as a row of text: what is empty is left out, arrays are multivalues, objects their JSON."""
    row: dict[str, Any] = {}
    for name in fields:
        value = document.get(name)
        items = [_as_text(item) for item in (value if isinstance(value, list) else [value]) if item not in (None, "")]
        found = from_list(items)
        if found is not None:
            row[name] = found
    return row


def _as_text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value) if isinstance(value, (dict, list)) else text(value)


def _write_collection(definition: Definition, rows: Sequence[Row], options: LookupWrite, user: str) -> None:
    collection = definition.collection
    assert collection is not None
    if options.key_field and not options.append:
        raise LookupError(
            "outputlookup with key_field and without append=true is not supported: Splunk's documentation does not say "
            "whether the other records stay. Say append=true."
        )
    if not rows and not options.append and not options.override_if_empty:
        return
    documents: list[dict[str, Value]] = []
    for row in rows:
        document: dict[str, Value] = {name: row[name] for name in definition.fields if name in row}
        key = row.get(options.key_field) if options.key_field else row.get("_key")
        document.pop("_key", None)
        if key is not None:
            document["_key"] = text(key)
        documents.append(document)
    try:
        if not options.append:
            collection.delete()
        collection.upsert(documents)
    except KVStoreError as error:
        raise LookupError(str(error)) from error
