"""What the search command `rest` reads: an endpoint of this port, asked without the wire, entry by entry."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any

from lab.splunk.rest.access import Session
from lab.splunk.rest.requests import Fault, Request, split_path
from lab.splunk.rest.server import ManagementPort
from lab.splunk.spl.values import Row, from_list, put

_ORIGIN = "https://127.0.0.1"


def rest_rows(port: ManagementPort, server: str, path: str, arguments: Mapping[str, str], user: str) -> list[Row]:
    """A row for each entry: title, id, author, splunk_server, and its content, nested names joined with dots.

    Raises LookupError with the words of the answer.
    """
    try:
        namespace, parts = split_path(path)
        request = Request(
            method="GET",
            namespace=namespace,
            path=parts,
            query={**arguments, "output_mode": "json"},
            form={},
            body=b"",
            session=Session(user, port.access.capabilities(user)),
            origin=_ORIGIN + path,
        )
        answer = port.routes.find(request)(request)
    except Fault as fault:
        raise LookupError(f"{fault.status} {fault.text}") from None
    assert not isinstance(answer, Future), path
    return [_row(entry, server) for entry in json.loads(answer.body)["entry"]]


def _row(entry: Mapping[str, Any], server: str) -> Row:
    row: Row = {"title": entry["name"], "id": entry["id"], "author": entry["author"], "splunk_server": server}
    for name, value in _flat("", {**entry["content"], "eai:acl": entry["acl"]}):
        put(row, name, from_list([_text(item) for item in value]) if isinstance(value, list) else _text(value))
    return row


def _flat(prefix: str, values: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(f"{prefix}{name}.", value)
        elif value is not None:
            yield prefix + name, value


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)
