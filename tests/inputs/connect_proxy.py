"""An HTTP proxy that tunnels (CONNECT) and asks for a name and a password (RFC 9110, 9.3.6; RFC 7617)."""

from __future__ import annotations

import select
import socket
import socketserver
import threading
from base64 import b64encode
from typing import Any


class ConnectProxy:
    """Listens on loopback until closed. `tunnels` are the targets it connected, `refused` counts wrong passwords.

    `seen` is everything that was sent to it before a tunnel was open.
    """

    def __init__(self, username: str = "", password: str = "") -> None:
        self.tunnels: list[str] = []
        self.refused = 0
        self.seen = b""
        credentials = b64encode(f"{username}:{password}".encode()).decode()
        self._expected = f"proxy-authorization: basic {credentials}".lower() if username else ""
        proxy = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                proxy._serve(self)

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def __enter__(self) -> ConnectProxy:
        return self

    def __exit__(self, *exception: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: Any) -> None:
        lines = []
        while (line := handler.rfile.readline()) not in (b"\r\n", b""):
            self.seen += line
            lines.append(line.decode().strip())
        if not lines:
            return
        if self._expected and self._expected not in [line.lower() for line in lines]:
            self.refused += 1
            handler.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return
        method, target, _ = lines[0].split()
        host, _, port = target.partition(":")
        if method != "CONNECT":
            handler.wfile.write(b"HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\n\r\n")
            return
        self.tunnels.append(target)
        with socket.create_connection((host, int(port))) as upstream:
            handler.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _relay(handler.connection, upstream)


def _relay(one: socket.socket, other: socket.socket) -> None:
    opposite = {one: other, other: one}
    while True:
        for ready in select.select([one, other], [], [])[0]:
            try:
                data = ready.recv(65536)
            except OSError:
                return
            if not data:
                return
            opposite[ready].sendall(data)
