"""The whole way, from the simulated tenant to findings, held against the ground truth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.demo import main


def test_the_demo_misses_nothing_and_raises_nothing_false(
    package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "demo.json"
    status = main(["--spl", str(package), "--json", str(result)])
    shown = capsys.readouterr().out
    assert status == 0, shown
    report = json.loads(result.read_text(encoding="utf-8"))
    assert {truth["outcome"] for truth in report["ground_truth"]} == {"met"}
    assert all(report["indexed"].values())
    assert {finding["detection"] for finding in report["findings"]} == {
        "account_takeover_chain",
        "address_enumeration_by_source",
        "local_mail_file_collection",
        "mail_forwarding",
        "mailbox_access_grant",
        "remote_mailbox_collection",
    }
    assert {finding["status"] for finding in report["findings"]} == {"new", "allowed"}
