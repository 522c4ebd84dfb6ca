"""What a manager (FMC) holds of a device's policies: values, and no way to reach it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ManagerSteps:
    """A remedy in the words of the manager that owns the policy.

    Args:
        url: of the manager.
        page: where to click, and what to set there.
        path: of the object in its API; PUT takes the whole of it.
        body: the object with the new value.
        terraform: the line of a ``fmc_group_policy``.
        shared_with: the other devices that the object reaches.

    """

    url: str
    page: str
    path: str
    body: dict[str, Any]
    terraform: str
    shared_with: tuple[str, ...] = ()

    @property
    def lines(self) -> tuple[str, ...]:
        """For people, one step a line."""
        shared = f"shared with {', '.join(self.shared_with)}" if self.shared_with else "no other device uses the object"
        return (
            f"in FMC ({self.url}): {self.page}",
            f"or PUT {self.path}: {json.dumps(self.body)}",
            f"or Terraform, fmc_group_policy: {self.terraform}",
            shared,
        )

    def to_dict(self) -> dict[str, Any]:
        """As in the JSON of an audit."""
        return {name: getattr(self, name) for name in self.__slots__} | {"shared_with": list(self.shared_with)}


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
