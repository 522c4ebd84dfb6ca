"""What a current client gets, beside the pair that any client could get."""

from __future__ import annotations

import pytest

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.finding import Likely
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations
from nornir_anyconnect.mtu.clients import client_named, clients
from nornir_anyconnect.mtu.suites import all_suites
from tests.texts import AT_DEFAULTS

ECDHE, TLS13 = "ECDHE-RSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384"


def likely(release="9.16(1)", client="secure-client-5", more="", seen=None) -> Likely | None:
    config = parse(AT_DEFAULTS.format(release=release, more=more))
    audit = judge(config, "fw", seen, Options(client=client_named(client)))
    return next(each for each in audit.findings if each.name == "STAFF").likely


@pytest.mark.parametrize(
    ("release", "client", "suites", "numbers"),
    [
        ("9.8(2)", "secure-client-5", (ECDHE, "AES256-SHA"), (1367, 1406)),
        ("9.12(4)", "secure-client-5", (ECDHE, ECDHE), (1367, 1390)),
        ("9.16(1)", "secure-client-5", (ECDHE, ECDHE), (1367, 1390)),
        ("9.18(4)", "secure-client-5", (ECDHE, ECDHE), (1367, 1390)),
        ("9.20(2)", "secure-client-5", (TLS13, ECDHE), (1367, 1390)),
        ("9.22(1)", "secure-client-5", (TLS13, ECDHE), (1367, 1390)),
        ("9.22(1)", "anyconnect-4", (ECDHE, ECDHE), (1367, 1390)),
        ("9.16(1)", "anyconnect-4.6", (ECDHE, "DHE-RSA-AES256-SHA"), (1367, 1406)),
    ],
)
def test_the_likely_pair_of_a_box_at_default_settings(release, client, suites, numbers) -> None:
    """1367 / 1390 is what a recorded answer to a CONNECT says."""
    pair = likely(release, client)
    assert (pair.tls_suite, pair.dtls_suite) == suites
    guide = pair.assumptions["guide"]
    assert (guide.tls_mtu, guide.dtls_mtu) == numbers


def test_the_box_s_order_decides_and_not_the_client_s() -> None:
    more = (
        'ssl cipher tlsv1.2 custom "AES128-SHA:ECDHE-RSA-AES256-GCM-SHA384"\nssl cipher dtlsv1.2 custom "AES256-SHA"\n'
    )
    pair = likely(more=more)
    assert (pair.tls_suite, pair.dtls_suite) == ("AES128-SHA", "AES256-SHA")


def test_an_rsa_certificate_signs_no_ecdsa_suite() -> None:
    more = 'ssl cipher tlsv1.2 custom "ECDHE-ECDSA-AES256-GCM-SHA384:AES256-SHA"\n'
    assert likely(more=more).tls_suite == "AES256-SHA"


def test_without_a_suite_for_dtls_in_common_there_is_none() -> None:
    more = 'ssl cipher dtlsv1.2 custom "DES-CBC3-SHA"\nssl cipher dtlsv1 custom "DES-CBC3-SHA"\n'
    pair = likely(more=more)
    assert pair.dtls_suite is None
    assert pair.assumptions["guide"].to_dict() == {"tls_mtu": 1367, "dtls_mtu": None, "gap": None}


def test_without_a_client_only_what_sessions_show_is_told() -> None:
    assert likely(client="any") is None
    ciphers = frozenset({("tls", "AES256-GCM-SHA384"), ("dtls", "AES128-SHA")})
    seen = DeviceObservations("fw", {"GP": GroupObservations("GP", ciphers=ciphers)})
    for client in ("any", "secure-client-5"):
        pair = likely(client=client, seen=seen)
        assert (pair.client, pair.tls_suite, pair.dtls_suite) == ("sessions-seen", "AES256-GCM-SHA384", "AES128-SHA")


def test_the_verdict_and_the_safe_mtu_stay_the_worst_pair_s() -> None:
    config = parse(AT_DEFAULTS.format(release="9.16(1, more=)", more=""))
    for client in ("secure-client-5", "any"):
        audit = judge(config, "fw", options=Options(client=client_named(client)))
        found = next(each for each in audit.findings if each.name == "STAFF")
        assert (found.tls_mtu, found.dtls_mtu, found.safe_mtu) == (1367, 1406, 1287)


def test_every_client_is_cited_and_offers_suites_that_are_known() -> None:
    for client in clients().values():
        assert client.source
        assert client.suites <= set(all_suites())
    secure = clients()["secure-client-5"]
    dtls = {name for name in secure.suites if not name.startswith("TLS_")}
    assert len(dtls) == 19
    assert not {name for name in dtls if "DES" in name or "RC4" in name or "CHACHA" in name}
    assert "DHE-RSA-AES256-SHA" not in dtls


def test_a_client_that_is_not_known() -> None:
    assert client_named("anyconnect-4").name == "anyconnect-4.10"
    with pytest.raises(UsageError, match="no client"):
        client_named("anyconnect-3")
