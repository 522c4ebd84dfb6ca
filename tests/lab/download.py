"""A download of 200 kB from the inside web server through the tunnel: through, or stalled."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress

from tests.lab.network import CLIENT, INSIDE, SERVER_ADDRESS, Network

SIZE = 200_000
SILENCE = 1.5
"""Seconds without a byte after which a download counts as stalled: three retransmissions of a server on
this machine (0.2, 0.4, 0.8 s) have then been lost."""
_PORT = 80
_REQUEST = b"GET /large HTTP/1.0\r\n\r\n"
_HEADER = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE


class WebServer:
    """The inside web server: one large page."""

    def __init__(self, net: Network) -> None:
        with net.inside(INSIDE):
            self._listening = socket.create_server((SERVER_ADDRESS, _PORT))
        self._listening.settimeout(0.2)
        self._open = True
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._open:
            with suppress(TimeoutError):
                connection, _client = self._listening.accept()
                threading.Thread(target=_answer, args=(connection,), daemon=True).start()

    def close(self) -> None:
        """Stop serving."""
        self._open = False
        self._thread.join(2)
        self._listening.close()


def _answer(connection: socket.socket) -> None:
    # a stalled client hangs up: then there is nobody left to serve
    with connection, suppress(OSError):
        connection.settimeout(10)
        connection.recv(1024)
        connection.sendall(_HEADER + bytes(SIZE))
        connection.shutdown(socket.SHUT_WR)
        connection.recv(1)


def download(net: Network, client_address: str) -> bool:
    """Fetch the page through the tunnel; False where it stalls."""
    with net.inside(CLIENT):
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with connection:
        connection.settimeout(SILENCE)
        connection.bind((client_address, 0))
        connection.connect((SERVER_ADDRESS, _PORT))
        connection.sendall(_REQUEST)
        got = 0
        try:
            while piece := connection.recv(65536):
                got += len(piece)
        except TimeoutError:
            return False
    assert got == len(_HEADER) + SIZE, f"{got} bytes came"
    return True
