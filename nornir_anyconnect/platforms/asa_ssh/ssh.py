"""SSH to one device over the transport that its host asks for: host keys first, one attempt per credential."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from nornir_anyconnect.platforms.asa_ssh.endpoint import Endpoint
from nornir_anyconnect.platforms.login_gate import LoginGate, gate

if TYPE_CHECKING:
    from nornir_anyconnect.platforms.asa_ssh.conversation import Transport
    from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey
    from nornir_anyconnect.platforms.asa_ssh.options import Options


class Driver(Protocol):
    """What a transport's module offers."""

    def open_channel(self, device: Endpoint, jump: Endpoint | None, login_gate: LoginGate) -> Transport:
        """As :func:`open_ssh`."""

    def presented_key(self, server: Endpoint) -> HostKey:
        """As :func:`server_key`."""


def open_ssh(
    hostname: str, port: int, *, username: str, password: str | None, options: Options, login_gate: LoginGate = gate
) -> Transport:
    """Connect, verify the host key, log in with one attempt, and open a shell.

    Raises:
        UnreachableError: no TCP or SSH session.
        AlgorithmError: nothing in common; names what the device offers.
        HostKeyError: unknown or changed key; no password was sent.
        CredentialError: refused, or not tried since it was refused elsewhere too often.

    """
    device = Endpoint(hostname, port, username, options, password, options.key_file)
    jump = None
    if (via := options.jump_host) is not None:
        # the server in between is ours to choose: it is no old firewall
        modern = replace(options, legacy_ssh=False)
        jump = Endpoint(via.hostname, via.port, via.username or username, modern, password, via.key_file, between=True)
        jump.refuse_spent(login_gate)
    device.refuse_spent(login_gate)
    return _driver(options).open_channel(device, jump, login_gate)


def server_key(hostname: str, port: int, options: Options) -> HostKey:
    """The host key a server presents; nothing is authenticated, no user name is sent.

    Raises:
        UnreachableError: no TCP or SSH session.
        AlgorithmError: nothing in common.

    """
    return _driver(options).presented_key(Endpoint(hostname, port, "", replace(options, jump_host=None)))


def _driver(options: Options) -> Driver:
    """Each library takes a third of a second to load: only the one that is used is loaded."""
    if options.transport == "netmiko":
        from nornir_anyconnect.platforms.asa_ssh import netmiko_transport  # noqa: PLC0415 - see above

        return netmiko_transport
    from nornir_anyconnect.platforms.asa_ssh import asyncssh_transport  # noqa: PLC0415 - see above

    return asyncssh_transport
