"""What splunkd writes to an input's stdin: where splunkd is, where state may be kept, and the stanza to run.

Source: Splunk, modular inputs, "Read XML configuration from splunkd" and "Set up external validation".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import IO
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from defusedxml import ElementTree

from mail_threats.errors import ConfigError


@dataclass(frozen=True)
class Splunkd:
    """The splunkd that started this process; it is asked at exactly this address."""

    scheme: str
    host: str
    port: int
    session_key: str = field(repr=False)


@dataclass(frozen=True)
class Invocation:
    """One stanza to run or to validate. `name` is the full stanza name, `entra_sign_ins://contoso`."""

    splunkd: Splunkd
    checkpoint_dir: str
    name: str
    parameters: Mapping[str, str]

    @property
    def short_name(self) -> str:
        return self.name.split("://", 1)[-1]

    def parameter(self, name: str) -> str:
        return self.parameters.get(name, "").strip()


def read_run(stream: IO[bytes]) -> Invocation:
    """The single stanza of an `<input>` document.

    Raises: ConfigError when the document is not one.
    """
    root = _root(stream, "input")
    stanzas = root.findall("./configuration/stanza")
    if len(stanzas) != 1:
        raise ConfigError(f"splunkd sent {len(stanzas)} stanzas where one is expected.")
    return _invocation(root, str(stanzas[0].get("name", "")), stanzas[0])


def read_validation(stream: IO[bytes]) -> Invocation:
    """The item of an `<items>` document; its `name` has no scheme.

    Raises: ConfigError when the document is not one.
    """
    root = _root(stream, "items")
    item = root.find("./item")
    if item is None:
        raise ConfigError("splunkd sent nothing to validate.")
    return _invocation(root, str(item.get("name", "")), item)


def _root(stream: IO[bytes], tag: str) -> Element:
    try:
        root = ElementTree.fromstring(stream.read())
    except (ElementTree.ParseError, ValueError) as fault:
        raise ConfigError(f"What splunkd wrote to stdin cannot be read: {fault}.") from None
    if root.tag != tag:
        raise ConfigError(f"splunkd wrote <{root.tag}> to stdin where <{tag}> is expected.")
    return root


def _invocation(root: Element, name: str, stanza: Element) -> Invocation:
    address = urlsplit(root.findtext("./server_uri", "").strip())
    if address.scheme not in ("http", "https") or not address.hostname or not address.port:
        raise ConfigError("splunkd sent no address of its own (server_uri).")
    host = f"[{address.hostname}]" if ":" in address.hostname else address.hostname
    return Invocation(
        splunkd=Splunkd(address.scheme, host, address.port, root.findtext("./session_key", "").strip()),
        checkpoint_dir=root.findtext("./checkpoint_dir", "").strip(),
        name=name,
        parameters=_parameters(stanza),
    )


def _parameters(stanza: Element) -> dict[str, str]:
    parameters = {str(param.get("name")): param.text or "" for param in stanza.findall("./param")}
    for group in stanza.findall("./param_list"):
        parameters[str(group.get("name"))] = ",".join(value.text or "" for value in group.findall("./value"))
    return parameters
