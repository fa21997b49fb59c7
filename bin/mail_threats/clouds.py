"""Where each Microsoft cloud answers.

Sources: Office 365 Management Activity API reference (management hosts); Microsoft Graph and Entra national cloud
documentation (login and Graph hosts). For the cloud run by 21Vianet no management host is documented, so an admin has
to name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import urlsplit

from mail_threats.errors import ConfigError


class Endpoints(NamedTuple):
    """Base addresses, https and without a trailing slash; an address is also the resource that a token is asked for.

    `management` and `graph` are None where the cloud has none or none was given.
    """

    login: str
    management: str | None
    graph: str | None


CLOUDS: Mapping[str, Endpoints] = {
    "worldwide": Endpoints(
        "https://login.microsoftonline.com", "https://manage.office.com", "https://graph.microsoft.com"
    ),
    "gcc": Endpoints(
        "https://login.microsoftonline.com", "https://manage-gcc.office.com", "https://graph.microsoft.com"
    ),
    "gcc_high": Endpoints(
        "https://login.microsoftonline.us", "https://manage.office365.us", "https://graph.microsoft.us"
    ),
    "dod": Endpoints(
        "https://login.microsoftonline.us", "https://manage.protection.apps.mil", "https://dod-graph.microsoft.us"
    ),
    "china": Endpoints("https://login.partner.microsoftonline.cn", None, "https://microsoftgraph.chinacloudapi.cn"),
}
CUSTOM = "custom"


def endpoints(cloud: str, *, login: str = "", management: str = "", graph: str = "") -> Endpoints:
    """The addresses of a cloud; `login`, `management` and `graph` are the admin's own ones.

    They are all of the answer for `custom`, and fill in what a listed cloud does not have.
    Raises: ConfigError for an unknown cloud, an address that is not plain https, or a custom cloud without a login
    address.
    """
    if cloud == CUSTOM:
        if not login.strip():
            raise ConfigError(
                "The account's cloud is custom, but it has no login address.", advice="Fill in Custom login URL."
            )
        return Endpoints(
            _https("Custom login URL", login),
            _https("Custom management URL", management) if management.strip() else None,
            _https("Custom Graph URL", graph) if graph.strip() else None,
        )
    if cloud not in CLOUDS:
        raise ConfigError(
            f"The account's cloud {cloud!r} is not known.", advice=f"Choose one of {', '.join(CLOUDS)} or {CUSTOM}."
        )
    listed = CLOUDS[cloud]
    if listed.management is None and management.strip():
        return listed._replace(management=_https("Custom management URL", management))
    return listed


def _https(label: str, address: str) -> str:
    text = address.strip().rstrip("/")
    try:
        parts = urlsplit(text)
        valid = parts.scheme == "https" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        valid = False
    if not valid or parts.username is not None or parts.query or parts.fragment:
        raise ConfigError(
            f"{label} is not an https address: {text[:200]!r}.", advice="Write it as https://host or https://host:port."
        )
    return text
