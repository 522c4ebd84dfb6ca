"""The numbers of the tech note and of its neighbours, to the byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.errors import UnknownSuiteError, UsageError
from nornir_anyconnect.mtu.assumptions import (
    COMBINATIONS,
    GUIDE,
    RFC,
    STANDING,
    TECHNOTE,
    AssumptionSet,
    assumption_set,
    in_order,
    primary_set,
)
from nornir_anyconnect.mtu.derive import Derivations, Path, derive_dtls, derive_tls
from nornir_anyconnect.mtu.suites import Offer, Version, all_suites, suite

V = Version
SUITES = st.sampled_from(sorted(all_suites()))
VERSIONS = st.sampled_from(list(Version))
SETS = st.sampled_from(COMBINATIONS)


@pytest.mark.parametrize(
    ("name", "version", "tcpmss", "assume", "expected"),
    [
        ("RC4-SHA", V.TLS1_0, 1380, TECHNOTE, 1347),
        ("RC4-SHA", V.TLS1_0, 1460, TECHNOTE, 1427),
        ("RC4-MD5", V.TLS1_0, 1380, TECHNOTE, 1351),
        ("AES256-SHA256", V.TLS1_2, 1380, TECHNOTE, 1303),
        ("ECDHE-RSA-AES256-SHA384", V.TLS1_2, 1380, TECHNOTE, 1287),
        ("AES256-GCM-SHA384", V.TLS1_2, 1380, TECHNOTE, 1287),
        ("AES256-SHA", V.TLS1_0, 1380, TECHNOTE, 1331),
        ("AES256-SHA", V.TLS1_2, 1380, TECHNOTE, 1315),
        ("DES-CBC3-SHA", V.TLS1_2, 1380, TECHNOTE, 1331),
        ("AES256-GCM-SHA384", V.TLS1_2, 1460, TECHNOTE, 1367),
        ("AES256-GCM-SHA384", V.TLS1_2, 1380, GUIDE, 1367),
        ("AES256-GCM-SHA384", V.TLS1_2, 1380, RFC, 1343),
        ("ECDHE-RSA-CHACHA20-POLY1305", V.TLS1_2, 1380, RFC, 1351),
        ("TLS_AES_256_GCM_SHA384", V.TLS1_3, 1380, RFC, 1350),
        ("RC4-SHA", V.TLS1_0, 0, TECHNOTE, 1427),
    ],
)
def test_tls_mtu(name: str, version: Version, tcpmss: int, assume: AssumptionSet, expected: int) -> None:
    derived = derive_tls(suite(name), version, Path(tcpmss=tcpmss), assume)
    assert derived.computed == expected
    assert derived.steps[-1].value == derived.mtu


@pytest.mark.parametrize(
    ("name", "version", "assume", "expected"),
    [
        ("AES256-SHA", V.DTLS1_0, TECHNOTE, 1418),
        ("AES128-SHA", V.DTLS1_2, TECHNOTE, 1418),
        ("DES-CBC3-SHA", V.DTLS1_0, TECHNOTE, 1426),
        ("AES256-GCM-SHA384", V.DTLS1_2, TECHNOTE, 1390),
        ("AES256-GCM-SHA384", V.DTLS1_2, RFC, 1434),
        ("AES256-SHA", V.DTLS1_0, GUIDE, 1406),
    ],
)
def test_dtls_mtu(name: str, version: Version, assume: AssumptionSet, expected: int) -> None:
    assert derive_dtls(suite(name), version, Path(), assume).mtu == expected


def test_a_narrow_link_bounds_the_tls_path_below_tcpmss() -> None:
    assert derive_tls(suite("RC4-SHA"), V.TLS1_0, Path(link=1400, tcpmss=1380), TECHNOTE).mtu == 1327


def test_ipv6_has_the_longer_header() -> None:
    path = Path(tcpmss=0, ip_version=6)
    assert derive_tls(suite("RC4-SHA"), V.TLS1_0, path, TECHNOTE).mtu == 1407
    assert derive_dtls(suite("AES256-SHA"), V.DTLS1_0, path, TECHNOTE).mtu == 1386


def test_a_configured_mtu_is_the_last_step() -> None:
    derived = derive_dtls(suite("AES256-SHA"), V.DTLS1_0, Path(conf=1303), GUIDE)
    assert (derived.computed, derived.mtu) == (1418, 1303)
    assert str(derived.steps[-1]) == "dtls-mtu = min(1418, 1303(conf-mtu)) = 1303"


@pytest.mark.parametrize("conf", [None, 576, 1303, 1406, 9000])
@pytest.mark.parametrize("assume", COMBINATIONS, ids=lambda each: each.name)
def test_numbers_alone_are_those_of_their_derivations(assume: AssumptionSet, conf: int | None) -> None:
    tls, dtls = Offer(suite("AES256-SHA"), V.TLS1_2), Offer(suite("AES256-SHA"), V.DTLS1_0)
    kept = Derivations((tls,), (dtls,), Path(tcpmss=1380))
    for _ in range(2):
        alone = kept.numbers(tls, dtls, 1400, assume, conf)
        assert alone.tls_mtu == kept.derived(tls, 1400, assume, conf).mtu
        assert alone.dtls_mtu == kept.derived(dtls, 1400, assume, conf).mtu
        assert kept.numbers(tls, None, 1400, assume, conf).dtls_mtu is None


@pytest.mark.parametrize("name", ["RC4-SHA", "NULL-SHA", "RC4-MD5"])
def test_a_stream_suite_never_carries_dtls(name: str) -> None:
    with pytest.raises(UsageError, match="cannot be used with dtlsv1"):
        derive_dtls(suite(name), V.DTLS1_0, Path(), TECHNOTE)


def test_a_sha256_suite_needs_tls_1_2() -> None:
    with pytest.raises(UsageError):
        derive_tls(suite("AES256-SHA256"), V.TLS1_1, Path(), TECHNOTE)


def test_an_unknown_suite_is_not_guessed() -> None:
    with pytest.raises(UnknownSuiteError, match="CAMELLIA256-SHA"):
        suite("CAMELLIA256-SHA")


def test_assumption_sets_are_read_in_every_form() -> None:
    assert assumption_set("guide") is GUIDE
    assert assumption_set("accounting=record,mss=sysopt,cap=none").combination == RFC.combination
    assert assumption_set("mss=interface").combination == "asa/interface/none"
    with pytest.raises(UsageError, match="'technotes' is not an assumption set"):
        assumption_set("technotes")


@given(SUITES, VERSIONS, SETS, st.integers(0, 1460), st.integers(600, 9000))
def test_a_lower_tcpmss_never_raises_the_tls_mtu(
    name: str, version: Version, assume: AssumptionSet, tcpmss: int, link: int
) -> None:
    if version.is_dtls or not suite(name).allowed_in(version):
        return
    lower = derive_tls(suite(name), version, Path(link=link, tcpmss=max(tcpmss - 1, 1)), assume)
    here = derive_tls(suite(name), version, Path(link=link, tcpmss=max(tcpmss, 1)), assume)
    assert lower.mtu <= here.mtu


@given(SUITES, VERSIONS, SETS, st.integers(256, 1462))
def test_what_is_configured_is_never_exceeded(name: str, version: Version, assume: AssumptionSet, conf: int) -> None:
    if not suite(name).allowed_in(version):
        return
    derive = derive_dtls if version.is_dtls else derive_tls
    derived = derive(suite(name), version, Path(conf=conf), assume)
    assert derived.mtu == min(derived.computed, conf)


@given(SUITES, VERSIONS, st.integers(500, 9000))
def test_the_record_fits_the_path_and_one_byte_more_of_a_block_would_not(
    name: str, version: Version, link: int
) -> None:
    """The derivation under ``rfc`` is the largest payload whose record fits the segment."""
    chosen = suite(name)
    if version.is_dtls or not chosen.allowed_in(version):
        return
    payload = derive_tls(chosen, version, Path(link=link, tcpmss=0, client=link), RFC).mtu + 8
    assert _record(name, version, payload) <= link - 40 < _record(name, version, payload + 1)


def _record(name: str, version: Version, payload: int) -> int:
    """An independent reading of RFC 5246 / 5288 / 7905 / 8446: bytes on the wire for one record."""
    chosen = suite(name)
    if chosen.kind == "stream":
        return 5 + payload + chosen.mac
    if chosen.kind == "block":
        iv = 0 if version is V.TLS1_0 else chosen.block
        return 5 + iv + -(-(payload + chosen.mac + 1) // chosen.block) * chosen.block
    if version is V.TLS1_3:
        return 5 + payload + 1 + 16
    return 5 + (0 if "CHACHA20" in name else 8) + payload + 16


def test_three_sets_stand_and_eight_are_searched() -> None:
    assert [each.name for each in STANDING] == ["technote", "guide", "rfc"]
    assert len({each.combination for each in COMBINATIONS}) == 8
    assert {each.combination for each in STANDING} <= {each.combination for each in COMBINATIONS}


def test_a_jumbo_interface_does_not_make_a_jumbo_client() -> None:
    jumbo, usual = Path(link=9000, tcpmss=0), Path(tcpmss=0)
    for each in STANDING:
        assert (
            derive_tls(suite("AES256-SHA"), V.TLS1_2, jumbo, each).mtu
            == derive_tls(suite("AES256-SHA"), V.TLS1_2, usual, each).mtu
        )
        assert (
            derive_dtls(suite("AES256-SHA"), V.DTLS1_2, jumbo, each).mtu
            == derive_dtls(suite("AES256-SHA"), V.DTLS1_2, usual, each).mtu
        )


def test_a_client_behind_pppoe_narrows_both_sides() -> None:
    path = Path(client=1492, tcpmss=0)
    tls = derive_tls(suite("RC4-SHA"), V.TLS1_0, path, TECHNOTE)
    assert (tls.mtu, tls.steps[0].operation) == (1419, "1492(client path) - 20(ip) - 20(tcp)")
    # 1492 - 20 - 8 - 13 - 16 = 1435, in blocks of 16: 1424, less 1 + 20 + 1
    assert derive_dtls(suite("AES256-SHA"), V.DTLS1_2, path, TECHNOTE).mtu == 1402
    wide = Path(link=1400, client=1492, tcpmss=0)
    assert derive_tls(suite("RC4-SHA"), V.TLS1_0, wide, TECHNOTE).steps[0].operation.startswith("1400(link)")


def test_the_primary_set_is_what_measurements_support() -> None:
    assert primary_set(None, ftd=False) is TECHNOTE
    assert primary_set((9, 9, 2, 80), ftd=False) is TECHNOTE
    assert primary_set((9, 10, 1, 0), ftd=False) is GUIDE
    assert primary_set((9, 6, 1, 0), ftd=True) is GUIDE
    assert [each.name for each in in_order(GUIDE)] == ["guide", "technote", "rfc"]
