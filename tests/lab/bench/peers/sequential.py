"""The plainest loop that a user would write: list, fetch, print, one after the other over one connection."""

import json

from activity_client import session, settings, token, uris

given = settings()
asked = session(given)
asked.headers["Authorization"] = f"Bearer {token(given)}"
for uri in uris(given, asked):
    answer = asked.get(uri, timeout=60)
    answer.raise_for_status()
    for record in answer.json():
        print(json.dumps(record))
