"""Settings of the inventory: what is taken, what is refused, and which layer is named."""

from pathlib import Path

import pytest
from nornir.core.inventory import ConnectionOptions, Defaults, Group, Host, ParentGroups

from nornir_anyconnect.errors import CredentialError, InventoryError
from nornir_anyconnect.platforms.asa_ssh.credentials import anyconnect_credentials, from_command
from nornir_anyconnect.platforms.asa_ssh.options import JumpHost, Options, check_host, options_of


def extras(**given):
    return {"anyconnect_asa": ConnectionOptions(None, None, None, None, None, given)}


def host(own=None, group=None, defaults=None, name="fw1"):
    groups = ParentGroups([Group(name="edge", connection_options=group or {})])
    return Host(
        name=name, groups=groups, connection_options=own or {}, defaults=Defaults(connection_options=defaults or {})
    )


UNSAFE = [
    ("ssh_strict", False), ("ssh_strict", "no"), ("auto_add", True), ("auto_add_policy", True),
    ("session_log", "/tmp/x"), ("session_log_record_writes", True), ("fast_cli", True), ("global_cmd_verify", False),
    ("allow_auto_change", True), ("password", "x"), ("allow_agent", True), ("disabled_algorithms", {}),
    ("disable_sha2_fix", True), ("ssh_config_file", "~/.ssh/config"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), UNSAFE)
@pytest.mark.parametrize("layer", ["host fw1", "group edge", "defaults"])
def test_unsafe_settings_are_refused_naming_their_layer(name, value, layer):
    where = {"host fw1": "own", "group edge": "group", "defaults": "defaults"}[layer]
    with pytest.raises(InventoryError, match=f"{layer}.*{name}"):
        check_host(host(**{where: extras(**{name: value})}))


def test_an_unsafe_setting_is_refused_also_where_a_nearer_layer_hides_it():
    with pytest.raises(InventoryError, match="defaults"):
        check_host(host(own=extras(reply_timeout=5), defaults=extras(auto_add=True)))


def test_settings_that_change_nothing_are_taken():
    nothing = {"auto_add": False, "fast_cli": "no", "ssh_strict": True, "session_log": None, "reply_timeout": None}
    assert check_host(host(own=extras(**nothing))) == Options()


def test_a_host_without_settings_is_reached_safely():
    found = check_host(host())
    assert (found.known_hosts, found.legacy_ssh) == (Path("~/.ssh/known_hosts"), False)


def test_the_layer_is_still_named_after_nornir_has_handed_the_extras_on():
    one = host(defaults=extras(ssh_strict=False))
    one.get_connection_parameters("anyconnect_asa")
    assert one.connection_options == {} or one.connection_options["anyconnect_asa"].extras is not None
    with pytest.raises(InventoryError, match="defaults"):
        check_host(one)


def test_host_extras_over_defaults_do_not_weaken_anything():
    found = check_host(host(own=extras(reply_timeout=5), defaults=extras(ssh_strict=True, known_hosts="/x")))
    assert found.reply_timeout == 5
    assert found.known_hosts.name == "known_hosts"


def test_settings_are_read():
    found = options_of(
        {
            "known_hosts": "/k",
            "key_file": "/id",
            "secret": "s",
            "legacy_ssh": True,
            "conn_timeout": 3,
            "jump_host": "u@j:2222",
        },
        "host fw1",
    )
    assert (found.known_hosts, found.key_file, found.legacy_ssh, found.connect_timeout) == (
        Path("/k"),
        Path("/id"),
        True,
        3.0,
    )
    assert found.jump_host == JumpHost("j", 2222, "u")
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("given", "jump_host"),
    [
        ("j", JumpHost("j", 22)),
        ("u@j", JumpHost("j", 22, "u")),
        ("j:1", JumpHost("j", 1)),
        ("j:65535", JumpHost("j", 65535)),
        ({"hostname": "j"}, JumpHost("j", 22)),
        ({"hostname": "j", "port": "2222", "key_file": "/id"}, JumpHost("j", 2222, None, Path("/id"))),
    ],
)
def test_a_jump_host_is_reached_over_port_22_unless_told_otherwise(given, jump_host):
    assert options_of({"jump_host": given}, "host fw1").jump_host == jump_host


@pytest.mark.parametrize("word", ["true", "yes", "on", "On", "false", "no", "off", "OFF"])
def test_a_boolean_in_quotes_is_one_too(word):
    assert options_of({"legacy_ssh": word}, "host fw1").legacy_ssh is (word.lower() in {"true", "yes", "on"})


@pytest.mark.parametrize("seconds", [0.5, 3600])
def test_a_time_limit_may_be_up_to_an_hour(seconds):
    assert options_of({"reply_timeout": seconds}, "host fw1").reply_timeout == seconds


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"legasy_ssh": True}, "unknown setting"),
        ({"reply_timeout": "soon"}, "seconds"),
        ({"reply_timeout": 0}, "seconds"),
        ({"reply_timeout": 3601}, "seconds"),
        ({"legacy_ssh": 3}, "true or false"),
        ({"jump_host": {"host": "x"}}, "jump_host"),
        ({"jump_host": 7}, "jump_host"),
        ({"jump_host": "j:\u00b2"}, "jump_host"),
        ({"jump_host": "j:0"}, "jump_host"),
        ({"jump_host": "j:65536"}, "jump_host"),
        ({"jump_host": "j:" + "9" * 5000}, "jump_host"),
        ({"jump_host": {"hostname": "j", "user": "u"}}, "jump_host"),
        ({"jump_host": {"port": 22}}, "jump_host"),
        ({"reply_limit": 0}, "megabytes"),
        ({"reply_limit": 4097}, "megabytes"),
        ({"reply_limit": "much"}, "megabytes"),
        ({"transport": "telnet"}, "asyncssh or netmiko"),
        ({"known_hosts": "a\0b"}, "'known_hosts' is no path"),
        ({"key_file": "/"}, "'key_file' is /, which is no file"),
    ],
)
def test_wrong_settings_are_refused(given, words):
    with pytest.raises(InventoryError, match=words):
        options_of(given, "host fw1")


def test_no_known_keys_at_all_and_either_transport_may_be_named():
    found = options_of({"known_hosts": "/dev/null", "transport": "netmiko"}, "host fw1")
    assert (found.known_hosts, found.transport) == (Path("/dev/null"), "netmiko")
    assert Options().pipeline


def test_a_reply_may_have_any_size_up_to_4_gigabytes():
    assert [options_of({"reply_limit": size}, "host fw1").reply_limit for size in (0.5, 4096)] == [0.5, 4096.0]


def test_an_unknown_setting_names_the_layer_that_wrote_it():
    with pytest.raises(InventoryError, match=r"^host fw1, anyconnect_asa: unknown setting 'x'"):
        check_host(host(own=extras(x=1), defaults=extras(reply_timeout=5)))
    with pytest.raises(InventoryError, match=r"^defaults, anyconnect_asa: unknown setting 'x'"):
        check_host(host(defaults=extras(x=1)))


def test_settings_of_netmiko_serve_where_there_are_none_of_our_own():
    netmiko = {"netmiko": ConnectionOptions(None, None, None, None, None, {"conn_timeout": 4, "keepalive": 5})}
    assert check_host(host(own=netmiko)).connect_timeout == 4


@pytest.mark.parametrize("layer", ["own", "group", "defaults"])
def test_a_secret_in_a_file_is_refused_by_the_transform_function(layer):
    named = {"own": "host fw1", "group": "group edge", "defaults": "defaults"}[layer]
    with pytest.raises(InventoryError, match=named):
        anyconnect_credentials(host(**{layer: extras(secret="s3")}))


def test_a_password_in_a_file_is_refused_by_the_transform_function():
    one = host()
    one.groups[0].password = "hunter2"
    with pytest.raises(InventoryError, match="group edge") as caught:
        anyconnect_credentials(one)
    assert "hunter2" not in str(caught.value) + caught.value.remedy


def test_credentials_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_USERNAME", "auditor")
    one = host(defaults=extras(known_hosts="/k"))
    anyconnect_credentials(one)
    given = one.get_connection_parameters("anyconnect_asa")
    assert (given.username, given.password) == ("auditor", "demo-password")
    assert given.extras == {"known_hosts": "/k", "secret": "demo-enable"}


def test_credentials_come_from_a_command(tmp_path):
    script = tmp_path / "secret.sh"
    script.write_text("#!/bin/sh\necho pass-word\necho username: bob\necho enable: en-able\n")
    script.chmod(0o700)
    one = host()
    anyconnect_credentials(one, source="command", command=str(script))
    assert (one.username, one.password) == ("bob", "pass-word")
    assert check_host(one).secret == "en-able"


def test_a_command_that_fails_does_not_show_its_output(tmp_path):
    script = tmp_path / "secret.sh"
    script.write_text("#!/bin/sh\necho top-secret; exit 1\n")
    script.chmod(0o700)
    with pytest.raises(CredentialError) as caught:
        from_command((str(script),))
    assert "top-secret" not in repr(caught.value)
    assert caught.value.__cause__ is None


def test_an_unknown_source_is_refused():
    with pytest.raises(InventoryError, match="no source"):
        anyconnect_credentials(host(), source="file")
