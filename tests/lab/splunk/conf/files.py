"""Reading and writing one .conf or .meta file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ksconf.conf.parser import (  # type: ignore[import-untyped]
    DUP_MERGE,
    GLOBAL_STANZA,
    ConfParserException,
    parse_conf,
    parse_conf_string,
    smart_write_conf,
)

from ..spl.regex import Regex, RegexError, compiled

Stanzas = dict[str, dict[str, str]]

DEFAULT_STANZA = "default"
_PROFILE = {"keep_comments": False, "dup_stanza": DUP_MERGE, "dup_key": DUP_MERGE, "strict": True}


class ConfError(Exception):
    """A configuration that cannot be used; the text names the file or stanza and what to change."""


class UnsupportedConf(ConfError):
    """A setting that Splunk knows and this stand-in does not carry out."""


def read_conf(path: Path) -> Stanzas:
    """The stanzas of a file as {stanza: {setting: value}}; settings before the first stanza are in "default".

    A repeated stanza adds to the first, a repeated setting replaces it. A line that is neither a setting, a header nor
    a comment raises ConfError: it is nearly always the rest of a value whose backslash was lost.
    """
    try:
        return _plain(parse_conf(str(path), profile=_PROFILE, encoding="utf-8-sig"))
    except (ConfParserException, UnicodeDecodeError) as error:
        raise ConfError(
            f"{path}: {error}. Write `setting = value`, and end continued lines with a backslash."
        ) from error


def read_conf_text(text: str, name: str) -> Stanzas:
    """As read_conf, for text. name is used in errors."""
    try:
        return _plain(parse_conf_string(text, name=name, profile=_PROFILE))
    except ConfParserException as error:
        raise ConfError(
            f"{name}: {error}. Write `setting = value`, and end continued lines with a backslash."
        ) from error


def write_conf(path: Path, stanzas: Mapping[str, Mapping[str, str]]) -> None:
    """Replace a file. Line breaks in values become continued lines; stanzas and settings are sorted."""
    path.parent.mkdir(parents=True, exist_ok=True)
    smart_write_conf(path, {name: dict(settings) for name, settings in stanzas.items()})


def conf_boolean(value: str, where: str) -> bool:
    """A boolean as Splunk's conf files write it; where (file, stanza, setting) is named in the error."""
    lowered = value.strip().lower()
    if lowered in {"1", "t", "true", "y", "yes", "on", "enabled"}:
        return True
    if lowered in {"0", "f", "false", "n", "no", "off", "disabled"}:
        return False
    raise ConfError(f"{where}: {value!r} is not a boolean. Use true or false.")


def conf_integer(value: str, where: str) -> int:
    """A whole number of a conf file; where is named in the error."""
    try:
        return int(value)
    except ValueError:
        raise ConfError(f"{where}: {value!r} is not a whole number.") from None


def conf_regex(text: str, where: str) -> Regex:
    """A regular expression of a conf file; where is named in the error."""
    try:
        return compiled(text)
    except RegexError as error:
        raise ConfError(f"{where}: not a regular expression: {error}") from error


def conf_list(value: str) -> list[str]:
    """A list written with commas, blanks or both."""
    return value.replace(",", " ").split()


def _plain(parsed: Mapping[object, Mapping[str, str]]) -> Stanzas:
    stanzas: Stanzas = {}
    for name, settings in parsed.items():
        target = stanzas.setdefault(DEFAULT_STANZA if name is GLOBAL_STANZA else str(name), {})
        for key, value in settings.items():
            target[key.strip()] = value.rstrip()
    return stanzas
