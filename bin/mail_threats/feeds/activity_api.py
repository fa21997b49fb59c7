"""The Office 365 Management Activity API, call by call.

Source: Office 365 Management Activity API reference. `PublisherIdentifier` goes along with every call, also with
addresses that the service hands out: without it the tenant shares one request limit with everybody else who leaves it
out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from mail_threats.errors import AlreadyEnabled, ContentUnreadable, PagingBroken
from mail_threats.timestamps import content_time, parse
from mail_threats.wire.service import ContentService, Service, address, with_parameter

CONTENT_TYPES = ("Audit.AzureActiveDirectory", "Audit.Exchange", "Audit.SharePoint", "Audit.General", "DLP.All")


class BlobRef(NamedTuple):
    """A line of a content listing. Times are epoch seconds; `expires` is None when the service names none."""

    content_id: str
    uri: str
    created: float
    expires: float | None


class ActivityApi:
    """The API of one tenant; `base_url` is the management address of its cloud.

    `contents` is the service that content is listed and fetched with, from other threads than everything else.
    """

    def __init__(self, service: Service, contents: ContentService, base_url: str, tenant_id: str) -> None:
        self._service = service
        self._contents = contents
        self._root = f"{base_url}/api/v1.0/{tenant_id}/activity/feed"
        self._publisher = tenant_id

    @property
    def clock_skew_s(self) -> float:
        return self._service.clock_skew_s

    def enabled(self) -> dict[str, bool]:
        """Content type in lower case -> whether its subscription is enabled.

        A listed subscription without a status counts as enabled; the service leaves it out at times, and varies the
        case of names.
        """
        url = address(f"{self._root}/subscriptions/list", {"PublisherIdentifier": self._publisher})
        lines = _array(self._service.get(url, "subscriptions_list").body, "The list of subscriptions")
        return {
            str(line.get("contentType", "")).lower(): str(line.get("status", "enabled")).lower() == "enabled"
            for line in lines
        }

    def start(self, content_type: str) -> None:
        """Enable the subscription; also returns when it was enabled already."""
        parameters = {"contentType": content_type, "PublisherIdentifier": self._publisher}
        try:
            self._service.post(address(f"{self._root}/subscriptions/start", parameters), "subscriptions_start")
        except AlreadyEnabled:
            return

    def content(self, content_type: str, start: float, end: float) -> Iterator[list[BlobRef]]:
        """The pages of the listing of blobs that became available in [start, end); at most 24 hours, from 7 days ago at
        most.

        Raises: PagingBroken when a page leads back to one that was seen; UntrustedLink when it leads to another host.
        """
        parameters = {
            "contentType": content_type,
            "startTime": content_time(start),
            "endTime": content_time(end),
            "PublisherIdentifier": self._publisher,
        }
        url: str | None = address(f"{self._root}/subscriptions/content", parameters)
        seen = set()
        while url is not None:
            seen.add(url)
            page = self._contents.get(url, "content")
            yield [_blob_ref(line) for line in _array(page.body, f"A listing of {content_type}")]
            following = page.headers.get("NextPageUri")
            url = with_parameter(following, "PublisherIdentifier", self._publisher) if following else None
            if url in seen:
                raise PagingBroken(
                    f"The listing of {content_type} from {content_time(start)} repeats a page and never ends.",
                    advice="The input lists shorter windows instead.",
                )

    def blob(self, ref: BlobRef) -> Iterator[bytes]:
        """The JSON array of a blob, in pieces.

        Raises: Transient when it breaks off; every error of a request before the first piece.
        """
        answer = self._contents.begin(with_parameter(ref.uri, "PublisherIdentifier", self._publisher), "blob")
        yield answer.body
        if answer.rest is not None:
            yield from answer.rest


def _array(body: bytes, what: str) -> list[dict[str, Any]]:
    try:
        lines = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        lines = None
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise ContentUnreadable(f"{what} is not a JSON array of objects.")
    return lines


def _blob_ref(line: dict[str, Any]) -> BlobRef:
    content_id, uri = line.get("contentId"), line.get("contentUri")
    if not isinstance(content_id, str) or not isinstance(uri, str):
        raise ContentUnreadable("A listing holds a line without contentId or contentUri.")
    try:
        created = parse(str(line.get("contentCreated")))
    except ValueError:
        raise ContentUnreadable(f"A listing names no time for content {content_id[:120]!r}.") from None
    try:
        expires: float | None = parse(str(line.get("contentExpiration")))
    except ValueError:
        expires = None
    return BlobRef(content_id, uri, created, expires)
