"""A request as an endpoint sees it, and the errors an endpoint answers with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from lab.splunk.rest.access import Session


class Fault(Exception):
    """An answer that is not a success: HTTP status and the words splunkd sends with it."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclass(frozen=True)
class Namespace:
    """``/servicesNS/<owner>/<app>``; ``-`` is any. ``/services`` is the caller's own view of the search app."""

    owner: str = "nobody"
    app: str = "search"

    @property
    def is_wildcard(self) -> bool:
        return "-" in (self.owner, self.app)


@dataclass(frozen=True)
class Wire:
    """The call as it came in, for handlers that are told all of it: pairs in their order, with repeated names."""

    query: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    peer: str = "127.0.0.1"
    names_namespace: bool = False
    session_key: str = ""


@dataclass(frozen=True)
class Request:
    """One call. ``path`` is the part behind the namespace, split and decoded; arguments are the last of each name.

    ``origin`` is the address that was asked, without its query.
    """

    method: str
    namespace: Namespace
    path: tuple[str, ...]
    query: Mapping[str, str]
    form: Mapping[str, str]
    body: bytes
    session: Session
    origin: str
    wire: Wire = field(default_factory=Wire)

    @property
    def wants_json(self) -> bool:
        return self.argument("output_mode").lower() == "json"

    def argument(self, name: str, default: str = "") -> str:
        """An argument of the query or the form."""
        return self.form.get(name, self.query.get(name, default))

    def number(self, name: str, default: int) -> int:
        """A whole-number argument. Raises Fault 400."""
        text = self.argument(name, str(default))
        try:
            return int(text)
        except ValueError:
            raise Fault(400, f"Invalid value for argument {name}={text!r}: must be an integer.") from None

    def json_body(self) -> Any:
        """The JSON document that was posted. Raises Fault 400."""
        try:
            return json.loads(self.body)
        except ValueError as error:
            raise Fault(400, f"JSON in the request is invalid. ( JSON parse error at offset {error} )") from None

    def require(self, capability: str) -> None:
        """Raises Fault 403 when the caller lacks a capability."""
        if not self.session.may(capability):
            user = self.session.user
            raise Fault(403, f"User {user!r} lacks the capability {capability!r}, which {self.origin} needs.")

    def settings(self, *reserved: str) -> dict[str, str]:
        """What the form sets, without the arguments that steer the request itself."""
        steering = {"output_mode", "count", "offset", "search", *reserved}
        return {name: value for name, value in self.form.items() if name not in steering}


def split_path(path: str) -> tuple[Namespace, tuple[str, ...]]:
    """The namespace and the decoded rest of an address. A trailing slash means nothing. Raises Fault 404."""
    # splunklib quotes names with quote_plus, so a plus sign is a blank; links carry slashes encoded twice.
    parts = [unquote(part.replace("+", " ")).replace("%2F", "/") for part in path.strip("/").split("/")]
    if parts[0] == "services":
        return Namespace(), tuple(parts[1:])
    if parts[0] == "servicesNS" and len(parts) >= 3:
        return Namespace(parts[1], parts[2]), tuple(parts[3:])
    raise Fault(404, f"Not Found: {path}")
