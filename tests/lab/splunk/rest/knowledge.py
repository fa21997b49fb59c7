"""What is configured, under another address: ``data/inputs/<kind>``, ``saved/searches``, ``apps/local``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lab.splunk.rest.answers import Answer, Entry, Page, feed
from lab.splunk.rest.configs import ConfEndpoints
from lab.splunk.rest.paging import page_of
from lab.splunk.rest.requests import Fault, Request
from lab.splunk.rest.routes import Routes

_INPUTS = "data/inputs"
_SEARCHES = "saved/searches"
_APPS = "apps/local"


class KnowledgeEndpoints:
    """Reading of input stanzas and saved searches, by the rules of the conf endpoints."""

    def __init__(self, configs: ConfEndpoints) -> None:
        self._configs = configs

    def register(self, routes: Routes) -> None:
        routes.add(f"{_INPUTS}/*", GET=self.inputs)
        routes.add(f"{_INPUTS}/*/*", GET=self.one_input)
        routes.add(_SEARCHES, GET=self.searches)
        routes.add(f"{_SEARCHES}/*", GET=self.one_search)
        routes.add(_APPS, GET=self.apps)

    def inputs(self, request: Request) -> Answer:
        """The stanzas ``[<kind>://<name>]``. Needs list_inputs."""
        request.require("list_inputs")
        return self._list(request, self._inputs(request))

    def one_input(self, request: Request) -> Answer:
        request.require("list_inputs")
        return self._one(request, self._inputs(request), request.path[3])

    def searches(self, request: Request) -> Answer:
        return self._list(request, self._searches(request))

    def one_search(self, request: Request) -> Answer:
        return self._one(request, self._searches(request), request.path[2])

    def apps(self, request: Request) -> Answer:
        """The installed apps, disabled ones too."""
        return self._list(request, self._configs.installed_apps())

    def _inputs(self, request: Request) -> Iterable[Entry]:
        kind = request.path[2]
        for entry in self._configs.entries("inputs", request):
            scheme, separator, name = entry.name.partition("://")
            if separator and scheme == kind:
                yield replace(entry, name=name, endpoint=f"{_INPUTS}/{kind}")

    def _searches(self, request: Request) -> Iterable[Entry]:
        for entry in self._configs.entries("savedsearches", request):
            yield replace(entry, endpoint=_SEARCHES)

    def _list(self, request: Request, entries: Iterable[Entry]) -> Answer:
        page = page_of(entries, request)
        return feed(request.path[-1], page, request.origin, as_json=request.wants_json)

    def _one(self, request: Request, entries: Iterable[Entry], name: str) -> Answer:
        found = [entry for entry in entries if entry.name == name]
        if not found:
            raise Fault(404, f"Could not find object id={name}")
        return feed(name, Page(found, len(found)), request.origin, as_json=request.wants_json)
