"""What Splunk's Python may not offer: digests that FIPS mode blocks, and signals that Windows does not have."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

BIN = Path(__file__).resolve().parents[2] / "bin"
FILES = sorted(BIN.rglob("*.py"))
BLOCKED = {"md5", "sha1", "new"}
# Named where a platform without them takes another way.
UNIX_ONLY = {"SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "fork", "fcntl"}
each_file = pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(BIN))) for path in FILES])


def attributes_of(path: Path, module: str) -> set[str]:
    """What a file takes from a module: module.x and `from module import x`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    used = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == module
    }
    imported = (node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module == module)
    return used | {alias.name for node in imported for alias in node.names}


def test_there_are_files_to_look_at() -> None:
    assert len(FILES) > 40


def said_to_be_no_security(call: ast.Call) -> bool:
    """`usedforsecurity=False`: FIPS mode lets a digest pass that only names something, such as a certificate."""
    return any(
        keyword.arg == "usedforsecurity" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False
        for keyword in call.keywords
    )


@each_file
def test_no_digest_is_used_that_fips_blocks(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)]
    odd = [
        f"{path}:{call.lineno}"
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and (call.func.value.id, call.func.attr in BLOCKED) == ("hashlib", True)
        and not said_to_be_no_security(call)
    ]
    assert not odd, f"{odd}: use sha256, or say usedforsecurity=False; md5 and sha1 fail under FIPS"


@each_file
def test_nothing_is_used_that_windows_does_not_have(path: Path) -> None:
    used = attributes_of(path, "signal") | attributes_of(path, "os")
    assert not used & UNIX_ONLY, f"{path}: {used & UNIX_ONLY}"
