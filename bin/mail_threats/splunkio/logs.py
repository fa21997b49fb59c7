"""The input's log, $SPLUNK_HOME/var/log/splunk/m365_mail_threats_<input>.log: key=value lines that never show a
secret."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable

from solnlib import log as solnlib_log

APP = "m365_mail_threats"


class _Redaction(logging.Filter):
    """Takes out known secrets, in whatever message of whatever library they turn up."""

    def __init__(self) -> None:
        super().__init__()
        self.secrets: list[str] = []

    def filter(self, record: logging.LogRecord) -> bool:
        text = record.getMessage()
        if any(secret in text for secret in self.secrets):
            for secret in self.secrets:
                text = text.replace(secret, "[redacted]")
            record.msg, record.args = text, None
        return True


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
        self._redaction.secrets.extend(secret for secret in secrets if len(secret) >= 4)
