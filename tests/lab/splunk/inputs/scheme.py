"""What a modular input says of itself when it is called with ``--scheme``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from defusedxml.ElementTree import fromstring

_TRUE = {"1", "true", "t", "yes"}


class SchemeError(Exception):
    """A scheme that splunkd would not load, or that this stand-in does not carry out."""


@dataclass(frozen=True)
class Argument:
    """One parameter of the scheme."""

    name: str
    required_on_create: bool


@dataclass(frozen=True)
class Scheme:
    """Title, arguments, and how the script wants to be run."""

    name: str
    title: str
    arguments: Mapping[str, Argument]
    single_instance: bool
    external_validation: bool

    @classmethod
    def parse(cls, name: str, document: bytes) -> Scheme:
        """Raises SchemeError for XML that is no scheme and for streaming modes other than xml."""
        try:
            root = fromstring(document, forbid_dtd=True)
        except Exception as error:
            raise SchemeError(f"{name} --scheme: not XML: {error}") from error
        if root.tag != "scheme":
            raise SchemeError(f"{name} --scheme: the root element is <{root.tag}>, not <scheme>")
        mode = (root.findtext("streaming_mode") or "simple").strip()
        if mode != "xml":
            raise SchemeError(f"{name} --scheme: streaming_mode {mode!r} is not supported; only xml is")
        arguments = {}
        for element in root.iterfind("endpoint/args/arg"):
            argument = Argument(element.get("name", ""), _is_true(element.findtext("required_on_create"), default=True))
            arguments[argument.name] = argument
        return cls(
            name=name,
            title=(root.findtext("title") or name).strip(),
            arguments=arguments,
            single_instance=_is_true(root.findtext("use_single_instance"), default=False),
            external_validation=_is_true(root.findtext("use_external_validation"), default=False),
        )


def _is_true(text: str | None, *, default: bool) -> bool:
    return default if text is None else text.strip().lower() in _TRUE
