"""The package zizhuoffice365managementapi, used as its page shows: list what is available, receive it, print it.

Its hosts are those of Microsoft's clouds, so the address and the token are put in place from outside.
"""

import datetime
import json
import os
import tempfile

from activity_client import settings, token

given = settings()
os.environ["REQUESTS_CA_BUNDLE"] = given["ca_file"]
os.chdir(tempfile.mkdtemp(prefix="mail-threats-bench-"))  # it writes a log where it stands

from ZIZHUOffice365ManagementAPI.ZIZHUOffice365ManagementAPI import (  # noqa: E402
    ContentType,
    Office365ManagementAPIServiceClient,
)

client = Office365ManagementAPIServiceClient(given["tenant_id"], given["client_id"], clientsecret="unused")
client.root = given["url"]
client.authResult = {"token_type": "Bearer", "access_token": token(given)}
start, end = (datetime.datetime.fromisoformat(given[name]) for name in ("start", "end"))
while start < end:
    until = min(start + datetime.timedelta(hours=24), end)
    for blob in client.get_availablecontent(start, until, ContentType.AuditExchange):
        client.receive_content([blob])
        for record in blob.auditRecords:
            print(json.dumps(record))
        blob.auditRecords = None
    start = until
