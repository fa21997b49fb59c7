"""AF errors of the Management Activity API: code, HTTP status and text.

Source: Management Activity API reference, section Errors; AF20024, the start limit and statuses from public reports.
"""

from __future__ import annotations

from lab.tenant.exchange import Call, Reply, VendorError, json_reply

AF_ERRORS = {
    "AF10001": (401, "The permission set ({}) sent in the request did not include the expected permission {}."),
    "AF20001": (400, "Missing parameter: {}."),
    "AF20002": (400, "Invalid parameter type: {}. Expected type: {}"),
    "AF20010": (
        400,
        "The tenant ID passed in the URL ({}) does not match the tenant ID passed in the access token ({}).",
    ),
    "AF20011": (400, "Specified tenant ID ({}) does not exist in the system or has been deleted."),
    "AF20013": (400, "The tenant ID passed in the URL ({}) is not a valid GUID."),
    "AF20020": (400, "The specified content type is not valid."),
    "AF20021": (400, "The webhook endpoint {} could not be validated."),
    "AF20022": (400, "No subscription found for the specified content type"),
    "AF20023": (400, "The subscription was disabled{}."),
    "AF20024": (400, "The subscription is already enabled. No property change."),
    "AF20030": (
        400,
        "Start time and end time must both be specified (or both omitted) and must be less than or equal to "
        "24 hours apart, with the start time no more than 7 days in the past.",
    ),
    "AF20031": (400, "Invalid nextPage Input: {}."),
    "AF20050": (404, "The specified content ({}) does not exist."),
    "AF20051": (
        400,
        "Content requested with the key {} has already expired. Content older than 7 days cannot be retrieved.",
    ),
    "AF20052": (400, "Content ID {} in the URL is invalid."),
    "AF20055": (
        400,
        "Start time and end time must both be specified (or both omitted) and must be less than or equal to "
        "24 hours apart, with the start time no more than 7 days in the past.",
    ),
    "AF429": (403, "Too many requests. Method={}, PublisherId={}"),
    "AF50000": (500, "An internal error occurred. Retry the request."),
    "AF50005": (500, "An internal error occurred. Retry the request."),
}
"""AF code to its HTTP status and text; {} are filled in order."""


class ActivityError(VendorError):
    """The API refuses with {"error": {"code", "message"}}."""

    def __init__(self, code: str, *details: str, status: int | None = None, **headers: str) -> None:
        self.status, text = AF_ERRORS[code]
        if status is not None:
            self.status = status
        self.code = code
        self.message = text.format(*details)
        self.headers = headers
        super().__init__(f"{code}: {self.message}")

    def reply(self, call: Call) -> Reply:
        return af_reply(self.status, self.code, self.message, **self.headers)


def af_reply(status: int, code: str, message: str, **headers: str) -> Reply:
    return json_reply(status, {"error": {"code": code, "message": message}}, **headers)


class Unauthorized(VendorError):
    """401 of the gateway in front of the API: it has no AF code."""

    def reply(self, call: Call) -> Reply:
        return json_reply(401, {"Message": "Authorization has been denied for this request."})


class StartedTooOften(VendorError):
    """429 to a second start of a subscription within 15 minutes. wait_s: seconds left."""

    def __init__(self, wait_s: float) -> None:
        super().__init__()
        self.wait_s = wait_s

    def reply(self, call: Call) -> Reply:
        return started_too_often(self.wait_s)


def started_too_often(wait_s: float, status: int = 429) -> Reply:
    """The start limit's answer; seen with HTTP 429 and with HTTP 403, always with code "429"."""
    minutes, seconds = divmod(int(wait_s), 60)
    message = f"Too many frequent subscription start requests. Please retry again after {minutes}m {seconds}s."
    return af_reply(status, "429", message)
