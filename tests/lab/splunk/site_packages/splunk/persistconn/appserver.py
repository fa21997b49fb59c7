"""The process that holds an app's persistent REST handler: `python appserver.py SCRIPT CLASS PARAM`.

Messages in both directions are a line with a number of bytes, then so many bytes of JSON. Anything else on standard
output breaks the conversation, as it does with splunkd: a handler must not print.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import traceback
from typing import Any


def load(script: str, name: str) -> Any:
    """The class of a script. Its folder is not put on the path: a handler that imports neighbours does that itself."""
    module_name = os.path.splitext(os.path.basename(script))[0]
    spec = importlib.util.spec_from_file_location(module_name, script)
    if spec is None or spec.loader is None:
        raise ImportError(script + " is no Python script")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    return getattr(module, name)


def main(script: str, name: str, param: str) -> None:
    requests, answers = sys.stdin.buffer, sys.stdout.buffer
    handler = None
    while True:
        line = requests.readline()
        if not line:
            return
        text = requests.read(int(line)).decode("utf-8")
        try:
            if handler is None:
                handler = load(script, name)(script, param)
            answer = handler.handle(text)
            if not isinstance(answer, (str, bytes)):
                answer = json.dumps(answer)
        except Exception:
            answer = json.dumps({"failed": traceback.format_exc()})
        encoded = answer if isinstance(answer, bytes) else answer.encode("utf-8")
        answers.write(b"%d\n" % len(encoded) + encoded)
        answers.flush()


if __name__ == "__main__":
    # The folder of this file is no package folder of Splunk's Python.
    sys.path.pop(0)
    main(*sys.argv[1:])
