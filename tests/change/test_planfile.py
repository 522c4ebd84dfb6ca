"""The plan as a file: what people read, and what keeps a damaged file out."""

import hashlib
import os

import pytest
from test_plan import NOW, TEXT, given_input, plan_of

from nornir_anyconnect.change.plan import file as plan_file
from nornir_anyconnect.change.plan.file import load_plan, plan_text, read_plan, save_plan, to_dict
from nornir_anyconnect.errors import PlanError


def with_digest(above):
    return f"{above}digest: {hashlib.sha256(above.encode('ascii')).hexdigest()}\n"


def above(plan):
    return plan_text(plan).rpartition("digest: ")[0]


def test_people_read_a_pair_of_mtus_on_one_line_and_the_head_first():
    text = above(plan_of())
    assert text.startswith("schema: ")
    assert "technote: {tls: 1287, dtls: 1400}\n" in text
    assert "summary:\n  devices: 1\n" in text
    assert max(map(len, text.splitlines())) <= 110
    (device,) = to_dict(plan_of())["devices"]
    fields = list(device)
    assert fields[fields.index("fixes") :][:4] == ["fixes", "commands", "rollback", "diff"]


@pytest.mark.parametrize("name", ["G\u00e4ste", "Gu*sts"])
def test_whatever_a_policy_is_called_its_plan_is_ascii_and_is_read_again(name):
    plan = plan_of(given_input(TEXT.replace("Guests", name)))
    text = plan_text(plan)
    assert text.isascii()
    assert read_plan(text, now=NOW) == plan


def test_the_tunnels_that_a_fix_reaches_are_named_in_its_file_and_nowhere_else():
    rc4 = "".join(f'ssl cipher {version} custom "RC4-SHA"\n' for version in ("tlsv1", "tlsv1.1", "tlsv1.2"))
    old = TEXT.replace("9.12(4)", "9.8(2)").replace("webvpn\n enable", f"{rc4}webvpn\n enable")
    shared = old.replace("Cryptochecksum", "tunnel-group 192.0.2.1 type ipsec-l2l\nCryptochecksum")
    alone, beside = (plan_of(given_input(text), fix="tcpmss", accept_global=True) for text in (old, shared))
    assert "tunnels:" not in plan_text(alone)
    assert "    tunnels:\n    - tunnel-group 192.0.2.1\n" in plan_text(beside)
    for plan in (alone, beside):
        assert read_plan(plan_text(plan), now=NOW) == plan
    assert beside.devices[0].fixes[0].tunnels == ("tunnel-group 192.0.2.1",)


def test_a_plan_that_cannot_be_written_is_named(tmp_path):
    with pytest.raises(PlanError, match=r"cannot write .*: Is a directory"):
        save_plan(plan_of(), tmp_path)


def test_a_pipe_into_which_nobody_writes_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "plan.yaml")
    with pytest.raises(PlanError, match="this is a pipe"):
        load_plan(tmp_path / "plan.yaml")


def test_a_file_that_is_too_large_for_a_plan_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "plan.yaml"
    save_plan(plan_of(), path)
    monkeypatch.setattr(plan_file, "_BEGINNING", 64)
    monkeypatch.setattr(plan_file, "_LARGEST", path.stat().st_size)
    assert load_plan(path, now=NOW) == plan_of()
    monkeypatch.setattr(plan_file, "_LARGEST", path.stat().st_size - 1)
    with pytest.raises(PlanError, match="too large for a plan"):
        load_plan(path, now=NOW)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("tool_version: ", "tool: "),
        ("created: '2", "created: '9999"),
        ("  also_named: []\n", ""),
        ("  also_named: []\n", "  also_named: []\n  more: []\n"),
    ],
)
def test_a_field_too_many_or_too_few_is_an_altered_plan_whatever_the_digest_says(old, new):
    text = above(plan_of())
    assert old in text
    with pytest.raises(PlanError, match="was altered since it was made"):
        read_plan(with_digest(text.replace(old, new, 1)), now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        above(plan_of()).replace("schema: nornir-anyconnect/plan/1\n", "schema: nornir-anyconnect/plan/10\n"),
        "- nornir-anyconnect/plan/1\n",
        "nornir-anyconnect/plan/1\n",
    ],
)
def test_a_file_of_another_schema_is_no_plan_although_it_is_whole(text):
    with pytest.raises(PlanError, match=r"is not a plan of this tool \(nornir-anyconnect/plan/1\)"):
        read_plan(with_digest(text), now=NOW)


def test_a_plan_full_of_aliases_is_refused_whatever_the_digest_says(tmp_path):
    """Nine lines of them can stand for gigabytes."""
    doubled = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10))
    text = with_digest(f"{above(plan_of())}a0: &a0 [x]\n{doubled}b: *a9\n")
    (tmp_path / "plan.yaml").write_text(text)
    with pytest.raises(PlanError, match="was altered"):
        load_plan(tmp_path / "plan.yaml")
