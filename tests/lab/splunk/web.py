"""Splunk Web, as far as an app's own pages need it: the page's template, its files, and the way to splunkd.

The way is `/en-US/splunkd/__raw/...`: only for what a stanza `[expose:...]` of web.conf lists, with its method, and for
anything but GET only with the token that Splunk Web gave the browser (web.conf.spec).
"""

from __future__ import annotations

import asyncio
import json
import mimetypes
import re
import ssl
import threading
from concurrent.futures import Future
from pathlib import Path

import aiohttp
from aiohttp import web

from lab.splunk.stand_in import StandIn

_HOST = "127.0.0.1"
_ROOT = "/en-US"
_PORT_IN_COOKIE = 8000
FORM_KEY = "a-token-against-forged-requests"
# What system/default/web.conf of Splunk exposes itself, of what the pages ask; (pattern, methods).
_SPLUNKS_OWN = (
    ("authentication/current-context", "GET"),
    ("data/user-prefs/general", "GET"),
    ("server/info", "GET"),
    ("server/info/server-info", "GET"),
    ("data/indexes", "GET"),
    ("search/jobs", "GET,POST"),
)


class SplunkWeb:
    """Serves one signed-in user. ``refused`` remembers what was asked and not exposed, or came without the token."""

    def __init__(self, splunk: StandIn, user: str = "admin") -> None:
        self._splunk = splunk
        self.user = user
        self.refused: list[str] = []
        self._loop = asyncio.new_event_loop()
        self._port = 0
        ready: Future[int] = Future()
        self._thread = threading.Thread(target=self._run, args=(ready,), name="splunk-web", daemon=True)
        self._thread.start()
        self._port = ready.result(30)

    @property
    def uri(self) -> str:
        return f"http://{_HOST}:{self._port}"

    def page(self, app: str, view: str) -> str:
        """The address of a page of an app."""
        return f"{self.uri}{_ROOT}/app/{app}/{view}"

    @property
    def cookies(self) -> dict[str, str]:
        """What the browser got when the user signed in."""
        return {f"splunkweb_csrf_token_{_PORT_IN_COOKIE}": FORM_KEY}

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)

    def _run(self, ready: Future[int]) -> None:
        asyncio.set_event_loop(self._loop)
        runner = web.AppRunner(self._application(), access_log=None)

        async def listen() -> int:
            await runner.setup()
            await web.TCPSite(runner, _HOST, 0).start()
            port: int = runner.addresses[0][1]
            return port

        try:
            ready.set_result(self._loop.run_until_complete(listen()))
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(runner.cleanup())
            self._loop.run_until_complete(asyncio.sleep(0.05))
            self._loop.close()

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=64 << 20)
        application.router.add_get(_ROOT + "/app/{app}/{view}", self._page)
        application.router.add_get(_ROOT + "/static/{build}/app/{app}/{path:.+}", self._file)
        application.router.add_get(_ROOT + "/config", self._config)
        application.router.add_route("*", _ROOT + "/splunkd/__raw/{path:.+}", self._to_splunkd)
        application.router.add_get("/{path:.*}", self._empty_script)
        return application

    def _app(self, name: str) -> Path:
        return self._splunk.conf_tree.app_folder(name)

    async def _page(self, request: web.Request) -> web.Response:
        template = self._app(request.match_info["app"]) / "appserver" / "templates" / "base.html"
        response = web.Response(text=template.read_text(encoding="utf-8"), content_type="text/html")
        for name, value in self.cookies.items():
            response.set_cookie(name, value)
        return response

    async def _file(self, request: web.Request) -> web.Response:
        folder = self._app(request.match_info["app"]) / "appserver" / "static"
        path = (folder / request.match_info["path"]).resolve()
        if not path.is_relative_to(folder.resolve()) or not path.is_file():
            raise web.HTTPNotFound
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return web.Response(body=path.read_bytes(), content_type=kind)

    async def _config(self, request: web.Request) -> web.Response:
        config = {
            "LOCALE": "en-US", "SPLUNKD_PATH": f"{_ROOT}/splunkd/__raw", "MRSPARKLE_ROOT_PATH": "",
            "MRSPARKLE_PORT_NUMBER": _PORT_IN_COOKIE, "USERNAME": self.user, "BUILD_NUMBER": 0, "BUILD_PUSH_NUMBER": 0,
            "APP_BUILD": 1, "VERSION_LABEL": "10.0.0", "SPLUNK_UI_THEME": "enterprise",
            "SERVER_ZONEINFO": "### SERIALIZED TIMEZONE FORMAT 1.0;Y0 NW 55 54 43;$",
        }  # fmt: skip
        text = f"window.$C={json.dumps(config)};window.__splunkd_partials__={{}};"
        return web.Response(text=text, content_type="text/javascript")

    async def _empty_script(self, request: web.Request) -> web.Response:
        """Splunk Web's own scripts: translation and theme."""
        text = "window._=window._||function(s){return s};window._i18n_catalog={};window.__splunk_get_theme__=0;"
        return web.Response(text=text, content_type="text/javascript")

    async def _to_splunkd(self, request: web.Request) -> web.Response:
        path = re.sub(r"^services(NS/[^/]+/[^/]+)?/", "", request.match_info["path"]).strip("/")
        if not self._exposed(path, request.method):
            self.refused.append(f"{request.method} {path}: not exposed")
            raise web.HTTPNotFound
        if request.method != "GET" and request.headers.get("X-Splunk-Form-Key") != FORM_KEY:
            self.refused.append(f"{request.method} {path}: without its token")
            raise web.HTTPUnauthorized
        if self._is_form_of_ucc(path):
            return _empty_form(path)
        # The rest as the browser encoded it.
        raw = request.raw_path.partition("/__raw")[2]
        key = self._splunk.processes.access.key_for(self.user)
        headers = {"Authorization": f"Splunk {key}"}
        if "Content-Type" in request.headers:
            headers["Content-Type"] = request.headers["Content-Type"]
        context = ssl.create_default_context(cadata=self._splunk.processes.port.ca_pem)
        async with aiohttp.ClientSession() as session:
            url = self._splunk.rest_uri + raw
            body = await request.read()
            async with session.request(request.method, url, headers=headers, data=body or None, ssl=context) as answer:
                content = await answer.read()
                return web.Response(status=answer.status, body=content, content_type=answer.content_type)

    def _is_form_of_ucc(self, path: str) -> bool:
        return f"admin_external:{path.split('/')[0]}" in self._splunk.conf("restmap")

    def _exposed(self, path: str, method: str) -> bool:
        conf = self._splunk.conf("web")
        stanzas = [conf[name] for name in conf if name.startswith("expose:")]
        listed = [(stanza.get("pattern", ""), stanza.get("methods", "GET")) for stanza in stanzas]
        return any(
            method in [one.strip() for one in methods.split(",")] and _fits(pattern.split("/"), path.split("/"))
            for pattern, methods in (*listed, *_SPLUNKS_OWN)
        )


def _empty_form(path: str) -> web.Response:
    """What ucc-gen's own handlers say of an app that nobody has configured: they are not run here (docs/testing.md)."""
    _, _, name = path.partition("/")
    entries = [{"name": name, "acl": {"can_write": True}, "content": {"disabled": False}}] if name else []
    feed = {
        "links": {},
        "entry": entries,
        "paging": {"total": len(entries), "perPage": 30, "offset": 0},
        "messages": [],
    }
    return web.json_response(feed)


def _fits(pattern: list[str], path: list[str]) -> bool:
    """``*`` is one element, ``x*`` one that begins so, ``**`` any number of elements."""
    if not pattern:
        return not path
    if pattern[0] == "**":
        return any(_fits(pattern[1:], path[skip:]) for skip in range(len(path) + 1))
    if not path:
        return False
    want = pattern[0]
    held = path[0].startswith(want[:-1]) if want.endswith("*") else path[0] == want
    return held and _fits(pattern[1:], path[1:])
