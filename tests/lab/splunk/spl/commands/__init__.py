"""The search commands, one a file. A command that is not in COMMANDS is refused by name."""

from __future__ import annotations

from ..command import Command
from .accum import Accum
from .addinfo import AddInfo
from .addtotals import AddColTotals, AddTotals
from .append import Append
from .appendcols import AppendCols
from .appendpipe import AppendPipe
from .autoregress import AutoRegress
from .bin import Bin
from .chart import Chart
from .collect import Collect
from .convert import ConvertCommand
from .dedup import Dedup
from .delta import Delta
from .eval import Eval
from .eventstats import EventStats
from .fieldformat import FieldFormat
from .fields import Fields
from .filldown import FillDown
from .fillnull import FillNull
from .foreach import Foreach
from .format import Format
from .head import Head
from .inputlookup import InputLookup
from .join import Join
from .lookup import Lookup
from .makemv import MakeMv
from .makeresults import MakeResults
from .metadata import Metadata
from .mvcombine import MvCombine
from .mvexpand import MvExpand
from .nomv import NoMv
from .outputlookup import OutputLookup
from .regex import Regex
from .rename import Rename
from .replace import Replace
from .rest import Rest
from .return_ import Return
from .reverse import Reverse
from .rex import Rex
from .savedsearch import SavedSearch
from .sort import Sort
from .spath import Spath
from .stats import Stats
from .streamstats import StreamStats
from .table import Table
from .tail import Tail
from .timechart import TimeChart
from .tojson import ToJson
from .top import Rare, Top
from .transaction import Transaction
from .transpose import Transpose
from .tstats import Tstats
from .union import MultiSearch, Union
from .untable import Untable
from .where import Where
from .xyseries import XySeries

COMMANDS: tuple[type[Command], ...] = (
    Accum,
    AddColTotals,
    AddInfo,
    AddTotals,
    Append,
    AppendCols,
    AppendPipe,
    AutoRegress,
    Bin,
    Chart,
    Collect,
    ConvertCommand,
    Dedup,
    Delta,
    Eval,
    EventStats,
    FieldFormat,
    Fields,
    FillDown,
    FillNull,
    Foreach,
    Format,
    Head,
    InputLookup,
    Join,
    Lookup,
    MakeMv,
    MakeResults,
    Metadata,
    MultiSearch,
    MvCombine,
    MvExpand,
    NoMv,
    OutputLookup,
    Rare,
    Regex,
    Rename,
    Replace,
    Rest,
    Return,
    Reverse,
    Rex,
    SavedSearch,
    Sort,
    Spath,
    Stats,
    StreamStats,
    Table,
    Tail,
    TimeChart,
    ToJson,
    Top,
    Transaction,
    Transpose,
    Tstats,
    Union,
    Untable,
    Where,
    XySeries,
)
