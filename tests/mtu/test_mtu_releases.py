import pytest

from nornir_anyconnect.mtu import releases
from nornir_anyconnect.mtu.releases import numbers_of
from nornir_anyconnect.mtu.suites import Version, packaged

V = Version


def names(level: str, version: Version, release: str | None) -> list[str]:
    suites = releases.level_suites(level, version, numbers_of(release) if release else None)
    assert suites is not None
    return [each.name for each in suites]


def test_releases_are_ordered_by_number_not_by_text() -> None:
    assert numbers_of("9.12(4)67") == (9, 12, 4, 67)
    assert numbers_of("9.8") < numbers_of("9.8(1)") < numbers_of("9.12(4)") < numbers_of("9.12(4)67")
    with pytest.raises(ValueError, match="not a release"):
        numbers_of("unknown")


def test_a_level_changes_with_the_release() -> None:
    assert "DES-CBC3-SHA" in names("medium", V.TLS1_0, "9.4(1)")
    assert "DES-CBC3-SHA" not in names("medium", V.TLS1_0, "9.8(1)")
    assert names("medium", V.TLS1_0, "9.16(3)") == names("medium", V.TLS1_0, "9.8(1)")
    assert "ECDHE-RSA-AES256-GCM-SHA384" not in names("high", V.TLS1_2, "9.3(2)")
    assert "ECDHE-RSA-AES256-GCM-SHA384" in names("high", V.TLS1_2, "9.4(1)")


def test_a_line_that_an_older_release_prints_is_read_by_the_first_table_there_is() -> None:
    assert names("medium", V.DTLS1_2, None) == names("medium", V.DTLS1_2, "9.10(1)")


def test_nobody_knows_the_level_gold() -> None:
    assert releases.level_suites("gold", V.TLS1_2, None) is None


def test_an_unprinted_release_has_every_version_that_some_release_has() -> None:
    assert set(releases.default_versions(None)) == set(V)
    assert V.DTLS1_2 in releases.default_versions(numbers_of("9.10(1)"))
    assert V.DTLS1_2 not in releases.default_versions(numbers_of("9.9(2)"))
    assert V.TLS1_3 in releases.default_versions(numbers_of("9.19(1)"))
    assert V.TLS1_3 not in releases.default_versions(numbers_of("9.18(4)"))


def test_no_release_offers_a_stream_suite_for_dtls() -> None:
    for row in packaged("releases")["levels"]:
        if row["version"].startswith("dtls"):
            assert not {"RC4-SHA", "RC4-MD5", "NULL-SHA"} & set(row["suites"])


@pytest.mark.parametrize(
    ("ftd", "asa"),
    [("7.4.2", (9, 20, 1, 0)), ("6.2.3.15", (9, 9, 1, 0)), ("6.3.0-84", (9, 10, 1, 0)), ("7.0", (9, 16, 1, 0))],
)
def test_an_ftd_is_judged_by_the_asa_inside(ftd: str, asa: tuple[int, ...]) -> None:
    assert releases.lina_release(ftd) == asa


@pytest.mark.parametrize(
    ("ftd", "inside"),
    [("7.4.2-172", (9, 20, 1, 0)), ("7.8", (9, 23, 1, 0)), ("8.0", (9, 23, 1, 0)), ("6.2.5", (9, 9, 1, 0)),
     ("10.1", (9, 24, 1, 0)), ("42.1", (9, 24, 1, 0)), ("5.4", (9, 6, 1, 0)), ("x", None)],
)  # fmt: skip
def test_an_ftd_that_is_not_listed_is_judged_as_the_one_before(ftd: str, inside: tuple[int, ...] | None) -> None:
    assert releases.lina_release(ftd) == inside


@pytest.mark.parametrize("level", ["all", "low", "medium", "fips", "high"])
@pytest.mark.parametrize("version", V)
def test_an_unprinted_release_may_offer_what_any_release_offers(level: str, version: V) -> None:
    anything = set(releases.level_suites(level, version, None) or ())
    for since in ("9.3(2)", "9.4(1)", "9.8(1)", "9.10(1)", "9.12(4)", "9.19(1)", "9.30"):
        assert set(releases.level_suites(level, version, numbers_of(since)) or ()) <= anything


def test_a_release_newer_than_the_tables_is_judged_as_the_newest() -> None:
    for level in ("medium", "high"):
        for version in V:
            newest = releases.level_suites(level, version, numbers_of("9.22(1)"))
            assert releases.level_suites(level, version, numbers_of("9.30(1)")) == newest
    assert releases.default_versions(numbers_of("10.2")) == releases.default_versions(numbers_of("9.19(1)"))


def test_legacy_keywords_name_suites() -> None:
    suite = releases.legacy_suite("rc4-sha1")
    assert suite is not None
    assert suite.name == "RC4-SHA"
    assert releases.legacy_suite("rot13-sha1") is None
    assert "RC4-SHA" in [each.name for each in releases.legacy_default(numbers_of("8.4(4)1"))]


def test_defaults_carry_their_source() -> None:
    assert releases.default("sysopt connection tcpmss", None).value == 1380
    assert releases.default("sysopt connection tcpmss", None).source
    with pytest.raises(KeyError):
        releases.default("sysopt connection nonsense", None)


def test_every_packaged_row_has_a_source() -> None:
    tables = packaged("suites") | packaged("releases")
    rows = [*tables["levels"], *tables["defaults"], *tables["legacy_default"], *tables["suites"].values()]
    assert all(row["source"] for row in rows)
