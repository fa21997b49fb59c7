"""What an input's stanza may say, checked with words. Standard library only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mail_threats.errors import ConfigError
from mail_threats.ledger.again import Wish
from mail_threats.splunkio.scheme import Argument
from mail_threats.timestamps import parse

_SOURCETYPE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_:.-]{0,99}\Z")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}\Z")
LEAST_INTERVAL_S = 60
USUAL_CONCURRENCY = 32
MOST_CONCURRENCY = 64
LONGEST_INTERVAL_S = 86400
AGAIN_FROM, AGAIN_KNOWN = "collect_again_from", "collect_again_known"
AGAIN_ARGUMENTS = (
    Argument(AGAIN_FROM, "Collect again from", "List everything again from here on, once; ISO 8601 in UTC.", False),
    Argument(AGAIN_KNOWN, "Send again what was delivered", "1 to send events again that were delivered.", False),
)


def check_name(name: str) -> None:
    """Raises: ConfigError for a name that cannot be part of a stanza, a file name and a log line alike."""
    if not _NAME.match(name):
        raise ConfigError(
            f"The input's name {name[:120]!r} is not usable.",
            advice="Begin with a letter and use letters, digits, _ and - only, at most 100.",
        )


def choices(parameters: Mapping[str, str], name: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """The chosen values of a multi-select, in the order of `allowed`; comma or | between them.

    Raises: ConfigError for no choice or an unknown one.
    """
    chosen = [part.strip() for part in re.split(r"[,|]", parameters.get(name) or "") if part.strip()]
    unknown = [part for part in chosen if part not in allowed]
    if unknown or not chosen:
        what = f"{name} holds {', '.join(unknown)[:200]}" if unknown else f"{name} is empty"
        raise ConfigError(f"The input's {what}.", advice=f"Choose from {', '.join(allowed)}.")
    return tuple(part for part in allowed if part in chosen)


def pairs(parameters: Mapping[str, str], name: str, keys: Sequence[str], values: Sequence[str]) -> dict[str, str]:
    """The `key=value` pairs of a setting, comma or blank between them; empty when nothing is set.

    Raises: ConfigError for what is no pair, an unknown key or value, or a key that comes twice.
    """
    found: dict[str, str] = {}
    for part in re.split(r"[,\s]+", (parameters.get(name) or "").strip()):
        if not part:
            continue
        key, _, value = part.partition("=")
        if key not in keys or value not in values or key in found:
            raise ConfigError(
                f"The input's {name} holds {part[:100]!r}.",
                advice=f"Write {keys[0]}={values[-1]}: one of {', '.join(keys)}, then {' or '.join(values)}.",
            )
        found[key] = value
    return found


def start_time(parameters: Mapping[str, str], now: float, default_age_s: float) -> float:
    """Where collection begins the first time, epoch seconds; `default_age_s` before now when nothing is set.

    Raises: ConfigError for a text that is no time, or one in the future.
    """
    text = (parameters.get("start_time") or "").strip()
    return _passed_time("start time", text, now) if text else now - default_age_s


def collect_again(parameters: Mapping[str, str], now: float) -> Wish | None:
    """What an admin wishes to be collected again; None when nothing is set.

    Raises: ConfigError for a text that is no time, or one in the future, and for half a wish.
    """
    text = (parameters.get(AGAIN_FROM) or "").strip()
    known = truth(parameters, AGAIN_KNOWN)
    if text:
        return Wish(float(int(_passed_time("time to collect again from", text, now))), known)
    if known:
        raise ConfigError(
            "The input is to send again what was delivered, but not from when on.",
            advice="Fill in Collect again from, or untick Send again what was delivered.",
        )
    return None


def _passed_time(what: str, text: str, now: float) -> float:
    try:
        time = parse(text)
    except ValueError as fault:
        raise ConfigError(f"The input's {what} cannot be read: {fault}.", advice="Use ISO 8601, UTC.") from None
    if time > now:
        raise ConfigError(f"The input's {what} {text} is in the future.", advice="Choose a time that has passed.")
    return time


def truth(parameters: Mapping[str, str], name: str) -> bool:
    """Whether a checkbox is ticked."""
    return (parameters.get(name) or "").strip().lower() in ("1", "true", "yes")


def sourcetype(parameters: Mapping[str, str], name: str, usual: str) -> str:
    """The sourcetype to write instead of the usual one.

    Raises: ConfigError for a text that cannot be one, or one of this app's own.
    """
    chosen = (parameters.get(name) or "").strip() or usual
    if not _SOURCETYPE.match(chosen) or chosen.startswith("mail_threats:"):
        raise ConfigError(
            f"The input's {name} {chosen[:120]!r} cannot be used.",
            advice="Use at most 100 letters, digits, _ : . and -; mail_threats: is the app's own.",
        )
    return chosen


def concurrency(parameters: Mapping[str, str]) -> int:
    """Requests for content that may be under way at a time, at most.

    Raises: ConfigError unless it is empty or a whole number from 1 to MOST_CONCURRENCY.
    """
    text = (parameters.get("concurrency") or "").strip()
    if text and not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_CONCURRENCY):
        raise ConfigError(
            f"The input's concurrency {text[:40]!r} is not a number of requests.",
            advice=f"Use 1 to {MOST_CONCURRENCY}, or leave it empty for {USUAL_CONCURRENCY}.",
        )
    return int(text) if text else USUAL_CONCURRENCY


def check_interval(parameters: Mapping[str, str]) -> None:
    """Raises: ConfigError unless the interval, when given, is a number of seconds from a minute to a day."""
    text = (parameters.get("interval") or "").strip()
    if text and not (text.isdigit() and LEAST_INTERVAL_S <= int(text) <= LONGEST_INTERVAL_S):
        raise ConfigError(
            f"The input's interval {text[:40]!r} is not a number of seconds.",
            advice=f"Use {LEAST_INTERVAL_S} to {LONGEST_INTERVAL_S}; 300 suits most tenants.",
        )


def claim_s(interval: str) -> float:
    """How long an input's claim to its streams outlasts a run: two intervals and a little, so that a run which is late
    does not lose it. An interval that is a cron schedule counts as an hour."""
    try:
        interval_s = min(max(float(interval), LEAST_INTERVAL_S), LONGEST_INTERVAL_S)
    except ValueError:
        interval_s = 3600.0
    return max(600.0, 2 * interval_s + 300.0)
