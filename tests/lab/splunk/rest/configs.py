"""``configs/conf-<file>``, ``properties`` and the collections that are a view of one conf file.

Reading gives the merged stanza as the app of the namespace sees it; writing goes into that app's local folder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lab.splunk.conf.files import conf_boolean
from lab.splunk.conf.layering import SYSTEM, Conf, ConfTree
from lab.splunk.rest.access import Access, Session
from lab.splunk.rest.answers import Answer, Content, Entry, Page, feed, message
from lab.splunk.rest.paging import page_of
from lab.splunk.rest.requests import Fault, Request
from lab.splunk.rest.routes import Routes

_PREFIX = "conf-"


class ConfEndpoints:
    """Stanzas of conf files over REST. ``changed(conf, app)`` is called after every write."""

    def __init__(self, conf: ConfTree, access: Access, changed: Callable[[str, str], None]) -> None:
        self._conf = conf
        self._access = access
        self._changed = changed

    def register(self, routes: Routes) -> None:
        routes.add("properties", GET=self.list_files, POST=self.create_file)
        routes.add("properties/*", GET=self.list_properties)
        routes.add(f"configs/{_PREFIX}*", GET=self.list_stanzas, POST=self.create)
        routes.add(f"configs/{_PREFIX}*/_reload", GET=self.reload, POST=self.reload)
        routes.add(f"configs/{_PREFIX}*/*", GET=self.get, POST=self.update, DELETE=self.delete)

    def list_files(self, request: Request) -> Answer:
        """``properties``: the conf files that exist."""
        entries = [Entry(name, "properties", {}) for name in self.files()]
        return feed("properties", page_of(entries, request), request.origin, as_json=request.wants_json)

    def list_properties(self, request: Request) -> Answer:
        """``properties/<file>``: its stanzas. 404 for a file that no app has."""
        name = self._existing(request.path[1])
        view = self._view(name, request)
        entries = [Entry(stanza, f"properties/{name}", {}, app=view.app(stanza)) for stanza in view]
        return feed(name, page_of(entries, request), request.origin, as_json=request.wants_json)

    def create_file(self, request: Request) -> Answer:
        """``POST properties`` with ``__conf``: 201, or 303 when there is one already."""
        name = request.argument("__conf")
        if not name:
            raise Fault(400, "The following required arguments are missing: __conf.")
        if name in self.files():
            return message(303, "INFO", f"{name} exists", as_json=request.wants_json)
        app = self._writable_app(request)
        path = self._conf.app_folder(app) / "local" / f"{name}.conf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        self._conf.reload()
        return message(201, "INFO", f"{name} created", as_json=request.wants_json)

    def list_stanzas(self, request: Request) -> Answer:
        """All stanzas of a file."""
        name = self._existing(request.path[1].removeprefix(_PREFIX))
        return self._show(request, name, page_of(self.entries(name, request), request))

    def get(self, request: Request) -> Answer:
        """One stanza. 404 when the app does not see it."""
        name = self._existing(request.path[1].removeprefix(_PREFIX))
        found = [entry for entry in self.entries(name, request) if entry.name == request.path[2]]
        if not found:
            raise Fault(404, f"Could not find object id={request.path[2]}")
        return self._show(request, name, Page(found, len(found)))

    def create(self, request: Request) -> Answer:
        """A new stanza in the app's local folder. 409 when the app has one of that name."""
        name = request.path[1].removeprefix(_PREFIX)
        stanza = request.argument("name")
        if not stanza:
            raise Fault(400, "The following required arguments are missing: name.")
        app = self._writable_app(request, name, stanza)
        view = self._view(name, request)
        if stanza in view and view.app(stanza) == app:
            raise Fault(409, f"An object with name={stanza} already exists")
        return self._write(request, name, stanza, app, 201)

    def update(self, request: Request) -> Answer:
        """Settings of an existing stanza."""
        name = request.path[1].removeprefix(_PREFIX)
        stanza = request.path[2]
        view = self._view(name, request)
        if stanza not in view:
            raise Fault(404, f"Could not find object id={stanza}")
        app = self._writable_app(request, name, stanza, owner=view.app(stanza))
        return self._write(request, name, stanza, app, 200)

    def delete(self, request: Request) -> Answer:
        """Removes what local holds; what an app ships in default cannot be deleted."""
        name = request.path[1].removeprefix(_PREFIX)
        stanza = request.path[2]
        app = self._writable_app(request, name, stanza)
        if not self._conf.remove_local(name, stanza, _folder(app)):
            known = stanza in self._view(name, request)
            text = f"Could not remove object id={stanza}: it is not in {app}/local/{name}.conf"
            raise Fault(403 if known else 404, text)
        self._changed(name, app)
        return self._show(request, name, page_of(self.entries(name, request), request))

    def reload(self, request: Request) -> Answer:
        """Reads the files again."""
        self._conf.reload()
        return self._show(request, request.path[1], Page([], 0))

    def entries(self, name: str, request: Request) -> Iterable[Entry]:
        """The stanzas of a conf that the namespace sees, with their access lists; ``-`` shows those of every app."""
        namespace = request.namespace
        apps = [*self._conf.apps(), SYSTEM] if namespace.app == "-" else [namespace.app]
        for app in apps:
            view = self._conf.for_app(name, app, request.session.user)
            for stanza in view:
                if namespace.app != "-" or view.app(stanza) == app:
                    entry = self._entry(name, stanza, view)
                    if may(self._access, request.session, entry.read):
                        yield entry

    def installed_apps(self) -> Iterable[Entry]:
        """An entry for each enabled app, with the version of its app.conf."""
        for app in self._conf.apps():
            view = self._conf.for_app("app", app)
            version = view["launcher"].get("version", "") if "launcher" in view else ""
            yield Entry(app, "apps/local", {"disabled": False, "version": version}, app=app)

    def files(self) -> list[str]:
        """Every conf file that the system or an app has."""
        owners = (SYSTEM, *self._conf.apps())
        folders = [self._conf.app_folder(owner) / layer for owner in owners for layer in ("default", "local")]
        return sorted({path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.conf")})

    def _entry(self, name: str, stanza: str, view: Conf) -> Entry:
        app = view.app(stanza)
        roles = self._conf.metadata(app).access(name, stanza)
        settings = dict(view[stanza])
        disabled = conf_boolean(settings.pop("disabled", "0"), view.where(stanza, "disabled"))
        content: dict[str, Content] = {"disabled": disabled, "eai:appName": app, "eai:userName": "nobody", **settings}
        exported = app == SYSTEM or self._conf.metadata(app).exported(name, stanza)
        return Entry(
            stanza,
            f"configs/{_PREFIX}{name}",
            content,
            app=app,
            sharing="system" if app == SYSTEM else "global" if exported else "app",
            read=tuple(roles["read"]),
            write=tuple(roles["write"]),
            removable=stanza in self._conf.local(name, _folder(app)),
        )

    def _view(self, name: str, request: Request) -> Conf:
        app = "search" if request.namespace.app == "-" else request.namespace.app
        return self._conf.for_app(name, app, request.session.user)

    def _existing(self, name: str) -> str:
        if name not in self.files():
            raise Fault(404, f"Could not find configuration file {name}.conf")
        return name

    def _writable_app(self, request: Request, name: str = "", stanza: str = "", owner: str | None = None) -> str:
        app = request.namespace.app
        if app == "-":
            raise Fault(400, "Cannot write into the app '-': name one app in the address.")
        if app != SYSTEM and app not in self._conf.apps():
            raise Fault(404, f"Application does not exist: {app}")
        write = self._conf.metadata(owner or app).access(name, stanza)["write"] if name else ["admin"]
        if not may(self._access, request.session, write):
            raise Fault(403, f"User {request.session.user!r} may not write {name}.conf [{stanza}] in the app {app!r}.")
        return app

    def _write(self, request: Request, name: str, stanza: str, app: str, status: int) -> Answer:
        self._conf.set_local(name, stanza, request.settings("name"), _folder(app))
        self._changed(name, app)
        entry = self._entry(name, stanza, self._conf.for_app(name, app, request.session.user))
        return self._show(request, name, Page([entry], 1), status)

    def _show(self, request: Request, name: str, page: Page, status: int = 200) -> Answer:
        return feed(f"{_PREFIX}{name}", page, request.origin, as_json=request.wants_json, status=status)


def may(access: Access, session: Session, roles: Iterable[str]) -> bool:
    """Whether a session has one of the roles of an access list; the system user and full administrators always do."""
    return access.may(session.user, roles)


def _folder(app: str) -> str | None:
    return None if app == SYSTEM else app
