"""Text in, judged device out: parse, judge, propose. What the command line and the runbook tasks call."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.errors import SourceError

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.audit.finding import DeviceAudit
    from nornir_anyconnect.evidence.observations import DeviceObservations

_INK = re.compile(r"[^\ufeff \t\r\n]")
_BINARY_SHARE = 0.1
_LOOKED_AT = 4096
_TEXT_CONTROLS = "\t\n\r\f\b\x07\x1b\x11\x13"  # what terminals and pagers leave in a captured session


def assess_text(
    text: str,
    name: str,
    *,
    observations: DeviceObservations | None = None,
    options: Options | None = None,
    path: str | None = None,
) -> DeviceAudit:
    """Judge one saved running-config; findings with remedies, worst first. Sizes in bytes.

    Args:
        text: the configuration as printed.
        name: what the device is called in the report.
        observations: what was seen of the device.
        options: how to judge.
        path: where the text was read from.

    Raises:
        SourceError: the text is empty, binary, or not the configuration of an ASA or FTD.

    """
    config = config_of(text, path or name)
    return replace(assess_config(config, name, observations, options), path=path)


def config_of(text: str, shown: str) -> RunningConfig:
    """The configuration that a text holds; ``shown`` names it in an error.

    Raises:
        SourceError: the text is empty, binary, or not the configuration of an ASA or FTD.

    """
    # TTP is slow to import: only who reads a configuration pays
    from nornir_anyconnect.asa.parser import parse  # noqa: PLC0415 - see above

    _refuse_non_text(text, shown)
    config = parse(text)
    if not config.recognised:
        raise SourceError(
            f"{shown} is not an ASA or FTD configuration",
            "save the output of 'show running-config' and check that file",
        )
    return config


def assess_config(
    config: RunningConfig,
    name: str,
    observations: DeviceObservations | None = None,
    options: Options | None = None,
) -> DeviceAudit:
    """Judge a parsed configuration and propose what would close its gaps."""
    from nornir_anyconnect.remedies.options import RemedyOptions  # noqa: PLC0415 - as above
    from nornir_anyconnect.remedies.propose import propose  # noqa: PLC0415 - as above

    options = options or Options()
    judged = judge(config, name, observations, options)
    return propose(config, judged, RemedyOptions.judged_as(options), observations)


def _refuse_non_text(text: str, shown: str) -> None:
    if _INK.search(text) is None:
        raise SourceError(f"{shown} is empty", "save the output of 'show running-config' into it")
    head = text[:_LOOKED_AT]
    odd = sum(1 for each in head if each == "\ufffd" or (each < " " and each not in _TEXT_CONTROLS))
    if odd > _BINARY_SHARE * len(head):
        raise SourceError(f"{shown} is binary", "a running-config is plain text; unpack archives and images first")
