"""SSH sessions are counted, and one is left free."""

from types import SimpleNamespace

import pytest

from nornir_anyconnect.errors import NoSlotError
from nornir_anyconnect.platforms.asa_ssh.slots import free_slots, leave_one_free

HEAD = "SID Client IP       Version Mode Encryption Hmac     State            Username\n"
ROWS = (
    "{0:<3} 192.0.2.7       2.0     IN   aes256-ctr sha2-256 SessionStarted   audit\n"
    "                            OUT  aes256-ctr sha2-256 SessionStarted   audit\n"
)


def session(sids, refusal=None):
    """A session on a device that lists these."""
    text = HEAD + "".join(ROWS.format(sid) for sid in sids)
    return SimpleNamespace(name="fw1", send=lambda _: SimpleNamespace(text=text, refusal=refusal))


@pytest.mark.parametrize(
    ("sids", "free"), [([0], 4), ([0, 1, 7, 12], 1), ([0, 1, 2, 3, 4], 0), (range(6), 0), ([3, 3], 4)]
)
def test_slots_beside_those_in_use(sids, free):
    assert free_slots(session(sids)) == free


def test_the_last_session_is_not_taken():
    leave_one_free(session(range(4)))
    with pytest.raises(NoSlotError, match="fw1: all 5 SSH sessions are taken, ours is the last one"):
        leave_one_free(session(range(5)))


def test_a_login_that_may_not_ask_goes_on():
    may_not = session(range(5), refusal="ERROR: Command authorization failed")
    assert free_slots(may_not) is None
    leave_one_free(may_not)
