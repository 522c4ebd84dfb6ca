"""The audit over real SSH, against the simulated fleet."""

import asyncio
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import asyncssh
import pytest
from nornir.core.inventory import ConnectionOptions

from mock_devices.faults import Fault
from nornir_anyconnect import audit_mtu, pull_config
from nornir_anyconnect.audit.finding import Status
from nornir_anyconnect.errors import AlgorithmError, CredentialError, HostKeyError
from nornir_anyconnect.platforms.asa_ssh import PLATFORM, conversation, host_keys
from nornir_anyconnect.platforms.asa_ssh.connection import open_session
from nornir_anyconnect.platforms.asa_ssh.options import Options
from nornir_anyconnect.platforms.asa_ssh.ssh import server_key
from tests import amounts
from tests.waiting import LONG, eventually

pytestmark = [
    pytest.mark.fleet,
    pytest.mark.filterwarnings("ignore:Diffie-Hellman over finite fields"),
    # sockets of the simulated fleet that it still held when it was stopped in the middle of a fault
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

ALLOWED = re.compile(r"enable|changeto (system|context \S+)|terminal pager 0|show [a-z0-9 -]+|exit")
SIMPLE = {
    "devices": [
        {"name": "fw-one", "release": "9.12(4)67", "config": ["edge.cfg", "ciphers_aes_cbc.cfg", "staff_default.cfg"]}
    ],
    "defaults": {"users": {"audit": {"password": "demo-password", "privilege": 15}}, "enable_password": "demo-enable"},
}
PAIR = {
    **SIMPLE,
    "devices": [
        {**SIMPLE["devices"][0], "config": [*SIMPLE["devices"][0]["config"], "prompt hostname priority state\n"]}
    ],
}


def audits(nornir, **options):
    return {name: result[0].result for name, result in nornir.run(audit_mtu, on_failed=True, **options).items()}


def verdicts(audit):
    return {(d.context, f.scope, f.name): f.verdict for d in audit.devices for f in d.findings}


def test_every_kind_of_box_is_judged_and_nothing_else_is_sent(start, transport, monkeypatch):
    monkeypatch.setattr(conversation, "LOGOUT", LONG)
    fleet, nornir = start(transport=transport)
    found = audits(nornir)
    assert {name for name, audit in found.items() if audit.failed} == set()
    assert found["fw-london"].devices[0].findings
    assert [d.context for d in found["fw-tokyo"].devices] == ["admin", "sales", "research"]
    assert found["fw-sydney"].devices[0].platform == "ftd"
    assert found["fw-paris-a"].devices[0].serials == found["fw-paris-b"].devices[0].serials
    for device in fleet.devices.values():
        assert {line.mode for line in device.received} <= {"exec", "password"}
        for line in device.received:
            assert line.mode == "password" or ALLOWED.fullmatch(line.text), line
        assert device.logins.attempts == device.logins.peak == 1
        assert device.received[-1].text == "exit"


@pytest.mark.waits
def test_more_boxes_than_workers_with_latency_and_a_hundred_workers(start):
    boxes, workers = amounts.of((48, 40), (120, 100), (120, 100))
    fleet, nornir = start(count=boxes, latency=0.1, workers=workers)
    quick = {name: verdicts(audit) for name, audit in audits(nornir, evidence=False).items()}
    assert len(quick) == boxes
    by_entry = {}
    for name, found in quick.items():
        by_entry.setdefault(fleet.devices[name].spec.entry, []).append(found)
    assert all(found for found in quick.values())
    for same in by_entry.values():
        assert all(found == same[0] for found in same)
    assert all(line.mode in ("exec", "password") for d in fleet.devices.values() for line in d.received)


def test_each_device_is_handed_on_as_it_is_ready_and_a_broken_listener_harms_nobody(start):
    _, nornir = start(SIMPLE, count=4)
    seen = []

    def listener(device):
        seen.append(device.name)
        raise RuntimeError("the report is full")

    assert not any(audit.failed for audit in audits(nornir, on_device=listener).values())
    assert len(seen) == 4


def test_a_wrong_password_is_tried_three_times_in_the_whole_fleet(start, transport, monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "wrong")
    fleet, nornir = start(SIMPLE, count=100, workers=100, transport=transport)
    found = audits(nornir)
    assert all(audit.failed for audit in found.values())
    assert all("credentials" in audit.devices[0].errors[0] for audit in found.values())
    assert sum(device.logins.attempts for device in fleet.devices.values()) == 3


def test_a_wrong_enable_secret_is_tried_three_times_in_the_whole_fleet(start, transport, monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", "wrong")
    fleet, nornir = start(SIMPLE, count=30, workers=30, transport=transport)
    assert all(audit.failed for audit in audits(nornir).values())
    tried = [line for device in fleet.devices.values() for line in device.received if line.mode == "password"]
    assert len(tried) == 3


def test_an_unknown_host_key_never_sees_a_password(start, transport, tmp_path):
    fleet, nornir = start(SIMPLE, transport=transport)
    (tmp_path / "inventory" / "known_hosts").write_text("")
    found = audits(nornir)
    assert "host-key" in found["fw-one"].devices[0].errors[0]
    assert fleet.devices["fw-one"].logins.auth_started == 0
    host = nornir.inventory.hosts["fw-one"]
    key = server_key(host.hostname, host.port, Options(transport=transport))
    host_keys.learn(tmp_path / "inventory" / "known_hosts", [key])
    assert not audits(nornir)["fw-one"].failed


def test_a_changed_key_names_both_fingerprints(start, transport, tmp_path):
    fleet, nornir = start(SIMPLE, transport=transport)
    file = tmp_path / "inventory" / "known_hosts"
    host = nornir.inventory.hosts["fw-one"]
    name, kind, _ = file.read_text().split()[:3]
    other = "AAAAC3NzaC1lZDI1NTE5AAAAIGpNaQfSXHDTPPD/a/3M5Kr8yhSqTvQlKV05EvS7QTcS"
    file.write_text(f"{name} {kind} {other}\n")
    with pytest.raises(HostKeyError, match=r"SHA256:.*SHA256:"):
        open_session(host, nornir.config)
    assert fleet.devices["fw-one"].logins.auth_started == 0


def test_an_old_box_needs_legacy_ssh_and_the_error_names_what_it_offers(start, transport):
    fleet, nornir = start(transport=transport)
    nornir = nornir.filter(name="fw-milan")
    assert not audits(nornir)["fw-milan"].failed
    nornir.inventory.groups["legacy_asa"].connection_options["anyconnect_asa"].extras.pop("legacy_ssh")
    host = nornir.inventory.hosts["fw-milan"]
    with pytest.raises(AlgorithmError, match="diffie-hellman-group14-sha1") as caught:
        open_session(host, nornir.config)
    assert "legacy_ssh" in caught.value.remedy
    assert fleet.devices["fw-milan"].logins.auth_started == 1


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("hang", "show"), "timeout"),
        (Fault("hang", "show:4"), "timeout"),
        (Fault("drop-link", "show:5"), "link-lost"),
        (Fault("drop-link", options={"after": 700}), "link-lost"),
        (Fault("cut-output", "show running-config group-policy", options={"then": "silence"}), "incomplete-reply"),
        (Fault("cut-output", "show running-config group-policy", options={"then": "drop"}), "link-lost"),
        (Fault("empty-reply", "show running-config group-policy"), "incomplete-reply"),
        (Fault("empty-reply", "show running-config webvpn", times=1), "incomplete-reply"),
        (Fault("cut-output", "show running-config tunnel-group", options={"then": "prompt"}), "incomplete-reply"),
        (Fault("refuse-connection"), "unreachable"),
        (Fault("hang", "connect"), "unreachable"),
        (Fault("hang", "login"), "timeout"),
        (Fault("wrong-password"), "credentials"),
        (Fault("wrong-password", "enable"), "enable"),
        (Fault("authorization", "show running-config"), "rejected"),
    ],
    ids=str,
)
def test_each_fault_has_its_own_clear_end_and_the_others_are_judged(start, transport, silences_count_once, fault, code):
    fleet, nornir = start(SIMPLE, count=3, transport=transport)
    bad, *good = fleet.devices
    fault = replace(fault)  # each counts for itself how often it happened
    fleet.devices[bad].faults.add(fault)
    if fault.kind == "hang" and fault.step in ("connect", "login"):
        host = nornir.inventory.hosts[bad]
        usual = host.get_connection_parameters("anyconnect_asa").extras
        impatient = ConnectionOptions(extras={**usual, "login_timeout": 1, "connect_timeout": 1})
        host.connection_options["anyconnect_asa"] = impatient
    silences_count_once(fault)
    found = audits(nornir)
    assert [found[name].failed for name in good] == [False, False]
    (device,) = found[bad].devices
    assert device.status is Status.FAILED
    assert device.errors[0].startswith(code + ":")
    assert device.findings == ()


@pytest.mark.parametrize(
    "fault",
    [
        Fault("pager"),
        Fault("banner"),
        Fault("syslog", options={"where": "inside"}),
        Fault("syslog", options={"where": "before"}),
        Fault("syslog", options={"where": "after"}),
        Fault("replication-text", "show:6"),
        Fault("slow-output", options={"size": 7, "seconds": 0.0005}),
        Fault("slow-output", "show:3", options={"size": 1, "seconds": 0.0005}),
        Fault("echo-cut"),
        Fault("failover-flip", "show:8"),
    ],
    ids=str,
)
def test_what_disturbs_a_terminal_does_not_change_a_verdict(start, transport, fault):
    fleet, nornir = start(SIMPLE, count=2, transport=transport)
    disturbed, quiet = fleet.devices
    fleet.devices[disturbed].faults.add(replace(fault))
    found = audits(nornir)
    assert not found[disturbed].failed, found[disturbed].devices[0].errors
    assert verdicts(found[disturbed]) == verdicts(found[quiet])


DOUBTED = {
    "all that is typed ahead is lost": Fault("type-ahead-lost"),
    "some of it is lost": Fault("type-ahead-lost", options={"size": 40}),
    "the end of a line is left": Fault("type-ahead-lost", options={"size": 7}),
    "it is echoed ahead of time": Fault("type-ahead-echoed"),
    "a command is answered twice": Fault("answered-twice", "show running-config webvpn", times=1),
    "a command is done twice": Fault("answered-twice", "show failover", times=1, options={"echo": True}),
    "the first one is": Fault("answered-twice", "show:1", times=1, options={"echo": True}),
    "the last reply is": Fault("answered-twice", "terminal pager 0", times=2),
    "the pager is on": Fault("pager"),
    "words come unasked": Fault("syslog", "show running-config tunnel-group", options={"where": "inside"}),
    "the prompt is interrupted": Fault("replication-text", "show:6"),
    "the prompt changes": Fault("failover-flip", "show:8"),
}


@pytest.mark.parametrize("case", DOUBTED)
def test_a_doubt_about_whose_reply_is_whose_is_told_and_the_audit_is_right_all_the_same(start, transport, case):
    if transport == "netmiko" and "lost" not in case:
        pytest.skip("what is typed ahead is matched above the transport: one case over each is enough")
    fleet, nornir = start(PAIR, count=2, transport=transport)
    disturbed, quiet = fleet.devices
    fleet.devices[disturbed].faults.add(replace(DOUBTED[case]))
    found = audits(nornir)
    assert not found[disturbed].failed, found[disturbed].devices[0].errors
    assert verdicts(found[disturbed]) == verdicts(found[quiet])
    said = [[each.code for each in audit.devices[0].warnings] for audit in (found[disturbed], found[quiet])]
    # a second answer to the very last line may come when nobody reads any more: then there is nothing to doubt
    assert "asked-one-by-one" in said[0] or case == "the last reply is"
    assert "asked-one-by-one" not in said[1]


@pytest.mark.parametrize("pipeline", [True, False])
def test_nothing_is_sent_ahead_where_a_host_asks_for_that(start, pipeline):
    fleet, nornir = start(SIMPLE, pipeline=pipeline)
    device = fleet.devices["fw-one"]
    device.faults.add(Fault("type-ahead-lost"))
    (judged,) = audits(nornir)["fw-one"].devices
    assert judged.status is Status.OK
    assert ("asked-one-by-one" in [each.code for each in judged.warnings]) == pipeline


def test_nothing_is_asked_twice(start):
    fleet, nornir = start(SIMPLE)
    audits(nornir)
    sent = [line.text for line in fleet.devices["fw-one"].received if line.text.startswith("show")]
    assert sorted(sent) == sorted(set(sent))


def test_a_wanted_context_alone_and_one_that_is_not_there(start):
    _, nornir = start()
    nornir = nornir.filter(name="fw-tokyo")
    host = nornir.inventory.hosts["fw-tokyo"]
    host.data["anyconnect"] = {"context": "sales"}
    assert [d.context for d in audits(nornir)["fw-tokyo"].devices] == ["sales"]
    host.data["anyconnect"] = {"context": ["sales", "nowhere"]}
    assert "no context nowhere" in audits(nornir)["fw-tokyo"].devices[0].errors[0]


def test_the_whole_configuration_gives_the_same_verdicts(start):
    _, nornir = start(SIMPLE)
    assert verdicts(audits(nornir, full=True)["fw-one"]) == verdicts(audits(nornir)["fw-one"])


def test_what_was_pulled_is_typed_and_readable(start):
    _, nornir = start(SIMPLE)
    pulled = nornir.run(pull_config)["fw-one"][0].result
    assert pulled.contexts[0].config.tunnel_groups
    assert pulled.to_dict()["contexts"][0]["sections"]["group-policy"] > 0
    assert "fw-one" in str(pulled)


def test_doctor_finds_what_is_well_and_what_is_not(start, tmp_path):
    fleet, nornir = start(SIMPLE, count=2)
    good, bad = nornir.inventory.hosts.values()
    found = PLATFORM.examine(good, nornir.config)
    assert (found.well, found.reachable, found.key_known, found.privilege, found.free_slots) == (
        True,
        True,
        True,
        15,
        4,
    )
    fleet.devices[bad.name].faults.add(Fault("refuse-connection"))
    found = PLATFORM.examine(bad, nornir.config)
    assert (found.well, found.reachable, found.logged_in) == (False, False, False)
    assert all(line.mode in ("exec", "password") for d in fleet.devices.values() for line in d.received)


def test_a_full_box_is_told_from_a_dead_one(start, transport):
    fleet, nornir = start(SIMPLE, transport=transport)
    fleet.devices["fw-one"].faults.add(Fault("session-limit", options={"limit": 0}))
    error = audits(nornir)["fw-one"].devices[0].errors[0]
    assert error.startswith("unreachable:")


@pytest.fixture
def jump(tmp_path):
    """A real SSH server that forwards, takes one key, and counts who came."""
    user_key, seen = asyncssh.generate_private_key("ssh-ed25519"), []
    (tmp_path / "id").write_bytes(user_key.export_private_key())
    (tmp_path / "authorized").write_bytes(user_key.export_public_key())

    class Door(asyncssh.SSHServer):
        def connection_requested(self, dest_host, dest_port, orig_host, orig_port):
            seen.append((dest_host, dest_port))
            return True

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    host_key = asyncssh.generate_private_key("ssh-ed25519")

    async def begin():
        return await asyncssh.create_server(
            Door, "127.0.0.1", 0, server_host_keys=[host_key], authorized_client_keys=str(tmp_path / "authorized")
        )

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(LONG)
    yield server.get_port(), " ".join(host_key.export_public_key().decode().split()[:2]), seen

    async def stop():
        server.close()
        await server.wait_closed()

    asyncio.run_coroutine_threadsafe(stop(), loop).result(LONG)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(LONG)
    loop.close()


def test_a_jump_host_carries_the_session_with_a_key_of_its_own(start, jump, tmp_path):
    port, public, seen = jump
    _, nornir = start(SIMPLE)
    host = nornir.inventory.hosts["fw-one"]
    extras = host.groups[0].connection_options["anyconnect_asa"].extras
    extras["jump_host"] = {"hostname": "127.0.0.1", "port": port, "username": "audit", "key_file": str(tmp_path / "id")}
    assert audits(nornir)["fw-one"].devices[0].errors[0].startswith("host-key: the host key of 127.0.0.1 is not known")
    assert seen == []
    with (tmp_path / "inventory" / "known_hosts").open("a") as file:
        file.write(f"[127.0.0.1]:{port} {public}\n")
    assert not audits(nornir)["fw-one"].failed
    assert seen == [(host.hostname, host.port)]


def test_a_jump_host_that_is_not_there_is_named(start):
    _, nornir = start(SIMPLE)
    nornir.inventory.hosts["fw-one"].groups[0].connection_options["anyconnect_asa"].extras["jump_host"] = (
        "a@127.0.0.1:1"
    )
    assert audits(nornir)["fw-one"].devices[0].errors[0].startswith("unreachable: 127.0.0.1:1")


def test_a_box_that_shows_another_host_key_never_sees_a_password(start):
    (entry,) = SIMPLE["devices"]
    fleet, nornir = start(SIMPLE | {"devices": [entry | {"faults": [{"kind": "changed-host-key"}]}]})
    error = audits(nornir)["fw-one"].devices[0].errors[0]
    assert error.startswith("host-key:")
    assert "known is" in error
    assert fleet.devices["fw-one"].logins.auth_started == 0


def test_a_link_cut_after_any_byte_gives_the_whole_verdict_or_an_error(start):
    (entry,) = SIMPLE["devices"]
    cuts = [
        entry | {"name": f"cut-{at}", "faults": [{"kind": "drop-link", "options": {"after": at}}]}
        for at in range(20, 6000, 149)
    ]
    _, nornir = start(SIMPLE | {"devices": [entry, *cuts]}, workers=10)
    found = audits(nornir)
    whole = verdicts(found.pop("fw-one"))
    ends = [audit.failed for audit in found.values()]
    assert any(ends)
    for audit in found.values():
        assert (verdicts(audit) == whole) is not audit.failed


def test_no_secret_in_logs_or_results(start, monkeypatch, caplog):
    caplog.set_level("DEBUG")
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "canary-password")
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", "canary-enable")
    defaults = {"users": {"audit": {"password": "canary-password"}}, "enable_password": "canary-enable"}
    _, nornir = start(SIMPLE | {"defaults": defaults}, count=2)
    found = audits(nornir)
    assert not any(audit.failed for audit in found.values())
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", "canary-wrong")
    failed = audits(nornir)
    assert all(audit.failed for audit in failed.values())
    written = caplog.text + repr(found) + repr(failed) + "".join(str(a.to_dict()) for a in failed.values())
    assert "canary" not in written


def test_without_any_password_nothing_is_tried(start, monkeypatch):
    monkeypatch.delenv("NORNIR_ANYCONNECT_PASSWORD")
    fleet, nornir = start(SIMPLE)
    with pytest.raises(CredentialError, match="no password"):
        open_session(nornir.inventory.hosts["fw-one"], nornir.config)
    assert fleet.devices["fw-one"].logins.auth_started == 0


def test_sessions_are_all_given_back(start):
    fleet, nornir = start(SIMPLE, count=5)
    with ThreadPoolExecutor(1) as pool:
        pool.submit(audits, nornir).result()
    for device in fleet.devices.values():
        eventually(lambda device=device: device.logins.current == 0)
