"""The whole way, from the simulated tenant to findings, held against the ground truth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lab.addons import add_foreign_sourcetypes
from lab.company import Company, judge
from lab.demo import CATCH_UP_S, forward, main, watch_two_days
from lab.splunk.stand_in import StandIn

MIDNIGHT = 1795824000.0  # 2026-11-28
SOURCETYPE_OF = {
    "audit": "o365:management:activity",
    "sign_in": "azure:aad:signin",
    "directory_audit": "azure:aad:audit",
}


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


# At these hours of the demo's end, rules once judged the first day of a log as if days had been known before.
@pytest.mark.parametrize("hour", [8.3, 14.0])
def test_the_two_days_are_judged_alike_at_whatever_hour_they_end(package: Path, tmp_path: Path, hour: float) -> None:
    now = MIDNIGHT + hour * 3600
    world = Company(seed=1, end=now - CATCH_UP_S).build()
    splunk = StandIn(tmp_path, warm_commands=True)
    splunk.install(package)
    add_foreign_sourcetypes(splunk)
    for record in world.records:
        splunk.index.add(
            json.dumps(record.payload), time=record.time, indextime=now, host="collector", source="microsoft",
            sourcetype=SOURCETYPE_OF[record.kind], index="main", whole=True,
        )  # fmt: skip
    forward(splunk, world)
    judgement = judge(world.truth, watch_two_days(splunk, world).findings)
    splunk.close()
    assert [v.truth.id for v in judgement.verdicts if v.outcome != "met"] == []
    assert [finding["title"] for finding in judgement.unexplained] == []
