"""The scheme of a modular input: what `--scheme` prints. Uses the standard library alone, so that introspection cannot
fail."""

from __future__ import annotations

from typing import NamedTuple
from xml.sax.saxutils import escape, quoteattr


class Argument(NamedTuple):
    """A parameter of the input's stanza."""

    name: str
    title: str
    description: str
    required: bool


class Scheme(NamedTuple):
    """A modular input; `name` is the script's name and the stanza's prefix."""

    name: str
    title: str
    description: str
    arguments: tuple[Argument, ...]

    def xml(self) -> str:
        """Source: Splunk, modular inputs, introspection scheme."""
        arguments = "".join(_argument(argument) for argument in self.arguments)
        return (
            f"<scheme><title>{escape(self.title)}</title><description>{escape(self.description)}</description>"
            "<use_external_validation>true</use_external_validation><streaming_mode>xml</streaming_mode>"
            "<use_single_instance>false</use_single_instance>"
            f"<endpoint><args>{arguments}</args></endpoint></scheme>"
        )


def _argument(argument: Argument) -> str:
    required = "true" if argument.required else "false"
    return (
        f"<arg name={quoteattr(argument.name)}><title>{escape(argument.title)}</title>"
        f"<description>{escape(argument.description)}</description><data_type>string</data_type>"
        f"<required_on_create>{required}</required_on_create><required_on_edit>false</required_on_edit></arg>"
    )
