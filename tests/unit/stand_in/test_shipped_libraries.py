"""solnlib as the app ships it, against the management port, under each of Splunk's Pythons."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from unit.stand_in.fixture_app import APP, App

from lab.splunk.process_environment import script_environment
from lab.splunk.stand_in import StandIn

PROGRAM = """
import json, sys
sys.path.insert(0, LIB)
from solnlib import log
from solnlib.conf_manager import ConfManager
from solnlib.modular_input.checkpointer import KVStoreCheckpointer
from solnlib.server_info import ServerInfo
key, port = sys.argv[1], int(sys.argv[2])
where = dict(scheme="https", host="127.0.0.1", port=port)
confs = ConfManager(key, APP, realm="__REST_CREDENTIAL__#%s#configs/conf-things" % APP, **where)
things = confs.get_conf("things")
out = {"secret": things.get("contoso")["client_secret"], "all": sorted(things.get_all())}
things.update("new one", {"tenant_id": "n", "client_secret": "s" * 300}, ["client_secret"])
out["written"] = things.get("new one")["client_secret"] == "s" * 300
things.delete("new one")
out["deleted"] = not things.stanza_exist("new one")
checkpoints = KVStoreCheckpointer("checkpoints", key, APP, **where)
checkpoints.update("a b/c", {"x": 1})
out["checkpoint"] = checkpoints.get("a b/c")
out["missing"] = checkpoints.get("absent")
out["version"] = ServerInfo(key, **where).version
log.Logs.set_context(namespace="fixture")
log.Logs().get_logger("test").warning("hello")
print(json.dumps(out))
"""


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lib folder of the built app."""
    named = os.environ.get("MAIL_THREATS_SPL")
    built = [Path(named)] if named else sorted((Path(__file__).parents[3] / "dist").glob("m365_mail_threats-*.spl"))
    if not built and not os.environ.get("CI"):
        pytest.skip("the app is not built; run `python3 build.py package`")
    folder = tmp_path_factory.mktemp("spl")
    with tarfile.open(built[0]) as package:
        package.extractall(folder, filter="data")
    return folder / "m365_mail_threats" / "lib"


def test_solnlib_reads_and_writes_what_an_input_needs(
    python: Path, make_splunk: Callable[..., StandIn], make_app: Callable[[StandIn], App], shipped: Path
) -> None:
    splunk = make_splunk(python)
    app = make_app(splunk)
    app.write("default/things.conf", "[default]\ncolour = red\n")
    secret = 'quo"te\\' + "x" * 600
    splunk.processes.add_account(APP, "things", "contoso", {"client_secret": secret}, encrypted=["client_secret"])
    splunk.start()
    program = app.write("bin/program.py", PROGRAM.replace("LIB", repr(str(shipped))).replace("APP", repr(APP)))
    port = splunk.rest_uri.rpartition(":")[2]
    answer = subprocess.run(
        [str(python), str(program), splunk.session_key, port],
        capture_output=True,
        text=True,
        env=script_environment(splunk.home),
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout) == {
        "secret": secret,
        "all": ["contoso"],
        "written": True,
        "deleted": True,
        "checkpoint": {"x": 1},
        "missing": None,
        "version": "10.2.3",
    }
    assert "hello" in (splunk.home / "var/log/splunk/fixture_test.log").read_text()
    assert splunk.processes.port.unknown == []
