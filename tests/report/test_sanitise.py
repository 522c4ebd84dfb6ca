"""Text that steers terminals comes out as what it is."""

import os
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.report.sanitise import harmless, pasteable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain Größe 中文", "plain Größe 中文"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b2J", "\\x9b2J"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("x\u202ey", "x\\u202ey"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_is_shown(text, shown):
    assert harmless(text) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_one_line_and_encodable_whatever_comes(text):
    shown = harmless(text)
    shown.encode("utf-8")
    assert len(shown.splitlines()) <= 1
    assert "\x1b" not in shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::all is well: safe", "\\x3a:error::all is well: safe"),
        ("  ::set-output name=x::y", "  \\x3a:set-output name=x::y"),
        ("fw1 ##[error]x", "fw1 \\x23#[error]x"),
        ("##vso[task.complete]x", "\\x23#vso[task.complete]x"),
        ("::1", "::1"),
        ("2001:db8::1 ::error::", "2001:db8::1 ::error::"),
        ("## heading", "## heading"),
    ],
)
def test_no_name_gives_a_ci_runner_orders(text, shown):
    assert harmless(text) == shown


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("edge.cfg", "edge.cfg"),
        ("my edge.cfg", "'my edge.cfg'"),
        ("Größe", "'Größe'"),
        ("\x1b[2Jx", "$'\\x1b\\x5b2Jx'"),
        ("a'\n$(x)", "$'a\\x27\\x0a\\x24\\x28x\\x29'"),
        ("n\udce9", "$'n\\xe9'"),
    ],
)
def test_a_command_to_paste_steers_nothing_and_means_the_same(word, shown):
    assert pasteable([word]) == shown
    echoed = subprocess.run(["bash", "-c", f"printf %s {pasteable([word])}"], capture_output=True, check=True).stdout
    assert echoed == os.fsencode(word)
