"""The tables of the history, and how an older one is brought up to date.

A device whose findings did not change since the last night points at the same ``states`` row, so a
quiet fleet costs one short row per device and night.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    inspect,
    select,
    text,
)

from nornir_anyconnect.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

VERSION = 2
metadata = MetaData()

version = Table("schema_version", metadata, Column("version", Integer, primary_key=True))

audits = Table(
    "audits",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("generated_at", String(40), nullable=False, index=True),
    Column("tool_version", String(40), nullable=False),
    Column("summary", Text, nullable=False),
)

devices = Table(
    "devices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(255), nullable=False),
    Column("context", String(255), nullable=False, default=""),
    Column("site", String(255), nullable=False, default=""),
    UniqueConstraint("name", "context"),
)

states = Table(
    "states",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("status", String(16), nullable=False),
    Column("asa_version", String(64)),
    Column("errors", Text, nullable=False),
)

findings = Table(
    "findings",
    metadata,
    Column("state_id", ForeignKey("states.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("scope", String(16), nullable=False),
    Column("name", String(255), nullable=False),
    Column("group_policy", String(255)),
    Column("verdict", String(16), nullable=False),
    Column("reason", String(64), nullable=False),
    Column("certainty", String(32)),
    Column("tls_mtu", Integer),
    Column("dtls_mtu", Integer),
    Column("safe_mtu", Integer),
    Column("confirmed", Boolean, nullable=False),
    Column("users", Integer, nullable=False),
    Column("reconnects", Integer, nullable=False),
    Column("waived", Boolean, nullable=False),
    Column("settings", String(64)),
)

audited = Table(
    "audited",
    metadata,
    Column("audit_id", ForeignKey("audits.id", ondelete="CASCADE"), primary_key=True),
    Column("device_id", ForeignKey("devices.id"), primary_key=True),
    Column("state_id", ForeignKey("states.id"), nullable=False),
    Index("audited_by_device", "device_id", "audit_id"),
    Index("audited_by_state", "state_id"),
    # the primary key is all there is to look up by: without a hidden row number the table is half the size
    sqlite_with_rowid=False,
)

UPGRADES: dict[int, tuple[str, ...]] = {2: ("ALTER TABLE findings ADD COLUMN settings VARCHAR(64)",)}
"""SQL that turns version N-1 into version N, by N."""


def _version(connection: Connection) -> int:
    """The version of the tables that are there."""
    found = connection.execute(select(version.c.version)).scalar_one()
    if not isinstance(found, int) or found < 1:
        raise UsageError(
            f"this history is damaged: its schema version is {found!r}", "take it from a backup, or name another file"
        )
    return found


def is_prepared(connection: Connection) -> bool | None:
    """Whether the tables are those of this version; None where there are none.

    Raises:
        UsageError: a newer version of the tool wrote this history.

    """
    if not inspect(connection).has_table("schema_version"):
        return None
    found = _version(connection)
    if found > VERSION:
        raise UsageError(
            f"this history has schema version {found}, this tool knows {VERSION}", "update nornir-anyconnect"
        )
    return found == VERSION


def prepare(connection: Connection) -> None:
    """Create the tables, or bring those of an older version up to date.

    Raises:
        UsageError: a newer version of the tool wrote this history.

    """
    prepared = is_prepared(connection)
    if prepared is None:
        metadata.create_all(connection)
        connection.execute(version.insert().values(version=VERSION))
    if prepared is not False:
        return
    found = _version(connection)
    for step in range(found + 1, VERSION + 1):
        for statement in UPGRADES[step]:
            connection.execute(text(statement))
    connection.execute(version.update().values(version=VERSION))
