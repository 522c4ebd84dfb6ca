"""Which remedies a finding gets, what they type, what blocks them, and that their predictions are the engine's."""

import dataclasses

import pytest

from nornir_anyconnect.asa.config_commands import applied, inverse_of
from nornir_anyconnect.asa.managed import ManagedBy, ManagedPolicy
from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.asa.radius import radius_users, with_radius
from nornir_anyconnect.asa.running_config import Sourced
from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.finding import Scope, Verdict
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.audit.notices import sentence
from nornir_anyconnect.mtu.assumptions import assumption_set
from nornir_anyconnect.remedies import remedy_context
from nornir_anyconnect.remedies.options import EXPLAINED, Block, RemedyOptions
from nornir_anyconnect.remedies.propose import assess_config, propose, remedies_of
from nornir_anyconnect.remedies.remedy_context import RemedyContext

HEAD = """\
ASA Version 9.12(4)
mtu outside 1500
webvpn
 enable outside
 anyconnect enable
"""
DEFAULT = "group-policy DfltGrpPolicy attributes\n vpn-tunnel-protocol ssl-client\n"
END = "Cryptochecksum:0\n"


def policy(name="GP", *webvpn, attributes=()):
    lines = [f"group-policy {name} internal", f"group-policy {name} attributes", *(f" {line}" for line in attributes)]
    return "\n".join([*lines, *([" webvpn", *(f"  {line}" for line in webvpn)] if webvpn else []), ""])


def group(name="T", gp="GP", *general, webvpn=()):
    lines = [f"tunnel-group {name} type remote-access", f"tunnel-group {name} general-attributes"]
    lines += [f" {line}" for line in (*general, f"default-group-policy {gp}")]
    if webvpn:
        lines += [f"tunnel-group {name} webvpn-attributes", *(f" {line}" for line in webvpn)]
    return "\n".join([*lines, ""])


def audited(*parts, options=None, head=HEAD, end=END):
    config = parse(head + "".join(parts) + end)
    device = judge(config, "fw")
    return config, device, remedies_of(RemedyContext(config, device, options))


def remedy(found, name, kind, scope=Scope.TUNNEL_GROUP):
    return next((each for each in found[scope, name] if each.kind == kind), None)


def after(config, device, one):
    """The device judged again, whole, with the remedy carried out."""
    whole = judge(applied(config, one.commands), "fw")
    return {(each.scope, each.name): each for each in whole.findings}


@pytest.mark.parametrize(
    ("webvpn", "rollback"),
    [((), "no anyconnect mtu"), (("anyconnect mtu 1400",), "anyconnect mtu 1400")],
)
def test_the_mtu_is_set_in_the_groups_own_policy(webvpn, rollback):
    config, device, found = audited(DEFAULT, policy("GP", *webvpn), group())
    one = remedy(found, "T", "mtu")
    shown = one
    assert shown.lines == ("group-policy GP attributes", "webvpn", "anyconnect mtu 1287")
    assert shown.rollback == ("group-policy GP attributes", "webvpn", rollback)
    assert one.closes
    assert one.closes_under == ("guide", "technote", "rfc")
    assert one.blocked_by == ()
    closed = after(config, device, one)[Scope.TUNNEL_GROUP, "T"]
    assert closed.verdict is Verdict.SAFE
    assert closed.assumptions == one.predicted
    assert applied(applied(config, one.commands), inverse_of(one.commands)) == config


def test_an_mtu_inherited_from_the_default_policy_is_overridden_in_the_groups_own():
    default = DEFAULT + " webvpn\n  anyconnect mtu 1400\n"
    _, _, found = audited(default, policy("GP"), group())
    assert remedy(found, "T", "mtu").rollback[-1] == "no anyconnect mtu"
    assert remedy(found, "T", "mtu").blocked_by == ()


def test_the_default_policy_needs_its_word_and_names_all_that_inherit():
    parts = (DEFAULT, policy("GP"), policy("OWN", "anyconnect mtu 1400"), group(), group("T2", "OWN"))
    _, _, found = audited(*parts)
    one = remedy(found, "DefaultWEBVPNGroup", "mtu")
    assert one.blocked_by == ("default-group-policy",)
    assert one.affects == ((Scope.TUNNEL_GROUP, "T"),)
    _, _, found = audited(*parts, options=RemedyOptions(include_default_policy=True))
    assert remedy(found, "DefaultWEBVPNGroup", "mtu").blocked_by == ()


def test_one_policy_serves_all_groups_that_use_it():
    _, _, found = audited(DEFAULT, policy(), group("A"), group("B"), group("C"))
    one = remedy(found, "A", "mtu")
    assert one.commands == remedy(found, "B", "mtu").commands
    assert set(one.affects) == {(Scope.TUNNEL_GROUP, "B"), (Scope.TUNNEL_GROUP, "C")}


def test_a_user_with_an_own_mtu_gets_the_line_in_the_username():
    user = "username anna attributes\n vpn-group-policy GP\n webvpn\n  anyconnect mtu 1402\n"
    config, device, found = audited(DEFAULT, policy(), group(), user)
    one = remedy(found, "anna", "mtu", Scope.USERNAME)
    assert one.lines == ("username anna attributes", "webvpn", "anyconnect mtu 1287")
    assert one.rollback[-1] == "anyconnect mtu 1402"
    assert after(config, device, one)[Scope.USERNAME, "anna"].verdict is Verdict.SAFE
    assert (Scope.USERNAME, "anna") not in remedy(found, "T", "mtu").affects


def test_what_a_radius_server_decides_for_a_user_no_line_on_the_box_mends():
    user = "username anna attributes\n vpn-group-policy GP\n webvpn\n  anyconnect mtu 1402\n"
    box = parse(HEAD + DEFAULT + policy() + group() + user + END)
    config = with_radius(box, radius_users("anna\n  SVC-MTU = 1406\n"))
    found = remedies_of(RemedyContext(config, judge(config, "fw")))
    of_anna = found[Scope.USERNAME, "anna"]
    assert of_anna
    assert all(Block.RADIUS in each.blocked_by for each in of_anna)
    assert remedy(found, "T", "mtu").blocked_by == ()


def test_the_manager_s_steps_are_those_of_its_policy_and_never_of_a_user_of_that_name():
    user = "username GP attributes\n vpn-group-policy GP\n webvpn\n  anyconnect mtu 1402\n"
    box = parse(HEAD + DEFAULT + policy() + group() + user + END)
    config = dataclasses.replace(box, manager=ManagedBy("https://fmc", (ManagedPolicy("GP", "/GP", "{}"),)))
    found = remedies_of(RemedyContext(config, judge(config, "fw")))
    assert remedy(found, "T", "mtu").manager.body == {"anyConnectSettings": {"sslSettings": {"mtuSize": 1287}}}
    assert remedy(found, "GP", "mtu", Scope.USERNAME).lines[0] == "username GP attributes"
    assert remedy(found, "GP", "mtu", Scope.USERNAME).manager is None


@pytest.mark.parametrize("names", [("guide", "technote", "rfc"), ("rfc",)])
def test_what_an_assessed_configuration_is_predicted_is_judged_as_it_was(names):
    options = Options(assume=assumption_set("rfc") if names == ("rfc",) else None)
    device = assess_config(parse(HEAD + DEFAULT + policy() + group() + END), "fw", options=options)
    (finding,) = [each for each in device.findings if each.name == "T"]
    assert tuple(next(each for each in finding.remedies if each.kind == "mtu").predicted) == names


def test_one_line_is_small_enough_for_everybody_whom_it_reaches():
    config, device, _ = audited(DEFAULT, policy(), group("A"), group("B"))
    safe = {"A": 1300, "B": 1250}
    findings = tuple(dataclasses.replace(each, safe_mtu=safe.get(each.name)) for each in device.findings)
    found = remedies_of(RemedyContext(config, dataclasses.replace(device, findings=findings)))
    for name in safe:
        assert remedy(found, name, "mtu").lines[-1] == "anyconnect mtu 1250"


def test_a_line_that_is_not_understood_could_not_be_put_back():
    config, device, _ = audited(DEFAULT, policy(), group())
    garbled = tuple(
        dataclasses.replace(
            each, client=dataclasses.replace(each.client, unsupported=(Sourced("anyconnect mtu many", 9),))
        )
        for each in config.group_policies
    )
    found = remedies_of(RemedyContext(dataclasses.replace(config, group_policies=garbled), device))
    for kind in ("mtu", "df-bit-ignore"):
        assert remedy(found, "T", kind).blocked_by == ("prior-value-not-understood",)


def test_a_policy_handed_out_at_login_is_fixed_itself():
    config, device, found = audited(DEFAULT, policy("LOGIN"))
    one = remedy(found, "LOGIN", "mtu", Scope.GROUP_POLICY)
    assert one.lines[0] == "group-policy LOGIN attributes"
    assert after(config, device, one)[Scope.GROUP_POLICY, "LOGIN"].verdict is Verdict.SAFE


@pytest.mark.parametrize(
    ("setting", "rollback"),
    [
        ((), "no anyconnect ssl df-bit-ignore"),
        (("anyconnect ssl df-bit-ignore disable",), "anyconnect ssl df-bit-ignore disable"),
    ],
)
def test_fragments_mitigate_and_close_nothing(setting, rollback):
    config, device, found = audited(DEFAULT, policy("GP", *setting), group())
    one = remedy(found, "T", "df-bit-ignore")
    assert one.lines[-1] == "anyconnect ssl df-bit-ignore enable"
    assert one.rollback[-1] == rollback
    assert not one.closes
    assert one.closes_under == ()
    assert after(config, device, one)[Scope.TUNNEL_GROUP, "T"].verdict is Verdict.MITIGATED


def test_where_fragments_are_on_only_what_closes_is_offered():
    _, device, found = audited(DEFAULT, policy("GP", "anyconnect ssl df-bit-ignore enable"), group())
    assert {each.verdict for each in device.findings if each.name == "T"} == {Verdict.MITIGATED}
    assert remedy(found, "T", "df-bit-ignore") is None
    assert remedy(found, "T", "mtu").closes


def test_an_old_box_is_spoken_to_in_its_own_words():
    head = "ASA Version 8.2(5)\nwebvpn\n enable outside\n svc enable\n"
    policy_text = (
        "group-policy GP internal\ngroup-policy GP attributes\n vpn-tunnel-protocol svc\n webvpn\n  svc mtu 1400\n"
    )
    config = parse(head + policy_text + group() + END)
    device = judge(config, "fw")
    # such a release has one MTU for both, so the judge says unknown; force its verdict to see the words
    device = dataclasses.replace(
        device,
        findings=tuple(
            dataclasses.replace(each, verdict=Verdict.AT_RISK, safe_mtu=1300)
            for each in device.findings
            if each.name == "T"
        ),
    )
    found = remedies_of(RemedyContext(config, device))
    assert remedy(found, "T", "mtu").lines[-1] == "svc mtu 1300"
    assert remedy(found, "T", "mtu").rollback[-1] == "svc mtu 1400"
    assert remedy(found, "T", "df-bit-ignore").lines[-1] == "svc df-bit-ignore enable"
    assert "svc dtls none" in remedy(found, "T", "tls-only-group").lines


def test_tcpmss_is_offered_only_where_some_value_closes_every_set():
    _, _, found = audited(DEFAULT, policy(), group())
    assert remedy(found, "T", "tcpmss") is None


ONLY_RC4_TLS = 'ssl cipher tlsv1 custom "RC4-SHA"\nssl cipher tlsv1.1 custom "RC4-SHA"\nssl cipher tlsv1.2 custom "RC4-SHA"\nssl cipher dtlsv1 custom "AES256-SHA"\n'


def test_tcpmss_for_rc4_over_tls_and_aes_over_dtls():
    head = HEAD.replace("9.12(4)", "9.8(2)")  # which has no DTLS 1.2
    parts = (ONLY_RC4_TLS, DEFAULT, policy(), group(), "tunnel-group 192.0.2.1 type ipsec-l2l\n")
    config, device, found = audited(*parts, head=head)
    finding = next(each for each in device.findings if each.name == "T")
    assert finding.verdict is Verdict.AT_RISK
    assert (finding.tls_mtu, finding.dtls_mtu) == (1347, 1418)
    one = remedy(found, "T", "tcpmss")
    assert one.closes
    assert one.blocked_by == ("accept-global",)
    assert "192.0.2.1" in sentence(one.cost)
    assert one.tunnels == ("tunnel-group 192.0.2.1",)
    assert one.rollback == ("no sysopt connection tcpmss",)
    # 1418 + 5 + 8 + 20: one byte less leaves a gap
    assert one.lines == ("sysopt connection tcpmss 1451",)
    assert after(config, device, one)[Scope.TUNNEL_GROUP, "T"].verdict is Verdict.SAFE
    (short,) = (dataclasses.replace(each, after=1450) for each in one.commands)
    still = judge(applied(config, [short]), "fw")
    assert next(each for each in still.findings if each.name == "T").verdict is Verdict.AT_RISK
    _, _, found = audited(*parts, head=head, options=RemedyOptions(accept_global=True))
    assert remedy(found, "T", "tcpmss").blocked_by == ()


@pytest.mark.parametrize("value", [1460, 9000])
def test_tcpmss_at_or_above_the_link_cannot_be_raised(value):
    _, _, found = audited(f"sysopt connection tcpmss {value}\n", policy(), group(), DEFAULT)
    assert remedy(found, "T", "mtu") is not None
    assert remedy(found, "T", "tcpmss") is None


def test_tcpmss_switched_off_cannot_be_raised():
    _, _, found = audited("sysopt connection tcpmss 0\n", DEFAULT, policy(), group())
    assert remedy(found, "T", "tcpmss") is None


def test_below_1280_is_blocked_where_users_get_ipv6():
    low = "sysopt connection tcpmss 1300\n"
    _, _, found = audited(low, DEFAULT, policy(), group())
    assert remedy(found, "T", "mtu").blocked_by == ()
    for parts in (
        (policy(attributes=("ipv6-address-pools value SIX",)), group()),
        (policy(), group("T", "GP", "ipv6-address-pool SIX")),
        (policy(), group("A", "GP", "ipv6-address-pool SIX"), group()),
        (policy(attributes=("ipv6-address-pools none",)), group("T", "GP", "ipv6-address-pool SIX")),
    ):
        _, _, found = audited(low, DEFAULT, *parts)
        assert remedy(found, "T", "mtu").blocked_by == ("mtu-below-1280-ipv6",)


def test_a_policy_that_hands_out_no_ipv6_blocks_nothing():
    """``none`` is a value: what DfltGrpPolicy hands out does not reach its users."""
    six = DEFAULT + " ipv6-address-pools value SIX\n"
    _, _, found = audited(
        "sysopt connection tcpmss 1300\n", six, policy(attributes=("ipv6-address-pools none",)), group()
    )
    assert remedy(found, "T", "mtu").blocked_by == ()


def test_users_that_a_login_picks_may_come_through_any_group_with_an_ipv6_pool():
    low = "sysopt connection tcpmss 1300\n"
    ldap = "ldap attribute-map M\n map-name memberOf Group-Policy\n map-value memberOf X HANDED\n"
    _, _, found = audited(low, DEFAULT, policy(), policy("HANDED"), ldap, group("T", "GP", "ipv6-address-pool SIX"))
    one = remedy(found, "HANDED", "mtu", Scope.GROUP_POLICY)
    assert one.blocked_by == ("mtu-below-1280-ipv6",)
    framed = "username vip attributes\n vpn-framed-ipv6-address 2001:db8::5/64\n webvpn\n  anyconnect mtu 1400\n"
    _, _, found = audited(low, DEFAULT, policy(), framed, group())
    assert remedy(found, "vip", "mtu", Scope.USERNAME).blocked_by == ("mtu-below-1280-ipv6",)
    _, _, found = audited(
        low, DEFAULT, policy(), framed.replace(" vpn-framed-ipv6-address 2001:db8::5/64\n", ""), group()
    )
    assert remedy(found, "vip", "mtu", Scope.USERNAME).blocked_by == ()


def test_below_576_there_is_no_command_at_all():
    _, _, found = audited("sysopt connection tcpmss 600\n", DEFAULT, policy(), group())
    one = remedy(found, "T", "mtu")
    assert one.blocked_by == ("mtu-below-576",)
    assert one.commands == ()
    assert not one.closes


def test_an_incomplete_text_blocks_every_change():
    _, device, found = audited(DEFAULT, policy(), group(), end="")
    assert {each.verdict for each in device.findings} == {Verdict.AT_RISK}
    assert all("incomplete-config" in each.blocked_by for each in found[Scope.TUNNEL_GROUP, "T"])


def test_an_ftd_is_left_to_its_management_center():
    head = HEAD.replace("ASA Version 9.12(4)", "NGFW Version 7.2.5")
    _, device, found = audited(DEFAULT, policy(), group(), head=head)
    assert device.platform == "ftd"
    assert all("ftd-managed-by-fmc" in each.blocked_by for each in found[Scope.TUNNEL_GROUP, "T"])
    assert "FMC" in EXPLAINED[Block.FTD]


def test_a_model_that_does_not_fit_blocks_every_change():
    config, device, _ = audited(DEFAULT, policy(), group())
    doubted = tuple(dataclasses.replace(each, caveats=(*each.caveats, "model-mismatch")) for each in device.findings)
    found = remedies_of(RemedyContext(config, dataclasses.replace(device, findings=doubted)))
    assert all("model-mismatch" in each.blocked_by for each in found[Scope.TUNNEL_GROUP, "T"])
    looked = RemedyOptions(accept_model_mismatch=True)
    found = remedies_of(RemedyContext(config, dataclasses.replace(device, findings=doubted), looked))
    assert remedy(found, "T", "mtu").blocked_by == ()


def test_a_name_that_must_not_be_typed_blocks_instead_of_being_sent():
    _, _, found = audited(DEFAULT, policy("B\u00fcro"), group("T", "B\u00fcro"))
    for each in found[Scope.TUNNEL_GROUP, "T"]:
        assert "name-cannot-be-typed" in each.blocked_by
        assert each.commands == ()
        assert each.lines == ()


def test_a_dtls_port_of_its_own_gets_advice_and_no_command():
    head = HEAD + " dtls port 4443\n"
    _, _, found = audited(DEFAULT, policy(), group(), head=head)
    one = remedy(found, "T", "dtls-port")
    assert "4443" in sentence(one.cost)
    assert one.commands == ()
    assert one.blocked_by == ("advice-only",)
    _, _, found = audited(DEFAULT, policy(), group())
    assert remedy(found, "T", "dtls-port") is None


ALIAS = RemedyOptions(alias="{group} without DTLS")
RICH = (
    DEFAULT,
    policy(
        '"My GP"',
        "anyconnect keep-installer installed",
        "anyconnect mtu 1400",
        "anyconnect ssl dtls enable",
        attributes=("banner value Hello  you", "vpn-tunnel-protocol ssl-client", "group-lock value T"),
    ),
    group(
        "T",
        '"My GP"',
        "address-pool P",
        "authentication-server-group LOCAL",
        "accounting-server-group ACC",
        webvpn=("authentication aaa certificate", "group-alias Old enable", "group-url https://a.example/t enable"),
    ),
)


def test_a_tls_only_group_copies_the_original_but_for_dtls_mtu_lock_and_alias():
    config, device, found = audited(*RICH, options=ALIAS)
    one = remedy(found, "T", "tls-only-group")
    assert one.blocked_by == ()
    assert one.lines == (
        "group-policy T-TLS internal",
        "group-policy T-TLS attributes",
        "banner value Hello  you",
        "vpn-tunnel-protocol ssl-client",
        "group-lock value T-TLS",
        "webvpn",
        "anyconnect keep-installer installed",
        "anyconnect ssl dtls none",
        "exit",
        "exit",
        "tunnel-group T-TLS type remote-access",
        "tunnel-group T-TLS general-attributes",
        "address-pool P",
        "authentication-server-group LOCAL",
        "accounting-server-group ACC",
        "default-group-policy T-TLS",
        "exit",
        "tunnel-group T-TLS webvpn-attributes",
        "authentication aaa certificate",
        'group-alias "T without DTLS" enable',
    )
    assert one.rollback == ("no tunnel-group T-TLS", "no group-policy T-TLS")
    new = after(config, device, one)
    assert new[Scope.TUNNEL_GROUP, "T-TLS"].reason == "dtls-disabled"
    assert new[Scope.TUNNEL_GROUP, "T"].verdict is Verdict.AT_RISK
    assert applied(applied(config, one.commands), inverse_of(one.commands)) == config


def test_a_second_run_of_tls_only_group_finds_it_there():
    config, _, found = audited(*RICH, options=ALIAS)
    again = applied(config, remedy(found, "T", "tls-only-group").commands)
    found = remedies_of(RemedyContext(again, judge(again, "fw"), ALIAS))
    assert remedy(found, "T", "tls-only-group").blocked_by == ("already-there",)


@pytest.mark.parametrize(
    ("parts", "block"),
    [
        ((policy(), group()), "alias-or-url-needed"),
        ((policy(), group(webvpn=("authentication saml", "saml identity-provider https://idp"))), "saml"),
        ((policy(), group("T", "GP", "authentication-server-group RADIUS")), "external-attributes"),
        ((policy(attributes=("vpn-filter value *****",)), group()), "masked-secret"),
        ((policy(attributes=("banner value what?",)), group()), "line-cannot-be-copied"),
        ((policy(attributes=("unheard-of thing",)), group()), "line-cannot-be-copied"),
    ],
)
def test_what_blocks_a_tls_only_group(parts, block):
    options = None if block.startswith("alias") else ALIAS
    _, _, found = audited(DEFAULT, *parts, options=options)
    assert remedy(found, "T", "tls-only-group").blocked_by == (block,)


def test_an_alias_that_is_taken_blocks():
    _, _, found = audited(
        DEFAULT, policy(), group(webvpn=("group-alias Taken enable",)), options=RemedyOptions(alias="Taken")
    )
    assert remedy(found, "T", "tls-only-group").blocked_by == ("already-there",)


def test_a_url_that_is_taken_blocks_and_one_with_a_blank_is_refused():
    taken = "https://vpn.example.com/t"
    options = RemedyOptions(url=taken, accept_external=True)
    parts = (DEFAULT, policy(), group(webvpn=(f"group-url {taken} enable",)))
    _, _, found = audited(*parts, options=options)
    assert remedy(found, "T", "tls-only-group").blocked_by == ("already-there",)
    options = RemedyOptions(url="https://vpn.example.com/{group}", accept_external=True)
    _, _, found = audited(DEFAULT, policy(), group('"T WO"'), options=options)
    assert remedy(found, "T WO", "tls-only-group").blocked_by == ("line-cannot-be-copied",)
    _, _, found = audited(DEFAULT, policy(), group(), options=options)
    assert remedy(found, "T", "tls-only-group").blocked_by == ()


def test_a_policy_of_the_new_name_blocks():
    _, _, found = audited(DEFAULT, policy(), policy("T-TLS"), group(), options=ALIAS)
    assert remedy(found, "T", "tls-only-group").blocked_by == ("already-there",)


def test_two_groups_of_one_policy_get_an_object_each():
    _, _, found = audited(DEFAULT, policy(), group("A"), group("B"), options=RemedyOptions(alias="{group}!"))
    names = [each.name for name in "AB" for each in remedy(found, name, "tls-only-group").commands]
    assert names == ["A-TLS", "A-TLS", "B-TLS", "B-TLS"]


def test_an_explicit_word_lifts_saml_and_external_attributes():
    word = RemedyOptions(alias="A", accept_external=True)
    _, _, found = audited(DEFAULT, policy(), group("T", "GP", "authentication-server-group RADIUS"), options=word)
    assert remedy(found, "T", "tls-only-group").blocked_by == ()


def test_a_lock_inherited_from_the_default_policy_is_rewritten_too():
    default = DEFAULT + " group-lock value T\n"
    _, _, found = audited(default, policy(), group(), options=RemedyOptions(url="https://a.example/{group}"))
    commands = remedy(found, "T", "tls-only-group").lines
    assert "group-lock value T-TLS" in commands
    assert commands[-1] == "group-url https://a.example/T enable"


def test_a_hostile_alias_is_refused():
    for alias in ("a\nreload", 'a" enable', "what?"):
        _, _, found = audited(DEFAULT, policy(), group(), options=RemedyOptions(alias=alias))
        one = remedy(found, "T", "tls-only-group")
        assert one.commands == ()
        assert one.blocked_by == ("line-cannot-be-copied",)


def test_every_block_has_a_sentence_for_people():
    assert set(EXPLAINED) == set(Block)


def test_nothing_is_proposed_where_nothing_is_wrong():
    _, device, found = audited(DEFAULT, policy("GP", "anyconnect mtu 1280"), group())
    assert {each.verdict for each in device.findings if each.name == "T"} == {Verdict.SAFE}
    assert (Scope.TUNNEL_GROUP, "T") not in found


def test_every_prediction_is_what_a_whole_judgement_says():
    """Predictions are shared between findings and made on a part of the box: the whole must agree."""
    parts = [DEFAULT]
    for number, webvpn in enumerate([(), ("anyconnect mtu 1400",), ("anyconnect mtu 1390",), ()]):
        parts += [policy(f"P{number}", *webvpn), group(f"T{number}", f"P{number}"), group(f"U{number}", f"P{number}")]
    parts += ["username anna attributes\n vpn-group-policy P1\n webvpn\n  anyconnect mtu 1401\n", policy("FREE")]
    config, device, found = audited(*parts, options=RemedyOptions(include_default_policy=True, alias="{group}x"))
    checked = 0
    for key, remedies in found.items():
        for one in remedies:
            whole = after(config, device, one)
            if one.kind != "tls-only-group":
                assert whole[key].assumptions == one.predicted
                assert one.closes == (whole[key].verdict is Verdict.SAFE)
                checked += 1
            before = {(each.scope, each.name): each for each in device.findings}
            changed = {k for k in whole if k in before and whole[k].verdict is not before[k].verdict}
            assert changed <= set(one.reaches)
    assert checked > 20


def test_two_hundred_policies_are_predicted_by_a_handful_of_judgements(monkeypatch):
    parts = [DEFAULT]
    for number in range(200):
        parts += [policy(f"P{number}"), group(f"T{number}", f"P{number}")]
    config = parse(HEAD + "".join(parts) + END)
    device = judge(config, "fw")
    calls = []
    monkeypatch.setattr(remedy_context, "judge", lambda *args, **kwargs: calls.append(1) or judge(*args, **kwargs))
    shown = propose(RemedyContext(config, device))
    assert len(shown.findings) == 201
    assert all(each.remedies for each in shown.findings)
    assert len(calls) <= 6


def test_a_preview_does_not_grow_with_all_that_hangs_on_one_policy():
    _, _, found = audited(DEFAULT, policy(), *(group(f"T{number}") for number in range(60)))
    one = remedy(found, "T0", "mtu")
    assert len(one.affects) == 59
    assert len(one.affects_named) == 21
    assert one.affects_named[-1] == "39 more"
