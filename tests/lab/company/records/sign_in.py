"""The facts of one sign-in, from which each feed's record is built with the same id, so that feeds can be joined."""

from __future__ import annotations

from dataclasses import dataclass, replace
from random import Random
from typing import Any

from lab.company.records import draws
from lab.company.records.catalogue import USER_AGENTS, Application, SignInResult, application, sign_in_result

KINDS = ("interactive", "non_interactive", "service_principal", "managed_identity")
TENANT_ID = "7b0f1c52-91f4-4a3e-9c0d-2f6e8a51d3b4"
NO_ACCOUNT = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Place:
    """Where Entra locates an address."""

    city: str
    state: str
    country: str
    latitude: float
    longitude: float


PLACES = (
    Place("Hamburg", "Hamburg", "DE", 53.5511, 9.9937),
    Place("Leeds", "Leeds", "GB", 53.8008, -1.5491),
    Place("Aarhus", "Midtjylland", "DK", 56.1629, 10.2039),
    Place("Utrecht", "Utrecht", "NL", 52.0907, 5.1214),
    Place("Lyon", "Rhone", "FR", 45.7640, 4.8357),
    Place("Porto", "Porto", "PT", 41.1579, -8.6291),
)
# Private-use numbers (RFC 6996): no real network is named.
AUTONOMOUS_SYSTEMS = (64512, 64530, 64577, 64601, 64699, 64733, 64812)


@dataclass(frozen=True, kw_only=True)
class SignIn:
    """One attempt to sign in. `time` in epoch seconds, `user` as typed, `src` an address without port, `code` Entra's
    result.

    `kind` is one of KINDS. For service principals and managed identities `user` is the principal's name.
    """

    time: float
    user: str
    src: str
    code: int
    application: Application
    client_app: str
    user_agent: str
    kind: str
    id: str
    correlation_id: str
    session_id: str
    token_id: str
    operating_system: str
    browser: str
    device_id: str
    request_type: str
    place: Place
    autonomous_system: int
    processing_ms: int

    @classmethod
    def draw(
        cls,
        rng: Random,
        *,
        time: float,
        user: str,
        src: str,
        code: int = 0,
        app: str | Application = "OfficeHome",
        client_app: str | None = None,
        agent: str | None = None,
        kind: str = "interactive",
        **facts: Any,
    ) -> SignIn:
        """A sign-in with everything not given drawn from `rng`. `app` is a name or id of the catalogue or an
        Application, `agent` a key of USER_AGENTS or the string itself. ValueError for an unknown kind, code,
        application or fact."""
        if kind not in KINDS:
            raise ValueError(f"sign-in kind {kind!r} is not one of {', '.join(KINDS)}")
        sign_in_result(code)
        agent = rng.choice(("edge_windows", "chrome_windows")) if agent is None else agent
        agent = USER_AGENTS.get(agent, agent)
        system, browser, default_client = _device(agent)
        drawn: dict[str, Any] = {
            "id": draws.guid(rng),
            "correlation_id": draws.guid(rng),
            "session_id": draws.guid(rng),
            "token_id": draws.token(rng),
            "device_id": draws.guid(rng) if rng.random() < 0.5 else "",
            **_located(src),
            "processing_ms": rng.randrange(40, 900),
            "operating_system": system,
            "browser": browser,
            "request_type": "OAuth2:Token"
            if kind != "interactive" or default_client != "Browser"
            else "OAuth2:Authorize",
        }
        unknown = sorted(facts.keys() - drawn.keys())
        if unknown:
            raise ValueError(f"a sign-in has no {', '.join(unknown)}; it can set {', '.join(sorted(drawn))}")
        drawn.update(facts)
        return cls(
            time=time,
            user=user,
            src=src,
            code=code,
            application=app if isinstance(app, Application) else application(app),
            client_app=client_app if client_app is not None else default_client,
            user_agent=agent,
            kind=kind,
            **drawn,
        )

    @property
    def result(self) -> SignInResult:
        return sign_in_result(self.code)

    @property
    def has_account(self) -> bool:
        """Whether Entra could resolve the name: the record then carries the account's object id."""
        return self.result.account != "absent"

    @property
    def user_id(self) -> str:
        return draws.stable_guid(self.user) if self.has_account else NO_ACCOUNT

    @property
    def display_name(self) -> str:
        """`Given Family` for an account; Entra repeats the typed name when there is no such account."""
        if not self.has_account:
            return self.user
        return " ".join(part.capitalize() for part in self.user.split("@", 1)[0].replace("_", ".").split("."))

    def again(self, rng: Random, **changes: Any) -> SignIn:
        """The next step of the same flow (a retry, the step after an interrupt): same correlation and session, new
        id."""
        return replace(
            self, id=draws.guid(rng), token_id=draws.token(rng), processing_ms=rng.randrange(40, 900), **changes
        )


def _located(src: str) -> dict[str, Any]:
    """Place and network of an address: the same for everybody who signs in from it."""
    number = int(draws.stable_guid("address:" + src)[:8], 16)
    return {
        "place": PLACES[number % len(PLACES)],
        "autonomous_system": AUTONOMOUS_SYSTEMS[number // len(PLACES) % len(AUTONOMOUS_SYSTEMS)],
    }


def _device(agent: str) -> tuple[str, str, str]:
    """(operatingSystem, browser, clientAppUsed) that Entra derives from a user agent."""
    if "iPhone" in agent:
        return "Ios 18.1", "Mobile Safari 18.1", "Browser"
    if "Android" in agent:
        return "Android 14", "Chrome Mobile WebView 131.0.6778", "Mobile Apps and Desktop clients"
    if "Outlook" in agent:
        return "Windows10", "Microsoft Office 16.0", "Mobile Apps and Desktop clients"
    if "Teams/" in agent:
        return "Windows10", "Edge 130.0.0", "Mobile Apps and Desktop clients"
    if "Macintosh" in agent:
        return "MacOs", "Chrome 130.0.0", "Browser"
    if "Firefox" in agent:
        return "Windows10", "Firefox 132.0", "Browser"
    if "Edg/" in agent:
        return "Windows10", "Edge 131.0.0", "Browser"
    if "Chrome/" in agent:
        return "Windows10", "Chrome 131.0.0", "Browser"
    return "", agent.split("/", 1)[0].replace("-", " ").title(), "Mobile Apps and Desktop clients"
