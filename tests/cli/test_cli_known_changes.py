"""What was seen before a change that the journal or the history knows proves nothing of what is in force."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from shutil import which

import pytest
from cli_texts import AT_RISK, SYSLOG

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.change.plan.making import PlanInput, make_plan
from nornir_anyconnect.change.run import Run
from nornir_anyconnect.evidence.known_changes import cut_at
from nornir_anyconnect.evidence.log_evidence import LogEvidence
from nornir_anyconnect.evidence.observations import DeviceObservations
from nornir_anyconnect.history.compare import keep_report
from nornir_anyconnect.history.store import History
from nornir_anyconnect.remedies.kinds import encode
from nornir_anyconnect.remedies.options import RemedyOptions
from nornir_anyconnect.remedies.propose import propose
from nornir_anyconnect.remedies.remedy_context import RemedyContext
from nornir_anyconnect.report import render
from nornir_anyconnect.workflows.known_changes import KnownChanges

USERS = ("alice", "bob", "carol", "dan", "eve")
CHANGED = datetime(2024, 5, 18, 12, 0, tzinfo=UTC)
# its thresholds are still possible and its packets fit: nothing but the change itself makes them past
FIXED = AT_RISK.replace(
    " vpn-tunnel-protocol ssl-client\n",
    " vpn-tunnel-protocol ssl-client\n webvpn\n  anyconnect ssl df-bit-ignore enable\n",
)


def hit(*users: str, day: int = 17) -> str:
    """The log of users who were hit on that day."""
    lines: list[str] = []
    for number, user in enumerate(users, 7):
        text = SYSLOG.replace("alice", user).replace("198.51.100.7", f"198.51.100.{number}")
        lines += text.replace("10.9.0.5", f"10.9.0.{number}").replace("May 17", f"May {day}").splitlines(keepends=True)
    return "".join(sorted(lines))


def observed(log: str) -> DeviceObservations:
    return read(log)["edge1"]


def read(log: str) -> dict[str, DeviceObservations]:
    evidence = LogEvidence()
    evidence.read([log.encode()])
    return evidence.finish()


class TestCut:
    """A log, cut at the time of a change."""

    def test_users_are_told_apart_by_when_they_connected(self) -> None:
        seen = cut_at(observed(hit(*USERS[:3]) + hit("dan", "alice", day=19)), {"GP-STAFF": CHANGED})
        assert {each.user for each in seen.groups["GP-STAFF"].incidents} == {"dan", "alice"}
        assert seen.groups["GP-STAFF"].users == {"dan", "alice"}
        assert {each.user for each in seen.before["GP-STAFF"].incidents} == {"alice", "bob", "carol"}
        (since,), (before,) = seen.groups["GP-STAFF"].large_packets, seen.before["GP-STAFF"].large_packets
        assert (since.users, since.count) == ({"dan", "alice"}, 3)
        assert (before.users, before.count) == ({"bob", "carol"}, 2)

    def test_a_session_that_was_up_before_keeps_its_old_mtu(self) -> None:
        late = hit("alice", day=18).replace("20:00:05", "12:00:10").replace("20:00:0", "11:59:5")
        late = late.replace("20:01:01", "12:00:52")
        seen = cut_at(observed(late), {"GP-STAFF": CHANGED})
        assert not seen.groups["GP-STAFF"].incidents
        assert len(seen.before["GP-STAFF"].incidents) == 1

    def test_a_client_that_dialled_again_since_has_the_new_one(self) -> None:
        again = hit("alice", day=18).replace("20:00:0", "08:00:0").replace("20:01:01", "08:01:01")
        again = again.replace("722036", "722029", 1)  # no drop before, so no incident
        again += (
            "May 18 2024 12:30:00 edge1 : %ASA-5-722032: Group <GP-STAFF> User <alice> IP <198.51.100.7> "
            "New TCP SVC connection replacing old connection.\n"
            "May 18 2024 12:30:05 edge1 : %ASA-6-722036: Group <GP-STAFF> User <alice> IP <198.51.100.7> "
            "Transmitting large packet 1418 (threshold 1303).\n"
        )
        seen = cut_at(observed(again), {"GP-STAFF": CHANGED})
        assert [each.count for each in seen.groups["GP-STAFF"].large_packets] == [1]
        assert not seen.before

    def test_what_has_no_time_counts(self) -> None:
        bare = "".join(line.partition(" : ")[2] for line in hit("alice").splitlines(keepends=True))
        seen = cut_at(observed_unnamed(bare), {"GP-STAFF": CHANGED})
        assert not seen.before
        assert seen.groups["GP-STAFF"].large_packets

    def test_other_policies_are_left_alone(self) -> None:
        seen = observed(hit("alice"))
        assert cut_at(seen, {"GP-OTHER": CHANGED}) == seen


def observed_unnamed(log: str) -> DeviceObservations:
    (seen,) = read(log).values()
    return seen


@pytest.fixture
def journals(tmp_path: Path) -> Path:
    return tmp_path / "runs"


def run_that_applied(folder: Path, *, clock: datetime = CHANGED, state: str = "applied", name: str = "edge1") -> None:
    """A run whose journal says that df-bit-ignore was set."""
    config = parse(AT_RISK)
    judged = judge(config, name)
    options = RemedyOptions(fix="df-bit-ignore")
    plan = make_plan(
        [PlanInput(config, replace(propose(RemedyContext(config, judged, options)), serials=("JAD1",)))],
        options=options,
    )
    with Run.start(plan, directory=folder) as run:
        (planned,) = run.plan.changes
        note = run.note_for(planned)
        note("before", changed_at=clock.isoformat(), tally={})
        note("intent", commands=[encode(each) for each in run.commands(planned)], inverse=[])
        note("outcome", state=state, reason="", lines=[])


class TestJournal:
    """Changes of our own runs."""

    def cut(self, journals: Path, config: str, seen: DeviceObservations, name: str = "edge1") -> DeviceObservations:
        return KnownChanges("no-history", journals).applied_to(seen, [name], None, parse(config))

    def test_what_came_before_is_put_aside(self, journals: Path) -> None:
        run_that_applied(journals)
        seen = self.cut(journals, FIXED, observed(hit(*USERS)))
        assert len(seen.before["GP-STAFF"].incidents) == 5
        staff = next(each for each in judge(parse(FIXED), "edge1", seen).findings if each.name == "STAFF")
        assert (staff.verdict, staff.confirmed) == ("mitigated", False)
        assert staff.evidence is not None
        assert staff.evidence.past is not None
        assert (staff.evidence.past.users, staff.evidence.past.last) == (5, "2024-05-17T20:01:01+00:00")

    def test_what_came_after_is_not(self, journals: Path) -> None:
        run_that_applied(journals)
        assert not self.cut(journals, FIXED, observed(hit(*USERS, day=19))).before

    @pytest.mark.parametrize(
        ("config", "name", "state"),
        [
            (AT_RISK, "edge1", "applied"),  # the change is not in this configuration
            (FIXED, "edge9", "applied"),  # another device
            (FIXED, "edge1", "rolled-back"),
            (FIXED, "edge1", "indeterminate"),
        ],
    )
    def test_in_doubt_it_counts(self, journals: Path, config: str, name: str, state: str) -> None:
        run_that_applied(journals, state=state)
        assert not self.cut(journals, config, observed(hit(*USERS)), name).before

    def test_a_device_whose_clock_runs_ahead_does_not_hide_what_came_after(self, journals: Path) -> None:
        ahead = datetime.now(UTC) + timedelta(days=2)
        run_that_applied(journals, clock=ahead)
        between = f"{datetime.now(UTC) + timedelta(hours=5):%Y-%m-%dT%H}"
        log = hit("alice").replace("May 17 2024 20", between)
        assert not self.cut(journals, FIXED, observed(log)).before

    def test_an_altered_journal_is_not_believed(self, journals: Path) -> None:
        run_that_applied(journals)
        (path,) = journals.iterdir()
        path.write_text(path.read_text().replace("2024-05-18", "2024-05-28"))
        assert not self.cut(journals, FIXED, observed(hit(*USERS))).before


class TestHistory:
    """Settings of other nights."""

    def cut(self, url: str, config: str, log: str) -> DeviceObservations:
        return KnownChanges(url, Path("no-runs")).applied_to(observed(log), ["edge1"], None, parse(config))

    @pytest.fixture
    def url(self, tmp_path: Path) -> str:
        """Two nights: at risk, then with another setting."""
        url = f"sqlite:///{tmp_path / 'h.sqlite'}"
        for day, config in ((18, AT_RISK), (19, FIXED)):
            report = AuditReport((judge(parse(config), "edge1"),), f"2024-05-{day}T23:00:00+00:00", "0")
            keep_report(History(url), report)
        return url

    def test_what_came_before_the_last_night_with_other_settings_is_put_aside(self, url: str) -> None:
        seen = self.cut(url, FIXED, hit(*USERS) + hit("dan", day=19))
        assert len(seen.before["GP-STAFF"].incidents) == 5
        assert {each.user for each in seen.groups["GP-STAFF"].incidents} == {"dan"}

    def test_the_hours_in_which_a_clock_may_be_wrong_count(self, url: str) -> None:
        assert not self.cut(url, FIXED, hit("alice", day=18)).before

    def test_other_settings_that_decide_nothing_are_no_change(self, url: str) -> None:
        upgraded = FIXED.replace("9.12(4)", "9.16(1)").replace(
            "outside\n security", "outside\n description x\n security"
        )
        keep_report(History(url), AuditReport((judge(parse(upgraded), "edge1"),), "2024-05-20T23:00:00+00:00", "0"))
        assert not self.cut(url, upgraded, hit("alice", day=20)).before

    def test_no_history_is_no_trouble(self, tmp_path: Path) -> None:
        assert not self.cut(str(tmp_path / "none"), FIXED, hit(*USERS)).before


def test_a_history_of_the_version_before_is_brought_up_to_date(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'h.sqlite'}"
    report = AuditReport((judge(parse(AT_RISK), "edge1"),), "2024-05-18T23:00:00+00:00", "0")
    history = History(url)
    with history.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE findings DROP COLUMN settings")
        connection.exec_driver_sql("UPDATE schema_version SET version = 1")
    history.close()
    assert keep_report(History(url), report).number == 1


ALERTS = Path(__file__).parents[2] / "playbooks" / "monitoring" / "alerts.yml"


@pytest.mark.parametrize("made_safe", [True, False])
def test_the_packaged_alert_is_silent_about_the_past(tmp_path: Path, made_safe: bool) -> None:
    if which("promtool") is None:
        pytest.skip("alerts are tried with promtool (Debian package prometheus)")
    config = AT_RISK.replace(
        " vpn-tunnel-protocol ssl-client\n", " vpn-tunnel-protocol ssl-client\n webvpn\n  anyconnect mtu 1303\n"
    )
    device = judge(parse(config if made_safe else AT_RISK), "edge1", observed(hit(*USERS)))
    metrics = render("prometheus", AuditReport((device,), "2024-05-20T00:00:00+00:00", "0"))
    assert ("nornir_anyconnect_past_users 5\n" in metrics) is made_safe
    series = [line.rpartition(" ") for line in metrics.splitlines() if not line.startswith("#")]
    written = "\n".join(f"      - series: '{name}'\n        values: {value}x4" for name, _, value in series)
    alerted = (
        ""
        if made_safe
        else "{exp_labels: {severity: warning, device: edge1, scope: tunnel-group, name: STAFF, group_policy: GP-STAFF}, exp_annotations: {}}"
    )
    (tmp_path / "alerts.yml").write_text(_without_words(ALERTS.read_text()))
    (tmp_path / "test.yml").write_text(
        "rule_files: [alerts.yml]\nevaluation_interval: 1h\ntests:\n  - interval: 1h\n    input_series:\n"
        f"{written}\n    alert_rule_test:\n      - eval_time: 2h\n        alertname: AnyConnectUsersHit\n"
        f"        exp_alerts: [{alerted}]\n"
    )
    done = subprocess.run(
        ["promtool", "test", "rules", "test.yml"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def _without_words(rules: str) -> str:
    """The rules without annotations: what they say is tried elsewhere."""
    import yaml

    data = yaml.safe_load(rules)
    for rule in data["groups"][0]["rules"]:
        rule.pop("annotations", None)
    return yaml.safe_dump(data)


MTU_SET = AT_RISK.replace(
    " vpn-tunnel-protocol ssl-client\n", " vpn-tunnel-protocol ssl-client\n webvpn\n  anyconnect mtu 1303\n"
)


def test_a_fixed_configuration_with_the_old_log_is_no_alarm(cli, write) -> None:
    write("old.log", hit(*USERS))
    run = cli("check", write("edge1.cfg", MTU_SET), "--syslog", "old.log")
    assert run.code == 0
    assert run.out.startswith(
        "Nothing is at risk on 1 firewall; 5 users were hit before the present setting, the last on 2024-05-17."
    )
    assert "STAFF: safe" in run.out
    assert "confirmed" not in run.out


@pytest.mark.parametrize(
    ("log", "code", "said"),
    [
        (hit(*USERS), 0, "; 5 users were hit before the present setting, the last on 2024-05-17."),
        (
            "".join(line.partition(" : ")[2] for line in hit("alice").splitlines(keepends=True)),
            3,
            "; whether anybody was hit cannot be seen here; 1 user was hit before the present setting.",
        ),
        (hit("alice").replace("edge1", "edge7"), 3, "; whether anybody was hit cannot be seen here."),
        ("no message of an ASA\n", 3, "; whether anybody was hit cannot be seen here."),
        (
            hit("alice") + hit("bob", day=18).replace("GP-STAFF", "GP-GONE"),
            3,
            (
                "; 1 user was hit under a group policy that is not in the configuration; "
                "1 user was hit before the present setting, the last on 2024-05-17."
            ),
        ),
    ],
    ids=["seen", "no-times", "of-another", "no-messages", "of-an-unknown-policy"],
)
def test_the_sentence_says_what_the_exit_code_says(cli, write, log, code, said) -> None:
    write("old.log", log)
    run = cli("check", write("edge1.cfg", MTU_SET), "--syslog", "old.log")
    assert run.out.splitlines()[0] == f"Nothing is at risk on 1 firewall{said}"
    assert run.code == code


def test_users_of_a_policy_that_two_groups_hand_out_are_counted_once(cli, write) -> None:
    group = (
        "tunnel-group SALES type remote-access\ntunnel-group SALES general-attributes\n default-group-policy GP-STAFF\n"
    )
    write("old.log", hit(*USERS))
    path = write("edge1.cfg", MTU_SET.replace(": end\n", f"{group}: end\n"))
    assert cli("check", path, "--syslog", "old.log", "--format", "json").json["summary"]["users_past"] == 5
    assert "; 5 users were hit before" in cli("check", path, "--syslog", "old.log").out


def test_nobody_seen_and_five_hit_before_do_not_contradict_each_other(cli, write) -> None:
    write("old.log", hit(*USERS))
    run = cli("check", write("edge1.cfg", MTU_SET.replace("mtu 1303", "mtu 1400")), "--syslog", "old.log")
    assert run.code == 1
    assert run.out.startswith(
        "1 finding on 1 firewall is at risk; nobody was seen to be hit under the present setting; "
        "one line per group policy cures it; 5 users were hit before the present setting, the last on 2024-05-17.\n"
    )


def test_what_was_hit_before_does_not_stand_above_a_real_risk(cli, write) -> None:
    write("all/old.log", hit(*USERS))
    write("all/edge1.cfg", MTU_SET)
    write("all/edge2.cfg", AT_RISK.replace("edge1", "edge2"))
    run = cli("check", "all")
    assert run.code == 1
    shown = [line.split()[0] for line in run.out.splitlines() if line.startswith("edge")]
    assert shown[0] == "edge2.cfg"
    assert "1 finding on 1 firewall is at risk" in run.out
    assert "5 users were hit before the present setting" in run.out
    assert "\nhit before the present setting (edge1.cfg: 5)\n" in run.out


def test_check_knows_the_change_that_a_run_made(cli, write, tmp_path) -> None:
    write("old.log", hit(*USERS))
    path = write("edge1.cfg", FIXED)
    before = cli("check", path, "--syslog", "old.log", "--format", "json").json["summary"]
    run_that_applied(tmp_path / "state" / "nornir-anyconnect" / "runs")
    after = cli("check", path, "--syslog", "old.log", "--format", "json").json["summary"]
    assert (before["users_affected"], before["confirmed"], before["users_past"]) == (5, 1, 0)
    assert (after["users_affected"], after["confirmed"], after["users_past"]) == (0, 0, 5)
