"""The tenant's HTTPS listeners: aiohttp on its own loop in a thread of the test process.

Each service has its own port, as it has its own host at Microsoft. Two more ports belong to a stranger, one with TLS
and one without: nothing of the tenant points there except a hostile fault, and whatever arrives is booked.
"""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable
from email.utils import formatdate
from typing import get_args

import trustme
from aiohttp import web

from lab.tenant.exchange import Call, Reply, Service

HOST = "localhost"
STRANGER = "127.0.0.1"
SMALLEST_IN_A_THREAD = 100_000
"""Bytes from which compressing a body leaves the loop free for other connections."""

Answer = Callable[[Call], Reply]
StrangerCall = Callable[[str, str, bool], None]


class Server:
    """Listens on loopback until closed.

    answer: called for each request, on the server's thread. on_stranger: called with method, address and whether an
    Authorization header came along.
    """

    def __init__(self, answer: Answer, on_stranger: StrangerCall) -> None:
        self._answer = answer
        self._on_stranger = on_stranger
        authority = trustme.CA()
        self.ca_pem = authority.cert_pem.bytes().decode("ascii")
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(HOST, STRANGER).configure_cert(self._tls)
        self._sockets = {name: _bound() for name in (*get_args(Service), "stranger", "plain")}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._serve, name="lab.tenant", daemon=True)
        self._stop = asyncio.Event()
        self._ready = threading.Event()

    def url(self, name: str) -> str:
        """Base address of "login", "management", "graph", "stranger" or "plain"."""
        port = self._sockets[name].getsockname()[1]
        scheme = "http" if name == "plain" else "https"
        return f"{scheme}://{STRANGER if name in ('stranger', 'plain') else HOST}:{port}"

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()

    def close(self) -> None:
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()
        for bound in self._sockets.values():
            bound.close()
        if not self._loop.is_closed():
            self._loop.close()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._run())

    async def _run(self) -> None:
        runners = []
        for name, bound in self._sockets.items():
            handler = self._stranger_handler(name) if name in ("stranger", "plain") else self._handler(name)
            runner = web.ServerRunner(web.Server(handler, access_log=None), shutdown_timeout=0.01)
            await runner.setup()
            await web.SockSite(runner, bound, ssl_context=None if name == "plain" else self._tls).start()
            runners.append(runner)
        self._ready.set()
        await self._stop.wait()
        open_connections = [
            connection.transport
            for runner in runners
            for connection in (runner.server.connections if runner.server else ())
            if connection.transport
        ]
        for transport in open_connections:
            transport.abort()
        for runner in runners:
            await runner.cleanup()

    def _handler(self, name: str) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
        base = self.url(name)

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            call = Call(
                service=name,  # type: ignore[arg-type]
                method=request.method,
                url=f"{base}{request.raw_path}",
                path=request.path,
                query=list(request.query.items()),
                headers=request.headers,
                body=await request.read(),
                at=0.0,
            )
            reply = self._answer(call)
            if reply.delay_s:
                await asyncio.sleep(reply.delay_s)
            return await _send(request, reply, formatdate(call.at, usegmt=True))

        return handle

    def _stranger_handler(self, name: str) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
        base = self.url(name)

        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            self._on_stranger(request.method, f"{base}{request.path}", "Authorization" in request.headers)
            return web.json_response({"value": []})

        return handle


class _AsGiven(web.StreamResponse):
    """A response with the headers it was given: aiohttp would add a Content-Type to one that has none."""

    async def _prepare_headers(self) -> None:
        given = "Content-Type" in self.headers
        await super()._prepare_headers()
        if not given:
            self.headers.pop("Content-Type", None)


def _bound() -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((STRANGER, 0))
    return bound


async def _send(request: web.BaseRequest, reply: Reply, date: str) -> web.StreamResponse:
    body = reply.body
    headers = {"Date": date, "Server": "Microsoft-IIS/10.0", **reply.headers}
    if body and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        body = await _compressed(body)
    headers["Content-Length"] = str(len(body))
    response = _AsGiven(status=reply.status, headers=headers)
    await response.prepare(request)
    if reply.cut:
        await response.write(body[: len(body) // 2])
        _cut(request, reply.cut)
        return response
    await response.write(body)
    await response.write_eof()
    return response


async def _compressed(body: bytes) -> bytes:
    if len(body) < SMALLEST_IN_A_THREAD:
        return gzip.compress(body, 1, mtime=0)
    return await asyncio.to_thread(gzip.compress, body, 1, mtime=0)


def _cut(request: web.BaseRequest, how: str) -> None:
    transport = request.transport
    if transport is None:
        return
    if how == "reset":
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
    else:
        transport.close()
