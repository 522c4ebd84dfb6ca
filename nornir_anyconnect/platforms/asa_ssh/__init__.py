"""An ASA, or an FTD's own command line, over SSH.

Nornir imports this package when it starts, so nothing heavy is loaded until a device is reached.
"""

from nornir_anyconnect.platforms.asa_ssh.connection import PLATFORM, AnyConnectAsa, close_session, open_session

__all__ = ["PLATFORM", "AnyConnectAsa", "close_session", "open_session"]
