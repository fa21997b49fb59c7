"""Fields that a pipeline does not need are not read from events: the rows must be the same as with all fields."""

from __future__ import annotations

import pytest
from memory_environment import MemoryEnvironment

from lab.splunk.spl.search import run

EVENTS = [
    {
        "_time": str(1577836800 + 60 * count), "_raw": f"word{count}",
        "src": f"192.0.2.{count % 3}", "user": f"u{count % 4}", "n": str(count), "m": ["x", f"y{count % 2}"],
        "j": f'{{"p":{{"q":"{count}"}},"r":[1,2]}}', "uid": str(count % 5), "x1": "1", "x2": "2",
    }
    for count in range(12)
]  # fmt: skip
USERS = [{"uid": str(count), "name": f"name{count}", "dept": "d"} for count in range(3)]


@pytest.mark.parametrize(
    "commands",
    [
        "eval a=n+1, n=a*2 | table n",
        "eval n=1 | table n src",
        "eval {user}=n | table u1 u2",
        "where n>5 | table src",
        "fields n src | table src user",
        "fields - n | table n src",
        "fields x* | table x1 x2 src",
        "rename src AS s | table s",
        "rename nosuch AS src | table src n",
        "rename src AS user, user AS u | table u user",
        "rename x* AS y* | table y1 x1",
        "stats dc(user) AS d BY src | table d src",
        "stats count(eval(n>3)) AS c values(x*) AS v* BY src | table c v1 src",
        "eventstats max(n) AS n BY src | table n user",
        "eventstats count AS c BY src | table c",
        "streamstats time_window=5m dc(user) AS d BY src | table d n",
        'streamstats reset_after="user=\\"u1\\"" count AS c | table c',
        "bin _time span=5m | stats count BY _time",
        "bin n span=5 AS b | table b n",
        "sort 0 -n | table user",
        "dedup src sortby -n | table user",
        "dedup user | table n",
        "head (n>3) | table src",
        "tail 3 | table n",
        "reverse | table n",
        "lookup users uid OUTPUT name | table name",
        "lookup users uid OUTPUT name AS user | table user",
        "lookup users uid OUTPUTNEW name AS user | table user",
        "append [| makeresults | eval n=99] | table n",
        "appendpipe [stats count] | table count n",
        'rex field=user "(?<digit>\\d)" | table digit',
        'rex field=_raw "word(?<n>[02468])" | table n',
        'regex user="1" | table n',
        "spath input=j path=p.q output=n | table n",
        "spath input=j path=r{} output=r | table r",
        "spath input=j | table p.q",
        "mvexpand m | table m n",
        "nomv m | table m",
        "mvcombine src | table src user",
        "makemv delim=\".\" src | table src",
        "fillnull value=z nosuch n | table nosuch n",
        "fillnull | table nosuch n",
        "filldown nosuch | table n",
        "foreach x* [eval t=coalesce(t,0)+<<FIELD>>] | table t",
        "foreach mode=multivalue m [eval t=mvappend(t,<<ITEM>>.user)] | table t",
        'replace u1 WITH me IN user | table user',
        "addtotals x1 x2 | table Total",
        "delta n AS d | table d",
        "accum n | table n",
        "autoregress n | table n_p1",
        "addinfo | table info_sid n",
        "tojson | table _raw",
        "convert num(n) AS k | table k",
        "fieldformat n=n*2 | table n",
        "untable src f v | table f",
        "xyseries src user n | table 192.0.2.1 u1",
        "transpose | table column",
        "top src | table src count",
        "chart max(n) OVER src BY user | table u1",
        "timechart span=5m count BY src | table 192.0.2.1",
        "join uid [| inputlookup users] | table name n",
        "transaction src maxspan=2m keepevicted=t | table duration user",
        "collect index=s | table n",
        "outputlookup t.csv | table n",
        "format | table search",
        "return 3 user | table search",
        "search src=192.0.2.1 | table n",
        "inputlookup append=t users | table name n",
    ],
)  # fmt: skip
def test_pruned_events_give_the_same_rows(commands):
    def environment():
        return MemoryEnvironment(indexed=[dict(event) for event in EVENTS], lookups={"users": USERS})

    pruned = run(f"search index=main | {commands}", environment())
    newest_first = sorted(EVENTS, key=lambda event: -float(event["_time"]))
    defaults = {"_indextime": None, "index": "main", "host": "host1", "source": "source1", "sourcetype": "sourcetype1"}
    whole = [{**event, **defaults, "_indextime": event["_time"]} for event in newest_first]
    assert pruned.rows == run(commands, environment(), rows=whole).rows
    assert pruned.rows
