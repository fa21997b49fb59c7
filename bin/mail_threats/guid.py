"""The form of a GUID, which IDs of tenants, applications and secrets have, and values of secrets have not."""

from __future__ import annotations

import re

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.IGNORECASE)


def is_guid(text: str) -> bool:
    """Whether a text has that form."""
    return _GUID.match(text.strip()) is not None
