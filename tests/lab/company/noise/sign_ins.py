"""People sign in: browsers in the morning, clients all day, typing errors, second factors, phones with an old
password.
"""

from __future__ import annotations

from random import Random

from lab.company import clock
from lab.company.journal import Journal
from lab.company.people import Person, Staff
from lab.company.records.sign_in import SignIn

_BROWSER_APPS = (
    "OfficeHome",
    "Office 365 SharePoint Online",
    "Office 365 Exchange Online",
    "Microsoft Teams Web Client",
)
_CLIENT_APPS = (
    ("Microsoft Teams", "teams_windows"),
    ("Microsoft Office", "outlook_windows"),
    ("OneDrive SyncEngine", "outlook_windows"),
)
_SCRIPT_AGENTS = ("python", "axios", "go", "curl", "powershell")
_SCRIPT_APPS = (
    "Microsoft Azure CLI",
    "Microsoft Azure PowerShell",
    "Graph Explorer",
    "Azure Active Directory PowerShell",
)
_SCRIPT_WRITERS = 12
_STALE_PHONES = 5
_DELETED_NAMES = 3


def sign_in_all(company: Staff, journal: Journal, rng: Random) -> None:
    """Every person's sign-ins of the run, then the devices that never stop trying."""
    for day in clock.days(journal.start, journal.end):
        for person in company.people:
            if rng.random() < 0.93:
                _working_day(person, clock.moment(day, 0), journal, rng)
    for number, person in enumerate(rng.sample(company.people, _SCRIPT_WRITERS)):
        _scripts(person, _SCRIPT_AGENTS[number % len(_SCRIPT_AGENTS)], journal, rng)
    for person in rng.sample(company.people, _STALE_PHONES):
        _stale_phone(person.upn, person.home, 50126, journal, rng)
    for number in range(_DELETED_NAMES):
        gone = rng.choice(company.people)
        former = f"{gone.given}.{gone.family}{rng.choice('aeiou')}@contoso.com".lower()
        _stale_phone(former, gone.home, 50034, journal, rng, every=1500 + 400 * number)


def _working_day(person: Person, midnight: float, journal: Journal, rng: Random) -> None:
    src = person.office.egress if rng.random() < person.at_office else person.home
    for _ in range(rng.choice((1, 1, 2, 2, 3))):
        _browser(person, src, midnight + _hour(person, rng) * 3600, journal, rng)
    for _ in range(rng.choice((2, 3, 4, 5))):
        app, agent = rng.choice(_CLIENT_APPS)
        _silent(person, src, app, agent, midnight + _hour(person, rng) * 3600, journal, rng)
    if person.phone:
        for _ in range(rng.choice((0, 1, 1, 2))):
            hour = rng.choice((6.5, 12.0, 18.5, 21.0)) + rng.random() * 2
            _silent(person, person.home, "Outlook Mobile", "safari_iphone", midnight + hour * 3600, journal, rng)


def _hour(person: Person, rng: Random) -> float:
    return (clock.working_hour(rng) + person.shift) % 24


def _browser(person: Person, src: str, time: float, journal: Journal, rng: Random) -> None:
    """One interactive sign-in with the stumbles people have: a wrong password, a wrong name, a second factor to
    answer."""
    time = round(time, 3)
    final = SignIn.draw(rng, time=time, user=person.upn, src=src, app=rng.choice(_BROWSER_APPS), agent=person.browser)
    roll = rng.random()
    if roll < 0.045:
        for step in range(rng.choice((1, 1, 2)), 0, -1):
            journal.sign_in(final.again(rng, time=round(time - 11 * step - rng.random() * 6, 3), code=50126))
    elif roll < 0.055:
        journal.sign_in(
            final.again(rng, time=round(time - 14 - rng.random() * 9, 3), code=50034, user=_mistyped(person, rng))
        )
    elif roll < 0.105:
        journal.sign_in(final.again(rng, time=round(time - 22 - rng.random() * 15, 3), code=rng.choice((50074, 50076))))
    elif roll < 0.125:
        journal.sign_in(final.again(rng, time=round(time - 4 - rng.random() * 3, 3), code=rng.choice((50140, 50058))))
    elif roll < 0.128:
        journal.sign_in(final.again(rng, time=time, code=50055))
        return
    journal.sign_in(final)


def _mistyped(person: Person, rng: Random) -> str:
    """The person's own name with one slip of the finger: two letters swapped, one doubled, one left out."""
    local, domain = person.upn.split("@")
    at = rng.randrange(1, len(local) - 1)
    slip = rng.choice(("swap", "double", "drop"))
    if slip == "swap":
        wrong = local[: at - 1] + local[at] + local[at - 1] + local[at + 1 :]
    elif slip == "double":
        wrong = local[:at] + local[at] + local[at:]
    else:
        wrong = local[:at] + local[at + 1 :]
    return f"{wrong if wrong != local else local + local[-1]}@{domain}"


def _silent(person: Person, src: str, app: str, agent: str, time: float, journal: Journal, rng: Random) -> None:
    code = rng.choices((0, 70043, 50173, 53003, 500121), (965, 18, 8, 4, 5))[0]
    journal.sign_in(
        SignIn.draw(
            rng, time=round(time, 3), user=person.upn, src=src, code=code, app=app, agent=agent, kind="non_interactive"
        )
    )


def _scripts(person: Person, agent: str, journal: Journal, rng: Random) -> None:
    """Somebody who automates: the same client libraries that tools of attackers are written with."""
    app = rng.choice(_SCRIPT_APPS)
    for _ in range(10):
        time = round(rng.uniform(journal.start, journal.end), 3)
        kind = rng.choice(("interactive", "non_interactive"))
        code = rng.choices((0, 50126, 700016), (90, 6, 4))[0]
        src = rng.choice((person.home, person.office.egress))
        journal.sign_in(
            SignIn.draw(rng, time=time, user=person.upn, src=src, code=code, app=app, agent=agent, kind=kind)
        )


def _stale_phone(user: str, src: str, code: int, journal: Journal, rng: Random, every: float = 2400.0) -> None:
    """A device that keeps trying one name with a password (or a name) that stopped being right."""
    attempt = SignIn.draw(
        rng,
        time=journal.start,
        user=user,
        src=src,
        code=code,
        app="Outlook Mobile",
        agent="android_webview",
        kind=rng.choice(("interactive", "non_interactive")),
    )
    time = journal.start + rng.uniform(0, every)
    while time < journal.end:
        journal.sign_in(attempt.again(rng, time=round(time, 3)))
        time += every * rng.uniform(0.9, 1.1)
