"""Requests to the local management port."""

from __future__ import annotations

import configparser
import http.client
import os
import ssl
from collections.abc import Mapping
from urllib.parse import urlencode


def simpleRequest(
    path: str,
    sessionKey: str | None = None,
    getargs: Mapping[str, str] | None = None,
    postargs: Mapping[str, str] | None = None,
    method: str = "GET",
    raiseAllErrors: bool = False,
    timeout: float = 30,
) -> tuple[http.client.HTTPResponse, bytes]:
    """The response and the body of one request to splunkd.

    The certificate is not verified: the port is on this machine and its certificate is its own.
    """
    host, port = _management_port()
    connection = http.client.HTTPSConnection(host, port, timeout=timeout, context=ssl._create_unverified_context())
    headers = {"Authorization": "Splunk " + sessionKey} if sessionKey else {}
    if getargs:
        path += "?" + urlencode(getargs, doseq=True)
    body = urlencode(postargs, doseq=True) if postargs else None
    connection.request("POST" if postargs and method == "GET" else method, path, body, headers)
    response = connection.getresponse()
    content = response.read()
    connection.close()
    if raiseAllErrors and response.status >= 400:
        raise RuntimeError(f"splunkd answered {response.status} to {path}")
    return response, content


def _management_port() -> tuple[str, int]:
    """web.conf [settings] mgmtHostPort of the system."""
    parser = configparser.RawConfigParser(strict=False)
    parser.read(os.path.join(os.environ["SPLUNK_HOME"], "etc", "system", "local", "web.conf"), encoding="utf-8")
    host, _, port = parser.get("settings", "mgmtHostPort").rpartition(":")
    return host, int(port)
