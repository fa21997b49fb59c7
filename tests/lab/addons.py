"""What the Microsoft and Windows add-ons set for sourcetypes that our app reads but does not own.

Without an add-on Splunk would cut their events at 10,000 bytes; whoever has such events has the add-on.
"""

from __future__ import annotations

from .splunk.stand_in import StandIn

SOURCETYPES = (
    "azure:monitor:aad",
    "o365:graph:api",
    "ms:aad:signin",
    "XmlWinEventLog",
    "mail_threats:unrecognised",
)


def add_foreign_sourcetypes(splunk: StandIn) -> None:
    """Gives each of SOURCETYPES whole lines without a cut-off, in system/local."""
    for sourcetype in SOURCETYPES:
        splunk.set_local("props", sourcetype, {"SHOULD_LINEMERGE": "0", "TRUNCATE": "0"})
