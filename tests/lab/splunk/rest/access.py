"""Users, roles with their capabilities, and session keys."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

_TRUE = {"enabled", "1", "true"}
SYSTEM_USER = "splunk-system-user"
_ROLE = "role_"
_EVERYTHING = "admin_all_objects"


@dataclass(frozen=True)
class Session:
    """Who is calling, and what they may do."""

    user: str
    capabilities: frozenset[str]

    def may(self, capability: str) -> bool:
        return capability in self.capabilities


@dataclass(frozen=True)
class _User:
    password: str | None
    roles: tuple[str, ...]


class Access:
    """Logins and session keys over the roles of authorize.conf.

    ``authorize()`` is the merged conf: ``[role_<name>]`` stanzas with ``importRoles`` and ``<capability> = enabled``.
    The system user, under whose key splunkd runs inputs, may do everything.
    """

    def __init__(self, authorize: Callable[[], Mapping[str, Mapping[str, str]]]) -> None:
        self._authorize = authorize
        self._users: dict[str, _User] = {}
        self._keys: dict[str, str] = {}

    def add_user(self, name: str, password: str | None, roles: Iterable[str]) -> None:
        """A user; without a password nobody can log in as them, but keys can be made for them."""
        self._users[name] = _User(password, tuple(roles))

    def key_for(self, user: str) -> str:
        """A session key for a user: what splunkd hands to inputs and commands. The same key every time."""
        for key, owner in self._keys.items():
            if owner == user:
                return key
        return self._new_key(user)

    def login(self, user: str, password: str) -> str | None:
        """A new session key, or None when name and password do not fit."""
        known = self._users.get(user)
        if known is None or known.password is None:
            return None
        if not hmac.compare_digest(known.password.encode(), password.encode()):
            return None
        return self._new_key(user)

    def session(self, key: str) -> Session | None:
        """The session of a key, or None for a key that was never given or has been ended."""
        user = self._keys.get(key)
        return None if user is None else Session(user, self.capabilities(user))

    def end(self, key: str) -> None:
        """Ends a session, as a timeout does."""
        self._keys.pop(key, None)

    def roles(self, user: str) -> tuple[str, ...]:
        """The roles of a user, without imported ones."""
        known = self._users.get(user)
        return known.roles if known else ()

    def all_roles(self, roles: Iterable[str]) -> frozenset[str]:
        """Roles with those that they import, and so on."""
        authorize = self._authorize()
        seen: set[str] = set()
        waiting = list(roles)
        while waiting:
            role = waiting.pop()
            if role not in seen:
                seen.add(role)
                imports = authorize[_ROLE + role].get("importRoles", "") if _ROLE + role in authorize else ""
                waiting += [name.strip() for name in imports.split(";") if name.strip()]
        return frozenset(seen)

    def capabilities(self, user: str) -> frozenset[str]:
        """All capabilities of a user's roles and the roles those import."""
        authorize = self._authorize()
        if user == SYSTEM_USER:
            return frozenset().union(*(_granted(authorize, name) for name in authorize if name.startswith(_ROLE)))
        roles = self.all_roles(self.roles(user))
        return frozenset().union(*(_granted(authorize, _ROLE + role) for role in roles))

    def may(self, user: str, allowed: Iterable[str], roles: Iterable[str] | None = None) -> bool:
        """Whether a user has one of the roles of an access list; the system user and full administrators always do.

        ``roles`` stand in for those of a user that was never added.
        """
        names = set(allowed)
        if "*" in names or user == SYSTEM_USER or _EVERYTHING in self.capabilities(user):
            return True
        return bool(names & self.all_roles(self.roles(user) or roles or ()))

    def _new_key(self, user: str) -> str:
        key = secrets.token_urlsafe(48)
        self._keys[key] = user
        return key


def _granted(authorize: Mapping[str, Mapping[str, str]], stanza: str) -> frozenset[str]:
    settings = authorize[stanza] if stanza in authorize else {}
    return frozenset(name for name, value in settings.items() if value.strip().lower() in _TRUE)
