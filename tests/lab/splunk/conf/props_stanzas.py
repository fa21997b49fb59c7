"""Which props.conf stanzas apply to an event, and which of them wins.

Rules: props.conf.spec, "[<spec>] stanza precedence", "patterns" and "pattern collisions". source:: beats host:: beats
sourcetype, whatever their priorities; inside a kind the higher priority wins (100 for a literal name, 0 for a pattern)
and then the name that is first in ASCII order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..spl.regex import Regex, RegexError, compiled
from .files import ConfError, conf_integer
from .layering import Conf, Setting

_KINDS = ("sourcetype", "host", "source")
# `(?::){0}` matches nothing; administrators write it so that a sourcetype stanza is read as a pattern.
_SOURCETYPE_PATTERN = "(?::){0}"
_IGNORED_KINDS = ("rule::", "delayedrule::")


@dataclass(frozen=True, slots=True)
class _Stanza:
    name: str
    kind: str
    literal: str | None
    pattern: Regex | None
    priority: int


class PropsStanzas:
    """The stanzas of a merged props.conf, ready to be matched against events."""

    def __init__(self, conf: Conf) -> None:
        self.conf = conf
        self._by_name: dict[str, _Stanza] = {}
        self._literal: dict[tuple[str, str], list[_Stanza]] = {}
        self._patterns: dict[str, list[_Stanza]] = {kind: [] for kind in _KINDS}
        self._matches: dict[tuple[str, str], tuple[str, ...]] = {}
        for name in conf:
            stanza = _parse(name, conf)
            if stanza is None:
                continue
            self._by_name[name] = stanza
            if stanza.literal is not None:
                self._literal.setdefault((stanza.kind, stanza.literal), []).append(stanza)
            else:
                self._patterns[stanza.kind].append(stanza)

    def names(self, sourcetype: str, source: str, host: str) -> tuple[str, ...]:
        """The names of the stanzas that apply, the weakest first."""
        return self._kind("sourcetype", sourcetype) + self._kind("host", host) + self._kind("source", source)

    def settings(self, names: tuple[str, ...]) -> dict[str, Setting]:
        """The merged settings of [default] and the named stanzas."""
        merged = dict(self.conf.default())
        for name in names:
            merged.update(self.conf.own(name))
        return merged

    def _kind(self, kind: str, value: str) -> tuple[str, ...]:
        key = (kind, value)
        names = self._matches.get(key)
        if names is None:
            looked_up = value.lower() if kind == "host" else value
            stanzas = list(self._literal.get((kind, looked_up), ()))
            stanzas += [
                stanza for stanza in self._patterns[kind] if stanza.pattern is not None and stanza.pattern.search(value)
            ]
            # The strongest comes last: highest priority, then the first name in ASCII order.
            stanzas.sort(key=lambda stanza: stanza.name, reverse=True)
            stanzas.sort(key=lambda stanza: stanza.priority)
            names = self._matches[key] = tuple(stanza.name for stanza in stanzas)
        return names


def _parse(name: str, conf: Conf) -> _Stanza | None:
    if name.startswith(_IGNORED_KINDS):
        return None
    kind, text = "sourcetype", name
    for prefix in ("source", "host"):
        if name.startswith(prefix + "::"):
            kind, text = prefix, name[len(prefix) + 2 :]
    is_pattern = name.startswith(_SOURCETYPE_PATTERN) or (
        kind != "sourcetype" and ("*" in text or "..." in text or text.startswith("(?"))
    )
    priority = _priority(name, conf, 0 if is_pattern else 100)
    if not is_pattern:
        literal = text.replace("\\\\", "\\") if kind == "source" else text
        return _Stanza(name, kind, literal.lower() if kind == "host" else literal, None, priority)
    return _Stanza(
        name, kind, None, _whole(stanza_pattern(text), conf.where(name), ignore_case=kind == "host"), priority
    )


def _whole(pattern: str, where: str, *, ignore_case: bool) -> Regex:
    try:
        return compiled(rf"{'(?i)' if ignore_case else ''}\A(?:{pattern})\z")
    except RegexError as error:
        raise ConfError(f"{where}: the name of the stanza is not a pattern: {error}") from error


def _priority(name: str, conf: Conf, default: int) -> int:
    setting = conf.own(name).get("priority")
    if setting is None or not setting.value.strip():
        return default
    return conf_integer(setting.value, conf.where(name, "priority"))


def stanza_pattern(text: str) -> str:
    """A [source::...] or [host::...] pattern as a regular expression that has to match the whole name.

    Characters in front of the first path segment that holds a wildcard are literal.
    """
    first = min((position for position in (text.find("*"), text.find("...")) if position >= 0), default=0)
    start = max(text.rfind("/", 0, first), text.rfind("\\", 0, first)) + 1
    literal = re.escape(text[:start].replace("\\\\", "\\"))
    return literal + _translate(text[start:])


def _translate(text: str) -> str:
    out: list[str] = []
    position = 0
    while position < len(text):
        if text.startswith("...", position):
            out.append(".*")
            position += 3
        elif text[position] == "\\" and position + 1 < len(text):
            out.append(text[position : position + 2])
            position += 2
        else:
            out.append({"*": "[^/]*", ".": r"\."}.get(text[position], text[position]))
            position += 1
    return "".join(out)
