"""What Nornir sees: cheap to import, registered under its names, credentials put on hosts."""

import subprocess
import sys
from importlib.metadata import entry_points
from types import SimpleNamespace

import pytest
import yaml
from nornir import InitNornir

from nornir_anyconnect.errors import CredentialError, InventoryError
from nornir_anyconnect.platforms.asa_ssh import AnyConnectAsa
from nornir_anyconnect.platforms.asa_ssh.credentials import anyconnect_credentials, from_keyring


def test_nornirs_start_does_not_load_netmiko_or_ttp():
    code = "import sys, nornir_anyconnect.platforms.asa_ssh, nornir_anyconnect.tasks; print({'netmiko', 'paramiko', 'ttp'} & set(sys.modules))"
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
