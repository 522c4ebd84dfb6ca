"""Replaces user names by pseudonyms: the same user the same one within a report, nobody else's guess.

A keyed hash, because the names of a company's users are few and a plain hash of them is undone by trying.
The key is made anew for every run, unless the environment gives one, so that two nights can be compared.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.running_config import Notice, notice
from nornir_anyconnect.audit.audit_report import users_hit
from nornir_anyconnect.audit.finding import Scope
from nornir_anyconnect.audit.provenance import NotUnderstood

if TYPE_CHECKING:
    from nornir_anyconnect.asa.running_config import Owner, Sourced
    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding, FindingEvidence, Remedy
    from nornir_anyconnect.change.plan.model import Plan
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
        return replace(report, devices=tuple(self.device(device) for device in report.devices))

    def device(self, device: DeviceAudit) -> DeviceAudit:
        """The device without a single user name."""
        names = {user for finding in device.findings for user in _users(finding)}
        return replace(
            device,
            errors=tuple(self._mentions(text, names) for text in device.errors),
            warnings=tuple(self._notice(each) for each in device.warnings),
            findings=tuple(self._finding(finding, names) for finding in device.findings),
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
        from nornir_anyconnect.change.plan.file import plan_of, to_dict  # noqa: PLC0415 - only a plan needs it

        mark = f"{Scope.USERNAME} "
        findings = [each.finding for device in plan.devices for each in device.outlook]
        findings += [each.finding for device in plan.devices for each in device.left]
        findings += [name for device in plan.devices for fix in device.fixes for name in (*fix.serves, *fix.affects)]
        names = {name.removeprefix(mark) for name in findings if name.startswith(mark)}

        def shown(value: Any) -> Any:
            if isinstance(value, str):
                return self._mentions(value, names)
            if isinstance(value, dict):
                plain = {shown(key): shown(each) for key, each in value.items()}
                return plain | {"name": self.of(value["name"])} if value.get("scope") == Scope.USERNAME else plain
            return [shown(each) for each in value] if isinstance(value, list) else value

        return plan_of(shown(to_dict(plan)))

    def _mentions(self, text: str, names: set[str]) -> str:
        """The text with every ``username X`` of these users replaced; X may stand in quotes."""
        for name in sorted(names, key=len, reverse=True):
            pattern = rf"(?i)(\busername\s+[\"']?){re.escape(name)}(?![\w.@\\-])"
            text = re.sub(pattern, lambda found, name=name: found[1] + self.of(name), text)  # type: ignore[misc]
        return text

    def _notice(self, given: Notice) -> Notice:
        """The notice without a user: a line that nobody understood may name anybody, so it is not quoted."""
        parameters = dict(given.parameters)
        if given.code == "lines-not-understood":
            return notice("lines-not-quoted", count=parameters["count"], line=parameters["line"])
        if parameters.get("scope") == Scope.USERNAME:
            parameters["name"] = self.of(parameters["name"])
        return Notice(given.code, parameters)

    def _owner(self, owner: Owner) -> Owner:
        return owner._replace(name=self.of(owner.name)) if owner.kind == Scope.USERNAME else owner

    def _sourced(self, source: Sourced[Any], names: set[str]) -> Sourced[Any]:
        owner = self._owner(source.owner) if source.owner else None
        value = source.value
        if isinstance(value, NotUnderstood):
            value = NotUnderstood(self._mentions(value.line, names))
        return source._replace(value=value, owner=owner)

    def _finding(self, finding: Finding, names: set[str]) -> Finding:
        def mentions(texts: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(self._mentions(text, names) for text in texts)

        def remedy(one: Remedy) -> Remedy:
            return replace(
                one,
                finding=self._key(one.finding),
                commands=(),  # a report under pseudonyms is for people: nothing can be sent from it
                lines=mentions(one.lines),
                rollback=mentions(one.rollback),
                reaches=tuple(self._key(each) for each in one.reaches),
            )

        return replace(
            finding,
            name=self._key(finding.key)[1],
            reachable_by=tuple(self._owner(each) for each in finding.reachable_by),
            sources={setting: self._sourced(each, names) for setting, each in finding.sources.items()},
            remedies=tuple(remedy(each) for each in finding.remedies),
            evidence=self._evidence(finding.evidence) if finding.evidence else None,
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


def _users(finding: Finding) -> set[str]:
    users = set(finding.evidence.user_names) if finding.evidence else set()
    if finding.scope is Scope.USERNAME:
        users.add(finding.name)
    return users | {owner.name for owner in finding.reachable_by if owner.kind == Scope.USERNAME}
