"""A scheduled search as savedsearches.conf describes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lab.splunk.conf.files import UnsupportedConf, conf_boolean
from lab.splunk.conf.layering import Conf
from lab.splunk.scheduler.cron import Cron
from lab.splunk.scheduler.trigger import Trigger
from lab.splunk.spl.times import parse_span

OWNER = "nobody"
# Settings that change what runs or what follows, which this scheduler does not carry out; the value that means "off".
_REFUSED = {
    "alert.suppress.group_name": "",
    "dispatch.index_earliest": "",
    "dispatch.index_latest": "",
    "durable.track_time_type": "none",
    "run_n_times": "0",
    "run_on_startup": "false",
}
_REST_NAMES = ("alert_type", "alert_comparator", "alert_threshold")
_ACTION = "action."
_FALSE = {"", "0", "false", "f", "no", "n", "off"}


@dataclass(frozen=True)
class Suppression:
    """alert.suppress: for how many seconds, and by which fields; without fields the whole alert is quiet."""

    period: float
    fields: tuple[str, ...]


@dataclass(frozen=True)
class SavedSearch:
    """One stanza. ``actions`` maps each enabled action to its parameters (``param.`` and the rest, as written)."""

    name: str
    app: str
    search: str
    cron: Cron
    earliest: str
    latest: str
    realtime_schedule: bool
    schedule_window: str
    allow_skew: str
    trigger: Trigger
    suppression: Suppression | None
    digest_mode: bool
    description: str
    actions: Mapping[str, Mapping[str, str]]
    settings: Mapping[str, str]


def scheduled_searches(conf: Conf, app: str) -> Iterator[SavedSearch]:
    """The enabled, scheduled searches that belong to an app. Raises ConfError for a stanza the scheduler cannot run."""
    for name in conf:
        settings = conf[name]
        where = conf.where(name)
        if conf.app(name) != app or not conf_boolean(settings.get("enableSched", "0"), f"{where} enableSched"):
            continue
        if not conf_boolean(settings.get("disabled", "0"), f"{where} disabled"):
            yield _saved_search(name, app, settings, where)


def _saved_search(name: str, app: str, settings: Mapping[str, str], where: str) -> SavedSearch:
    for key, off in _REFUSED.items():
        if settings.get(key, off).strip().lower() not in (off, *(_FALSE if off in _FALSE else ())):
            raise UnsupportedConf(f"{where}: {key} = {settings[key]} is not supported by this scheduler")
    for key in _REST_NAMES:
        if key in settings:
            raise UnsupportedConf(
                f"{where}: {key} is a REST name; savedsearches.conf has counttype, relation and quantity"
            )
    if not settings.get("search", "").strip() or not settings.get("cron_schedule", "").strip():
        raise UnsupportedConf(f"{where}: a scheduled search needs search and cron_schedule")
    return SavedSearch(
        name=name,
        app=app,
        search=settings["search"],
        cron=Cron.parse(settings["cron_schedule"]),
        earliest=settings.get("dispatch.earliest_time", ""),
        latest=settings.get("dispatch.latest_time", "") or "now",
        realtime_schedule=conf_boolean(settings.get("realtime_schedule", "1"), f"{where} realtime_schedule"),
        schedule_window=settings.get("schedule_window", "0"),
        allow_skew=settings.get("allow_skew", "0"),
        trigger=Trigger.of(settings, where),
        suppression=_suppression(settings, where),
        digest_mode=conf_boolean(settings.get("alert.digest_mode", "1"), f"{where} alert.digest_mode"),
        description=settings.get("description", ""),
        actions=_actions(settings),
        settings=settings,
    )


def _suppression(settings: Mapping[str, str], where: str) -> Suppression | None:
    if not conf_boolean(settings.get("alert.suppress", "0"), f"{where} alert.suppress"):
        return None
    fields = tuple(field.strip() for field in settings.get("alert.suppress.fields", "").split(",") if field.strip())
    if not fields and not conf_boolean(settings.get("alert.digest_mode", "1"), f"{where} alert.digest_mode"):
        raise UnsupportedConf(f"{where}: alert.suppress.fields must be set when alert.digest_mode is off")
    return Suppression(seconds(settings.get("alert.suppress.period", ""), f"{where} alert.suppress.period"), fields)


def seconds(text: str, where: str) -> float:
    """``60``, ``60s``, ``24h``: a time specifier of savedsearches.conf in seconds."""
    word = text.strip().lower()
    if word.isascii() and word.isdigit():
        return float(word)
    span = parse_span(word)
    if span is None or span.seconds is None:
        raise UnsupportedConf(f"{where}: {text!r} is not a number of seconds or a span such as 24h")
    return span.seconds


def _actions(settings: Mapping[str, str]) -> dict[str, dict[str, str]]:
    enabled = [
        key.removeprefix(_ACTION)
        for key, value in settings.items()
        if key.startswith(_ACTION) and key.count(".") == 1 and value.strip().lower() not in _FALSE
    ]
    return {
        action: {
            key.removeprefix(f"{_ACTION}{action}."): value
            for key, value in settings.items()
            if key.startswith(f"{_ACTION}{action}.")
        }
        for action in sorted(enabled)
    }
