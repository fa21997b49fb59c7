"""The input's log, $SPLUNK_HOME/var/log/splunk/m365_mail_threats_<input>.log: key=value lines that never show a
secret."""

from __future__ import annotations

import json
import logging
import re
import sys
import traceback
from base64 import b64encode
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from solnlib import log as solnlib_log

APP = "m365_mail_threats"


# Access tokens and assertions, whoever logs them: three parts of base64url, the first a JSON object.
_TOKEN = re.compile(r"\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?")
_SHORTEST = 4


class _Redaction(logging.Filter):
    """Takes out known secrets and whatever looks like a token, in messages and tracebacks of whatever library."""

    def __init__(self) -> None:
        super().__init__()
        self._known: re.Pattern[str] | None = None
        self._spellings: set[str] = set()

    def learn(self, secrets: Iterable[str]) -> None:
        """Know these texts, as they are and as forms, JSON, Python and the headers of proxies write them."""
        for secret in secrets:
            if len(secret) >= _SHORTEST:
                self._spellings.update(_spellings(secret))
        longest_first = sorted(self._spellings, key=len, reverse=True)
        self._known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        clean = self._clean(text)
        if clean != text:
            record.msg, record.args = clean, None
        if record.exc_info and record.exc_info[0] is not None:
            # A formatter writes this text where it is set, and formats the exception itself where it is not.
            record.exc_text = self._clean("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
        return True

    def _clean(self, text: str) -> str:
        if self._known is not None:
            text = self._known.sub("[redacted]", text)
        return _TOKEN.sub("[redacted]", text)


def _spellings(secret: str) -> set[str]:
    escaped = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    encoded = (quote(secret, safe=""), quote_plus(secret), quote(secret), b64encode(secret.encode()).decode("ascii"))
    return {secret, *escaped, *encoded}


class InputLog:
    """The log of one input; `logger` is what the library writes to."""

    def __init__(self, input_name: str) -> None:
        self._redaction = _Redaction()
        try:
            solnlib_log.Logs.set_context(namespace=APP)
            self.logger = solnlib_log.Logs().get_logger(input_name)
        except (OSError, solnlib_log.LogException):
            # Without SPLUNK_HOME, or where the log directory is not writable, stderr still reaches splunkd.log.
            self.logger = logging.getLogger(f"{APP}_{input_name}")
            self.logger.addHandler(logging.StreamHandler(sys.stderr))
            self.logger.setLevel(logging.INFO)
        # Warnings of the libraries belong in the same file; without a handler Python would print them to stderr.
        libraries = logging.getLogger()
        libraries.handlers = list(self.logger.handlers)
        libraries.setLevel(logging.ERROR)
        for handler in self.logger.handlers:
            handler.addFilter(self._redaction)

    def set_level(self, level: str) -> None:
        """Log from `level` (a name such as DEBUG) on; an unknown name changes nothing."""
        if level.upper() in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
            self.logger.setLevel(level.upper())

    def redact(self, secrets: Iterable[str]) -> None:
        """Never let these texts into the log."""
        self._redaction.learn(secrets)
