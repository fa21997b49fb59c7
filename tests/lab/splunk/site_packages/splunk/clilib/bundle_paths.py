"""Paths under SPLUNK_HOME."""

from __future__ import annotations

import os
from collections.abc import Sequence


def make_splunkhome_path(parts: Sequence[str]) -> str:
    """The absolute path of ``parts`` under SPLUNK_HOME.

    Raises KeyError without SPLUNK_HOME, ValueError for a path that leaves it.
    """
    home = os.path.normpath(os.environ["SPLUNK_HOME"])
    path = os.path.normpath(os.path.join(home, *parts))
    if os.path.commonpath([home, path]) != home:
        raise ValueError(f"{path} is not below SPLUNK_HOME ({home})")
    return path
