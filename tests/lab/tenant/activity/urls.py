"""Paths of the Management Activity API."""

from __future__ import annotations

import re

from lab.tenant.activity.responses import ActivityResponses
from lab.tenant.exchange import Route

_FEED = r"/api/v1\.0/(?P<tenant>[^/]+)/activity/feed"
_LIST = re.compile(_FEED + r"/subscriptions/list")
_START = re.compile(_FEED + r"/subscriptions/start")
_STOP = re.compile(_FEED + r"/subscriptions/stop")
_CONTENT = re.compile(_FEED + r"/subscriptions/content")
_BLOB = re.compile(_FEED + r"/audit/(?P<content_id>[^/]+)")

ROUTES = [
    Route("GET", _LIST, "subscriptions_list", ActivityResponses.subscriptions_list),
    Route("POST", _START, "subscriptions_start", ActivityResponses.subscriptions_start),
    Route("POST", _STOP, "subscriptions_stop", ActivityResponses.subscriptions_stop),
    Route("GET", _CONTENT, "content", ActivityResponses.content),
    Route("GET", _BLOB, "blob", ActivityResponses.blob),
    *(
        Route("*", pattern, "unknown", ActivityResponses.wrong_method)
        for pattern in (_LIST, _START, _STOP, _CONTENT, _BLOB)
    ),
]
