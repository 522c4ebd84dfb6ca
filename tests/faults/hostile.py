"""SSH servers that stall, flood, dribble and lie, one kind per port: ``python -m tests.faults.hostile``.

Prints the ports by kind and the one host key as JSON, then the kind of each that begins to be hostile, and serves until
its standard input ends; a kind that is written there hangs up, and with a minus in front it does so no more. A process
of its own, so that what it wastes is not taken for what the tool needs.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
import time

import paramiko

KEY = paramiko.ECDSAKey.generate(bits=256)
EVER = 3600.0
"""Seconds; longer than any test."""
TICK = 0.25
"""Seconds between the bytes of one that dribbles: none of the silences that are borne is as long."""
GREETING = b"SSH-2.0-hostile\r\n"


def tell(kind):
    os.write(1, f"{kind}\n".encode())  # in one piece: others tell of theirs at the same moment


def stall(_sock):
    time.sleep(EVER)


def pour(send, piece, seconds=EVER):
    """Say this over and over."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        send(piece)


def dribble(send, text=b"x"):
    for _ in range(int(EVER / TICK)):
        for byte in text:
            send(bytes([byte]))
            time.sleep(TICK)


BEFORE_SSH = {
    "says nothing at all": stall,
    "dribbles its greeting": lambda sock: dribble(sock.sendall),
    "floods its greeting": lambda sock: pour(sock.sendall, b"x" * 65536),
    "floods lines before its greeting": lambda sock: pour(sock.sendall, b"welcome\r\n" * 5000),
    "stalls the key exchange": lambda sock: (sock.sendall(GREETING), stall(sock)),
    "dribbles the key exchange": lambda sock: (sock.sendall(GREETING), dribble(sock.sendall, b"\0")),
    "lies in the key exchange": lambda sock: (sock.sendall(GREETING + b"\x7f\xff\xff\xff" * 4096), stall(sock)),
}


class Door(paramiko.ServerInterface):
    """Stalls at the step that it is named after."""

    def __init__(self, step, sock):
        self.step, self.sock = step, sock

    def stop_at(self, step):
        if step == self.step:
            tell(step)
            HANG_UP[step].wait(EVER)
            self.sock.close()

    def get_allowed_auths(self, username):
        return "password"

    def check_auth_password(self, username, password):
        self.stop_at("stalls the authentication")
        return paramiko.AUTH_SUCCESSFUL

    def check_channel_request(self, kind, chanid):
        self.stop_at("stalls the channel")
        return paramiko.OPEN_SUCCEEDED

    def check_channel_pty_request(self, *_):
        self.stop_at("stalls the terminal")
        return True

    def check_channel_shell_request(self, channel):
        self.stop_at("stalls the shell")
        return True


STEPS = ("stalls the authentication", "stalls the channel", "stalls the terminal", "stalls the shell")

BANNERS = {
    "says nothing after the login": lambda _: time.sleep(EVER),
    "dribbles its banner": lambda say: dribble(say),
    "floods its banner": lambda say: pour(say, b"welcome\r\n" * 5000),
    "floods prompts that are none": lambda say: pour(say, b"fw9# x\r\nfw8# "),
    "answers nothing": lambda say: (say(b"fw1# "), time.sleep(EVER)),
}

REPLIES = {
    "never answers a show": lambda _: time.sleep(EVER),
    "dribbles a reply": lambda say: dribble(say),
    "floods a reply": lambda say: pour(say, b" no end of it\r\n" * 4000),
    "floods a reply without a line end": lambda say: pour(say, b"x" * 65536),
    "floods prompts in a reply": lambda say: pour(say, b"x\r\nfw2# " * 4000),
    "floods our own prompt": lambda say: pour(say, b"fw1# show" * 4000),
    "turns pages for ever": lambda say: [(say(b"\r\n<--- More --->"), time.sleep(0.01)) for _ in range(360000)],
    "sends nothing but blanks": lambda say: (say(b" " * 900_000), say(b"\r\nfw1# ")),
    "takes back every letter": lambda say: (say(b"x" * 400_000 + b"\b" * 400_000), say(b"\r\nfw1# ")),
    "asks a question": lambda say: (
        say(b"demo-enable and demo-password are wrong, audit? [confirm]"),
        time.sleep(EVER),
    ),
    "never lets go": lambda say: say(b"\r\nfw1# "),
}

KINDS = (*BEFORE_SSH, *STEPS, *BANNERS, *REPLIES)
HANG_UP = {step: threading.Event() for step in STEPS}


def shell(channel, kind):
    """An ASA's prompt, until it is asked to show something."""
    if kind in BANNERS:
        BANNERS[kind](channel.sendall)
        return
    channel.sendall(b"fw1# ")
    line = b""
    while data := channel.recv(1):
        if data not in b"\r\n":
            line += data
            continue
        channel.sendall(line + b"\r\n")
        if line.startswith(b"show"):
            tell(kind)
            REPLIES[kind](channel.sendall)
        elif line == b"exit":
            time.sleep(EVER)
        else:
            channel.sendall(b"fw1# ")
        line = b""


def serve_one(sock, kind):
    if kind in BEFORE_SSH:
        tell(kind)
        BEFORE_SSH[kind](sock)
        return
    transport = paramiko.Transport(sock)
    transport.add_server_key(KEY)
    transport.start_server(server=Door(kind, sock))
    channel = transport.accept(EVER)
    if channel is not None:
        shell(channel, kind)
    time.sleep(EVER)


def serve(listener, kind):
    def one(sock):
        with contextlib.suppress(Exception):
            serve_one(sock, kind)

    while True:
        sock, _ = listener.accept()
        threading.Thread(target=one, args=(sock,), daemon=True).start()


def main():
    ports = {}
    for kind in KINDS:
        listener = socket.create_server(("127.0.0.1", 0))
        ports[kind] = listener.getsockname()[1]
        threading.Thread(target=serve, args=(listener, kind), daemon=True).start()
    sys.stdout.write(json.dumps({"ports": ports, "key": f"{KEY.get_name()} {KEY.get_base64()}"}) + "\n")
    sys.stdout.flush()
    for line in sys.stdin:
        hang_up = HANG_UP[line.strip().removeprefix("-")]
        hang_up.clear() if line.startswith("-") else hang_up.set()


if __name__ == "__main__":
    main()
