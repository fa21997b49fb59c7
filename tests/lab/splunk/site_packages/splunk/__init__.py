"""What Splunk's own Python has beside the standard library, as far as an app's bundled libraries ask for it.

Scripts of apps run with this on their path, as they run with Splunk's site-packages there. Names that are not here
fail as they would with a library that Splunk does not ship.
"""

from __future__ import annotations


def getSessionKey() -> str | None:
    """The key of a process that logged in through this package; no script of an app does."""
    return None
