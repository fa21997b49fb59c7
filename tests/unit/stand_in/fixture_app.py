"""A small app that a test writes file by file."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from pathlib import Path

from lab.splunk.stand_in import StandIn

APP = "fixture_app"
# Puts the app's bundled libraries first, as every entry point of an app does.
LIBRARIES_FIRST = """
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib"))
"""


@dataclass(frozen=True)
class App:
    """An app folder that a test fills."""

    splunk: StandIn
    folder: Path

    def write(self, path: str, text: str) -> Path:
        """A file of the app; the text is dedented."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text).lstrip("\n"), encoding="utf-8")
        self.splunk.reload()
        return target

    def script(self, name: str, text: str) -> Path:
        """A script in bin that may import splunklib from the app's lib."""
        return self.write(f"bin/{name}", LIBRARIES_FIRST + textwrap.dedent(text))

    def command(self, name: str, text: str, settings: str = "") -> None:
        """A chunked search command."""
        self.script(f"{name}.py", text)
        path = self.folder / "default" / "commands.conf"
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        stanza = f"[{name}]\nfilename = {name}.py\nchunked = true\n{textwrap.dedent(settings).strip()}\n"
        self.write("default/commands.conf", before + stanza)
