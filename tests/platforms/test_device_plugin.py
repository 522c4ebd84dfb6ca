"""What Nornir sees: cheap to import, registered under its names, credentials put on hosts."""

import subprocess
import sys
from importlib.metadata import entry_points
from types import SimpleNamespace

import pytest
import yaml
from nornir import InitNornir
from nornir.core.inventory import Host

from nornir_anyconnect.errors import CredentialError, InventoryError
from nornir_anyconnect.masking import without_secrets
from nornir_anyconnect.platforms.asa_ssh import AnyConnectAsa, connection
from nornir_anyconnect.platforms.asa_ssh.credentials import anyconnect_credentials, from_keyring
from nornir_anyconnect.platforms.asa_ssh.session import Session
from nornir_anyconnect.platforms.deadline import host_deadline


def test_nornirs_start_does_not_load_netmiko_or_ttp():
    code = "import sys, nornir_anyconnect.platforms.asa_ssh, nornir_anyconnect.tasks.audit_mtu, nornir_anyconnect.tasks.change_plan; print({'netmiko', 'paramiko', 'ttp'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_names_are_registered():
    (connection,) = entry_points(group="nornir.plugins.connections", name="anyconnect_asa")
    (transform,) = entry_points(group="nornir.plugins.transform_function", name="anyconnect_credentials")
    assert connection.load() is AnyConnectAsa
    assert transform.load() is anyconnect_credentials


def nornir_over(tmp_path, defaults, **options):
    (tmp_path / "hosts.yaml").write_text(yaml.safe_dump({"fw1": {"hostname": "192.0.2.1"}}))
    (tmp_path / "defaults.yaml").write_text(yaml.safe_dump(defaults))
    files = {
        "host_file": str(tmp_path / "hosts.yaml"),
        "defaults_file": str(tmp_path / "defaults.yaml"),
        "group_file": str(tmp_path / "none.yaml"),
    }
    inventory = {"plugin": "SimpleInventory", "options": files, "transform_function": "anyconnect_credentials"}
    return InitNornir(
        inventory={**inventory, "transform_function_options": options}, logging={"enabled": False}
    ).inventory.hosts["fw1"]


def test_the_transform_function_fills_in_and_refuses(tmp_path):
    host = nornir_over(tmp_path, {"username": "audit"})
    assert (host.username, host.password) == ("audit", "demo-password")
    with pytest.raises(InventoryError, match="defaults"):
        nornir_over(tmp_path, {"username": "audit", "password": "written"})


def test_credentials_come_from_a_keyring(monkeypatch):
    held = {("nornir-anyconnect", "audit"): "pw", ("nornir-anyconnect", "audit:enable"): "en"}
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=lambda *key: held.get(key)))
    found = from_keyring("audit")
    assert (found.username, found.password, found.enable) == ("audit", "pw", "en")
    assert "pw" not in repr(found)
    with pytest.raises(CredentialError, match="user name"):
        from_keyring(None)


@pytest.mark.parametrize(
    ("hostname", "username", "platform", "words"),
    [
        (None, "audit", "asa", "a host has no hostname"),
        ("192.0.2.1", None, "asa", r"192\.0\.2\.1 has no user name"),
        ("192.0.2.1", "audit", "cisco_ios", "is not an ASA"),
    ],
)
def test_an_incomplete_host_is_refused_before_anything_is_sent(hostname, username, platform, words):
    with pytest.raises(InventoryError, match=words):
        AnyConnectAsa().open(hostname, username, "pw", 22, platform, {})


def test_an_unsafe_setting_is_refused_by_the_plugin_too():
    with pytest.raises(InventoryError, match="ssh_strict"):
        AnyConnectAsa().open("192.0.2.1", "audit", "pw", 22, "asa", {"ssh_strict": False})


def test_a_connection_that_is_not_open_says_so():
    with pytest.raises(InventoryError, match="not open"):
        _ = AnyConnectAsa().connection


@pytest.fixture
def opened(monkeypatch):
    """What a session was made with, on a link that is none; and the settings of the link."""
    made = {}

    class Link:
        def __init__(self, transport, **settings):
            self.name = settings["name"]
            made.update(settings, transport=transport, done=[])

        def log_in(self, *, enables):
            made["done"].append("log in" if enables else "log in alone")

        def enable(self):
            made["done"].append("enable")

        def pager_off(self):
            made["done"].append("pager off")

        def one_by_one(self):
            made["done"].append("one by one")

        def cut(self):
            made["done"].append("cut")

        def close(self):
            made["done"].append("close")

    def connect(hostname, port, **settings):
        made.update(where=(hostname, port), login=(settings["username"], settings["password"]))
        return "link"

    monkeypatch.setattr("nornir_anyconnect.platforms.asa_ssh.ssh.open_ssh", connect)
    monkeypatch.setattr("nornir_anyconnect.platforms.asa_ssh.session.Session", Link)
    return made


def test_a_session_gets_the_bounds_of_its_host_and_logs_in_enables_and_switches_the_pager_off(opened):
    extras = {"reply_limit": 2, "reply_timeout": 7, "secret": "canary-enable", "pipeline": False}
    AnyConnectAsa().open("192.0.2.1", "audit", "canary-password", 2222, "asa", extras)
    assert opened == {
        "where": ("192.0.2.1", 2222), "login": ("audit", "canary-password"), "transport": "link",
        "name": "192.0.2.1", "user": "audit", "secret": "canary-enable", "reply_timeout": 7,
        "longest_reply": 2 * 1024 * 1024, "pipeline": False, "done": ["log in", "enable", "pager off"],
    }  # fmt: skip


def test_what_logs_in_is_hidden_in_whatever_a_device_says_back(opened, monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", "canary-of-the-environment")
    AnyConnectAsa().open("192.0.2.1", "audit", "canary-password", None, "asa", {"secret": "canary-enable"})
    said = without_secrets("bad secret: canary-password canary-enable canary-of-the-environment")
    assert "canary" not in said


def test_a_session_that_was_open_already_ends_with_the_time_of_its_host(opened, monkeypatch):
    plugin = AnyConnectAsa()
    plugin.open("192.0.2.1", "audit", "pw", None, "asa", {})
    monkeypatch.setattr(connection, "open_session", lambda host, configuration: plugin.connection)
    host = SimpleNamespace(connections={connection.CONNECTION: plugin})
    with host_deadline(300, "fw1") as ours:
        device = connection.PLATFORM.open_writer(host, None)
        assert device.session is plugin.connection
        assert opened["done"][-1] == "one by one"
        ours.end()
    assert opened["done"][-1] == "cut"


def test_a_host_without_a_name_cannot_be_looked_at():
    found = connection.PLATFORM.examine(Host(""), None)
    assert (found.problem, found.reachable) == (" has no hostname", None)


def test_what_logs_in_to_a_host_is_what_must_never_be_written():
    assert "canary-password" in connection.PLATFORM.secrets(Host("fw1", password="canary-password"))


def test_a_session_is_cut_where_its_link_is():
    cut = []
    Session(SimpleNamespace(cut=lambda: cut.append("link")), name="fw1").cut()
    assert cut == ["link"]


def test_leaving_a_host_closes_the_session_that_is_open_and_no_other():
    closed = []
    for names in ([connection.CONNECTION], []):
        host = SimpleNamespace(connections=dict.fromkeys(names), close_connection=closed.append)
        connection.PLATFORM.close(host)
    assert closed == [connection.CONNECTION]
