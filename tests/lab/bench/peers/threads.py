"""The same loop with the blobs fetched by 50 threads, each with a session of its own."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

from activity_client import session, settings, token, uris

THREADS = 50
given = settings()
bearer = f"Bearer {token(given)}"
own = threading.local()


def fetch(uri):
    if not hasattr(own, "session"):
        own.session = session(given)
        own.session.headers["Authorization"] = bearer
    answer = own.session.get(uri, timeout=60)
    answer.raise_for_status()
    return answer.json()


lister = session(given)
lister.headers["Authorization"] = bearer
with ThreadPoolExecutor(THREADS) as pool:
    for records in pool.map(fetch, uris(given, lister)):
        for record in records:
            print(json.dumps(record))
