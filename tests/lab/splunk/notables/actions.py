"""The alert actions that rules use: ``notable`` and ``risk``. Both belong to Enterprise Security.

Without ES there is no stanza of their name in alert_actions.conf; then the action is noted as not available and the
run goes on, as it does on a Splunk without ES.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab.splunk.conf.files import UnsupportedConf
from lab.splunk.notables.tokens import fill_in
from lab.splunk.scheduler.saved_search import SavedSearch
from lab.splunk.spl.values import Row, Value, as_list, text

PARAMETER = "param."
# What ES shows of a notable and expands tokens in.
_EXPANDED = ("rule_title", "rule_description", "drilldown_name", "drilldown_search", "drilldown_searches")
_OVERRIDABLE = ("severity", "urgency", "owner", "status", "security_domain")
_KNOWN = ("notable", "risk")


@dataclass(frozen=True)
class ActionResult:
    """What became of an action: ``done`` with how many events it made, or ``not available``."""

    action: str
    status: str
    events: int = 0


@dataclass(frozen=True)
class Alert:
    """A triggered run: the search, the rows that are left after suppression, its clock and its range (epochs)."""

    search: SavedSearch
    rows: Sequence[Row]
    time: float
    earliest: float
    latest: float
    sid: str
    warn: Callable[[str], None]

    def context(self, row: Row) -> Row:
        """The row with what ES adds to every result."""
        added: Row = {
            "search_name": self.search.name,
            "orig_sid": self.sid,
            "info_min_time": self.earliest,
            "info_max_time": self.latest,
            "info_search_time": self.time,
        }
        return {**added, **row}


def check_actions(search: SavedSearch) -> None:
    """Raises UnsupportedConf for an action that is not carried out, or a risk definition that ES could not read."""
    for action, parameters in search.actions.items():
        if action not in _KNOWN:
            raise UnsupportedConf(
                f"[{search.name}] action.{action}: the scheduler carries out only {', '.join(_KNOWN)}"
            )
        if action == "risk":
            _risk_definition(parameters.get("param._risk", ""), f"[{search.name}] action.risk.param._risk")


def notable_events(alert: Alert, parameters: Mapping[str, str]) -> list[dict[str, Value]]:
    """One notable a row: the row's fields, and the action's parameters with their tokens filled in.

    A field of the row named like an overridable parameter (severity, owner, ...) wins over the parameter.
    """
    name = alert.search.name
    notables = []
    for row in alert.rows:
        context = alert.context(row)
        notable: dict[str, Value] = {**context, "_time": alert.time, "orig_time": row.get("_time", alert.time)}
        notable["source"] = name
        notable["rule_name"] = alert.search.settings.get("action.correlationsearch.label") or name
        for key, value in parameters.items():
            parameter = key.removeprefix(PARAMETER)
            if not key.startswith(PARAMETER) or (parameter in _OVERRIDABLE and parameter in row):
                continue
            where = f"[{name}] action.notable.{key}"
            notable[parameter] = fill_in(value, context, alert.warn, where) if parameter in _EXPANDED else value
        notable.setdefault("rule_title", name)
        notables.append(notable)
    return notables


def risk_events(alert: Alert, parameters: Mapping[str, str]) -> list[dict[str, Value]]:
    """One risk event for each row and value of each risk object in ``param._risk``.

    Raises UnsupportedConf when ``param._risk`` is not the JSON that ES wants.
    """
    name = alert.search.name
    risks, threats = _risk_definition(parameters.get("param._risk", ""), f"[{name}] action.risk.param._risk")
    events: list[dict[str, Value]] = []
    for row in alert.rows:
        context = alert.context(row)
        message = fill_in(
            parameters.get("param._risk_message", ""), context, alert.warn, f"[{name}] action.risk.param._risk_message"
        )
        threat_objects = [
            text(value) for threat in threats for value in as_list(row.get(threat["threat_object_field"]))
        ]
        for risk in risks:
            field = risk["risk_object_field"]
            values = as_list(row.get(field))
            if not values:
                alert.warn(
                    f"[{name}] action.risk.param._risk: the result has no field {field!r}; no risk is added for it"
                )
            for value in values:
                event: dict[str, Value] = {
                    **context,
                    "_time": alert.time,
                    "source": name,
                    "risk_object": text(value),
                    "risk_object_field": field,
                    "risk_object_type": risk["risk_object_type"],
                    "risk_score": _score(risk, context, alert, name),
                    "risk_message": message,
                }
                if threat_objects:
                    event["threat_object"] = threat_objects if len(threat_objects) > 1 else threat_objects[0]
                events.append(event)
    return events


def _risk_definition(document: str, where: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    try:
        items = json.loads(document)
    except ValueError as error:
        raise UnsupportedConf(f"{where} is not JSON: {error}") from error
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnsupportedConf(f"{where} has to be a JSON array of objects")
    risks = [item for item in items if "risk_object_field" in item]
    threats = [item for item in items if "threat_object_field" in item]
    if len(risks) + len(threats) != len(items):
        raise UnsupportedConf(f"{where}: every object needs risk_object_field or threat_object_field")
    for item in risks:
        if "risk_object_type" not in item or "risk_score" not in item:
            raise UnsupportedConf(f"{where}: {item['risk_object_field']} needs risk_object_type and risk_score")
    for item in threats:
        if "threat_object_type" not in item:
            raise UnsupportedConf(f"{where}: {item['threat_object_field']} needs threat_object_type")
    return risks, threats


def _score(risk: Mapping[str, Any], context: Row, alert: Alert, name: str) -> int | float:
    """The row's own risk_score where it has one, as ES documents for dynamic risk scores, else the configured one."""
    where = f"[{name}] action.risk.param._risk risk_score"
    given = context.get("risk_score")
    shown = text(given) if given is not None else fill_in(str(risk["risk_score"]), context, alert.warn, where)
    try:
        score = float(shown)
    except ValueError:
        alert.warn(f"{where}: {shown!r} is not a number; 0 is used")
        return 0
    return int(score) if score.is_integer() else score
