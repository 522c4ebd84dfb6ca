"""What the second tunnel group, without DTLS, takes over from the first, and when there can be none."""

import pytest

from nornir_anyconnect.remedies.options import RemedyOptions
from tests.remedies.test_propose import ALIAS, DEFAULT, audited, group, policy, remedy


def made(*parts, options=ALIAS, name="T", **how):
    """The remedy for the users of one tunnel group."""
    _, _, found = audited(*parts, options=options, **how)
    return remedy(found, name, "tls-only-group")


def test_it_closes_the_gap_under_every_standing_set():
    one = made(DEFAULT, policy(), group())
    assert one.closes
    assert one.closes_under == ("guide", "technote", "rfc")


def test_of_what_was_not_read_to_its_end_nothing_is_called_closed():
    one = made(DEFAULT, policy(), group(), end="")
    assert one.commands
    assert (one.closes, one.closes_under) == (False, ())


@pytest.mark.parametrize("line", ["authentication saml", "saml identity-provider https://idp.example"])
def test_either_word_about_saml_needs_a_persons_word(line):
    assert made(DEFAULT, policy(), group(webvpn=(line,))).blocked_by == ("saml",)


@pytest.mark.parametrize(("length", "blocks"), [(60, ()), (61, ("name-cannot-be-typed",))])
def test_a_name_that_would_be_too_long_for_an_asa_blocks(length, blocks):
    name = "T" * length
    one = made(DEFAULT, policy(), group(name), name=name)
    assert one.blocked_by == blocks
    assert bool(one.commands) == (not blocks)
    assert one.closes == (not blocks)


@pytest.mark.parametrize(
    ("alias", "url", "lines"),
    [
        ("{group} slow", None, ('group-alias "T slow" enable',)),
        (None, "https://a.example/{group}", ("group-url https://a.example/T enable",)),
        ("slow", "https://a.example/t", ("group-alias slow enable", "group-url https://a.example/t enable")),
        (None, None, ("group-alias T-TLS enable",)),
    ],
)
def test_users_find_the_group_by_what_was_asked_for(alias, url, lines):
    one = made(DEFAULT, policy(), group(), options=RemedyOptions(alias=alias, url=url))
    assert one.commands[-1].webvpn == lines


def test_what_the_default_policy_sets_is_inherited_and_not_copied():
    new_policy, _ = made(f"{DEFAULT} banner value Hello\n", group("T", "DfltGrpPolicy")).commands
    assert new_policy.attributes == ()
    assert new_policy.client == ("anyconnect ssl dtls none",)


@pytest.mark.parametrize("indent", [" ", "  "])
def test_a_line_below_the_webvpn_lines_is_an_attribute_again(indent):
    text = "".join(
        f"{indent * depth}{line}\n"
        for depth, line in (
            (0, "group-policy GP attributes"),
            (1, "vpn-tunnel-protocol ssl-client"),
            (1, "webvpn"),
            (2, "anyconnect keep-installer installed"),
            (1, "vpn-idle-timeout 30"),
        )
    )
    new_policy, _ = made(DEFAULT, "group-policy GP internal\n", text, group()).commands
    assert new_policy.attributes == ("vpn-tunnel-protocol ssl-client", "vpn-idle-timeout 30")
    assert new_policy.client == ("anyconnect keep-installer installed", "anyconnect ssl dtls none")


@pytest.mark.parametrize(
    ("own", "default", "lock"),
    [
        ("group-lock none", "group-lock value T", "group-lock none"),
        ("group-lock value T", "group-lock none", "group-lock value T-TLS"),
        ("vlan 7", "group-lock value T", "group-lock value T-TLS"),
        ("vlan 7", "group-lock none", None),
        ("vlan 7", "vlan 8", None),
    ],
)
def test_a_lock_in_force_moves_to_the_new_group_and_no_lock_stays_none(own, default, lock):
    new_policy, _ = made(f"{DEFAULT} {default}\n", policy(attributes=(own,)), group()).commands
    assert next((line for line in new_policy.attributes if line.startswith("group-lock")), None) == lock
