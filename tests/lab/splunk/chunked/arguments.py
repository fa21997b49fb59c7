"""The argument text of a custom command, cut as splunkd cuts it.

``raw_args`` keeps quotes, ``args`` is without them. Blanks and commas part arguments ("Splunk strips commas from
the command line", splunklib.searchcommands); blanks round an equals sign do not.
"""

from __future__ import annotations

import re

_TOKEN = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^\s,"])+', re.DOTALL)
_AROUND_EQUALS = re.compile(r'("(?:\\.|[^"\\])*")|\s*(=)\s*', re.DOTALL)
_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
_ESCAPE = re.compile(r'\\(["\\])')


def split_arguments(text: str) -> tuple[list[str], list[str]]:
    """``(args, raw_args)`` of the text that follows the command's name.

    Raises ValueError when a quote is not closed.
    """
    joined = _AROUND_EQUALS.sub(lambda match: match.group(1) or "=", text)
    if _QUOTED.sub("", joined).count('"'):
        raise ValueError(f"a quote is not closed in {text!r}")
    raw = _TOKEN.findall(joined)
    return [_unquote(token) for token in raw], raw


def _unquote(token: str) -> str:
    return _QUOTED.sub(lambda match: _ESCAPE.sub(r"\1", match.group(1)), token)
