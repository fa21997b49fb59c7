"""Windows events as XML on one line, as a universal forwarder sends them with renderXml: sourcetype XmlWinEventLog.

Shape: Sysmon 15 manifest (events 1 and 11, schema 4.90) and "4663(S): An attempt was made to access an object" of the
Windows security auditing reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from xml.sax.saxutils import escape, quoteattr

from lab.company.records import draws

SYSMON = "Microsoft-Windows-Sysmon/Operational"
SECURITY = "Security"
_NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"
_PROVIDERS = {
    SYSMON: ("Microsoft-Windows-Sysmon", "{5770385f-c22a-43e0-bf4c-06f5698ffbd9}"),
    SECURITY: ("Microsoft-Windows-Security-Auditing", "{54849625-5478-4994-a5ba-3e3b0328c30d}"),
}
_VERSIONS = {1: 5, 11: 2, 4663: 1}
_TASKS = {1: 1, 11: 11, 4663: 12800}


def sysmon_file_created(
    rng: Random,
    *,
    time: float,
    computer: str,
    image: str,
    target: str,
    user: str,
    created: float | None = None,
    style: str = "forwarder",
) -> str:
    """Sysmon 11, FileCreate: `image` created or overwrote `target`. `user` is DOMAIN\\name, `computer` the full host
    name."""
    return _event(
        rng,
        time,
        11,
        SYSMON,
        computer,
        {
            "RuleName": "-",
            "UtcTime": draws.sysmon_time(time),
            "ProcessGuid": _process_guid(rng),
            "ProcessId": str(rng.randrange(400, 30_000)),
            "Image": image,
            "TargetFilename": target,
            "CreationUtcTime": draws.sysmon_time(time if created is None else created),
            "User": user,
        },
        style,
    )


def sysmon_process_created(
    rng: Random,
    *,
    time: float,
    computer: str,
    image: str,
    command_line: str,
    user: str,
    parent: str = "C:\\Windows\\explorer.exe",
    original_name: str | None = None,
    company: str = "-",
    directory: str = "C:\\Windows\\system32\\",
    style: str = "forwarder",
) -> str:
    """Sysmon 1, process creation. `original_name` and `company` lie in the file; they survive a rename."""
    name = image.rsplit("\\", 1)[-1]
    return _event(
        rng,
        time,
        1,
        SYSMON,
        computer,
        {
            "RuleName": "-",
            "UtcTime": draws.sysmon_time(time),
            "ProcessGuid": _process_guid(rng),
            "ProcessId": str(rng.randrange(400, 30_000)),
            "Image": image,
            "FileVersion": f"10.0.{rng.randrange(19041, 26100)}.{rng.randrange(1, 5000)}",
            "Description": "-",
            "Product": "-",
            "Company": company,
            "OriginalFileName": original_name or name,
            "CommandLine": command_line,
            "CurrentDirectory": directory,
            "User": user,
            "LogonGuid": _process_guid(rng),
            "LogonId": f"0x{rng.getrandbits(24):x}",
            "TerminalSessionId": "1",
            "IntegrityLevel": "Medium",
            "Hashes": f"SHA256={rng.getrandbits(256):064X}",
            "ParentProcessGuid": _process_guid(rng),
            "ParentProcessId": str(rng.randrange(400, 30_000)),
            "ParentImage": parent,
            "ParentCommandLine": f'"{parent}"',
            "ParentUser": user,
        },
        style,
    )


def file_access_audited(
    rng: Random,
    *,
    time: float,
    computer: str,
    process: str,
    object_name: str,
    user: str,
    access_list: str = "%%4416",
    access_mask: str = "0x1",
    style: str = "forwarder",
) -> str:
    """Security 4663: `process` used an access right on the file `object_name` (%%4416 = ReadData; needs a SACL on the
    file)."""
    domain, _, name = user.rpartition("\\")
    return _event(
        rng,
        time,
        4663,
        SECURITY,
        computer,
        {
            "SubjectUserSid": f"S-1-5-21-1004336348-1177238915-682003330-{rng.randrange(1100, 9000)}",
            "SubjectUserName": name,
            "SubjectDomainName": domain or computer.split(".", 1)[0].upper(),
            "SubjectLogonId": f"0x{rng.getrandbits(24):x}",
            "ObjectServer": "Security",
            "ObjectType": "File",
            "ObjectName": object_name,
            "HandleId": f"0x{rng.randrange(0x100, 0x4000):x}",
            "AccessList": access_list,
            "AccessMask": access_mask,
            "ProcessId": f"0x{rng.randrange(0x200, 0x8000):x}",
            "ProcessName": process,
            "ResourceAttributes": "S:AI",
        },
        style,
    )


def source_of(channel: str) -> str:
    """The source the forwarder gives events of a channel."""
    return f"XmlWinEventLog:{channel}"


def _process_guid(rng: Random) -> str:
    return "{" + draws.guid(rng) + "}"


def _event(
    rng: Random, time: float, event_id: int, channel: str, computer: str, data: Mapping[str, str], style: str
) -> str:
    """`style` forwarder: single quotes and closed empty elements; exported: double quotes, every element with an end
    tag."""
    if style not in ("forwarder", "exported"):
        raise ValueError(f"XML style {style!r} is neither 'forwarder' nor 'exported'")
    provider, provider_id = _PROVIDERS[channel]
    level = 4 if channel == SYSMON else 0
    keywords = "0x8000000000000000" if channel == SYSMON else "0x8020000000000000"
    security = {"UserID": "S-1-5-18"} if channel == SYSMON else {}
    write = _Writer(style)
    system = "".join(
        (
            write.element("Provider", Name=provider, Guid=provider_id),
            write.element("EventID", str(event_id)),
            write.element("Version", str(_VERSIONS[event_id])),
            write.element("Level", str(level)),
            write.element("Task", str(_TASKS[event_id])),
            write.element("Opcode", "0"),
            write.element("Keywords", keywords),
            write.element("TimeCreated", SystemTime=draws.windows_time(time, rng)),
            write.element("EventRecordID", str(rng.randrange(100_000, 90_000_000))),
            write.element("Correlation"),
            write.element("Execution", ProcessID=str(rng.randrange(400, 9000)), ThreadID=str(rng.randrange(400, 9000))),
            write.element("Channel", channel),
            write.element("Computer", computer),
            write.element("Security", **security),
        )
    )
    fields = "".join(write.element("Data", value, Name=name) for name, value in data.items())
    quote = write.quote
    return f"<Event xmlns={quote}{_NAMESPACE}{quote}><System>{system}</System><EventData>{fields}</EventData></Event>"


class _Writer:
    def __init__(self, style: str) -> None:
        self.quote = "'" if style == "forwarder" else '"'
        self._close_empty = style == "forwarder"

    def element(self, tag: str, text: str = "", **attributes: str) -> str:
        opening = tag + "".join(f" {name}={self._quoted(value)}" for name, value in attributes.items())
        if not text and self._close_empty and tag != "Data":
            return f"<{opening}/>"
        return f"<{opening}>{escape(text)}</{tag}>"

    def _quoted(self, value: str) -> str:
        if self.quote == '"':
            return quoteattr(value)
        return "'" + escape(value, {"'": "&apos;"}) + "'"
