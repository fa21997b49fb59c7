"""When the result of a scheduled search is an alert: counttype, relation, quantity, or a search over the result."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lab.splunk.conf.files import UnsupportedConf
from lab.splunk.spl.values import Row, as_list, text

_RELATIONS: dict[str, Callable[[int, int], bool]] = {
    "greater than": operator.gt,
    "less than": operator.lt,
    "equal to": operator.eq,
    "not equal to": operator.ne,
}
_COUNTS = ("number of events", "number of hosts", "number of sources", "custom", "always")
Condition = Callable[[str, Sequence[Row]], bool]


@dataclass(frozen=True)
class Trigger:
    """``number of events greater than 0``; ``custom`` asks whether ``condition`` finds anything in the result."""

    counttype: str
    relation: str = ""
    quantity: int = 0
    condition: str = ""

    @classmethod
    def of(cls, settings: Mapping[str, str], where: str) -> Trigger:
        """Raises UnsupportedConf for conditions that need the previous result (drops by, rises by) or make no sense."""
        counttype = " ".join(settings.get("counttype", "").split()).lower() or "always"
        relation = " ".join(settings.get("relation", "").split()).lower()
        condition = settings.get("alert_condition", "").strip()
        if counttype not in _COUNTS:
            raise UnsupportedConf(f"{where}: counttype = {counttype!r}; it has to be one of {', '.join(_COUNTS)}")
        if condition or counttype == "custom":
            if not condition:
                raise UnsupportedConf(f"{where}: counttype = custom needs alert_condition")
            return cls("custom", condition=condition)
        if counttype == "always":
            return cls("always")
        quantity = settings.get("quantity", "").strip()
        if relation not in _RELATIONS or not quantity.isdigit():
            raise UnsupportedConf(
                f"{where}: relation = {relation!r}, quantity = {quantity!r}; supported are {', '.join(_RELATIONS)} "
                "with a whole number"
            )
        return cls(counttype, relation, int(quantity))

    def fires(self, rows: Sequence[Row], finds: Condition) -> bool:
        """Whether this result is an alert. ``finds(condition, rows)`` runs a conditional search over the rows."""
        if self.counttype == "always":
            return True
        if self.counttype == "custom":
            return finds(self.condition, rows)
        return _RELATIONS[self.relation](self._count(rows), self.quantity)

    def _count(self, rows: Sequence[Row]) -> int:
        if self.counttype == "number of events":
            return len(rows)
        field = "host" if self.counttype == "number of hosts" else "source"
        return len({text(value) for row in rows for value in as_list(row.get(field))})
