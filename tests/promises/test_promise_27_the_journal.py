"""Promise 27: who, when, what, ticket, hash-chained; a journal that was altered is never acted on."""

import json
import stat

import pytest

from nornir_anyconnect.change import journal
from nornir_anyconnect.change.journal import author, read

pytestmark = pytest.mark.fleet


def _changed(here, cli, tmp_path):
    given_inventory = ("--inventory", here.inventory.parent)
    folder = ("--journal", tmp_path / "journal")
    assert cli("plan", *given_inventory, "--out", "plan.yaml")[0] == 0
    code, _, err = cli("apply", "plan.yaml", *given_inventory, "--yes", "--soak", 0, "--ticket", "CHG42", *folder)
    assert code == 0, err
    (path,) = (tmp_path / "journal").glob("*.jsonl")
    return path, [*given_inventory, *folder], err


def test_it_says_who_when_what_and_why(site, cli, tmp_path):
    path, _, err = _changed(site(), cli, tmp_path)
    records = list(read(path))
    begin = records[0]
    assert begin.event == "begin"
    assert begin.data["ticket"] == "CHG42"
    assert begin.data["by"] == author()
    assert all(each.time for each in records)
    sent = [each.data["line"] for each in records if each.event == "sending"]
    replies = [each.data["line"] for each in records if each.event == "reply"]
    assert sent == replies
    assert any(line.startswith("anyconnect mtu") for line in sent)
    assert records[-1].hash in err
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("what", ["edit", "remove", "swap", "forge", "rehash"])
def test_a_tampered_journal_is_refused_before_a_device_is_asked(site, cli, tmp_path, what):
    here = site()
    path, options, _ = _changed(here, cli, tmp_path)
    lines = path.read_text().splitlines()
    at = next(number for number, line in enumerate(lines) if '"intent"' in line)
    if what == "edit":
        lines[at] = lines[at].replace("no anyconnect mtu", "no anyconnect mtv").replace("null", "1400", 1)
    elif what == "remove":
        del lines[at]
    elif what == "swap":
        lines[at], lines[at + 1] = lines[at + 1], lines[at]
    else:
        forged = json.loads(lines[at])
        forged["record"]["data"]["commands"] = []
        if what == "rehash":  # the record itself fits now, the one after it does not
            previous = json.loads(lines[at - 1])["hash"]
            body = json.dumps(forged["record"], sort_keys=True, ensure_ascii=False)
            forged["hash"] = journal._digest(previous, body)
        lines[at] = json.dumps(forged, sort_keys=True, ensure_ascii=False)
    path.write_text("\n".join(lines) + "\n")
    before = len(here.heard)
    for verb, *more in (("verify",), ("rollback", "--yes")):
        code, _, err = cli(verb, path.stem, *options, *more)
        assert code == 2
        assert "was altered" in err
    assert len(here.heard) == before
