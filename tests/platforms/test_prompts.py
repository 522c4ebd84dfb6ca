"""What a terminal shows of a device's bytes, and which replies count as refusals."""

import pytest

from nornir_anyconnect.platforms.asa_ssh.prompts import appearance, plain


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"\x1b[2J\x1b[1;1Hfw1# \x1b[0mshow mode\r\n", "fw1# show mode\n"),
        (b"a\r\n<--- More --->b\r\n", "a\nb\n"),
        (b"a\r\n<--- More --->\r              \rb\r\n", "a\nb\n"),
        (b"a\r\n<--- More --->" + b"\x08" * 14 + b" " * 14 + b"\x08" * 14 + b"b\r\n", "a\nb\n"),
        (b"No More of it\r\n", "No More of it\n"),
        (b"   \r\r\nb\r\n", "   \nb\n"),
    ],
)
def test_what_only_steers_a_terminal_is_no_text(raw, shown):
    assert plain(raw) == shown


@pytest.mark.parametrize(("lines", "refused"), [(12, True), (13, False)])
def test_a_refusal_has_at_most_twelve_lines(lines, refused):
    words = "ERROR: % Invalid input"
    text = "\n".join(["a hint"] * (lines - 1) + [words])
    assert appearance().refusal(text) == appearance().refusal(f"{text}\n") == (words if refused else None)
