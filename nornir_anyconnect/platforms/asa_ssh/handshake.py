"""The SSH handshake: which algorithms are offered to whom, and which host keys are accepted."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import paramiko

if TYPE_CHECKING:
    from collections.abc import Mapping

LOG = "nornir_anyconnect.ssh"
logging.getLogger(LOG).addHandler(logging.NullHandler())

LEGACY: dict[str, list[str]] = {
    "kex": ["diffie-hellman-group-exchange-sha1", "diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"],
    "keys": ["ssh-rsa"],
    "pubkeys": ["ssh-rsa"],
    "ciphers": ["3des-cbc"],
    "macs": ["hmac-md5", "hmac-md5-96", "hmac-sha1-96"],
}
"""What is offered only to a host with ``legacy_ssh: true``; source: RFC 9142, RFC 8332."""

_SIGNATURES = {"ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")}


class Handshake(paramiko.Transport):  # type: ignore[misc, unused-ignore]
    """Remembers what the server offered, for the error that names it."""

    offered: Mapping[str, list[str]] = {}

    def _really_parse_kex_init(self, m: Any, ignore_first_byte: bool = False) -> dict[str, Any]:
        parsed: dict[str, Any] = super()._really_parse_kex_init(m, ignore_first_byte)
        self.offered = {
            "key exchange": list(parsed["kex_algo_list"]),
            "host key": list(parsed["server_key_algo_list"]),
            "cipher": list(parsed["server_encrypt_algo_list"]),
            "MAC": list(parsed["server_mac_algo_list"]),
        }
        return parsed


class Client(paramiko.SSHClient):  # type: ignore[misc, unused-ignore]
    """Knows one server's keys and refuses every other."""

    def __init__(self, known: Mapping[str, paramiko.PKey], name: str) -> None:
        super().__init__()
        self.known = known
        self.handshake: Handshake | None = None
        self.set_log_channel(LOG)
        self.set_missing_host_key_policy(paramiko.RejectPolicy())
        for kind, key in known.items():
            self.get_host_keys().add(name, kind, key)

    def connect(self, *args: Any, **kwargs: Any) -> None:
        """As paramiko does, over our transport."""
        super().connect(*args, transport_factory=self.make, **kwargs)

    def make(self, *args: Any, **kwargs: Any) -> Handshake:
        """The transport of this connection."""
        self.handshake = Handshake(*args, **kwargs)
        # ask for the kind of key that is known, or a server with several keys shows another one
        wanted = [each for kind in self.known for each in _SIGNATURES.get(kind, (kind,))]
        rest = [each for each in self.handshake._preferred_keys if each not in wanted]  # noqa: SLF001 - no public way
        self.handshake._preferred_keys = (*wanted, *rest)  # noqa: SLF001 - as above
        return self.handshake
