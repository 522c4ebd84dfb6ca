"""The plan: deterministic, bound to its devices, and never a source of lines to send (promises 1, 10, 11, 14)."""

import dataclasses
import hashlib
import re
from datetime import UTC, datetime, timedelta

import pytest
import yaml
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from nornir_anyconnect.asa.config_commands import applied, lines_to_type
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.change.plan.check import PlanCheck, check_identity
from nornir_anyconnect.change.plan.file import load_plan, plan_text, read_plan, save_plan, to_dict
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.change.transaction import Saving
from nornir_anyconnect.errors import GateError, PlanError, UsageError
from nornir_anyconnect.evidence.observations import DeviceObservations, GroupObservations, LargePacket
from nornir_anyconnect.remedies.kinds import decode, encode
from nornir_anyconnect.remedies.kinds.tls_only_group import NewGroupPolicy
from nornir_anyconnect.remedies.options import RemedyOptions
from tests.amounts import examples


def rederive(planned, config, options, run=""):
    return PlanCheck(planned, options).rederive(config, run)


def misjudged(planned, config, options):
    return PlanCheck(planned, options).misjudged(config)


NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TEXT = """\
ASA Version 9.12(4)
mtu outside 1500
webvpn
 enable outside
 anyconnect enable
group-policy DfltGrpPolicy attributes
 vpn-tunnel-protocol ssl-client
group-policy "Sales Staff" internal
group-policy "Sales Staff" attributes
 webvpn
  anyconnect mtu 1400
  anyconnect keep-installer installed
group-policy Guests internal
tunnel-group Sales type remote-access
tunnel-group Sales general-attributes
 default-group-policy "Sales Staff"
tunnel-group Sales2 type remote-access
tunnel-group Sales2 general-attributes
 default-group-policy "Sales Staff"
tunnel-group Guests type remote-access
tunnel-group Guests general-attributes
 default-group-policy Guests
Cryptochecksum:0
"""


def given_input(text=TEXT, name="fw1", *, serials=("JAD1", "JAD2"), observations=None, options=None, **device):
    config = parse(text)
    judged = judge(config, name, observations, options)
    return PlanInput(config, dataclasses.replace(judged, serials=serials, **device), observations)


def plan_of(*inputs, **said):
    return make_plan(inputs or [given_input()], now=NOW, options=RemedyOptions(**said))


def device_of(plan):
    (device,) = plan.devices
    return device


def test_a_plan_for_clients_behind_narrow_networks_is_derived_again_for_them():
    options = RemedyOptions(client_mtu=1200)
    plan = plan_of(given_input(options=options.judging), client_mtu=1200)
    device, config = device_of(plan), parse(TEXT)
    assert device.lines != device_of(plan_of()).lines
    assert rederive(device, config, plan.options)
    with pytest.raises(GateError):
        rederive(device, config, RemedyOptions())


def test_one_line_per_policy_serves_every_group_that_hangs_on_it():
    device = device_of(plan_of())
    assert device.lines == (
        "group-policy Guests attributes",
        "webvpn",
        "anyconnect mtu 1287",
        "exit",
        "exit",
        'group-policy "Sales Staff" attributes',
        "webvpn",
        "anyconnect mtu 1287",
    )
    assert {each.serves for each in device.fixes} == {
        ("tunnel-group Guests",),
        ("tunnel-group Sales", "tunnel-group Sales2"),
    }
    assert "anyconnect mtu 1400" in device.rollback
    assert "no anyconnect mtu" in device.rollback


def test_a_plan_says_what_changes_what_it_leads_to_and_what_stays():
    device = device_of(plan_of())
    outlook = {each.finding: each for each in device.outlook}
    assert set(outlook) == {"tunnel-group Sales", "tunnel-group Sales2", "tunnel-group Guests"}
    sales = outlook["tunnel-group Sales"]
    assert sales.before["verdict"] == "at-risk"
    assert sales.before["mtus"]["technote"] == {"tls": 1287, "dtls": 1400}
    assert sales.after["verdict"] == "safe"
    assert sales.after["mtus"]["technote"] == {"tls": 1287, "dtls": 1287}
    assert sales.users is None
    (left,) = device.left
    assert left.finding == "tunnel-group DefaultWEBVPNGroup"
    assert left.blocked_by == ("default-group-policy",)
    assert "-  anyconnect mtu 1400" in device.diff
    assert "+  anyconnect mtu 1287" in device.diff
    assert "  anyconnect keep-installer installed" in device.diff


def test_users_connected_now_stand_beside_each_finding():
    seen = DeviceObservations("fw1", {"Guests": GroupObservations("Guests", sessions=17)})
    device = device_of(plan_of(given_input(observations=seen)))
    users = {each.finding: each.users for each in device.outlook}
    assert users["tunnel-group Guests"] == 17
    assert users["tunnel-group Sales"] == 0


def test_the_same_input_gives_the_same_bytes_in_any_order():
    boxes = [given_input(name=name, serials=(f"S-{name}",)) for name in ("b", "a", "c")]
    first = plan_text(make_plan(boxes, now=NOW))
    again = plan_text(make_plan(reversed(boxes), now=NOW))
    assert first == again
    later = make_plan(boxes, now=NOW + timedelta(hours=1))
    assert later.id == make_plan(boxes, now=NOW).id
    assert make_plan(boxes[:2], now=NOW).id != later.id


def test_a_plan_file_comes_back_as_it_went(tmp_path):
    plan = plan_of()
    save_plan(plan, tmp_path / "plan.yaml")
    assert load_plan(tmp_path / "plan.yaml", now=NOW) == plan
    text = (tmp_path / "plan.yaml").read_text()
    assert "preview_only: false" in text
    assert "  diff: |-" in text


TEXT_OF_PLAN = plan_text(plan_of())


@examples(200, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, len(TEXT_OF_PLAN) - 1), st.sampled_from("x0 \n:-'\"#é"))
def test_one_byte_edited_is_refused(at, new):
    if TEXT_OF_PLAN[at] == new:
        return
    for edited in (
        TEXT_OF_PLAN[:at] + new + TEXT_OF_PLAN[at + 1 :],
        TEXT_OF_PLAN[:at] + TEXT_OF_PLAN[at + 1 :],
        TEXT_OF_PLAN[:at] + new + TEXT_OF_PLAN[at:],
    ):
        with pytest.raises(PlanError):
            read_plan(edited, now=NOW)


@examples(60)
@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_what_is_no_plan_is_refused_in_one_line(text):
    with pytest.raises(PlanError) as refused:
        read_plan(text, "plan.yaml", now=NOW)
    assert "\n" not in refused.value.cause
    assert refused.value.remedy


def test_a_fix_that_is_none_is_refused_even_where_nothing_is_to_be_fixed():
    with pytest.raises(UsageError, match="no fix 'dtls-port'"):
        make_plan([], options=RemedyOptions(fix="dtls-port"))


def test_another_id_is_refused_even_with_its_digest():
    above = TEXT_OF_PLAN.rpartition("digest: ")[0].replace(f"plan: {plan_of().id}", "plan: 0123456789abcdef")
    digest = hashlib.sha256(above.encode()).hexdigest()
    with pytest.raises(PlanError, match="altered"):
        read_plan(f"{above}digest: {digest}\n", now=NOW)


def test_a_plan_expires_after_seven_days(tmp_path):
    save_plan(plan_of(), tmp_path / "plan.yaml")
    load_plan(tmp_path / "plan.yaml", now=NOW + timedelta(days=7) - timedelta(seconds=1))
    with pytest.raises(PlanError, match="expired"):
        load_plan(tmp_path / "plan.yaml", now=NOW + timedelta(days=7))


def test_a_missing_or_foreign_file_is_named(tmp_path):
    with pytest.raises(PlanError, match="no-such"):
        load_plan(tmp_path / "no-such.yaml")
    for text in (b"\xff\xfe", b"hosts: []\n", "# A page about \u201cplans\u201d: [\n".encode(), b""):
        (tmp_path / "plan.yaml").write_bytes(text)
        with pytest.raises(PlanError, match=r"is not a plan of this tool$") as refused:
            load_plan(tmp_path / "plan.yaml")
        assert refused.value.remedy == "name the plan file that 'plan --out' wrote"


@pytest.mark.parametrize("more", [b"\xff", "\u00e9".encode(), b"# a word\n"])
def test_a_plan_with_another_byte_was_altered(tmp_path, more):
    (tmp_path / "plan.yaml").write_bytes(TEXT_OF_PLAN.encode() + more)
    with pytest.raises(PlanError, match="altered"):
        load_plan(tmp_path / "plan.yaml", now=NOW)


# --- from the plan back to commands ---


def test_the_commands_are_derived_again_and_owned_by_the_run():
    config = parse(TEXT)
    plan = plan_of(given_input(), fix="tls-only-group", alias="{group}-slow")
    commands = rederive(device_of(plan), config, plan.options, "run-0042")
    assert {each.created_by for each in commands} == {"run-0042"}
    assert lines_to_type(commands) == device_of(plan).lines


def forged(device, **changes):
    return dataclasses.replace(device, **changes)


def written_anew(plan, change):
    """The file of a plan with something changed in its only device, and a digest that fits."""
    data = to_dict(plan)
    change(data["devices"][0])
    text = yaml.safe_dump(data, sort_keys=False)
    return f"{text}digest: {hashlib.sha256(text.encode()).hexdigest()}\n"


@pytest.mark.parametrize(
    "change",
    [
        lambda device: device.update(commands=[line.replace("1287", "1300") for line in device["commands"]]),
        lambda device: device["rollback"].append("reload"),
        lambda device: device["commands"].append("write erase"),
    ],
)
def test_the_text_of_a_plan_is_never_sent(change):
    """Its lines are those of its commands, or it is no plan; a plan in memory has no other lines."""
    assert read_plan(written_anew(plan_of(), lambda device: None), now=NOW) == plan_of()
    with pytest.raises(PlanError, match="not those of its remedies"):
        read_plan(written_anew(plan_of(), change), now=NOW)


@pytest.mark.parametrize(
    "forge",
    [
        lambda first: {"command": "ClientMtu"},
        lambda first: {"command": "Reload"},
        lambda first: {**first, "name": "x\nreload"},
        lambda first: {**first, "spelling": "no group-policy"},
        lambda first: {**first, "before": 1300, "after": 1300},
        lambda first: "anyconnect mtu 1300",
    ],
)
def test_parameters_that_no_remedy_has_are_refused(forge):
    def change(device):
        parameters = device["fixes"][0]["parameters"]
        parameters[0] = forge(parameters[0])

    with pytest.raises(PlanError):
        read_plan(written_anew(plan_of(), change), now=NOW)


def of_sales(device):
    """The fix of the policy that has an explicit MTU."""
    return next(each for each in device.fixes if "tunnel-group Sales" in each.serves)


def consistent(device, **change):
    """A forgery that agrees with itself: another command, and so other lines and another inverse."""
    first = of_sales(device)
    commands = (decode({**encode(first.commands[0]), **change}),)
    fixes = tuple(dataclasses.replace(each, commands=commands) if each is first else each for each in device.fixes)
    return forged(device, fixes=fixes)


def test_a_forged_plan_that_agrees_with_itself_is_refused_all_the_same():
    plan = plan_of()
    device = device_of(plan)
    config = parse(TEXT)
    assert rederive(device, config, plan.options)
    for change in ({"after": 1000}, {"name": "DfltGrpPolicy", "before": None}, {"before": None}):
        evil = consistent(device, **change)
        assert evil.commands
        with pytest.raises(GateError, match="not what is derived now"):
            rederive(evil, config, plan.options)


def test_a_word_that_was_not_said_cannot_be_used():
    plan = plan_of(given_input(), include_default_policy=True)
    with pytest.raises(GateError):
        rederive(device_of(plan), parse(TEXT), dataclasses.replace(plan.options, include_default_policy=False))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("anyconnect mtu 1400", "anyconnect mtu 1350", "group-policy Sales Staff"),
        ("keep-installer installed", "keep-installer none", "group-policy Sales Staff"),
        ("mtu outside 1500", "mtu outside 1400", "mtu"),
        ("webvpn\n enable outside", "webvpn\n enable outside tls-only", "webvpn"),
        ("webvpn\n enable", "sysopt connection tcpmss 1300\nwebvpn\n enable", "sysopt connection"),
        ("webvpn\n enable", "ssl cipher tlsv1.2 high\nwebvpn\n enable", "ssl"),
        ("vpn-tunnel-protocol ssl-client", "vpn-tunnel-protocol ikev2 ssl-client", "group-policy DfltGrpPolicy"),
        (
            "tunnel-group Guests type",
            "tunnel-group Guests webvpn-attributes\n group-alias G enable\ntunnel-group Guests type",
            "tunnel-group Guests",
        ),
    ],
)
def test_drift_in_anything_that_was_read_is_refused_by_name(old, new, named):
    plan = plan_of()
    assert old in TEXT
    with pytest.raises(GateError, match=f"drift .*{re.escape(named)}"):
        rederive(device_of(plan), parse(TEXT.replace(old, new)), plan.options)


def test_what_was_not_read_may_change():
    plan = plan_of()
    other = TEXT.replace(
        "Cryptochecksum", "group-policy New internal\nip local pool P 10.0.0.1-10.0.0.9\nCryptochecksum"
    )
    assert rederive(device_of(plan), parse(other), plan.options)


def test_a_device_that_shows_it_already_is_left_alone():
    plan = plan_of()
    config = parse(TEXT)
    commands = rederive(device_of(plan), config, plan.options)
    changed = applied(config, commands)
    assert rederive(device_of(plan), changed, plan.options) == commands
    again = make_plan([PlanInput(changed, dataclasses.replace(judge(changed, "fw1"), serials=("JAD1",)))], now=NOW)
    assert device_of(again).lines == ()
    assert not again.changes


def test_two_boxes_swapped_are_refused():
    one = given_input(name="fw1", serials=("A1", "A2"))
    two = given_input(name="fw2", serials=("B1", "B2"))
    first, second = plan_of(one, two).devices
    check_identity(first, ("A2", "A1"), None)
    check_identity(first, ("A2",), None)  # after a failover the mate answers
    for planned, serials in ((first, ("B1", "B2")), (second, ("A1",)), (first, ())):
        with pytest.raises(GateError, match="serial number"):
            check_identity(planned, serials, None)


def test_the_context_is_part_of_the_identity():
    config = dataclasses.replace(parse(TEXT), context="red")
    device = dataclasses.replace(judge(config, "fw1"), serials=("A1",))
    planned = device_of(make_plan([PlanInput(config, device)], now=NOW))
    check_identity(planned, ("A1",), "red")
    for context in (None, "blue", "system"):
        with pytest.raises(GateError, match="context"):
            check_identity(planned, ("A1",), context)


def test_a_plan_from_files_is_preview_only():
    plan = plan_of(given_input(serials=(), path="fw1.cfg"))
    assert plan.preview_only
    assert device_of(plan).commands
    with pytest.raises(GateError, match="preview"):
        check_identity(device_of(plan), ("A1",), None)
    with_serials = device_of(plan_of(given_input(serials=("A1",), path="fw1.cfg")))  # an archive prints them
    with pytest.raises(GateError, match="preview"):
        check_identity(with_serials, ("A1",), None)


def test_the_prediction_is_held_against_what_is_read_back():
    plan = plan_of()
    device, config = device_of(plan), parse(TEXT)
    changed = applied(config, device.commands)
    assert misjudged(device, changed, plan.options) is None
    found = misjudged(device, config, plan.options)
    assert "predicted safe" in found
    assert "found at-risk" in found


def test_a_transaction_gets_its_three_answers():
    plan = plan_of()
    config = parse(TEXT)
    change = Run("run-0001", plan, None, Saving()).change_of(device_of(plan))
    assert lines_to_type(change.commands) == device_of(plan).lines
    assert change.check(config)
    with pytest.raises(GateError, match="mtu"):
        change.check(parse(TEXT.replace("1500", "1400")))
    assert change.misjudged(applied(config, change.commands)) is None


def test_numbers_that_calibration_left_standing_are_derived_again_without_the_logs():
    seen = DeviceObservations(
        "fw1",
        {
            "Guests": GroupObservations(
                "Guests", large_packets=(LargePacket(1406, 1367, without_udp=True, count=3, own=True),)
            )
        },
    )
    given_one = given_input(observations=seen)
    plan = plan_of(given_one)
    device = device_of(plan)
    assert device.standing
    config = parse(TEXT)
    commands = rederive(device, config, plan.options)
    assert lines_to_type(commands) == device.lines
    assert misjudged(device, applied(config, commands), plan.options) is None
    evil = consistent(device, after=1400 - 1)
    with pytest.raises(GateError):
        rederive(evil, config, plan.options)


def test_under_several_sets_the_mtu_is_the_one_that_is_safe_under_all():
    plan = plan_of()
    for standing in (("guide", "technote"), ("technote", "guide")):
        device = forged(device_of(plan), standing=standing)
        assert lines_to_type(rederive(device, parse(TEXT), plan.options)) == device.lines
    with pytest.raises(GateError):
        rederive(forged(device_of(plan), standing=("guide",)), parse(TEXT), plan.options)


def test_what_the_device_answers_about_its_defaults_is_part_of_what_was_read():
    defaults = parse(
        "sysopt connection tcpmss 1380\ngroup-policy DfltGrpPolicy attributes\n webvpn\n  anyconnect mtu 1406\n"
    )
    ciphers = (("tlsv1.2", ("AES256-SHA",)), ("dtlsv1", ("AES256-SHA",)))
    config = dataclasses.replace(parse(TEXT), defaults=defaults, device_ciphers=ciphers)
    device = dataclasses.replace(judge(config, "fw1"), serials=("A1",))
    plan = make_plan([PlanInput(config, device)], now=NOW)
    assert rederive(device_of(plan), config, plan.options)
    for moved in (
        dataclasses.replace(config, device_ciphers=(*ciphers, ("dtlsv1.2", ("AES256-SHA",)))),
        dataclasses.replace(config, defaults=parse("sysopt connection tcpmss 1300\n")),
        dataclasses.replace(config, defaults=None, device_ciphers=()),
    ):
        with pytest.raises(GateError, match="own defaults"):
            rederive(device_of(plan), moved, plan.options)


RC4 = "".join(f'ssl cipher {version} custom "RC4-SHA"\n' for version in ("tlsv1", "tlsv1.1", "tlsv1.2"))


def test_a_change_of_the_whole_box_rests_on_the_policies_that_it_was_made_for():
    text = TEXT.replace("9.12(4)", "9.8(2)").replace("webvpn\n enable", f"{RC4}webvpn\n enable")
    plan = plan_of(given_input(text), fix="tcpmss", accept_global=True)
    assert device_of(plan).lines == ("sysopt connection tcpmss 1451",)
    assert rederive(device_of(plan), parse(text), plan.options)
    with pytest.raises(GateError, match="Guests"):
        rederive(
            device_of(plan),
            parse(
                text.replace(
                    "policy Guests internal", "policy Guests internal\ngroup-policy Guests attributes\n vlan 7"
                )
            ),
            plan.options,
        )


def test_who_came_under_the_same_line_since_is_reached_only_by_a_new_plan():
    plan = plan_of()
    more = 'tunnel-group Late type remote-access\ntunnel-group Late general-attributes\n default-group-policy "Sales Staff"\n'
    with pytest.raises(GateError, match="mtu would also reach tunnel-group Late, which the plan does not name"):
        rederive(device_of(plan), parse(TEXT.replace("Cryptochecksum", more + "Cryptochecksum")), plan.options)


def test_an_l2l_tunnel_that_appeared_since_is_reached_only_by_a_new_plan():
    text = TEXT.replace("9.12(4)", "9.8(2)").replace("webvpn\n enable", f"{RC4}webvpn\n enable")
    plan = plan_of(given_input(text), fix="tcpmss", accept_global=True)
    more = text.replace("Cryptochecksum", "tunnel-group 192.0.2.1 type ipsec-l2l\nCryptochecksum")
    with pytest.raises(GateError, match="L2L tunnels are not those that the plan names"):
        rederive(device_of(plan), parse(more), plan.options)


def test_a_finding_that_is_gone_is_not_the_predicted_one():
    plan = plan_of()
    gone = TEXT.replace("tunnel-group Guests type", "tunnel-group Visitors type")
    gone = gone.replace("tunnel-group Guests general", "tunnel-group Visitors general")
    said = misjudged(device_of(plan), applied(parse(gone), device_of(plan).commands), plan.options)
    assert said.startswith("tunnel-group Guests: predicted safe (")
    assert said.endswith(", found nothing")


def test_an_old_release_that_showed_two_mtus_is_derived_again_as_it_was_judged():
    text = TEXT.replace("9.12(4)", "8.2(5)").replace("anyconnect", "svc").replace("ssl-client", "svc")
    seen = DeviceObservations(
        "fw1", {"Guests": GroupObservations("Guests", large_packets=(LargePacket(1406, 1331, without_udp=True),))}
    )
    plan = plan_of(given_input(text, observations=seen))
    device = device_of(plan)
    assert any(line.startswith("svc mtu") for line in device.lines)
    assert device.two_mtus_seen
    commands = rederive(device, parse(text), plan.options)
    assert misjudged(device, applied(parse(text), commands), plan.options) is None


# --- fleets ---


def test_a_failover_pair_is_one_device():
    pair = [given_input(name="fw1-b", serials=("A1", "A2")), given_input(name="fw1-a", serials=("A2", "A1"))]
    device = device_of(plan_of(*pair))
    assert (device.name, device.also_named) == ("fw1-a", ("fw1-b",))


def test_two_saved_texts_of_one_box_are_two_texts():
    texts = [given_input(name=name, serials=("A1",), path=name) for name in ("mon.cfg", "tue.cfg")]
    assert [each.name for each in plan_of(*texts).devices] == ["mon.cfg", "tue.cfg"]


LOAD_BALANCED = TEXT.replace(
    "webvpn\n enable", "vpn load-balancing\n cluster ip address 192.0.2.9\n participate\nwebvpn\n enable"
)


def test_a_load_balancing_group_is_planned_together_and_named_where_it_is_changed_partly():
    fixed = LOAD_BALANCED.replace("anyconnect mtu 1400", "anyconnect mtu 1200").replace(
        "group-policy Guests internal",
        "group-policy Guests internal\ngroup-policy Guests attributes\n webvpn\n  anyconnect mtu 1200",
    )
    boxes = [
        given_input(LOAD_BALANCED, "z1", serials=("Z1",)),
        given_input(TEXT, "m", serials=("M",)),
        given_input(fixed, "a2", serials=("A2",)),
    ]
    plan = plan_of(*boxes)
    assert [each.name for each in plan.devices] == ["m", "a2", "z1"]
    assert {each.load_balancing for each in plan.devices} == {None, "192.0.2.9"}
    (warning,) = plan.warnings
    assert "192.0.2.9" in warning
    assert "z1 but not a2" in warning


def test_one_alias_for_two_new_groups_is_a_wrong_call():
    with pytest.raises(UsageError, match="same alias"):
        plan_of(given_input(), fix="tls-only-group", alias="slow")
    plan = plan_of(given_input(), fix="tls-only-group", alias="{group} slow")
    created = [each for each in device_of(plan).commands if isinstance(each, NewGroupPolicy)]
    assert [each.name for each in created] == ["Guests-TLS", "Sales-TLS", "Sales2-TLS"]


def test_unknown_words_are_a_wrong_call():
    with pytest.raises(UsageError, match="reboot"):
        plan_of(given_input(), fix="reboot")
    with pytest.raises(UsageError, match="guess"):
        plan_of(given_input(), assume="guess")


def test_an_assumption_set_asked_for_is_asked_again():
    words = RemedyOptions(assume="guide")
    plan = make_plan([given_input(options=words.judging)], options=words, now=NOW)
    device = device_of(plan)
    assert "anyconnect mtu 1367" in device.lines
    assert rederive(device, parse(TEXT), plan.options)
    with pytest.raises(GateError):
        rederive(device, parse(TEXT), RemedyOptions())


def test_an_excerpt_is_planned_only_by_who_answers_for_it():
    excerpt = TEXT.replace("Cryptochecksum:0\n", "")
    plan = plan_of(given_input(excerpt))
    assert not plan.changes
    assert "incomplete-config" in device_of(plan).left[0].blocked_by
    plan = plan_of(given_input(excerpt, options=Options(assume_complete=True)), assume_complete=True)
    assert plan.changes


def test_of_a_pair_the_unit_that_takes_configuration_is_planned():
    standby = dataclasses.replace(given_input(name="fw1-a", serials=("A1", "A2")), configurable=False)
    device = device_of(plan_of(standby, given_input(name="fw1-b", serials=("A2", "A1"))))
    assert (device.name, device.also_named) == ("fw1-b", ("fw1-a",))


def test_contexts_of_one_box_are_planned_in_the_order_of_their_names():
    config = parse(TEXT)
    device = dataclasses.replace(judge(config, "fw1"), serials=("A1",))
    inputs = [PlanInput(config, dataclasses.replace(device, context=name)) for name in ("red", None, "blue")]
    assert [each.context for each in plan_of(*inputs).devices] == [None, "blue", "red"]


def test_wrong_words_are_refused_where_there_is_no_device_to_plan_for():
    with pytest.raises(UsageError, match="guess"):
        make_plan([], options=RemedyOptions(assume="guess"))


def test_what_somebody_accepted_is_left_alone_unless_it_is_to_be_planned_all_the_same():
    one = given_input()
    waiver = {"owner": "ann", "reason": "known", "expires": "2027-01-01"}
    findings = tuple(dataclasses.replace(each, waiver=waiver) for each in one.device.findings)
    one = dataclasses.replace(one, device=dataclasses.replace(one.device, findings=findings))
    plan = plan_of(one)
    assert not plan.changes
    assert "accepted by ann until 2027-01-01" in device_of(plan).left[0].why
    assert plan_of(one, include_waived=True).changes


def test_an_assumption_set_that_was_said_leaves_nothing_standing_beside_it():
    words = RemedyOptions(assume="guide")
    seen = DeviceObservations(
        "fw1",
        {
            "Guests": GroupObservations(
                "Guests", large_packets=(LargePacket(1406, 1367, without_udp=True, count=3, own=True),)
            )
        },
    )
    assert device_of(plan_of(given_input(observations=seen))).standing
    given_one = given_input(observations=seen, options=words.judging)
    assert device_of(make_plan([given_one], options=words, now=NOW)).standing == ()


@pytest.mark.parametrize("release", ["9.0(1)", "9.12(4)"])
def test_a_release_that_has_two_mtus_needs_no_evidence_of_them(release):
    device = device_of(plan_of(given_input(TEXT.replace("9.12(4)", release))))
    assert device.outlook
    assert device.two_mtus_seen == ()


def test_a_fix_affects_whom_it_reaches_and_does_not_serve():
    assert [each.affects for each in device_of(plan_of()).fixes] == [(), ()]
    text = TEXT.replace("9.12(4)", "9.8(2)").replace("webvpn\n enable", f"{RC4}webvpn\n enable")
    waiver = {"owner": "ann", "reason": "known", "expires": "2027-01-01"}
    one = given_input(text)
    findings = tuple(
        dataclasses.replace(each, waiver=waiver) if each.name == "Guests" else each for each in one.device.findings
    )
    one = dataclasses.replace(one, device=dataclasses.replace(one.device, findings=findings))
    device = device_of(plan_of(one, fix="tcpmss", accept_global=True))
    (fix,) = device.fixes
    assert "tunnel-group Guests" not in fix.serves
    assert "tunnel-group Guests" in fix.affects
    assert "tunnel-group Guests" in {each.finding for each in device.outlook}


def test_what_a_fix_creates_stands_in_the_outlook():
    device = device_of(plan_of(fix="tls-only-group", alias="{group}-slow"))
    outlook = {each.finding: each for each in device.outlook}
    new = outlook["tunnel-group Guests-TLS"]
    assert (new.group_policy, new.before, new.after["verdict"]) == ("Guests-TLS", {}, "safe")


def test_a_load_balancing_group_that_is_changed_wholly_is_no_matter_of_warning():
    boxes = [given_input(LOAD_BALANCED, name, serials=(name,)) for name in ("z1", "z2")]
    assert plan_of(*boxes).warnings == ()


@pytest.mark.parametrize(
    ("answers", "later"),
    [
        (
            {"defaults": parse("sysopt connection tcpmss 1380\n")},
            {"defaults": parse("sysopt connection tcpmss 1300\n")},
        ),
        (
            {"device_ciphers": (("tlsv1.2", ("AES256-SHA",)), ("dtlsv1", ("AES256-SHA",)))},
            {"device_ciphers": (("tlsv1.2", ("AES256-SHA",)),)},
        ),
    ],
)
def test_either_answer_about_its_defaults_is_part_of_what_was_read(answers, later):
    config = dataclasses.replace(parse(TEXT), **answers)
    plan = make_plan([PlanInput(config, dataclasses.replace(judge(config, "fw1"), serials=("A1",)))], now=NOW)
    assert rederive(device_of(plan), config, plan.options)
    for now in ({}, later):
        with pytest.raises(GateError, match="own defaults"):
            rederive(device_of(plan), dataclasses.replace(parse(TEXT), **now), plan.options)
