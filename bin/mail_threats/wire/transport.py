"""One HTTP exchange: TLS verified, no redirect followed, nothing taken from the environment, no body taken for whole
that is not."""

from __future__ import annotations

import re
import ssl
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from itertools import chain
from logging import Logger
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.util.ssl_ import create_urllib3_context

from mail_threats.accounts import Proxy
from mail_threats.errors import TIMEOUT, ConfigError, MailThreatsError, Transient
from mail_threats.wire.body import PIECE, pieces
from mail_threats.wire.request_log import RequestLog
from mail_threats.wire.verdicts import Response

# What needs no quoting, and is the same for every reader of addresses.
_PLAIN_URL = re.compile(r"https://[a-z0-9.-]+(:\d+)?/[A-Za-z0-9$%&,./:=?_-]*\Z")
USER_AGENT = "mail-threats-for-microsoft-365"


class Transport:
    """Connections of one account. Safe for several threads.

    `verify` is the path of the CA bundle. The time-outs limit silence, not the length of an answer. `clock_skew_s` is
    how far the service's clock was ahead of this host's in the last answer. `log` gets a line a request at DEBUG.
    """

    def __init__(
        self,
        verify: str,
        proxy: Proxy | None = None,
        *,
        log: Logger | None = None,
        pool_size: int = 8,
        connect_timeout_s: float = 10.0,
        read_timeout_s: float = 120.0,
    ) -> None:
        self._their_time: tuple[float, float] | None = None
        self._log = RequestLog(log)
        self._timeout: tuple[float, float] = (connect_timeout_s, read_timeout_s)
        self._session = requests.Session()
        # Proxies, netrc passwords and CA paths of the environment belong to splunkd, not to this app.
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(
            {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
        self._session.adapters.clear()
        self._adapter = _Adapter(proxy, pool_size, verify)
        self._session.mount("https://", self._adapter)
        self._dated = ""
        self._proxies: dict[str, str] = {}
        if proxy is not None:
            host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
            self._proxies = {"https": f"http://{host}:{proxy.port}"}
        self._get = self._session.prepare_request(requests.Request("GET", "https://localhost/"))
        self._get._cookies = None  # type: ignore[attr-defined]  # or each copy would copy an empty jar

    @property
    def clock_skew_s(self) -> float:
        """How far the service is ahead of this host's clock, also after that clock was set during the run."""
        if self._their_time is None:
            return 0.0
        told, at = self._their_time
        return told + (time.monotonic() - at) - time.time()

    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None = None
    ) -> Response:
        """Send one request and read all of its answer, whatever its status.

        Raises: Transient for a broken or silent connection; ConfigError when a certificate or the proxy stands in the
        way.
        """
        with self._log.told(method, url) as told:
            answer, source = self._send(self._prepared(method, url, headers, form))
            told.answer = Response(answer.status_code, answer.headers, b"".join(source), url)
            return told.answer

    def begin(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        """Send one request and read the first piece of its answer, or all of a shorter one. Raises as `exchange`."""
        with self._log.told(method, url) as told:
            answer, source = self._send(self._prepared(method, url, headers, None))
            first = _first(source)
            following = next(source, None) if len(first) >= PIECE else None
            rest = None if following is None else chain([following], source)
            told.answer = Response(answer.status_code, answer.headers, first, url, rest)
            return told.answer

    def _send(self, prepared: requests.PreparedRequest) -> tuple[requests.Response, Iterator[bytes]]:
        host = str(prepared.url).split("/", 3)[2]
        with self._faults(host):
            answer = self._adapter.send(prepared, stream=True, timeout=self._timeout, proxies=self._proxies)
        self._measure_skew(answer.headers.get("Date"))
        return answer, self._pieces(answer, host)

    def _prepared(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> requests.PreparedRequest:
        """A request with the session's headers. A GET is a copy, since preparing one anew takes longer than sending
        it."""
        if method != "GET":
            data = dict(form) if form is not None else None
            return self._session.prepare_request(requests.Request(method, url, headers=dict(headers), data=data))
        prepared = self._get.copy()
        if _PLAIN_URL.match(url):
            prepared.url = url
        else:
            prepared.prepare_url(url, None)
        prepared.headers.update(headers)
        return prepared

    def _pieces(self, answer: requests.Response, host: str) -> Iterator[bytes]:
        """The body; when it breaks off, or is not wanted any more, the connection goes with it."""
        with self._faults(host), answer:
            yield from pieces(answer.raw, answer.headers.get("Content-Encoding", "").strip().lower(), host)

    @contextmanager
    def _faults(self, host: str) -> Iterator[None]:
        try:
            yield
        except (requests.RequestException, HTTPError, OSError) as fault:
            self._drop_idle_connections()
            raise _connection_fault(fault, host) from None
        except Transient:
            self._drop_idle_connections()
            raise

    def close(self) -> None:
        """Drop the idle connections."""
        self._session.close()

    def _drop_idle_connections(self) -> None:
        """What broke one connection may have broken the others, and a half-closed one is not always seen to be so."""
        self._adapter.clear()

    def _measure_skew(self, date: str | None) -> None:
        if date == self._dated:
            return
        self._dated = date or ""
        try:
            self._their_time = parsedate_to_datetime(date or "").timestamp(), time.monotonic()
        except (TypeError, ValueError, IndexError):
            return


class _Adapter(HTTPAdapter):
    """One TLS context for all connections, since reading the certificates takes longer than a handshake; and the
    proxy's password in a header of CONNECT only, so that it is never part of an address that might be logged."""

    def __init__(self, proxy: Proxy | None, pool_size: int, verify: str) -> None:
        self._headers: dict[str, str] = {}
        if proxy is not None and proxy.username:
            credentials = b64encode(f"{proxy.username}:{proxy.password}".encode()).decode("ascii")
            self._headers = {"Proxy-Authorization": f"Basic {credentials}"}
        self._pools: dict[str, Any] = {}
        self._tls = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
        self._tls.load_verify_locations(cafile=verify)
        super().__init__(pool_connections=4, pool_maxsize=pool_size, max_retries=0)

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        super().init_poolmanager(*arguments, **settings, ssl_context=self._tls)

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        return super().proxy_manager_for(proxy, **settings, ssl_context=self._tls)

    def cert_verify(self, connection: Any, url: str, verify: Any, cert: Any) -> None:
        """The context verifies, with the certificates that it has read."""
        connection.cert_reqs = "CERT_REQUIRED"

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        """The connections to the request's host, found without reading its whole address again."""
        if proxies:
            return super().get_connection_with_tls_context(request, verify, proxies, cert)
        host = request.url.split("/", 3)[2]
        pool = self._pools.get(host)
        if pool is None:
            pool = self._pools[host] = super().get_connection_with_tls_context(request, verify, proxies, cert)
        return pool

    def clear(self) -> None:
        """Drop the idle connections."""
        self._pools.clear()
        self.poolmanager.clear()
        for manager in self.proxy_manager.values():
            manager.clear()

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        return self._headers


def _first(source: Iterator[bytes]) -> bytes:
    """Pieces up to the length of one, or all of a shorter body."""
    found = []
    length = 0
    for piece in source:
        found.append(piece)
        length += len(piece)
        if length >= PIECE:
            break
    return found[0] if len(found) == 1 else b"".join(found)


def _connection_fault(fault: Exception, host: str) -> MailThreatsError:
    text = str(fault)
    if isinstance(fault, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in text:
        return ConfigError(
            f"The certificate that {host} shows is not trusted.",
            advice="If a device on the way inspects TLS, or the cloud has its own CA, paste that CA into the account.",
        )
    if isinstance(fault, requests.exceptions.ProxyError):
        if " 407 " in text:
            return ConfigError("The proxy refuses its user name or password.", advice="Correct them on the proxy page.")
        return Transient(
            f"The proxy did not connect to {host}.", advice="Check the proxy page and the proxy's own log."
        )
    return Transient(
        f"No answer from {host} ({type(fault).__name__}).",
        advice="Check that this host may reach it on port 443, or set a proxy.",
        code=TIMEOUT if isinstance(fault, (requests.exceptions.ReadTimeout, ReadTimeoutError)) else "",
    )
