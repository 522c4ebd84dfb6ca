"""Who a device is and which role it plays: variants of what real boxes print, in words of our own."""

import pytest

from nornir_anyconnect.platforms.asa_ssh.identity import (
    cluster_role,
    contexts,
    failover,
    multiple_mode,
)
from nornir_anyconnect.platforms.asa_ssh.identity import version as read_version
from nornir_anyconnect.platforms.protocols import NOTHING_FORESEEN, ClusterRole, Identity, Role
from tests.texts import OURS, REAL


def unit(this, other="Standby Ready", first="Failover On "):
    return (
        f"{first}\nFailover unit Primary\nSerial Number: Ours JAA1, Mate JAA2\n"
        f"\tThis host: Primary - {this}\n\t\tActive time: 1 (sec)\n\tOther host: Secondary - {other}\n"
    )


@pytest.mark.parametrize(
    ("text", "role"),
    [
        (unit("Active"), Role.ACTIVE),
        (unit("Standby Ready", "Active"), Role.STANDBY),
        (unit("Failed", "Active"), Role.FAILED),
        (unit("Sync Config", "Active"), Role.SYNCING),
        (unit("Bulk Sync", "Active"), Role.SYNCING),
        (unit("Cold Standby", "Active"), Role.SYNCING),
        (unit("Negotiation", "Not Detected"), Role.SYNCING),
        (unit("Active Applying Config"), Role.SYNCING),
        (unit("Something new"), Role.UNKNOWN),
        (unit("Active", first="Failover Off"), Role.NO_FAILOVER),
        (unit("Standby Ready", first="Failover Off (pseudo-Standby)"), Role.STANDBY),
        ("Failover Off \nFailover unit Secondary\nFailover LAN Interface: not Configured\n", Role.NO_FAILOVER),
        ("Failover On\nLast Failover at: 1\n\tThis context: Active\n\tPeer context: Standby Ready\n", Role.ACTIVE),
        ("Failover On\n\tThis host: Primary - Active\n", Role.ACTIVE),
        ("Failover On\nLast Failover at: 1\n\tThis context: Standby Ready\n\tPeer context: Active\n", Role.STANDBY),
        ("", Role.UNKNOWN),
    ],
)
def test_failover_roles(text, role):
    assert failover(text).role is role


def test_a_pair_tells_both_serials_and_the_mates_role():
    found = failover(unit("Active", "Failed"))
    assert (found.serials, found.mate) == (("JAA1", "JAA2"), Role.FAILED)


@pytest.mark.parametrize(
    ("one", "two", "role"),
    [
        ("Active", "Active", Role.ACTIVE),
        ("Active", "Standby Ready", Role.UNKNOWN),
        ("Standby Ready", "Standby Ready", Role.STANDBY),
    ],
)
def test_an_active_active_unit_is_active_only_where_all_groups_are(one, two, role):
    text = (
        "Failover On\n\nThis host: Primary\nGroup 1 State: "
        + one
        + "\nActive time: 1 (sec)\nGroup 2 State: "
        + two
        + "\n\nOther host: Secondary\nGroup 1 State: Standby Ready\nGroup 2 State: Active\n"
    )
    assert failover(text).role is role


def test_version_of_an_asa_and_of_an_ftd():
    asa = read_version(
        "Cisco Adaptive Security Appliance Software Version 9.12(4)67 <system>\n\nfw-1 up 3 days 2 hours\n"
        "failover cluster up 9 days\n\nHardware:   ASA5516, 8192 MB RAM\nSerial Number: JAD1\n"
    )
    assert (asa.release, asa.hostname, asa.hardware, asa.serial) == ("9.12(4)67", "fw-1", "ASA5516", "JAD1")
    ftd = read_version("Model : Cisco Firepower 1010 Threat Defense (78) Version 7.4.2 (Build 172)\n")
    assert ftd.ftd_release == "7.4.2"


def test_modes_and_clusters():
    assert multiple_mode("Security context mode: multiple \n")
    assert not multiple_mode("Security context mode: single\n")
    assert cluster_role("Clustering is not configured\n") is ClusterRole.NONE
    assert cluster_role('Cluster C: On\n    This is "a" in state MASTER\n') is ClusterRole.CONTROL
    assert cluster_role('Cluster C: On\n    This is "a" in state DATA_NODE\n') is ClusterRole.DATA
    assert cluster_role('Cluster C: On\n    This is "a" in state ELECTION\n') is ClusterRole.UNKNOWN
    assert cluster_role("Cluster C: On\n    Interface mode: spanned\n") is ClusterRole.UNKNOWN


def test_contexts_with_wrapped_interface_lists():
    text = (
        "Context Name      Class      Interfaces           Mode         URL\n"
        "*admin            default    Management0/0        Routed       disk0:/admin.cfg\n"
        " sales            default    GigabitEthernet0/1,  Routed       disk0:/sales.cfg\n"
        "                             GigabitEthernet0/2\n"
        "\nTotal active Security Contexts: 2\n"
    )
    assert contexts(text).names == ("admin", "sales")
    assert contexts(text).current == "system"
    inside = contexts(
        text.rpartition(" sales")[0].partition("\n*admin")[0] + "\n sales   default   G0/1   disk0:/s.cfg\n"
    )
    assert inside.current == "sales"


def test_a_refusal_names_no_context():
    refused = contexts("ERROR: % Invalid input detected at '^' marker.\n")
    assert (refused.names, refused.current) == ((), None)


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"role": Role.ACTIVE}, True),
        ({"role": Role.NO_FAILOVER}, True),
        ({"role": Role.UNKNOWN}, False),
        ({"role": Role.STANDBY}, False),
        ({"role": Role.ACTIVE, "cluster": ClusterRole.DATA}, False),
        ({"role": Role.ACTIVE, "ftd_release": "7.4"}, False),
    ],
)
def test_who_may_be_configured(changes, allowed):
    assert Identity("fw", **changes).may_be_configured is allowed


def test_what_a_device_did_not_say_is_not_assumed():
    nothing = Identity("fw")
    assert (nothing.role, nothing.multiple, nothing.ftd, nothing.may_be_configured) == (Role.UNKNOWN, *[False] * 3)


def test_whole_answers():
    def text(name):
        return (OURS / "shows" / f"{name}.txt").read_text()

    assert failover(text("failover_active")).role is Role.ACTIVE
    assert len(failover(text("failover_active")).serials) == 2
    assert failover(text("failover_mate_failed")).mate is Role.FAILED
    assert failover(text("failover_two_groups")).role is Role.UNKNOWN
    assert read_version(text("version_single")).serial == "JAD0000000A"
    assert read_version(text("version_in_a_context")).release == "9.8(3)21"


@pytest.mark.skipif(not REAL.is_dir(), reason="no real texts beside the project; test_whole_answers has our own")
def test_real_answers():
    def text(name):
        return (REAL / "shows" / f"cisco_asa__cisco_asa_{name}.raw").read_text()

    assert failover(text("show_failover")).role is Role.ACTIVE
    assert len(failover(text("show_failover")).serials) == 2
    assert failover(text("show_failover2")).mate is Role.FAILED
    assert failover(text("show_failoveractiveactive")).role is Role.UNKNOWN
    assert read_version(text("show_version1")).serial is not None
    assert read_version(text("show_version2")).release == "9.8(3)21"


def test_nothing_is_foreseen_unless_it_is_said():
    assert not Identity("fw").ftd
    assert (NOTHING_FORESEEN.configuration, NOTHING_FORESEEN.whole) == (False, False)
    assert not NOTHING_FORESEEN.observations
