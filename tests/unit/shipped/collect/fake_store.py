"""A KV store in memory, with the faults a test wants."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from mail_threats.errors import StateUnavailable
from mail_threats.ledger.host import Host

ALONE = Host("GUID-1", "forwarder1", in_cluster=False, has_kvstore=True)
MEMBER_1 = Host("GUID-1", "member1", in_cluster=True, has_kvstore=True)
MEMBER_2 = Host("GUID-2", "member2", in_cluster=True, has_kvstore=True)


class FakeStore:
    """`Documents`. While `down`, or for its next `failures` calls, it does not answer. `calls` are the names of all
    calls; `before[name]` is called once, before the next call of that name: what a rival does at the worst moment."""

    def __init__(self) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.down = False
        self.failures = 0
        self.calls: list[str] = []
        self.before: dict[str, Any] = {}

    def find(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        self._called("find")
        return [copy.deepcopy(d) for d in self.documents.values() if all(d.get(k) == v for k, v in query.items())]

    def insert(self, document: Mapping[str, Any]) -> bool:
        self._called("insert")
        if document["_key"] in self.documents:
            return False
        self.documents[document["_key"]] = dict(document)
        return True

    def put(self, documents: Sequence[Mapping[str, Any]]) -> None:
        self._called("put")
        self.documents.update({document["_key"]: dict(document) for document in documents})

    def delete(self, query: Mapping[str, Any]) -> None:
        self._called("delete")
        for found in [d for d in self.documents.values() if all(d.get(k) == v for k, v in query.items())]:
            del self.documents[found["_key"]]

    def _called(self, name: str) -> None:
        self.calls.append(name)
        first = self.before.pop(name, None)
        if first is not None:
            first()
        if self.down or self.failures:
            self.failures = max(0, self.failures - 1)
            raise StateUnavailable("The KV store is starting.", advice="Wait.")
