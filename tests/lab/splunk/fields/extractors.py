"""Extractions: EXTRACT- in props.conf, REPORT- with its transforms.conf stanza, and automatic key-value extraction.

Rules: props.conf.spec and transforms.conf.spec, "Field extraction configuration". A field that exists keeps its value:
what a later extraction finds under its name is discarded, or appended where MV_ADD is true.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

from ..conf.files import ConfError, UnsupportedConf, conf_boolean, conf_integer, conf_regex
from ..spl.regex import Regex
from ..spl.values import Value
from .json_fields import json_pairs

SourceField = Callable[[str], "Value | None"]
Found = dict[str, list[str]]

_IN_FIELD = re.compile(r"^(?P<regex>.*)\s+in\s+(?P<field>[A-Za-z0-9_]+)\s*$", re.DOTALL)
_UNCLEAN = re.compile(r"[^A-Za-z0-9_]")
_LEADING = re.compile(r"^[_0-9]+")
_LETTERS_AND_DIGITS = re.compile(r"[A-Za-z0-9]+")
_FORMAT_PAIR = re.compile(r'("(?:[^"\\]|\\.)*"|[^\s:]+(?::[^\s:]+)*)::("(?:[^"\\]|\\.)*"|\S+)')
_GROUP = re.compile(r"\$(\d+)\Z")
_MODULAR = re.compile(r"\[\[\w[\w-]*(?::\w+)?\]\]")
# A key, an equals sign, a quoted value or one that ends at a blank or a separator.
_AUTO_PAIR = re.compile(r'(?<![\w.\-:])([A-Za-z_][\w.\-:]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s,;|&"]+))')


DEFAULT_MATCH_LIMIT = 100_000
"""props.conf.spec, MATCH_LIMIT: how much PCRE may try before it gives up, which ends the search."""


class Extractor(ABC):
    """One extraction. fields: the names it can make, None when only the event tells. mv_add: see MV_ADD."""

    fields: frozenset[str] | None = None
    mv_add = False

    @abstractmethod
    def found(self, raw: str, field: SourceField) -> Found:
        """Values by field name. field: the value of a field that exists before this extraction."""

    def may_find(self, name: str, raw: str) -> bool:
        """Whether it could find a field of this name in the text, said without looking for it."""
        return self.fields is None or name in self.fields


class InlineExtraction(Extractor):
    """EXTRACT-<class> = <regex> [in <field>]."""

    def __init__(self, text: str, where: str, match_limit: int) -> None:
        found = _IN_FIELD.match(text)
        self._source = found["field"] if found else None
        # props.conf.spec: "dotall (?s) and multi-line (?m) modifiers are added in front of the regex".
        self._regex = _limited("(?ms)" + (found["regex"] if found else text), match_limit, where)
        self._groups = self._regex.names
        if not self._groups:
            raise ConfError(
                f"{where}: the expression has no named group, so it makes no field. Name one: (?<name>...)."
            )
        self.fields = frozenset(self._groups)

    def found(self, raw: str, field: SourceField) -> Found:
        for text in _texts(raw, self._source, field):
            match = self._regex.search(text)
            if match is not None:
                return {name: [value] for name, group in self._groups.items() if (value := match.group(group))}
        return {}


class RegexTransform(Extractor):
    """A transforms.conf stanza with REGEX, used by REPORT-."""

    def __init__(self, settings: dict[str, str], where: str) -> None:
        text = settings["REGEX"]
        if _MODULAR.search(text):
            raise UnsupportedConf(f"{where} REGEX: references to other transforms ([[name]]) are not supported.")
        self._regex = _limited(
            text,
            conf_integer(settings.get("MATCH_LIMIT") or str(DEFAULT_MATCH_LIMIT), f"{where} MATCH_LIMIT"),
            f"{where} REGEX",
        )
        self._source = _source_key(settings, where)
        self.mv_add = _flag(settings, "MV_ADD", where)
        self._clean = _flag(settings, "CLEAN_KEYS", where, "true")
        self._keep_empty = _flag(settings, "KEEP_EMPTY_VALS", where)
        self._pairs = _format_pairs(settings.get("FORMAT", ""), self._regex, where)
        self._repeat = self.mv_add or any(name.group is not None for name, _value in self._pairs)
        if all(name.group is None for name, _value in self._pairs):
            self.fields = frozenset(self._name(name.text) for name, _value in self._pairs)

    def found(self, raw: str, field: SourceField) -> Found:
        found: Found = {}
        for text in _texts(raw, self._source, field):
            for match in self._matches(text):
                for name_part, value_part in self._pairs:
                    name = name_part.of(match)
                    value = value_part.of(match)
                    if name and value is not None and (value or self._keep_empty):
                        values = found.setdefault(self._name(name), [])
                        if not values or self.mv_add:
                            values.append(value)
        return found

    def _matches(self, text: str) -> Iterator[Any]:
        if self._repeat:
            yield from self._regex.finditer(text)
        else:
            match = self._regex.search(text)
            if match is not None:
                yield match

    def _name(self, name: str) -> str:
        return clean_key(name) if self._clean else name


class DelimiterTransform(Extractor):
    """A transforms.conf stanza with DELIMS, used by REPORT-."""

    def __init__(self, settings: dict[str, str], where: str) -> None:
        delimiters = [_unescape(text) for text in re.findall(r'"((?:[^"\\]|\\.)*)"', settings["DELIMS"])]
        if not 1 <= len(delimiters) <= 2:
            raise ConfError(f'{where} DELIMS: expected one or two quoted sets of characters, such as "|", "=".')
        self._pairs, self._key_value = delimiters[0], delimiters[1] if len(delimiters) == 2 else None
        self._names = _quoted_list(settings.get("FIELDS", ""))
        self._source = _source_key(settings, where)
        self.mv_add = _flag(settings, "MV_ADD", where)
        self._clean = _flag(settings, "CLEAN_KEYS", where, "true")
        self._keep_empty = _flag(settings, "KEEP_EMPTY_VALS", where)
        if self._names and self._key_value is None:
            self.fields = frozenset(self._name(name) for name in self._names)

    def found(self, raw: str, field: SourceField) -> Found:
        found: Found = {}
        for text in _texts(raw, self._source, field):
            for name, value in self._read(text):
                if name and (value or self._keep_empty):
                    values = found.setdefault(self._name(name), [])
                    if not values or self.mv_add:
                        values.append(value)
        return found

    def _read(self, text: str) -> Iterator[tuple[str, str]]:
        if self._key_value is not None:
            for token in _split(text, self._pairs):
                parts = _split(token, self._key_value, most=2)
                if len(parts) == 2:
                    yield parts[0].strip(), _unquote(parts[1])
        elif self._names:
            yield from zip(self._names, (_unquote(token) for token in _split(text, self._pairs)), strict=False)
        else:
            tokens = [_unquote(token) for token in _split(text, self._pairs) if token]
            yield from zip(tokens[::2], tokens[1::2], strict=False)

    def _name(self, name: str) -> str:
        return clean_key(name) if self._clean else name


class AutomaticExtraction(Extractor):
    """KV_MODE json, auto or auto_escaped, with the limits of limits.conf: maxchars, limit and extraction_cutoff."""

    def __init__(self, *, json: bool, pairs: bool, trim: bool, maxchars: int, limit: int, cutoff: int) -> None:
        self._json, self._pairs, self._trim = json, pairs, trim
        self._maxchars, self._limit, self._cutoff = maxchars, limit, cutoff

    def found(self, raw: str, field: SourceField) -> Found:
        found: Found = {}
        text = raw[: self._maxchars]
        if self._json:
            for name, value in json_pairs(first_bytes(text, self._cutoff)):
                values = found.get(name)
                if values is not None:
                    values.append(value)
                elif not self._limit or len(found) < self._limit:
                    found[name] = [value]
        if self._pairs:
            for match in _AUTO_PAIR.finditer(text):
                value = match[2] if match[3] is None else match[3]
                value = value.strip(" ") if self._trim else value
                name = clean_key(match[1])
                if value and name and name not in found and (not self._limit or len(found) < self._limit):
                    found[name] = [value]
        return found

    def may_find(self, name: str, raw: str) -> bool:
        # Names are made of keys that stand in the text; only what joins their letters and digits may be another there.
        return "\\u" in raw or all(part in raw for part in _parts(name))


@lru_cache(maxsize=1024)
def _parts(name: str) -> tuple[str, ...]:
    return tuple(_LETTERS_AND_DIGITS.findall(name))


def first_bytes(text: str, count: int) -> str:
    """The first bytes of a text, without a character that would be cut in two."""
    if len(text) * 4 <= count:
        return text
    encoded = text.encode("utf-8", "surrogatepass")
    return text if len(encoded) <= count else encoded[:count].decode("utf-8", "ignore")


def clean_key(name: str) -> str:
    """Key cleaning (CLEAN_KEYS): other characters than letters and digits become `_`, leading `_` and digits go."""
    return _LEADING.sub("", _UNCLEAN.sub("_", name))


def _limited(text: str, match_limit: int, where: str) -> Regex:
    return conf_regex(f"(*LIMIT_MATCH={match_limit}){text}", where)


class _Part:
    """A name or value in FORMAT: a text or a group."""

    __slots__ = ("group", "text")

    def __init__(self, text: str, group: int | str | None) -> None:
        self.text, self.group = text, group

    def of(self, match: Any) -> str | None:
        return self.text if self.group is None else match.group(self.group)


def _format_pairs(text: str, regex: Any, where: str) -> list[tuple[_Part, _Part]]:
    if not text.strip():
        names = regex.names
        pairs = [(_Part(name, None), _Part("", group)) for name, group in names.items() if not _is_key_or_value(name)]
        pairs += [
            (_Part("", group), _Part("", names["_VAL_" + name[5:]]))
            for name, group in names.items()
            if name.startswith("_KEY_") and "_VAL_" + name[5:] in names
        ]
        if not pairs:
            raise ConfError(f"{where}: there is no FORMAT and the REGEX has no named group, so it makes no field.")
        return pairs
    rest = _FORMAT_PAIR.sub("", text).strip()
    if rest:
        raise ConfError(f"{where} FORMAT: {rest!r} is not of the form <field>::<value>.")
    return [(_part(name, regex, where), _part(value, regex, where)) for name, value in _FORMAT_PAIR.findall(text)]


def _part(text: str, regex: Any, where: str) -> _Part:
    plain = _unquote(text)
    found = _GROUP.match(plain)
    if found is None:
        if re.search(r"\$\d", plain):
            raise ConfError(
                f"{where} FORMAT: {plain!r}: fields cannot be put together from several groups at search time."
            )
        return _Part(plain, None)
    group = int(found[1])
    if not 1 <= group <= regex.groups:
        raise ConfError(f"{where} FORMAT: ${group} is used, but the REGEX has {regex.groups} groups.")
    return _Part("", group)


def _is_key_or_value(name: str) -> bool:
    return name.startswith(("_KEY_", "_VAL_"))


def _texts(raw: str, source: str | None, field: SourceField) -> list[str]:
    if source is None:
        return [raw]
    value = field(source)
    if value is None:
        return []
    return [str(item) for item in value] if isinstance(value, list) else [str(value)]


def _source_key(settings: dict[str, str], where: str) -> str | None:
    key = settings.get("SOURCE_KEY", "_raw").strip() or "_raw"
    if key.startswith(("field:", "fields:")):
        raise UnsupportedConf(f"{where} SOURCE_KEY: {key!r}: indexed fields are not supported.")
    return None if key == "_raw" else key


def _flag(settings: dict[str, str], key: str, where: str, default: str = "false") -> bool:
    return conf_boolean(settings.get(key, default), f"{where} {key}")


def _unescape(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: {"t": "\t", "n": "\n", "r": "\r"}.get(found[1], found[1]), text)


def _unquote(text: str) -> str:
    text = text.strip()
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return re.sub(r"\\([\"\\])", r"\1", text[1:-1])
    return text


def _quoted_list(text: str) -> list[str]:
    return [_unquote(found) for found in re.findall(r'"(?:[^"\\]|\\.)*"|[^,\s]+', text)]


def _split(text: str, delimiters: str, most: int = 0) -> list[str]:
    """Pieces between delimiter characters that are not inside double quotes; most: stop after that many pieces."""
    pieces: list[str] = []
    start = at = 0
    quoted = False
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
        elif character == '"':
            quoted = not quoted
        elif character in delimiters and not quoted:
            if most and len(pieces) == most - 1:
                break
            pieces.append(text[start:at])
            start = at + 1
        at += 1
    pieces.append(text[start:])
    return pieces
