"""The box's own arithmetic, out of a transcript whose shape nobody can vouch for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.evidence.device_output.debug_transcript import read_debug_log
from nornir_anyconnect.evidence.observations import DebugNumbers

WHOLE = """\
Iphdr=20 base-mtu=1500 def-mtu=1500 conf-mtu=1300
tcp-mss = 1380
path-mtu = 1380(mss)
TLS Block size = 16, version = 0x303
mtu = 1380(path-mtu) - 0(opts) - 5(ssl) - 16(iv) = 1359
mod-mtu = 1359(mtu) & 0xfff0(complement) = 1344
tls-mtu = 1344(mod-mtu) - 8(cstp) - 32(mac) - 1(pad) = 1303
DTLS Block size = 16
mtu = 1500(base-mtu) - 20(ip) - 8(udp) - 13(dtls) - 16(iv) = 1443
mod-mtu = 1443(mtu) & 0xfff0(complement) = 1440
dtls-mtu = 1440(mod-mtu) - 1(cdtp) - 20(mac) - 1(pad) = 1418
computed tls-mtu=1303 dtls-mtu=1418 conf-mtu=1300
overide computed tls-mtu=1303 with conf-mtu=1300
overide computed dtls-mtu=1418 with conf-mtu=1300
tls-mtu=1300 dtls-mtu=1300
"""
NUMBERS = DebugNumbers(
    tls_mtu=1300,
    dtls_mtu=1300,
    computed_tls_mtu=1303,
    computed_dtls_mtu=1418,
    conf_mtu=1300,
    base_mtu=1500,
    tcp_mss=1380,
    path_mtu=1380,
)


def read(text: str):
    return read_debug_log(text.splitlines())


def test_every_step_is_understood():
    assert read(WHOLE) == (NUMBERS,)


def test_several_computations():
    assert read(WHOLE + WHOLE) == (NUMBERS, NUMBERS)


@pytest.mark.parametrize(
    "change", [str.upper, lambda t: t.replace("overide", "override"), lambda t: t.replace(" = ", "=")]
)
def test_spellings(change):
    assert read(change(WHOLE)) == (NUMBERS,)


def test_prompts_and_stamps_before_the_steps():
    assert read("\n".join(f"May 06 12:00:00 webvpn: {line}" for line in WHOLE.splitlines())) == (NUMBERS,)


def test_what_is_not_understood_is_counted():
    (found,) = read("SVC: something new\n" + WHOLE + "another thing\nand a third\n")
    assert found.not_understood == 3
    assert found.tls_mtu == 1300


def test_the_steps_alone_give_the_computed_numbers():
    (found,) = read("\n".join(line for line in WHOLE.splitlines() if " - " in line))
    assert (found.computed_tls_mtu, found.computed_dtls_mtu, found.tls_mtu) == (1303, 1418, None)


def test_a_transcript_of_something_else_gives_only_a_count():
    assert read("hello\nworld\n") == (DebugNumbers(not_understood=2),)


def test_nothing_gives_nothing():
    assert read("\n\n") == ()


@given(st.text(max_size=300))
def test_any_text_and_no_crash(text):
    for numbers in read(text):
        assert numbers.not_understood >= 0


@given(st.lists(st.sampled_from(WHOLE.splitlines()), max_size=30))
def test_lines_in_any_order_are_never_called_unknown(lines):
    assert all(numbers.not_understood == 0 for numbers in read_debug_log(lines))
