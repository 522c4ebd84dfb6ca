"""What a manager's object says of a policy and the device does not: a change that was not deployed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir_anyconnect.asa.running_config import RunningConfig

REASON = "undeployed-change"


class Undeployed(NamedTuple):
    """A group policy whose object and device differ; MTUs in bytes, None where there is none."""

    policy: str
    object_mtu: int | None
    device_mtu: int | None
    object_df: bool
    device_df: bool


def undeployed(config: RunningConfig) -> Iterator[Undeployed]:
    """Every policy of the device's manager that differs from what the device runs; a setting nobody made is none."""
    for each in config.manager.policies if config.manager else ():
        policy = config.group_policy(each.name)
        client = policy.client if policy else None
        mtu = client.mtu.value if client and client.mtu else None
        ignored = bool(client and client.df_bit_ignore and client.df_bit_ignore.value)
        found = Undeployed(
            each.name,
            mtu if each.mtu is None and policy else each.mtu,
            mtu,
            ignored if each.df_bit_ignore is None else each.df_bit_ignore,
            ignored,
        )
        if policy is None or (found.object_mtu, found.object_df) != (mtu, ignored):
            yield found
