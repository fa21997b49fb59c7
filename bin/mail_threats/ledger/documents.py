"""The seam between the ledger and the KV store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Documents(Protocol):
    """One collection of JSON documents, each under its `_key`. Every method raises StateUnavailable when the store does
    not answer or refuses."""

    def find(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The documents whose fields equal those of `query`."""

    def insert(self, document: Mapping[str, Any]) -> bool:
        """Add a document, unless there is one with its `_key`: then nothing happens, and the answer is False. Of
        several that insert at once, one succeeds."""

    def put(self, documents: Sequence[Mapping[str, Any]]) -> None:
        """Add these documents, or replace those with the same `_key`, whatever they hold."""

    def delete(self, query: Mapping[str, Any]) -> None:
        """Remove the documents whose fields equal those of `query`, each in one step."""
