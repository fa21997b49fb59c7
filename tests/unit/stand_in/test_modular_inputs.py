"""Modular inputs, run by the stand-in as splunkd runs them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from unit.stand_in.fixture_app import APP, App

from lab.splunk.inputs.host import InputError, Interruption
from lab.splunk.inputs.stream import StreamError, StreamEvent, StreamReader
from lab.splunk.spl.environment import IndexScope
from lab.splunk.stand_in import StandIn

STANZA = "feed://one"
SPEC = "[feed://<name>]\nword = <string>\n"
SDK = """
from splunklib.modularinput import Argument, Event, Scheme, Script
class Feed(Script):
    def get_scheme(self):
        scheme = Scheme("Feed")
        scheme.use_external_validation = True
        scheme.add_argument(Argument("word", required_on_create=True))
        return scheme
    def validate_input(self, definition):
        if definition.parameters["word"] == "bad":
            raise ValueError("word must not be bad")
    def stream_events(self, inputs, writer):
        EVENTS
if __name__ == "__main__":
    sys.exit(Feed().run(sys.argv))
"""
SCHEME = "<scheme><title>Feed</title><streaming_mode>xml</streaming_mode></scheme>"
# Without splunklib: answers --scheme, otherwise reads its configuration and does what the test says.
BARE = f"""
import json, os, signal, sys, time
if "--scheme" in sys.argv:
    print("{SCHEME}")
    sys.exit(0)
configuration = sys.stdin.read()
def write(text):
    sys.stdout.write(text)
    sys.stdout.flush()
"""


def add_feed(app: App, script: str, stanza: str = "word = hello\n", defaults: str = "[feed]\ninterval = 300\n") -> None:
    app.write("README/inputs.conf.spec", SPEC)
    app.write("default/inputs.conf", defaults)
    app.write("local/inputs.conf", f"[{STANZA}]\n{stanza}")
    app.script("feed.py", script)


def stored(splunk: StandIn, index: str = "main") -> list[dict[str, object]]:
    """The events of an index, oldest first."""
    scope = IndexScope(float("-inf"), float("inf"), indexes=frozenset({index}))
    events = splunk.index.read(scope, default_indexes=(), allowed=lambda name: True, visible_at=None)
    keys = ("raw", "time", "index", "host", "source", "sourcetype")
    return [{key: getattr(event, key) for key in keys} for event in reversed(list(events))]


def raws(splunk: StandIn) -> list[object]:
    return [event["raw"] for event in stored(splunk)]


def test_an_input_written_with_splunklib_is_indexed(
    python: Path, make_splunk: Callable[..., StandIn], make_app: Callable[[StandIn], App]
) -> None:
    app = make_app(make_splunk(python))
    events = (
        "writer.write_event(Event(data='{\"n\": 1}\\nline two', time=1767225600.5, sourcetype='s', unbroken=False))"
    )
    add_feed(app, SDK.replace("EVENTS", events))
    run = app.splunk.run_input(STANZA)
    assert (run.returncode, run.events_indexed, run.stderr, run.error) == (0, 1, "", None)
    assert stored(app.splunk) == [
        {
            "raw": '{"n": 1}\nline two',
            "time": 1767225600.5,
            "index": "main",
            "host": app.splunk.host,
            "source": STANZA,
            "sourcetype": "s",
        }
    ]


def test_the_configuration_names_the_server_and_every_setting(app: App) -> None:
    add_feed(app, BARE + 'open(os.path.join(os.environ["SPLUNK_HOME"], "xml"), "w").write(configuration)\n')
    app.splunk.run_input(STANZA)
    splunk = app.splunk
    text = (splunk.home / "xml").read_text()
    checkpoints = splunk.home / "var/lib/splunk/modinputs/feed"
    assert checkpoints.is_dir()
    for part in (
        f"<server_host>{splunk.host}</server_host>",
        f"<server_uri>{splunk.rest_uri}</server_uri>",
        f"<session_key>{splunk.session_key}</session_key>",
        f"<checkpoint_dir>{checkpoints}</checkpoint_dir>",
        f'<stanza name="{STANZA}" app="{APP}">',
        '<param name="interval">300</param>',
        '<param name="word">hello</param>',
    ):
        assert part in text


def test_an_input_sees_splunks_environment_and_nothing_of_the_developers(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nowhere")
    monkeypatch.setenv("PYTHONPATH", "/developer")
    dump = 'open(os.path.join(os.environ["SPLUNK_HOME"], "env"), "w").write(json.dumps([dict(os.environ), sys.path]))\n'
    add_feed(app, BARE + dump)
    app.splunk.run_input(STANZA)
    environment, path = json.loads((app.splunk.home / "env").read_text())
    assert environment["SPLUNK_HOME"] == str(app.splunk.home)
    assert not {"HTTPS_PROXY", "REQUESTS_CA_BUNDLE"} & set(environment)
    assert "/developer" not in environment["PYTHONPATH"]
    assert not any("site-packages" in entry and ".venv" in entry for entry in path)


def test_libraries_of_splunks_python_can_be_put_in_the_way(app: App, tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "requests.py").write_text("__version__ = 'of Splunk'\n")
    write = (
        'write("<stream><event><time>1767225600</time><data>" + requests.__version__ + "</data></event></stream>")\n'
    )
    add_feed(app, "import requests\n" + BARE + write)
    app.splunk.run_input(STANZA, python_path=[tmp_path / "old"])
    assert raws(app.splunk) == ["of Splunk"]


@pytest.mark.parametrize(
    ("stanza", "event", "expected"),
    [
        pytest.param(
            "", "<event><data>x</data></event>", {"source": STANZA, "sourcetype": "feed"}, id="nothing is said"
        ),
        pytest.param(
            "index = summary\nsourcetype = st\nsource = so\nhost = ho\n",
            "<event><data>x</data></event>",
            {"index": "summary", "sourcetype": "st", "source": "so", "host": "ho"},
            id="the stanza says it",
        ),
        pytest.param(
            "index = main\nsourcetype = st\n",
            "<event><data>x</data><index>summary</index><sourcetype>e</sourcetype><host>h</host><source>s</source></event>",
            {"index": "summary", "sourcetype": "e", "source": "s", "host": "h"},
            id="the event says it",
        ),
        pytest.param("index = default\n", "<event><data>x</data></event>", {"index": "main"}, id="index = default"),
        pytest.param(
            "host = $decideOnStartup\n",
            "<event><data>x</data><host>$decideOnStartup</host></event>",
            {"host": "$decideOnStartup"},
            id="an event that repeats the unresolved host setting",
        ),
    ],
)
def test_where_an_event_goes(stanza: str, event: str, expected: dict[str, str], app: App) -> None:
    timed = event.replace("<data>", "<time>1767225600</time><data>")
    add_feed(app, BARE + f'write("<stream>{timed}</stream>")\n', "word = x\n" + stanza)
    app.splunk.run_input(STANZA)
    (event_stored,) = stored(app.splunk, expected.get("index", "main"))
    assert expected.items() <= event_stored.items()


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        pytest.param("<event><data>a\nb</data></event>", ["a\nb"], id="an event is one event"),
        pytest.param("<event unbroken='1'><data>a\nb</data><done/></event>", ["a", "b"], id="unbroken data is broken"),
        pytest.param(
            "<event unbroken='1'><data>first ha</data></event><event unbroken='1'><data>lf\n</data><done/></event>",
            ["first half"],
            id="parts are joined until done",
        ),
        pytest.param(
            "<event unbroken='1'><data>a</data></event><event unbroken='1'><data>b</data></event>",
            ["ab"],
            id="what is not done at the end of the pipe",
        ),
        pytest.param("<event><data> </data></event><event/>", [], id="nothing to index"),
        pytest.param("<event><data>&lt;a&gt; &amp; \u00e4</data></event>", ["<a> & \u00e4"], id="escapes"),
        pytest.param("<event><data><![CDATA[<x>]]></data></event>", ["<x>"], id="CDATA"),
    ],
)
def test_what_an_event_is(stream: str, expected: list[str], app: App) -> None:
    app.write("default/props.conf", "[feed]\nSHOULD_LINEMERGE = false\nDATETIME_CONFIG = CURRENT\nTRUNCATE = 0\n")
    add_feed(app, BARE + f"write({f'<stream>{stream}</stream>'!r})\n")
    app.splunk.run_input(STANZA)
    assert raws(app.splunk) == expected


def test_a_long_event_survives_and_truncate_is_the_sourcetypes(app: App) -> None:
    app.write("default/props.conf", "[long]\nTRUNCATE = 0\n[short]\nTRUNCATE = 1000\n")
    event = "<event><time>1767225600</time><sourcetype>%s</sourcetype><data>%s</data></event>"
    program = (
        f"write('<stream>' + {event!r} % ('long', 'x' * 300000) + {event!r} % ('short', 'x' * 300000) + '</stream>')\n"
    )
    add_feed(app, BARE + program)
    app.splunk.run_input(STANZA)
    assert sorted(len(str(raw)) for raw in raws(app.splunk)) == [1000, 300000]


@pytest.mark.parametrize(
    ("output", "indexed", "reason"),
    [
        pytest.param("<stream><event><data>1</data></event><event><data>2</data>", 1, None, id="cut inside an event"),
        pytest.param("oops <stream>", 0, "not well-formed", id="text before the stream"),
        pytest.param("<stream><event><data>1</data></event>oops</b>", 1, "not well-formed", id="a wrong end tag"),
        pytest.param("<events></events>", 0, "the root element is <events>", id="another root"),
        pytest.param("<stream><time>1</time></stream>", 0, "<time> inside <stream>", id="no event round it"),
        pytest.param(
            '<!DOCTYPE stream [<!ENTITY a "b">]><stream><event><data>&a;</data></event></stream>',
            0,
            "DOCTYPE",
            id="an entity",
        ),
        pytest.param(
            '<stream><event stanza="feed://two"><data>1</data></event></stream>', 0, "feed://two", id="another stanza"
        ),
    ],
)
def test_a_stream_is_read_as_far_as_it_is_one(output: str, indexed: int, reason: str | None, app: App) -> None:
    timed = output.replace("<data>", "<time>1767225600</time><data>")
    add_feed(app, BARE + f"write({timed!r})\n")
    run = app.splunk.run_input(STANZA)
    assert run.events_indexed == indexed
    assert (run.error is None) == (reason is None)
    assert reason is None or reason in str(run.error)


def test_what_an_input_writes_on_stderr_goes_to_splunks_own_log(app: App) -> None:
    lines = ["WARN slow", "FATAL: gone", "no level", ""]
    add_feed(app, BARE + f"sys.stderr.write({chr(10).join(lines)!r})\nsys.exit(2)\n")
    run = app.splunk.run_input(STANZA)
    assert run.returncode == 2
    assert [(line.level, line.text) for line in run.log] == [("WARN", "slow"), ("FATAL", "gone"), ("ERROR", "no level")]
    (first, *_) = stored(app.splunk, "_internal")
    assert "WARN ExecProcessor - message from" in str(first["raw"])
    assert first["sourcetype"] == "splunkd"


EVENTS = """
write("<stream>")
for n in range(1, 6):
    write("<event><time>17672256%02d</time><data>%d</data></event>" % (n, n))
    open(os.path.join(os.environ["SPLUNK_HOME"], "written"), "a").write("%d\\n" % n)
    if n == 3:
        WAIT
write("</stream>")
"""
WAIT = 'while not os.path.exists(os.path.join(os.environ["SPLUNK_HOME"], "go")): time.sleep(0.01)'


def written(splunk: StandIn) -> str:
    return (splunk.home / "written").read_text().split()[-1]


def test_a_killed_input_leaves_what_was_indexed(app: App) -> None:
    add_feed(app, BARE + EVENTS.replace("WAIT", WAIT))
    run = app.splunk.run_input(STANZA, interruption=Interruption(3, "kill"))
    assert (run.returncode, run.events_indexed, run.error) == (-9, 3, "interrupted (kill) after 3 events")
    assert raws(app.splunk) == ["1", "2", "3"]
    assert int(written(app.splunk)) <= 3


def test_what_a_killed_input_had_written_is_still_read(app: App) -> None:
    event = "<event><time>1767225600</time><data>{}</data></event>"
    whole = "".join(event.format(n) for n in range(1, 6))
    program = f"""os.write(1, {f"<stream>{whole}<event><data>cut o".encode()!r})\nwhile True: time.sleep(0.01)\n"""
    add_feed(app, BARE + program)
    seen: list[int] = []
    run = app.splunk.run_input(STANZA, interruption=Interruption(3, "kill"), on_event=seen.append)
    assert (run.returncode, run.events_indexed, run.error) == (-9, 5, "interrupted (kill) after 3 events")
    assert raws(app.splunk) == ["1", "2", "3", "4", "5"]
    assert seen == [1, 2, 3, 4, 5]


def test_parts_that_a_killed_input_had_not_ended_are_indexed(app: App) -> None:
    app.write("default/props.conf", "[feed]\nSHOULD_LINEMERGE = false\nDATETIME_CONFIG = CURRENT\n")
    parts = "<stream><event unbroken='1'><data>a\nb</data></event><event unbroken='1'><data>c\n</data></event>"
    add_feed(app, BARE + f"os.write(1, {parts.encode()!r})\nwhile True: time.sleep(0.01)\n")
    run = app.splunk.run_input(STANZA, interruption=Interruption(1, "kill"))
    assert run.returncode == -9
    assert raws(app.splunk) == ["a", "bc"]


def test_a_terminated_input_may_finish_what_it_is_at(app: App) -> None:
    handler = """
stopped = []
signal.signal(signal.SIGTERM, lambda number, frame: stopped.append(number))
"""
    finish = """while not stopped: time.sleep(0.01)
        write("<event><time>1767225690</time><data>last</data></event></stream>")
        sys.exit(0)"""
    add_feed(app, BARE + handler + EVENTS.replace("WAIT", finish))
    run = app.splunk.run_input(STANZA, interruption=Interruption(3, "terminate"))
    assert (run.returncode, run.error) == (0, None)
    assert raws(app.splunk) == ["1", "2", "3", "last"]


def test_an_input_that_ignores_the_signal_is_killed(app: App) -> None:
    program = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + EVENTS.replace("WAIT", WAIT)
    add_feed(app, BARE + program)
    run = app.splunk.run_input(STANZA, interruption=Interruption(3, "terminate", grace=0.5))
    assert run.returncode == -9
    assert "ended after" in str(run.error)


def test_nobody_reads_any_more(app: App) -> None:
    add_feed(app, BARE + EVENTS.replace("WAIT", 'while True: write("<!-- more -->")'))
    run = app.splunk.run_input(STANZA, interruption=Interruption(3, "hang_up"))
    assert run.events_indexed == 3
    assert "BrokenPipeError" in run.stderr


def test_an_input_that_takes_too_long_is_ended(app: App) -> None:
    add_feed(app, BARE + EVENTS.replace("WAIT", WAIT))
    run = app.splunk.run_input(STANZA, timeout=1.0)
    assert (run.returncode, run.error) == (-9, "ended after 1 s")


def test_events_are_indexed_while_the_input_runs(app: App) -> None:
    add_feed(app, BARE + EVENTS.replace("WAIT", WAIT))
    seen: list[tuple[int, int]] = []

    def on_event(count: int) -> None:
        seen.append((count, app.splunk.index.count("main")))
        if count == 3:
            (app.splunk.home / "go").touch()

    assert app.splunk.run_input(STANZA, on_event=on_event).events_indexed == 5
    assert seen == [(n, n) for n in range(1, 6)]


@pytest.mark.parametrize(
    ("stanza", "script", "reason"),
    [
        pytest.param("feed://absent", BARE, r"no stanza \[feed://absent\]", id="no stanza"),
        pytest.param("other://one", BARE, "No app has a modular input 'other'", id="no such kind"),
        pytest.param("feed", BARE, "not the stanza of a modular input", id="no name"),
        pytest.param(STANZA, "sys.exit(3)\n", r"Introspecting scheme=feed: .*exited with code 3", id="--scheme fails"),
        pytest.param(STANZA, "print('hello')\n", "not XML", id="--scheme prints no XML"),
        pytest.param(STANZA, "print('<scheme/>')\n", "streaming_mode 'simple' is not supported", id="simple streaming"),
    ],
)
def test_an_input_that_cannot_start_says_why(stanza: str, script: str, reason: str, app: App) -> None:
    add_feed(app, script)
    with pytest.raises(InputError, match=reason):
        app.splunk.run_input(stanza)


def test_a_disabled_input_does_not_run(app: App) -> None:
    add_feed(app, BARE, "disabled = 1\n")
    with pytest.raises(InputError, match="the input is disabled"):
        app.splunk.run_input(STANZA)


def test_a_kind_without_a_spec_file_is_not_known(app: App) -> None:
    add_feed(app, BARE)
    os.remove(app.folder / "README" / "inputs.conf.spec")
    with pytest.raises(InputError, match="README/inputs.conf.spec"):
        app.splunk.run_input(STANZA)


@pytest.mark.parametrize(
    ("word", "objection"),
    [pytest.param("good", None, id="good"), pytest.param("bad", "word must not be bad", id="bad")],
)
def test_the_script_is_asked_about_new_settings(word: str, objection: str | None, app: App) -> None:
    add_feed(app, SDK.replace("EVENTS", "pass"))
    assert app.splunk.processes.inputs.validate(STANZA, {"word": word}) == objection


def test_the_scheme_is_asked_once_until_the_script_changes(app: App) -> None:
    count = 'open(os.path.join(os.environ["SPLUNK_HOME"], "asked"), "a").write("x")\n'
    script = BARE.replace("    print", f"    {count}    print", 1)
    add_feed(app, script)
    app.splunk.run_input(STANZA)
    app.splunk.run_input(STANZA)
    assert (app.splunk.home / "asked").read_text() == "x"
    path = app.script("feed.py", script + "\n")
    os.utime(path, (1, 1))
    app.splunk.run_input(STANZA)
    assert (app.splunk.home / "asked").read_text() == "xx"


def test_a_single_instance_gets_every_enabled_stanza(app: App) -> None:
    single = SCHEME.replace("</scheme>", "<use_single_instance>true</use_single_instance></scheme>")
    event = '<event stanza="feed://two"><time>1767225600</time><data>x</data></event><event><time>1767225600</time><data>y</data></event>'
    keep = 'open(os.path.join(os.environ["SPLUNK_HOME"], "xml"), "w").write(configuration)\n'
    add_feed(app, BARE.replace(SCHEME, single) + keep + f"write('<stream>{event}</stream>')\n")
    app.write(
        "local/inputs.conf",
        f"[{STANZA}]\nword = 1\n[feed://two]\nword = 2\nsourcetype = st\n[feed://off]\ndisabled = 1\n",
    )
    app.splunk.run_input(STANZA)
    assert [name in (app.splunk.home / "xml").read_text() for name in (STANZA, "feed://two", "feed://off")] == [
        True,
        True,
        False,
    ]
    assert [(event["source"], event["sourcetype"]) for event in stored(app.splunk)] == [
        ("feed://two", "st"),
        ("feed", "feed"),
    ]


def test_the_reader_gives_events_as_soon_as_they_are_complete() -> None:
    reader = StreamReader()
    assert list(reader.feed(b"<stream><event><da")) == []
    assert list(reader.feed(b"ta>1</data></eve")) == []
    assert list(reader.feed(b"nt><event><data>2</data><time>x</time></event>")) == [StreamEvent("1"), StreamEvent("2")]
    assert list(reader.feed(b"</stream>\n")) == []
    with pytest.raises(StreamError, match="output after </stream>"):
        list(reader.feed(b"<stream>"))
