from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.asa.running_config import (
    CipherChoice,
    Platform,
    Release,
    RunningConfig,
    Sourced,
    SslSettings,
    Webvpn,
)
from nornir_anyconnect.audit.negotiable import negotiable, release_of
from nornir_anyconnect.mtu.assumptions import COMBINATIONS
from nornir_anyconnect.mtu.derive import Link, Path, derivations
from nornir_anyconnect.mtu.suites import DTLS_VERSIONS, TLS_VERSIONS, Offer, Version, all_suites

V = Version


def box(
    release: Release | None = None,
    *,
    encryption: str | None = None,
    server_version: str | None = None,
    **ciphers: str,
) -> RunningConfig:
    """``tlsv1_2="medium"`` is a level, ``tlsv1_2="A:B"`` a custom list."""
    choices = []
    for name, value in ciphers.items():
        custom = value.isupper() or ":" in value
        choice = CipherChoice(custom=tuple(value.split(":"))) if custom else CipherChoice(level=value)
        choices.append((name.replace("_", "."), Sourced(choice, 10)))
    return RunningConfig(
        release=Sourced(release, 1) if release else None,
        ssl=SslSettings(
            ciphers=tuple(choices),
            encryption=Sourced(tuple(encryption.split()), 11) if encryption else None,
            server_version=Sourced(tuple(server_version.split()), 12) if server_version else None,
        ),
    )


def versions(config: RunningConfig) -> set[Version]:
    found = negotiable(config)
    return {each.version for each in (*found.tls, *found.dtls)}


def of(config: RunningConfig, version: Version) -> list[str]:
    found = negotiable(config)
    return [each.suite.name for each in (*found.tls, *found.dtls) if each.version is version]


def test_a_line_makes_a_version_exist() -> None:
    assert versions(box(Release(9, 8, 1))) == {V.TLS1_0, V.TLS1_1, V.TLS1_2, V.DTLS1_0}
    assert versions(box()) == set(V)
    assert V.DTLS1_2 in versions(box(Release(9, 8, 1), dtlsv1_2="high"))
    assert V.TLS1_3 in versions(box(Release(9, 19, 1)))
    assert V.DTLS1_2 in versions(box(Release(9, 10, 1)))


def test_a_suite_counts_only_where_its_rfc_allows_it() -> None:
    config = box(tlsv1="AES256-SHA256:AES256-SHA", dtlsv1="AES256-GCM-SHA384:RC4-SHA:AES128-SHA")
    assert of(config, V.TLS1_0) == ["AES256-SHA"]
    assert of(config, V.DTLS1_0) == ["AES128-SHA"]


def test_before_9_3_2_one_line_feeds_tls_1_0_and_dtls_1_0() -> None:
    config = box(Release(9, 1, 2), encryption="rc4-sha1 aes256-sha1")
    assert versions(config) == {V.TLS1_0, V.DTLS1_0}
    assert of(config, V.TLS1_0) == ["RC4-SHA", "AES256-SHA"]
    assert of(config, V.DTLS1_0) == ["AES256-SHA"]


def test_without_any_line_an_old_release_has_its_old_default() -> None:
    assert versions(box(Release(8, 4, 4))) == {V.TLS1_0, V.DTLS1_0}
    assert of(box(Release(8, 4, 4)), V.TLS1_0)[0] == "RC4-SHA"
    assert versions(box(encryption="aes128-sha1")) == {V.TLS1_0, V.DTLS1_0}


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("tlsv1.2", {V.TLS1_2, V.DTLS1_0, V.DTLS1_2}),
        ("tlsv1.2 dtlsv1.2", {V.TLS1_2, V.DTLS1_2}),
        ("tlsv1-only", {V.TLS1_0, V.DTLS1_0, V.DTLS1_2}),
        ("any", {V.TLS1_0, V.TLS1_1, V.TLS1_2, V.DTLS1_0, V.DTLS1_2}),
        ("sslv3", {V.TLS1_0, V.TLS1_1, V.TLS1_2, V.DTLS1_0, V.DTLS1_2}),
    ],
)
def test_server_version_bounds_the_versions(words: str, left: set[Version]) -> None:
    assert versions(box(Release(9, 12, 4), server_version=words)) == left


def test_a_version_that_server_version_names_exists() -> None:
    release = Release(9, 8, 1)
    config = box(release, server_version="tlsv1.2 dtlsv1.2")
    assert versions(config) == {V.TLS1_2, V.DTLS1_2}
    assert of(config, V.DTLS1_2) == of(box(Release(9, 10, 1)), V.DTLS1_2)
    assert V.TLS1_3 in versions(box(release, server_version="tlsv1.3"))
    assert versions(box(release, server_version="tlsv1.2-only")) == {V.TLS1_2, V.DTLS1_0}


def test_a_version_named_beside_an_old_line_exists_too() -> None:
    config = box(Release(9, 1, 2), encryption="aes256-sha1", server_version="tlsv1.2")
    assert versions(config) == {V.TLS1_2, V.DTLS1_0}
    assert of(config, V.DTLS1_0) == ["AES256-SHA"]


def test_a_device_that_answered_for_every_version_has_no_other() -> None:
    config = replace(box(server_version="tlsv1.2 dtlsv1.2"), defaults=box(tlsv1_2="medium", dtlsv1="high"))
    assert versions(config) == {V.TLS1_2}


def test_a_line_about_a_list_does_not_matter_where_the_device_gave_its_own() -> None:
    lines = (Sourced("ssl cipher tlsv1.4 high", 3), Sourced("ssl server-version", 4))
    config = RunningConfig(ssl=SslSettings(unsupported=lines))
    assert negotiable(config).unsupported == ("ssl cipher tlsv1.4 high", "ssl server-version")
    answered = replace(config, device_ciphers=(("tlsv1.2", ("AES256-SHA256",)),))
    assert negotiable(answered).unsupported == ("ssl server-version",)


def test_what_is_not_understood_is_named() -> None:
    found = negotiable(box(tlsv1_2="AES256-SHA:MOON-SHA", tlsv1_1="gold", server_version="tlsv9"))
    assert found.unknown == ("MOON-SHA",)
    assert found.unsupported == ("ssl server-version tlsv9", "ssl cipher tlsv1.1 gold")
    assert negotiable(box(encryption="rot13-sha1")).unsupported == ("ssl encryption rot13-sha1",)


def test_an_unknown_suite_of_a_version_that_is_off_does_not_matter() -> None:
    assert negotiable(box(tlsv1="MOON-SHA", server_version="tlsv1.2")).unknown == ()


def test_the_device_s_own_lists_outrank_lines_and_tables() -> None:
    config = replace(
        box(tlsv1_2="MOON-SHA"), device_ciphers=(("tlsv1.2", ("AES256-SHA256",)), ("dtlsv1.2", ("AES256-SHA",)))
    )
    found = negotiable(config)
    assert [each.suite.name for each in (*found.tls, *found.dtls)] == ["AES256-SHA256", "AES256-SHA"]
    assert found.unknown == ()
    assert {each.from_ for setting, each in found.sources if setting.startswith("ssl cipher")} == {"device"}


def test_the_device_s_defaults_stand_under_the_configuration() -> None:
    config = replace(box(tlsv1_2="AES256-SHA256"), defaults=box(tlsv1_2="medium", dtlsv1="high"))
    assert of(config, V.TLS1_2) == ["AES256-SHA256"]
    assert versions(config) == {V.TLS1_2, V.DTLS1_0}
    by_setting = dict(negotiable(config).sources)
    assert by_setting["ssl cipher tlsv1.2"].from_ == "configured"
    assert by_setting["ssl cipher tlsv1.2"].line == 10
    assert by_setting["ssl cipher dtlsv1"].from_ == "device"


def test_the_line_for_outbound_connections_feeds_nothing() -> None:
    assert negotiable(box(default="gold")) == negotiable(box())


def test_an_ftd_is_judged_by_the_asa_inside() -> None:
    assert release_of(RunningConfig(platform=Platform.FTD, ftd_version="7.4.2")) == (9, 20, 1, 0)
    assert release_of(RunningConfig(platform=Platform.FTD, ftd_version="77.7")) == (9, 24, 1, 0)
    assert release_of(RunningConfig(platform=Platform.FTD, ftd_version="?")) is None


def test_the_spelling_svc_proves_a_release_before_8_4() -> None:
    config = RunningConfig(webvpn=Webvpn(svc_spelling=True))
    assert release_of(config) == (8, 3, 2, 0)
    assert versions(config) == {V.TLS1_0, V.DTLS1_0}


SUITES = st.sampled_from(sorted(all_suites()))


@st.composite
def offers(draw: st.DrawFn, family: tuple[Version, ...]) -> Offer:
    version = draw(st.sampled_from(family))
    allowed = [each for each in all_suites().values() if each.allowed_in(version)]
    return Offer(draw(st.sampled_from(allowed)), version)


@given(
    tls=st.lists(offers(TLS_VERSIONS), min_size=1, max_size=6),
    dtls=st.lists(offers(DTLS_VERSIONS), min_size=1, max_size=4),
    more=offers(TLS_VERSIONS),
    assume=st.sampled_from(COMBINATIONS),
    conf=st.one_of(st.none(), st.integers(256, 1462)),
    sizes=st.lists(st.integers(1280, 1500), min_size=1, max_size=3),
)
def test_one_more_suite_or_interface_never_shrinks_the_gap(*, tls, dtls, more, assume, conf, sizes) -> None:
    links = tuple(Link(f"if{number}", size) for number, size in enumerate(sizes))
    few = derivations(tuple(tls), tuple(dtls), Path()).worst_pair(links, assume, conf)
    many = derivations((*tls, more), tuple(dtls), Path()).worst_pair(links, assume, conf)
    narrow = derivations(tuple(tls), tuple(dtls), Path()).worst_pair(links[:1], assume, conf)
    assert few is not None
    assert many is not None
    assert narrow is not None
    assert narrow.gap <= few.gap <= many.gap
    if conf is not None:
        assert max(few.tls.mtu, few.dtls.mtu) <= conf
