"""From an HTTP answer to the error it means, or to none.

The error code decides before the status does: the Management Activity API sends AF429 with status 403 as well as 429,
and the token endpoint sends refusals with 400 and 401 alike. Texts of the service are shown in part, never whole
bodies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Callable, NamedTuple, Optional

from mail_threats.errors import ContentUnreadable, PagingBroken, Refused, ServiceError, Throttled, Transient
from mail_threats.wire import service_codes
from mail_threats.wire.service_codes import Verdict


class Response(NamedTuple):
    """An answer. `headers` are looked up in any case; `body` is decompressed.

    `rest`: what follows `body`, to be read to its end or closed; None when `body` is whole. It raises Transient when
    the answer breaks off.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    rest: Iterator[bytes] | None = None


Judge = Callable[[Response], Optional[ServiceError]]

_RETRY_STATUSES = frozenset({408, 500, 502, 503, 504})
_WAIT_TEXT = re.compile(r"retry again after (?:(\d+)m)? ?(?:(\d+)s)?", re.IGNORECASE)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]+")


def token_answer(response: Response) -> ServiceError | None:
    """The error of a token request; None when a token was issued."""
    if response.status == 200:
        return None
    content = _object(response.body)
    error = str(content.get("error", ""))
    first_line = _printable(str(content.get("error_description", "")).split("\r\n")[0].split(" Trace ID:")[0])
    number = _aadsts_number(content, first_line)
    verdict = service_codes.AADSTS.get(number) or service_codes.TOKEN_ERRORS.get(error)
    code = f"AADSTS{number}" if number else error
    message = f"Entra gave no token (HTTP {response.status}): {first_line or code or 'no reason given'}."
    if verdict is None or response.status in _RETRY_STATUSES or response.status == 429:
        verdict = _by_status(response.status) or verdict or Verdict(Refused, "Look the error up at Microsoft.")
    trace = content.get("trace_id")
    if isinstance(trace, str):
        message += f" Trace ID {_printable(trace, 64)}."
    return _error(verdict, message, code, response)


def activity_answer(response: Response) -> ServiceError | None:
    """The error of a Management Activity API answer; None when it succeeded.

    An error object with a success status counts as an error: some content is answered that way.
    """
    error = _object(response.body[:65536]).get("error") if response.body[:1] != b"[" else None
    if response.status == 200 and error is None:
        return None
    details = error if isinstance(error, dict) else {}
    code, text = _printable(str(details.get("code", "")), 64), _printable(str(details.get("message", "")))
    message = f"The Management Activity API answered {_named(response, code, text)}"
    if service_codes.AUDIT_LOG_OFF_TEXT in text:
        return _error(service_codes.AUDIT_LOG_OFF, message, code, response)
    verdict = service_codes.ACTIVITY.get(code.upper()) or _by_status(response.status)
    if verdict is None:
        verdict = (
            Verdict(ContentUnreadable, "")
            if response.status == 200
            else Verdict(Refused, "Look the error up at Microsoft.")
        )
    return _error(verdict, message, code, response, wait_s=_wait_in_text(text))


def graph_answer(response: Response) -> ServiceError | None:
    """The error of a Graph report answer; None when it succeeded."""
    if response.status == 200:
        return None
    error = _object(response.body).get("error")
    details = error if isinstance(error, dict) else {}
    code, text = _printable(str(details.get("code", "")), 96), _printable(str(details.get("message", "")))
    verdict = service_codes.GRAPH.get(code) or _by_status(response.status)
    if response.status == 504 or (response.status == 400 and "skip token" in text.lower()):
        verdict = Verdict(PagingBroken, "The input asks for a smaller window by itself.")
    return _error(
        verdict or Verdict(Refused, "Look the error up at Microsoft."),
        f"Graph answered {_named(response, code, text)}{_request_id(response)}",
        code,
        response,
    )


def _error(verdict: Verdict, message: str, code: str, response: Response, wait_s: float | None = None) -> ServiceError:
    return verdict.reaction(message, advice=verdict.advice, code=code, status=response.status, retry_after_s=wait_s)


def _by_status(status: int) -> Verdict | None:
    if status == 429:
        return Verdict(Throttled, "The service limits requests; the input slows down by itself.")
    if status in _RETRY_STATUSES:
        return Verdict(Transient, "A passing fault at Microsoft; the input asks again by itself.")
    if 300 <= status < 400:
        return Verdict(
            Refused, "The service redirects, which the input does not follow. Check the account's cloud and addresses."
        )
    if status == 401:
        return Verdict(
            Refused, "The token was not accepted, though it is new. Check the app's permissions and this host's clock."
        )
    if status == 403:
        return Verdict(
            Refused, "The app is not allowed to read this. Check its application permissions and their admin consent."
        )
    return None


def _request_id(response: Response) -> str:
    request_id = _printable(response.headers.get("request-id") or response.headers.get("client-request-id") or "", 64)
    return f" Request ID {request_id}." if request_id else ""


def _named(response: Response, code: str, text: str) -> str:
    return f"HTTP {response.status} {code}: {text}".replace(" : ", ": ").rstrip(": ") + "."


def _aadsts_number(content: Mapping[str, Any], text: str) -> int:
    numbers = content.get("error_codes")
    if isinstance(numbers, list) and numbers and isinstance(numbers[0], int):
        return numbers[0]
    match = re.search(r"AADSTS(\d{4,9})", text)
    return int(match.group(1)) if match else 0


def _wait_in_text(text: str) -> float | None:
    match = _WAIT_TEXT.search(text)
    if match is None or not (match.group(1) or match.group(2)):
        return None
    return int(match.group(1) or 0) * 60.0 + int(match.group(2) or 0)


def _object(body: bytes) -> Mapping[str, Any]:
    try:
        content = json.loads(body.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _printable(text: str, limit: int = 300) -> str:
    return _UNPRINTABLE.sub(" ", text).strip()[:limit].rstrip(".")
