"""The cast of a story: who and what it draws from the company's people, addresses, agents and applications.

  cast:
    attacker: {address: internet}                      an address of the deck (or internet_v6, any)
    office:   {office: hamburg}                        .name, .egress
    victim:   {person: finance}                        a Person of the role (any: staff, support or finance)
    team:     {people: 12, role: support}              twelve of them
    guesses:  {names: 34, real: 5, pattern: first.last}  a list of {upn, code}: 50126 for real ones, else 50034
    agents:   {user_agents: 6}                         keys of the catalogue, drawn
    app:      {application: unknown}                   an Application: `unknown` (a new id), or a name of the catalogue
    service:  {service: archive}                       .address and .application of a service the company runs
    number:   {number: [18, 30]}                       a whole number in the range
    text:     {choice: [a, b]}                         one of the list
    mailboxes: {list: [a, b]}                          the list itself, to be walked by repetition
    shared:   {shared_mailboxes: 3}                    the first three of the company's shared mailboxes
    all:      {everybody: 150}                         the first 150 people, whether or not they are in a story

People of `person`, `people` and `names`, addresses and applications of one company are dealt to one story only, so
that stories do not meet by accident.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from lab.company.addresses import AddressDeck
from lab.company.people import Person, Staff, unused_name
from lab.company.records import draws
from lab.company.records.catalogue import APPLICATIONS, GRAPH, USER_AGENTS, Application
from lab.company.script.template import ScriptError

# `any` leaves the few who administer, judge cases or lead to the stories that need them.
_ANY = ("staff", "support", "finance")
_PATTERNS = ("first.last", "flast", "first", "first_last")
_PRODUCTS = (
    "Mail Assistant",
    "Calendar Helper",
    "PDF Tools",
    "Report Builder",
    "Team Notes",
    "Form Filler",
    "Backup Buddy",
)


@dataclass
class Casting:
    """Deals the parts of all stories of one company. `taken` holds the UPNs already in a story."""

    staff: Staff
    deck: AddressDeck
    taken: set[str] = field(default_factory=set)

    def cast(self, parts: Any, rng: Random, where: str) -> dict[str, Any]:
        """The names a story's placeholders may use. ScriptError naming the part that cannot be dealt."""
        if parts is None:
            return {}
        if not isinstance(parts, dict):
            raise ScriptError(where, "`cast` must be a mapping of names to parts")
        names: dict[str, Any] = {}
        for name, part in parts.items():
            here = f"{where}.cast.{name}"
            if not isinstance(part, dict) or not part:
                raise ScriptError(here, f"a part is a mapping with one of {', '.join(_DEALERS)}")
            kind = next(iter(part))
            if kind not in _DEALERS:
                raise ScriptError(here, f"unknown part {kind!r}; known: {', '.join(_DEALERS)}")
            dealer, more = _DEALERS[kind]
            unknown = [key for key in list(part)[1:] if key not in more]
            if unknown:
                raise ScriptError(
                    here, f"unknown key {unknown[0]!r}; {kind} may have: {', '.join(more) or 'nothing more'}"
                )
            names[name] = dealer(self, part, rng, here)
        return names

    def people(self, count: int, role: str, rng: Random, where: str) -> list[Person]:
        roles = _ANY if role == "any" else (role,)
        free = [person for person in self.staff.people if person.upn not in self.taken and person.role in roles]
        if len(free) < count:
            raise ScriptError(
                where, f"only {len(free)} people of role {role!r} are in no story yet; {count} are wanted"
            )
        chosen = rng.sample(free, count)
        self.taken.update(person.upn for person in chosen)
        return chosen


def _address(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> str:
    dealers = {"internet": casting.deck.deal, "internet_v6": casting.deck.deal_v6, "any": casting.deck.deal_any}
    if part["address"] not in dealers:
        raise ScriptError(where, f"an address is one of {', '.join(dealers)}, not {part['address']!r}")
    return dealers[part["address"]]()


def _office(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> Any:
    for office in casting.staff.offices:
        if office.name == part["office"]:
            return office
    raise ScriptError(
        where, f"no office {part['office']!r}; there are {', '.join(office.name for office in casting.staff.offices)}"
    )


def _person(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> Person:
    return casting.people(1, part["person"], rng, where)[0]


def _people(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> list[Person]:
    return casting.people(part["people"], part.get("role", "any"), rng, where)


def _names(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> list[dict[str, Any]]:
    """Guessed names in the order they are tried: `real` of them belong to people of the company, spread over the
    list."""
    count, real = part["names"], part.get("real", 0)
    pattern = part.get("pattern", "first.last")
    if pattern not in _PATTERNS:
        raise ScriptError(where, f"a pattern is one of {', '.join(_PATTERNS)}, not {pattern!r}")
    if not 0 <= real <= count:
        raise ScriptError(where, f"{real} real names of {count} are not possible")
    if real and pattern != "first.last":
        raise ScriptError(where, "real names have the company's pattern, first.last")
    people = casting.people(real, "any", rng, where)
    domain = part.get("domain", "contoso.com")
    known = {person.upn for person in casting.staff.people}
    guesses = [{"upn": person.upn, "code": 50126, "real": True} for person in people]
    seen: set[str] = set()
    while len(guesses) < count:
        name = f"{unused_name(rng, pattern)}@{domain}"
        if name not in known and name not in seen:
            seen.add(name)
            guesses.append({"upn": name, "code": 50034, "real": False})
    rng.shuffle(guesses)
    return guesses


def _user_agents(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> list[str]:
    return rng.sample(sorted(USER_AGENTS), part["user_agents"])


def _application(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> Application:
    name = part["application"]
    if name == "unknown":
        return Application(draws.guid(rng), rng.choice(_PRODUCTS), *GRAPH)
    if name not in APPLICATIONS:
        raise ScriptError(where, f"no application {name!r}; `unknown` or one of {', '.join(APPLICATIONS)}")
    return APPLICATIONS[name]


def _service(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> dict[str, Any]:
    service = part["service"]
    if service not in casting.staff.service_addresses:
        raise ScriptError(where, f"no service {service!r}; there are {', '.join(casting.staff.service_addresses)}")
    return {
        "address": casting.staff.service_addresses[service],
        "application": casting.staff.service_applications[service],
    }


def _number(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> int:
    low, high = part["number"]
    return rng.randint(low, high)


def _choice(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> Any:
    return rng.choice(part["choice"])


def _list(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> Any:
    return part["list"]


def _shared_mailboxes(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> list[str]:
    return list(casting.staff.shared_mailboxes[: part["shared_mailboxes"]])


def _everybody(casting: Casting, part: Mapping[str, Any], rng: Random, where: str) -> list[Person]:
    return list(casting.staff.people[: part["everybody"]])


_Dealer = Callable[[Casting, Mapping[str, Any], Random, str], Any]
_DEALERS: dict[str, tuple[_Dealer, tuple[str, ...]]] = {
    "address": (_address, ()),
    "office": (_office, ()),
    "person": (_person, ()),
    "people": (_people, ("role",)),
    "everybody": (_everybody, ()),
    "names": (_names, ("real", "pattern", "domain")),
    "user_agents": (_user_agents, ()),
    "application": (_application, ()),
    "service": (_service, ()),
    "number": (_number, ()),
    "choice": (_choice, ()),
    "list": (_list, ()),
    "shared_mailboxes": (_shared_mailboxes, ()),
}
