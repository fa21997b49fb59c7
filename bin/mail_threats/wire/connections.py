"""Connections that are kept between requests: TLS verified, through a proxy when there is one.

They are http.client's, since what libraries above it do for each request costs more than the request.
Source: RFC 9110, 9.3.6 (CONNECT); RFC 7617 (its password).
"""

from __future__ import annotations

import ssl
from base64 import b64encode
from collections import deque
from collections.abc import Mapping
from http.client import HTTPResponse, HTTPSConnection
from types import TracebackType

from urllib3.util.url import parse_url
from urllib3.util.wait import wait_for_read

from mail_threats.accounts import Proxy


class ProxyFault(Exception):
    """The proxy did not connect; `refused`: it wants another name or password."""

    def __init__(self, fault: OSError) -> None:
        super().__init__(str(fault))
        self.refused = " 407 " in str(fault)


class ConnectFault(Exception):
    """No connection came about; `name` says why, in a word."""

    def __init__(self, fault: OSError) -> None:
        super().__init__(str(fault))
        self.name = type(fault).__name__


class Connections:
    """Safe for several threads. `keep`: how many idle ones are kept for a host.

    `ca_file`: the certificates to trust. The time-outs are seconds of silence, while connecting and afterwards.
    """

    def __init__(
        self, ca_file: str, proxy: Proxy | None, keep: int, connect_timeout_s: float, read_timeout_s: float
    ) -> None:
        self._proxy = proxy
        self._keep = keep
        self._connect_timeout_s = connect_timeout_s
        self._read_timeout_s = read_timeout_s
        self._idle: dict[str, deque[HTTPSConnection]] = {}
        # One context for all: reading the certificates takes longer than a handshake.
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # which demands a certificate, and that it names the host
        self._tls.minimum_version = ssl.TLSVersion.TLSv1_2
        self._tls.set_alpn_protocols(["http/1.1"])
        self._tls.load_verify_locations(cafile=ca_file)

    def send(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Send a request; the answer's head has been read.

        Raises: ssl.SSLError, ConnectFault or ProxyFault when there is no connection; what http.client raises when it
        broke.
        """
        _, _, host, target = url.split("/", 3)
        idle = self._idle.setdefault(host, deque())
        connection = self._taken(idle) or self._opened(host)
        try:
            connection.request(method, f"/{target}", body, headers)
            return Answer(self, connection, connection.getresponse(), idle)
        except BaseException:
            connection.close()
            raise

    def clear(self) -> None:
        """Drop the idle connections; those in use are not kept afterwards."""
        dropped, self._idle = self._idle, {}
        for idle in dropped.values():
            while (connection := _popped(idle)) is not None:
                connection.close()

    def keep(self, connection: HTTPSConnection, idle: deque[HTTPSConnection]) -> None:
        """Take a connection back whose answer was read."""
        kept = connection.sock is not None and len(idle) < self._keep
        if kept and any(idle is known for known in self._idle.values()):
            idle.append(connection)
        else:
            connection.close()

    def _taken(self, idle: deque[HTTPSConnection]) -> HTTPSConnection | None:
        while (connection := _popped(idle)) is not None:
            # What can be read before anything was asked is the other side's farewell.
            if not wait_for_read(connection.sock, timeout=0.0):
                return connection
            connection.close()
        return None

    def _opened(self, host: str) -> HTTPSConnection:
        address = parse_url(f"https://{host}")
        name, port = (address.host or "").strip("[]"), address.port or 443
        if self._proxy is None:
            connection = HTTPSConnection(name, port, timeout=self._connect_timeout_s, context=self._tls)
        else:
            proxy = self._proxy
            connection = HTTPSConnection(proxy.host, proxy.port, timeout=self._connect_timeout_s, context=self._tls)
            connection.set_tunnel(name, port, _credentials(proxy))
        try:
            connection.connect()
        except OSError as fault:
            connection.close()
            if isinstance(fault, ssl.SSLError):
                raise
            raise (ConnectFault if self._proxy is None else ProxyFault)(fault) from None
        connection.sock.settimeout(self._read_timeout_s)
        return connection


class Answer:
    """An answer whose body is still to be read; as a context, the connection is kept if all of it was, else closed."""

    def __init__(
        self,
        connections: Connections,
        connection: HTTPSConnection,
        response: HTTPResponse,
        idle: deque[HTTPSConnection],
    ) -> None:
        self.raw = response
        self.status = response.status
        self.headers: Mapping[str, str] = response.headers  # type: ignore[assignment]  # looked up in any case
        self._connections = connections
        self._connection = connection
        self._idle = idle

    def __enter__(self) -> Answer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self.raw.isclosed():
            self._connections.keep(self._connection, self._idle)
        else:
            self.raw.close()
            self._connection.close()


def _credentials(proxy: Proxy) -> dict[str, str]:
    """A header of CONNECT only, so that the password is never part of an address that might be logged."""
    if not proxy.username:
        return {}
    credentials = b64encode(f"{proxy.username}:{proxy.password}".encode()).decode("ascii")
    return {"Proxy-Authorization": f"Basic {credentials}"}


def _popped(idle: deque[HTTPSConnection]) -> HTTPSConnection | None:
    try:
        return idle.pop()
    except IndexError:
        return None
