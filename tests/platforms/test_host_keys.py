"""known_hosts: read, looked up by plain and hashed name, written only on purpose."""

import paramiko
import pytest

from nornir_anyconnect.errors import HostKeyError
from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey, known_keys, learn, name_of


@pytest.fixture(scope="module")
def keys():
    return [paramiko.ECDSAKey.generate() for _ in range(2)]


def key_of(name, key):
    return HostKey(name, key.get_name(), key.get_base64())


def test_names():
    assert name_of("fw", 22) == "fw"
    assert name_of("fw", 2222) == "[fw]:2222"


def test_a_key_is_learnt_found_and_not_learnt_twice(tmp_path, keys):
    file = tmp_path / "home" / "ssh" / "known_hosts"
    key = key_of("[fw]:2222", keys[0])
    assert known_keys(file, key.name) == {}
    assert learn(file, [key]) == (key,)
    assert learn(file, [key]) == ()
    assert known_keys(file, key.name)[key.type] == key
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    assert key.fingerprint.startswith("SHA256:")


@pytest.mark.parametrize("written", ["fw,10.0.0.1", "hashed"])
def test_a_changed_key_is_replaced_only_when_asked(tmp_path, keys, written):
    file = tmp_path / "known_hosts"
    name = paramiko.HostKeys.hash_host("fw") if written == "hashed" else written
    old = f"{keys[0].get_name()} {keys[0].get_base64()}"
    others = ["# comment", "other ssh-rsa AAAA", f"{paramiko.HostKeys.hash_host('other')} {old}"]
    file.write_text("\n".join([f"{name} {old}", *others]) + "\n")
    new = key_of("fw", keys[1])
    with pytest.raises(HostKeyError, match="another host key"):
        learn(file, [new])
    assert learn(file, [new], replace=True) == (new,)
    assert known_keys(file, "fw") == {new.type: new}
    assert file.read_text().splitlines() == [*others, new.line]


@pytest.mark.parametrize("written", ["{} {} {}", " {}\t{}\t{} comment", "\t{} \t {} {}"])
def test_words_of_a_line_are_divided_by_blanks_and_tabs(tmp_path, keys, written):
    file, key = tmp_path / "known_hosts", key_of("fw", keys[0])
    file.write_text(written.format("fw", key.type, key.base64) + "\n")
    assert known_keys(file, "fw") == {key.type: key}
    file.write_text(written.format("@revoked\t*", key.type, key.base64) + f"\n{key.line}\n")
    assert known_keys(file, "fw") == {}


@pytest.mark.parametrize(
    "damaged",
    [
        "fw",
        "fw ssh-rsa",
        "fw ssh-rsa !!!",
        "fw ssh-rsa AAAA",
        "|1|!!!|x ssh-rsa AAAA",
        "fw ecdsa-sha2-nistp256 AAAAB3NzaC1yc2E=",
    ],
)
def test_damaged_lines_are_passed_over(tmp_path, keys, damaged):
    file = tmp_path / "known_hosts"
    file.write_text(f"{damaged}\nfw {keys[0].get_name()} {keys[0].get_base64()}\n")
    assert list(known_keys(file, "fw").values()) == [key_of("fw", keys[0])]


@pytest.mark.parametrize("hashed", [False, True])
def test_a_name_or_key_with_something_put_into_it_is_not_read_as_if_it_were_not_there(tmp_path, keys, hashed):
    file, name, key = tmp_path / "known_hosts", "fw", keys[0].get_base64()
    if hashed:
        name = paramiko.HostKeys.hash_host("fw")
        name = f"{name[:8]}!{name[8:]}"
    else:
        key = f"{key[:8]}!{key[8:]}"
    file.write_text(f"{name} {keys[0].get_name()} {key}\n")
    assert known_keys(file, "fw") == {}


def test_a_line_that_is_commented_out_makes_nobody_known(tmp_path, keys):
    file = tmp_path / "known_hosts"
    file.write_text(f"#10.0.0.1,fw {keys[0].get_name()} {keys[0].get_base64()}\n")
    assert known_keys(file, "fw") == {}


def test_an_unreadable_file_is_an_error(tmp_path):
    with pytest.raises(HostKeyError, match="cannot be read"):
        known_keys(tmp_path, "fw")


def test_the_line_is_what_openssh_writes():
    assert HostKey("fw", "ssh-ed25519", "AAAA").line == "fw ssh-ed25519 AAAA"


@pytest.mark.parametrize("marked", ["@revoked fw", "@revoked *", "  @revoked\tfw"])
def test_a_revoked_key_is_neither_known_nor_learnt(tmp_path, keys, marked):
    file = tmp_path / "known_hosts"
    stolen, kept = (key_of("fw", key) for key in keys)
    file.write_text(
        f"{marked} {stolen.type} {stolen.base64} {kept.base64}\n{stolen.line}\n"
    )  # what follows is a comment
    assert known_keys(file, "fw") == {}
    with pytest.raises(HostKeyError, match="marked @revoked"):
        learn(file, [stolen])
    learn(file, [kept])
    assert known_keys(file, "fw") == {kept.type: kept}
    with pytest.raises(HostKeyError, match="marked @revoked"):
        learn(file, [stolen], replace=True)
