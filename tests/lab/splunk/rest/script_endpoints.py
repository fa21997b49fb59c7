"""The `[script:...]` endpoints of restmap.conf: an app's persistent REST handlers, as splunkd calls them.

Settings and defaults: restmap.conf.spec. What the handler is told: the fields of Splunk's persistent REST protocol.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab.splunk.conf.files import ConfError, UnsupportedConf, conf_boolean
from lab.splunk.conf.layering import Conf, ConfTree
from lab.splunk.interpreters import Interpreters
from lab.splunk.rest.access import SYSTEM_USER, Access
from lab.splunk.rest.answers import Answer
from lab.splunk.rest.capabilities import may
from lab.splunk.rest.handler_processes import Handler, HandlerFailed, HandlerProcesses
from lab.splunk.rest.requests import Fault, Request

_CONF = "restmap"
_SCRIPT = "script:"
_METHODS = ("GET", "POST", "PUT", "DELETE")
_MODES = {"json": "application/json; charset=UTF-8", "xml": "text/xml; charset=UTF-8"}
_CARRIED_OUT = {
    "match", "script", "scripttype", "handler", "script.param", "python.version", "python.required", "output_modes",
    "passPayload", "passSession", "passSystemAuth", "passConf", "passHttpHeaders", "capability",
    *(f"capability.{method.lower()}" for method in _METHODS),
}  # fmt: skip
_FIXED = {"scripttype": "persist", "requireAuthentication": "true", "stream": "false", "passHttpCookies": "false"}
_ANSWER = {"payload", "payload_base64", "status", "headers"}


@dataclass(frozen=True)
class Endpoint:
    """One stanza, read and checked."""

    stanza: str
    path: tuple[str, ...]
    handler: Handler
    settings: Mapping[str, str]

    def flag(self, name: str, default: bool) -> bool:
        text = self.settings.get(name)
        return default if text is None else conf_boolean(text, f"restmap.conf [{self.stanza}] {name}")


class ScriptEndpoints:
    """The handlers of all apps. ``system`` tells guid and server name."""

    def __init__(
        self,
        conf: ConfTree,
        access: Access,
        interpreters: Interpreters,
        processes: HandlerProcesses,
        server: Callable[[], Mapping[str, str]],
    ) -> None:
        self._conf = conf
        self._access = access
        self._interpreters = interpreters
        self._processes = processes
        self._server = server
        self._known: tuple[int, list[Endpoint]] = (-1, [])

    def endpoints(self) -> list[Endpoint]:
        """All of them, the longest path first. Raises UnsupportedConf or ConfError with file, stanza and setting."""
        if self._known[0] != self._conf.generation:
            conf = self._conf.index_time(_CONF)
            found = [self._endpoint(conf, stanza) for stanza in conf if stanza.startswith(_SCRIPT)]
            # splunkd keeps the program while its files change; here an app that was replaced must not answer any more.
            self._processes.close()
            self._known = (self._conf.generation, sorted(found, key=lambda each: -len(each.path)))
        return self._known[1]

    def find(self, request: Request) -> Callable[[], Answer] | None:
        """What answers a request, or None for a path that no script has.

        Raises Fault 403 without the capability that the stanza asks for, 405 for other methods, 400 for an output mode
        that it does not give.
        """
        for endpoint in self.endpoints():
            if request.path[: len(endpoint.path)] == endpoint.path:
                self._admit(endpoint, request)
                return lambda: self._ask(endpoint, request)
        return None

    def _endpoint(self, conf: Conf, stanza: str) -> Endpoint:
        settings = conf[stanza]
        for key, value in settings.items():
            where = conf.where(stanza, key)
            if key in _FIXED:
                if value.strip().lower() != _FIXED[key]:
                    raise UnsupportedConf(f"{where} = {value} is not supported; only {_FIXED[key]} is.")
            elif key not in _CARRIED_OUT:
                raise UnsupportedConf(f"{where} is not supported.")
        missing = [key for key in ("match", "script", "handler", "scripttype") if not settings.get(key)]
        if missing:
            raise ConfError(f"{conf.where(stanza)}: {', '.join(missing)} is missing; a persistent handler needs it.")
        module, dot, name = settings["handler"].partition(".")
        script = self._conf.app_folder(conf.app(stanza)) / "bin" / settings["script"]
        if not dot or module != Path(settings["script"]).stem or not script.is_file():
            raise ConfError(f"{conf.where(stanza, 'handler')} = {settings['handler']}: no class of {script}.")
        if not settings["match"].startswith("/"):
            raise ConfError(f"{conf.where(stanza, 'match')} must start with a slash.")
        python = self._interpreters.choose(settings, conf.where(stanza))
        handler = Handler(python, script, name, settings.get("script.param", ""))
        return Endpoint(stanza, tuple(settings["match"].strip("/").split("/")), handler, settings)

    def _admit(self, endpoint: Endpoint, request: Request) -> None:
        if request.method not in _METHODS:
            raise Fault(405, f"Method {request.method} is not allowed for /{'/'.join(endpoint.path)}.")
        for key in (f"capability.{request.method.lower()}", "capability"):
            wanted = endpoint.settings.get(key)
            if wanted and not may(request.session, wanted, f"restmap.conf [{endpoint.stanza}] {key}"):
                raise Fault(403, f"insufficient permission to access this resource: {key} = {wanted}")
        if self._mode(request) not in self._modes(endpoint) and request.argument("output_mode"):
            raise Fault(400, f"output_mode={request.argument('output_mode')} is not given by [{endpoint.stanza}].")

    def _modes(self, endpoint: Endpoint) -> list[str]:
        return [mode.strip() for mode in endpoint.settings.get("output_modes", "xml").split(",")]

    def _mode(self, request: Request) -> str:
        return request.argument("output_mode").lower() or "xml"

    def _ask(self, endpoint: Endpoint, request: Request) -> Answer:
        try:
            answer = self._processes.ask(endpoint.handler, self._told(endpoint, request))
            return self._answer(answer, self._mode(request) if request.argument("output_mode") else None, endpoint)
        except HandlerFailed as failure:
            raise Fault(500, f"[{endpoint.stanza}]: {failure}. See splunkd.log for more details.") from failure

    def _told(self, endpoint: Endpoint, request: Request) -> dict[str, Any]:
        wire = request.wire
        modes = self._modes(endpoint)
        told: dict[str, Any] = {
            "output_mode": self._mode(request) if request.argument("output_mode") else modes[0],
            "output_mode_explicit": bool(request.argument("output_mode")),
            "server": {"rest_uri": "/".join(request.origin.split("/")[:3]), **self._server()},
            "restmap": {"name": endpoint.stanza},
            "query": [list(pair) for pair in wire.query],
            "connection": {
                "src_ip": wire.peer,
                "ssl": True,
                "listening_port": int(request.origin.split(":")[2].split("/")[0]),
            },
            "rest_path": "/" + "/".join(request.path),
            "method": request.method,
        }
        below = request.path[len(endpoint.path) :]
        if below:
            told["path_info"] = "/".join(below)
        if wire.names_namespace:
            told["ns"] = {"user": request.namespace.owner, "app": request.namespace.app}
        if request.method in ("POST", "PUT"):
            told["form"] = [list(pair) for pair in wire.form]
            told.update(self._payload(endpoint, request))
        if endpoint.flag("passConf", True):
            told["restmap"]["conf"] = dict(endpoint.settings)
        if endpoint.flag("passSession", True):
            told["session"] = {"user": request.session.user, "authtoken": wire.session_key}
        if endpoint.flag("passSystemAuth", False):
            told["system_authtoken"] = self._access.key_for(SYSTEM_USER)
        if endpoint.flag("passHttpHeaders", False):
            told["headers"] = [list(pair) for pair in wire.headers]
        return told

    def _payload(self, endpoint: Endpoint, request: Request) -> dict[str, str]:
        passed = endpoint.settings.get("passPayload", "false").strip().lower()
        if passed == "base64":
            return {"payload_base64": base64.b64encode(request.body).decode()}
        return {"payload": request.body.decode("utf-8", "replace")} if passed in ("true", "1") else {}

    def _answer(self, answer: Any, mode: str | None, endpoint: Endpoint) -> Answer:
        if not isinstance(answer, dict) or set(answer) - _ANSWER:
            raise HandlerFailed(
                f"an answer has {', '.join(sorted(_ANSWER))} and nothing else; this one is {str(answer)[:200]}"
            )
        payload = answer.get("payload", "")
        if "payload_base64" in answer:
            body = base64.b64decode(answer["payload_base64"])
        else:
            body = (payload if isinstance(payload, str) else json.dumps(payload)).encode()
        pairs = answer.get("headers") or {}
        headers = {str(k): str(v) for k, v in (pairs.items() if isinstance(pairs, dict) else pairs)}
        named = next((headers.pop(name) for name in list(headers) if name.lower() == "content-type"), None)
        kind = named or _MODES[mode or self._modes(endpoint)[0]]
        return Answer(int(answer.get("status", 200)), body, kind, headers)
