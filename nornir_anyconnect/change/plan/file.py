"""The plan as a file: YAML for a change-board meeting, refused when a single byte of it was touched.

The digest keeps accidents and careless edits out; it is no signature. What keeps a forged plan out is
that ``apply`` sends nothing from the file: it derives the commands again and checks the device itself.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import yaml

from nornir_anyconnect.change.plan.model import Fix, Left, Outlook, Plan, PlannedDevice
from nornir_anyconnect.errors import AnyConnectError, PlanError
from nornir_anyconnect.remedies.kinds import decode, encode
from nornir_anyconnect.remedies.options import RemedyOptions
from nornir_anyconnect.yaml_text import saved

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "nornir-anyconnect/plan/1"
_LARGEST = 256 * 1024 * 1024
_BEGINNING = 1 << 16
_NAME_IT = "name the plan file that 'plan --out' wrote"
_PLAN_AGAIN = "make the plan again with 'nornir-anyconnect plan'"
_ALTERED = "the plan was altered: make it again with 'nornir-anyconnect plan'"


class _Dumper(yaml.SafeDumper):
    """Texts of several lines as blocks, and no anchors: people read this."""

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - the signature is PyYAML's
        return True


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


def _mapping(dumper: yaml.SafeDumper, value: dict[str, Any]) -> yaml.MappingNode:
    """A pair of MTUs stands on one line."""
    numbers = bool(value) and all(isinstance(each, int) and not isinstance(each, bool) for each in value.values())
    return dumper.represent_mapping("tag:yaml.org,2002:map", value.items(), flow_style=numbers)


_Dumper.add_representer(str, _text)
_Dumper.add_representer(dict, _mapping)


def content(plan: Plan) -> dict[str, Any]:
    """What the id stands for: everything but the times and the tool's version."""
    changed = plan.changes
    return {
        "summary": {
            "devices": len(plan.devices),
            "devices_changed": len(changed),
            "lines": sum(len(each.lines) for each in changed),
            "preview_only": plan.preview_only,
        },
        "words": asdict(plan.options),
        "warnings": list(plan.warnings),
        "devices": [_device_data(each) for each in plan.devices],
    }


def content_id(plan: Plan) -> str:
    """The id of a plan: the same content has the same id, whenever it was made."""
    return hashlib.sha256(json.dumps(content(plan), sort_keys=True).encode()).hexdigest()[:16]


def _device_data(device: PlannedDevice) -> dict[str, Any]:
    """Its fields in order; beside the commands of its fixes stand the lines, for people and for comparison."""
    data: dict[str, Any] = {}
    for field in fields(device):
        value = getattr(device, field.name)
        if field.name == "diff":
            data |= {"commands": list(device.lines), "rollback": list(device.rollback)}
        data[field.name] = [_fix_data(each) for each in device.fixes] if field.name == "fixes" else _plain(value)
    return data


def _fix_data(fix: Fix) -> dict[str, Any]:
    data = {name: _plain(getattr(fix, name)) for name in _OF_A_FIX if fix.tunnels or name != "tunnels"}
    return data | {"parameters": [encode(command) for command in fix.commands]}


_OF_A_FIX = tuple(field.name for field in fields(Fix) if field.name != "commands")


def _plain(value: Any) -> Any:
    if isinstance(value, Outlook | Left):
        return _plain(asdict(value))
    if isinstance(value, str):
        return str(value)
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list | tuple) else value


def to_dict(plan: Plan) -> dict[str, Any]:
    """The plan as plain data."""
    head = {
        "schema": SCHEMA,
        "plan": plan.id,
        "created": plan.created.isoformat(),
        "expires": plan.expires.isoformat(),
        "tool_version": plan.tool_version,
    }
    return head | content(plan)


def plan_text(plan: Plan) -> str:
    """The plan file's text; the same plan gives the same bytes. Its last line is the digest of all others."""
    text = yaml.dump(to_dict(plan), Dumper=_Dumper, sort_keys=False, allow_unicode=False, width=110)
    return text + _digest(text)


def _digest(text: str) -> str:
    return f"digest: {hashlib.sha256(text.encode('ascii')).hexdigest()}\n"


def save_plan(plan: Plan, path: Path) -> None:
    """Write the plan file.

    Raises:
        PlanError: it cannot be written.

    """
    try:
        path.write_text(plan_text(plan), "ascii", newline="\n")
    except OSError as error:
        raise PlanError(f"cannot write {path}: {error.strerror}", "choose another --out") from error


def load_plan(path: Path, *, now: datetime | None = None) -> Plan:
    """Read a plan file.

    Raises:
        PlanError: it cannot be read, was altered, has expired, or is not a plan of this tool.

    """
    try:
        with saved(path).open("rb") as file:
            raw = file.read(_BEGINNING)
            # what is none may have no end
            raw += file.read(_LARGEST) if SCHEMA.encode() in raw else b""
        if len(raw) > _LARGEST:
            raise PlanError(f"{path} is too large for a plan", _NAME_IT)
        # a plan is ASCII; what is none says below whether it ever was a plan
        text = raw.decode("utf-8", "replace")
    except OSError as error:
        raise PlanError(f"cannot read {path}: {error.strerror}", _NAME_IT) from error
    return read_plan(text, str(path), now=now)


def read_plan(text: str, shown: str = "the plan", *, now: datetime | None = None) -> Plan:
    """Read the text of a plan file; ``shown`` names it in errors.

    Raises:
        PlanError: it was altered, has expired, or is not a plan of this tool.

    """
    if SCHEMA not in text:
        raise PlanError(f"{shown} is not a plan of this tool", _NAME_IT)
    above, mark, _ = text.rpartition("digest: ")
    unaltered = mark and text.isascii() and text == above + _digest(above)
    data = _parsed(above, shown)
    if not unaltered:
        raise PlanError(f"{shown} was altered since it was made", _PLAN_AGAIN)
    try:
        plan = plan_of(data)
        derived = [(list(each.lines), list(each.rollback)) for each in plan.devices]
        written = [(each["commands"], each["rollback"]) for each in data["devices"]]
    except AnyConnectError as error:
        raise PlanError(f"{shown} holds what is not a remedy: {error}", _ALTERED) from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise PlanError(f"{shown} was altered since it was made", _PLAN_AGAIN) from error
    if derived != written:
        raise PlanError(f"the lines of {shown} are not those of its remedies", _ALTERED)
    if plan.id != content_id(plan):
        raise PlanError(f"{shown} was altered since it was made", _PLAN_AGAIN)
    if (now or datetime.now(UTC)) >= plan.expires:
        raise PlanError(f"{shown} expired at {plan.expires.isoformat()}", _PLAN_AGAIN)
    return plan


def _parsed(text: str, shown: str) -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # none is ever written, and a few bytes of them can stand for gigabytes
        if "*" in text and any(isinstance(each, yaml.AliasEvent) for each in yaml.parse(text, Loader=loader)):
            raise PlanError(f"{shown} was altered since it was made", _PLAN_AGAIN)
        data = yaml.load(text, Loader=loader)  # noqa: S506 - both are safe loaders
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise PlanError(f"{shown} is not a plan file, or was altered", _PLAN_AGAIN) from error
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise PlanError(f"{shown} is not a plan of this tool ({SCHEMA})", _PLAN_AGAIN)
    return data


def plan_of(data: dict[str, Any]) -> Plan:
    """The plan that :func:`to_dict` wrote; its lines are derived again from its commands."""
    return Plan(
        id=data["plan"],
        created=datetime.fromisoformat(data["created"]),
        expires=datetime.fromisoformat(data["expires"]),
        tool_version=data["tool_version"],
        options=RemedyOptions(**data["words"]),
        devices=tuple(_device(each) for each in data["devices"]),
        warnings=tuple(data["warnings"]),
    )


def _device(data: dict[str, Any]) -> PlannedDevice:
    values = dict(data)
    for lines in ("commands", "rollback"):
        values.pop(lines)
    values["fixes"] = tuple(_fix(each) for each in data["fixes"])
    values["outlook"] = tuple(_frozen(Outlook, each) for each in data["outlook"])
    values["left"] = tuple(_frozen(Left, each) for each in data["left"])
    return _frozen(PlannedDevice, values)  # type: ignore[no-any-return]


def _fix(data: dict[str, Any]) -> Fix:
    values = {"tunnels": (), **data}
    values["commands"] = tuple(decode(each) for each in values.pop("parameters"))
    return _frozen(Fix, values)  # type: ignore[no-any-return]


def _frozen(kind: Any, data: dict[str, Any]) -> Any:
    """A dataclass of plain data, every list a tuple; every field must be there."""
    if data.keys() != {each.name for each in fields(kind)}:
        raise ValueError(kind.__name__)
    return kind(**{name: tuple(each) if isinstance(each, list) else each for name, each in data.items()})
