"""The inventory: what is wrong with it is said in one line, and hosts are picked by name and value."""

import pytest

from nornir_anyconnect.asa.running_config import notice
from nornir_anyconnect.audit.audit_report import AuditReport, once_per_chassis
from nornir_anyconnect.audit.finding import DeviceAudit, Status
from nornir_anyconnect.errors import InventoryError, UsageError
from nornir_anyconnect.workflows.fleet import seen_on_host
from nornir_anyconnect.workflows.inventory import choose_hosts, load_inventory

HOSTS = """\
fw1: {hostname: 192.0.2.1, platform: cisco_asa, groups: [asa], data: {site: London, anyconnect: {chassis: pair}}}
fw2: {hostname: 192.0.2.2, platform: cisco_asa, groups: [asa], data: {anyconnect: {chassis: pair, site: Paris}}}
fw3: {hostname: 192.0.2.3, platform: cisco_ftd, data: {tags: [old, lab], rack: 7}}
"""
CONFIG = "inventory: {plugin: SimpleInventory, options: {host_file: hosts.yaml, group_file: groups.yaml}}\n"


@pytest.fixture
def folder(tmp_path):
    def put(name, text):
        (tmp_path / name).write_text(text)
        return tmp_path

    put("hosts.yaml", HOSTS)
    put("groups.yaml", "asa: {}\n")
    put("config.yaml", CONFIG)
    return put


def names(nornir):
    return list(nornir.inventory.hosts)


def test_a_folder_a_config_file_and_bare_hosts(folder, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    assert names(load_inventory(str(tmp_path))) == ["fw1", "fw2", "fw3"]
    assert names(load_inventory(str(tmp_path / "config.yaml"))) == ["fw1", "fw2", "fw3"]
    (tmp_path / "config.yaml").unlink()
    assert names(load_inventory(str(tmp_path))) == ["fw1", "fw2", "fw3"]


def test_nornir_writes_no_log(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    load_inventory(str(tmp_path))
    assert not (tmp_path / "nornir.log").exists()


@pytest.mark.parametrize(
    ("name", "text", "cause"),
    [
        ("config.yaml", "inventory: [broken\n", "not YAML: line 2"),
        ("config.yaml", "- a list\n", "is not a Nornir config file"),
        ("config.yaml", "inventory: {plugin: Oracle}\n", "Oracle"),
        ("config.yaml", CONFIG.replace("hosts.yaml", "elsewhere.yaml"), "elsewhere.yaml: No such file"),
        ("config.yaml", CONFIG.replace("host_file", "hots_file"), "is not as Nornir wants it"),
        ("config.yaml", "inventory: {plugin: SimpleInventory, options: 5}\n", "config.yaml"),
        ("hosts.yaml", "- fw1\n", "hosts.yaml is a list, it must be 'key: value' lines"),
        ("hosts.yaml", "x\n", "hosts.yaml is a text, it must be 'key: value' lines"),
        ("hosts.yaml", "fw1: x\n", "hosts.yaml: fw1 is a text, it must be 'key: value' lines"),
        ("hosts.yaml", "fw1:\n", "hosts.yaml: fw1 is empty, it must be"),
        ("hosts.yaml", "fw1: {groups: asa}\n", "hosts.yaml: fw1.groups is a text, it must be a list"),
        ("hosts.yaml", "fw1: {connection_options: [x]}\n", "fw1.connection_options is a list"),
        ("hosts.yaml", "fw1: {connection_options: {ssh: x}}\n", "fw1.connection_options.ssh is a text"),
        ("hosts.yaml", "fw1: {data: xyz}\n", "data of fw1 is a text"),
        ("hosts.yaml", "fw1: {data: {anyconnect: xyz}}\n", "data.anyconnect of fw1 is a text, it must be"),
        ("hosts.yaml", "fw1: {data: {anyconnect: {context: {a: b}}}}\n", "data.anyconnect.context of fw1 is"),
        ("groups.yaml", "asa: {data: {anyconnect: [pair]}}\n", "data.anyconnect of asa is a list"),
        ("groups.yaml", "asa\n", "groups.yaml is a text"),
        ("hosts.yaml", "fw1: {groups: [nobody]}\n", "the group 'nobody' is named but not defined"),
        ("hosts.yaml", "fw1: {hostname: [\n", "not YAML"),
        ("hosts.yaml", "{}\n", "holds no host"),
    ],
)
def test_a_wrong_inventory(folder, name, text, cause):
    with pytest.raises(InventoryError) as error:
        load_inventory(str(folder(name, text)))
    assert cause in error.value.cause
    assert "' object" not in error.value.cause
    assert "\n" not in error.value.cause
    assert error.value.remedy


def test_a_missing_inventory(tmp_path):
    with pytest.raises(InventoryError, match="there is no inventory"):
        load_inventory(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("filters", "limit", "left"),
    [
        (["site=London"], [], ["fw1"]),
        (["site=Paris"], [], ["fw2"]),
        (["platform=cisco_ftd"], [], ["fw3"]),
        (["group=asa"], [], ["fw1", "fw2"]),
        (["anyconnect.chassis=pair", "name=fw2"], [], ["fw2"]),
        (["tags=lab"], [], ["fw3"]),
        (["rack=7"], [], ["fw3"]),
        ([], ["fw3,fw1"], ["fw1", "fw3"]),
        ([], ["fw3", "fw1"], ["fw1", "fw3"]),
    ],
)
def test_hosts_are_picked(folder, tmp_path, filters, limit, left):
    assert names(choose_hosts(load_inventory(str(tmp_path)), filters, limit)) == left


@pytest.mark.parametrize(
    ("filters", "limit", "cause"),
    [
        (["London"], [], "--filter London is not key=value"),
        (["site=Rome"], [], "no host is left"),
        (["hostname.deeper=1"], [], "no host is left"),
        ([], ["fw1,fw9"], "the inventory has no host fw9"),
        ([], [","], "--limit names no host"),
    ],
)
def test_nothing_to_pick(folder, tmp_path, filters, limit, cause):
    with pytest.raises(UsageError, match=cause):
        choose_hosts(load_inventory(str(tmp_path)), filters, limit)


@pytest.mark.parametrize(("name", "remedy"), [("fw11", "did you mean 'fw1'?"), ("nope", "it has fw1, fw2, fw3")])
def test_a_host_that_is_not_there_is_missed_in_words_that_fit_every_option(folder, tmp_path, name, remedy):
    with pytest.raises(UsageError) as error:
        seen_on_host(name, str(tmp_path))
    assert error.value.cause == f"the inventory has no host {name}"
    assert error.value.remedy == remedy


def device(name, *serials, context=None, status=Status.OK):
    return DeviceAudit(name, context=context, serials=serials, status=status)


def test_both_units_of_a_pair_are_one_device():
    found = once_per_chassis([device("b", "S2", "S1"), device("a", "S1", "S2"), device("c", "S3"), device("d")])
    assert [each.name for each in found] == ["a", "c", "d"]
    assert found[0].warnings == (notice("same-chassis", names=("b",)),)


def test_the_unit_that_was_read_stands_for_the_one_that_was_not():
    (found,) = once_per_chassis([device("a", "S1", status=Status.FAILED), device("b", "S1")])
    assert (found.name, found.status) == ("b", Status.OK)


def test_contexts_are_findings_of_their_own_on_one_chassis():
    found = once_per_chassis(
        [device("a", "S1", context="red"), device("a", "S1", context="blue"), device("b", "S1", context="red")]
    )
    assert [(each.name, each.context) for each in found] == [("a", "blue"), ("a", "red")]
    assert AuditReport(tuple(found), "", "").summary.devices == 1


def test_a_chain_of_serials_is_one_chassis():
    found = once_per_chassis([device("a", "S1"), device("c", "S3", "S2"), device("b", "S2", "S1")])
    assert [each.name for each in found] == ["a"]


@pytest.mark.parametrize(
    ("filters", "remedy"),
    [
        (["site=Rome"], "site is one of London, Paris"),
        (["platform=cisco_ios"], "platform is one of cisco_asa, cisco_ftd"),
        (["tags=new"], "tags is one of lab, old"),
        (["group=ios"], "group is one of asa"),
        (["floor=3"], "no host has the key 'floor'"),
        (["sit=London"], "no host has the key 'sit'; did you mean 'site'?"),
        (["site=London", "rack=7"], "each of them holds for some host, but no host for all of them"),
        (["site=Rome", "rack=9"], "site is one of London, Paris; rack is one of 7"),
    ],
)
def test_a_filter_that_holds_for_nobody_says_what_there_is(folder, tmp_path, filters, remedy):
    with pytest.raises(UsageError) as error:
        choose_hosts(load_inventory(str(tmp_path)), filters)
    assert error.value.remedy == remedy
