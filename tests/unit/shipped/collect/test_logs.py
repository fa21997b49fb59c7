"""What the log never shows, whoever writes to it and however the secret is spelled."""

from __future__ import annotations

import json
import logging
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from solnlib import log as solnlib_log

from mail_threats.splunkio.logs import InputLog

SECRET = "p+l/a n=t&e\"d'~sécret"
TOKEN = "eyJ0eXAiOiJKV1QifQ.eyJhdWQiOiJodHRwcyJ9.c2ln-_"


@pytest.fixture
def log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[InputLog]:
    # Where Splunk is not installed, nobody else says where its logs are.
    monkeypatch.setattr(solnlib_log.Logs, "_default_directory", str(tmp_path))
    root = logging.getLogger()
    before = list(root.handlers), root.level
    made = InputLog("test_logs")
    made.redact([SECRET])
    made.set_level("DEBUG")
    yield made
    for handler in list(made.logger.handlers):
        made.logger.removeHandler(handler)
        handler.close()
    root.handlers, level = before
    root.setLevel(level)


def written(tmp_path: Path) -> str:
    return "".join(path.read_text(encoding="utf-8") for path in tmp_path.glob("*.log"))


SPELLINGS = [
    pytest.param(SECRET, id="as it is"),
    pytest.param(urlencode({"client_secret": SECRET}), id="in a form"),
    pytest.param(quote(SECRET), id="in a path"),
    pytest.param(quote_plus(SECRET), id="in a query"),
    pytest.param(json.dumps({"s": SECRET}), id="in JSON"),
    pytest.param(json.dumps({"s": SECRET}, ensure_ascii=False), id="in JSON that is not ASCII"),
    pytest.param(repr({"s": SECRET}), id="in a representation"),
    pytest.param(b64encode(SECRET.encode()).decode(), id="in base64"),
    pytest.param(f"Authorization: Bearer {TOKEN}", id="a token in a header"),
    pytest.param(f"client_assertion={TOKEN}&scope=x", id="an assertion in a form"),
]


@pytest.mark.parametrize("text", SPELLINGS)
def test_secret_is_taken_out_of_messages_arguments_and_tracebacks(log: InputLog, tmp_path: Path, text: str) -> None:
    log.logger.error("action=one %s", text)
    log.logger.debug(text)
    logging.getLogger("urllib3").error("library says %s", text)
    try:
        raise ValueError(text)
    except ValueError:
        log.logger.exception("action=failed")
    found = written(tmp_path)
    assert found.count("[redacted]") >= 4
    for spelled in (SECRET, quote(SECRET), quote_plus(SECRET), json.dumps(SECRET)[1:-1], TOKEN, "eyJ"):
        assert spelled not in found
    assert "action=failed" in found
    assert "ValueError" in found


@given(st.text(st.characters(blacklist_categories=["Cs", "Cc"]), min_size=4, max_size=30))
def test_any_secret_is_taken_out(secret: str) -> None:
    from mail_threats.splunkio.logs import _Redaction

    redaction = _Redaction()
    redaction.learn([secret])
    record = logging.LogRecord("x", logging.INFO, "", 0, "before %s after %s", (secret, quote_plus(secret)), None)
    assert redaction.filter(record)
    if "redacted" not in secret and secret.strip() and secret not in "before [redacted] after [redacted]":
        assert secret not in record.getMessage()


def test_what_is_no_secret_stays(log: InputLog, tmp_path: Path) -> None:
    log.logger.info("action=window_collected stream=%s pages=%d", "Audit.Exchange", 3)
    assert "action=window_collected stream=Audit.Exchange pages=3" in written(tmp_path)
    assert "[redacted]" not in written(tmp_path)
