"""Machines write files: mail clients their stores, indexers and scanners read them, browsers and Teams save single
mails.
"""

from __future__ import annotations

from random import Random

from lab.company import clock
from lab.company.journal import Journal
from lab.company.people import Person, Staff
from lab.company.records import windows_events

OUTLOOK = "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE"
SEARCH_INDEXER = "C:\\Windows\\System32\\SearchIndexer.exe"
SEARCH_PROTOCOL = "C:\\Windows\\System32\\SearchProtocolHost.exe"
DEFENDER = "C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18.24090.11-0\\MsMpEng.exe"
SENTINEL_AGENT = "C:\\Program Files\\SentinelOne\\Sentinel Agent 23.4.4.223\\SentinelAgent.exe"
TEAMS = "C:\\Program Files\\WindowsApps\\MSTeams_24277.3507.3205.5228_x64__8wekyb3d8bbwe\\ms-teams.exe"
EDGE = "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe"
CHROME = "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"
EXPLORER = "C:\\Windows\\explorer.exe"
WORD = "C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE"
POWERSHELL = "C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe"
ROBOCOPY = "C:\\Windows\\System32\\Robocopy.exe"
SEVEN_ZIP = "C:\\Program Files\\7-Zip\\7z.exe"
SYSTEM = "NT AUTHORITY\\SYSTEM"
_WATCHED = 110


def use_machines(company: Staff, journal: Journal, rng: Random) -> None:
    """The machines that run Sysmon: about a third of the company's."""
    for person in company.people[:_WATCHED]:
        for day in clock.days(journal.start, journal.end):
            for _ in range(rng.choice((5, 7, 9, 11))):
                time = round(clock.moment(day, 0) + ((clock.working_hour(rng) + person.shift) % 24) * 3600, 3)
                rng.choices(_HABITS, _WEIGHTS)[0](person, time, journal, rng)


def _created(
    person: Person, time: float, journal: Journal, rng: Random, image: str, target: str, user: str | None = None
) -> None:
    raw = windows_events.sysmon_file_created(
        rng, time=time, computer=person.computer, image=image, target=target, user=user or person.windows_user
    )
    journal.endpoint(raw, time, person.computer, windows_events.SYSMON)


def _read(person: Person, time: float, journal: Journal, rng: Random, process: str, name: str, user: str) -> None:
    raw = windows_events.file_access_audited(
        rng, time=time, computer=person.computer, process=process, object_name=name, user=user
    )
    journal.endpoint(raw, time, person.computer, windows_events.SECURITY)


def store(person: Person) -> str:
    """The path of the person's offline mail store."""
    return f"{person.profile}\\AppData\\Local\\Microsoft\\Outlook\\{person.upn}.ost"


def archive(person: Person, year: int = 2024) -> str:
    """The path of an archive the person keeps."""
    return f"{person.profile}\\Documents\\Outlook Files\\archive{year}.pst"


def _outlook_store(person: Person, time: float, journal: Journal, rng: Random) -> None:
    _created(person, time, journal, rng, OUTLOOK, rng.choice((store(person), archive(person), store(person) + ".tmp")))


def _outlook_saves_message(person: Person, time: float, journal: Journal, rng: Random) -> None:
    place = rng.choice(
        ("Documents", "Desktop", "AppData\\Local\\Microsoft\\Windows\\INetCache\\Content.Outlook\\8KQ2ZV1M")
    )
    _created(person, time, journal, rng, OUTLOOK, f"{person.profile}\\{place}\\Re offer {rng.randrange(900)}.msg")


def _indexer(person: Person, time: float, journal: Journal, rng: Random) -> None:
    _read(
        person,
        time,
        journal,
        rng,
        rng.choice((SEARCH_INDEXER, SEARCH_PROTOCOL)),
        rng.choice((store(person), archive(person))),
        SYSTEM,
    )


def _scan(person: Person, time: float, journal: Journal, rng: Random) -> None:
    _read(
        person,
        time,
        journal,
        rng,
        rng.choice((DEFENDER, SENTINEL_AGENT)),
        rng.choice((store(person), archive(person))),
        SYSTEM,
    )


def _teams_cache(person: Person, time: float, journal: Journal, rng: Random) -> None:
    cache = f"{person.profile}\\AppData\\Local\\Packages\\MSTeams_8wekyb3d8bbwe\\TempState"
    target = f"{cache}\\{rng.getrandbits(32):08x}.{rng.choice(('eml', 'msg'))}"
    _created(person, time, journal, rng, TEAMS, target)


def _download(person: Person, time: float, journal: Journal, rng: Random) -> None:
    name = rng.choice(("message.eml", "Re offer.eml", "invoice.pdf", "report.xlsx", "thread.msg", "setup.exe"))
    _created(person, time, journal, rng, rng.choice((EDGE, CHROME)), f"{person.profile}\\Downloads\\{name}")


def _documents(person: Person, time: float, journal: Journal, rng: Random) -> None:
    _created(person, time, journal, rng, WORD, f"{person.profile}\\Documents\\Plan {rng.randrange(60)}.docx")


def _starts_program(person: Person, time: float, journal: Journal, rng: Random) -> None:
    image, line = rng.choice(
        (
            (OUTLOOK, f'"{OUTLOOK}"'),
            (EDGE, f'"{EDGE}" --profile-directory=Default'),
            (POWERSHELL, "powershell.exe -NoProfile -File C:\\ProgramData\\Inventory\\collect.ps1"),
            (ROBOCOPY, f"robocopy {person.profile}\\Documents\\Projects H:\\Projects /MIR /R:1"),
            (SEVEN_ZIP, f'7z.exe a "{person.profile}\\Documents\\drawings.7z" "{person.profile}\\Documents\\Drawings"'),
        )
    )
    raw = windows_events.sysmon_process_created(
        rng, time=time, computer=person.computer, image=image, command_line=line, user=person.windows_user
    )
    journal.endpoint(raw, time, person.computer, windows_events.SYSMON)


def _copies_documents(person: Person, time: float, journal: Journal, rng: Random) -> None:
    target = rng.choice((f"H:\\Projects\\Plan {rng.randrange(60)}.docx", f"{person.profile}\\Documents\\drawings.7z"))
    _created(person, time, journal, rng, ROBOCOPY if target.startswith("H:") else SEVEN_ZIP, target)


_HABITS = (
    _outlook_store,
    _outlook_saves_message,
    _indexer,
    _scan,
    _teams_cache,
    _download,
    _documents,
    _starts_program,
    _copies_documents,
)
_WEIGHTS = (20, 10, 14, 14, 12, 12, 8, 7, 3)
