"""The floor: the same bytes over the same number of connections, written to stdout as they come, unparsed."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from activity_client import session, settings, token, uris

given = settings()
bearer = f"Bearer {token(given)}"
own = threading.local()
output = sys.stdout.buffer
one_at_a_time = threading.Lock()


def fetch(uri):
    if not hasattr(own, "session"):
        own.session = session(given)
        own.session.headers["Authorization"] = bearer
    answer = own.session.get(uri, timeout=60)
    answer.raise_for_status()
    with one_at_a_time:
        output.write(answer.content)


lister = session(given)
lister.headers["Authorization"] = bearer
with ThreadPoolExecutor(given["connections"]) as pool:
    for fetched in [pool.submit(fetch, uri) for uri in uris(given, lister)]:
        fetched.result()
output.flush()
