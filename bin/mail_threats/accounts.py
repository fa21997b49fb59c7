"""What an admin configures once for a tenant: how to sign in to it, and how to get there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from mail_threats.clouds import Endpoints, endpoints
from mail_threats.errors import ConfigError
from mail_threats.guid import is_guid
from mail_threats.timestamps import parse
from mail_threats.wire.credentials import ClientSecret, Credential, client_certificate


@dataclass(frozen=True)
class Proxy:
    """An HTTP proxy that is asked to tunnel (CONNECT); user and password are empty when it asks for none."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Account:
    """One app registration in one tenant, and how it signs in; `ca_pem` holds certificates to trust besides the public
    ones, or is empty."""

    name: str
    tenant_id: str
    client_id: str
    credential: Credential
    endpoints: Endpoints
    ca_pem: str = field(default="", repr=False)


def account_from_stanza(name: str, stanza: Mapping[str, str | None]) -> Account:
    """The account of a stanza of m365_mail_threats_account.conf, its secret already decrypted.

    Raises: ConfigError naming the account and the field.
    """
    values = {key: (value or "").strip() for key, value in stanza.items() if isinstance(value, (str, type(None)))}
    for field_name, label, page in (
        ("tenant_id", "tenant ID", "Directory (tenant) ID"),
        ("client_id", "client ID", "Application (client) ID"),
    ):
        if not is_guid(values.get(field_name, "")):
            raise ConfigError(
                f"Account {name!r}: the {label} {values.get(field_name, '')[:80]!r} is not a GUID.",
                advice=f"Copy {page} from the app registration's overview page.",
            )
    return Account(
        name=name,
        tenant_id=values["tenant_id"].lower(),
        client_id=values["client_id"],
        credential=_credential(name, values),
        endpoints=endpoints(
            values.get("cloud") or "worldwide",
            login=values.get("custom_login_url", ""),
            management=values.get("custom_management_url", ""),
            graph=values.get("custom_graph_url", ""),
        ),
        ca_pem=values.get("ca_certificate", ""),
    )


def _credential(name: str, values: Mapping[str, str]) -> Credential:
    kind = values.get("credential_kind") or "client_secret"
    if kind == "certificate":
        try:
            return client_certificate(
                values.get("certificate", ""),
                values.get("private_key", ""),
                values.get("assertion_algorithm") or "PS256",
            )
        except ConfigError as error:
            raise ConfigError(f"Account {name!r}: {error.message}", advice=error.advice) from None
    if kind != "client_secret":
        raise ConfigError(
            f"Account {name!r} signs in with {kind[:40]!r}, which is not known.",
            advice="Choose client_secret or certificate.",
        )
    if not values.get("client_secret"):
        raise ConfigError(f"Account {name!r} has no client secret.", advice="Edit the account and save it again.")
    return ClientSecret(values["client_secret"], _day(name, values.get("secret_expires", "")))


def _day(name: str, text: str) -> float | None:
    if not text:
        return None
    try:
        return parse(text)
    except ValueError as fault:
        raise ConfigError(
            f"Account {name!r}: the day on which the secret expires cannot be read: {fault}.",
            advice="Write it as 2027-01-31, as the app registration shows it, or leave it empty.",
        ) from None


def proxy_from_stanza(stanza: Mapping[str, str | None]) -> Proxy | None:
    """The proxy of `[proxy]` in m365_mail_threats_settings.conf, its password already decrypted; None when it is off.

    Raises: ConfigError naming the field.
    """
    values = {key: (value or "").strip() for key, value in stanza.items() if isinstance(value, (str, type(None)))}
    if values.get("proxy_enabled", "0").lower() not in ("1", "true", "yes"):
        return None
    kind = values.get("proxy_type") or "http"
    if kind != "http":
        raise ConfigError(f"Proxy type {kind!r} is not supported.", advice="Choose http.")
    host = values.get("proxy_url", "")
    if not re.match(r"[A-Za-z0-9._-]+\Z|\[?[0-9A-Fa-f:.]+\]?\Z", host):
        raise ConfigError(
            f"The proxy host {host[:200]!r} is not a host name or address.",
            advice="Write the host alone, without a scheme, a port or a password.",
        )
    port = values.get("proxy_port", "")
    if not port.isdigit() or not 0 < int(port) < 65536:
        raise ConfigError(
            f"The proxy port {port[:20]!r} is not a number from 1 to 65535.", advice="Correct the proxy page."
        )
    return Proxy(host.strip("[]"), int(port), values.get("proxy_username", ""), values.get("proxy_password", ""))
