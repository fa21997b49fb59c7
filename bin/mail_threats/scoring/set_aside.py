"""What the rules about many sources and many days do not count, each name or group with its innocent cause."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from .guesses import Guess
from .innocent import ENUMERATION, FEDERATION, HIDDEN, OTHER_DIRECTORY, SHARED_EGRESS, Innocent
from .names import People, made_for_a_test, malformed

# Of one name.
MALFORMED = Innocent(FEDERATION, "malformed, as a federation server sends them")
MADE_FOR_A_TEST = Innocent("load_test", "made for a test or a probe, by prefix and number or by domain")
OTHER_DIRECTORY_S = Innocent("external_identities", "accounts of other directories, by the code")
GONE = Innocent("stale_names", "names of nobody now, with which somebody signed in lately")
CHANGED = Innocent("changed_accounts", "accounts made or deleted about then, by the directory's audit")
SLIP = Innocent("user_slips", "one slip away from exactly one person who signs in")
DEVICE = Innocent("stale_devices", "asked for again and again, as devices do")
MACHINE = Innocent("stale_devices", "one machine's account of its own at each source")
OWN_NAME = Innocent("own_name", "spellings of one name at each source")
OWN_PASSWORD = Innocent("own_passwords", "names of people who sign in from the same source")
OWN_SOURCE = Innocent("own_source", "tried where somebody signs in, or from a network of the organisation")
PEOPLE_S = Innocent(SHARED_EGRESS, "tried where several people sign in, and not like a list")
# Of a group of sources.
ROAMING = Innocent("stale_devices", "few names from many sources, as devices that move try them")
WRONG_PROFILE = Innocent(
    "stale_devices", "people's names in another format, asked for again: devices with a wrong profile"
)
MORNING = Innocent("own_passwords", "most of the sources that look like these are somebody's own")
STRANGERS = Innocent("strangers", "nothing joins the sources but what everybody has")
NEIGHBOURS = Innocent("strangers", "neighbours that are not of one hand: a name or a client for each, or tried again")
ASKED_AGAIN = Innocent("stale_devices", "names from several sources, asked for again and again or on days apart")
HIDDEN_NAMES = Innocent(HIDDEN, "attempts on hidden names that share nothing but what everybody has")
BESIDE_THE_STRONGEST = Innocent(ENUMERATION, "a list beside the five strongest ones: look at it")

# A source with so many names of one class has a row of its own; the others of the class are one row together.
_NAMES_OF_A_ROW = 5


def cause_of(guess: Guess, everybody: People, changed: Collection[str] = ()) -> Innocent | None:
    """Why nobody guessed a name, told by the name itself; `changed` are those made or deleted about then."""
    if malformed(guess.name):
        return MALFORMED
    if made_for_a_test(guess.name):
        return MADE_FOR_A_TEST
    if guess.codes and guess.codes <= OTHER_DIRECTORY:
        return OTHER_DIRECTORY_S
    if guess.name in changed:
        return CHANGED
    if guess.not_real and guess.known:
        return GONE
    return SLIP if guess.not_real and everybody.only_slip_of(guess.name) else None


@dataclass
class Left:
    """What was set aside for one cause: of one source, of a group, or of all sources with few names of the class.

    Names and addresses are in the order in which they were found; times are epoch seconds.
    """

    entity: str
    cause: Innocent
    names: dict[str, None] = field(default_factory=dict)
    addresses: dict[str, None] = field(default_factory=dict)
    attempts: int = 0
    first_seen: float = float("inf")
    last_seen: float = 0.0

    @property
    def reason(self) -> str:
        """The sentence that an analyst reads."""
        return f"{len(self.names) or self.attempts} {'names' if self.names else 'attempts'}: {self.cause.reason}"

    def take(self, guesses: Iterable[Guess], named: bool = True) -> None:
        for guess in guesses:
            if named:
                self.names[guess.name] = None
            self.addresses.update(dict.fromkeys(sorted(guess.sources)))
            self.attempts += guess.attempts
            self.first_seen = min(self.first_seen, guess.first_seen)
            self.last_seen = max(self.last_seen, guess.last_seen)


class SetAside:
    """Gathers what is set aside while a rule judges, so that the answer is the rule's own and no second opinion."""

    def __init__(self) -> None:
        self._of_sources: list[Left] = []
        self._of_classes: dict[tuple[str, str], Left] = {}
        self._groups: list[Left] = []
        self._found: set[str] = set()

    def names(self, source: str, guesses: Iterable[Guess], causes: Mapping[str, Innocent | None]) -> None:
        """The guesses of a source that have a cause in `causes`, by name."""
        found: dict[Innocent, list[Guess]] = {}
        for guess in guesses:
            cause = causes.get(guess.name)
            if cause:
                found.setdefault(cause, []).append(guess)
        for cause, members in found.items():
            self.add(source, cause, members)

    def add(self, source: str, cause: Innocent, guesses: Collection[Guess], named: bool = True) -> None:
        """Guesses of one source for one cause; not `named` where the feed hides the names."""
        if named and len(guesses) >= _NAMES_OF_A_ROW:
            left = Left(source, cause)
            self._of_sources.append(left)
        else:
            left = self._of_classes.setdefault((cause.id, cause.reason), Left("", cause))
        left.take(guesses, named)

    def group(self, entity: str, cause: Innocent, guesses: Iterable[Guess], named: bool = True) -> None:
        """Guesses of several sources that were looked at together."""
        left = Left(entity, cause)
        left.take(guesses, named)
        self._groups.append(left)

    def found(self, addresses: Iterable[str]) -> None:
        """Addresses of a finding: a group of none but these is no group that was left out."""
        self._found.update(addresses)

    def rows(self) -> Iterator[Left]:
        """Everything, groups first."""
        yield from (left for left in self._groups if not left.addresses.keys() <= self._found)
        yield from self._of_sources
        for left in self._of_classes.values():
            count = len(left.addresses)
            left.entity = next(iter(left.addresses)) if count == 1 else f"{count} sources"
            yield left


class Nowhere(SetAside):
    """Keeps nothing: a rule that only looks for findings takes no memory for the rest."""

    def names(self, source: str, guesses: Iterable[Guess], causes: Mapping[str, Innocent | None]) -> None:
        pass

    def add(self, source: str, cause: Innocent, guesses: Collection[Guess], named: bool = True) -> None:
        pass

    def group(self, entity: str, cause: Innocent, guesses: Iterable[Guess], named: bool = True) -> None:
        pass

    def found(self, addresses: Iterable[str]) -> None:
        pass


NOWHERE = Nowhere()
