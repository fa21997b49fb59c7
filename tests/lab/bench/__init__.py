"""`build.py bench NAME`: what the product costs, measured and held against what it is compared with.

A benchmark is a module with four names, and a line in `BENCHES`:

    WORDS                    one line of help
    add_arguments(parser)    its own options; --quick and --json are there for all
    measure(options)         does the work; returns what can be written as JSON. `not_met` in it says which demand was
                             missed, and ends the run with 1 after the figures. options.spl is the packaged app,
                             options.quick asks for about a minute
    show(result, console)    the same as a table for people
"""

BENCHES = {
    "allowlist": "lab.bench.allowlist",
    "collect": "lab.bench.collect.measuring",
    "scoreenum": "lab.bench.scoreenum",
    "spl": "lab.bench.spl",
    "tenant-day": "lab.bench.tenant_day",
}
"""Benchmark name to its module."""
