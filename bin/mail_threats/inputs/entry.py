"""The three ways splunkd calls an input: for its scheme, to validate a stanza, to run one. Standard library only at the
top."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from xml.sax.saxutils import escape

from mail_threats.errors import MailThreatsError
from mail_threats.inputs import filters
from mail_threats.inputs import parameters as checks
from mail_threats.inputs.definition import Definition

USAGE = 2


def run(definition: Definition, arguments: Sequence[str]) -> int:
    """Do what `arguments` ask for; returns the exit code.

    Source: Splunk, modular inputs, "Modular inputs basic example" (the argument is --scheme, --validate-arguments or
    none).
    """
    if list(arguments) == ["--scheme"]:
        print(definition.scheme.xml())
        return 0
    if list(arguments) == ["--validate-arguments"]:
        return _validate(definition)
    if arguments:
        print(f"usage: {definition.scheme.name}.py [--scheme | --validate-arguments]", file=sys.stderr)
        return USAGE
    from mail_threats.inputs.collecting import collect

    code = collect(definition)
    # A request that nobody waits for any more must not keep the process alive, and with it the stanza.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _validate(definition: Definition) -> int:
    from mail_threats.splunkio.environment import seal_environment
    from mail_threats.splunkio.invocation import read_validation
    from mail_threats.splunkio.settings import Settings

    seal_environment()
    try:
        item = read_validation(sys.stdin.buffer)
        checks.check_name(item.short_name)
        checks.check_interval(item.parameters)
        definition.check(item.parameters, time.time())
        filters.refuse_blinding(item.parameters)
        Settings(item.splunkd).account(item.parameter("account"))
    except MailThreatsError as error:
        print(f"<error><message>{escape(str(error))}</message></error>")
        return 1
    return 0
