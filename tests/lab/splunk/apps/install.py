"""Installing a packaged app, as `splunk install app` does."""

from __future__ import annotations

import atexit
import shutil
import tarfile
import tempfile
from pathlib import Path, PurePosixPath

from ..conf.files import ConfError

# What an administrator has changed survives the upgrade of an app.
_KEPT = ("local", "metadata/local.meta")
# A thousand files that nobody writes to, but Python what it compiles of them: the stand-ins of a process share them.
_LIBRARIES = "lib"
_unpacked: dict[tuple[Path, int, int], Path] = {}


def install_app(package: Path, apps: Path) -> str:
    """Unpack a .spl (a gzipped tar with one folder) into the apps folder and return the app's id.

    Members outside that folder, links and devices raise ConfError, and nothing is installed then. An installed
    version is replaced; its local settings stay.
    """
    apps.mkdir(parents=True, exist_ok=True)
    source = _unpacked_once(package)
    app = source.name
    with tempfile.TemporaryDirectory(dir=apps.parent, prefix="installing-") as scratch:
        unpacked, target = Path(scratch) / app, apps / app
        _copy(source, unpacked)
        for kept in _KEPT:
            if (target / kept).exists():
                (unpacked / kept).parent.mkdir(parents=True, exist_ok=True)
                shutil.move(target / kept, unpacked / kept)
        if target.exists():
            shutil.rmtree(target)
        unpacked.rename(target)
    return app


def _unpacked_once(package: Path) -> Path:
    """The app's folder as the package holds it; a package is unpacked once in a process, until it is built anew."""
    state = package.stat() if package.exists() else None
    key = (package.absolute(), state.st_mtime_ns if state else 0, state.st_size if state else 0)
    if key not in _unpacked:
        folder = Path(tempfile.mkdtemp(prefix="unpacked-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        _unpacked[key] = folder / _unpack(package, folder)
    return _unpacked[key]


def _copy(source: Path, target: Path) -> None:
    target.mkdir()
    for entry in source.iterdir():
        copy = target / entry.name
        if entry.name == _LIBRARIES:
            copy.symlink_to(entry, target_is_directory=True)
        elif entry.is_dir():
            shutil.copytree(entry, copy)
        else:
            shutil.copy2(entry, copy)


def _unpack(package: Path, folder: Path) -> str:
    try:
        with tarfile.open(package, "r:gz") as archive:
            members = archive.getmembers()
            roots = {_root(member, package) for member in members}
            if len(roots) != 1:
                raise ConfError(f"{package}: an app package has one folder at its top, this one has {sorted(roots)}.")
            archive.extractall(folder, members, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ConfError(f"{package}: not an app package (a gzipped tar): {error}") from error
    app = roots.pop()
    if not (folder / app).is_dir():
        raise ConfError(f"{package}: {app!r} is not a folder.")
    return app


def _root(member: tarfile.TarInfo, package: Path) -> str:
    parts = PurePosixPath(member.name).parts
    if not parts or parts[0] in ("/", "..") or ".." in parts:
        raise ConfError(f"{package}: the member {member.name!r} would be written outside the app.")
    if not (member.isfile() or member.isdir()):
        raise ConfError(f"{package}: the member {member.name!r} is neither a file nor a folder.")
    return parts[0]
