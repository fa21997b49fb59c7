"""Who may import what: app and lab meet only on the wire, and each part of the app knows only what it needs."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
APP_FOLDER, TESTS_FOLDER = REPOSITORY / "bin", REPOSITORY / "tests"

# Import names of the libraries that package/lib/requirements.txt brings and that our own code may use.
SHIPPED_LIBRARIES = {"certifi", "defusedxml", "requests", "solnlib", "splunklib", "urllib3"}
STANDARD = set(sys.stdlib_module_names)


@dataclass(frozen=True)
class Import:
    """One imported module, absolute ("mail_threats.wire.tokens"), and where."""

    file: str
    line: int
    module: str
    names: tuple[str, ...] = ()

    @property
    def top(self) -> str:
        return self.module.split(".")[0]

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def imports_of(path: Path, root: Path) -> list[Import]:
    """Every import statement of a file, and import_module and __import__ of a literal; relative ones made absolute."""
    package = path.relative_to(root).with_suffix("").parts[:-1]
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name, ()) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            found.append((node.lineno, module, tuple(alias.name for alias in node.names)))
        elif isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called in ("import_module", "__import__"):
                found.append((node.lineno, str(node.args[0].value), ()))
    where = path.relative_to(REPOSITORY).as_posix() if path.is_relative_to(REPOSITORY) else path.name
    return [Import(where, line, module, names) for line, module, names in found]


def imports_under(folder: Path, root: Path, leave_out: Iterable[str] = ()) -> list[Import]:
    files = sorted(folder.rglob("*.py"))
    assert files, f"no Python below {folder}: this wall guards nothing"
    kept = (path for path in files if not any(path.is_relative_to(folder / name) for name in leave_out))
    return [found for path in kept for found in imports_of(path, root)]


def wrong(imports: Iterable[Import]) -> list[str]:
    return [str(found) for found in imports]


def test_the_app_imports_itself_python_and_what_it_ships() -> None:
    allowed = STANDARD | SHIPPED_LIBRARIES | {"mail_threats"}
    found = imports_under(APP_FOLDER / "mail_threats", APP_FOLDER)
    assert wrong(i for i in found if i.top not in allowed) == []


# A process of its own that measures a part of the built app, inside it.
INSIDE_THE_APP = "bench/peers/xml_writers.py"


def test_the_lab_never_imports_the_app() -> None:
    found = imports_under(TESTS_FOLDER / "lab", TESTS_FOLDER, leave_out=[INSIDE_THE_APP])
    assert wrong(i for i in found if i.top == "mail_threats") == []


def test_what_measures_the_app_from_inside_knows_nothing_of_the_lab() -> None:
    found = imports_of(TESTS_FOLDER / "lab" / INSIDE_THE_APP, TESTS_FOLDER)
    assert wrong(i for i in found if i.top not in STANDARD | {"mail_threats", "splunklib"}) == []


def test_the_lab_stands_on_its_own() -> None:
    """Of the folders of tests/, lab imports lab only: the suites use it, not the reverse."""
    suites = {path.name for path in TESTS_FOLDER.iterdir() if path.is_dir()} - {"lab"}
    found = imports_under(TESTS_FOLDER / "lab", TESTS_FOLDER)
    assert wrong(i for i in found if i.top in suites - STANDARD or i.top == "tests") == []


@pytest.mark.parametrize("suite", ["commands", "detections", "inputs", "knowledge", "spl"])
def test_suites_that_run_the_built_app_do_not_import_it(suite: str) -> None:
    assert wrong(i for i in imports_under(TESTS_FOLDER / suite, TESTS_FOLDER) if i.top == "mail_threats") == []


def test_unit_tests_of_shipped_code_do_not_import_the_lab() -> None:
    """They run on Python 3.9 with nothing installed but what the app ships."""
    allowed = STANDARD | SHIPPED_LIBRARIES | {"mail_threats", "pytest", "hypothesis", "unit"}
    found = imports_under(TESTS_FOLDER / "unit" / "shipped", TESTS_FOLDER)
    assert wrong(i for i in found if i.top not in allowed) == []


def test_entry_points_import_the_main_of_the_library_and_nothing_else_of_it() -> None:
    entry_points = sorted(APP_FOLDER.glob("*.py"))
    assert {path.stem for path in entry_points} == {
        "account_check",
        "allowlist",
        "allowlist_rest",
        "entra_sign_ins",
        "o365_management_activity",
        "scoreenum",
    }
    for path in entry_points:
        found = imports_of(path, APP_FOLDER)
        assert [i.names for i in found if i.top == "mail_threats"] == [("main",)], path.name
        # splunk is Splunk's own: the base class of a REST handler.
        assert wrong(i for i in found if i.top not in STANDARD | {"mail_threats", "splunk"}) == []


def test_only_the_wire_speaks_http() -> None:
    found = imports_under(APP_FOLDER / "mail_threats", APP_FOLDER, leave_out=["wire"])
    assert wrong(i for i in found if i.top in ("requests", "urllib3") or i.module == "http.client") == []


@pytest.mark.parametrize(
    ("part", "not_known"),
    [
        pytest.param("wire", {"feeds", "ledger", "inputs", "splunkio", "commands"}, id="wire"),
        pytest.param("scoring", {"wire", "feeds", "ledger", "inputs", "splunkio", "commands"}, id="scoring"),
        pytest.param(
            "allowlist", {"wire", "feeds", "ledger", "inputs", "splunkio", "commands", "rest"}, id="allowlist"
        ),
    ],
)
def test_the_ends_of_the_way_of_the_data_know_nothing_of_its_middle(part: str, not_known: set[str]) -> None:
    found = imports_under(APP_FOLDER / "mail_threats" / part, APP_FOLDER)
    known = ((i, i.module.split(".")[1:2]) for i in found if i.top == "mail_threats")
    assert wrong(i for i, below in known if below and below[0] in not_known) == []


def test_build_py_needs_only_the_standard_library() -> None:
    assert wrong(i for i in imports_of(REPOSITORY / "build.py", REPOSITORY) if i.top not in STANDARD) == []


@pytest.mark.parametrize(
    ("line", "module"),
    [
        ("import mail_threats.wire as w", "mail_threats.wire"),
        ("from mail_threats import wire", "mail_threats"),
        ("from . import tokens", "lab.tenant"),
        ("from .tokens import x", "lab.tenant.tokens"),
        ("from ..splunk.rest import x", "lab.splunk.rest"),
        ("def f():\n    import mail_threats", "mail_threats"),
        ("import importlib\nimportlib.import_module('mail_threats.wire')", "mail_threats.wire"),
        ("__import__('mail_threats')", "mail_threats"),
    ],
)
def test_no_way_of_importing_goes_unseen(tmp_path: Path, line: str, module: str) -> None:
    path = tmp_path / "lab" / "tenant" / "service.py"
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert module in [found.module for found in imports_of(path, tmp_path)]
