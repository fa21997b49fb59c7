"""``$field$`` tokens in the texts of alert actions."""

from __future__ import annotations

import re
from collections.abc import Callable

from lab.splunk.spl.values import Row, text

# A name begins with a letter or underscore, so that "$5 and $6" stays as it is.
_TOKEN = re.compile(r"\$(?P<name>[A-Za-z_][\w.:{}@-]*)(?:\|(?P<filter>[a-z]))?\$")
_RESULT = "result."


def fill_in(template: str, row: Row, warn: Callable[[str], None], where: str) -> str:
    """The template with ``$field$`` and ``$result.field$`` replaced from the row; ``$field|s$`` is quoted for SPL.

    A multivalue is joined with ", ". A token without a value leaves nothing behind and is reported: ``where`` names the
    setting.
    """

    def replace(token: re.Match[str]) -> str:
        name = token["name"].removeprefix(_RESULT)
        value = row.get(name)
        if value is None:
            warn(f"{where}: the token ${token['name']}$ has no value in the result; it is left empty")
            return ""
        shown = ", ".join(text(item) for item in value) if isinstance(value, list) else text(value)
        if token["filter"] == "s":
            return '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return shown

    return _TOKEN.sub(replace, template)
