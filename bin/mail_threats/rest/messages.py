"""A request as splunkd hands it to a persistent handler, and answers as it takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


class Refusal(Exception):
    """An answer that is not a success: HTTP status, what happened and what to do, and more fields for the page."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.more = more


@dataclass(frozen=True)
class Request:
    """One call. `path` is what stands behind the endpoint's own path, split; `user_token` is the caller's session, and
    `system_token` that of splunkd itself (restmap.conf passSystemAuth).
    """

    method: str
    path: tuple[str, ...]
    body: str
    user: str
    user_token: str
    system_token: str
    splunkd: str

    def json(self) -> dict[str, Any]:
        """The JSON object that was posted; an empty body is an empty object. Raises: Refusal 400."""
        try:
            found = json.loads(self.body or "{}")
        except ValueError as error:
            raise Refusal(400, f"The body is no JSON: {error}. Send a JSON object.") from None
        if not isinstance(found, dict):
            raise Refusal(400, "The body must be a JSON object.")
        return found


def read_request(text: str | bytes) -> Request:
    """What splunkd says of a call, in the fields of its persistent REST protocol."""
    told: Mapping[str, Any] = json.loads(text)
    session = told.get("session") or {}
    return Request(
        method=str(told.get("method", "")),
        path=tuple(part for part in str(told.get("path_info") or "").split("/") if part),
        body=str(told.get("payload") or ""),
        user=str(session.get("user", "")),
        user_token=str(session.get("authtoken", "")),
        system_token=str(told.get("system_authtoken") or ""),
        splunkd=str((told.get("server") or {}).get("rest_uri", "")),
    )


def answer(payload: Mapping[str, Any], status: int = 200) -> dict[str, Any]:
    """An answer in JSON."""
    return {"payload": json.dumps(payload), "status": status, "headers": {"Content-Type": "application/json"}}


def refused(refusal: Refusal) -> dict[str, Any]:
    """A refusal in the form of splunkd's own errors, with what more there is to say beside it."""
    messages = [{"type": "ERROR", "text": str(refusal)}]
    return answer({"messages": messages, **refusal.more}, refusal.status)
