"""What the doctor finds on one host, well or not."""

from dataclasses import fields

import pytest
from nornir.core.configuration import Config
from nornir.core.inventory import ConnectionOptions, Defaults, Host
from nornir.core.plugins.connections import ConnectionPluginRegister

from mock_devices.host_keys import host_key
from nornir_anyconnect.platforms.asa_ssh.connection import PLATFORM, close_session, open_session
from nornir_anyconnect.platforms.login_gate import gate
from nornir_anyconnect.platforms.protocols import Checkup

# the simulated box plays old algorithms, and asyncssh says so
pytestmark = pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields")


@pytest.fixture(scope="module", autouse=True)
def _registered():
    ConnectionPluginRegister.auto_register()


@pytest.fixture
def host(fleet, box):
    gate.forget()
    made = []

    def make(name="fw-one", hostname="127.0.0.1", **extras):
        settings = {"known_hosts": str(fleet.known_hosts), **extras}
        options = {"anyconnect_asa": ConnectionOptions(None, None, None, None, None, settings)}
        port = fleet.devices[name].port if name in fleet.devices else None
        made.append(Host(name, hostname, port, "audit", connection_options=options, defaults=Defaults()))
        return made[-1]

    yield make
    for each in made:
        close_session(each)


def parts(found):
    return {each.name: getattr(found, each.name) for each in fields(found)}


def test_a_box_that_is_well(fleet, host):
    found = PLATFORM.examine(host(), Config())
    fingerprint = host_key("fw-one", "fw-one", "ed25519").get_fingerprint()
    assert parts(found) == {
        "host": "fw-one", "reachable": True, "key_known": True, "fingerprint": f"ssh-ed25519 {fingerprint}",
        "algorithms": None, "logged_in": True, "enabled": True, "privilege": 15, "role": "no-failover", "release": "9.12(4)",
        "free_slots": 4, "problem": None, "remedy": None,
    }  # fmt: skip
    assert found.to_dict() == {**parts(found), "well": True}


def test_nothing_stays_open_and_nothing_is_configured(box, host, eventually):
    one = host()
    PLATFORM.examine(one, Config())
    assert one.connections == {}
    eventually(lambda: box.logins.current == 0)
    assert {each.mode for each in box.received} == {"exec", "password"}


def test_an_ftd_is_told_by_its_own_release(host):
    assert PLATFORM.examine(host("ftd-one"), Config()).release == "7.0.4"


def test_a_box_that_does_not_answer(box, host):
    box.set_fault("refuse-connection", "connect")
    found = PLATFORM.examine(host(), Config())
    assert (found.reachable, found.logged_in, found.well, found.key_known) == (False, False, False, None)
    assert found.to_dict()["problem"].startswith("127.0.0.1:")


def test_a_box_with_old_algorithms_only(host):
    found = PLATFORM.examine(host("fw-old"), Config())
    assert (found.reachable, found.logged_in, found.remedy) == (True, False, "set legacy_ssh: true for this host")
    assert "diffie-hellman-group14-sha1" in found.algorithms
    assert found.algorithms == found.problem
    found = PLATFORM.examine(host("fw-old", legacy_ssh=True), Config())
    assert (found.algorithms, found.key_known, found.release) == (None, True, "8.4(7)")


@pytest.mark.parametrize("known", ["", "ftd-one"])
def test_a_key_that_is_unknown_or_another_one_is_not_known(box, host, tmp_path, known):
    file = tmp_path / "known_hosts"
    if known:
        kind, public = host_key(known, known, "ed25519").export_public_key().decode().split()[:2]
        file.write_text(f"[127.0.0.1]:{box.port} {kind} {public}\n")
    found = PLATFORM.examine(host(known_hosts=str(file)), Config())
    assert (found.reachable, found.key_known, found.logged_in, found.well) == (True, False, False, False)
    assert found.fingerprint.startswith("ssh-ed25519 SHA256:")
    assert "no password was sent" in found.problem


def test_a_box_without_a_free_slot_is_looked_at_and_reported(box, host):
    box.ssh_users.update({-number: "admin" for number in range(1, 4)})
    found = PLATFORM.examine(host(), Config())
    assert (found.free_slots, found.well) == (1, True)
    box.ssh_users.update({-4: "admin"})
    found = PLATFORM.examine(host(), Config())
    assert (found.free_slots, found.logged_in, found.release, found.well) == (0, True, "9.12(4)", False)
    assert "all 5 SSH sessions are taken" in found.problem


def test_a_refused_login_names_the_user_and_is_told_from_a_refused_enable_secret(box, host):
    box.set_fault("wrong-password", "login")
    found = PLATFORM.examine(host(), Config())
    assert (found.logged_in, found.enabled) == (False, None)
    assert found.problem == "127.0.0.1 refused the login of the user 'audit'"
    box.clear_faults()
    box.set_fault("wrong-password", "enable")
    gate.forget()
    found = PLATFORM.examine(host(), Config())
    assert (found.logged_in, found.enabled, found.well) == (True, False, False)
    assert found.problem == "127.0.0.1 refused the enable secret"


def test_a_login_that_may_not_ask_for_its_level_is_well_all_the_same(box, host):
    box.set_fault("authorization", "show curpriv")
    found = PLATFORM.examine(host(), Config())
    assert (found.privilege, found.well) == (None, True)


def test_where_a_session_is_open_no_second_connection_is_made(box, host):
    one = host()
    session = open_session(one, Config())
    connections = box.logins.connections
    found = PLATFORM.examine(one, Config())
    assert (found.reachable, found.key_known, found.logged_in, found.well) == (None, None, True, True)
    assert (box.logins.connections, session.alive) == (connections, True)


def test_behind_a_jump_host_the_box_is_not_knocked_at_directly(box, host):
    connections = box.logins.connections
    found = PLATFORM.examine(host(jump_host="127.0.0.1:1"), Config())
    assert (found.reachable, found.problem) == (None, "127.0.0.1:1 cannot be reached: Connection refused")
    assert box.logins.connections == connections


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"name": "", "hostname": None}, "has no hostname"),
        ({"name": "fw..example", "hostname": None}, "fw..example:22 cannot be reached"),
        ({"ssh_strict": False}, "'ssh_strict' is refused"),
    ],
)
def test_what_is_wrong_with_an_entry_of_the_inventory_is_told(host, given, problem):
    found = PLATFORM.examine(host(**given), Config())
    assert problem in found.problem
    assert not found.well


def test_a_checkup_that_found_nothing_says_so():
    assert parts(Checkup("fw-one")) == {**dict.fromkeys(parts(Checkup("fw-one"))), "host": "fw-one", "logged_in": False}
