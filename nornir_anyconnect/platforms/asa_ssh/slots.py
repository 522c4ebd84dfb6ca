"""An ASA has five SSH sessions; one is always left free, for the person who has to get in (promise 9)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nornir_anyconnect.asa.commands import Show, ShowCommand
from nornir_anyconnect.errors import NoSlotError

if TYPE_CHECKING:
    from nornir_anyconnect.platforms.asa_ssh.session import Session

SSH_SESSIONS = 5
"""SSH sessions of an ASA, per context; source: ASA configuration guide, management access."""
_SID = re.compile(r"^(\d+) +\S", re.MULTILINE)


def free_slots(session: Session) -> int | None:
    """SSH sessions left beside those open now, ours among them; None where this login may not ask."""
    reply = session.send(ShowCommand(Show.SSH_SESSIONS))
    if reply.refusal is not None:
        return None
    return max(0, SSH_SESSIONS - len(set(_SID.findall(reply.text))))


def leave_one_free(session: Session) -> None:
    """Refuse to go on in the last session that the device has.

    Raises:
        NoSlotError: nobody else could log in while this session lasts.

    """
    if free_slots(session) == 0:
        raise no_slot(session)


def no_slot(session: Session) -> NoSlotError:
    """The error of a device whose last session is ours."""
    return NoSlotError(
        f"{session.name}: all {SSH_SESSIONS} SSH sessions are taken, ours is the last one",
        "end one (show ssh sessions, ssh disconnect ID): one is always left free for whoever has to get in",
    )
