"""A headless Chromium, driven over its DevTools protocol: what a page shows and does, and a picture of it."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import aiohttp

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--mute-audio",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
    "--remote-debugging-port=0", "--remote-allow-origins=*",
)  # fmt: skip
_PATIENCE = 60.0


class PageError(Exception):
    """A script of the page failed, or what was waited for never came."""


def chromium() -> str | None:
    """The browser of this machine, or None."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


class Browser:
    """One window. ``said`` are the errors that the page's scripts and its console gave."""

    def __init__(self, program: str, width: int = 1400, height: int = 1000) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        self._log = Path(self._folder.name) / "stderr"
        command = [program, *_FLAGS, f"--window-size={width},{height}", f"--user-data-dir={self._folder.name}/profile"]
        with self._log.open("wb") as stderr:
            environment = {**os.environ, "HOME": self._folder.name}
            self._process = subprocess.Popen(
                [*command, "about:blank"], stdout=subprocess.DEVNULL, stderr=stderr, env=environment
            )
        self._loop = asyncio.new_event_loop()
        self._numbers = itertools.count(1)
        self.said: list[str] = []
        self._session = self._loop.run_until_complete(self._open())

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.run_until_complete(self._shut())
        self._loop.close()
        self._process.terminate()
        self._process.wait(30)
        self._folder.cleanup()

    def open(self, address: str) -> None:
        """Goes to an address; what it then shows is to be waited for."""
        self._ask("Page.navigate", url=address)

    def run(self, script: str) -> Any:
        """The value of a script's last expression; a promise is waited for. Raises PageError."""
        told = self._ask("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True, userGesture=True)
        if "exceptionDetails" in told:
            details = told["exceptionDetails"]
            raise PageError(f"{script}: {details.get('exception', {}).get('description') or details['text']}")
        return told["result"].get("value")

    def wait_for(self, script: str, patience: float = _PATIENCE) -> Any:
        """The first value of a script that is true. Raises PageError with what the page shows when there is none."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            found = self.run(script)
            if found:
                return found
            time.sleep(0.1)
        shown = self.run("document.body ? document.body.innerText : ''")
        raise PageError(f"{script} never held; the page said {self.said} and shows: {shown[:1500]}")

    def text(self) -> str:
        """What the page shows."""
        return str(self.run("document.body.innerText"))

    def key(self, name: str) -> None:
        """Presses a key on what has the focus: Enter, Escape or Tab."""
        code = {"Enter": 13, "Escape": 27, "Tab": 9}[name]
        told = {"key": name, "code": name, "windowsVirtualKeyCode": code}
        text = {"text": "\r"} if name == "Enter" else {}
        self._ask("Input.dispatchKeyEvent", type="keyDown", **told, **text)
        self._ask("Input.dispatchKeyEvent", type="keyUp", **told)

    def picture(self, path: Path) -> None:
        """A PNG of the window."""
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", format="png")["data"]))

    async def _open(self) -> aiohttp.ClientSession:
        until = time.monotonic() + _PATIENCE
        port = None
        while port is None:
            found = re.search(r"DevTools listening on ws://127\.0\.0\.1:(\d+)/", self._log.read_text(errors="replace"))
            port = found[1] if found else None
            if port is None and (time.monotonic() > until or self._process.poll() is not None):
                raise PageError(f"{_NAMES[0]} did not start: {self._log.read_text(errors='replace')[-1000:]}")
            await asyncio.sleep(0.05)
        session = aiohttp.ClientSession()
        async with session.get(f"http://127.0.0.1:{port}/json/list") as answer:
            (target,) = [each for each in await answer.json() if each["type"] == "page"]
        self._socket = await session.ws_connect(target["webSocketDebuggerUrl"], max_msg_size=0)
        for domain in ("Page", "Runtime", "Log"):
            await self._call(f"{domain}.enable", {})
        return session

    async def _shut(self) -> None:
        await self._socket.close()
        await self._session.close()
        await asyncio.sleep(0.05)

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self._loop.run_until_complete(asyncio.wait_for(self._call(method, parameters), _PATIENCE))

    async def _call(self, method: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        while True:
            message = await self._socket.receive()
            if message.type is not aiohttp.WSMsgType.TEXT:
                raise PageError(f"the browser ended while {method} was under way")
            told = json.loads(message.data)
            if told.get("id") == number:
                if "error" in told:
                    raise PageError(f"{method}: {told['error'].get('message')}")
                return dict(told["result"])
            self._note(told)

    def _note(self, told: Mapping[str, Any]) -> None:
        parameters = told.get("params", {})
        if told.get("method") == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.said.append(str(details.get("exception", {}).get("description") or details["text"]))
        if told.get("method") == "Page.javascriptDialogOpening":
            # Nobody is there to answer; a page that asks gets yes.
            asyncio.ensure_future(
                self._socket.send_json(
                    {"id": next(self._numbers), "method": "Page.handleJavaScriptDialog", "params": {"accept": True}}
                )
            )
