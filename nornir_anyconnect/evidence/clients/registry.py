"""Finds the forms of client logs, by the files of this package, and the one that a text begins like."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from typing import TYPE_CHECKING

import nornir_anyconnect.evidence.clients as package

if TYPE_CHECKING:
    from nornir_anyconnect.evidence.clients.client_log import ClientLogForm


@cache
def forms() -> tuple[ClientLogForm, ...]:
    """Every form; the one that takes most comes last."""
    found: list[ClientLogForm] = []
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        found += getattr(importlib.import_module(module.name), "FORMS", ())
    return tuple(sorted(found, key=lambda each: each.broad))


def client_log_of(start: str) -> ClientLogForm | None:
    """The form of the client log that begins so; None where it is none."""
    return next((form for form in forms() if form.is_it(start)), None)
