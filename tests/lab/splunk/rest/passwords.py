"""``storage/passwords``: where an app's secrets are, and nowhere else.

An entry is named ``<realm>:<name>:`` with colons and backslashes in either part escaped. The clear text stays in
memory: nothing of it reaches the stand-in's disk, so that a secret found under SPLUNK_HOME was put there by an app.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from lab.splunk.rest.answers import Answer, Entry, Page, feed
from lab.splunk.rest.paging import page_of
from lab.splunk.rest.requests import Fault, Request
from lab.splunk.rest.routes import Routes

_ENDPOINT = "storage/passwords"
LIST = "list_storage_passwords"
EDIT = "edit_storage_passwords"
# What solnlib.credentials.CredentialManager, and so every UCC handler, writes.
_SEPARATOR = "``splunk_cred_sep``"
_END_MARK = _SEPARATOR + _SEPARATOR.join("SPLUNK") + _SEPARATOR
_PART_LENGTH = 255
MASK = "******"


@dataclass(frozen=True)
class Password:
    """One stored credential."""

    app: str
    realm: str
    name: str
    clear: str

    @property
    def title(self) -> str:
        """Its name in addresses."""
        return f"{_escape(self.realm)}:{_escape(self.name)}:"


class PasswordStore:
    """The credentials of all apps."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Password] = {}

    def put(self, app: str, realm: str, name: str, clear: str) -> Password:
        """Stores a credential, replacing one of the same realm and name."""
        password = Password(app, realm, name, clear)
        self._kept[app, password.title] = password
        return password

    def get(self, app: str, title: str) -> Password | None:
        return self._kept.get((app, title))

    def of(self, app: str) -> list[Password]:
        """The credentials of an app, ``-`` for those of all."""
        return [password for password in self._kept.values() if app in ("-", password.app)]

    def remove(self, app: str, title: str) -> bool:
        return self._kept.pop((app, title), None) is not None

    def clear(self) -> None:
        """Loses every credential, as an admin's clean-up does."""
        self._kept.clear()

    def put_ucc(self, app: str, conf: str, stanza: str, secrets: Mapping[str, str]) -> None:
        """Stores a stanza's encrypted fields as splunktaucclib's REST handlers do.

        One JSON document of all encrypted fields under the realm ``__REST_CREDENTIAL__#<app>#configs/conf-<conf>``,
        cut into parts of 255 characters, each an entry of its own, and an end mark.
        """
        realm = f"__REST_CREDENTIAL__#{app}#configs/conf-{conf}"
        document = json.dumps(dict(secrets))
        parts = [document[at : at + _PART_LENGTH] for at in range(0, len(document), _PART_LENGTH)]
        for number, part in enumerate([*parts, _END_MARK], start=1):
            self.put(app, realm, f"{stanza}{_SEPARATOR}{number}", part)


class PasswordEndpoints:
    """The store over REST."""

    def __init__(self, store: PasswordStore) -> None:
        self._store = store

    def register(self, routes: Routes) -> None:
        routes.add(_ENDPOINT, GET=self.list_passwords, POST=self.create)
        routes.add(f"{_ENDPOINT}/*", GET=self.get, POST=self.update, DELETE=self.delete)

    def list_passwords(self, request: Request) -> Answer:
        """The credentials of the app. Needs list_storage_passwords."""
        self._may_read(request)
        entries = [_entry(password) for password in self._store.of(request.namespace.app)]
        return self._show(request, page_of(entries, request))

    def get(self, request: Request) -> Answer:
        self._may_read(request)
        password = self._one(request)
        return self._show(request, Page([_entry(password)], 1))

    def create(self, request: Request) -> Answer:
        """A new credential, 201; 409 when realm and name are taken. Needs edit_storage_passwords."""
        request.require(EDIT)
        name, clear = request.argument("name"), request.argument("password")
        missing = [label for label, value in (("name", name), ("password", clear)) if not value]
        if missing:
            raise Fault(400, f"The following required arguments are missing: {', '.join(missing)}.")
        app, realm = self._one_app(request), request.argument("realm")
        if self._store.get(app, Password(app, realm, name, "").title) is not None:
            raise Fault(409, f"An object with name={_escape(realm)}:{_escape(name)}: already exists")
        password = self._store.put(app, realm, name, clear)
        return self._show(request, Page([_entry(password)], 1), 201)

    def update(self, request: Request) -> Answer:
        request.require(EDIT)
        password = self._one(request)
        clear = request.argument("password")
        if not clear:
            raise Fault(400, "The following required arguments are missing: password.")
        password = self._store.put(password.app, password.realm, password.name, clear)
        return self._show(request, Page([_entry(password)], 1))

    def delete(self, request: Request) -> Answer:
        request.require(EDIT)
        password = self._one(request)
        self._store.remove(password.app, password.title)
        entries = [_entry(other) for other in self._store.of(password.app)]
        return self._show(request, page_of(entries, request))

    def _may_read(self, request: Request) -> None:
        if not request.session.may(EDIT):
            request.require(LIST)

    def _one(self, request: Request) -> Password:
        title = request.path[2]
        # A credential without a realm also goes by "name" and, from splunklib, by "name:".
        titles = {title, f":{title}:", f":{title}"}
        for password in self._store.of(request.namespace.app):
            if password.title in titles:
                return password
        raise Fault(404, f"Could not find object id={title}")

    def _one_app(self, request: Request) -> str:
        if request.namespace.app == "-":
            raise Fault(400, "Cannot store a credential in the app '-': name one app in the address.")
        return request.namespace.app

    def _show(self, request: Request, page: Page, status: int = 200) -> Answer:
        return feed("passwords", page, request.origin, as_json=request.wants_json, status=status)


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace(":", "\\:")


def _entry(password: Password) -> Entry:
    return Entry(
        password.title,
        _ENDPOINT,
        {
            "clear_password": password.clear,
            "encr_password": "$7$",
            "password": "********",
            "realm": password.realm or None,
            "username": password.name,
        },
        app=password.app,
        read=("admin", "sc_admin"),
        write=("admin", "sc_admin"),
        removable=True,
    )
