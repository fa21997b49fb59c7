"""What the plain contestants share: a session, a token, and the listing."""

from __future__ import annotations

import datetime
import json
import sys
from collections.abc import Iterator
from typing import Any

import requests


def settings() -> dict[str, Any]:
    return json.loads(sys.argv[1])


def session(given: dict[str, Any]) -> requests.Session:
    made = requests.Session()
    made.verify = given["ca_file"]
    made.trust_env = False
    return made


def token(given: dict[str, Any]) -> str:
    form = {
        "grant_type": "client_credentials",
        "client_id": given["client_id"],
        "client_secret": given["client_secret"],
        "scope": f"{given['url']}/.default",
    }
    url = f"{given['url']}/{given['tenant_id']}/oauth2/v2.0/token"
    answer = session(given).post(url, data=form, timeout=60)
    answer.raise_for_status()
    return answer.json()["access_token"]


def uris(given: dict[str, Any], asked: requests.Session) -> Iterator[str]:
    """The address of every blob, listed day by day."""
    start = datetime.datetime.fromisoformat(given["start"])
    end = datetime.datetime.fromisoformat(given["end"])
    while start < end:
        until = min(start + datetime.timedelta(hours=24), end)
        url = f"{given['url']}/api/v1.0/{given['tenant_id']}/activity/feed/subscriptions/content"
        parameters: dict[str, str] | None = {
            "contentType": given["content_type"],
            "startTime": start.strftime("%Y-%m-%dT%H:%M:%S"),
            "endTime": until.strftime("%Y-%m-%dT%H:%M:%S"),
            "PublisherIdentifier": given["tenant_id"],
        }
        while url:
            answer = asked.get(url, params=parameters, timeout=60)
            answer.raise_for_status()
            for line in answer.json():
                yield f"{line['contentUri']}?PublisherIdentifier={given['tenant_id']}"
            url = answer.headers.get("NextPageUri", "")
            parameters = {"PublisherIdentifier": given["tenant_id"]}
        start = until
