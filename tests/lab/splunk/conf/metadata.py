"""default.meta and local.meta: which objects of an app other apps see, and which roles may read and write them.

Rules: default.meta.spec. An object is private to its app unless its own stanza, its category's or the app's says
`export = system`; the most specific stanza that has the setting decides.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

from .files import Stanzas, read_conf

_ACCESS = re.compile(r"(read|write)\s*:\s*\[([^\]]*)\]")


class Metadata:
    """The metadata of one app. Object paths are (category, name, attribute), each part decoded."""

    def __init__(self, app_folder: Path) -> None:
        self._settings: dict[tuple[str, ...], dict[str, str]] = {}
        for name in ("default.meta", "local.meta"):
            path = app_folder / "metadata" / name
            if path.is_file():
                self._add(read_conf(path))

    def _add(self, stanzas: Stanzas) -> None:
        for stanza, settings in stanzas.items():
            key = tuple(unquote(part) for part in stanza.split("/")) if stanza else ()
            self._settings.setdefault(key, {}).update(settings)

    def exported(self, category: str, name: str, attribute: str | None = None) -> bool:
        """Whether other apps see an object."""
        return self._setting("export", category, name, attribute) == "system"

    def access(self, category: str, name: str) -> dict[str, list[str]]:
        """Roles that may read and write an object: {"read": [...], "write": [...]}; "*" is everybody."""
        roles = {"read": ["*"], "write": ["*"]}
        for kind, names in _ACCESS.findall(self._setting("access", category, name, None) or ""):
            roles[kind] = [role.strip() for role in names.split(",") if role.strip()]
        return roles

    def _setting(self, key: str, category: str, name: str, attribute: str | None) -> str | None:
        paths: list[tuple[str, ...]] = [(category, name), (category,), ()]
        if attribute is not None:
            paths.insert(0, (category, name, attribute))
        for path in paths:
            value = self._settings.get(path, {}).get(key)
            if value is not None:
                return value.strip()
        return None
