"""How an ASA writes times of VPN sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


def duration(elapsed: timedelta) -> str:
    """As an ASA prints it: ``2h:21m:21s``, with days in front where there are any."""
    seconds = int(elapsed.total_seconds())
    days, seconds = divmod(seconds, 86400)
    text = f"{seconds // 3600}h:{seconds // 60 % 60:02d}m:{seconds % 60:02d}s"
    return f"{days}d {text}" if days else text
