"""The only room that talks to a device.

Nornir imports this package when it starts, so nothing heavy is loaded until a device is reached.
"""

from nornir_anyconnect.platforms.asa_ssh.connection import AnyConnectAsa, close_session, open_session

__all__ = ["AnyConnectAsa", "close_session", "open_session"]
