"""Paths of the audit log reports."""

from __future__ import annotations

import re

from lab.tenant.exchange import Route
from lab.tenant.graph.responses import GraphResponses

_SIGN_INS = re.compile(r"/(?P<version>v1\.0|beta)/auditLogs/signIns")
_DIRECTORY_AUDITS = re.compile(r"/(?P<version>v1\.0|beta)/auditLogs/directoryAudits")

ROUTES = [
    Route("GET", _SIGN_INS, "sign_ins", GraphResponses.sign_ins),
    Route("GET", _DIRECTORY_AUDITS, "directory_audits", GraphResponses.directory_audits),
    Route("*", _SIGN_INS, "unknown", GraphResponses.wrong_method),
    Route("*", _DIRECTORY_AUDITS, "unknown", GraphResponses.wrong_method),
]
