"""The cases of docs/allowlist.md, one search each: entries as rows, after the finding they are to cover."""

from __future__ import annotations

from commands.caller import NOW, Caller
from unit.shipped.search_commands.allowlist_cases import Case, each_case

ALLOW = (
    'eval first_seen=if(isnull(first_seen), _time, strptime(first_seen, "%Y-%m-%dT%H:%M:%SZ")), '
    'last_seen=if(isnull(last_seen), _time, strptime(last_seen, "%Y-%m-%dT%H:%M:%SZ")) '
    "| allowlist detection=this_detection technique=T1589.002 entries=rows signer=signer"
)
SEVERAL = ("user", "src")


@each_case()
def test_case(warm_call: Caller, case: Case) -> None:
    finding = {"_time": str(NOW), "allow_row": "finding"}
    for name, value in case.row.items():
        finding[name] = value.split(",") if name in SEVERAL and "," in value else value  # type: ignore[assignment]
    (found,) = warm_call(ALLOW, [finding, case.stored]).rows
    assert found["allow_status"] == case.status, found
    assert case.reason in str(found.get("allow_reason", ""))
