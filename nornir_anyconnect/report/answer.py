"""The sentence that answers, from what is counted of each device as it goes by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.audit_report import LogsTell, users_hit
from nornir_anyconnect.audit.finding import Verdict
from nornir_anyconnect.report import sentences
from nornir_anyconnect.report.sentences import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit


_UNSEEN = "whether anybody was hit cannot be seen here"


@dataclass(frozen=True, slots=True)
class _Box:
    """What one device adds to the answer."""

    findings: int
    hit: bool
    users: int
    risky: int
    looked: bool
    """It would show if somebody had been hit, for all that is at risk."""
    cured: bool
    """One line per group policy closes all that is at risk."""
    told: int
    """Reconnects that a client's own log tells."""
    unexplained: int
    """Who reconnected as people do who are hit, with sizes that nothing here computes: no proof, and no all-clear."""
    past: int
    """Who was hit under settings that are no longer in force: told, and no alarm."""
    last: str
    unknown: int


def _box(device: DeviceAudit) -> _Box:
    found = [each for each in device.findings if each.waiver is None]
    risky = [each for each in found if each.verdict is Verdict.AT_RISK]
    seen = [(each, each.evidence) for each in found if each.evidence is not None]
    past = [evidence.past for _, evidence in seen if evidence.past]
    hit = any(each.confirmed and each.verdict is not Verdict.SAFE for each in found)
    ways = [sentences.recommended(each) for each in risky]
    return _Box(
        findings=len(found),
        hit=hit,
        users=users_hit(device) if hit else 0,
        risky=len(risky),
        looked=all(each.evidence is not None and each.evidence.observable == "yes" for each in risky),
        cured=bool(ways) and all(way is not None and way.closes for way in ways),
        told=max((each.evidence.client_reconnects for each in risky if each.evidence), default=0),
        unexplained=max((e.users for each, e in seen if e.reconnects and not each.confirmed), default=0),
        # findings of one device may tell of the same users
        past=max((each.users for each in past), default=0),
        last=max((each.last for each in past if each.last), default=""),
        unknown=sum(each.verdict is Verdict.UNKNOWN for each in found),
    )


def answer(report: AuditReport) -> str:
    """The sentence that answers: was anybody hit, is anybody at risk, and does one line cure it."""
    logs, boxes = LogsTell(), []
    for device in report.devices:
        boxes.append(_box(device))
        logs.add(device)
    summary = report.summary
    firewalls = summary.devices
    hit = [each for each in boxes if each.hit]
    risky = [each for each in boxes if each.risky]
    unexplained = _unexplained(boxes)
    doubt = _unjudged(summary.failed_devices, boxes)
    besides = _strangers(logs.strangers) + _past(boxes) + doubt
    if hit:
        users = sum(each.users for each in hit)
        said = f"{count(users, 'user')} on {count(len(hit), 'firewall')} {'was' if users == 1 else 'were'} hit"
        return f"{said}{_cure(hit)}{_more_at_risk(risky)}{besides}."
    if risky:
        looked = all(each.looked for each in risky)
        told = max(each.told for each in risky)
        now = " under the present setting" if any(each.past for each in boxes) else ""
        seen = f"nobody was seen to be hit{now}" if looked else _UNSEEN
        seen = unexplained or seen
        if told:
            # what the client itself tells is no less true for what the device does not show
            seen = f"client log: {count(told, 'reconnect')} to apply a new MTU"
        number = sum(each.risky for each in risky)
        what = f"{count(number, 'finding')} on {count(len(risky), 'firewall')} {'is' if number == 1 else 'are'}"
        return f"{what} at risk; {seen}{_cure(risky)}{besides}."
    found = any(each.findings for each in boxes)
    if not found and summary.failed_devices == firewalls:
        return f"Nothing was judged: {count(firewalls, 'firewall')} could not be read."
    if not found:
        there = "no tunnel group or group policy for AnyConnect was found" if firewalls else "nothing was judged"
        return f"Of {count(firewalls, 'firewall')} {there}{besides}."
    what = "Nothing that could be judged is" if doubt else "Nothing is"
    # whoever named a syslog asked, though it held no message
    of_logs = report.inputs is not None and (logs.any or any(each.read_as == "syslog" for each in report.inputs))
    blind = of_logs and not logs.all and not logs.strangers
    seen = f"; {unexplained}" if unexplained else f"; {_UNSEEN}" if blind else ""
    return f"{what} at risk on {count(firewalls, 'firewall')}{seen}{besides}."


def _more_at_risk(boxes: Sequence[_Box]) -> str:
    """Those where nobody was hit yet: who reads of a cure must not take it for the whole fleet's."""
    number = sum(not each.hit for each in boxes)
    return f"; {number} more {'firewall is' if number == 1 else 'firewalls are'} at risk" if number else ""


def _unexplained(boxes: Sequence[_Box]) -> str:
    users = sum(each.unexplained for each in boxes)
    return f"{count(users, 'user')} reconnected after drops that this configuration does not explain" if users else ""


def _strangers(users: int) -> str:
    was = "was" if users == 1 else "were"
    return f"; {count(users, 'user')} {was} hit under a group policy that is not in the configuration" if users else ""


def _past(boxes: Sequence[_Box]) -> str:
    total = sum(each.past for each in boxes)
    if not total:
        return ""
    last = max(each.last for each in boxes)
    when = f", the last on {last.partition('T')[0]}" if last else ""
    return f"; {count(total, 'user')} {'was' if total == 1 else 'were'} hit before the present setting{when}"


def _unjudged(failed: int, boxes: Sequence[_Box]) -> str:
    unknown = sum(each.unknown for each in boxes)
    said = [count(failed, "firewall") + " could not be read"] if failed else []
    said += [count(unknown, "finding") + " could not be judged"] if unknown else []
    return f"; {' and '.join(said)}" if said else ""


def _cure(boxes: Sequence[_Box]) -> str:
    cured = sum(each.cured for each in boxes)
    if not cured:
        return ""
    what = "it" if len(boxes) == 1 else "all of them" if cured == len(boxes) else f"{cured} of them"
    return f"; one line per group policy cures {what}"
