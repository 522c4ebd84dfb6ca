"""A device of strings, and a session on it, by a clock that only its silences move."""

from nornir_anyconnect.errors import LinkLostError
from nornir_anyconnect.platforms.asa_ssh.device import AsaDevice
from nornir_anyconnect.platforms.asa_ssh.session import Session
from nornir_anyconnect.platforms.login_gate import LoginGate


class Box:
    """Answers by the line; a value is (text, next prompt), text alone, bytes, or an exception to raise on reading."""

    def __init__(self, answers=None, prompt="fw1# ", greeting=""):
        self.prompt = prompt
        self.answers = {"terminal pager 0": "", "exit": LinkLostError("gone"), **(answers or {})}
        self.out = [(greeting + prompt).encode()]
        self.lines = []
        self.closed = False
        self.clock = 0.0

    def now(self):
        return self.clock

    def read(self, timeout):
        if not self.out:
            self.clock += timeout
            return b""
        data = self.out.pop(0)
        if isinstance(data, Exception):
            raise data
        return data

    def write(self, data):
        for line in data.decode().splitlines():
            self._answer(line)

    def _answer(self, line):
        self.lines.append(line)
        answer = self.answers.get(line, "           ^\r\nERROR: % Invalid input detected at '^' marker.\r\n")
        if isinstance(answer, Exception | bytes):
            self.out.append(answer)
            if isinstance(answer, bytes) and answer.endswith(b"# "):
                self.prompt = answer.decode().rpartition("\n")[2]
        else:
            text, self.prompt = answer if isinstance(answer, tuple) else (answer, self.prompt)
            self.out.append(f"{line}\r\n{text}{self.prompt}".encode())

    def close(self):
        self.closed = True


def session_on(box, **more):
    session = Session(box, name="fw1", user="audit", **{"login_gate": LoginGate(), **more})
    session.log_in(enables=False)
    return session


def device_on(box, **more):
    """The device behind such a session."""
    return AsaDevice(session_on(box, **more))
