"""The allowlist's collections in the KV store, as the page changes them: one change of an entry at a time, each told to
the findings index before anybody is told that it is done.

`mail_threats_allowlist` holds the entries, `mail_threats_allowlist_shadow` a copy as the last reported change left
them: what differs was changed elsewhere, and a scheduled search says so. `mail_threats_allowlist_claims` holds a
document for each change under way.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from splunklib import client
from splunklib.binding import HTTPError

from ..allowlist.lives import SHIPPED_DAYS, Lives
from .allowlist_audit import AllowlistAudit, Change, NotTold
from .allowlist_claims import Claim, Claims
from .kv_collection import APP, Document, KVCollection
from .messages import Refusal

COLLECTIONS = ("mail_threats_allowlist", "mail_threats_allowlist_shadow", "mail_threats_allowlist_claims")
# What an entry is claimed by that has no key yet.
NEW = "import"
# limits.conf [kvstore] max_documents_per_batch_save.
_BATCH = 1000


class AllowlistStore:
    """The collections, over splunkd's management port. `system_token` may write them; `user` is who is named in what is
    told, with `user_token` as their own session.
    """

    def __init__(self, splunkd: str, system_token: str, user: str, user_token: str) -> None:
        self._service = _service(splunkd, system_token)
        self._caller = _service(splunkd, user_token)
        self._user = user
        self._entries, self._shadow, claims = (KVCollection(self._service, name) for name in COLLECTIONS)
        self._claims = Claims(claims, user, self._see_to)

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

    def claim(self, key: str) -> contextlib.AbstractContextManager[Claim]:
        """Holds off other changes of an entry (NEW: other new ones). Raises: Refusal 409 while one is under way."""
        return self._claims.hold(key)

    def finish(self) -> str:
        """Takes out what an import left behind whose process ended in the middle of it; says why it cannot, or ""."""
        try:
            self._claims.see_to(NEW)
        except (Refusal, HTTPError, OSError) as error:
            return f"An import ended in the middle, and what it had written could not be taken out yet: {error}"
        return ""

    def put(self, action: str, after: Document, before: Document | None = None) -> None:
        """Writes an entry and tells of it. Raises: Refusal 500 when that fails; the entry is then as it was."""
        self._entries.save([after])
        self._told_or_taken_back(action, (before, after))

    def remove(self, action: str, before: Document) -> None:
        """Deletes an entry and tells of it, as `put` does."""
        self._entries.drop(before["_key"])
        self._told_or_taken_back(action, (before, None))

    def load(self, claim: Claim, entries: Sequence[Document]) -> None:
        """Writes many new entries, or none: what was written before a failure is taken out again.

        The claim says what is being written, so that when this process ends, or cannot take it out, the next one does.
        Raises: Refusal 500.
        """
        load = secrets.token_hex(8)
        marked = [{**entry, "import_id": load} for entry in entries]
        changes: list[Change] = [(None, entry) for entry in marked]
        try:
            claim.go_on(loading=load)
            for batch in _batches(marked):
                self._entries.save(batch)
                claim.go_on()
            for part in _batches(changes):
                self._audit().tell("import", self._user, part)
                claim.go_on()
        except Exception as error:
            claim.kept = True
            try:
                self._take_out(load)
            except (HTTPError, OSError) as another:
                raise Refusal(
                    500,
                    f"The import failed: {error}. What it had written could not be taken out again either ({another}): "
                    "that is done when this page is opened, or anything is added, after a minute from now.",
                ) from error
            claim.kept = False
            raise Refusal(500, _failed("The import failed, and nothing of it was kept", error)) from error
        claim.go_on(loading="")
        self._remember(changes)

    def _told_or_taken_back(self, action: str, change: Change) -> None:
        try:
            self._audit().tell(action, self._user, [change])
        except Exception as error:
            before, after = change
            try:
                if before is not None:
                    self._entries.save([before])
                elif after is not None:
                    self._entries.drop(after["_key"])
            except (HTTPError, OSError) as another:
                raise Refusal(
                    500,
                    f"The change could not be written to the index of findings ({error}), and could not be taken back "
                    f"either ({another}): the entry is changed. Mail Threats - Allowlist Changes - Report will tell of "
                    "it, with who unknown.",
                ) from error
            raise Refusal(500, _failed("The change was taken back", error)) from error
        self._remember([change])

    def _remember(self, changes: Sequence[Change]) -> None:
        """Into the shadow copy; what does not get there is told once more by the scheduled comparison."""
        with contextlib.suppress(HTTPError, OSError):
            for batch in _batches([after for _, after in changes if after is not None]):
                self._shadow.save(batch)
            for before, after in changes:
                if after is None and before is not None:
                    self._shadow.drop(before["_key"])

    def _see_to(self, held: Mapping[str, Any]) -> None:
        if held.get("loading"):
            self._take_out(held["loading"])

    def _take_out(self, load: str) -> None:
        """Takes an unfinished import out, and tells of it, since some of its entries may have been told of.

        Raises: HTTPError, OSError while the entries cannot be deleted.
        """
        found = self._entries.having(import_id=load)
        self._entries.drop_all(import_id=load)
        self._shadow.drop_all(import_id=load)
        # Where this cannot be told either, nothing is there any more that it would be about.
        with contextlib.suppress(NotTold, HTTPError, OSError):
            self._audit().tell("import taken back", self._user, [(entry, None) for entry in found])

    def _audit(self) -> AllowlistAudit:
        return AllowlistAudit(self._service, self._macro("mail_threats_index_findings") or "summary")

    def _macro(self, name: str) -> str:
        try:
            return str(self._service.confs["macros"][name].content["definition"]).strip().strip('"')
        except KeyError:
            return ""


def etag(document: Mapping[str, Any]) -> str:
    """A mark of all that an entry says: another one when anybody changed it, on the page or elsewhere."""
    said = json.dumps({name: str(value) for name, value in document.items() if value}, sort_keys=True)
    return hashlib.sha256(said.encode()).hexdigest()[:32]


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    return (items[start : start + _BATCH] for start in range(0, len(items), _BATCH))


def _failed(what: str, error: Exception) -> str:
    if not isinstance(error, NotTold):
        return f"{what}: {error}"
    return (
        f"{what}, since it could not be written to the index of findings: {error}. Check that the macro "
        "mail_threats_index_findings names an index that exists."
    )


def _service(splunkd: str, token: str) -> Any:
    address = urlsplit(splunkd)
    return client.Service(
        scheme=address.scheme, host=address.hostname, port=address.port, token=token, owner="nobody", app=APP
    )
