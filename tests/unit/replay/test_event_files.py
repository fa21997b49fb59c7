"""What `replay` reads: formats, sourcetypes, times, and what it says of what it cannot read."""

from __future__ import annotations

import codecs
import gzip
import json
from pathlib import Path

import pytest

from lab.replay.event_files import EventFileError, FileEvent, Rejected, read_events, split_argument
from lab.replay.recognise import epoch

AUDIT = {
    "CreationTime": "2026-03-03T10:00:00",
    "Id": "a-1",
    "Operation": "New-InboxRule",
    "RecordType": 1,
    "UserId": "a@contoso.com",
}
SIGN_IN = {
    "id": "s-1",
    "createdDateTime": "2026-03-03T10:00:01.1234567Z",
    "userPrincipalName": "a@contoso.com",
    "status": {"errorCode": 0},
}
HUB = {"time": "2026-03-03T10:00:02Z", "category": "SignInLogs", "resultType": "50034", "properties": {"id": "h-1"}}
EVENT = (
    "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><EventID>11</EventID>"
    "<TimeCreated SystemTime='2026-03-03T10:00:03.500Z'/><Computer>ws1.contoso.com</Computer></System>"
    "<EventData/></Event>"
)
TEN = 1772532000.0
AUDIT_TYPE, SIGN_IN_TYPE, HUB_TYPE = "o365:management:activity", "azure:aad:signin", "azure:monitor:aad"


def write(folder: Path, content: str | bytes, name: str = "events.txt") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, sourcetype: str | None = None) -> tuple[list[FileEvent], list[Rejected]]:
    everything = list(read_events(path, sourcetype))
    return [e for e in everything if isinstance(e, FileEvent)], [e for e in everything if isinstance(e, Rejected)]


def lines(*records: object) -> str:
    return "\n".join(record if isinstance(record, str) else json.dumps(record) for record in records)


@pytest.mark.parametrize(
    ("content", "kinds"),
    [
        pytest.param(
            lines(AUDIT, SIGN_IN, HUB, EVENT),
            [AUDIT_TYPE, SIGN_IN_TYPE, HUB_TYPE, "XmlWinEventLog"],
            id="lines-of-every-kind",
        ),
        pytest.param(json.dumps([AUDIT, AUDIT], indent=2), [AUDIT_TYPE] * 2, id="json-array-over-many-lines"),
        pytest.param(json.dumps([AUDIT, SIGN_IN]), [AUDIT_TYPE, SIGN_IN_TYPE], id="json-array-on-one-line"),
        pytest.param(
            json.dumps({"@odata.context": "x", "value": [SIGN_IN]}, indent=1), [SIGN_IN_TYPE], id="answer-of-graph"
        ),
        pytest.param(json.dumps({"records": [HUB, HUB]}), [HUB_TYPE] * 2, id="event-hub-batch"),
        pytest.param(json.dumps(AUDIT, indent=4), [AUDIT_TYPE], id="one-record-over-many-lines"),
        pytest.param(
            json.dumps(AUDIT, indent=4) + "\n" + json.dumps(HUB, indent=4),
            [AUDIT_TYPE, HUB_TYPE],
            id="records-over-many-lines",
        ),
        pytest.param(
            "<?xml version='1.0'?>\n<Events>\n" + EVENT + "\n" + EVENT + "\n</Events>\n",
            ["XmlWinEventLog"] * 2,
            id="xml-document",
        ),
        pytest.param(EVENT.replace("><", ">\n<"), ["XmlWinEventLog"], id="xml-event-over-many-lines"),
        pytest.param(
            lines({"_raw": json.dumps(AUDIT)}, {"_raw": EVENT, "host": "ws9"}),
            [AUDIT_TYPE, "XmlWinEventLog"],
            id="exported-from-splunk",
        ),
        pytest.param(
            lines({"preview": False, "result": {"_raw": json.dumps(SIGN_IN)}}), [SIGN_IN_TYPE], id="splunk-json-export"
        ),
        pytest.param(
            lines({"something": "else"}, 42, '"text"'), ["mail_threats:unrecognised"] * 3, id="valid-but-unknown"
        ),
        pytest.param(
            'RecordId,AuditData\r\n1,"' + json.dumps(AUDIT).replace('"', '""') + '"\r\n',
            [AUDIT_TYPE],
            id="audit-search-csv",
        ),
        pytest.param(codecs.BOM_UTF8 + lines(AUDIT).encode(), [AUDIT_TYPE], id="byte-order-mark"),
        pytest.param(
            ('RecordId,AuditData\n1,"' + json.dumps(AUDIT).replace('"', '""') + '"\n').encode("utf-16"),
            [AUDIT_TYPE],
            id="powershell-utf-16",
        ),
        pytest.param(gzip.compress(lines(AUDIT, HUB).encode()), [AUDIT_TYPE, HUB_TYPE], id="gzip"),
        pytest.param("", [], id="empty-file"),
        pytest.param(
            lines(AUDIT) + "\r\n\r\n" + lines(AUDIT) + "\r\n", [AUDIT_TYPE] * 2, id="windows-line-ends-and-blank-lines"
        ),
    ],
)
def test_sourcetypes_are_recognised_by_shape(tmp_path: Path, content: str | bytes, kinds: list[str]) -> None:
    events, rejected = read(write(tmp_path, content))
    assert [event.sourcetype for event in events] == kinds
    assert rejected == []


def test_a_bad_line_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    path = write(tmp_path, lines(AUDIT, "{broken", AUDIT, "<Event><open></Event>", AUDIT))
    events, rejected = read(path)
    assert len(events) == 3
    assert [(line.file, line.line) for line in rejected] == [(str(path), 2), (str(path), 4)]
    assert "neither JSON nor XML" in rejected[0].reason
    assert "not well-formed XML" in rejected[1].reason


def test_a_bad_csv_cell_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
    good = json.dumps(AUDIT).replace('"', '""')
    events, rejected = read(write(tmp_path, f'Id,AuditData\n1,"{good}"\n2,oops\n3,"{good}"\n'))
    assert len(events) == 2
    assert [line.line for line in rejected] == [3]


def test_an_entity_bomb_is_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE e [<!ENTITY a "aaaa">]><Event><System>&a;</System></Event>'
    _, rejected = read(write(tmp_path, bomb))
    assert rejected


def test_the_text_of_a_record_stays_as_it_was(tmp_path: Path) -> None:
    odd = '{"CreationTime" : "2026-03-03T10:00:00",  "Operation":"X", "Number": 1.50, "Key": "\\u00e9"}'
    (event,), _ = read(write(tmp_path, f"[{odd}]"))
    assert event.raw == odd


def test_a_given_sourcetype_wins(tmp_path: Path) -> None:
    (event,), _ = read(write(tmp_path, lines(SIGN_IN)), "ms:aad:signin")
    assert event.sourcetype == "ms:aad:signin"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("2026-03-03T10:00:00", TEN, id="audit-without-zone-is-utc"),
        pytest.param("2026-03-03T10:00:00Z", TEN, id="zulu"),
        pytest.param("2026-03-03T10:00:00.5000000Z", TEN + 0.5, id="seven-digits"),
        pytest.param("2026-03-03T11:00:00+01:00", TEN, id="offset"),
        pytest.param("2026-03-03 10:00:00", TEN, id="blank-instead-of-t"),
        pytest.param(TEN, TEN, id="epoch"),
        pytest.param(str(int(TEN)), TEN, id="epoch-as-text"),
        pytest.param("yesterday", None, id="words"),
        pytest.param(True, None, id="boolean"),
        pytest.param("2026-13-03T10:00:00", None, id="no-such-month"),
    ],
)
def test_times(value: object, expected: float | None) -> None:
    assert epoch(value) == expected


def test_events_carry_their_time_and_host(tmp_path: Path) -> None:
    events, _ = read(write(tmp_path, lines(AUDIT, SIGN_IN, HUB, EVENT)))
    assert [event.time for event in events] == [TEN, pytest.approx(TEN + 1.1234567), TEN + 2, TEN + 3.5]
    assert events[3].host == "ws1.contoso.com"


def test_an_argument_is_split_at_the_first_colon_behind_an_existing_file(tmp_path: Path) -> None:
    path = write(tmp_path, "", "with:colon.json")
    assert split_argument(str(path)) == (path, None)
    assert split_argument(f"{path}:azure:aad:signin") == (path, SIGN_IN_TYPE)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(EventFileError, match="no such file"):
        split_argument(str(tmp_path / "nothing.json"))


def test_a_damaged_gzip_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, gzip.compress(b"x" * 1000)[:-9], "cut.gz")
    with pytest.raises(EventFileError, match="cut.gz: cannot be read"):
        list(read_events(path))


def test_a_deeply_nested_line_is_rejected_and_the_rest_is_read(tmp_path: Path) -> None:
    events, rejected = read(write(tmp_path, lines(AUDIT, "[" * 200_000, AUDIT)))
    assert (len(events), [line.line for line in rejected]) == (2, [2])


W3C = (
    "#Software: Microsoft Internet Information Services 10.0",
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) sc-status"
    " sc-substatus sc-win32-status time-taken",
    "2026-03-03 10:00:04 192.0.2.10 POST /owa/auth.owa - 443 CONTOSO\\ida 203.0.113.9 curl/8.9.1 - 302 0 0 15",
)
SQUID = "1772532005.250 12 192.0.2.7 TCP_MISS/200 400 POST https://login.microsoftonline.com/common/GetCredentialType"
BRACKETS = '192.0.2.7 - - [03/Mar/2026:11:00:06 +0100] "CONNECT login.microsoftonline.com:443 HTTP/1.1" 200 0'


@pytest.mark.parametrize(
    ("content", "named", "kind", "time"),
    [
        pytest.param(W3C, None, "ms:iis:default", TEN + 4, id="w3c is recognised by its directives"),
        pytest.param(W3C, "ms:iis:auto", "ms:iis:auto", TEN + 4, id="w3c under a named sourcetype"),
        pytest.param(W3C[2:], "iis", "iis", TEN + 4, id="w3c without its directives"),
        pytest.param((SQUID,), "squid", "squid", TEN + 5.25, id="seconds since the epoch"),
        pytest.param((BRACKETS,), "apache:access", "apache:access", TEN + 6, id="time in brackets"),
    ],
)
def test_a_line_of_a_text_log_is_an_event(
    tmp_path: Path, content: tuple[str, ...], named: str | None, kind: str, time: float
) -> None:
    (event,), rejected = read(write(tmp_path, "\r\n".join(content) + "\r\n"), named)
    assert (event.raw, event.sourcetype, event.time, rejected) == (content[-1], kind, time, [])


def test_columns_of_a_w3c_log_may_change_on_the_way(tmp_path: Path) -> None:
    turned = ("#Fields: time date c-ip cs-uri-stem", "10:00:07 2026-03-03 203.0.113.9 /owa/auth.owa")
    events, _ = read(write(tmp_path, lines(*W3C, *turned)))
    assert [event.time for event in events] == [TEN + 4, TEN + 7]


@pytest.mark.parametrize("named", [None, AUDIT_TYPE, SIGN_IN_TYPE, HUB_TYPE, "XmlWinEventLog"])
def test_text_is_no_event_of_a_sourcetype_that_is_json_or_xml(tmp_path: Path, named: str | None) -> None:
    events, rejected = read(write(tmp_path, "2026-03-03 10:00:00 damaged\n"), named)
    assert (events, [line.line for line in rejected]) == ([], [1])
