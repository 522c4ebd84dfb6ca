"""What people make of a log on its way to the one who is to read it: the same answer, or an honest one."""

from __future__ import annotations

import pytest
from export_forms import DEVICE, log
from odd_forms import READ, SHORTENED, UNREAD

from nornir_anyconnect.logs import summarise_logs

LOG = log()
QUIET = [line for line in LOG if "finn" in line.text]
INCIDENTS = {("dora", 4, 61.0), (r"EXAMPLE\evan", 4, 61.0)}


@pytest.fixture
def summary(tmp_path):
    def read(text: str | bytes):
        (tmp_path / "handed-in").write_bytes(text if isinstance(text, bytes) else text.encode())
        return summarise_logs([tmp_path / "handed-in"])

    return read


def incidents(found):
    return {(each.user, each.large_packets, each.seconds) for each in found.incidents}


@pytest.mark.parametrize("form", READ)
def test_it_is_read(summary, form):
    for lines in (LOG, LOG[::-1]):
        found = summary(READ[form](lines))
        assert (incidents(found), found.unreadable, found.could_be_seen) == (INCIDENTS, 0, True)
        assert DEVICE in found.devices
    quiet = summary(READ[form](QUIET))
    assert (quiet.incidents, quiet.gaps) == ((), ())


@pytest.mark.parametrize("form", SHORTENED)
def test_what_says_that_it_was_shortened_clears_nobody(summary, form):
    quiet = summary(SHORTENED[form](QUIET))
    assert "torn-logs" in {gap.code for _, gap in quiet.gaps}
    assert {user for user, *_ in incidents(summary(SHORTENED[form](LOG)))} <= {user for user, *_ in INCIDENTS}


@pytest.mark.parametrize("form", UNREAD)
def test_what_nobody_reads_clears_nobody(summary, form):
    for lines in (LOG, QUIET):
        found = summary(UNREAD[form](lines))
        assert found.gaps
        assert not found.could_be_seen
        assert incidents(found) <= INCIDENTS


@pytest.mark.parametrize(
    "line",
    [
        "Mar 29 01:00:00 relay rsyslogd: message truncated",
        '{"truncated": false}',
        "%ASA-6-722011: Group <GP> User <ann> IP <192.0.2.1> SVC Message: 16/NOTICE: Reconnecting the VPN tunnel...",
        "nothing was left out",
        "72 rows in set (0.00 sec)",
        "Showing 1 to 72 of 72 entries",
        'Line limit: "1000 (72 returned)"',
        "Page 1 of 46",
        "72 records exported",
        "Content-Transfer-Encoding: quoted-printable",
    ],
)
def test_other_words_shorten_nothing(summary, line):
    text = "".join(f"{each.whole}\n" for each in QUIET)
    assert "torn-logs" not in {gap.code for _, gap in summary(f"{text}{line}\n{text}").gaps}
