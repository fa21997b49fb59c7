"""Which Python runs an app's scripts, as splunkd chooses it.

``python.required`` lists versions and the highest one that is there wins; without it ``python.version`` decides,
where ``python3`` and no value mean the platform's default (commands.conf.spec, inputs.conf.spec).
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_BASE = """
import pathlib, sys
names = ["bin/python%d.%d" % sys.version_info[:2], "bin/python3", "python.exe"]
found = [path for path in (pathlib.Path(sys.base_prefix, name) for name in names) if path.is_file()]
print(found[0] if found else sys.executable)
"""
_VARIABLE = "MAIL_THREATS_PYTHONS"


class NoInterpreter(Exception):
    """A stanza asks for a Python that this stand-in was not given."""


@functools.cache
def bare(python: Path) -> Path:
    """The interpreter behind a virtual environment.

    Splunk's Python knows nothing of a developer's packages; an app that forgot to bundle a library must fail here
    as it would there.
    """
    answer = subprocess.run([str(python), "-I", "-c", _BASE], capture_output=True, text=True, check=True, timeout=60)
    return Path(answer.stdout.strip())


@dataclass(frozen=True)
class Interpreters:
    """The Pythons of the platform: ``default`` and any number by version (``"3.9"``, ``"3.13"``)."""

    default: Path
    versions: Mapping[str, Path] = field(default_factory=dict)

    @classmethod
    def of_lab(cls) -> Interpreters:
        """What this machine has: Splunk's versions by MAIL_THREATS_PYTHONS (``3.9=/path,3.13=/path``).

        The default is 3.9, as python3 means on Splunk 9 and 10; where it is missing, the Python that runs the lab,
        without the packages of its virtual environment.
        """
        pairs = [pair.partition("=") for pair in os.environ.get(_VARIABLE, "").split(",") if pair]
        versions = {version: Path(path) for version, _, path in pairs}
        return cls(versions.get("3.9") or bare(Path(sys.executable)), versions)

    def choose(self, settings: Mapping[str, str], where: str) -> Path:
        """The interpreter for a stanza; ``where`` names it in the error.

        Raises NoInterpreter when versions were given to the stand-in and none of the required ones is among them.
        """
        required = [version.strip() for version in settings.get("python.required", "").split(",") if version.strip()]
        if not required or not self.versions:
            return self.default
        here = [version for version in required if version in self.versions]
        if not here:
            raise NoInterpreter(
                f"{where}: python.required = {', '.join(required)}, and the stand-in has {', '.join(self.versions)}"
            )
        return self.versions[max(here, key=_version_key)]


def _version_key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
