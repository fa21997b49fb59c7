"""Chunked search commands, written with splunklib and without, run by the stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from unit.stand_in.fixture_app import APP, App

from lab.splunk.spl.errors import SearchFailure, SplSyntaxError, Unsupported
from lab.splunk.spl.search import SearchResult
from lab.splunk.stand_in import StandIn

# A program that speaks the protocol itself: `reply` answers a request, `request` reads one.
BARE = """
import csv, io, json, os, sys, time
def request():
    header = sys.stdin.buffer.readline()
    if not header:
        sys.exit(0)
    _, meta, body = header.split(b",")
    meta = json.loads(sys.stdin.buffer.read(int(meta)))
    return meta, sys.stdin.buffer.read(int(body)).decode()
def reply(meta, body=""):
    meta, body = json.dumps(meta).encode(), body.encode()
    sys.stdout.buffer.write(b"chunked 1.0,%d,%d\\n" % (len(meta), len(body)) + meta + body)
    sys.stdout.buffer.flush()
"""
# Answers getinfo with INFO, then tells for each chunk what it was sent, one row a chunk.
TELL = (
    BARE
    + """
info, _ = request()
reply(INFO)
while True:
    meta, body = request()
    text = json.dumps({"meta": meta, "body": body}).replace('"', '""')
    reply({"finished": meta["finished"]}, 'told\\n"%s"\\n' % text)
"""
)
SDK = """
from splunklib.searchcommands import *
"""


def search(splunk: StandIn, spl: str) -> SearchResult:
    return splunk.search(spl, app=APP, now=1_767_225_600, earliest="-1h", latest="now", sid="7.1")


def told(result: SearchResult) -> list[dict[str, object]]:
    """What TELL was sent, chunk by chunk."""
    return [json.loads(str(row["told"])) for row in result.rows]


TYPES = {
    "streaming": (
        "@Configuration(distributed=False)\nclass C(StreamingCommand):\n"
        "    def stream(self, records):\n        for r in records:\n"
        "            r['x'] = r['n'] + '!'\n            yield r\n"
    ),
    "reporting": (
        "@Configuration()\nclass C(ReportingCommand):\n"
        "    def reduce(self, records):\n        yield {'x': str(sum(int(r['n']) for r in records))}\n"
    ),
    "events": (
        "@Configuration()\nclass C(EventingCommand):\n"
        "    def transform(self, records):\n        yield from reversed(list(records))\n"
    ),
    "generating": (
        "@Configuration(type='streaming')\nclass C(GeneratingCommand):\n"
        "    def generate(self):\n        for n in range(3):\n            yield self.gen_record(n=n)\n"
    ),
}


@pytest.mark.parametrize(
    ("kind", "spl", "rows"),
    [
        pytest.param("streaming", "{rows} | c", [{"n": "1", "x": "1!"}, {"n": "2", "x": "2!"}], id="streaming"),
        pytest.param("reporting", "{rows} | c", [{"x": "3"}], id="reporting"),
        pytest.param("events", "{rows} | c", [{"n": "2"}, {"n": "1"}], id="events"),
        pytest.param("generating", "| c | table n", [{"n": "0"}, {"n": "1"}, {"n": "2"}], id="generating"),
    ],
)
def test_each_type_of_splunklib_command_runs(
    kind: str,
    spl: str,
    rows: list[dict[str, str]],
    python: Path,
    make_splunk: Callable[..., StandIn],
    make_app: Callable[[StandIn], App],
) -> None:
    app = make_app(make_splunk(python))
    app.command("c", SDK + TYPES[kind] + "dispatch(C, sys.argv, sys.stdin, sys.stdout, __name__)\n")
    given = "| makeresults count=2 | streamstats count AS n | table n"
    assert search(app.splunk, spl.format(rows=given)).rows == rows


def test_the_handshake_has_every_key_that_splunkd_sends(app: App) -> None:
    tell_getinfo = """
    info, _ = request()
    reply({"type": "streaming", "generating": True})
    request()
    reply({"finished": True}, 'info\\n"%s"\\n' % json.dumps(info).replace('"', '""'))
    """
    app.command("c", BARE + tell_getinfo.replace("\n    ", "\n"))
    spl = '| c "a b", x="1 2" y'
    info = json.loads(str(search(app.splunk, spl).rows[0]["info"]))
    searchinfo = info.pop("searchinfo")
    assert info == {"action": "getinfo", "preview": False, "streaming_command_will_restart": False}
    dispatch = app.splunk.home / "var/run/splunk/dispatch/7.1"
    key = app.splunk.processes.session_key("admin")
    assert searchinfo == {
        "args": ["a b", "x=1 2", "y"],
        "raw_args": ['"a b"', 'x="1 2"', "y"],
        "dispatch_dir": str(dispatch),
        "sid": "7.1",
        "app": APP,
        "owner": "admin",
        "username": "admin",
        "session_key": key,
        "splunkd_uri": app.splunk.rest_uri,
        "splunk_version": "10.2.3",
        "search": "%7C%20c%20%22a%20b%22%2C%20x%3D%221%202%22%20y",
        "command": "c",
        "maxresultrows": 50000,
        "earliest_time": "1767222000",
        "latest_time": "1767225600",
    }
    assert (dispatch / "info.csv").read_text().splitlines()[0].startswith("_sid,")


def test_splunklib_reads_the_search_and_reaches_splunkd_through_it(app: App) -> None:
    app.command(
        "c",
        SDK
        + """
@Configuration(type="streaming")
class C(GeneratingCommand):
    def generate(self):
        info = self.search_results_info
        yield {"sid": info.sid, "app": info.ppc_app, "user": info.ppc_user, "version": self.service.info["version"]}
dispatch(C, sys.argv, sys.stdin, sys.stdout, __name__)
""",
    )
    rows = search(app.splunk, "| c").rows
    assert rows == [{"sid": "7.1", "app": APP, "user": "admin", "version": "10.2.3"}]


FIVE = "| makeresults count=5 | streamstats count AS n | eval m=n*10 | table n m"


@pytest.mark.parametrize(
    ("info", "finished", "bodies"),
    [
        pytest.param(
            {"type": "stateful"},
            [False, False, False, True],
            [
                'n,m,"__mv_n","__mv_m"\n1,10,,\n2,20,,\n',
                'n,m,"__mv_n","__mv_m"\n3,30,,\n4,40,,\n',
                'n,m,"__mv_n","__mv_m"\n5,50,,\n',
            ]
            + ['n,m,"__mv_n","__mv_m"\n'],
            id="stateful: an empty last chunk",
        ),
        pytest.param(
            {"type": "reporting"},
            [False, False, True],
            [
                'n,m,"__mv_n","__mv_m"\n1,10,,\n2,20,,\n',
                'n,m,"__mv_n","__mv_m"\n3,30,,\n4,40,,\n',
                'n,m,"__mv_n","__mv_m"\n5,50,,\n',
            ],
            id="reporting: the last chunk carries rows",
        ),
        pytest.param(
            {"type": "reporting", "required_fields": ["m", "absent"]},
            [False, False, True],
            ['m,"__mv_m"\n10,\n20,\n', 'm,"__mv_m"\n30,\n40,\n', 'm,"__mv_m"\n50,\n'],
            id="reporting: required fields only",
        ),
        pytest.param(
            {"type": "reporting", "maxinputs": 1, "required_fields": ["n"]},
            [False, False, False, False, True],
            [f'n,"__mv_n"\n{n},\n' for n in range(1, 6)],
            id="maxinputs",
        ),
        pytest.param(
            {"type": "events", "required_fields": ["n"]},
            [False, False, True],
            [
                'n,m,"__mv_n","__mv_m"\n1,10,,\n2,20,,\n',
                'n,m,"__mv_n","__mv_m"\n3,30,,\n4,40,,\n',
                'n,m,"__mv_n","__mv_m"\n5,50,,\n',
            ],
            id="events: all fields whatever is required",
        ),
        pytest.param(
            {"type": "stateful", "required_fields": ["n"]},
            [False, False, False, True],
            [
                'n,"_chunked_idx","__mv_n","__mv__chunked_idx"\n1,0,,\n2,1,,\n',
                'n,"_chunked_idx","__mv_n","__mv__chunked_idx"\n3,0,,\n4,1,,\n',
            ]
            + [
                'n,"_chunked_idx","__mv_n","__mv__chunked_idx"\n5,0,,\n',
                'n,"_chunked_idx","__mv_n","__mv__chunked_idx"\n',
            ],
            id="stateful: required fields and the row's number",
        ),
    ],
)
def test_chunks_carry_what_splunkd_sends(
    info: dict[str, object], finished: list[bool], bodies: list[str], app: App
) -> None:
    app.command("c", TELL.replace("INFO", repr(info)))
    app.splunk.processes.commands.chunk_rows = 2
    chunks = told(search(app.splunk, f"{FIVE} | c"))
    assert [chunk["meta"] for chunk in chunks] == [{"action": "execute", "finished": flag} for flag in finished]
    assert [chunk["body"] for chunk in chunks] == bodies


def test_fields_that_stayed_behind_are_joined_to_the_rows_that_come_back(app: App) -> None:
    app.command(
        "c",
        SDK
        + """
@Configuration(distributed=False, required_fields=["n"])
class C(StreamingCommand):
    def stream(self, records):
        for record in records:
            if record["n"] != "2":
                yield {**record, "seen": ",".join(sorted(record))}
        yield {"n": "new"}
dispatch(C, sys.argv, sys.stdin, sys.stdout, __name__)
""",
    )
    rows = search(app.splunk, "| makeresults count=3 | streamstats count AS n | eval m=n*10 | table n m | c").rows
    kept = [{key: row.get(key) for key in ("n", "m", "seen")} for row in rows if row["n"] != "new"]
    assert kept == [
        {"n": "1", "m": 10, "seen": "_chunked_idx,n"},
        {"n": "3", "m": 30, "seen": "_chunked_idx,n"},
    ]
    assert {"n": "new"} in rows


def test_messages_of_the_inspector_reach_the_search(app: App) -> None:
    finish = '{"finished": True, "inspector": {"messages": [["INFO", "i"], ["WARN", "w"], ["DEBUG", "d"]]}}'
    app.command("c", BARE + f'request()\nreply({{"type": "reporting"}})\nrequest()\nreply({finish})\n')
    result = search(app.splunk, "| makeresults | c")
    assert [(message.level, message.text) for message in result.messages] == [("INFO", "i"), ("WARN", "w")]


HELLO = 'request()\nreply({"type": "reporting"})\n'


@pytest.mark.parametrize(
    ("program", "settings", "reason"),
    [
        pytest.param(
            HELLO + 'request()\nreply({"finished": True, "inspector": {"messages": [["ERROR", "no luck"]]}})\n',
            "",
            "no luck",
            id="a message of level ERROR",
        ),
        pytest.param(HELLO + "request()\nsys.exit(3)\n", "", "non-zero error code 3", id="exit before the reply"),
        pytest.param(
            HELLO + 'request()\nreply({"finished": True})\nsys.exit(4)\n',
            "",
            "non-zero error code 4",
            id="exit code after a good reply",
        ),
        pytest.param(HELLO + "request()\n", "", "closed its output", id="a silent end"),
        pytest.param(HELLO + 'request()\nprint("hello")\n', "", "where a chunk header was due", id="print to stdout"),
        pytest.param(
            HELLO + 'request()\nsys.stdout.write("chunked 1.0,3,0\\nabc")\n',
            "",
            "metadata that is not JSON",
            id="metadata that is no JSON",
        ),
        pytest.param(
            HELLO + 'request()\nreply({"finished": False})\n', "", "did not finish", id="no end to the last chunk"
        ),
        pytest.param(
            HELLO + 'request()\nreply({"finished": True}, "a\\n1,2\\n")\n', "", "1 has 2 cells", id="ragged CSV"
        ),
        pytest.param(
            HELLO + 'request()\nreply({"finished": True}, "a\\n" + "x" * 200 + "\\n")\n',
            "maxchunksize = 100",
            "maxchunksize is 100",
            id="a chunk over maxchunksize",
        ),
        pytest.param(
            HELLO + "request()\ntime.sleep(60)\n", "maxwait = 3", "gave no output for 3 s", id="silence over maxwait"
        ),
    ],
)
def test_a_search_ends_with_the_reason_when_its_command(program: str, settings: str, reason: str, app: App) -> None:
    app.command("c", BARE + program, settings)
    with pytest.raises(SearchFailure) as failure:
        search(app.splunk, "| makeresults | c")
    assert "Error in 'c' command: " in failure.value.message
    assert reason in failure.value.message


def test_what_a_command_writes_on_stderr_goes_to_the_search_log(app: App) -> None:
    app.command("c", BARE + HELLO + 'request()\nprint("odd", file=sys.stderr)\nreply({"finished": True})\n')
    search(app.splunk, "| makeresults | c")
    assert [(line.command, line.sid, line.text) for line in app.splunk.processes.commands.log] == [
        ("c", "7.1", "odd\n")
    ]


def test_a_splunklib_command_names_a_missing_option(app: App) -> None:
    app.command(
        "c",
        SDK
        + """
@Configuration(distributed=False)
class C(StreamingCommand):
    field = Option(require=True)
    def stream(self, records):
        return records
dispatch(C, sys.argv, sys.stdin, sys.stdout, __name__)
""",
    )
    with pytest.raises(SearchFailure, match="Error in 'c' command: A value for \"field\" is required"):
        search(app.splunk, "| makeresults | c")


def test_a_distributed_command_does_not_run_on_the_indexers(app: App) -> None:
    app.command("c", TELL.replace("INFO", '{"type": "streaming"}'))
    app.splunk.index.add("x", time=1_767_225_000)
    with pytest.raises(SearchFailure, match="the app is not installed on the indexers"):
        search(app.splunk, "search index=main | c")


@pytest.mark.parametrize(
    ("kind", "spl"),
    [
        pytest.param("streaming", "search index=main | stats count | c", id="streaming after a transforming command"),
        pytest.param("stateful", "search index=main | c", id="stateful"),
        pytest.param("reporting", "search index=main | c", id="reporting"),
    ],
)
def test_on_the_search_head_it_does(kind: str, spl: str, app: App) -> None:
    app.command("c", TELL.replace("INFO", repr({"type": kind})))
    app.splunk.index.add("x", time=1_767_225_000)
    assert search(app.splunk, spl).rows


def test_a_program_that_is_not_read_to_its_end_is_ended(app: App) -> None:
    endless = """
info, _ = request()
reply({"type": "streaming", "generating": True})
while True:
    request()
    reply({"finished": False}, "pid\\n%d\\n" % os.getpid())
"""
    app.command("c", BARE + endless)
    pid = int(str(search(app.splunk, "| c | head 1").rows[0]["pid"]))
    assert not Path(f"/proc/{pid}").exists()


PREVIEWS = """
info, _ = request()
reply({"type": "reporting"})
meta, body = request()
with open(os.path.join(os.environ["SPLUNK_HOME"], "runs"), "a") as log:
    log.write("%s %d\\n" % (info["preview"], len(body.splitlines()) - 1))
reply({"finished": True}, "a\\n1\\n")
"""


@pytest.mark.parametrize(
    ("settings", "runs"),
    [
        pytest.param("run_in_preview = true", ["True 2", "False 4"], id="run_in_preview"),
        pytest.param("", ["False 4"], id="the default of chunked commands is not to"),
    ],
)
def test_a_reporting_command_runs_for_previews_when_it_is_told_to(settings: str, runs: list[str], app: App) -> None:
    app.command("c", BARE + PREVIEWS, settings)
    app.splunk.processes.commands.previews = True
    assert search(app.splunk, "| makeresults count=4 | c").rows == [{"a": "1"}]
    assert (app.splunk.home / "runs").read_text().splitlines() == runs


@pytest.mark.parametrize(
    ("conf", "error", "reason"),
    [
        pytest.param("[c]\nfilename = c.py\n", Unsupported, "only commands with chunked = true", id="the old protocol"),
        pytest.param("[c]\nchunked = true\nfilename = d.py\n", LookupError, "d.py is not in", id="no such program"),
        pytest.param(
            "[c]\nchunked = true\nfilename = ../default/app.conf\n", LookupError, "is not in", id="outside of bin"
        ),
        pytest.param("", Unsupported, "Unknown or unsupported search command 'c'", id="no stanza"),
    ],
)
def test_a_command_is_refused_before_the_search_runs(conf: str, error: type[Exception], reason: str, app: App) -> None:
    app.script("c.py", TELL.replace("INFO", "{}"))
    app.write("default/app.conf", "[launcher]\n")
    app.write("default/commands.conf", conf)
    with pytest.raises(error, match=reason):
        search(app.splunk, "| makeresults | c")


def test_a_command_is_private_to_its_app_until_it_is_exported(app: App) -> None:
    app.command("c", TELL.replace("INFO", '{"type": "reporting"}'))
    with pytest.raises(Unsupported, match="Unknown or unsupported search command 'c'"):
        app.splunk.search("| makeresults | c", app="search")
    app.write("metadata/default.meta", "[commands]\nexport = system\n")
    assert app.splunk.search("| makeresults | c", app="search").rows


def test_a_generating_command_has_to_come_first(app: App) -> None:
    app.command("c", TELL.replace("INFO", '{"type": "streaming", "generating": True}'))
    with pytest.raises(SplSyntaxError, match="must be the first command"):
        search(app.splunk, "| makeresults | c")
