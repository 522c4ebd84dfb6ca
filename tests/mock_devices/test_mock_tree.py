"""What is remembered of a configuration never outlives the lines it was made from."""

from hypothesis import given
from hypothesis import strategies as st

from mock_devices import defaults, start_fleet
from mock_devices.config_mode import ConfigMode
from mock_devices.defaults import with_defaults
from mock_devices.release import release
from mock_devices.tree import ConfigTree

BOX = release("9.12(4)")
TEXT = """\
hostname fw
mtu outside 1500
webvpn
 enable outside
group-policy STAFF internal
group-policy STAFF attributes
 vpn-tunnel-protocol ssl-client
 webvpn
  anyconnect mtu 1300
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy STAFF
"""
LINES = (
    "group-policy STAFF attributes", "webvpn", "anyconnect mtu 1250", "no anyconnect mtu", "anyconnect ssl dtls none",
    "no anyconnect ssl dtls", "exit", "group-policy NEW internal", "group-policy OTHER internal from STAFF",
    "no group-policy NEW", "tunnel-group STAFF general-attributes", "default-group-policy NEW",
    "sysopt connection tcpmss 1300", "no sysopt connection tcpmss", "mtu outside 1400", "enable outside tls-only",
    "no enable outside", "hostname other", "failover", "no failover",
)  # fmt: skip
SECTIONS = ("group-policy", "tunnel-group", "webvpn", "sysopt", "mtu")


def shown(tree):
    return [
        tree.lines(),
        *(tree.lines(each) for each in SECTIONS),
        *(with_defaults(tree, each, BOX) for each in SECTIONS),
    ]


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(LINES)), max_size=25))
def test_a_change_shows_wherever_it_has_to_and_nowhere_else(typed):
    trees = [ConfigTree.from_text(TEXT), ConfigTree.from_text(TEXT)]
    modes = [ConfigMode(tree, BOX) for tree in trees]
    for second, line in typed:
        other = shown(trees[not second])
        if line == "exit":
            modes[second].leave()
        else:
            modes[second].type(line)
        tree = trees[second]
        afresh = ConfigTree.from_text("\n".join(tree.lines()))
        assert shown(tree) == shown(afresh)
        assert shown(trees[not second]) == other
        for path in ((), ("webvpn",), ("group-policy STAFF attributes", "webvpn")):
            assert tree.children(path) == afresh.children(path)


def test_a_section_is_made_once_for_all_boxes_of_a_template_until_one_changes(monkeypatch):
    made = []
    real = defaults._merged
    monkeypatch.setattr(
        defaults, "_merged", lambda part, section, box: made.append(section) or real(part, section, box)
    )
    text = TEXT + "group-policy ONLY_HERE internal\n"  # what other tests have had printed is remembered too
    entry = {"name": "fw", "release": "9.12(4)", "config": text}
    with start_fleet({"devices": [entry]}, count=3) as fleet:
        trees = [device.contexts[""].running for device in fleet.devices.values()]
        assert [tree.lines("hostname") for tree in trees] == [("hostname fw",), ("hostname fw-2",), ("hostname fw-3",)]
        for tree in trees * 2:
            with_defaults(tree, "group-policy", BOX)
        assert made == ["group-policy"]
        fleet.devices["fw-2"].configure("group-policy NEW internal")
        answers = [with_defaults(tree, "group-policy", BOX) for tree in trees * 2]
        assert made == ["group-policy"] * 2
        assert ["group-policy NEW internal" in each for each in answers] == [False, True, False] * 2


def test_a_block_that_is_copied_stands_behind_its_header():
    tree = ConfigTree.from_text(TEXT)
    ConfigMode(tree, BOX).type("group-policy COPY internal from STAFF")
    assert tree.lines("group-policy COPY") == (
        "group-policy COPY internal",
        "group-policy COPY attributes",
        " vpn-tunnel-protocol ssl-client",
        " webvpn",
        "  anyconnect mtu 1300",
    )


def test_a_header_without_lines_goes():
    tree = ConfigTree.from_text("webvpn\n enable outside\n")
    tree.drop(("webvpn",), lambda stored: stored == "enable outside")
    assert tree.lines() == ()
