"""Paths of the login service."""

from __future__ import annotations

import re

from lab.tenant.exchange import Route
from lab.tenant.token.responses import TokenResponses

_V2 = re.compile(r"/(?P<tenant>[^/]+)/oauth2/v2\.0/token")
_V1 = re.compile(r"/(?P<tenant>[^/]+)/oauth2/token")

ROUTES = [
    Route("POST", _V2, "token", TokenResponses.v2),
    Route("POST", _V1, "token", TokenResponses.v1),
    Route("*", _V2, "token", TokenResponses.wrong_method),
    Route("*", _V1, "token", TokenResponses.wrong_method),
]
