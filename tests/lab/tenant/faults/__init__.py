"""Faults by name. Each class says in its docstring what is seen in the field; `Fault` says how to limit it.

Tenant(records, faults=[ServerError(endpoint="blob", first=2), fault("late_blob", every=3, delay_s=3600)])
"""

from __future__ import annotations

from typing import Any

from lab.tenant.faults import activity, blobs, graph, token, transport
from lab.tenant.faults.fault import Fault, FaultSet

FAULTS: dict[str, type[Fault]] = {
    kind.name: kind for part in (token, activity, blobs, graph, transport) for kind in part.FAULTS
}
"""Fault name to its class."""


def fault(name: str, **options: Any) -> Fault:
    """The fault of that name. Raises: ValueError for a name that is none."""
    if name not in FAULTS:
        raise ValueError(f"no fault is called {name!r}; there are: {', '.join(sorted(FAULTS))}")
    return FAULTS[name](**options)


__all__ = ["FAULTS", "Fault", "FaultSet", "fault"]
