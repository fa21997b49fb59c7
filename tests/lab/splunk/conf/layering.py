"""The layers of configuration: system and apps, default and local, and the two orders in which Splunk merges them.

Rules: Admin Manual, "Configuration file precedence". Global context (index time, limits, inputs): system/local, then
every app's local, then every app's default (apps in ASCII order, the first wins), then system/default. App or user
context (search time): the user's folder, the app's own local and default, the exported objects of the other apps
(reverse ASCII order, the last wins), then system/local and system/default.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .files import DEFAULT_STANZA, Stanzas, conf_boolean, read_conf, write_conf
from .metadata import Metadata

SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Setting:
    """One value with the app ("system" or an app's folder) and the file it comes from."""

    value: str
    app: str
    path: Path

    def __str__(self) -> str:
        return self.value


class Conf(Mapping[str, Mapping[str, str]]):
    """A merged conf: stanza name to its settings, with those of [default] below them."""

    def __init__(
        self, name: str, stanzas: dict[str, dict[str, Setting]], owners: Mapping[str, tuple[str, Path]]
    ) -> None:
        self.name = name
        self._owners = owners
        self._default = stanzas.pop(DEFAULT_STANZA, {})
        self._stanzas = stanzas
        self._plain: dict[str, dict[str, str]] = {}

    def __getitem__(self, stanza: str) -> Mapping[str, str]:
        plain = self._plain.get(stanza)
        if plain is None:
            settings = self._stanzas[stanza] if stanza != DEFAULT_STANZA else {}
            plain = {key: setting.value for key, setting in (self._default | settings).items()}
            self._plain[stanza] = plain
        return plain

    def __iter__(self) -> Iterator[str]:
        return iter(self._stanzas)

    def __len__(self) -> int:
        return len(self._stanzas)

    def default(self) -> dict[str, Setting]:
        """The settings of [default]."""
        return self._default

    def own(self, stanza: str) -> dict[str, Setting]:
        """The settings of a stanza without those of [default]; empty when there is no such stanza."""
        return self._stanzas.get(stanza, {})

    def app(self, stanza: str) -> str:
        """The app that a stanza belongs to: the one whose layer is highest."""
        return self._owners[stanza][0]

    def where(self, stanza: str, key: str | None = None) -> str:
        """A place for error texts: file, stanza, setting."""
        setting = self._stanzas.get(stanza, {}).get(key or "")
        path = setting.path if setting is not None else self._owners[stanza][1]
        return f"{path} [{stanza}] {key}" if key else f"{path} [{stanza}]"


@dataclass(frozen=True, slots=True)
class _Layer:
    app: str
    folder: Path
    exported_only: bool = False


class ConfTree:
    """The etc folder of a SPLUNK_HOME. Merged views are kept until something is written or `reload` is called."""

    def __init__(self, etc: Path) -> None:
        self.etc = etc
        self.generation = 0
        self._files: dict[Path, Stanzas] = {}
        self._views: dict[tuple[str, str | None, str | None], Conf] = {}
        self._metadata: dict[str, Metadata] = {}
        self._apps: list[str] | None = None

    # reading

    def apps(self) -> list[str]:
        """Installed and enabled apps, in ASCII order."""
        if self._apps is None:
            folder = self.etc / "apps"
            names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
            self._apps = [name for name in names if not self._disabled(name)]
        return self._apps

    def app_folder(self, app: str) -> Path:
        """The folder of an app, or of the system."""
        return self.etc / SYSTEM if app == SYSTEM else self.etc / "apps" / app

    def metadata(self, app: str) -> Metadata:
        if app not in self._metadata:
            self._metadata[app] = Metadata(self.app_folder(app))
        return self._metadata[app]

    def visible(self, owner: str, category: str, name: str, from_app: str) -> bool:
        """Whether an object of one app is seen from another."""
        return owner in (SYSTEM, from_app) or self.metadata(owner).exported(category, name)

    def index_time(self, name: str) -> Conf:
        """A conf in the global context: index time, limits, inputs, indexes."""
        return self._view(name, None, None)

    def for_app(self, name: str, app: str, user: str = "nobody") -> Conf:
        """A conf as a search in an app sees it."""
        return self._view(name, app, user)

    def local(self, name: str, app: str | None = None) -> Stanzas:
        """What the local file of an app (None: the system) holds, unmerged."""
        return self._read(self.app_folder(app or SYSTEM) / "local" / f"{name}.conf")

    # writing

    def set_local(self, name: str, stanza: str, settings: Mapping[str, str], app: str | None = None) -> None:
        """Write settings into an app's (None: the system's) local folder, as saving a form does."""
        path = self.app_folder(app or SYSTEM) / "local" / f"{name}.conf"
        stanzas = {key: dict(values) for key, values in self._read(path).items()}
        stanzas.setdefault(stanza, {}).update({key: str(value) for key, value in settings.items()})
        write_conf(path, stanzas)
        self.reload()

    def remove_local(self, name: str, stanza: str, app: str | None = None) -> bool:
        """Delete a stanza from a local file; False when it was not there."""
        path = self.app_folder(app or SYSTEM) / "local" / f"{name}.conf"
        stanzas = {key: dict(values) for key, values in self._read(path).items()}
        if stanzas.pop(stanza, None) is None:
            return False
        write_conf(path, stanzas)
        self.reload()
        return True

    def reload(self) -> None:
        """Forget what was read; the next use reads the files again."""
        self.generation += 1
        self._files.clear()
        self._views.clear()
        self._metadata.clear()
        self._apps = None

    # merging

    def _view(self, name: str, app: str | None, user: str | None) -> Conf:
        key = (name, app, user)
        view = self._views.get(key)
        if view is None:
            layers = self._global_layers() if app is None else self._app_layers(app, user or "nobody")
            view = self._views[key] = self._merge(name, layers)
        return view

    def _global_layers(self) -> list[_Layer]:
        system = self.etc / SYSTEM
        folders = [(app, self.app_folder(app)) for app in self.apps()]
        return [
            _Layer(SYSTEM, system / "local"),
            *(_Layer(app, folder / "local") for app, folder in folders),
            *(_Layer(app, folder / "default") for app, folder in folders),
            _Layer(SYSTEM, system / "default"),
        ]

    def _app_layers(self, app: str, user: str) -> list[_Layer]:
        own = self.app_folder(app)
        layers = [_Layer(app, self.etc / "users" / user / app / "local")]
        if app in self.apps():
            layers += [_Layer(app, own / "local"), _Layer(app, own / "default")]
        for other in reversed(self.apps()):
            if other != app:
                folder = self.app_folder(other)
                layers += [_Layer(other, folder / "local", True), _Layer(other, folder / "default", True)]
        system = self.etc / SYSTEM
        return [*layers, _Layer(SYSTEM, system / "local"), _Layer(SYSTEM, system / "default")]

    def _merge(self, name: str, layers: list[_Layer]) -> Conf:
        merged: dict[str, dict[str, Setting]] = {}
        owners: dict[str, tuple[str, Path]] = {}
        for layer in layers:
            path = layer.folder / f"{name}.conf"
            metadata = self.metadata(layer.app) if layer.exported_only else None
            for stanza, settings in self._read(path).items():
                seen = {
                    key: Setting(value, layer.app, path)
                    for key, value in settings.items()
                    if metadata is None or metadata.exported(name, stanza, key)
                }
                if seen or metadata is None or metadata.exported(name, stanza):
                    owners.setdefault(stanza, (layer.app, path))
                    merged[stanza] = seen | merged.get(stanza, {})
        return Conf(name, merged, owners)

    def _read(self, path: Path) -> Stanzas:
        stanzas = self._files.get(path)
        if stanzas is None:
            stanzas = self._files[path] = read_conf(path) if path.is_file() else {}
        return stanzas

    def _disabled(self, app: str) -> bool:
        for layer in ("local", "default"):
            state = self._read(self.app_folder(app) / layer / "app.conf").get("install", {}).get("state")
            if state is not None:
                return not conf_boolean(state, f"{app}/{layer}/app.conf [install] state")
        return False
