"""Promise 4: only typed commands can leave the process. Fuzz, and no second door in the source."""

import ast
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nornir_anyconnect
from nornir_anyconnect.platforms.asa_ssh.session import Session
from nornir_anyconnect.platforms.login_gate import LoginGate

PACKAGE = Path(nornir_anyconnect.__file__).parent
DOORS = {
    "send_command",
    "send_command_timing",
    "send_config_set",
    "write_channel",
    "sendall",
    "exec_command",
    "send_multiline",
}


class Wire:
    """Answers the login, and keeps every byte."""

    def __init__(self):
        self.out, self.sent = [b"fw1# "], b""

    def now(self):
        return 0.0

    def read(self, timeout):
        return self.out.pop(0) if self.out else b""

    def write(self, data):
        self.sent += data
        self.out.append(data.replace(b"\n", b"\r\n") + b"fw1# ")

    def close(self):
        pass


@given(st.one_of(st.text(), st.binary(), st.integers(), st.none(), st.lists(st.text()), st.builds(object)))
def test_nothing_else_is_taken(thing):
    wire = Wire()
    session = Session(wire, name="fw1", login_gate=LoginGate())
    session.log_in(enables=False)
    before = wire.sent
    with pytest.raises(TypeError, match="typed commands"):
        session.send(thing)
    with pytest.raises(TypeError, match="typed commands"):
        session.send_line(thing, expect_mode=None)
    assert wire.sent == before


def test_a_string_that_pretends_to_be_a_command_is_not_taken():
    class Pretender(str):
        __slots__ = ()
        text = "reload"

    wire = Wire()
    session = Session(wire, name="fw1", login_gate=LoginGate())
    session.log_in(enables=False)
    with pytest.raises(TypeError, match="typed commands"):
        session.send(Pretender("reload"))
    assert b"reload" not in wire.sent


def test_there_is_no_second_door():
    """Only the transport writes to a channel, and only the session asks the conversation."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        if path.parent.name == "probe":
            continue  # it says hello to a head-end, and never logs in
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                if node.func.attr in DOORS:
                    found.setdefault(node.func.attr, set()).add(path.name)
                if node.func.attr == "ask" and path.parent.name == "asa_ssh":
                    found.setdefault("ask", set()).add(path.name)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Conversation":
                found.setdefault("Conversation", set()).add(path.name)
    assert found == {
        "sendall": {"netmiko_transport.py"},
        "ask": {"conversation.py", "session.py"},
        "Conversation": {"session.py"},
    }
