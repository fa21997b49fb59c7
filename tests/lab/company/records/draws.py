"""Identifiers and times in the notation Microsoft's records use. Every value is drawn from the Random passed in."""

from __future__ import annotations

import base64
import ipaddress
import uuid
from datetime import UTC, datetime
from random import Random

_NAMESPACE = uuid.UUID("5a1d7a3e-6d6c-5f0b-9a52-0d3c6f1e8b47")
_REGIONS = ("EURPR", "EURP1", "EURP2")


def guid(rng: Random) -> str:
    """A version 4 GUID in lower case."""
    return str(uuid.UUID(int=rng.getrandbits(128), version=4))


def stable_guid(text: str) -> str:
    """The GUID that belongs to `text`, the same in every run: the object id of an account, an application, a
    mailbox."""
    return str(uuid.uuid5(_NAMESPACE, text.lower()))


def puid(text: str) -> str:
    """The 16 upper-case hex digits Exchange writes as UserKey; they belong to `text` as stable_guid does."""
    return "10032001" + uuid.uuid5(_NAMESPACE, "puid:" + text.lower()).hex[:8].upper()


def sid(text: str) -> str:
    """The Exchange Online SID of an account: one domain, a relative id that belongs to `text`."""
    relative = 20_000_000 + uuid.uuid5(_NAMESPACE, "sid:" + text.lower()).int % 9_000_000
    return f"S-1-5-21-1004336348-1177238915-682003330-{relative}"


def token(rng: Random, length: int = 22) -> str:
    """URL-safe base64 of random bytes, `length` characters (uniqueTokenIdentifier, UniqueTokenId)."""
    return base64.urlsafe_b64encode(rng.randbytes(length)).decode()[:length]


def entry_id(rng: Random, prefix: str = "RgAAAAD", length: int = 120) -> str:
    """An Exchange entry id: base64, `Rg...` for items, `Lg...` for folders."""
    return prefix + base64.b64encode(rng.randbytes(length)).decode()[: length - len(prefix)]


def message_id(rng: Random, server: str) -> str:
    """An InternetMessageId `<SERVER + 30 hex @ SERVER.eurprdNN.prod.outlook.com>` for a mailbox server name."""
    return f"<{server}{rng.getrandbits(120):030X}@{server}.eurprd{server[5:7]}.prod.outlook.com>"


def server_name(rng: Random) -> str:
    """A mailbox server name, `AM0PR04MB5043`."""
    site = rng.choice(("AM", "DB", "VI", "HE", "PR"))
    return f"{site}{rng.randrange(10)}PR{rng.randrange(1, 10):02}MB{rng.randrange(1000, 10000)}"


def server_version(rng: Random) -> str:
    """The build in an OriginatingServer, `15.20.8466.016`."""
    return f"15.20.{rng.randrange(8400, 8480)}.{rng.randrange(10, 40):03}"


def forest(rng: Random) -> str:
    """The forest of a hosted organisation as it stands in ObjectId, `EURPR04A009.PROD.OUTLOOK.COM`."""
    return f"{rng.choice(_REGIONS)}0{rng.randrange(1, 10)}A{rng.randrange(1, 30):03}.PROD.OUTLOOK.COM"


def with_port(address: str, rng: Random) -> str:
    """`address:port`, brackets round an IPv6 address: the form of ClientIP in Exchange admin records."""
    port = rng.randrange(1024, 65536)
    if ipaddress.ip_address(address).version == 6:
        return f"[{address}]:{port}"
    return f"{address}:{port}"


def audit_time(time: float) -> str:
    """CreationTime of the Management Activity API: UTC, whole seconds, no zone (Office 365 Management Activity API
    schema)."""
    return datetime.fromtimestamp(int(time), UTC).strftime("%Y-%m-%dT%H:%M:%S")


def graph_time(time: float) -> str:
    """createdDateTime of Graph's beta: UTC, whole seconds, `Z`."""
    return audit_time(time) + "Z"


def graph_time_fraction(time: float, rng: Random) -> str:
    """createdDateTime of Graph v1.0 and the Event Hub: seven fraction digits and `Z`."""
    moment = datetime.fromtimestamp(time, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06}{rng.randrange(10)}Z"


def windows_time(time: float, rng: Random) -> str:
    """SystemTime of a Windows event: seven fraction digits and `Z`."""
    return graph_time_fraction(time, rng)


def sysmon_time(time: float) -> str:
    """UtcTime of a Sysmon event: UTC, a blank between date and time, milliseconds."""
    moment = datetime.fromtimestamp(time, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03}"
