"""A tenant that answers from memory: the Management Activity API and its token endpoint, over TLS, blobs ready-made.

It is a process of its own, with the same contract for every contestant: bearer token, 24-hour windows, pages of 200
with NextPageUri, PublisherIdentifier, gzip. The tenant id in the address chooses how long it waits before it answers,
as a distant service would, and how many of the blobs it has. What one request costs it is reported with every
measurement, since it shares the machine with the contestants.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import mmap
import os
import ssl
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl, quote

import jwt
import trustme

from lab.bench.collect.events import Blobs

CLIENT_ID = "8f14e45f-ceea-467a-9c33-0b8f2a1d7e60"
CLIENT_SECRET = "lab~bench.secret"
CONTENT_TYPE = "Audit.Exchange"
_PAGE = 200
_SPAN_S = 7200.0


@dataclass(frozen=True)
class View:
    """One tenant id: seconds before each answer, and how many blobs there are."""

    tenant_id: str
    delay_s: float
    blobs: int


def view(number: int, delay_s: float, blobs: int) -> View:
    return View(f"3c9f2a58-7c1e-4b7d-9d55-{number:012d}", delay_s, blobs)


class BenchTenant:
    """The process, started for the blobs of one shape; `at` is when the first blob became available."""

    def __init__(self, blobs: Blobs, views: Sequence[View], at: float, folder: Path) -> None:
        self.blobs = blobs
        settings = folder / f"{blobs.path.stem}.json"
        told = {"blobs": str(blobs.path), "sizes": blobs.sizes, "at": at}
        settings.write_text(json.dumps({**told, "views": [vars(view) for view in views]}))
        command = [sys.executable, "-P", "-m", "lab.bench.collect.tenant", "--settings", str(settings)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the bench's tenant did not start; its words are above")
        ready = json.loads(line)
        self.url: str = ready["url"]
        self.ca_pem: str = ready["ca_pem"]
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_text(self.ca_pem)

    def cpu_s(self) -> float:
        """CPU seconds it has used so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self) -> BenchTenant:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


class _Answers:
    """What is answered, ready to be sent."""

    def __init__(self, settings: dict[str, Any], url: str) -> None:
        self._url = url
        self.delays = {view["tenant_id"]: float(view["delay_s"]) for view in settings["views"]}
        self._at = float(settings["at"])
        file = os.open(settings["blobs"], os.O_RDONLY)
        self._data = memoryview(mmap.mmap(file, 0, prot=mmap.PROT_READ))
        self._blobs: dict[str, tuple[int, int]] = {}
        self._created: list[tuple[str, float]] = []
        offset = 0
        for number, (packed, _) in enumerate(settings["sizes"]):
            content_id = f"{number:023d}${number:023d}$audit_exchange$Audit_Exchange$emea0001"
            self._blobs[content_id] = (offset, packed)
            self._created.append((content_id, self._at + _SPAN_S * number / len(settings["sizes"])))
            offset += packed
        self._counts = {view["tenant_id"]: int(view["blobs"]) for view in settings["views"]}
        self._token = jwt.encode(
            {"aud": url, "roles": ["ActivityFeed.Read"], "exp": int(time.time()) + 7200}, "bench" * 8
        )
        self._bearer = f"Bearer {self._token}".lower().encode()

    def token(self) -> bytes:
        return _reply({"token_type": "Bearer", "expires_in": 3599, "access_token": self._token})

    def answer(self, path: str, head: bytes) -> bytes | tuple[bytes, memoryview]:
        """The answer to GET `path`; a blob comes in two parts, so that it is not copied."""
        if self._bearer not in head.lower():
            return _reply({"Message": "Authorization has been denied for this request."}, "401 Unauthorized")
        route, _, query = path.partition("?")
        tenant_id, _, call = route.removeprefix("/api/v1.0/").partition("/activity/feed/")
        if call.startswith("audit/"):
            where = self._blobs.get(call[6:].replace("%24", "$"))
            if where is None:
                return _reply({"error": {"code": "AF20050", "message": "no such content"}}, "404 Not Found")
            return _head(where[1], "Content-Encoding: gzip\r\n"), self._data[where[0] : where[0] + where[1]]
        if call == "subscriptions/list":
            return _reply([{"contentType": CONTENT_TYPE, "status": "enabled", "webhook": None}])
        if call == "subscriptions/content":
            return self._listing(tenant_id, {name.lower(): value for name, value in parse_qsl(query)})
        return _reply({"error": {"code": "AF20001", "message": "not served here"}}, "400 Bad Request")

    def _listing(self, tenant_id: str, asked: dict[str, str]) -> bytes:
        start, end = (_epoch(asked[name]) for name in ("starttime", "endtime"))
        if not 0 < end - start <= 86400:
            return _reply({"error": {"code": "AF20055", "message": "24 hours at most"}}, "400 Bad Request")
        found = [entry for entry in self._created[: self._counts[tenant_id]] if start <= entry[1] < end]
        first = int(asked.get("nextpage", 0))
        root = f"{self._url}/api/v1.0/{tenant_id}/activity/feed"
        lines = [
            {
                "contentType": CONTENT_TYPE,
                "contentId": content_id,
                "contentUri": f"{root}/audit/{content_id}",
                "contentCreated": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(created)),
                "contentExpiration": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(created + 7 * 86400)),
            }
            for content_id, created in found[first : first + _PAGE]
        ]
        more = ""
        if first + _PAGE < len(found):
            kept = "&".join(f"{name}={quote(asked[name])}" for name in ("contenttype", "starttime", "endtime"))
            more = f"NextPageUri: {root}/subscriptions/content?{kept}&nextpage={first + _PAGE}\r\n"
        return _reply(lines, extra=more)


class _Connection(asyncio.Protocol):
    """Requests of one connection, one after the other."""

    def __init__(self, answers: _Answers, loop: asyncio.AbstractEventLoop) -> None:
        self._answers = answers
        self._loop = loop
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            length = _content_length(head)
            if len(rest) < length:
                return
            self._received = rest[length:]
            method, target, _ = head.split(b"\r\n", 1)[0].decode("ascii").split(" ")
            self._dispatch(method, target, head)

    def _dispatch(self, method: str, target: str, head: bytes) -> None:
        if method == "POST":
            self._send(self._answers.token())
            return
        delay_s = next((d for tenant_id, d in self._answers.delays.items() if tenant_id in target), 0.0)
        answer = self._answers.answer(target, head)
        if delay_s:
            self._loop.call_later(delay_s, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: bytes | tuple[bytes, memoryview]) -> None:
        assert self._transport is not None
        if self._transport.is_closing():
            return
        if isinstance(answer, tuple):
            self._transport.write(answer[0])
            self._transport.write(answer[1])
        else:
            self._transport.write(answer)


def _content_length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _head(length: int, extra: str = "", status: str = "200 OK") -> bytes:
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())
    return (
        f"HTTP/1.1 {status}\r\nDate: {date}\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"Content-Length: {length}\r\n{extra}\r\n"
    ).encode("ascii")


def _reply(document: Any, status: str = "200 OK", extra: str = "") -> bytes:
    body = json.dumps(document, separators=(",", ":")).encode()
    return _head(len(body), extra, status) + body


def _epoch(text: str) -> float:
    import calendar

    return float(calendar.timegm(time.strptime(text[:19], "%Y-%m-%dT%H:%M:%S")))


def plain(packed: bytes) -> bytes:
    """A blob as a client sees it."""
    return gzip.decompress(packed)


async def _serve(settings: dict[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost", "127.0.0.1").configure_cert(tls)
    holder: list[_Answers] = []
    server = await loop.create_server(lambda: _Connection(holder[0], loop), "127.0.0.1", 0, ssl=tls, backlog=512)
    url = f"https://localhost:{server.sockets[0].getsockname()[1]}"
    holder.append(_Answers(settings, url))
    print(json.dumps({"url": url, "ca_pem": authority.cert_pem.bytes().decode("ascii")}), flush=True)
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    server.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--settings", type=Path, required=True)
    settings = json.loads(parser.parse_args().settings.read_text())
    asyncio.run(_serve(settings))


if __name__ == "__main__":
    main()
