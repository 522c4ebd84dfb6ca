"""Promise 5: hostile names never become a second line; what arrives at the box is checked byte by byte."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nornir_anyconnect.asa.commands import ChangeTo
from nornir_anyconnect.asa.config_commands import lines_to_send
from nornir_anyconnect.errors import AnyConnectError
from nornir_anyconnect.platforms.asa_ssh import conversation
from nornir_anyconnect.platforms.asa_ssh.session import Session
from nornir_anyconnect.platforms.login_gate import LoginGate
from nornir_anyconnect.remedies.client_settings import ClientScope, ClientSettingsOf
from nornir_anyconnect.remedies.kinds.mtu import ClientMtu
from nornir_anyconnect.remedies.kinds.tls_only_group import NewGroupPolicy, NewTunnelGroup

HOSTILE = [
    "x\nreload",
    "x\rreload",
    "x\treload",
    "x?",
    "x\x1b[2J",
    'x" attributes',
    "x\u2028reload",
    "-x",
    " x",
    "x ",
    "",
    "x\x00",
]


class Box:
    """Follows the mode that each line is meant for, and keeps every byte."""

    def __init__(self):
        self.mode, self.out, self.sent, self.clock = None, [b"fw1# "], [], 0.0

    def now(self):
        return self.clock

    def read(self, timeout):
        if self.out:
            return self.out.pop(0)
        self.clock += timeout  # only silence takes time
        return b""

    def write(self, data):
        self.sent.append(data)
        prompt = f"fw1({self.mode})# " if self.mode else "fw1# "
        self.out.append(data.rstrip(b"\n") + b"\r\n" + prompt.encode())

    def close(self):
        pass


def _sent(build):
    box = Box()
    session = Session(box, name="fw1", login_gate=LoginGate())
    session.log_in(enables=False)
    first = len(box.sent)
    # a name that is refused sends nothing; what is never answered was sent all the same
    with contextlib.suppress(AnyConnectError):
        for mode, line in build():
            box.mode = mode
            if mode is not None:
                session._conversation._dialogue.prompt = session._conversation._dialogue._looks.prompt(f"fw1({mode})# ")
                session._conversation._dialogue._screen = bytearray(f"fw1({mode})# ".encode())
                session.send_line(line, expect_mode=mode)
            else:
                session.send(line)
    return box.sent[first:]


names = st.one_of(st.text(), st.sampled_from(HOSTILE), st.text(st.characters(codec="ascii"), min_size=1))


@pytest.fixture(autouse=True, scope="module")
def _impatient():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(conversation, "QUIET", 0.001)
        yield


@given(names)
@example("x\nreload")
def test_each_write_is_one_printable_line(name):
    token = "run-0001"
    builds = (
        lambda: [(None, ChangeTo(name))],
        lambda: lines_to_send([ClientMtu(ClientSettingsOf(ClientScope.GROUP_POLICY, name), None, 1300)]),
        lambda: lines_to_send([ClientMtu(ClientSettingsOf(ClientScope.USERNAME, name), None, 1300)]),
        lambda: lines_to_send([NewGroupPolicy(name, (f"default-domain value {name}",), (), token)]),
        lambda: lines_to_send([NewTunnelGroup("T", "remote-access", (), (f"group-alias {name} enable",), token)]),
    )
    for build in builds:
        for data in _sent(build):
            assert data.endswith(b"\n")
            line = data[:-1]
            assert all(0x20 <= byte <= 0x7E for byte in line), line
            assert b"?" not in line
            assert not line.startswith(b"reload")


@pytest.mark.fleet
def test_a_name_with_a_blank_arrives_in_quotes(site):
    from tests.promises.conftest import box

    here = site(box(release="9.20(3)", config=["edge.cfg", "quoted_names.cfg"]))
    assert here.apply(here.plan(fix="mtu"))["fw-one"].state == "applied"
    lines = [line for _, mode, line in here.configured if mode == "config"]
    assert 'group-policy "GP Road Warriors" attributes' in lines
    assert "  anyconnect mtu 12" in here.fleet.devices["fw-one"].running_config()
