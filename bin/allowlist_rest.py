"""REST endpoint `m365_mail_threats_allowlist`: puts the app's own libraries first and hands over to them."""

from __future__ import annotations

import os
import sys
from typing import Any

_APP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(_APP, "lib"), os.path.join(_APP, "bin")]

# Splunk's own module, which only splunkd's Python has.
from splunk.persistconn.application import (  # type: ignore[import-not-found]  # noqa: E402
    PersistentServerConnectionApplication,
)

from mail_threats.rest.allowlist_page import main  # noqa: E402


class AllowlistHandler(PersistentServerConnectionApplication):  # type: ignore[misc]
    """What splunkd asks; it keeps the process and sends one request at a time."""

    def __init__(self, command_line: str, command_arg: str) -> None:
        super().__init__()

    def handle(self, in_string: str) -> dict[str, Any]:
        return main(in_string)
