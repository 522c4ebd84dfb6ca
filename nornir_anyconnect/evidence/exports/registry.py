"""Finds the families of exports, one per file of this package, and the reader of an export by its first bytes."""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from typing import TYPE_CHECKING, Any

import nornir_anyconnect.evidence.exports as package
from nornir_anyconnect.evidence.exports.csv_records import csv_export
from nornir_anyconnect.evidence.exports.family import Family
from nornir_anyconnect.evidence.exports.json_document import JsonDocument
from nornir_anyconnect.evidence.exports.json_lines import JsonLines
from nornir_anyconnect.evidence.exports.json_records import OTHER, flat, object_in
from nornir_anyconnect.evidence.exports.text_lines import text_export
from nornir_anyconnect.evidence.syslog.wrappings import is_page
from nornir_anyconnect.plain_text import decoded

if TYPE_CHECKING:
    from collections.abc import Iterable

    from nornir_anyconnect.evidence.exports.records import Export

_RECORDS = 20
_KEY = re.compile(r'"([^"\\]{1,64})"\s*:')
_COLUMN = re.compile(r'"name"\s*:\s*"([^"\\]{1,64})"', re.IGNORECASE)


@cache
def families() -> tuple[Family, ...]:
    """Every family, by name: the files of this package that hold a ``FAMILY``."""
    found = []
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        family = getattr(importlib.import_module(module.name), "FAMILY", None)
        if isinstance(family, Family):
            found.append(family)
    return tuple(sorted(found, key=lambda each: each.name))


def export_of(start: bytes) -> Export | None:
    """The reader of an export that begins so; None where it is none, such as a plain syslog.

    Args:
        start: its first bytes, 64 KiB of them where there are so many.

    """
    if is_page(start):
        return None
    return text_export(start, families()) or _json(start) or csv_export(start, _family_of, OTHER)


def _family_of(names: Iterable[str]) -> Family | None:
    known = tuple(names)
    found = max(families(), key=lambda each: each.matched(known), default=None)
    return found if found is not None and found.matched(known) else None


def _json(start: bytes) -> Export | None:
    text = decoded(start).lstrip()
    if '"' not in text:
        return None
    lines = [line for line in text.splitlines()[:_RECORDS] if line.strip(" \t\r[],")]
    records = [value for line in lines if (value := object_in(line)) is not None]
    family = _family_of({name for value in records for name in flat(value)}) or OTHER
    if family is OTHER and '"columns"' in text:
        family = _family_of(_names(text)) or OTHER
    begins = text.startswith(("{", "["))
    if len(records) == 1 and begins and _is_document(records[0]):
        return JsonDocument(family)
    if len(records) * 2 >= max(len(lines) - 1, 1) if begins else any(any(family.envelopes(flat(r))) for r in records):
        return JsonLines(family)
    return JsonDocument(_family_of(_names(text)) or OTHER) if begins else None


def _names(text: str) -> set[str]:
    return {name.lower() for name in (*_KEY.findall(text), *_COLUMN.findall(text))}


def _is_document(value: Any) -> bool:
    """Whether an object is more than one record: a list of objects or of rows is in it."""
    if isinstance(value, dict):
        return any(map(_is_document, value.values()))
    return isinstance(value, list) and any(isinstance(each, dict | list) for each in value)
