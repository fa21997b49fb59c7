"""Which host an address belongs to; tokens are bound to one."""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from mail_threats.errors import UntrustedLink

_NEVER_IN_AN_ADDRESS = re.compile(r"[\x00-\x20\\]")

# What every reader of addresses reads alike, which nearly all addresses are: no user, no brackets, no escapes.
_PLAIN = re.compile(r"https://([a-z0-9.-]+)(?::([0-9]{1,5}))?/[A-Za-z0-9$%&,./:=?_-]*\Z")


class Origin(NamedTuple):
    """Host in lower case, and port."""

    host: str
    port: int


def origin_of(url: str) -> Origin:
    """The origin of an https address.

    Raises: UntrustedLink when the address is not https, names a user, or cannot be read; the message shows no query.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UntrustedLink("A link in an answer cannot be read, so it was not followed.") from None
    if parts.scheme != "https" or not parts.hostname or parts.username is not None or parts.password is not None:
        raise UntrustedLink(
            f"A link in an answer is not a plain https address ({parts.scheme[:10]}://{parts.hostname})."
        )
    if _NEVER_IN_AN_ADDRESS.search(url):
        raise UntrustedLink("A link in an answer holds characters that no address has, so it was not followed.")
    return Origin(parts.hostname.lower(), 443 if port is None else port)


def require_same_origin(url: str, expected: Origin) -> str:
    """`url`, when it leads to `expected`.

    Raises: UntrustedLink otherwise: following it would hand the token to a stranger.
    """
    plain = _PLAIN.match(url)
    if plain is not None and plain.group(1) == expected.host and int(plain.group(2) or 443) == expected.port:
        return url
    found = origin_of(url)
    if found != expected:
        raise UntrustedLink(
            f"An answer from {expected.host} links to {found.host}:{found.port}, which is not the account's cloud;"
            " the link was not followed.",
            advice="Nothing was sent there. If a device on the way rewrites answers, stop it from doing so.",
        )
    return url
