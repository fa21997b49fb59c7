"""The management port of the splunkd that started this process, and what it says about itself."""

from __future__ import annotations

import json
from typing import Any

from splunklib import binding

from mail_threats.errors import StateUnavailable
from mail_threats.ledger.host import Host
from mail_threats.splunkio.invocation import Splunkd
from mail_threats.splunkio.logs import APP

# A stop has to be through in five seconds; splunkd on the same host answers in milliseconds.
_TIMEOUT_S = 3.0


def management_port(splunkd: Splunkd) -> binding.Context:
    """A client in the app's own namespace, as nobody; one connection a request, each with a time-out."""
    return binding.Context(
        handler=binding.handler(timeout=_TIMEOUT_S),
        scheme=splunkd.scheme,
        host=splunkd.host.strip("[]"),
        port=splunkd.port,
        token=splunkd.session_key,
        owner="nobody",
        app=APP,
    )


def this_host(port: binding.Context) -> Host:
    """Which Splunk this is. Raises: StateUnavailable when splunkd does not say so.

    Source: Splunk REST API, server/info (guid, serverName, server_roles, kvStoreStatus).
    """
    try:
        answer = port.get("/services/server/info", output_mode="json")
        content: dict[str, Any] = json.loads(answer.body.read())["entry"][0]["content"]
        roles = {str(role) for role in content.get("server_roles") or ()}
        return Host(
            guid=str(content["guid"]),
            name=str(content.get("serverName") or ""),
            in_cluster=bool(roles & {"shc_member", "shc_captain"}),
            has_kvstore=str(content.get("kvStoreStatus") or "").lower() != "disabled",
        )
    except (OSError, ValueError, KeyError, IndexError, TypeError, binding.HTTPError, binding.AuthenticationError):
        raise StateUnavailable(
            "splunkd does not say which server it is (server/info).", advice="The next run asks again."
        ) from None
