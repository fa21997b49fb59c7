"""The management port and the event collector: HTTPS on 127.0.0.1, certificate of the stand-in's own authority."""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

import trustme
from aiohttp import web

from lab.splunk.conf.files import ConfError
from lab.splunk.conf.layering import ConfTree
from lab.splunk.interpreters import Interpreters, NoInterpreter
from lab.splunk.kvstore import KVStore
from lab.splunk.rest.access import Access, Session
from lab.splunk.rest.answers import Answer, message
from lab.splunk.rest.collections import CollectionEndpoints
from lab.splunk.rest.configs import ConfEndpoints
from lab.splunk.rest.event_collector import EventCollector
from lab.splunk.rest.handler_processes import HandlerProcesses
from lab.splunk.rest.knowledge import KnowledgeEndpoints
from lab.splunk.rest.passwords import PasswordEndpoints, PasswordStore
from lab.splunk.rest.requests import Fault, Request, Wire, split_path
from lab.splunk.rest.routes import Routes
from lab.splunk.rest.script_endpoints import ScriptEndpoints
from lab.splunk.rest.system import SystemEndpoints

_HOST = "127.0.0.1"
_BODY_LIMIT = 64 << 20
_START_TIMEOUT = 30.0
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Call:
    """One request that was answered: what tests look at."""

    method: str
    path: str
    user: str | None
    status: int


class ManagementPort:
    """Serves an instance's configuration, secrets and KV store; ``calls`` and ``unknown`` remember what was asked.

    ``passwords`` is shared with the code that sets an account up. ``changed(conf, app)`` is told of every write to a
    conf file. Requests are answered one at a time, but searches and calls of apps' handlers run beside each other: they
    call this port themselves while they work. ``handlers`` are apps' processes, None for a port without any.
    """

    def __init__(
        self,
        conf: ConfTree,
        kvstore: KVStore,
        access: Access,
        passwords: PasswordStore,
        *,
        clock: Callable[[], float],
        server_name: str = "splunk.example.com",
        changed: Callable[[str, str], None] = lambda conf, app: None,
        interpreters: Interpreters | None = None,
        handlers: HandlerProcesses | None = None,
        collector: EventCollector,
    ) -> None:
        self.access = access
        self.collector = collector
        self.passwords = passwords
        self.system = SystemEndpoints(access, server_name, clock)
        self.calls: list[Call] = []
        self.routes = Routes()
        configs = ConfEndpoints(conf, access, changed)
        for endpoints in (
            self.system,
            configs,
            PasswordEndpoints(passwords),
            CollectionEndpoints(conf, kvstore, access, lambda: self.system.kvstore_status),
            KnowledgeEndpoints(configs),
        ):
            endpoints.register(self.routes)
        self.scripts: ScriptEndpoints | None = None
        if handlers is not None and interpreters is not None:
            self.scripts = ScriptEndpoints(conf, access, interpreters, handlers, self._server)
        self._authority: trustme.CA | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._port = 0
        self._collector_port = 0

    @property
    def is_open(self) -> bool:
        return bool(self._port)

    @property
    def uri(self) -> str:
        """``https://127.0.0.1:<port>``, once it is started."""
        if not self._port:
            raise RuntimeError("the management port is not started; call start() first")
        return f"https://{_HOST}:{self._port}"

    @property
    def collector_uri(self) -> str:
        """``https://127.0.0.1:<port>`` of the HTTP Event Collector, once the port is started."""
        if not self._port:
            raise RuntimeError("the management port is not started; call start() first")
        return f"https://{_HOST}:{self._collector_port}"

    @property
    def ca_pem(self) -> str:
        """The authority that signed the port's certificate, once it is started."""
        if self._authority is None:
            raise RuntimeError("the management port is not started; call start() first")
        return self._authority.cert_pem.bytes().decode()

    @property
    def unknown(self) -> list[str]:
        """What was asked and does not exist here: ``METHOD path``."""
        return [f"{call.method} {call.path}" for call in self.calls if call.status == 404 and call.user == _NO_ENDPOINT]

    def start(self) -> None:
        """Listens on two free ports, then returns. Raises ConfError for a restmap.conf that is not carried out."""
        if self._thread is not None:
            return
        if self.scripts is not None:
            self.scripts.endpoints()
        ready: Future[tuple[int, int]] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="splunk-management-port", daemon=True)
        self._thread.start()
        self._port, self._collector_port = ready.result(_START_TIMEOUT)

    def close(self) -> None:
        """Stops listening."""
        if self._thread is None or self._loop is None:
            return
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_START_TIMEOUT)
        self._thread, self._loop, self._port = None, None, 0

    def _run(self, ready: Future[tuple[int, int]]) -> None:
        loop = asyncio.new_event_loop()
        self._loop = loop
        asyncio.set_event_loop(loop)
        runners = [web.AppRunner(_application(handler), access_log=None) for handler in (self._handle, self._collect)]
        try:
            try:
                ports = loop.run_until_complete(self._listen(runners))
                ready.set_result((ports[0], ports[1]))
            except OSError as error:
                ready.set_exception(error)
                return
            loop.run_forever()
        finally:
            for runner in runners:
                loop.run_until_complete(_wind_down(loop, runner))
            loop.close()

    async def _listen(self, runners: list[web.AppRunner]) -> list[int]:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority = trustme.CA()
        self._authority.issue_cert(_HOST, "localhost").configure_cert(context)
        for runner in runners:
            await runner.setup()
            await web.TCPSite(runner, _HOST, 0, ssl_context=context).start()
        return [runner.addresses[0][1] for runner in runners]

    async def _handle(self, incoming: web.Request) -> web.Response:
        body = await incoming.read()
        arguments = _Arguments.of(incoming, body)
        user: str | None = None
        try:
            session, work = self._work(incoming, arguments, body)
            user = session.user if session else None
            answer = await work if asyncio.isfuture(work) else work
        except Fault as fault:
            answer = message(fault.status, "ERROR", fault.text, as_json=arguments.wants_json)
            if fault.status == 404 and fault.text.startswith("Not Found:"):
                user = _NO_ENDPOINT
                _LOG.warning("unknown endpoint: %s %s", incoming.method, incoming.raw_path)
        self.calls.append(Call(incoming.method, unquote(incoming.raw_path.partition("?")[0]), user, answer.status))
        headers = {"Content-Type": answer.content_type, "Server": "Splunkd", **answer.headers}
        return web.Response(status=answer.status, body=answer.body, headers=headers)

    async def _collect(self, incoming: web.Request) -> web.Response:
        body = await incoming.read()
        path = tuple(unquote(part) for part in incoming.raw_path.partition("?")[0].strip("/").split("/"))
        authorization = incoming.headers.get("Authorization", "")
        answer = self.collector.answer(incoming.method, path, dict(incoming.query), authorization, body)
        return web.Response(status=answer.status, body=answer.body, headers={"Content-Type": answer.content_type})

    def _work(
        self, incoming: web.Request, arguments: _Arguments, body: bytes
    ) -> tuple[Session | None, Answer | asyncio.Future[Answer]]:
        namespace, path = split_path(incoming.raw_path.partition("?")[0])
        if path == ("auth", "login"):
            return None, self._login(incoming, arguments)
        session, key = self._session(incoming)
        request = Request(
            method=incoming.method,
            namespace=namespace,
            path=path,
            query=dict(arguments.query_pairs),
            form=dict(arguments.form_pairs),
            body=body,
            session=session,
            origin=self.uri + incoming.raw_path.partition("?")[0],
            wire=Wire(
                query=arguments.query_pairs,
                form=arguments.form_pairs,
                headers=tuple(incoming.headers.items()),
                peer=incoming.remote or _HOST,
                names_namespace=incoming.raw_path.startswith("/servicesNS/"),
                session_key=key,
            ),
        )
        script = self._script(request)
        if script is not None:
            return session, asyncio.get_running_loop().run_in_executor(None, script)
        given = self.routes.find(request)(request)
        return session, asyncio.wrap_future(given) if isinstance(given, Future) else given

    def _script(self, request: Request) -> Callable[[], Answer] | None:
        if self.scripts is None:
            return None
        try:
            return self.scripts.find(request)
        except (ConfError, NoInterpreter) as error:
            raise Fault(500, str(error)) from error

    def _server(self) -> dict[str, str]:
        name = self.system.server_name
        return {"hostname": name, "servername": name, "guid": self.system.guid}

    def _login(self, incoming: web.Request, arguments: _Arguments) -> Answer:
        if incoming.method != "POST":
            raise Fault(405, f"Method {incoming.method} is not allowed for /services/auth/login.")
        form = dict(arguments.form_pairs)
        return self.system.login(form.get("username", ""), form.get("password", ""), as_json=arguments.wants_json)

    def _session(self, incoming: web.Request) -> tuple[Session, str]:
        scheme, _, key = incoming.headers.get("Authorization", "").partition(" ")
        session = self.access.session(key.strip()) if scheme in ("Splunk", "Bearer") else None
        if session is None:
            raise Fault(401, "call not properly authenticated")
        return session, key.strip()


async def _wind_down(loop: asyncio.AbstractEventLoop, runner: web.AppRunner) -> None:
    await runner.cleanup()
    await loop.shutdown_default_executor()
    # TLS connections that are being closed need the loop a little longer.
    await asyncio.sleep(0.05)


_NO_ENDPOINT = "(no endpoint)"


@dataclass(frozen=True)
class _Arguments:
    query_pairs: tuple[tuple[str, str], ...]
    form_pairs: tuple[tuple[str, str], ...]

    @property
    def wants_json(self) -> bool:
        asked = {**dict(self.query_pairs), **dict(self.form_pairs)}
        return asked.get("output_mode", "").lower() == "json"

    @classmethod
    def of(cls, incoming: web.Request, body: bytes) -> _Arguments:
        query = parse_qsl(incoming.raw_path.partition("?")[2], keep_blank_values=True)
        # The SDK does not name the type of a form it posts; only JSON is named.
        is_form = body and incoming.content_type != "application/json"
        text = body.decode("utf-8", "replace") if is_form else ""
        return cls(tuple(query), tuple(parse_qsl(text, keep_blank_values=True)))


def _application(handler: Callable[[web.Request], Awaitable[web.Response]]) -> web.Application:
    application = web.Application(client_max_size=_BODY_LIMIT)
    application.router.add_route("*", "/{path:.*}", handler)
    return application
