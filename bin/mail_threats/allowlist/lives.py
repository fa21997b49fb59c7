"""How long an entry of each class may live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# The shipped values of the macros mail_threats_allowlist_<class>_days; `other` is for every class without its own.
SHIPPED_DAYS = {"pentest": 30, "migration": 90, "backup": 365, "other": 180}


@dataclass(frozen=True)
class Lives:
    """Longest life in days by class; a class that is not named lives as long as `other`."""

    days: Mapping[str, int] = field(default_factory=lambda: SHIPPED_DAYS)

    def of(self, entry_class: str) -> int:
        return self.days.get(entry_class, self.days.get("other", SHIPPED_DAYS["other"]))
