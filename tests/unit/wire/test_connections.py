"""Connections are kept and used again, but only those of which nothing is left over."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

from mail_threats.accounts import Proxy
from mail_threats.wire.connections import ConnectFault, Connections, ProxyFault

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nbody"
LAST = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\nbody"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n"


class Server:
    """HTTPS on loopback. Each connection is answered from `answers`, and closed after `requests` of them."""

    def __init__(self, folder: Path, named: str = "localhost") -> None:
        authority = trustme.CA()
        self.ca_file = folder / "ca.pem"
        authority.cert_pem.write_to_path(self.ca_file)
        self.answer, self.requests = ANSWER, 1000
        self.heads: list[tuple[int, bytes]] = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(named).configure_cert(self._tls)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://localhost:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        number = 0
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            threading.Thread(target=self._serve, args=(accepted, number), daemon=True).start()

    def _serve(self, accepted: socket.socket, number: int) -> None:
        try:
            with self._tls.wrap_socket(accepted, server_side=True) as connection:
                for _ in range(self.requests):
                    head = b""
                    while b"\r\n\r\n" not in head:
                        data = connection.recv(65536)
                        if not data:
                            return
                        head += data
                    self.heads.append((number, head))
                    connection.sendall(self.answer)
        except OSError:
            return


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    opened = Server(tmp_path)
    yield opened
    opened.close()


def connections(server: Server, proxy: Proxy | None = None) -> Connections:
    return Connections(str(server.ca_file), proxy, 4, 5.0, 5.0)


@pytest.fixture
def made(server: Server) -> Iterator[Connections]:
    opened = connections(server)
    yield opened
    opened.clear()


def asked(made: Connections, server: Server, read: bool = True) -> bytes:
    with made.send("GET", f"{server.url}/path?q=1", {"Accept": "x"}, None) as answer:
        return answer.raw.read() if read else b""


@pytest.mark.parametrize("answer", [ANSWER, CHUNKED], ids=["length", "chunks"])
def test_connection_whose_answer_was_read_is_used_again(server: Server, made: Connections, answer: bytes) -> None:
    server.answer = answer
    assert [asked(made, server) for _ in range(3)] == [b"body"] * 3
    assert [number for number, _ in server.heads] == [1, 1, 1]
    assert server.heads[0][1].startswith(b"GET /path?q=1 HTTP/1.1\r\n")


def test_connection_whose_answer_was_left_is_not_used_again(server: Server, made: Connections) -> None:
    asked(made, server, read=False)
    assert asked(made, server) == b"body"
    assert [number for number, _ in server.heads] == [1, 2]


def test_connection_that_was_announced_to_end_is_not_used_again(server: Server, made: Connections) -> None:
    server.answer = LAST
    assert [asked(made, server) for _ in range(2)] == [b"body"] * 2
    assert [number for number, _ in server.heads] == [1, 2]


def test_connection_that_was_closed_while_idle_is_not_used_again(server: Server, made: Connections) -> None:
    server.requests = 1
    for _ in range(3):
        assert asked(made, server) == b"body"
        time.sleep(0.1)  # the farewell is under way
    assert [number for number, _ in server.heads] == [1, 2, 3]


def test_connection_in_use_when_all_were_dropped_is_not_kept(server: Server, made: Connections) -> None:
    with made.send("GET", f"{server.url}/", {}, None) as answer:
        answer.raw.read()
        made.clear()
    assert asked(made, server) == b"body"
    assert [number for number, _ in server.heads] == [1, 2]


def test_certificate_of_another_authority_is_refused(server: Server, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    stranger = Server(other)
    with pytest.raises(ssl.SSLCertVerificationError):
        asked(connections(server), stranger)
    stranger.close()
    assert stranger.heads == []


def test_certificate_of_another_host_is_refused(tmp_path: Path) -> None:
    server = Server(tmp_path, named="example.com")
    with pytest.raises(ssl.SSLCertVerificationError):
        asked(connections(server), server)
    server.close()
    assert server.heads == []


def test_host_that_nobody_serves_is_a_fault_of_connecting(server: Server, made: Connections) -> None:
    server.close()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    with pytest.raises(ConnectFault) as raised:
        made.send("GET", f"https://localhost:{free}/", {}, None)
    assert raised.value.name == "ConnectionRefusedError"
    with pytest.raises(ProxyFault) as at_the_proxy:
        connections(server, Proxy("127.0.0.1", free)).send("GET", "https://localhost/", {}, None)
    assert not at_the_proxy.value.refused
