"""Keeps the process's environment away from its connections."""

from __future__ import annotations

import os

from solnlib.utils import remove_http_proxy_env_vars


def seal_environment() -> None:
    """Let requests to splunkd reach splunkd: no proxy sees the session key, no netrc entry replaces it."""
    remove_http_proxy_env_vars()
    for name in ("ALL_PROXY", "all_proxy"):
        os.environ.pop(name, None)
    os.environ["NETRC"] = os.devnull
