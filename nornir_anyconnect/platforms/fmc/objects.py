"""The objects of a manager as values: which device has which remote access VPN policy, with which group policies.

Source: FMC REST API: ``assignment/policyassignments``, ``policy/ravpns``, ``policy/ravpns/ID/connectionprofiles``,
``object/grouppolicies`` (``anyConnectSettings.sslSettings``: ``mtuSize`` in bytes, ``ignoreDFBit``).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nornir_anyconnect.asa.managed import ManagedBy, ManagedPolicy

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nornir_anyconnect.platforms.fmc.client import FmcClient

GROUP_POLICIES = "object/grouppolicies"
_RAVPN = "ravpn"


@dataclass(frozen=True, slots=True)
class Estate:
    """What one domain of a manager holds of remote access VPN.

    Args:
        devices: UUIDs of all devices, by name.
        policies: names of the group policies, by the name of the device that uses them.
        objects: the group policy objects, by name.

    """

    devices: dict[str, str] = field(default_factory=dict)
    policies: dict[str, frozenset[str]] = field(default_factory=dict)
    objects: dict[str, dict[str, Any]] = field(default_factory=dict)

    def of(self, device: str, url: str) -> ManagedBy:
        """What the manager holds for a device."""
        used = self.policies.get(device, frozenset())
        found = (self._policy(name, device) for name in sorted(used) if name in self.objects)
        return ManagedBy(url, tuple(found))

    def _policy(self, name: str, device: str) -> ManagedPolicy:
        known = self.objects[name]
        settings = _mapping(_mapping(known.get("anyConnectSettings")).get("sslSettings"))
        mtu, ignore = settings.get("mtuSize"), settings.get("ignoreDFBit")
        sent_back = {key: value for key, value in known.items() if key not in ("links", "metadata")}
        return ManagedPolicy(
            name=name,
            path=f"{GROUP_POLICIES}/{known.get('id')}",
            body=json.dumps(sent_back, sort_keys=True),
            mtu=mtu if isinstance(mtu, int) and not isinstance(mtu, bool) else None,
            df_bit_ignore=ignore if isinstance(ignore, bool) else None,
            shared_with=tuple(
                sorted(other for other, used in self.policies.items() if name in used and other != device)
            ),
        )


def read_estate(client: FmcClient) -> Estate:
    """Ask the manager for all of it.

    Raises:
        DeviceError: the manager cannot be read.

    """
    estate = Estate()
    for record in client.items("devices/devicerecords"):
        estate.devices[str(record.get("name"))] = str(record.get("id"))
    for known in client.items(GROUP_POLICIES):
        estate.objects[str(known.get("name"))] = known
    used = {}
    for policy in client.items("policy/ravpns"):
        names = {str(_mapping(each).get("name")) for each in policy.get("groupPolicies") or ()}
        for profile in client.items(f"policy/ravpns/{policy.get('id')}/connectionprofiles"):
            names.add(str(_mapping(profile.get("groupPolicy")).get("name")))
        used[str(policy.get("id"))] = frozenset(names - {"None"})
    for assigned in client.items("assignment/policyassignments"):
        of = _mapping(assigned.get("policy"))
        # its spelling differs between releases: RaVpn, RAVpn
        if str(of.get("type")).lower() != _RAVPN:
            continue
        for target in assigned.get("targets") or ():
            name = str(_mapping(target).get("name"))
            estate.policies[name] = estate.policies.get(name, frozenset()) | used.get(str(of.get("id")), frozenset())
    return estate


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
