"""Replaces user names by pseudonyms: the same user the same one within a report, nobody else's guess.

A keyed hash, because the names of a company's users are few and a plain hash of them is undone by trying.
The key is made anew for every run, unless the environment gives one, so that two nights can be compared.
"""

from __future__ import annotations

import hmac
import os
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.config_commands import inverse_of, lines_to_type
from nornir_anyconnect.asa.grammar import Mode
from nornir_anyconnect.asa.modes import header_of
from nornir_anyconnect.asa.running_config import Notice, notice
from nornir_anyconnect.asa.value_forms import NAMED
from nornir_anyconnect.audit.audit_report import users_hit
from nornir_anyconnect.audit.device_store import changed
from nornir_anyconnect.audit.finding import Scope
from nornir_anyconnect.audit.provenance import NotUnderstood

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import Owner, Sourced
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding, FindingEvidence, Remedy
    from nornir_anyconnect.change.plan.model import Fix, Plan, PlannedDevice
    from nornir_anyconnect.evidence.logs_report import LogSummary
    from nornir_anyconnect.evidence.observations import GroupObservations, Incident

SALT_VARIABLE = "NORNIR_ANYCONNECT_SALT"


def _key() -> bytes:
    given = os.environ.get(SALT_VARIABLE)
    return given.encode("utf-8", "surrogateescape") if given else secrets.token_bytes(16)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """User name -> pseudonym, for one report."""

    key: bytes = field(default_factory=_key, repr=False)

    def of(self, user: str) -> str:
        """The pseudonym of one user; case does not make two users out of one."""
        digest = hmac.digest(self.key, user.casefold().encode("utf-8", "surrogatepass"), "sha256")
        return f"user-{digest.hex()[:10]}"

    def report(self, report: AuditReport) -> AuditReport:
        """The report without a single user name."""
        return replace(report, devices=changed(report.devices, self.device))

    def device(self, device: DeviceAudit) -> DeviceAudit:
        """The device without a single user name; one that could not be read names none."""
        return replace(
            device,
            warnings=tuple(self._notice(each) for each in device.warnings),
            findings=tuple(self._finding(finding) for finding in device.findings),
        )

    def logs(self, summary: LogSummary) -> LogSummary:
        """The summary without a single user name; lines that nobody understood may hold one, so none is shown."""

        def incident(each: Incident) -> Incident:
            return replace(each, user=self.of(each.user), address=None, timeline=())

        def group(each: GroupObservations) -> GroupObservations:
            return replace(
                each,
                users=frozenset(self.of(user) for user in each.users),
                tls_only_users=frozenset(self.of(user) for user in each.tls_only_users),
                incidents=tuple(incident(one) for one in each.incidents),
                suspected=tuple(incident(one) for one in each.suspected),
                large_packets=tuple(
                    replace(kind, by_user={self.of(user): met for user, met in kind.by_user.items()})
                    for kind in each.large_packets
                ),
                received_large=tuple(replace(kind, by_user={}) for kind in each.received_large),
            )

        devices = {
            name: replace(device, groups={policy: group(each) for policy, each in device.groups.items()})
            for name, device in summary.devices.items()
        }
        return replace(summary, devices=devices, unreadable_sample=())

    def plan(self, plan: Plan) -> Plan:
        """The plan without a single user name: for people, it can no longer be applied."""
        return replace(plan, devices=tuple(self._planned(each) for each in plan.devices))

    def _planned(self, device: PlannedDevice) -> PlannedDevice:
        def fix(one: Fix) -> Fix:
            return replace(
                one,
                serves=tuple(self._part(each) for each in one.serves),
                affects=tuple(self._part(each) for each in one.affects),
                commands=tuple(each.with_users(self.of) for each in one.commands),
            )

        return replace(
            device,
            fixes=tuple(fix(each) for each in device.fixes),
            diff="\n".join(self._diff_line(line) for line in device.diff.split("\n")),
            outlook=tuple(replace(each, finding=self._part(each.finding)) for each in device.outlook),
            left=tuple(replace(each, finding=self._part(each.finding)) for each in device.left),
            hashes={self._part(part): digest for part, digest in device.hashes.items()},
        )

    def _part(self, named: str) -> str:
        """A finding, or a part of a configuration, as a plan names it: ``scope name``."""
        scope, _, name = named.partition(" ")
        return f"{scope} {self.of(name)}" if scope == Scope.USERNAME else named

    def _diff_line(self, line: str) -> str:
        """A line of configuration behind its mark; of a user's lines the header alone says whose they are."""
        header = header_of(line[1:])
        if header is None or header.row.opens is not Mode.USERNAME:
            return line
        return line[:1] + header.row.keyword.replace(NAMED, self.of(header.name))

    def _notice(self, given: Notice) -> Notice:
        """The notice without a user: a line that nobody understood may name anybody, so it is not quoted."""
        parameters = dict(given.parameters)
        if given.code == "lines-not-understood":
            return notice("lines-not-quoted", count=parameters["count"], line=parameters["line"])
        if parameters.get("scope") == Scope.USERNAME:
            parameters["name"] = self.of(parameters["name"])
        return replace(given, parameters=parameters)

    def _owner(self, owner: Owner) -> Owner:
        return owner._replace(name=self.of(owner.name)) if owner.kind == Scope.USERNAME else owner

    def _sourced(self, source: Sourced[Any]) -> Sourced[Any]:
        owner = self._owner(source.owner) if source.owner else None
        # a line that nobody understood may name anybody
        value = NotUnderstood("") if isinstance(source.value, NotUnderstood) else source.value
        return source._replace(value=value, owner=owner)

    def _finding(self, finding: Finding) -> Finding:
        return replace(
            finding,
            name=self._key(finding.key)[1],
            reachable_by=tuple(self._owner(each) for each in finding.reachable_by),
            sources={setting: self._sourced(each) for setting, each in finding.sources.items()},
            remedies=tuple(self._remedy(each) for each in finding.remedies),
            evidence=self._evidence(finding.evidence) if finding.evidence else None,
        )

    def _remedy(self, remedy: Remedy) -> Remedy:
        """A report under pseudonyms is for people: nothing can be sent from it."""
        commands = tuple(each.with_users(self.of) for each in remedy.commands)
        return replace(
            remedy,
            finding=self._key(remedy.finding),
            commands=(),
            lines=lines_to_type(commands),
            rollback=lines_to_type(inverse_of(commands)),
            reaches=tuple(self._key(each) for each in remedy.reaches),
        )

    def _key(self, key: tuple[Scope, str]) -> tuple[Scope, str]:
        scope, name = key
        return (scope, self.of(name) if scope is Scope.USERNAME else name)

    def _evidence(self, evidence: FindingEvidence) -> FindingEvidence:
        return replace(evidence, user_names=tuple(sorted(self.of(user) for user in evidence.user_names)))


def without_users(report: AuditReport) -> AuditReport:
    """The report with the number of users that were hit, and none of their names."""

    def hidden(finding: Finding) -> Finding:
        seen = finding.evidence
        return replace(finding, evidence=replace(seen, user_names=())) if seen else finding

    return replace(
        report,
        devices=tuple(
            replace(each, findings=tuple(hidden(one) for one in each.findings), nameless_users=users_hit(each))
            for each in report.devices
        ),
    )
