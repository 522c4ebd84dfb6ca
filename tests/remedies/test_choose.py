"""What ``auto`` picks, and the sentence it gives for it."""

import dataclasses

import pytest

from nornir_anyconnect.audit.finding import Finding, Remedy, Scope, Verdict
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.remedies.kinds import fixes, kinds
from nornir_anyconnect.remedies.options import AUTO, Block
from nornir_anyconnect.remedies.propose import choose

AT_RISK = Finding(Scope.TUNNEL_GROUP, "T", "GP", Verdict.AT_RISK, "dtls-mtu-exceeds-tls-mtu")
KEY = (Scope.TUNNEL_GROUP, "T")


def remedy(kind, *blocks, closes=True):
    return Remedy(kind, KEY, closes=closes, blocked_by=tuple(blocks))


MTU = remedy("mtu")
DF = remedy("df-bit-ignore", closes=False)
MSS = remedy("tcpmss")
GROUP = remedy("tls-only-group")


@pytest.mark.parametrize(
    ("remedies", "picked", "said"),
    [
        ((MTU, DF, MSS, GROUP), "mtu", "every standing assumption set"),
        ((remedy("mtu", Block.BELOW_1280), DF, MSS), "tcpmss", "allowed"),
        (
            (remedy("mtu", Block.BELOW_1280), DF, remedy("tcpmss", Block.ACCEPT_GLOBAL)),
            "df-bit-ignore",
            "IPv6",
        ),
        ((remedy("mtu", closes=False), DF), "df-bit-ignore", "no assumption set"),
        (
            (remedy("mtu", Block.DEFAULT_POLICY), remedy("df-bit-ignore", Block.DEFAULT_POLICY)),
            None,
            "--include-default-policy",
        ),
        ((remedy("mtu", Block.FTD), GROUP), None, "FMC"),
        ((GROUP,), None, "no remedy closes"),
        ((), None, "no remedy closes"),
    ],
)
def test_auto_takes_what_closes_then_what_mitigates(remedies, picked, said):
    choice = choose(AT_RISK, remedies)
    assert (choice.remedy.kind if choice.remedy else None) == picked
    assert said in sentence(choice.why)


def test_auto_names_the_blocks_of_what_it_leaves():
    choice = choose(AT_RISK, (remedy("mtu", Block.DEFAULT_POLICY),))
    assert choice.blocked_by == ("default-group-policy",)


def test_auto_leaves_a_mitigated_finding_alone():
    mitigated = dataclasses.replace(AT_RISK, verdict=Verdict.MITIGATED)
    assert choose(mitigated, (MTU,)).remedy is None
    assert choose(mitigated, (MTU,), "mtu").remedy is MTU


@pytest.mark.parametrize("kind", [fix for fix in fixes() if fix != AUTO])
def test_what_is_asked_for_is_taken_unless_it_is_blocked_or_not_there(kind):
    offered = remedy(kind)
    assert choose(AT_RISK, (offered,), kind).remedy is offered
    blocked = choose(AT_RISK, (remedy(kind, Block.INCOMPLETE),), kind)
    assert (blocked.remedy, blocked.blocked_by) == (None, ("incomplete-config",))
    missing = choose(AT_RISK, (), kind)
    assert missing.remedy is None
    assert missing.why


def test_advice_is_not_a_fix():
    with pytest.raises(UsageError, match="dtls-port"):
        choose(AT_RISK, (), "dtls-port")


def test_what_reaches_the_fewest_and_closes_the_gap_stands_before_what_does_not():
    order = ["mtu", "df-bit-ignore", "tcpmss", "tls-only-group", "dtls-port"]
    assert [each for each in kinds() if each in order] == order
