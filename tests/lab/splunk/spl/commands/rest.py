"""rest: the entries of a REST endpoint of the search head."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ..arguments import Arguments
from ..command import Command
from ..tokens import Kind
from ..values import Row

if TYPE_CHECKING:
    from ..compiler import Compiler
    from ..search import Search

_TRUE, _FALSE = ("true", "t", "1", "yes"), ("false", "f", "0", "no")


class Rest(Command):
    """`rest <path> [count=<int>] [strict=<bool>] [splunk_server=local] [timeout=<int>] [<argument>=<value>]...`.

    Asks the search head as the user of the search; other servers are refused. An endpoint that gives an error gives a
    warning and no rows, with strict=t the search ends.
    """

    name = "rest"
    placement = "generating"

    def __init__(self, path: str, arguments: Mapping[str, str], *, strict: bool) -> None:
        self.path = path
        self.arguments = arguments
        self.strict = strict

    @classmethod
    def parse(cls, args: Arguments, compiler: Compiler) -> Command:
        options: dict[str, str] = {}
        path = ""
        while not args.at_end:
            token = args.next()
            if token.kind not in (Kind.WORD, Kind.STRING):
                raise args.error("expected a path or an argument", token)
            if args.accept("="):
                value = args.next()
                if value.kind not in (Kind.WORD, Kind.STRING):
                    raise args.error(f"expected the value of {token.text}", value)
                options[token.text] = value.text
            elif path:
                raise args.error("one path is enough", token)
            else:
                path = token.text
        if not path.startswith("/services"):
            raise args.error("expected a path that begins with /services or /servicesNS")
        if options.pop("splunk_server", "") != "local":
            raise args.unsupported("rest on other servers than splunk_server=local")
        if "splunk_server_group" in options:
            raise args.unsupported("splunk_server_group")
        strict = options.pop("strict", "f").lower()
        if strict not in (*_TRUE, *_FALSE):
            raise args.error("strict takes a boolean")
        options.pop("timeout", None)
        return cls(path, {"count": "0", **options}, strict=strict in _TRUE)

    def run(self, rows: Iterator[Row], search: Search) -> Iterator[Row]:
        try:
            yield from search.environment.rest(self.path, self.arguments)
        except LookupError as error:
            words = f"Failed to fetch REST endpoint uri={self.path}: {error.args[0]}"
            if self.strict:
                raise search.fail(f"Error in 'rest' command: {words}") from error
            search.warn(words)
