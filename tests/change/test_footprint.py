"""What a plan rests on, as hashes: the text of a device, or the values of a platform that hands over no text."""

from dataclasses import replace

import pytest

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.asa.running_config import RunningConfig, Sourced
from nornir_anyconnect.change.plan.check import drifted, hashes

TEXT = """hostname fw1
interface GigabitEthernet0/0
 nameif outside
mtu outside 1500
sysopt connection tcpmss 1200
ssl server-version tlsv1.2
webvpn
 enable outside
 anyconnect enable
group-policy GP internal
group-policy GP attributes
 webvpn
  anyconnect mtu 1300
tunnel-group TG type remote-access
tunnel-group TG general-attributes
 default-group-policy GP
username bob attributes
 vpn-group-policy GP
: end
"""
PARTS = ("webvpn", "ssl", "sysopt connection", "mtu", "group-policy GP", "tunnel-group TG", "username bob")
WITHOUT_TEXT = replace(parse(TEXT), blocks=())


def changed(part):
    """The same configuration with another value in that part."""
    c = WITHOUT_TEXT
    match part.split()[0]:
        case "webvpn":
            return replace(c, webvpn=replace(c.webvpn, port=Sourced(8443)))
        case "ssl":
            return replace(c, ssl=replace(c.ssl, server_version=Sourced(("tlsv1.3",))))
        case "sysopt":
            return replace(c, tcpmss=Sourced(1100))
        case "mtu":
            return replace(c, interfaces=(replace(c.interfaces[0], mtu=Sourced(1400)),))
        case "group-policy":
            (policy,) = c.group_policies
            return replace(c, group_policies=(replace(policy, client=replace(policy.client, mtu=Sourced(1301))),))
        case "tunnel-group":
            return replace(c, tunnel_groups=(replace(c.tunnel_groups[0], default_group_policy=Sourced("X")),))
    return replace(c, usernames=(replace(c.usernames[0], group_policy=Sourced("X")),))


@pytest.mark.parametrize("part", PARTS)
def test_values_without_text_are_no_empty_configuration_and_each_of_them_is_drift(part):
    planned = hashes(WITHOUT_TEXT, PARTS)
    assert planned[part] != hashes(RunningConfig(), PARTS)[part]
    assert drifted(WITHOUT_TEXT, planned) == ()
    assert drifted(changed(part), planned) == (part,)
    assert drifted(RunningConfig(), planned) == PARTS


def test_where_a_value_stood_is_no_drift():
    moved = replace(parse("!\n!\n" + TEXT), blocks=())
    assert hashes(moved, PARTS) == hashes(WITHOUT_TEXT, PARTS)


def test_a_part_that_is_not_there_hashes_alike_with_and_without_text():
    parts = ("group-policy OTHER", "webvpn", "ssl")
    assert hashes(parse("hostname fw1\nsysopt connection tcpmss 1200\n"), parts) == hashes(RunningConfig(), parts)


def test_the_devices_own_answers_count_without_text_too():
    asked = replace(WITHOUT_TEXT, defaults=WITHOUT_TEXT)
    other = replace(asked, defaults=changed("group-policy GP"))
    assert drifted(other, hashes(asked, PARTS)) == ("the device's own defaults",)
