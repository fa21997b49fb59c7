"""Who changed what in the allowlist, as events in the index of findings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone
from typing import Any, Optional

from splunklib.binding import HTTPError

from .kv_collection import APP, Document

SOURCETYPE = "mail_threats:allowlist"
# What an entry was and what it is then; None for an entry that was not there, or is no more.
Change = tuple[Optional[Document], Optional[Document]]
# Entries told of in one event, and their characters: a search that writes it has to be one that splunkd takes.
_MOST_ENTRIES, _MOST_CHARACTERS = 100, 50_000
# The receiver is no part of what Splunk Cloud Platform promises of its REST API ("Using the REST API reference"), while
# searches are: where there is none, events are written the way rules write findings.
_NO_RECEIVER = (403, 404, 405)
# What a search takes for its own even inside quotes, as JSON may write it in its texts.
_PLAIN = str.maketrans({"`": "\\u0060", "$": "\\u0024"})


class AllowlistAudit:
    """Writes to `index` with `service`, a splunklib Service whose session may."""

    def __init__(self, service: Any, index: str) -> None:
        self._service = service
        self._index = index

    def tell(self, action: str, user: str, changes: Sequence[Change]) -> None:
        """Writes what `user` did, in as many events as it takes. Raises: NotTold; some may have been written then."""
        for part in _parts(changes):
            try:
                self._write(json.dumps(audit_event(action, user, part), sort_keys=True))
            except (HTTPError, OSError) as error:
                raise NotTold(str(error)) from error

    def _write(self, event: str) -> None:
        about = {"index": self._index, "sourcetype": SOURCETYPE, "source": APP}
        try:
            self._service.post("/services/receivers/simple", **about, body=event)
        except HTTPError as error:
            if error.status not in _NO_RECEIVER:
                raise
            self._collect(event)

    def _collect(self, event: str) -> None:
        raw = event.translate(_PLAIN).replace("\\", "\\\\").replace('"', '\\"')
        index = self._index.replace('"', "")
        search = (
            f'| makeresults | eval _raw="{raw}" | fields _raw '
            f'| collect index="{index}" sourcetype="{SOURCETYPE}" source="{APP}"'
        )
        self._service.post("search/jobs", search=search, exec_mode="oneshot", output_mode="json")


class NotTold(Exception):
    """An event that could not be written, in splunkd's words."""


def _parts(changes: Sequence[Change]) -> Iterator[Sequence[Change]]:
    part: list[Change] = []
    characters = 0
    for change in changes:
        size = len(json.dumps(change))
        if part and (len(part) == _MOST_ENTRIES or characters + size > _MOST_CHARACTERS):
            yield part
            part, characters = [], 0
        part.append(change)
        characters += size
    if part:
        yield part


def audit_event(action: str, user: str, changes: Sequence[Change]) -> dict[str, Any]:
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
