"""One HTTP exchange: TLS verified, no redirect followed, nothing taken from the environment, no body taken for whole
that is not."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from itertools import chain
from logging import Logger
from urllib.parse import urlencode

from urllib3.exceptions import LocationParseError
from urllib3.util.url import parse_url

from mail_threats.accounts import Proxy
from mail_threats.errors import TIMEOUT, ConfigError, MailThreatsError, Transient
from mail_threats.wire.body import PIECE, pieces
from mail_threats.wire.connections import Answer, ConnectFault, Connections, ProxyFault
from mail_threats.wire.request_log import RequestLog
from mail_threats.wire.verdicts import Response

# What needs no quoting, and is the same for every reader of addresses.
_PLAIN_URL = re.compile(r"https://[a-z0-9.-]+(:\d+)?/[A-Za-z0-9$%&,./:=?_-]*\Z")
USER_AGENT = "mail-threats-for-microsoft-365"
_HEADERS = {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


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
        self._connections = Connections(verify, proxy, pool_size, connect_timeout_s, read_timeout_s)
        self._dated = ""

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
            answer, source = self._send(method, url, headers, form)
            told.answer = Response(answer.status, answer.headers, b"".join(source), url)
            return told.answer

    def begin(self, method: str, url: str, headers: Mapping[str, str]) -> Response:
        """Send one request and read the first piece of its answer, or all of a shorter one. Raises as `exchange`."""
        with self._log.told(method, url) as told:
            answer, source = self._send(method, url, headers, None)
            first = _first(source)
            following = next(source, None) if len(first) >= PIECE else None
            rest = None if following is None else chain([following], source)
            told.answer = Response(answer.status, answer.headers, first, url, rest)
            return told.answer

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], form: Mapping[str, str] | None
    ) -> tuple[Answer, Iterator[bytes]]:
        host = url.split("/", 3)[2]
        with self._faults(host):
            if form is None:
                answer = self._connections.send(method, _quoted(url), {**_HEADERS, **headers}, None)
            else:
                body = urlencode(form).encode("ascii")
                answer = self._connections.send(method, _quoted(url), {**_HEADERS, **_FORM, **headers}, body)
        self._measure_skew(answer.headers.get("Date"))
        return answer, self._pieces(answer, host)

    def _pieces(self, answer: Answer, host: str) -> Iterator[bytes]:
        """The body; when it breaks off, or is not wanted any more, the connection goes with it."""
        with self._faults(host), answer:
            yield from pieces(answer.raw, (answer.headers.get("Content-Encoding") or "").strip().lower(), host)

    @contextmanager
    def _faults(self, host: str) -> Iterator[None]:
        try:
            yield
        except (HTTPException, OSError, ConnectFault, ProxyFault, LocationParseError) as fault:
            self._connections.clear()
            raise _connection_fault(fault, host) from None
        except Transient:
            # What broke one connection may have broken the others, and a half-closed one is not always seen to be so.
            self._connections.clear()
            raise

    def close(self) -> None:
        """Drop the idle connections."""
        self._connections.clear()

    def _measure_skew(self, date: str | None) -> None:
        if date == self._dated:
            return
        self._dated = date or ""
        try:
            self._their_time = parsedate_to_datetime(date or "").timestamp(), time.monotonic()
        except (TypeError, ValueError, IndexError):
            return


def _quoted(url: str) -> str:
    """`url` as it goes out: without a fragment, and with everything quoted that has to be."""
    if _PLAIN_URL.match(url):
        return url
    parts = parse_url(url)
    return f"https://{parts.netloc}{parts.request_uri}"


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
    if isinstance(fault, ssl.SSLCertVerificationError):
        return ConfigError(
            f"The certificate that {host} shows is not trusted.",
            advice="If a device on the way inspects TLS, or the cloud has its own CA, paste that CA into the account.",
        )
    if isinstance(fault, ProxyFault):
        if fault.refused:
            return ConfigError("The proxy refuses its user name or password.", advice="Correct them on the proxy page.")
        return Transient(
            f"The proxy did not connect to {host}.", advice="Check the proxy page and the proxy's own log."
        )
    return Transient(
        f"No answer from {host} ({fault.name if isinstance(fault, ConnectFault) else type(fault).__name__}).",
        advice="Check that this host may reach it on port 443, or set a proxy.",
        code=TIMEOUT if isinstance(fault, socket.timeout) else "",
    )
