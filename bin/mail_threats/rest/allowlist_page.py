"""What the Allowlist page asks: list, check, add, edit, end, import.

| method and path | body | answer |
|---|---|---|
| GET entries | | entries with `etag`, `state`, `problem`, `debts`; classes, lives, notice; may the caller edit |
| POST check | entry | its problems |
| POST entries | entry | 201 and the entry |
| POST edit | key, entry, etag | the entry; 409 when it was changed since |
| POST end | key, etag | the entry, which holds no longer |
| POST import | csv, check | how many were loaded; 422 with the lines that are wrong, and nothing loaded |

splunkd asks for the capability before a request comes here (restmap.conf). What is written is
written with splunkd's own session, since an audit event needs edit_tcp, which the app's roles do not have.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from splunklib.binding import HTTPError

from ..allowlist.admission import WRITTEN_COLUMNS, debts, problems, says
from ..allowlist.csv_file import FILE_COLUMNS, FileRefused, read_file
from ..allowlist.entry import CLASSES, EntryError, read_entry
from ..allowlist.lives import Lives
from .allowlist_store import NEW, AllowlistStore, etag
from .kv_collection import Document
from .messages import Refusal, Request, answer, read_request, refused

# Either of them, as restmap.conf asks before a request comes here.
EDITORS = ("edit_mail_threats_allowlist", "admin_all_objects")


def main(in_string: str | bytes) -> dict[str, Any]:
    """One request of splunkd's, answered."""
    try:
        request = read_request(in_string)
        return AllowlistPage(request).answer()
    except Refusal as refusal:
        return refused(refusal)
    except HTTPError as error:
        return refused(Refusal(502, f"splunkd refused what the allowlist needs: {error}"))
    except OSError as error:
        return refused(Refusal(503, f"splunkd did not answer ({type(error).__name__}). Try again in a minute."))


class AllowlistPage:
    """The answer to one request."""

    def __init__(self, request: Request) -> None:
        self._request = request
        if not request.system_token:
            raise Refusal(500, "restmap.conf of this app must say passSystemAuth = true.")
        self._store = AllowlistStore(request.splunkd, request.system_token, request.user, request.user_token)

    def answer(self) -> dict[str, Any]:
        """Raises: Refusal 404 for a path that does not exist, 405 for another method, and what the actions raise."""
        method, path = self._request.method, self._request.path
        if path == ("entries",) and method == "GET":
            return answer(self._list())
        actions = {
            ("check",): self._check,
            ("entries",): self._add,
            ("edit",): self._edit,
            ("end",): self._end,
            ("import",): self._import,
        }
        if path not in actions:
            raise Refusal(404, f"There is no /{'/'.join(path)} here.")
        if method != "POST":
            raise Refusal(405, f"{method} is not answered here, only POST.")
        return actions[path]()

    def _list(self) -> dict[str, Any]:
        may_edit = self._store.may(EDITORS)
        notice = self._store.finish() if may_edit else ""
        lives, now = self._store.lives(), time.time()
        return {
            "entries": [_shown(document, lives, now) for document in self._store.entries()],
            "classes": list(CLASSES),
            "columns": list(WRITTEN_COLUMNS),
            "file_columns": list(FILE_COLUMNS),
            "lives": {name: lives.of(name) for name in CLASSES},
            "user": self._request.user,
            "may_edit": may_edit,
            "notice": notice,
        }

    def _check(self) -> dict[str, Any]:
        entry = _entry_of(self._request.json())
        return answer({"problems": problems(entry, self._store.lives())})

    def _add(self) -> dict[str, Any]:
        entry = _entry_of(self._request.json())
        self._admit(entry)
        document = {"_key": secrets.token_hex(8), **entry, **self._created()}
        with self._store.claim(NEW):
            self._unlike_others(entry)
            self._store.put("add", document)
        return answer({"entry": self._shown(document)}, 201)

    def _edit(self) -> dict[str, Any]:
        body = self._request.json()
        key, entry = _key_of(body), _entry_of(body)
        with self._store.claim(key):
            before = self._unchanged(key, body)
            self._admit(entry)
            kept = {name: value for name, value in before.items() if name not in WRITTEN_COLUMNS}
            after = {**kept, **entry, "updated_by": self._request.user, "updated_at": _now()}
            self._store.put("edit", after, before)
        return answer({"entry": self._shown(after)})

    def _end(self) -> dict[str, Any]:
        body = self._request.json()
        key = _key_of(body)
        with self._store.claim(key):
            before = self._unchanged(key, body)
            state = self._shown(before)["state"]
            if state == "ended":
                raise Refusal(
                    422, f"The entry {key!r} has ended already. To end it again would make it hold for longer."
                )
            if state in ("refused", "later"):
                # It never held, or never could: there is nothing that it explains.
                self._store.remove("end", before)
                return answer({"entry": None})
            after = {**before, "valid_until": _now(), "updated_by": self._request.user, "updated_at": _now()}
            self._store.put("end", after, before)
        return answer({"entry": self._shown(after)})

    def _import(self) -> dict[str, Any]:
        body = self._request.json()
        text = body.get("csv")
        if not isinstance(text, str):
            raise Refusal(400, 'The body must be {"csv": "the text of the file"}.')
        with self._store.claim(NEW) as claim:
            try:
                entries = read_file(text, self._store.lives(), self._store.entries())
            except FileRefused as error:
                lines = [{"line": bad.line, "reason": bad.reason} for bad in error.lines]
                raise Refusal(422, f"Nothing was loaded: {len(lines)} lines are wrong.", lines=lines) from None
            if not body.get("check"):
                created = self._created()
                self._store.load(claim, [{"_key": secrets.token_hex(8), **entry, **created} for entry in entries])
        return answer({"checked" if body.get("check") else "loaded": len(entries)})

    def _admit(self, entry: Mapping[str, str]) -> None:
        found = problems(entry, self._store.lives())
        if found:
            raise Refusal(422, "The entry is refused: " + "; ".join(found), problems=found)

    def _unlike_others(self, entry: Mapping[str, str]) -> None:
        for other in self._store.entries():
            if says(_texts(other)) == says(entry):
                same = f"the entry {other['_key']} says the same"
                raise Refusal(422, f"The entry is refused: {same}", problems=[same])

    def _unchanged(self, key: str, body: Mapping[str, Any]) -> Document:
        document = self._store.entry(key)
        if body.get("etag") != etag(document):
            by = document.get("updated_by") or document.get("created_by") or "somebody"
            raise Refusal(
                409,
                f"The entry was changed since you opened it (on this page last by {by}). Look at it as it is now, and "
                "try again.",
                entry=self._shown(document),
            )
        return document

    def _created(self) -> dict[str, str]:
        return {"created_by": self._request.user, "created_at": _now()}

    def _shown(self, document: Mapping[str, Any]) -> dict[str, Any]:
        return _shown(document, self._store.lives(), time.time())


def _shown(document: Mapping[str, Any], lives: Lives, now: float) -> dict[str, Any]:
    """An entry as the page shows it. `state`: refused (never matches), later, ended, or holds."""
    texts = _texts(document)
    shown: dict[str, Any] = {**texts, "etag": etag(document), "problem": "", "debts": debts(texts, lives)}
    try:
        entry = read_entry(texts, lives)
    except EntryError as error:
        return {**shown, "state": "refused", "problem": str(error)}
    if now < entry.begins:
        return {**shown, "state": "later"}
    return {**shown, "state": "ended" if now >= entry.ends else "holds"}


def _key_of(body: Mapping[str, Any]) -> str:
    key = body.get("key")
    if not isinstance(key, str) or not key:
        raise Refusal(400, 'The body must name the entry: {"key": ...}.')
    return key


def _entry_of(body: Mapping[str, Any]) -> dict[str, str]:
    """The entry in a body: text in known columns, without what is empty. Raises: Refusal 400."""
    given = body.get("entry")
    if not isinstance(given, dict):
        raise Refusal(400, 'The body must be {"entry": {column: text}}.')
    unknown = sorted(name[:40] for name in given if name not in WRITTEN_COLUMNS)
    wrong = sorted(name for name, value in given.items() if not isinstance(value, str))
    if unknown or wrong:
        raise Refusal(400, f"Columns that an entry does not have: {unknown}; columns whose value is no text: {wrong}.")
    return {name: value.strip(" ") for name, value in given.items() if value.strip(" ")}


def _texts(document: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in document.items() if value not in (None, "")}


def _now() -> str:
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
