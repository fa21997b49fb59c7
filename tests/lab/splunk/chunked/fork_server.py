"""Runs one search command script again and again, each time in a forked process that has its modules loaded.

Started by the stand-in as ``python fork_server.py SCRIPT DESCRIPTOR``, under the interpreter and environment the
command itself would get. Requests arrive on the socket ``DESCRIPTOR``: a JSON line with ``cwd`` and ``arguments``,
and with it three descriptors that become stdin, stdout and stderr. Answers are JSON lines: ``{"pid": n}`` once the
process runs, ``{"pid": n, "code": n}`` when it has ended. The standard library only, and Python 3.9 syntax: it runs
where the app runs.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import select
import signal
import socket
import sys
import threading
import traceback
import types
from dataclasses import dataclass


@dataclass
class Request:
    """What one invocation asks for."""

    cwd: str
    arguments: list[str]


def main(script: str, descriptor: int) -> None:
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    become_script(script)
    code = load_modules(script)
    # What is loaded stays: without this the collector of every forked process would touch, and so copy, all of it.
    gc.freeze()
    request = serve(control)
    if request is not None:
        # Only the forked process gets here.
        os.chdir(request.cwd)
        sys.argv = [script, *request.arguments]
        leave(run(code, script))


def become_script(script: str) -> None:
    """The import path and the names a module sees when the script is started directly."""
    sys.path[0] = os.path.dirname(script)
    sys.modules["__main__"].__file__ = script
    sys.argv = [script]


def load_modules(script: str) -> types.CodeType | None:
    """Executes the script under another name than ``__main__``, which imports what it imports and runs nothing.

    Returns the compiled script. An error here is not reported: the process of every invocation meets it again and
    reports it itself.
    """
    with contextlib.suppress(BaseException):
        code = compiled(script)
        module = types.ModuleType("__preload__")
        module.__file__ = script
        with contextlib.suppress(BaseException):
            exec(code, module.__dict__)
        return code
    return None


def compiled(script: str) -> types.CodeType:
    with open(script, "rb") as source:
        return compile(source.read(), script, "exec")


def serve(control: socket.socket) -> Request | None:
    """Answers requests until the stand-in hangs up; returns the request in a forked process, None in the server."""
    wake_read, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    previous = signal.signal(signal.SIGCHLD, lambda number, frame: None)
    signal.set_wakeup_fd(wake_write)
    while True:
        ready, _, _ = select.select([control.fileno(), wake_read], [], [])
        if wake_read in ready:
            os.read(wake_read, 4096)
            report_ended(control)
        if control.fileno() not in ready:
            continue
        message, descriptors, _, _ = socket.recv_fds(control, 1 << 16, 3)
        if not message:
            return None
        pid = os.fork()
        if pid == 0:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, previous)
            control.close()
            for end in (wake_read, wake_write):
                os.close(end)
            for target, descriptor in enumerate(descriptors):
                os.dup2(descriptor, target)
                os.close(descriptor)
            return Request(**json.loads(message))
        for descriptor in descriptors:
            os.close(descriptor)
        answer(control, {"pid": pid})


def report_ended(control: socket.socket) -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        answer(control, {"pid": pid, "code": os.waitstatus_to_exitcode(status)})


def answer(control: socket.socket, message: dict[str, int]) -> None:
    # The stand-in may be gone; then the next read ends this process.
    with contextlib.suppress(OSError):
        control.sendall(json.dumps(message).encode() + b"\n")


def run(code: types.CodeType | None, script: str) -> int:
    """The script as ``__main__``; its exit code. A traceback shows the script's frames and none of these."""
    module = types.ModuleType("__main__")
    module.__file__ = script
    module.__dict__["__cached__"] = None
    sys.modules["__main__"] = module
    try:
        exec(code or compiled(script), module.__dict__)
    except SystemExit as leaving:
        if leaving.code is None or isinstance(leaving.code, int):
            return leaving.code or 0
        print(leaving.code, file=sys.stderr)
        return 1
    except BaseException as error:
        frames = error.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename != script:
            frames = frames.tb_next
        traceback.print_exception(type(error), error, frames)
        return 1
    return 0


def leave(code: int) -> None:
    """Ends the process as Python does, but for the tearing down of modules, which costs more than all the rest.

    Threads are waited for, exit functions run, streams are flushed; 120 is Python's code for a stream that cannot be.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        code = 120
    os._exit(code & 0xFF)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
