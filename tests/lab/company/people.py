"""Who works at the company: people, their mailboxes, machines and places, and the accounts that are no person."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from lab.company.addresses import AddressDeck
from lab.company.records import draws
from lab.company.records.catalogue import GRAPH, Application

DOMAINS = ("contoso.com", "nordic.contoso.com", "logistics.contoso.com")
DOMAIN_SHARES = (70, 18, 12)
PEOPLE = 300

_GIVEN = (
    "Aisha Alba Amir Anders Anja Anton Beatriz Bruno Carla Cem Chiara Clara Daan Dana Diego Edda Elif Emre Erik "
    "Esther Fatima Felix Fiona Frida Gita Hana Hugo Ida Ines Ingrid Ivan Jana Jonas Julia Kai Karin Lars Lea Leon "
    "Lina Luis Maja Marek Marta Mila Milan Nadia Nils Nora Olga Omar Paula Pavel Petra Rafael Rania Robin Rosa "
    "Samir Sara Selma Sofia Sven Tara Teresa Tomas Vera Viktor Yara Yusuf"
).split()
_FAMILY = (
    "Abel Ahmadi Andersen Bakker Barros Bauer Becker Berg Bianchi Braun Brandt Castro Cohen Costa Dahl Demir "
    "Dietrich Eriksen Ferrari Fischer Fuchs Gomes Graf Haas Hansen Hartmann Hoffmann Holm Horvat Iversen Jansen "
    "Jensen Kaya Keller Klein Koch Kovac Kramer Krause Kruger Lang Larsen Lehmann Lindberg Lopes Ludwig Maier "
    "Marino Martins Meyer Moretti Mortensen Muller Neumann Nielsen Novak Olsen Otto Peeters Pereira Petersen Pohl "
    "Polat Rahman Ramos Richter Ricci Romano Roth Sahin Santos Sauer Schmidt Schulz Silva Simon Sommer Sorensen "
    "Stein Svensson Teixeira Thomsen Urban Vargas Visser Vogel Wagner Weber Winkler Wolf Yilmaz Zimmermann"
).split()
_ROLES = (
    ("it_admin", 5),
    ("helpdesk", 6),
    ("finance", 22),
    ("legal", 5),
    ("executive", 7),
    ("support", 120),
    ("staff", 135),
)


@dataclass(frozen=True)
class Office:
    """A site whose machines leave through one address."""

    name: str
    egress: str


@dataclass(frozen=True)
class Person:
    """An employee. `upn` is also the mailbox address; `host` the short name of the machine; `home` the address of the
    line at home; `shift` is added to the working hours; `phone` says whether mail is read on one."""

    given: str
    family: str
    upn: str
    role: str
    office: Office
    home: str
    host: str
    shift: float
    phone: bool
    browser: str
    at_office: float

    @property
    def sam(self) -> str:
        """The Windows account name, at most 20 characters."""
        return f"{self.given[0]}{self.family}".lower()[:20]

    @property
    def windows_user(self) -> str:
        return f"CONTOSO\\{self.sam}"

    @property
    def profile(self) -> str:
        return f"C:\\Users\\{self.sam}"

    @property
    def computer(self) -> str:
        """The machine's full name, as Windows events carry it."""
        return f"{self.host}.contoso.com"

    @property
    def entity(self) -> str:
        """The account as a finding names it."""
        return self.upn.lower()

    @property
    def object_id(self) -> str:
        return draws.stable_guid(self.upn)


@dataclass(frozen=True)
class Staff:
    """The cast of a run: nothing has happened yet."""

    people: tuple[Person, ...]
    offices: tuple[Office, ...]
    rooms: tuple[str, ...]
    shared_mailboxes: tuple[str, ...]
    service_addresses: dict[str, str]
    service_applications: dict[str, Application]

    def of_role(self, role: str) -> list[Person]:
        return [person for person in self.people if person.role == role]


def unused_name(rng: Random, pattern: str) -> str:
    """A local part as a list of guesses holds it: `first.last`, `flast`, `first` or `first_last` of the same names
    people have."""
    given, family = rng.choice(_GIVEN).lower(), rng.choice(_FAMILY).lower()
    shapes = {
        "first.last": f"{given}.{family}",
        "flast": f"{given[0]}{family}",
        "first": given,
        "first_last": f"{given}_{family}",
    }
    return shapes[pattern]


SERVICES = (
    "archive",
    "backup",
    "migration",
    "provisioning",
    "reset_portal",
    "monitoring",
    "load_test",
    "pentest",
    "crm",
    "scanner",
)
_SERVICE_NAMES = {
    "archive": "Mail Archive Connector",
    "backup": "Cloud Backup",
    "migration": "MigrationWiz",
    "provisioning": "HR Provisioning Connector",
    "reset_portal": "Password Reset Portal",
    "monitoring": "Service Monitor",
    "load_test": "Portal Load Test",
    "pentest": "Assessment Client",
    "crm": "Customer Desk",
    "scanner": "Scan to Mail",
}


def hire(rng: Random, deck: AddressDeck) -> Staff:
    """A company of PEOPLE people drawn from `rng`: no two share a UPN, an account name or a machine."""
    offices = tuple(Office(name, deck.deal()) for name in ("hamburg", "aarhus", "utrecht"))
    roles = [role for role, count in _ROLES for _ in range(count)]
    names: list[tuple[str, str]] = []
    taken: set[str] = set()
    while len(names) < PEOPLE:
        name = (rng.choice(_GIVEN), rng.choice(_FAMILY))
        account = f"{name[0][0]}{name[1]}".lower()
        if account not in taken:
            taken.add(account)
            names.append(name)
    people = []
    for number, (given, family) in enumerate(names):
        domain = rng.choices(DOMAINS, DOMAIN_SHARES)[0]
        people.append(
            Person(
                given=given,
                family=family,
                upn=f"{given}.{family}@{domain}".lower(),
                role=roles[number],
                office=rng.choices(offices, (60, 25, 15))[0],
                home=deck.deal_any(),
                host=f"{rng.choice(('WS', 'NB'))}-{rng.randrange(16**5):05X}",
                shift=rng.gauss(0, 0.8),
                phone=rng.random() < 0.6,
                browser=rng.choices(
                    ("edge_windows", "chrome_windows", "firefox_windows", "chrome_mac"), (50, 28, 12, 10)
                )[0],
                at_office=rng.choice((0.2, 0.6, 0.9)),
            )
        )
    rng.shuffle(people)
    return Staff(
        people=tuple(people),
        offices=offices,
        rooms=tuple(f"room-{office.name}-{number}@contoso.com" for office in offices for number in range(1, 6)),
        shared_mailboxes=tuple(
            f"{name}@contoso.com"
            for name in ("accounts", "hr", "info", "jobs", "orders", "press", "returns", "service")
        ),
        service_addresses={service: deck.deal() for service in SERVICES},
        service_applications={
            service: Application(draws.guid(rng), name, *GRAPH) for service, name in _SERVICE_NAMES.items()
        },
    )
