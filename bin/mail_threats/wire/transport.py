"""One HTTP exchange: TLS verified, no redirect followed, nothing taken from the environment, whole body or an error."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError

from mail_threats.accounts import Proxy
from mail_threats.errors import TIMEOUT, ConfigError, MailThreatsError, Transient
from mail_threats.wire.origin import origin_of
from mail_threats.wire.verdicts import Response

USER_AGENT = "mail-threats-for-microsoft-365"


class Transport:
    """Connections of one account. Safe for several threads.

    `verify` is the path of the CA bundle. The time-outs limit silence, not the length of an answer. `clock_skew_s` is
    how far the service's clock was ahead of this host's in the last answer.
    """

    def __init__(
        self,
        verify: str,
        proxy: Proxy | None = None,
        *,
        pool_size: int = 8,
        connect_timeout_s: float = 10.0,
        read_timeout_s: float = 120.0,
    ) -> None:
        self._their_time: tuple[float, float] | None = None
        self._timeout: tuple[float, float] = (connect_timeout_s, read_timeout_s)
        self._session = requests.Session()
        # Proxies, netrc passwords and CA paths of the environment belong to splunkd, not to this app.
        self._session.trust_env = False
        self._session.verify = verify
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update(
            {"User-Agent": USER_AGENT, "Accept": "application/json", "Accept-Encoding": "gzip"}
        )
        self._session.adapters.clear()
        self._adapter = _TunnelAdapter(proxy, pool_size)
        self._session.mount("https://", self._adapter)
        if proxy is not None:
            host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
            self._session.proxies = {"https": f"http://{host}:{proxy.port}"}

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
        host = origin_of(url).host
        try:
            answer = self._session.request(
                method,
                url,
                headers=dict(headers),
                data=dict(form) if form is not None else None,
                timeout=self._timeout,
                allow_redirects=False,
                stream=True,
            )
            with answer:
                self._measure_skew(answer.headers.get("Date"))
                body = answer.content
                # urllib3 1.26 takes a body that ends early for a whole one.
                missing = getattr(answer.raw, "length_remaining", None)
        except (requests.RequestException, HTTPError, OSError) as fault:
            self._drop_idle_connections()
            raise _connection_fault(fault, host) from None
        if missing:
            self._drop_idle_connections()
            raise Transient(f"{host} closed the connection {missing} bytes before the end of its answer.")
        return Response(answer.status_code, answer.headers, body, url)

    def close(self) -> None:
        """Drop the idle connections."""
        self._session.close()

    def _drop_idle_connections(self) -> None:
        """What broke one connection may have broken the others, and a half-closed one is not always seen to be so."""
        self._adapter.poolmanager.clear()
        for manager in self._adapter.proxy_manager.values():
            manager.clear()

    def _measure_skew(self, date: str | None) -> None:
        try:
            self._their_time = parsedate_to_datetime(date or "").timestamp(), time.monotonic()
        except (TypeError, ValueError, IndexError):
            return


class _TunnelAdapter(HTTPAdapter):
    """Sends the proxy's password in a header of CONNECT only, so that it is never part of an address that might be
    logged."""

    def __init__(self, proxy: Proxy | None, pool_size: int) -> None:
        self._headers: dict[str, str] = {}
        if proxy is not None and proxy.username:
            credentials = b64encode(f"{proxy.username}:{proxy.password}".encode()).decode("ascii")
            self._headers = {"Proxy-Authorization": f"Basic {credentials}"}
        super().__init__(pool_connections=4, pool_maxsize=pool_size, max_retries=0)

    def proxy_headers(self, proxy: str) -> dict[str, str]:
        return self._headers


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
        code=TIMEOUT if isinstance(fault, requests.exceptions.ReadTimeout) else "",
    )
