"""`probe` as its user calls it, and what `check`, `explain` and `audit` make of its JSON."""

import contextlib
import json
import os
import re
from pathlib import Path

import pytest
from cli_texts import AT_RISK
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.evidence.probe import Cause, Dtls, Probe, ProbeReport, Tls, probes_of
from nornir_anyconnect.report import PROBE_FORMATS
from nornir_anyconnect.workflows.probe_hosts import target_of
from tests.platforms.probe.test_path import peer
from tests.platforms.probe.test_probe_handshake import HELLO_VERIFY

AT = "2024-05-17T22:00:00+00:00"


def report(*probes):
    return ProbeReport(probes, AT, "0")


def saved(*probes):
    return PROBE_FORMATS.render("json", report(*probes))


@pytest.fixture
def blocked(write):
    """A probe of vpn.example.com that shows DTLS blocked, and an MSS above every tcpmss."""
    found = Probe("vpn.example.com", 443, AT, "203.0.113.9", tcp=True, mss=1460, mss_at_least=True, control=True)
    return write("blocked.json", saved(found))


def test_an_answer_is_exit_0_and_named_in_every_format(cli):
    with peer(udp=lambda _data: [HELLO_VERIFY]) as (port, _):
        run = cli(
            "probe", f"127.0.0.1:{port}", "--timeout", "30",
            "--format", "text", "--format", "json=p.json", "--format", "prometheus=p.prom",
        )  # fmt: skip
    assert (run.code, run.err) == (0, "")
    assert "DTLS gets through this path" in run.out
    assert "path MTU towards it 1500 bytes" in run.out
    (found,) = json.loads(Path("p.json").read_text())["probes"]
    assert (found["cause"], found["path_mtu"], found["dtls"]["answer"]) == (
        "dtls-reachable", 1500, "hello-verify-request",
    )  # fmt: skip
    assert f'{{host="127.0.0.1",port="{port}",cause="dtls-reachable"}} 1' in Path("p.prom").read_text()


def test_no_answer_is_exit_3_with_the_lines_to_type_and_blocked_beside_a_control_is_exit_1(cli, write):
    with peer() as (port, _):
        alone = cli("probe", f"127.0.0.1:{port}", "--timeout", "0.1")
        control = write("control.json", saved(Probe("127.0.0.1", port, AT, tcp=True, dtls=Dtls("server-hello"))))
        beside = cli("probe", f"127.0.0.1:{port}", "--timeout", "0.1", "--control", control)
        other = write("other.json", saved(Probe("127.0.0.1", port + 1, AT, tcp=True, dtls=Dtls("server-hello"))))
        not_beside = cli("probe", f"127.0.0.1:{port}", "--timeout", "0.1", "--control", other)
    assert alone.code == 3
    assert f"nornir-anyconnect probe 127.0.0.1:{port} --control control.json" in alone.out.splitlines()
    assert (beside.code, "DTLS is blocked on this path" in beside.out) == (1, True)
    assert (not_beside.code, "blocked on this path: the same" in not_beside.out) == (3, False)


def test_nobody_there_is_exit_3(cli):
    run = cli("probe", "127.0.0.1:9", "nowhere.invalid")
    assert run.code == 3
    assert run.out.splitlines()[0] == "127.0.0.1:9: No TCP connection: nothing can be said of DTLS."
    assert run.out.splitlines()[1].startswith("nowhere.invalid (no address): ")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        ((), "probe names no head-end"),
        (("a b",), "'a b' names no head-end"),
        (("vpn.example.com:99999",), "'vpn.example.com:99999' names no head-end"),
        (("vpn.example.com", "--control", "missing.json"), "--control missing.json: No such file"),
        (("vpn.example.com", "--control", "pipe"), "--control pipe: this is a pipe"),
        (("vpn.example.com", "--format", "html"), "probe has no format 'html'"),
        (("vpn.example.com", "--workers", "0"), "--workers 0 is out of range"),
    ],
)
def test_a_wrong_call_is_exit_2_before_anything_is_sent(cli, tmp_path, argv, said):
    os.mkfifo(tmp_path / "pipe")
    run = cli("probe", *argv)
    assert (run.code, run.out) == (2, "")
    assert said in run.err


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("vpn.example.com", ("vpn.example.com", 443)),
        ("VPN.example.com:8443", ("vpn.example.com", 8443)),
        ("[2001:db8::1]:8443", ("2001:db8::1", 8443)),
        ("2001:db8::1", ("2001:db8::1", 443)),
        ("https://vpn.example.com/staff", ("vpn.example.com", 443)),
        ("https://vpn.example.com:8443/staff", ("vpn.example.com", 8443)),
    ],
)
def test_a_head_end_is_named_as_people_write_it(text, target):
    assert target_of(text) == target


def test_the_inventory_names_where_clients_reach_its_hosts(cli, write):
    with peer(udp=lambda _data: [HELLO_VERIFY]) as (port, _):
        write(
            "inventory/hosts.yaml",
            f"fw1: {{platform: asa, hostname: 192.0.2.1, data: {{anyconnect: {{public: '127.0.0.1:{port}'}}}}}}\n"
            "fw2: {platform: asa, hostname: 127.0.0.1, port: 9}\n",
        )
        run = cli("probe", "--from-inventory", "--inventory", "inventory", "--timeout", "30", "--format", "json")
    assert [each["cause"] for each in run.json["probes"]] == ["dtls-reachable"]
    assert run.code == 3
    assert "failed: fw2: " in run.err


def findings(run):
    (device,) = run.json["devices"]
    return {each["name"]: each for each in device["findings"]}


def test_check_takes_a_probe_beside_a_configuration_and_explain_names_the_cause(cli, write, blocked):
    config = write("edge1.cfg", AT_RISK)
    run = cli("check", config, blocked, "--format", "json")
    assert [(each["path"], each["read_as"]) for each in run.json["inputs"]][1] == ("blocked.json", "probe")
    assert findings(run)["STAFF"]["evidence"]["probe"] == "dtls-blocked"
    assert "probe of vpn.example.com: DTLS is blocked on its path" in cli("check", config, "--probe", blocked).out
    explained = cli("explain", config, "--tunnel-group", "STAFF", "--probe", blocked)
    assert "a probe got no answer over UDP on its path, and one from another network did" in explained.out


def test_the_mss_narrows_only_where_the_configuration_names_the_head_end_and_only_downwards(cli, write, blocked):
    ours = AT_RISK.replace(
        "tunnel-group STAFF type remote-access",
        "tunnel-group STAFF type remote-access\n"
        "tunnel-group STAFF webvpn-attributes\n group-url https://vpn.example.com/staff enable",
    )
    plain, named = write("plain.cfg", AT_RISK), write("named.cfg", ours)
    alone = findings(cli("check", named, "--format", "json"))["STAFF"]
    nobody = findings(cli("check", plain, blocked, "--format", "json"))["STAFF"]
    known = findings(cli("check", named, blocked, "--format", "json"))["STAFF"]
    assert set(nobody["assumptions"]) == set(alone["assumptions"])
    assert known["assumptions"]
    assert all("/interface/" in each for each in known["assumptions"])
    lowered = write("low.json", saved(Probe("vpn.example.com", 443, AT, tcp=True, mss=1200)))
    assert findings(cli("check", named, lowered, "--format", "json"))["STAFF"]["assumptions"] == alone["assumptions"]


def test_a_probe_that_was_changed_is_said_to_be_none(cli, write, blocked):
    config = write("edge1.cfg", AT_RISK)
    damaged = write("damaged.json", blocked.read_text().replace('"port": 443', '"port": "443"'))
    run = cli("check", config, damaged)
    assert run.code == 2
    assert "damaged.json is no probe: 'port' of a probe is not as it was written" in run.err


TEXT = st.text(max_size=20)
SIZE = st.none() | st.integers(0, 70000)
PROBES = st.builds(
    Probe,
    host=TEXT, port=st.integers(0, 65535), at=TEXT, address=st.none() | TEXT, tcp=st.booleans(), mss=SIZE,
    mss_at_least=st.booleans(), path_mtu=SIZE, path_mtu_exact=st.booleans(), datagrams=st.integers(0, 22),
    control=st.booleans(),
    tls=st.none() | st.builds(Tls, st.none() | TEXT, st.none() | TEXT, st.none() | TEXT, SIZE),
    dtls=st.none() | st.builds(Dtls, TEXT, st.none() | TEXT, st.none() | TEXT, SIZE),
)  # fmt: skip


@given(st.lists(PROBES, max_size=3))
def test_what_is_written_is_read_again(probes):
    assert probes_of(saved(*probes)) == tuple(probes)


@given(st.lists(PROBES, max_size=2))
def test_no_format_passes_a_control_character_on(probes):
    for name in PROBE_FORMATS:
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", PROBE_FORMATS.render(name, report(*probes)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@given(JSON, st.sampled_from(["host", "port", "tls", "dtls", "mss", "control", "tcp"]))
def test_a_probe_of_another_shape_is_refused_or_read_never_an_accident(value, key):
    answer = json.loads(saved(Probe("h", 443, AT, tls=Tls(), dtls=Dtls("alert"))))
    answer["probes"][0][key] = value
    for text in (json.dumps(answer), json.dumps(answer | {"probes": value}), json.dumps(value)):
        with contextlib.suppress(ValueError):
            assert all(isinstance(each.cause, Cause) for each in probes_of(text))
