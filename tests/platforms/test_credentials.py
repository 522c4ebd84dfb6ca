"""Where credentials come from, and that they are refused where they must not stand."""

import sys
from types import SimpleNamespace

import pytest
from nornir.core.inventory import ConnectionOptions, Defaults, Group, Host, ParentGroups

from nornir_anyconnect.errors import CredentialError, InventoryError
from nornir_anyconnect.platforms.asa_ssh.credentials import (
    anyconnect_credentials,
    from_command,
    from_environment,
    from_keyring,
    secrets_of,
)


def options(connection="anyconnect_asa", extras=None, password=None):
    return {connection: ConnectionOptions(None, None, None, password, None, extras)}


def test_no_secret_shows_where_credentials_are_printed(monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_USERNAME", "audit")
    assert (from_environment().password, from_environment().enable) == ("demo-password", "demo-enable")
    assert repr(from_environment()) == "Credentials(username='audit')"


def test_a_keyring_that_is_not_installed_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(CredentialError, match="keyring is not installed") as caught:
        from_keyring("audit")
    assert "nornir-anyconnect[keyring]" in caught.value.remedy


def test_a_keyring_that_cannot_be_read_is_an_error_without_its_words(monkeypatch):
    def locked(*_):
        raise RuntimeError("canary")

    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=locked))
    with pytest.raises(CredentialError, match=r"^the keyring cannot be read: RuntimeError$"):
        from_keyring("audit")


def test_a_keyring_without_the_password_leaves_the_host_as_it_was(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", SimpleNamespace(get_password=lambda *_: None))
    host = Host("fw1", username="audit")
    with pytest.raises(CredentialError, match="the keyring holds no password for fw1"):
        anyconnect_credentials(host, source="keyring")
    assert host.password is None


def test_an_environment_without_a_password_leaves_it_to_a_key_file(monkeypatch):
    monkeypatch.delenv("NORNIR_ANYCONNECT_PASSWORD")
    host = Host("fw1", username="audit")
    anyconnect_credentials(host)
    assert (host.username, host.password) == ("audit", None)


@pytest.mark.parametrize("printed", ["", "\\nusername: bob\\n"])
def test_a_command_that_prints_no_password_is_named_without_its_arguments(printed):
    with pytest.raises(CredentialError, match=r"^the command 'printf' printed no password$"):
        from_command(("printf", printed))


@pytest.mark.parametrize(("source", "command"), [("command", None), ("command", ""), ("file", "printf secret")])
def test_a_source_that_is_none_or_lacks_its_command_is_refused(source, command):
    with pytest.raises(InventoryError, match=f"'{source}' is no source"):
        anyconnect_credentials(Host("fw1"), source=source, command=command)


@pytest.mark.parametrize("connection", ["anyconnect_asa", "netmiko"])
@pytest.mark.parametrize("layer", ["host fw1", "group edge", "defaults"])
@pytest.mark.parametrize("written", [{"password": "canary"}, {"extras": {"secret": "canary"}}])
def test_a_secret_among_connection_options_is_refused_naming_the_layer(connection, layer, written):
    given = {
        each: options(connection, **written) if each == layer else {} for each in ("host fw1", "group edge", "defaults")
    }
    host = Host(
        "fw1",
        connection_options=given["host fw1"],
        groups=ParentGroups([Group("edge", connection_options=given["group edge"])]),
        defaults=Defaults(connection_options=given["defaults"]),
    )
    with pytest.raises(InventoryError, match=f"^{layer}, {connection}: ") as caught:
        anyconnect_credentials(host)
    assert "canary" not in str(caught.value)


def test_every_secret_of_a_host_is_known_as_one(monkeypatch):
    host = Host(
        "fw1", password="of-host", connection_options=options(extras={"secret": "of-extras"}, password="of-options")
    )
    assert secrets_of(host) == {"demo-password", "demo-enable", "of-host", "of-options", "of-extras"}
    monkeypatch.delenv("NORNIR_ANYCONNECT_PASSWORD")
    monkeypatch.delenv("NORNIR_ANYCONNECT_ENABLE")
    assert secrets_of(Host("fw2", connection_options=options())) == set()
