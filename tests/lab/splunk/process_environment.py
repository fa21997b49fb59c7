"""The environment splunkd gives to the scripts it starts."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

# What Splunk's own Python has beside the standard library, as far as the stand-in carries it.
SPLUNK_SITE = Path(__file__).with_name("site_packages")
_KEPT = ("LD_LIBRARY_PATH", "TMPDIR")


def script_environment(home: Path, python_path: Iterable[Path] = ()) -> dict[str, str]:
    """Variables for a script of an app under ``home`` (SPLUNK_HOME).

    Nothing of the caller's own environment is passed on but where libraries and temporary files are: a proxy, a CA
    bundle or a PYTHONPATH of the developer's must not help an app. ``python_path`` comes before Splunk's packages;
    tests use it to put other versions of a library where Splunk's Python would have them.
    """
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return environment | {
        "HOME": str(home),
        "PATH": os.pathsep.join([str(home / "bin"), "/usr/local/bin", "/usr/bin", "/bin"]),
        "PYTHONPATH": os.pathsep.join(str(path) for path in (*python_path, SPLUNK_SITE)),
        "SPLUNK_DB": str(home / "var" / "lib" / "splunk"),
        "SPLUNK_ETC": str(home / "etc"),
        "SPLUNK_HOME": str(home),
        "SPLUNK_SERVER_NAME": "Splunkd",
        "SPLUNK_WEB_NAME": "splunkweb",
    }
