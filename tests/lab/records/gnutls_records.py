"""Two GnuTLS sessions that speak to each other in memory, so that the length of a record can be read off.

GnuTLS has no Python binding; its C interface is called as its manual describes it.
"""

from __future__ import annotations

import ctypes
from collections import deque

_SERVER, _CLIENT, _DATAGRAM, _NONBLOCK = 1, 2, 4, 8  # gnutls_init flags
_CERTIFICATE = 1  # GNUTLS_CRD_CERTIFICATE
_PEM = 1
_GO_ON = (-28, -52)  # GNUTLS_E_AGAIN, GNUTLS_E_INTERRUPTED
_EAGAIN = 11

_PUSH = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_PULL = ctypes.CFUNCTYPE(ctypes.c_ssize_t, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t)
_WAIT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_uint)


class _Datum(ctypes.Structure):
    _fields_ = (("data", ctypes.c_char_p), ("size", ctypes.c_uint))


def load() -> ctypes.CDLL | None:
    """The GnuTLS library, or None where it is not installed."""
    try:
        library = ctypes.CDLL("libgnutls.so.30")
    except OSError:
        return None
    library.gnutls_strerror.restype = ctypes.c_char_p
    library.gnutls_record_send.restype = ctypes.c_ssize_t
    for name in ("push", "pull", "pull_timeout"):
        getattr(library, f"gnutls_transport_set_{name}_function").argtypes = (
            ctypes.c_void_p,
            ctypes.c_void_p,
        )
    library.gnutls_record_send.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
    return library


class Refused(Exception):
    """GnuTLS does not do this suite in this version."""


class _End:
    """One end: what it sends goes into ``sent``, what it reads comes from the other end's."""

    def __init__(self, library: ctypes.CDLL, flags: int, priority: str, credentials: ctypes.c_void_p) -> None:
        self._library = library
        self.session = ctypes.c_void_p()
        self.sent: deque[bytes] = deque()
        self.peer: _End | None = None
        _check(library, library.gnutls_init(ctypes.byref(self.session), flags))
        if library.gnutls_priority_set_direct(self.session, priority.encode(), None) < 0:
            raise Refused(priority)
        library.gnutls_credentials_set(self.session, _CERTIFICATE, credentials)
        # kept as attributes: the library holds no reference to them
        self._callbacks = (_PUSH(self._push), _PULL(self._pull), _WAIT(self._wait))
        for name, function in zip(("push", "pull", "pull_timeout"), self._callbacks, strict=True):
            setter = getattr(library, f"gnutls_transport_set_{name}_function")
            setter(self.session, ctypes.cast(function, ctypes.c_void_p))
        if flags & _DATAGRAM:
            library.gnutls_dtls_set_mtu(self.session, 4000)
            library.gnutls_dtls_set_timeouts(self.session, 60_000, 60_000)

    def _push(self, _transport: int, data: int, size: int) -> int:
        self.sent.append(ctypes.string_at(data, size))
        return size

    def _pull(self, _transport: int, data: int, size: int) -> int:
        assert self.peer is not None
        if not self.peer.sent:
            self._library.gnutls_transport_set_errno(self.session, _EAGAIN)
            return -1
        piece = self.peer.sent.popleft()
        if len(piece) > size:
            self.peer.sent.appendleft(piece[size:])
            piece = piece[:size]
        ctypes.memmove(data, piece, len(piece))
        return len(piece)

    def _wait(self, _transport: int, _milliseconds: int) -> int:
        assert self.peer is not None
        return len(self.peer.sent)

    def shake(self) -> bool:
        """Go on with the handshake; whether it is through."""
        answer = self._library.gnutls_handshake(self.session)
        if answer in _GO_ON:
            return False
        if answer < 0:
            raise Refused(self._library.gnutls_strerror(answer).decode())
        return True

    def close(self) -> None:
        self._library.gnutls_deinit(self.session)


class Pair:
    """A connected client and server.

    Raises:
        Refused: this GnuTLS does not do what the priority string asks for.

    """

    def __init__(
        self,
        library: ctypes.CDLL,
        priority: str,
        identities: list[tuple[bytes, bytes]],
        *,
        datagram: bool,
    ) -> None:
        self._library = library
        self._credentials = ctypes.c_void_p()
        _check(library, library.gnutls_certificate_allocate_credentials(ctypes.byref(self._credentials)))
        for pem, key in identities:
            data = _Datum(pem, len(pem)), _Datum(key, len(key))
            _check(
                library,
                library.gnutls_certificate_set_x509_key_mem(
                    self._credentials, ctypes.byref(data[0]), ctypes.byref(data[1]), _PEM
                ),
            )
        library.gnutls_certificate_set_known_dh_params(self._credentials, 2)
        flags = _NONBLOCK | (_DATAGRAM if datagram else 0)
        self._ends = [_End(library, flags | side, priority, self._credentials) for side in (_CLIENT, _SERVER)]
        client, server = self._ends
        client.peer, server.peer = server, client
        through = [False, False]
        for _turn in range(100):
            through = [done or end.shake() for done, end in zip(through, self._ends, strict=True)]
            if all(through):
                break
        else:
            raise Refused("the handshake does not end")
        client.sent.clear()
        server.sent.clear()

    def record_length(self, payload: int) -> int:
        """Bytes on the wire that carry ``payload`` bytes, record header included."""
        server = self._ends[1]
        server.sent.clear()
        sent = self._library.gnutls_record_send(server.session, bytes(payload), payload)
        assert sent == payload, self._library.gnutls_strerror(int(sent))
        return sum(len(piece) for piece in server.sent)

    def close(self) -> None:
        """Give both sessions back."""
        for end in self._ends:
            end.close()
        self._library.gnutls_certificate_free_credentials(self._credentials)


def _check(library: ctypes.CDLL, answer: int) -> None:
    if answer < 0:
        raise RuntimeError(library.gnutls_strerror(answer).decode())
