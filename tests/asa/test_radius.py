"""What a FreeRADIUS users file hands out, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.asa.radius import DEFAULT, RadiusUser, hands_out_settings, radius_users, with_radius
from nornir_anyconnect.asa.running_config import From
from nornir_anyconnect.remedies.propose import assess_config

USERS = """\
# comment ASA-SVC-MTU = 999
alice   Cleartext-Password := "secret-of-alice", Calling-Station-Id == "x"
        ASA-SVC-MTU = 1200,
        ASA-SVC-DTLS = Enabled,
        Framed-IP-Address = 10.9.0.5

"bob the builder" Cleartext-Password := "pw"
        Attr-26.3076.123 = 0
carol   Auth-Type := Accept
        Class = "OU=GP-STAFF;"
dave    Auth-Type := Accept
        SVC-MTU = lots
DEFAULT Group == "staff"
        CVPN3000-SVC-MTU := 1300
"""
BOX = """\
: Saved
ASA Version 9.16(4)
hostname edge1
interface GigabitEthernet0/0
 nameif outside
webvpn
 enable outside
 anyconnect enable
group-policy GP-STAFF internal
group-policy GP-STAFF attributes
 vpn-tunnel-protocol ssl-client
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 authentication-server-group RADIUS
 default-group-policy GP-STAFF
: end
"""


def of(text):
    return {each.name: each for each in radius_users(text)}


def test_each_entry_hands_out_what_stands_below_it():
    found = of(USERS)
    assert set(found) == {"alice", "bob the builder", "dave", None}
    assert (found["alice"].mtu.value, found["alice"].mtu.line, found["alice"].dtls.value) == (1200, 3, True)
    assert (found["bob the builder"].mtu, found["bob the builder"].dtls.value) == (None, False)
    assert found[None].mtu.value == 1300
    assert [line.value for line in found["dave"].unreadable] == ["SVC-MTU = lots"]


@pytest.mark.parametrize("block", ["update reply {", "if (Group == 'x') {", "post-auth {"])
def test_what_stands_in_unlang_is_for_whoever_gets_there(block):
    assert of(f"{block}\n  ASA-SVC-MTU := 1300\n}}\n") == {None: of("DEFAULT\n  ASA-SVC-MTU := 1300\n")[None]}


@pytest.mark.parametrize("value", ["0", "255", "70000", "1e3", "-1", "१२००"])
def test_a_number_that_no_asa_takes_is_not_taken(value):
    (found,) = radius_users(f"u\n  SVC-MTU = {value}x\n" if not value.isascii() else f"u\n  SVC-MTU = {value}\n") or [
        None
    ]
    assert found.mtu is None


def test_the_users_that_are_named_get_findings_of_their_own_and_their_remedy_is_not_on_the_box():
    device = assess_config(with_radius(parse(BOX), radius_users(USERS)), "edge1")
    users = {each.name: each for each in device.findings if each.scope == "username"}
    assert {name: (str(each.verdict), each.reason) for name, each in users.items()} == {
        "alice": ("safe", "mtu-at-or-below-tls-mtu"),
        "bob the builder": ("safe", "dtls-disabled"),
    }
    assert (users["alice"].configured_mtu, users["alice"].configured_mtu_from) == (1200, "radius")
    codes = [each.code for each in device.warnings]
    assert codes.count("radius-for-user") == 2
    assert codes.count("radius-for-whoever-matches") == codes.count("radius-not-read") == 1
    raised = assess_config(with_radius(parse(BOX), radius_users("eve\n  SVC-MTU = 1406\n")), "edge1")
    (eve,) = [each for each in raised.findings if each.scope == "username"]
    assert str(eve.verdict) == "at-risk"
    assert all("radius" in each.blocked_by for each in eve.remedies if each.kind in ("mtu", "df-bit-ignore"))


def test_radius_outranks_the_users_own_lines():
    own = BOX.replace(": end\n", "username alice attributes\n webvpn\n  anyconnect mtu 1350\n: end\n")
    config = with_radius(parse(own), radius_users(USERS))
    (alice,) = [each for each in config.usernames if each.name == "alice"]
    assert (alice.client.mtu.value, alice.client.mtu.from_) == (1200, From.RADIUS)


@pytest.mark.parametrize("sizes", [(1200, 1406), (1406, 1200)])
def test_of_several_entries_of_one_user_the_one_that_hides_no_risk_counts(sizes):
    """Which of them a login matches, its check items decide; nobody sees that here."""
    text = "".join(f"eve NAS-Identifier == '{size}'\n\tSVC-MTU = {size},\n\tSVC-DTLS = {size % 3}\n" for size in sizes)
    (eve,) = [each for each in with_radius(parse(BOX), radius_users(text)).usernames if each.name == "eve"]
    assert eve.client.mtu.value == 1406
    device = assess_config(with_radius(parse(BOX), radius_users(text.replace("SVC-DTLS", "Other"))), "edge1")
    assert [str(each.verdict) for each in device.findings if each.scope == "username"] == ["at-risk"]


NAME = st.text("abcdefgh.@_", min_size=1, max_size=12).filter(lambda name: name != DEFAULT)
ENTRY = st.builds(RadiusUser, NAME, mtu=st.none() | st.integers(256, 1406), dtls=st.none() | st.booleans())


@given(st.lists(ENTRY, max_size=6, unique_by=lambda each: each.name))
def test_what_is_written_is_read(entries):
    text = ""
    for each in entries:
        items = [f"\tSVC-MTU = {each.mtu}"] if each.mtu is not None else []
        items += [f"\tASA-SVC-DTLS := {int(each.dtls)}"] if each.dtls is not None else []
        text += f"{each.name} Auth-Type := Accept\n" + ",\n".join(items) + ("\n" if items else "")
    wanted = {each.name: (each.mtu, each.dtls) for each in entries if each.mtu is not None or each.dtls is not None}
    found = {
        name: (each.mtu and each.mtu.value, None if each.dtls is None else each.dtls.value)
        for name, each in of(text).items()
    }
    assert found == wanted
    assert hands_out_settings(text) is bool(wanted)


@given(st.text(max_size=300))
def test_no_text_is_an_accident(noise):
    for text in (noise, f"u\n  SVC-MTU = {noise}", f"{noise} SVC-MTU = 1300\n", f"DEFAULT\n\tSVC-DTLS={noise}"):
        list(radius_users(text))
        with_radius(parse(BOX), radius_users(text))
