"""The connection that Nornir opens, on a simulated box: which settings count, and who closes it."""

from contextlib import closing

import pytest
from nornir.core.configuration import Config
from nornir.core.inventory import ConnectionOptions, Defaults, Host
from nornir.core.plugins.connections import ConnectionPluginRegister

from nornir_anyconnect.asa.commands import ShowRunning
from nornir_anyconnect.asa.grammar import Section
from nornir_anyconnect.errors import CredentialError, InventoryError, NoSlotError, UnreachableError
from nornir_anyconnect.platforms.asa_ssh.connection import PLATFORM, AnyConnectAsa, close_session, open_session
from nornir_anyconnect.platforms.asa_ssh.device import AsaDevice
from nornir_anyconnect.platforms.asa_ssh.session import Session
from nornir_anyconnect.platforms.protocols import Foreseen

LOCAL = "127.0.0.1"


@pytest.fixture(scope="module", autouse=True)
def _registered():
    ConnectionPluginRegister.auto_register()


@pytest.fixture
def host(box, fleet):
    """Make a host that leads to the box, logged out when the test ends: host(extras, host=..., options=...)."""
    made = []

    def make(extras=None, *, connection="anyconnect_asa", defaults=None, options=None, **given):
        settings = {"known_hosts": str(fleet.known_hosts), **(extras or {})}
        own = ConnectionOptions(**{**dict.fromkeys(["hostname", "port", "username", "password", "platform"]),
                                   "extras": settings, **(options or {})})  # fmt: skip
        given = {"name": "fw-one", "hostname": LOCAL, "port": box.port, "username": "audit", **given}
        made.append(Host(connection_options={connection: own}, defaults=defaults or Defaults(), **given))
        return made[-1]

    yield make
    for each in made:
        close_session(each)


def opened(box, fleet, password=None, **extras):
    plugin = AnyConnectAsa()
    plugin.open(LOCAL, "audit", password, box.port, "asa", {"known_hosts": str(fleet.known_hosts), **extras})
    return plugin


def test_opening_enables_switches_the_pager_off_and_closing_logs_out(box, fleet, eventually):
    with closing(opened(box, fleet)) as plugin:
        session = plugin.connection
        assert isinstance(session, Session)
        assert session.prompt.privileged
        assert session.send(ShowRunning()).text
    plugin.close()
    assert not session.alive
    with pytest.raises(InventoryError, match="not open"):
        _ = plugin.connection
    eventually(lambda: box.logins.current == 0)
    sent = ["enable", "****", "terminal pager 0", "show running-config", "exit"]
    assert [each.text for each in box.received] == sent


def test_what_is_given_goes_before_the_environment(box, fleet, monkeypatch):
    for name in ("PASSWORD", "ENABLE"):
        monkeypatch.setenv(f"NORNIR_ANYCONNECT_{name}", "another one")
    with closing(opened(box, fleet, "demo-password", secret="demo-enable")) as plugin:
        assert plugin.connection.prompt.privileged


def test_a_login_that_cannot_enable_is_logged_out(box, fleet, monkeypatch, eventually):
    monkeypatch.delenv("NORNIR_ANYCONNECT_ENABLE")
    with pytest.raises(CredentialError, match="needs an enable secret"):
        opened(box, fleet)
    eventually(lambda: box.logins.current == 0)
    assert [each.text for each in box.received] == ["terminal pager 0", "exit"]


def test_a_host_without_a_port_is_asked_at_the_usual_one():
    with pytest.raises(UnreachableError, match=r"^fw\.\.example:22 "):
        AnyConnectAsa().open("fw..example", "audit", None, None, None, None)


def test_an_open_session_is_used_again_and_a_dead_one_is_replaced(box, host):
    one = host()
    first = open_session(one, Config())
    assert open_session(one, Config()) is first
    first.close()
    second = open_session(one, Config())
    assert second is not first
    assert second.alive
    assert second.send(ShowRunning(Section.SSL)).refusal is None


def test_an_unsafe_setting_of_a_lower_layer_is_refused_before_anything_is_sent(box, host):
    unsafe = ConnectionOptions(None, None, None, None, None, {"ssh_strict": False})
    connections = box.logins.connections
    with pytest.raises(InventoryError, match=r"defaults.*ssh_strict"):
        open_session(host(defaults=Defaults(connection_options={"anyconnect_asa": unsafe})), Config())
    assert box.logins.connections == connections


@pytest.mark.parametrize(
    "given",
    [
        {"hostname": None, "name": LOCAL},
        {"platform": "cisco_ftd"},
        {"connection": "netmiko", "extras": {"keepalive": 5}},
        {"connection": "netmiko", "options": {"platform": "autodetect"}, "platform": "cisco_asa"},
        {"connection": "netmiko", "options": {"platform": "autodetect"}},
        {"options": {"platform": "asa"}, "platform": "something of mine"},
    ],
)
def test_what_the_inventory_may_leave_out_or_say_for_netmiko(host, given):
    assert open_session(host(**given), Config()).alive


@pytest.mark.parametrize("given", [{"platform": "ios"}, {"options": {"platform": "ios"}}])
def test_what_is_said_to_be_no_asa_is_not_asked(box, host, given):
    with pytest.raises(InventoryError, match="platform 'ios' is not an ASA"):
        open_session(host(**given), Config())
    assert box.received == []


def test_a_session_for_a_while_is_closed_again_whatever_happens(box, host, eventually):
    one = host()
    with PLATFORM.reading(one, Config()) as device:
        assert device.alive
    assert (device.alive, one.connections) == (False, {})
    with pytest.raises(ZeroDivisionError), PLATFORM.reading(one, Config()) as device:
        raise ZeroDivisionError
    assert (device.alive, one.connections) == (False, {})
    eventually(lambda: box.logins.current == 0)


def test_what_is_foreseen_is_asked_at_once_where_a_session_is_opened_for_it(host, monkeypatch):
    looked = []
    monkeypatch.setattr(AsaDevice, "look_ahead", lambda self: looked.append(self.foreseen))
    one, foreseen = host(), Foreseen(whole=True)
    with PLATFORM.reading(one, Config(), foreseen=foreseen):
        assert looked == [foreseen]
        with PLATFORM.reading(one, Config()):
            assert looked == [foreseen]


def test_a_session_that_was_open_stays_open_and_its_slot_is_not_counted_again(box, host):
    one = host()
    session = open_session(one, Config())
    with PLATFORM.reading(one, Config()) as same:
        assert same.session is session
    assert session.alive
    assert "show ssh sessions" not in [each.text for each in box.received]


def test_the_last_slot_of_a_device_is_left_free_unless_it_is_asked_for(box, host, eventually):
    one = host()
    box.ssh_users.update({-number: "admin" for number in range(1, 5)})
    with pytest.raises(NoSlotError, match="all 5 SSH sessions"), PLATFORM.reading(one, Config()):
        raise AssertionError("no session should have been given")
    assert one.connections == {}
    eventually(lambda: box.logins.current == 0)
    with PLATFORM.reading(one, Config(), last_slot=True) as device:
        assert device.alive


def test_closing_where_nothing_is_open_does_nothing(host):
    close_session(host())
