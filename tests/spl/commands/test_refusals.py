"""What the commands refuse, before any row runs, and where in the text they point."""

from __future__ import annotations

import pytest
from memory_environment import MemoryEnvironment

from lab.splunk.spl.aggregates import UNSUPPORTED
from lab.splunk.spl.commands import COMMANDS
from lab.splunk.spl.compiler import Compiler
from lab.splunk.spl.errors import SplSyntaxError, Unsupported

SYNTAX, NOT_HERE = SplSyntaxError, Unsupported
MARK = "«"
"""Stands in the queries where the error has to point; it is taken out before they are compiled."""


@pytest.mark.parametrize(
    ("query", "kind", "words"),
    [
        pytest.param("stats«", SYNTAX, "statistical function", id="stats of nothing"),
        pytest.param("stats «nosuch(n)", SYNTAX, "nosuch", id="no such function"),
        pytest.param("stats count «nosucharg=1", SYNTAX, "unknown option", id="stats: an unknown option"),
        pytest.param("stats «allnum=t count", NOT_HERE, "allnum", id="stats allnum"),
        pytest.param("stats count BY«", SYNTAX, "behind BY", id="BY of nothing"),
        pytest.param("stats count BY «h*", SYNTAX, "wildcards", id="BY with a wildcard"),
        pytest.param("stats sum(n«", SYNTAX, "')'", id="a parenthesis that is not closed"),
        pytest.param("stats «avg", NOT_HERE, "avg(*)", id="a function without a field"),
        pytest.param("stats «per_hour(n)", SYNTAX, "per_hour", id="per_hour outside timechart"),
        pytest.param("stats sum(*) AS «s", SYNTAX, "wildcard", id="a wildcard into one name"),
        pytest.param("stats sum(a*) AS «b*c*", SYNTAX, "wildcards", id="more stars than there are"),
        pytest.param("stats sum(eval(«a=1))", SYNTAX, "boolean", id="a condition as a statistic"),
        pytest.param("stats count AS«", SYNTAX, "field name", id="AS of nothing"),
        pytest.param("stats count(eval(«nosuch(1)))", NOT_HERE, "nosuch", id="an unknown eval function"),
        pytest.param("eventstats «allnum=t count", NOT_HERE, "allnum", id="eventstats allnum"),
        pytest.param("streamstats window=«-1 count", SYNTAX, "negative", id="a negative window"),
        pytest.param("streamstats time_window=«1mon count", NOT_HERE, "months", id="a time_window of months"),
        pytest.param("streamstats count window=1 «window=2", SYNTAX, "twice", id="an option twice"),
        pytest.param('streamstats reset_after=«"a=" count', SYNTAX, "", id="a broken condition"),
        pytest.param("eval«", SYNTAX, "field name", id="eval of nothing"),
        pytest.param("eval a«", SYNTAX, "'='", id="eval without a value"),
        pytest.param("eval a=«b=1", SYNTAX, "boolean", id="eval of a condition"),
        pytest.param("eval a=1 «b=2", SYNTAX, "", id="eval without a comma"),
        pytest.param("where«", SYNTAX, "", id="where of nothing"),
        pytest.param("fields «-a", SYNTAX, "blank", id="fields with a glued minus"),
        pytest.param("fields«", SYNTAX, "list of fields", id="fields of nothing"),
        pytest.param("fields a,«", SYNTAX, "comma", id="a comma at the end"),
        pytest.param("table«", SYNTAX, "list of fields", id="table of nothing"),
        pytest.param("rename a «b", SYNTAX, "AS", id="rename without AS"),
        pytest.param("rename a* AS «b", SYNTAX, "wildcard", id="rename of several into one"),
        pytest.param("bin «n", NOT_HERE, "span=", id="bin without a span"),
        pytest.param("bin n «bins=5", NOT_HERE, "bins", id="bin bins="),
        pytest.param("bin «span=1h", SYNTAX, "field to discretize", id="bin without a field"),
        pytest.param("bin _time span=«1log2", NOT_HERE, "logarithmic", id="logarithmic spans"),
        pytest.param("bin n span=«1h", NOT_HERE, "other than _time", id="a time span on a number"),
        pytest.param("bin _time span=«1w", NOT_HERE, "1w@w0", id="weeks without a day"),
        pytest.param("bin _time span=«5mon", NOT_HERE, "year", id="months that do not make a year"),
        pytest.param("bin _time span=«1h@d", NOT_HERE, "snaps", id="a span that snaps to another unit"),
        pytest.param("bin _time span=«x", SYNTAX, "time span", id="no span"),
        pytest.param("sort«", SYNTAX, "sort by", id="sort of nothing"),
        pytest.param("sort 5«", SYNTAX, "sort by", id="sort of a number alone"),
        pytest.param("sort nosuch«(a)", SYNTAX, "auto, ip, num, str", id="sort by an unknown kind"),
        pytest.param("dedup«", SYNTAX, "list of fields", id="dedup of nothing"),
        pytest.param("dedup «0 a", SYNTAX, "positive", id="dedup 0"),
        pytest.param("dedup a «nosuch=t", SYNTAX, "nosuch", id="dedup: an unknown option"),
        pytest.param("head «-1", SYNTAX, "negative", id="head of a negative number"),
        pytest.param("head «x", SYNTAX, "number", id="head of a word"),
        pytest.param("head «null=t", SYNTAX, "condition", id="head null= without a condition"),
        pytest.param("tail «x", SYNTAX, "number", id="tail of a word"),
        pytest.param("reverse «x", SYNTAX, "unexpected", id="reverse with an argument"),
        pytest.param("fillnull «a*", NOT_HERE, "a*", id="fillnull with a wildcard"),
        pytest.param("replace a «b", SYNTAX, "WITH", id="replace without WITH"),
        pytest.param('rex «"abc"', SYNTAX, "named group", id="rex without a group"),
        pytest.param('rex «"(?<a>"', SYNTAX, "compile", id="rex that does not compile"),
        pytest.param("rex «abc", SYNTAX, "double quotes", id="rex without quotes"),
        pytest.param('rex field=a «offset_field=o "(?<b>c)"', NOT_HERE, "offset_field", id="rex offset_field"),
        pytest.param('rex mode=sed «"s/a/b"', SYNTAX, "three", id="a sed expression without its end"),
        pytest.param('rex mode=sed «"s/a/b/x"', SYNTAX, "flag", id="an unknown sed flag"),
        pytest.param('rex mode=sed «"s/a/\\\\1/"', SYNTAX, "0 groups", id="a reference to no group"),
        pytest.param('rex mode=sed «"y/ab/c/"', SYNTAX, "as many", id="characters without a partner"),
        pytest.param('regex f=«"("', SYNTAX, "compile", id="regex that does not compile"),
        pytest.param("regex f=«abc", SYNTAX, "double quotes", id="regex without quotes"),
        pytest.param("spath output=a«", SYNTAX, "path", id="spath output without a path"),
        pytest.param("spath path=a «b", SYNTAX, "twice", id="spath with two paths"),
        pytest.param("spath «a{@b}", NOT_HERE, "XML", id="spath to an attribute"),
        pytest.param("makemv «setsv=t a", NOT_HERE, "setsv", id="makemv setsv"),
        pytest.param('makemv «tokenizer="a" f', SYNTAX, "group", id="a tokenizer without a group"),
        pytest.param('makemv «delim="," tokenizer="(a)" f', SYNTAX, "exclude", id="makemv with both"),
        pytest.param("mvexpand a«, b", SYNTAX, "unexpected", id="mvexpand of two fields"),
        pytest.param("mvexpand a limit=«-1", SYNTAX, "negative", id="mvexpand with a negative limit"),
        pytest.param("foreach«", SYNTAX, "field", id="foreach of nothing"),
        pytest.param("foreach a«", SYNTAX, "[ ]", id="foreach without a template"),
        pytest.param("foreach a «[nosuch]", NOT_HERE, "nosuch", id="foreach with an unknown command"),
        pytest.param("foreach a «[stats count]", SYNTAX, "streaming", id="foreach with a transforming command"),
        pytest.param("foreach mode=multivalue «a b [eval c=1]", SYNTAX, "one field", id="elements of two fields"),
        pytest.param("foreach mode=multivalue a «[where 1=1]", SYNTAX, "eval", id="elements without eval"),
        pytest.param(
            'foreach mode=multivalue a «[eval b="<<ITEM>>"]', NOT_HERE, "quotes", id="an element inside quotes"
        ),
        pytest.param("foreach mode=«nosuch a [eval b=1]", SYNTAX, "one of", id="an unknown mode"),
        pytest.param("lookup«", SYNTAX, "name of a lookup", id="lookup of nothing"),
        pytest.param("lookup users«", SYNTAX, "match on", id="lookup without a field"),
        pytest.param("lookup users a OUTPUT«", SYNTAX, "OUTPUT", id="OUTPUT of nothing"),
        pytest.param("lookup «event_time_field=t users a", NOT_HERE, "event_time_field", id="lookup by time"),
        pytest.param("outputlookup «allow_updates=f t", NOT_HERE, "allow_updates", id="allow_updates"),
        pytest.param("outputlookup output_format=«splunk_mv_csv t", NOT_HERE, "splunk_mv_csv", id="another format"),
        pytest.param("join a«", SYNTAX, "subsearch", id="join without a subsearch"),
        pytest.param("join «usetime=t a [| makeresults]", NOT_HERE, "usetime", id="join usetime"),
        pytest.param("join «left=L right=R where L.a=R.a [| makeresults]", NOT_HERE, "left", id="join with aliases"),
        pytest.param("join a [search x | «nosuch]", NOT_HERE, "nosuch", id="an unknown command in a subsearch"),
        pytest.param("append «extendtimerange=t [| makeresults]", NOT_HERE, "extendtimerange", id="append"),
        pytest.param("append [«stats count]", SYNTAX, "first command", id="a subsearch that generates nothing"),
        pytest.param("appendpipe [| «makeresults]", SYNTAX, "first command", id="appendpipe that generates"),
        pytest.param("union «x", NOT_HERE, "dataset", id="union of a dataset"),
        pytest.param('format «"(" ")"', SYNTAX, "six", id="format with two of six"),
        pytest.param("format «quote=t", NOT_HERE, "quote", id="format quote"),
        pytest.param("return«", SYNTAX, "list of fields", id="return of nothing"),
        pytest.param("convert «auto(a)", NOT_HERE, "auto", id="convert auto"),
        pytest.param("convert «nosuch(a)", SYNTAX, "nosuch", id="an unknown conversion"),
        pytest.param('convert «timeformat="%J" ctime(a)', NOT_HERE, "%J", id="an unknown time variable"),
        pytest.param("fieldformat a=«b=1", SYNTAX, "boolean", id="fieldformat of a condition"),
        pytest.param("collect «sourcetype=x", SYNTAX, "index=", id="collect without an index"),
        pytest.param("collect index=a «spool=t", NOT_HERE, "spool", id="collect spool"),
        pytest.param("collect «index=a output_format=hec host=x", SYNTAX, "hec", id="collect hec with a host"),
        pytest.param("tojson «nosuch(a)", SYNTAX, "nosuch", id="an unknown JSON type"),
        pytest.param("top«", SYNTAX, "list of fields", id="top of nothing"),
        pytest.param("top a «nosuch=1", SYNTAX, "nosuch", id="top: an unknown option"),
        pytest.param("chart «count BY _time", NOT_HERE, "span=", id="chart over time without a span"),
        pytest.param("chart count BY a b «where count in top5", NOT_HERE, "where", id="chart where"),
        pytest.param("chart «sum(*) AS *_t BY a b", NOT_HERE, "wildcards", id="chart wildcards by two"),
        pytest.param("chart «agg=max count BY a b", NOT_HERE, "agg", id="chart agg"),
        pytest.param("timechart«", SYNTAX, "statistical function", id="timechart of nothing"),
        pytest.param("timechart count BY a «span=1h", NOT_HERE, "span", id="a span behind BY"),
        pytest.param("timechart count BY a limit=«x", SYNTAX, "topN", id="limit of a word"),
        pytest.param("timechart «partial=f count", NOT_HERE, "partial", id="timechart partial"),
        pytest.param("transaction«", SYNTAX, "list of fields", id="transaction of nothing"),
        pytest.param("transaction a «mvlist=t", NOT_HERE, "mvlist", id="transaction mvlist"),
        pytest.param('transaction «a endswith="x"', NOT_HERE, "startswith", id="an end without a start"),
        pytest.param("transaction a maxspan=«1y", SYNTAX, "s, m, h or d", id="a span of years"),
        pytest.param("transpose «x", SYNTAX, "number", id="transpose of a word"),
        pytest.param("untable a b«", SYNTAX, "values", id="untable of two"),
        pytest.param("xyseries «a b", SYNTAX, "value field", id="xyseries of two"),
        pytest.param("xyseries «grouped=t a b c", NOT_HERE, "grouped", id="xyseries grouped"),
        pytest.param("autoregress a p=«3-1", SYNTAX, "range", id="a range that runs backwards"),
        pytest.param("autoregress a AS b «p=1-2", SYNTAX, "one value", id="one name for several"),
        pytest.param("delta a «p=0", SYNTAX, "positive", id="delta 0"),
        pytest.param('«map search="x"', NOT_HERE, "map", id="map"),
        pytest.param("«iplocation ip", NOT_HERE, "iplocation", id="iplocation"),
        pytest.param("«sendalert x", NOT_HERE, "sendalert", id="sendalert"),
    ],
)
def test_refused_before_any_row(query, kind, words):
    with pytest.raises(kind) as caught:
        Compiler(MemoryEnvironment()).over_rows(query.replace(MARK, ""))
    assert words in str(caught.value)
    assert caught.value.position == query.index(MARK)


@pytest.mark.parametrize(
    ("query", "kind", "words"),
    [
        pytest.param("| makeresults «nosuch=1", SYNTAX, "nosuch", id="makeresults: an unknown option"),
        pytest.param("| makeresults «count=-1", SYNTAX, "negative", id="makeresults of a negative number"),
        pytest.param("| makeresults «format=csv", SYNTAX, "together", id="format without data"),
        pytest.param('| makeresults «format=json data="{}"', SYNTAX, "Incorrectly", id="JSON that is no array"),
        pytest.param('| makeresults format=«xml data="x"', SYNTAX, "csv, json", id="another format"),
        pytest.param("| makeresults «splunk_server=x", NOT_HERE, "splunk_server", id="another server"),
        pytest.param("| inputlookup«", SYNTAX, "name of a lookup", id="inputlookup of nothing"),
        pytest.param("| inputlookup «nosuch=t x", SYNTAX, "nosuch", id="inputlookup: an unknown option"),
        pytest.param("| tstats dc(«user) WHERE index=x", NOT_HERE, "'user'", id="tstats of a search-time field"),
        pytest.param("| tstats count WHERE index=x «user=y", NOT_HERE, "'user'", id="tstats where a search-time field"),
        pytest.param("| tstats count BY «user", NOT_HERE, "'user'", id="tstats by a search-time field"),
        pytest.param("| tstats «count BY _time", NOT_HERE, "span=", id="tstats by time without a span"),
        pytest.param("| tstats «prestats=t count", NOT_HERE, "prestats", id="tstats prestats"),
        pytest.param("| rest /services/apps/local«", NOT_HERE, "rest on other", id="rest on every server"),
        pytest.param("| tstats count FROM «sid=1", NOT_HERE, "datamodel", id="tstats of a job"),
        pytest.param("| metadata «index=x", SYNTAX, "type=", id="metadata without a type"),
        pytest.param("| metadata type=«users", SYNTAX, "one of", id="metadata of an unknown type"),
        pytest.param("| multisearch «[search a]", SYNTAX, "two", id="multisearch of one"),
        pytest.param(
            "| multisearch «[search a | stats count] [search b]", SYNTAX, "streaming", id="multisearch with stats"
        ),
        pytest.param("| savedsearch «nosuch", SYNTAX, "nosuch", id="a saved search that is not there"),
        pytest.param("| «stats count", SYNTAX, "first command", id="a search that begins with stats"),
        pytest.param("search a | «makeresults", SYNTAX, "first command", id="makeresults behind rows"),
        pytest.param("search a | «inputlookup x", SYNTAX, "first command", id="inputlookup without append"),
        pytest.param("| «loadjob 1", NOT_HERE, "loadjob", id="loadjob"),
    ],
)
def test_a_whole_search_refused_before_any_row(query, kind, words):
    with pytest.raises(kind) as caught:
        Compiler(MemoryEnvironment()).search(query.replace(MARK, ""))
    assert words in str(caught.value)
    assert caught.value.position == query.index(MARK)


@pytest.mark.parametrize("function", sorted(UNSUPPORTED))
def test_functions_that_splunk_has_are_refused_by_name(function):
    with pytest.raises(Unsupported) as caught:
        Compiler(MemoryEnvironment()).over_rows(f"stats {function}(n)")
    assert function in caught.value.what


def test_every_command_has_a_name_and_a_description():
    for command in COMMANDS:
        assert command.name == command.name.lower()
        assert f"`{command.name}" in (command.__doc__ or ""), command
