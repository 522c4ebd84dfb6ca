"""Findings as JSON texts, for every format that writes them so: boxes of one template share most of theirs."""

from __future__ import annotations

import json
from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.finding import Finding

if TYPE_CHECKING:
    from nornir_anyconnect.audit.finding import FindingEvidence

MOST_KEPT = 1_000
"""Findings whose text is kept; each takes some 5 kB."""
_EVIDENCE = "evidence"
_shared = attrgetter(*(each.name for each in fields(Finding) if each.name != _EVIDENCE))


class FindingTexts:
    """The texts of one report. What boxes of one template share is made once: mostly only the evidence differs."""

    def __init__(self) -> None:
        # the finding beside its text keeps alive what it is known by
        self._made: dict[tuple[int, ...], tuple[Finding, str, str]] = {}
        self._evidence: tuple[FindingEvidence | None, str] = (None, "null")

    def of(self, finding: Finding) -> str:
        """``json.dumps(finding.to_dict())``."""
        known_by = tuple(map(id, _shared(finding)))
        made = self._made.get(known_by)
        if made is None:
            if len(self._made) >= MOST_KEPT:
                self._made.clear()
            made = self._made[known_by] = (finding, *_around_evidence(finding))
        if self._evidence[0] is not finding.evidence:
            shown = None if finding.evidence is None else finding.evidence.to_dict()
            self._evidence = (finding.evidence, json.dumps(shown))
        return made[1] + self._evidence[1] + made[2]


def _around_evidence(finding: Finding) -> tuple[str, str]:
    """What stands before its evidence, and behind it."""
    values = finding.to_dict()
    names = list(values)
    at = names.index(_EVIDENCE)
    before = json.dumps({name: values[name] for name in names[:at]})
    behind = json.dumps({name: values[name] for name in names[at + 1 :]})
    return f"{before[:-1]}, {json.dumps(_EVIDENCE)}: ", f", {behind[1:]}"
