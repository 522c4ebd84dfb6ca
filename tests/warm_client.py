"""The interpreter that a test starts: asks ``tests.warm`` for the program, hands on signals, and ends as it ends.

It loads nothing that takes time: hundreds of them are started.
"""

import _signal
import _socket
import os
import sys


def ask(address, words):
    """Be the interpreter with these arguments."""
    forwarded = (_signal.SIGINT, _signal.SIGTERM, _signal.SIGHUP, _signal.SIGUSR1)
    link = _socket.socket(_socket.AF_UNIX)
    link.connect(address)
    for number in forwarded:
        _signal.signal(number, lambda number, _: link.send(b"%d\n" % number))
    words = [os.fsencode(word) for word in words]
    about = (b"%d" % len(words), *words, os.getcwdb(), *(b"%b=%b" % each for each in os.environb.items()))
    asked = b"\0".join(about)
    asked = b"%d\n%b" % (len(asked), asked)
    streams = b"".join(number.to_bytes(4, sys.byteorder) for number in range(3))
    sent = link.sendmsg([asked], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, streams)])
    link.sendall(asked[sent:])
    ended = b""
    while part := link.recv(64):
        ended += part
    if int(ended) < 0:
        for number in forwarded:
            _signal.signal(number, _signal.SIG_DFL)
        os.kill(os.getpid(), -int(ended))
    os._exit(int(ended))


if __name__ == "__main__":
    ask(sys.argv[1], sys.argv[2:])
