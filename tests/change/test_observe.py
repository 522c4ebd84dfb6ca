"""What a device shows of a command: before, after, partly ours, or somebody else's."""

import pytest

from nornir_anyconnect.asa.config_commands import Shows, observe
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.remedies.client_settings import ClientScope, ClientSettingsOf
from nornir_anyconnect.remedies.kinds.df_bit_ignore import DfBitIgnore
from nornir_anyconnect.remedies.kinds.mtu import ClientMtu
from nornir_anyconnect.remedies.kinds.tls_only_group import NewGroupPolicy, NewTunnelGroup

TEXT = """\
group-policy P internal
group-policy P attributes
 vpn-tunnel-protocol ssl-client
 webvpn
  anyconnect ssl dtls none
tunnel-group T type remote-access
tunnel-group T general-attributes
 default-group-policy P
username anna attributes
 webvpn
  anyconnect mtu 1400
username bert attributes
 webvpn
  anyconnect mtu 1287
  anyconnect ssl df-bit-ignore enable
: end
"""
CONFIG = parse(TEXT)
TOKEN = "run-0001"


def shows(command, config=CONFIG):
    (seen,) = observe(config, [command])
    return seen


@pytest.mark.parametrize(
    ("user", "side", "found"),
    [
        ("anna", Shows.BEFORE, "1400"),
        ("bert", Shows.AFTER, "1287"),
        ("carl", Shows.OTHER, "no such group policy or username"),
    ],
)
def test_the_value_of_that_user_and_of_no_other(user, side, found):
    seen = shows(ClientMtu(ClientSettingsOf(ClientScope.USERNAME, user), 1400, 1287))
    assert (seen.shows, seen.found, seen.wanted) == (side, found, "1287")


def test_words_that_mean_off_are_one():
    on = ClientSettingsOf(ClientScope.USERNAME, "bert")
    assert shows(DfBitIgnore(on, "none", "enable")).shows is Shows.AFTER
    assert shows(DfBitIgnore(on, "enable", "disable")).shows is Shows.BEFORE


OBJECTS = [
    (("vpn-tunnel-protocol ssl-client",), ("anyconnect ssl dtls none",), Shows.AFTER),
    (("vpn-tunnel-protocol ssl-client", "vpn-idle-timeout 30"), ("anyconnect ssl dtls none",), Shows.PARTLY),
    (("vpn-tunnel-protocol ssl-client",), (), Shows.OTHER),
]


@pytest.mark.parametrize(("attributes", "client", "side"), OBJECTS)
def test_an_object_is_ours_line_by_line(attributes, client, side):
    command = NewGroupPolicy("P", attributes, client, TOKEN)
    assert shows(command).shows is side
    assert shows(NewGroupPolicy("Q", attributes, client, TOKEN)).shows is Shows.BEFORE
    removal = {Shows.AFTER: Shows.BEFORE, Shows.PARTLY: Shows.BEFORE, Shows.OTHER: Shows.OTHER}[side]
    seen = shows(command.inverse)
    assert (seen.shows, seen.wanted) == (removal, "no such object")


def test_a_removed_object_shows_that_it_is_gone():
    gone = NewTunnelGroup("U", "remote-access", ("default-group-policy P",), (), TOKEN)
    assert shows(gone.inverse).shows is Shows.AFTER
    there = NewTunnelGroup("T", "remote-access", ("default-group-policy P",), (), TOKEN)
    assert shows(there).shows is Shows.AFTER
    assert "T" in str(shows(there.inverse))
