"""The floor below the floor: the same over http.client, without the work that `requests` does for each request."""

import http.client
import ssl
import sys
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from activity_client import session, settings, token, uris

given = settings()
headers = {"Authorization": f"Bearer {token(given)}", "Accept-Encoding": "gzip"}
tls = ssl.create_default_context(cafile=given["ca_file"])
own = threading.local()
output = sys.stdout.buffer
one_at_a_time = threading.Lock()


def fetch(uri):
    parts = urlsplit(uri)
    if not hasattr(own, "connection"):
        own.connection = http.client.HTTPSConnection(parts.hostname, parts.port, context=tls, timeout=60)
    own.connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
    answer = own.connection.getresponse()
    body = zlib.decompress(answer.read(), 31)
    assert answer.status == 200
    with one_at_a_time:
        output.write(body)


lister = session(given)
lister.headers["Authorization"] = headers["Authorization"]
with ThreadPoolExecutor(given["connections"]) as pool:
    for fetched in [pool.submit(fetch, uri) for uri in uris(given, lister)]:
        fetched.result()
output.flush()
