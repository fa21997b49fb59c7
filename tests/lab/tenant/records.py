"""What the tenant serves: one `Record` per audit record, sign-in or directory audit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from lab.tenant.vendor_time import audit_time, graph_time

CONTENT_TYPES = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", "DLP.All")
"""The content types of the Management Activity API."""

SIGN_IN_KINDS = {
    "interactive": "interactiveUser",
    "non_interactive": "nonInteractiveUser",
    "service_principal": "servicePrincipal",
    "managed_identity": "managedIdentity",
}
"""Sign-in kind to the value of `signInEventTypes` that Graph filters on."""

KINDS = ("audit", "sign_in", "directory_audit")

_IDENTITY = {
    "audit": ("Id", "CreationTime", audit_time),
    "sign_in": ("id", "createdDateTime", graph_time),
    "directory_audit": ("id", "activityDateTime", graph_time),
}


class RecordLike(Protocol):
    """What whoever invents records has to offer: the seven attributes of Record."""

    @property
    def kind(self) -> str: ...
    @property
    def content_type(self) -> str | None: ...
    @property
    def sign_in_kind(self) -> str | None: ...
    @property
    def time(self) -> float: ...
    @property
    def visible_at(self) -> float: ...
    @property
    def id(self) -> str: ...
    @property
    def payload(self) -> dict[str, Any] | bytes: ...


@dataclass(frozen=True, slots=True)
class Record:
    """One record as the vendor holds it.

    kind: "audit" (Management Activity), "sign_in" or "directory_audit" (Graph).
    content_type: one of CONTENT_TYPES for kind "audit", else None.
    sign_in_kind: a key of SIGN_IN_KINDS for kind "sign_in", else None.
    time: event time, epoch seconds. visible_at: epoch seconds when the API first shows it.
    id: the vendor's record id (GUID; composed string for directory audits).
    payload: the record as the vendor's JSON object, served as given (the id and time fields are filled in when absent),
        or bytes that are served untouched, valid JSON or not.
    Raises: ValueError for a record no tenant could hold.
    """

    kind: str
    content_type: str | None
    sign_in_kind: str | None
    time: float
    visible_at: float
    id: str
    payload: dict[str, Any] | bytes

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"record {self.id!r}: kind {self.kind!r} is none of {', '.join(KINDS)}")
        if (self.kind == "audit") != (self.content_type in CONTENT_TYPES):
            raise ValueError(f"record {self.id!r}: content_type {self.content_type!r} does not fit kind {self.kind!r}")
        if (self.kind == "sign_in") != (self.sign_in_kind in SIGN_IN_KINDS):
            raise ValueError(f"record {self.id!r}: sign_in_kind {self.sign_in_kind!r} does not fit kind {self.kind!r}")
        if self.visible_at < self.time:
            raise ValueError(f"record {self.id!r}: visible_at {self.visible_at} is before its event time {self.time}")
        if isinstance(self.payload, dict):
            id_field = _IDENTITY[self.kind][0]
            if self.payload.get(id_field, self.id) != self.id:
                raise ValueError(f"record {self.id!r}: its payload says {id_field} {self.payload[id_field]!r}")

    @classmethod
    def of(cls, other: RecordLike) -> Record:
        """The record itself, or one made of something with the same attributes."""
        if isinstance(other, Record):
            return other
        return cls(
            other.kind,
            other.content_type,
            other.sign_in_kind,
            other.time,
            other.visible_at,
            other.id,
            other.payload,
        )

    @classmethod
    def audit(
        cls, content_type: str, time: float, id: str, payload: dict[str, Any] | bytes, visible_at: float | None = None
    ) -> Record:
        """A Management Activity record; visible at its event time unless told otherwise."""
        return cls("audit", content_type, None, time, time if visible_at is None else visible_at, id, payload)

    @classmethod
    def sign_in(
        cls, sign_in_kind: str, time: float, id: str, payload: dict[str, Any] | bytes, visible_at: float | None = None
    ) -> Record:
        """A Graph sign-in; visible at its event time unless told otherwise."""
        return cls("sign_in", None, sign_in_kind, time, time if visible_at is None else visible_at, id, payload)

    @classmethod
    def directory_audit(
        cls, time: float, id: str, payload: dict[str, Any] | bytes, visible_at: float | None = None
    ) -> Record:
        """A Graph directory audit; visible at its event time unless told otherwise."""
        return cls("directory_audit", None, None, time, time if visible_at is None else visible_at, id, payload)

    @property
    def stream(self) -> str:
        """The content type, the sign-in kind, or "directory_audit"."""
        return self.content_type or self.sign_in_kind or self.kind

    def document(self) -> dict[str, Any]:
        """The payload with its id and time fields filled in. Raises TypeError when the payload is bytes."""
        if isinstance(self.payload, bytes):
            raise TypeError(f"record {self.id!r} is raw bytes: it cannot be projected or filtered by a property")
        id_field, time_field, render = _IDENTITY[self.kind]
        if id_field in self.payload and time_field in self.payload:
            return self.payload
        return {id_field: self.id, time_field: render(self.time), **self.payload}

    def body(self) -> bytes:
        """The record as it goes over the wire."""
        return self.payload if isinstance(self.payload, bytes) else encode(self.document())


def encode(document: Any) -> bytes:
    """JSON bytes, UTF-8; lone surrogates and integers beyond 64 bits, which orjson refuses, leave as JSON escapes."""
    try:
        return orjson.dumps(document)
    except TypeError:
        return json.dumps(document, separators=(",", ":")).encode("ascii")
