"""Kept audits: what comes back, what is new, fixed, still open, and what two writers do to each other."""

import pickle
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from nornir_anyconnect.audit.audit_report import AuditReport
from nornir_anyconnect.audit.finding import DeviceAudit, Finding, FindingEvidence, Scope, Status, Verdict
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.history.compare import Part, diff, entries, flapping, rows, trend
from nornir_anyconnect.history.schema import audits
from nornir_anyconnect.history.store import History, HistoryError, default_url
from tests import warm

NIGHT = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)


def finding(name, verdict=Verdict.AT_RISK, users=0, **more):
    evidence = FindingEvidence(confirmed=bool(users), users=users) if users else None
    return Finding(Scope.TUNNEL_GROUP, name, f"GP_{name}", verdict, "reason", evidence=evidence, **more)


def device(name, *findings, status=Status.OK):
    return DeviceAudit(name, asa_version="9.16(4)", findings=findings, status=status)


def of_night(night, *devices, sites=None):
    return AuditReport(devices, (NIGHT + timedelta(days=night)).isoformat(), "0.1.0", sites=sites or {})


def keep(history, night, *devices, sites=None):
    return history.keep(of_night(night, *devices, sites=sites))


@pytest.fixture
def history(history_url):
    opened = History(history_url)
    yield opened
    opened.close()


def shown(items):
    return [str(item) for item in items]


def test_a_night_comes_back_as_it_was_kept(history):
    number = keep(history, 0, device("fw1", finding("SALES", tls_mtu=1287, dtls_mtu=1418, users=3)), device("fw2"))
    (entry,) = entries(history)
    assert entry.number == number
    assert (entry.summary["devices"], entry.summary["at_risk"], entry.summary["users_affected"]) == (2, 1, 3)
    assert rows(history, number) == [
        {
            "device": "fw1",
            "context": "",
            "scope": "tunnel-group",
            "name": "SALES",
            "verdict": "at-risk",
            "reason": "reason",
            "tls_mtu": 1287,
            "dtls_mtu": 1418,
            "users": 3,
        }
    ]


def test_the_second_night_says_what_is_new_fixed_and_still_open(history):
    keep(history, 0, device("fw1", finding("SALES"), finding("OPS")), device("fw2", finding("HR")))
    keep(
        history,
        1,
        device("fw1", finding("SALES"), finding("OPS", Verdict.SAFE)),
        device("fw2", finding("HR"), finding("NEW")),
    )
    found = diff(history)
    assert shown(found.new) == ["fw2 tunnel-group NEW"]
    assert shown(found.fixed) == ["fw1 tunnel-group OPS"]
    assert shown(found.still_open) == ["fw1 tunnel-group SALES", "fw2 tunnel-group HR"]
    assert shown(found.not_judged) == []
    assert found.changed


@pytest.mark.parametrize(
    "tonight",
    [
        pytest.param([device("fw1", status=Status.FAILED)], id="failed"),
        pytest.param([], id="left out"),
        pytest.param([device("fw1", finding("SALES", Verdict.UNKNOWN), status=Status.PARTIAL)], id="partial"),
        pytest.param([device("fw1", finding("SALES", Verdict.UNKNOWN))], id="unknown"),
    ],
)
def test_what_was_not_judged_is_never_called_fixed(history, tonight):
    keep(history, 0, device("fw1", finding("SALES")))
    keep(history, 1, *tonight)
    found = diff(history)
    assert shown(found.fixed) == []
    assert shown(found.not_judged) == ["fw1 tunnel-group SALES"]


def test_a_waived_finding_is_not_open(history):
    keep(history, 0, device("fw1", finding("SALES")))
    keep(history, 1, device("fw1", finding("SALES", waiver={"owner": "me"})))
    assert shown(diff(history).fixed) == ["fw1 tunnel-group SALES"]


def test_contexts_of_one_box_are_apart(history):
    a = DeviceAudit("fw1", context="a", findings=(finding("G"),))
    b = DeviceAudit("fw1", context="b", findings=(finding("G"),))
    keep(history, 0, a, b)
    keep(history, 1, a)
    assert shown(diff(history).still_open) == ["fw1/a tunnel-group G"]
    assert shown(diff(history).not_judged) == ["fw1/b tunnel-group G"]


def test_two_chosen_nights_and_an_unknown_one(history):
    first = keep(history, 0, device("fw1", finding("A")))
    keep(history, 1, device("fw1"))
    third = keep(history, 2, device("fw1", finding("B")))
    assert shown(diff(history, first, third).new) == ["fw1 tunnel-group B"]
    with pytest.raises(UsageError, match="no audit 99"):
        diff(history, first, 99)


def test_one_night_cannot_be_compared(history):
    keep(history, 0, device("fw1"))
    with pytest.raises(UsageError, match="fewer than two"):
        diff(history)


def test_the_trend_of_the_fleet_and_of_its_parts(history):
    sites = {"fw1": "oslo", "fw2": "bergen"}
    keep(history, 0, device("fw1", finding("A"), finding("B")), device("fw2", finding("A")), sites=sites)
    keep(history, 1, device("fw1", finding("A"), finding("B", Verdict.SAFE)), device("fw2", finding("A")), sites=sites)
    assert [p.counts["at_risk"] for p in trend(history)] == [3, 2]
    assert [p.counts.get("at_risk", 0) for p in trend(history, Part(device="fw1"))] == [2, 1]
    assert [p.counts.get("at_risk", 0) for p in trend(history, Part(site="bergen"))] == [1, 1]
    assert [p.counts for p in trend(history, Part(group_policy="GP_B"))] == [{"at_risk": 1}, {"safe": 1}]


def test_what_keeps_coming_back_is_flapping(history):
    nights = [keep(history, n, device("fw1", *([finding("A")] if n % 2 == 0 else []), finding("B"))) for n in range(5)]
    assert {str(i): n for i, n in flapping(history, nights).items()} == {"fw1 tunnel-group A": 3}


def test_what_keeps_coming_back_in_a_part_of_the_fleet(history):
    sites = {"fw1": "oslo", "fw2": "bergen"}
    nights = [
        keep(history, n, *(device(name, *([finding("A")] if n % 2 == 0 else [])) for name in sites), sites=sites)
        for n in range(3)
    ]
    for part in ({"device": "fw2"}, {"site": "bergen"}, {"site": "bergen", "group_policy": "GP_A"}):
        assert shown(flapping(history, nights, Part(**part))) == ["fw2 tunnel-group A"]
    assert flapping(history, nights, Part(group_policy="GP_B")) == {}


@pytest.mark.parametrize(
    ("part", "cause"),
    [
        ({"device": "nope"}, "knows no device nope"),
        ({"group_policy": "GP_X"}, "knows no group policy GP_X"),
        ({"site": "rome"}, "knows no site rome"),
        ({"device": "fw1", "site": "bergen"}, "nothing in the history is all of that at once"),
        ({"device": "fw2", "group_policy": "GP_A"}, "nothing in the history is all of that at once"),
    ],
)
def test_a_part_that_is_not_there_has_no_trend(history, part, cause):
    keep(history, 0, device("fw1", finding("A")), device("fw2"), sites={"fw1": "oslo", "fw2": "bergen"})
    with pytest.raises(UsageError, match=cause):
        trend(history, Part(**part))


def test_nothing_is_written_to_read_a_history(history_url, history):
    keep(history, 0, device("fw1", finding("A")))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(History, "_writing", None)
        opened = History(history_url, create=False)
    assert len(entries(opened)) == 1
    opened.close()


def test_a_history_that_is_missing_is_not_made_to_read_it(history_url):
    with pytest.raises(HistoryError, match="there is no history at"):
        History(history_url, create=False)


@pytest.mark.parametrize(
    "between",
    [
        pytest.param([device("fw1", status=Status.FAILED)], id="failed"),
        pytest.param([], id="left out"),
        pytest.param([device("fw1", finding("A", Verdict.UNKNOWN))], id="unknown"),
    ],
)
def test_what_was_not_judged_for_a_night_does_not_flap(history, between):
    nights = [keep(history, n, *(between if n % 2 else [device("fw1", finding("A"))])) for n in range(5)]
    assert flapping(history, nights) == {}


def test_only_the_nights_that_are_asked_for_count(history):
    nights = [keep(history, n, device("fw1", *([finding("A")] if n % 2 == 0 else []))) for n in range(5)]
    assert flapping(history, nights[:2]) == {}
    assert list(flapping(history, nights[:3]).values()) == [2]


def test_retention_forgets_old_nights_and_only_those(history):
    for night in range(4):
        keep(history, night, device("fw1", finding(f"G{night}")))
    assert history.forget_before((NIGHT + timedelta(days=2)).isoformat()) == 2
    assert len(entries(history)) == 2
    assert shown(diff(history).new) == ["fw1 tunnel-group G3"]
    with history.reading() as connection:
        assert connection.exec_driver_sql("select count(*) from findings").scalar() == 2
        assert connection.exec_driver_sql("select count(*) from states").scalar() == 2


def test_a_night_without_changes_adds_no_state(history):
    for night in range(5):
        keep(history, night, device("fw1", finding("A")), device("fw2", finding("B")))
    with history.reading() as connection:
        assert connection.exec_driver_sql("select count(*) from states").scalar() == 2
        assert connection.exec_driver_sql("select count(*) from audited").scalar() == 10


WRITER = """
import pickle, sys
from nornir_anyconnect.history.store import History

url, nights = pickle.load(sys.stdin.buffer)
history = History(url)
for night in nights:
    history.keep(night)
history.close()
"""


def test_two_audits_writing_at_once_lose_nothing(history_url, tmp_path):
    History(history_url).close()
    writers = []
    for writer in range(2):
        devices = [device(f"fw{n}", finding(f"W{writer}")) for n in range(20)]
        nights = [of_night(night, *devices) for night in range(10)]
        (tmp_path / "nights").write_bytes(pickle.dumps((history_url, nights)))
        with (tmp_path / "nights").open("rb") as file:
            writers.append(subprocess.Popen([warm.python(), "-c", WRITER], stdin=file))
        (tmp_path / "nights").unlink()
    assert [writer.wait(120) for writer in writers] == [0, 0]
    history = History(history_url)
    assert len(entries(history)) == 20
    with history.reading() as connection:
        assert connection.exec_driver_sql("select count(*) from audited").scalar() == 400
    history.close()


def test_an_audit_that_breaks_off_leaves_nothing_behind(history):
    class Counted(list):
        """They can be counted, and break off while they are kept."""

        counted = False

        def __iter__(self):
            yield device("fw1", finding("A"))
            if self.counted:
                raise KeyboardInterrupt
            self.counted = True

    with pytest.raises(KeyboardInterrupt):
        history.keep(AuditReport(Counted(), NIGHT.isoformat(), "0.1.0"))
    assert entries(history) == []


def test_a_damaged_file_is_a_clear_error(tmp_path):
    path = tmp_path / "history.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(HistoryError, match="not a database"):
        History(str(path))


def test_a_directory_that_cannot_be_made_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(HistoryError, match="cannot be opened"):
        History(str(tmp_path / "file" / "history.sqlite"))


def test_an_unknown_kind_of_database_is_a_clear_error_without_its_password():
    with pytest.raises(HistoryError) as caught:
        History("nosuchdb://user:s3cret@host/db")
    assert "s3cret" not in str(caught.value)


def test_a_newer_history_is_not_touched(tmp_path):
    url = str(tmp_path / "h.sqlite")
    history = History(url)
    with history.engine.begin() as connection:
        connection.exec_driver_sql("update schema_version set version = 999")
    history.close()
    with pytest.raises(UsageError, match="schema version 999"):
        History(url)


def test_the_default_place_follows_the_xdg_specification(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_url() == f"sqlite:///{tmp_path}/nornir-anyconnect/history.sqlite"


def test_values_too_long_for_a_column_or_no_text_lose_no_night(history):
    """PostgreSQL refuses them, and with them the whole night."""
    long = "n" * 300
    odd = "edge\udcff\x00.cfg"
    alike = DeviceAudit(long + "1", asa_version="9" * 90, findings=(finding("g" * 300),), errors=("e\x00\udcff",))
    keep(history, 0, alike, DeviceAudit(long + "2"), DeviceAudit(odd), DeviceAudit("fw1", findings=(finding("A"),)))
    keep(history, 1, alike, DeviceAudit(long + "2"), DeviceAudit(odd), DeviceAudit("fw1"))
    found = diff(history)
    assert shown(found.fixed) == ["fw1 tunnel-group A"]
    (kept,) = found.still_open
    assert len(kept.device) == 255
    assert kept.device != "n" * 255


@pytest.mark.parametrize("statement", ["delete from schema_version", "insert into schema_version values (7)"])
def test_a_history_that_does_not_know_its_version_is_a_clear_error(tmp_path, statement):
    url = str(tmp_path / "h.sqlite")
    history = History(url)
    with history.engine.begin() as connection:
        connection.exec_driver_sql(statement)
    history.close()
    with pytest.raises(HistoryError, match="schema_version does not hold one row"):
        History(url)


@pytest.mark.parametrize("summary", ["{", "[]", "[" * 20_000, '{"at_risk": "many"}'])
def test_a_night_whose_counts_are_damaged_is_there_all_the_same(history, summary):
    keep(history, 0, device("fw1", finding("A")))
    with history.engine.begin() as connection:
        connection.execute(audits.update().values(summary=summary))
    (kept,) = entries(history)
    assert kept.summary == {}
    assert [row["name"] for row in rows(history, kept.number)] == ["A"]
    assert trend(history)[0].counts == {}


def test_a_port_that_is_no_number_is_a_clear_error():
    with pytest.raises(HistoryError, match="is not a history this installation can open") as caught:
        History("postgresql://u:s3cret@host:port/db")
    assert "s3cret" not in str(caught.value)


def test_without_a_home_the_history_has_to_be_named(monkeypatch):
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr("pathlib.Path.home", homeless)
    with pytest.raises(HistoryError, match="no home folder") as caught:
        default_url()
    assert "history" in caught.value.remedy
