"""A remedy in the words of the manager (FMC) that owns the policy: where to click, what to send, the Terraform line.

Source: FMC configuration guide, "Configure Group Policy Objects" (Secure Client, SSL Settings); FMC REST API,
``object/grouppolicies`` (PUT takes the whole object); Terraform provider CiscoDevNet/fmc, ``fmc_group_policy``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from nornir_anyconnect.audit.finding import ManagerSteps
from nornir_anyconnect.remedies.client_settings import ClientScope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nornir_anyconnect.asa.config_commands import PlannedCommand
    from nornir_anyconnect.asa.managed import ManagedBy

_IN_THE_PAGE = {"mtuSize": "MTU Size", "ignoreDFBit": "Ignore DF Bit"}
_IN_TERRAFORM = {"mtuSize": "mtu_size", "ignoreDFBit": "ignore_df_bit"}
_SETTINGS = "sslSettings"


def manager_steps(manager: ManagedBy | None, commands: Sequence[PlannedCommand]) -> ManagerSteps | None:
    """What a person does in the manager instead of these commands; None where its objects hold no such setting."""
    if manager is None or len(commands) != 1:
        return None
    (command,) = commands
    target, wanted = getattr(command, "target", None), command.in_the_manager
    policy = manager.policy(target.name) if target is not None and target.scope is ClientScope.GROUP_POLICY else None
    if policy is None or wanted is None:
        return None
    setting, value = wanted
    body = json.loads(policy.body)
    body.setdefault("anyConnectSettings", {}).setdefault(_SETTINGS, {})[setting] = value
    shown = json.dumps(value)
    return ManagerSteps(
        url=manager.url,
        page=(
            f"Objects > Object Management > VPN > Group Policy > {policy.name} > Secure Client > SSL Settings: "
            f"{_IN_THE_PAGE[setting]} = {shown}; then deploy"
        ),
        path=policy.path,
        body=body,
        terraform=f"{_IN_TERRAFORM[setting]} = {shown}",
        shared_with=policy.shared_with,
    )
