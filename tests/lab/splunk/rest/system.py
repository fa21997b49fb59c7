"""``auth/login``, ``authentication/current-context``, ``server/info``, ``server/settings`` and ``messages``."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from lxml import etree

from lab.splunk.rest.access import Access
from lab.splunk.rest.answers import BUILD, VERSION, Answer, Content, Entry, Page, feed, json_answer, message
from lab.splunk.rest.paging import page_of
from lab.splunk.rest.requests import Fault, Request
from lab.splunk.rest.routes import Routes

_SEVERITIES = ("info", "warn", "error")


@dataclass(frozen=True)
class Bulletin:
    """A message on the bulletin board."""

    name: str
    value: str
    severity: str
    time: float


class SystemEndpoints:
    """The server itself. ``clock`` stamps messages.

    ``kvstore_status`` is ready, starting, failed or disabled; ``guid`` and ``roles`` are those that server/info tells.
    """

    def __init__(self, access: Access, server_name: str, clock: Callable[[], float]) -> None:
        self._access = access
        self._clock = clock
        self.server_name = server_name
        self.kvstore_status = "ready"
        self.guid = str(uuid.uuid5(uuid.NAMESPACE_DNS, server_name)).upper()
        self.roles = ["indexer", "search_head", "kv_store"]
        self.bulletins: dict[str, Bulletin] = {}

    def register(self, routes: Routes) -> None:
        routes.add("server/info", GET=self.info)
        routes.add("server/info/server-info", GET=self.info)
        routes.add("server/settings", GET=self.settings)
        routes.add("authentication/current-context", GET=self.context)
        routes.add("messages", GET=self.messages, POST=self.post_message)
        routes.add("messages/*", GET=self.get_message, DELETE=self.delete_message)

    def login(self, username: str, password: str, *, as_json: bool) -> Answer:
        """A session key for name and password. Raises Fault 401."""
        key = self._access.login(username, password)
        if key is None:
            raise Fault(401, "Login failed")
        if as_json:
            return json_answer({"sessionKey": key, "message": "", "code": ""})
        root = etree.Element("response")
        etree.SubElement(root, "sessionKey").text = key
        etree.SubElement(etree.SubElement(root, "messages"), "msg", code="")
        return Answer(200, etree.tostring(root, encoding="UTF-8"), "text/xml; charset=UTF-8")

    def info(self, request: Request) -> Answer:
        """Version, roles and health of the server."""
        content: dict[str, Content] = {
            "build": BUILD,
            "cpu_arch": "x86_64",
            "guid": self.guid,
            "host": self.server_name,
            "isFree": False,
            "isTrial": False,
            "kvStoreStatus": self.kvstore_status,
            "mode": "normal",
            "os_name": "Linux",
            "product_type": "enterprise",
            "serverName": self.server_name,
            "server_roles": list(self.roles),
            "startup_time": int(self._clock()),
            "version": VERSION,
        }
        return self._show(request, Entry("server-info", "server/info", content, sharing="system"))

    def settings(self, request: Request) -> Answer:
        """What clients read to find the web pages, which are not served here. The shared secret is not shown."""
        content: dict[str, Content] = {
            "enableSplunkWebSSL": False,
            "host": self.server_name,
            "httpport": 8000,
            "mgmtHostPort": request.origin.removeprefix("https://").split("/")[0],
            "pass4SymmKey": "********",
            "serverName": self.server_name,
        }
        return self._show(request, Entry("settings", "server/settings", content, sharing="system"))

    def context(self, request: Request) -> Answer:
        """Who the session belongs to."""
        session = request.session
        content: dict[str, Content] = {
            "capabilities": sorted(session.capabilities),
            "roles": list(self._access.roles(session.user)),
            "username": session.user,
        }
        return self._show(request, Entry("context", "authentication/current-context", content))

    def messages(self, request: Request) -> Answer:
        entries = [self._bulletin(bulletin) for bulletin in self.bulletins.values()]
        return feed("messages", page_of(entries, request), request.origin, as_json=request.wants_json)

    def post_message(self, request: Request) -> Answer:
        """A message for the bulletin board: ``name``, ``value``, ``severity``."""
        name, severity = request.argument("name"), request.argument("severity", "info")
        if not name or not request.argument("value"):
            raise Fault(400, "The following required arguments are missing: name, value.")
        if severity not in _SEVERITIES:
            raise Fault(400, f"severity must be one of {', '.join(_SEVERITIES)}, not {severity!r}.")
        self.bulletins[name] = Bulletin(name, request.argument("value"), severity, self._clock())
        return self._show(request, self._bulletin(self.bulletins[name]), 201)

    def get_message(self, request: Request) -> Answer:
        bulletin = self.bulletins.get(request.path[1])
        if bulletin is None:
            raise Fault(404, f"Could not find object id={request.path[1]}")
        return self._show(request, self._bulletin(bulletin))

    def delete_message(self, request: Request) -> Answer:
        if self.bulletins.pop(request.path[1], None) is None:
            raise Fault(404, f"Could not find object id={request.path[1]}")
        return message(200, "INFO", "deleted", as_json=request.wants_json)

    def _bulletin(self, bulletin: Bulletin) -> Entry:
        created = datetime.fromtimestamp(bulletin.time, UTC).isoformat(timespec="seconds")
        return Entry(
            bulletin.name,
            "messages",
            {
                "message": bulletin.value,
                "severity": bulletin.severity,
                "timeCreated_epochSecs": int(bulletin.time),
                "timeCreated_iso": created,
            },
            sharing="system",
        )

    def _show(self, request: Request, entry: Entry, status: int = 200) -> Answer:
        return feed(entry.name, Page([entry], 1), request.origin, as_json=request.wants_json, status=status)
