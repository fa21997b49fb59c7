"""`build.py package`: the same sources give the same bytes, and nothing is in them that may not ship."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from package.checkouts import TIME, Checkout, full_checkout


def built(checkout: Checkout, env: dict[str, str] | None = None) -> Path:
    result = checkout.run("package", env=env)
    assert result.returncode == 0, result.stderr
    (spl,) = (checkout.root / "dist").glob("*.spl")
    return spl


def test_two_checkouts_of_the_same_sources_give_the_same_bytes(tmp_path: Path) -> None:
    one = full_checkout(tmp_path / "one")
    other = full_checkout(tmp_path / "another folder" / "deeper")
    for path in other.root.rglob("*"):
        os.utime(path, (TIME, TIME))
    (other.root / "bin" / "scoreenum.py").chmod(0o700)
    first = built(one, {"LC_ALL": "C"})
    second = built(other, {"PYTHONHASHSEED": "4711", "TZ": "Asia/Tokyo"})
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_every_entry_is_plain_and_dated_by_the_sources(packaged: Checkout) -> None:
    spl = built(packaged)
    with tarfile.open(spl) as tar:
        members = tar.getmembers()
    assert {member.mtime for member in members} == {TIME}
    assert {(member.uid, member.gid, member.uname, member.gname) for member in members} == {(0, 0, "", "")}
    assert {oct(member.mode) for member in members if member.isfile()} == {"0o644"}
    assert {oct(member.mode) for member in members if member.isdir()} == {"0o755"}
    assert [member.name for member in members] == sorted((m.name for m in members), key=lambda name: name.split("/"))
    with gzip.open(spl) as stream:
        stream.read(1)
        assert stream.mtime == TIME


def test_neither_the_clock_nor_the_interpreter_of_the_build_is_in_the_package(bare: Checkout) -> None:
    bare.write("app/default/app.conf", "[install]\nbuild = 1795258799\n")
    bare.write("app/appserver/templates/base.html", "static/@1795258799/js")
    bare.write("app/lib/bin/tool", f"#!{bare.root}/bin/python\n")
    record = bare.write("app/lib/tool-1.0.dist-info/RECORD", "../../bin/tool,sha256=x,9\ntool.py,sha256=y,7\n")
    bare.module().settle(bare.root / "app", TIME)
    assert (bare.root / "app/default/app.conf").read_text() == f"[install]\nbuild = {TIME}\n"
    assert (bare.root / "app/appserver/templates/base.html").read_text() == f"static/@{TIME}/js"
    assert not (bare.root / "app/lib/bin").exists()
    assert record.read_text() == "tool.py,sha256=y,7\n"


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_the_time_of_the_sources_is_that_of_the_commit(checkout: Checkout) -> None:
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@example.com", "GIT_CONFIG_GLOBAL": os.devnull}
    env = {**os.environ, **who, "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@example.com"}
    for command in (["init", "-q"], ["add", "LICENSE"], ["commit", "-q", "-m", "first"]):
        subprocess.run(
            ["git", *command], cwd=checkout.root, env={**env, "GIT_COMMITTER_DATE": f"{TIME} +0000"}, check=True
        )
    spl = built(checkout, {"SOURCE_DATE_EPOCH": ""})
    with tarfile.open(spl) as tar:
        conf = tar.extractfile("m365_mail_threats/default/app.conf")
        assert conf is not None
        assert f"build = {TIME}\n" in conf.read().decode()


def test_unchanged_sources_are_not_packaged_again_and_changed_ones_are(checkout: Checkout) -> None:
    spl = built(checkout)
    before = spl.stat()
    again = checkout.run("package")
    assert "is up to date" in again.stderr
    assert spl.stat().st_mtime_ns == before.st_mtime_ns
    checkout.write("default/macros.conf", (checkout.root / "default" / "macros.conf").read_text() + "\n# changed\n")
    changed = checkout.run("package")
    assert "Packaging" in changed.stderr
    assert spl.stat().st_mtime_ns != before.st_mtime_ns


def test_a_damaged_package_is_built_again(checkout: Checkout) -> None:
    spl = built(checkout)
    whole = spl.read_bytes()
    spl.write_bytes(whole[: len(whole) // 2])
    assert built(checkout).read_bytes() == whole


def test_packages_of_other_versions_are_removed_and_other_files_are_not(checkout: Checkout) -> None:
    older = checkout.write("dist/m365_mail_threats-0.0.1.spl", "older")
    other = checkout.write("dist/another_app-0.0.1.spl", "not ours")
    result = checkout.run("package")
    assert result.returncode == 0, result.stderr
    assert "Removing dist/m365_mail_threats-0.0.1.spl." in result.stderr
    assert not older.exists()
    assert other.exists()


def test_several_at_once_package_once(checkout: Checkout) -> None:
    processes = [checkout.start("package") for _ in range(3)]
    answers = [process.communicate() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], answers
    assert sorted("up to date" in stderr for _, stderr in answers) == [False, True, True]
    assert len({stdout for stdout, _ in answers}) == 1


def test_what_a_killed_build_left_behind_is_cleared_away(checkout: Checkout) -> None:
    left_over = checkout.write("build/package-killed/package/app.manifest", "{}")
    built(checkout)
    assert not left_over.parents[1].exists()


def test_the_result_names_what_is_in_the_package(packaged: Checkout) -> None:
    result = packaged.run("package")
    folders = [line.split()[0] for line in result.stdout.splitlines()[:-1]]
    assert {"(top)", "bin/", "default/", "lib/", "lookups/", "metadata/", "static/"} <= set(folders)
    assert result.stdout.splitlines()[-1].startswith("dist/m365_mail_threats-")


def test_a_compiled_file_stops_the_build_and_leaves_no_package(checkout: Checkout) -> None:
    checkout.write("bin/mail_threats/_speedups.so", "")
    result = checkout.run("package")
    assert result.returncode == 1
    assert "bin/mail_threats/_speedups.so is compiled" in result.stderr
    assert not list(checkout.root.glob("dist/*"))


@pytest.mark.parametrize(
    ("path", "message"),
    [
        pytest.param("lib/fast/_core.cpython-39.so", "lib/fast/_core.cpython-39.so is compiled", id="linux library"),
        pytest.param("lib/fast/core.pyd", "lib/fast/core.pyd is compiled", id="windows extension"),
        pytest.param("lib/fast/core.dll", "lib/fast/core.dll is compiled", id="windows library"),
        pytest.param("lib/fast/core.dylib", "lib/fast/core.dylib is compiled", id="macos library"),
        pytest.param("bin/old.pyc", "bin/old.pyc is compiled", id="byte code"),
        pytest.param("lib/fast/__pycache__/x", "lib/fast/__pycache__ is compiled", id="byte code folder"),
        pytest.param("default/.macros.conf.swp", "default/.macros.conf.swp is a hidden file", id="hidden file"),
        pytest.param("lookups/.cache/x.csv", "lookups/.cache is a hidden file", id="hidden folder"),
        pytest.param("local/app.conf", "local belongs to an installed app", id="local folder"),
        pytest.param("metadata/local.meta", "metadata/local.meta belongs to an installed app", id="local metadata"),
    ],
)
def test_refused_in_an_app(bare: Checkout, path: str, message: str) -> None:
    build = bare.module()
    bare.write("app/default/app.conf", "")
    bare.write(f"app/{path}", "")
    with pytest.raises(build.Failure) as failure:
        build.refuse(bare.root / "app")
    assert str(failure.value).startswith(message)


def test_a_plain_app_is_not_refused(bare: Checkout) -> None:
    bare.write("app/default/app.conf", "")
    bare.module().refuse(bare.root / "app")


def test_what_tools_cache_in_the_source_folders_is_not_packaged(checkout: Checkout) -> None:
    checkout.write("bin/mail_threats/__pycache__/clock.cpython-311.pyc", "")
    checkout.write("bin/.ruff_cache/x", "")
    with tarfile.open(built(checkout)) as tar:
        assert not [name for name in tar.getnames() if "cache" in name]


def test_two_sources_of_one_file_are_refused_with_both_names(checkout: Checkout) -> None:
    checkout.write("package/default/macros.conf", "")
    result = checkout.run("package")
    assert result.returncode == 1
    assert str(checkout.root / "package/default/macros.conf") in result.stderr
    assert str(checkout.root / "default/macros.conf") in result.stderr


def test_a_faulty_form_fails_with_the_words_of_ucc_gen(checkout: Checkout) -> None:
    path = checkout.root / "package" / "globalConfig.json"
    path.write_text(path.read_text().replace('"type": "textarea"', '"type": "tarea"'))
    result = checkout.run("package")
    assert result.returncode == 1
    assert "globalConfig file is not valid" in result.stderr
