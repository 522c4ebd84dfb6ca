"""What a manager (FMC) holds of a device's policies: values, and no way to reach it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A group policy object of the manager.

    Args:
        name: as on the device.
        path: of the object in the manager's API.
        body: the object as JSON, as it would have to be sent back.
        mtu: bytes; None where the object sets none.
        df_bit_ignore: None where the object does not say.
        shared_with: the other devices that use it.

    """

    name: str
    path: str
    body: str
    mtu: int | None = None
    df_bit_ignore: bool | None = None
    shared_with: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ManagedBy:
    """The manager of a device and what it holds for it.

    Args:
        url: of the manager.
        policies: the group policies of the device's remote access VPN policy.

    """

    url: str
    policies: tuple[ManagedPolicy, ...] = ()

    def policy(self, name: str | None) -> ManagedPolicy | None:
        """The object of that group policy."""
        return next((each for each in self.policies if each.name == name), None)
