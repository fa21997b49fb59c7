"""The parts of Enterprise Security that a correlation search meets: its alert actions and its indexes.

Nothing of ES itself: an app with the two stanzas that make ``action.notable`` and ``action.risk`` known.
"""

from __future__ import annotations

from lab.splunk.conf.files import write_conf
from lab.splunk.conf.layering import ConfTree

APP = "SA-ThreatIntelligence"


def install_enterprise_security(conf: ConfTree) -> None:
    """Makes the actions ``notable`` and ``risk`` available, and the indexes ``notable`` and ``risk``."""
    folder = conf.app_folder(APP)
    write_conf(
        folder / "default" / "alert_actions.conf",
        {
            "notable": {"is_custom": "1", "label": "Notable", "python.version": "python3"},
            "risk": {"is_custom": "1", "label": "Risk Analysis", "python.version": "python3"},
        },
    )
    write_conf(
        folder / "default" / "indexes.conf",
        {
            name: {
                "homePath": f"$SPLUNK_DB/{name}/db",
                "coldPath": f"$SPLUNK_DB/{name}/colddb",
                "thawedPath": f"$SPLUNK_DB/{name}/thaweddb",
            }
            for name in ("notable", "risk")
        },
    )
    (folder / "metadata").mkdir(parents=True, exist_ok=True)
    (folder / "metadata" / "default.meta").write_text("[]\nexport = system\n", encoding="utf-8")
    conf.reload()
