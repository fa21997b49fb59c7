"""Installing an app: what is refused, what an upgrade keeps, and that stand-ins share nothing that they write."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path

import pytest

from lab.splunk.apps.install import install_app
from lab.splunk.conf.files import ConfError

FILES = {
    "demo/default/app.conf": "[ui]\nlabel = One\n",
    "demo/lib/shared.py": "VALUE = 1\n",
    "demo/bin/run.py": "import shared\n",
}


def packed(path: Path, files: dict[str, str], link: str = "") -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
        if link:
            member = tarfile.TarInfo("demo/bin/elsewhere")
            member.type, member.linkname = tarfile.SYMTYPE, link
            archive.addfile(member)
    return path


@pytest.mark.parametrize(
    ("files", "link", "said"),
    [
        pytest.param({"demo/../../evil": "x"}, "", "outside the app", id="a member outside"),
        pytest.param({"/etc/evil": "x"}, "", "outside the app", id="an absolute member"),
        pytest.param(FILES, "/etc/passwd", "neither a file nor a folder", id="a link"),
        pytest.param({**FILES, "other/app.conf": ""}, "", "one folder at its top", id="two folders"),
    ],
)
def test_a_package_that_reaches_elsewhere_is_refused_and_nothing_installed(
    tmp_path: Path, files: dict[str, str], link: str, said: str
) -> None:
    package = packed(tmp_path / "demo.spl", files, link)
    with pytest.raises(ConfError, match=said):
        install_app(package, tmp_path / "apps")
    assert not list((tmp_path / "apps").iterdir())


def test_what_is_no_package_is_named(tmp_path: Path) -> None:
    (tmp_path / "demo.spl").write_text("no archive")
    with pytest.raises(ConfError, match=r"demo\.spl: not an app package"):
        install_app(tmp_path / "demo.spl", tmp_path / "apps")
    with pytest.raises(ConfError, match=r"absent\.spl: not an app package"):
        install_app(tmp_path / "absent.spl", tmp_path / "apps")


@pytest.mark.parametrize("name", ["default/app.conf", "bin/run.py"])
def test_what_is_written_into_one_installed_app_is_in_no_other(tmp_path: Path, name: str) -> None:
    package = packed(tmp_path / "demo.spl", FILES)
    one, other = tmp_path / "one", tmp_path / "other"
    install_app(package, one)
    with (one / "demo" / name).open("a") as file:
        file.write("written\n")
    install_app(package, other)
    assert "written" not in (other / "demo" / name).read_text()
    assert (other / "demo" / "lib" / "shared.py").read_text() == FILES["demo/lib/shared.py"]


def test_a_package_that_was_built_anew_is_unpacked_anew_and_local_settings_stay(tmp_path: Path) -> None:
    package = packed(tmp_path / "demo.spl", FILES)
    install_app(package, tmp_path / "apps")
    local = tmp_path / "apps" / "demo" / "local"
    local.mkdir()
    (local / "app.conf").write_text("[ui]\nlabel = Mine\n")
    os.utime(packed(package, {**FILES, "demo/lib/shared.py": "VALUE = 2\n"}), ns=(1, 1))
    assert install_app(package, tmp_path / "apps") == "demo"
    assert (tmp_path / "apps" / "demo" / "lib" / "shared.py").read_text() == "VALUE = 2\n"
    assert "Mine" in (local / "app.conf").read_text()
