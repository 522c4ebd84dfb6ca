"""FTDs behind a Firewall Management Center: read through it, never changed."""

from nornir_anyconnect.platforms.fmc.inventory import AnyConnectFMC
from nornir_anyconnect.platforms.fmc.manager import CONNECTION, PLATFORM, FtdBehindFmc

__all__ = ["CONNECTION", "PLATFORM", "AnyConnectFMC", "FtdBehindFmc"]
