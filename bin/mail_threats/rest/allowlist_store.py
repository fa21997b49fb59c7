"""The allowlist's collections in the KV store, as the page changes them: one change of an entry at a time, each told to
the findings index before anybody is told that it is done.

`mail_threats_allowlist` holds the entries, `mail_threats_allowlist_shadow` a copy as the last reported change left
them: what differs was changed elsewhere, and a scheduled search says so. `mail_threats_allowlist_claims` holds a
document for each change under way; the KV store refuses a second one with the same key, which is the only lock it has.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

from splunklib import client
from splunklib.binding import HTTPError

from ..allowlist.lives import SHIPPED_DAYS, Lives
from .kv_collection import APP, Document, KVCollection
from .messages import Refusal

SOURCETYPE = "mail_threats:allowlist"
COLLECTIONS = ("mail_threats_allowlist", "mail_threats_allowlist_shadow", "mail_threats_allowlist_claims")
_STALE_CLAIM_S = 60.0
# limits.conf [kvstore] max_documents_per_batch_save.
_BATCH = 1000
# Entries told of in one event: it stays well under the size at which indexers cut.
_TOLD_AT_ONCE = 100


class AllowlistStore:
    """The collections, over splunkd's management port. `system_token` may write them; `user` is who is named in what is
    told, with `user_token` as their own session.
    """

    def __init__(self, splunkd: str, system_token: str, user: str, user_token: str) -> None:
        self._service = _service(splunkd, system_token)
        self._caller = _service(splunkd, user_token)
        self._user = user
        self._entries, self._shadow, self._claims = (KVCollection(self._service, name) for name in COLLECTIONS)

    # reading

    def entries(self) -> list[Document]:
        """All entries, in the order of their keys."""
        return self._entries.all()

    def entry(self, key: str) -> Document:
        """One entry. Raises: Refusal 404."""
        found = self._entries.get(key)
        if found is None:
            raise Refusal(404, f"There is no allowlist entry {key!r} (any more). Reload the list.")
        return found

    def may(self, capabilities: Iterable[str]) -> bool:
        """Whether the caller has one of some capabilities."""
        found = self._caller.get("/services/authentication/current-context", output_mode="json")
        held = json.loads(found.body.read())["entry"][0]["content"]["capabilities"]
        return not set(capabilities).isdisjoint(held)

    def lives(self) -> Lives:
        """Longest lives from the macros mail_threats_allowlist_<class>_days; the shipped ones for what is no number."""
        written = {name: self._macro(f"mail_threats_allowlist_{name}_days") for name in SHIPPED_DAYS}
        return Lives(
            {name: int(text) if text.isdigit() and int(text) else SHIPPED_DAYS[name] for name, text in written.items()}
        )

    # changing

    @contextlib.contextmanager
    def claim(self, key: str) -> Iterator[None]:
        """Holds off other changes of an entry (or of `import`). Raises: Refusal 409 while another one is under way."""
        claim = {"_key": key, "user": self._user, "time": time.time()}
        if not self._claims.insert(claim):
            held = self._claims.get(key)
            if held is not None and float(held.get("time") or 0) > time.time() - _STALE_CLAIM_S:
                raise _busy(key, held)
            # Its process ended before it could give the claim up.
            self._claims.drop(key)
            if not self._claims.insert(claim):
                raise _busy(key, {})
        try:
            yield
        finally:
            self._claims.drop(key)

    def put(self, action: str, after: Document, before: Document | None = None) -> None:
        """Writes an entry and tells of it. Raises: Refusal 500 when that fails; the entry is then as it was."""
        self._entries.save([after])
        self._tell(action, [(before, after)])

    def remove(self, action: str, before: Document) -> None:
        """Deletes an entry and tells of it, as `put` does."""
        self._entries.drop(before["_key"])
        self._tell(action, [(before, None)])

    def load(self, entries: Sequence[Document]) -> None:
        """Writes many new entries, or none: what was written before a failure is taken out again."""
        try:
            for start in range(0, len(entries), _BATCH):
                self._entries.save(entries[start : start + _BATCH])
        except Exception as error:
            self._take_back([(None, entry) for entry in entries])
            raise Refusal(500, f"The import failed and nothing of it was kept: {error}") from error
        self._tell("import", [(None, entry) for entry in entries])

    def _tell(self, action: str, changes: Sequence[tuple[Document | None, Document | None]]) -> None:
        """Writes the audit events, then the shadow copy. Raises: Refusal 500 after taking the changes back."""
        try:
            index = self._macro("mail_threats_index_findings") or "summary"
            for start in range(0, len(changes), _TOLD_AT_ONCE):
                event = audit_event(action, self._user, changes[start : start + _TOLD_AT_ONCE])
                self._service.post(
                    "/services/receivers/simple",
                    index=index,
                    sourcetype=SOURCETYPE,
                    source=APP,
                    body=json.dumps(event, sort_keys=True),
                )
        except Exception as error:
            self._take_back(changes)
            raise Refusal(
                500,
                f"The change was taken back, since it could not be written to the index of findings: {error}. Check "
                "that the macro mail_threats_index_findings names an index that exists.",
            ) from error
        # A shadow that is not written makes the scheduled comparison report the change again, which is the safe side.
        with contextlib.suppress(HTTPError, OSError):
            for start in range(0, len(changes), _BATCH):
                kept = [after for _, after in changes[start : start + _BATCH] if after is not None]
                if kept:
                    self._shadow.save(kept)
            for before, after in changes:
                if after is None and before is not None:
                    self._shadow.drop(before["_key"])

    def _take_back(self, changes: Iterable[tuple[Document | None, Document | None]]) -> None:
        """Puts the entries back; what cannot be put back is found by the scheduled comparison."""
        with contextlib.suppress(HTTPError, OSError):
            for before, after in changes:
                if before is not None:
                    self._entries.save([before])
                elif after is not None:
                    self._entries.drop(after["_key"])

    def _macro(self, name: str) -> str:
        try:
            return str(self._service.confs["macros"][name].content["definition"]).strip().strip('"')
        except KeyError:
            return ""


def audit_event(action: str, user: str, changes: Sequence[tuple[Document | None, Document | None]]) -> dict[str, Any]:
    """Who did what to which entries: `changes` are {"entry": key, "before": {...} or null, "after": {...} or null}."""
    told = [
        {"entry": (after or before or {}).get("_key"), "before": before, "after": after} for before, after in changes
    ]
    return {
        "time": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "component": "allowlist",
        "action": action,
        "user": user,
        "count": len(told),
        "changes": told,
    }


def etag(document: Mapping[str, Any]) -> str:
    """A mark of all that an entry says: another one when anybody changed it, on the page or elsewhere."""
    said = json.dumps({name: str(value) for name, value in document.items() if value}, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _service(splunkd: str, token: str) -> Any:
    address = urlsplit(splunkd)
    return client.Service(
        scheme=address.scheme, host=address.hostname, port=address.port, token=token, owner="nobody", app=APP
    )


def _busy(key: str, held: Mapping[str, Any]) -> Refusal:
    return Refusal(409, f"{held.get('user') or 'Somebody else'} is changing {key!r} at this moment. Try again.")
