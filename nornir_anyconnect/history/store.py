"""Keeps audits: SQLite by default, PostgreSQL by URL (extra ``[postgresql]``)."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, delete, event, func, insert, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, MultipleResultsFound, NoResultFound, NoSuchModuleError

from nornir_anyconnect.audit.provenance import settings_of
from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.history.schema import audited, audits, devices, findings, is_prepared, prepare, states
from nornir_anyconnect.masking import remember_url, url_without_credentials, without_secrets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Column, Connection, Engine

    from nornir_anyconnect.audit.audit_report import AuditReport
    from nornir_anyconnect.audit.finding import DeviceAudit, Finding

BUSY_TIMEOUT = 30.0
"""Seconds a writer waits for another one."""
_POSTGRESQL_LOCK = 7226036
CONNECT_SECONDS = 10
_DIGEST = 12
"""Letters of a digest that tell two long names apart."""
_AT_ONCE = 500
"""Digests that are looked up with one query."""


class HistoryError(UsageError):
    """The history cannot be opened, read or written; the audit itself is not lost."""

    code = "history"


def default_url() -> str:
    """A SQLite file in the user's data directory (XDG base directory specification).

    Raises:
        HistoryError: nobody knows where that is.

    """
    data = os.environ.get("XDG_DATA_HOME")
    if not data:
        try:
            data = str(Path.home() / ".local" / "share")
        except RuntimeError as error:  # no HOME, and an account that the system does not know
            raise HistoryError(
                "there is no home folder for the history", "set HOME, or name a file with 'history' in the settings"
            ) from error
    return f"sqlite:///{Path(data) / 'nornir-anyconnect' / 'history.sqlite'}"


class History:
    """An open history.

    Args:
        url: an SQLAlchemy URL; a plain path means a SQLite file.
        create: make one where there is none; else only an existing one is opened, and nothing is written.

    Raises:
        HistoryError: it cannot be opened, or there is none.

    """

    def __init__(self, url: str | None = None, *, create: bool = True) -> None:
        url = url or default_url()
        self.url = url if "://" in url else f"sqlite:///{url}"
        remember_url(self.url)
        self._create = create
        with self._explained():
            self.engine = self._open()
            if create or self._is_old():
                with self._writing() as connection:
                    prepare(connection)

    def _is_old(self) -> bool:
        with self.engine.connect() as connection:
            prepared = is_prepared(connection)
        if prepared is None:
            self.close()
            raise self._missing()
        return not prepared

    def _missing(self) -> HistoryError:
        where = self._shown().removeprefix("sqlite:///")
        return HistoryError(f"there is no history at {where}", "audits are kept with --keep; --history names another")

    def _open(self) -> Engine:
        try:
            make_url(self.url)
        except ValueError as error:  # a port that is no number
            raise ArgumentError(str(error)) from error
        if not self.url.startswith("sqlite"):
            url = self.url.replace("postgresql://", "postgresql+psycopg://", 1)
            # a server that accepts and says nothing must not hold whoever asks it
            limits = {"connect_timeout": CONNECT_SECONDS} if "connect_timeout" not in url else {}
            return create_engine(url, connect_args=limits if url.startswith("postgresql") else {})
        database = make_url(self.url).database
        if database and database != ":memory:" and not database.startswith("file:"):
            if self._create:
                Path(database).parent.mkdir(parents=True, exist_ok=True)
            elif not Path(database).exists():
                raise self._missing()
        engine = create_engine(self.url, connect_args={"timeout": BUSY_TIMEOUT})

        @event.listens_for(engine, "connect")
        def configure(connection: Any, _record: Any) -> None:
            # SQLAlchemy begins transactions itself, so that a writer takes its lock before it reads
            connection.isolation_level = None
            if self._create:
                connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA foreign_keys=ON")

        return engine

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (ArgumentError, NoSuchModuleError, ImportError) as error:
            raise HistoryError(
                f"'{self._shown()}' is not a history this installation can open: {error}",
                "use a file path, sqlite:///FILE or postgresql://... (needs the extra [postgresql])",
            ) from error
        except (NoResultFound, MultipleResultsFound) as error:
            raise HistoryError(
                f"the history {self._shown()} is damaged: its table schema_version does not hold one row",
                "take it from a backup, or name another file: nothing of it was changed",
            ) from error
        except DBAPIError as error:
            raise HistoryError(
                f"the history {self._shown()} failed: {str(error.orig).strip().splitlines()[0]}",
                self._advice(),
            ) from error
        except OSError as error:
            raise HistoryError(
                f"the history {self._shown()} cannot be opened: {error.strerror}", "check the path and its permissions"
            ) from error

    def _advice(self) -> str:
        kept = "the audit's result is not lost; " if self._create else ""
        if self.url.startswith("sqlite"):
            return f"{kept}check {'space, ' if self._create else ''}permissions and whether the file is damaged"
        return f"{kept}check that the database server runs, the address, and what the account may do"

    def _shown(self) -> str:
        """The URL without user and password, in one line of letters."""
        return _storable(url_without_credentials(self.url))

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """One writer at a time: two audits that end together must not lose anything."""
        with self.engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.execute(select(func.pg_advisory_xact_lock(_POSTGRESQL_LOCK)))
            yield connection
            connection.commit()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries."""
        with self._explained(), self.engine.connect() as connection:
            yield connection

    def keep(self, report: AuditReport) -> int:
        """Keep one audit and return its number. All of it is kept, or nothing."""
        with self._explained(), self._writing() as connection:
            number: int = connection.execute(
                insert(audits)
                .values(
                    generated_at=report.generated_at,
                    tool_version=report.tool_version,
                    summary=json.dumps(report.summary.to_dict(), sort_keys=True),
                )
                .returning(audits.c.id)
            ).scalar_one()
            known_devices = {
                (row.name, row.context): row.id
                for row in connection.execute(select(devices.c.id, devices.c.name, devices.c.context))
            }
            rows = {}
            for device, state in _with_states(connection, report.devices):
                key = (_fitted(device.name, devices.c.name), _fitted(device.context or "", devices.c.context))
                if key not in known_devices:
                    known_devices[key] = connection.execute(
                        insert(devices)
                        .values(
                            name=key[0],
                            context=key[1],
                            site=_fitted(report.sites.get(device.name, ""), devices.c.site),
                        )
                        .returning(devices.c.id)
                    ).scalar_one()
                rows[known_devices[key]] = state
            if rows:
                connection.execute(
                    insert(audited),
                    [{"audit_id": number, "device_id": d, "state_id": s} for d, s in sorted(rows.items())],
                )
            return number

    def forget_before(self, generated_at: str) -> int:
        """Retention: drop audits older than that time (ISO 8601); returns how many."""
        with self._explained(), self._writing() as connection:
            old = select(audits.c.id).where(audits.c.generated_at < generated_at)
            connection.execute(delete(audited).where(audited.c.audit_id.in_(old)))
            dropped = connection.execute(delete(audits).where(audits.c.generated_at < generated_at)).rowcount
            orphans = select(states.c.id).where(~states.c.id.in_(select(audited.c.state_id)))
            connection.execute(delete(findings).where(findings.c.state_id.in_(orphans)))
            connection.execute(delete(states).where(~states.c.id.in_(select(audited.c.state_id))))
            return dropped

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def _storable(text: str) -> str:
    """A text that every database takes: no secret, no NUL, and what is no letter (in a file name) as an escape."""
    return without_secrets(text).replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode("utf-8")


def _fitted(text: str, column: Column[Any]) -> str:
    """A text that fits its column: a longer one ends in its digest, so that two that begin alike stay two."""
    text = _storable(text)
    most = getattr(column.type, "length", None)
    if most is None or len(text) <= most:
        return text
    return f"{text[: most - _DIGEST - 1]}~{hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]}"


def _row(position: int, finding: Finding) -> dict[str, Any]:
    """A row of ``findings``, each text as its column takes it."""
    return {
        name: _fitted(value, findings.c[name]) if isinstance(value, str) else value
        for name, value in _values(position, finding).items()
    }


def _values(position: int, finding: Finding) -> dict[str, Any]:
    evidence = finding.evidence
    return {
        "position": position,
        "scope": str(finding.scope),
        "name": finding.name,
        "group_policy": finding.group_policy,
        "verdict": str(finding.verdict),
        "reason": finding.reason,
        "certainty": finding.certainty,
        "tls_mtu": finding.tls_mtu,
        "dtls_mtu": finding.dtls_mtu,
        "safe_mtu": finding.safe_mtu,
        "confirmed": finding.confirmed,
        "users": evidence.users if evidence else 0,
        "reconnects": evidence.reconnects if evidence else 0,
        "waived": finding.waiver is not None,
        "settings": settings_digest(finding),
    }


def settings_digest(finding: Finding) -> str:
    """Tells whether the settings that decide a finding's MTUs are those of another night."""
    return hashlib.sha256("\n".join(settings_of(finding.sources)).encode("utf-8", "backslashreplace")).hexdigest()


def _with_states(connection: Connection, audit: Iterable[DeviceAudit]) -> Iterator[tuple[DeviceAudit, int]]:
    """Each device with the number of its state, some at a time."""
    devices = iter(audit)
    while some := tuple(islice(devices, _AT_ONCE)):
        yield from zip(some, _states(connection, some), strict=True)


def _states(connection: Connection, judged: Sequence[DeviceAudit]) -> list[int]:
    """The number of each device's state; on a quiet night all of them are known already."""
    contents = [_content(device) for device in judged]
    digests = list(dict.fromkeys(digest for digest, _, _ in contents))
    known: dict[str, int] = {}
    for start in range(0, len(digests), _AT_ONCE):
        query = select(states.c.digest, states.c.id).where(states.c.digest.in_(digests[start : start + _AT_ONCE]))
        known |= {row.digest: row.id for row in connection.execute(query)}
    for digest, head, rows in contents:
        if digest in known:
            continue
        new = insert(states).values(digest=digest, **head).returning(states.c.id)
        known[digest] = int(connection.execute(new).scalar_one())
        if rows:
            connection.execute(insert(findings), [{"state_id": known[digest], **row} for row in rows])
    return [known[digest] for digest, _, _ in contents]


def _content(device: DeviceAudit) -> tuple[str, dict[str, Any], list[dict[str, Any]]]:
    """What is kept of a device, and its digest."""
    rows = [_row(position, finding) for position, finding in enumerate(device.findings)]
    head = {
        "status": str(device.status),
        "asa_version": device.asa_version and _fitted(device.asa_version, states.c.asa_version),
        "errors": _storable("\n".join(device.errors)),
    }
    digest = hashlib.sha256(json.dumps([head, rows], sort_keys=True).encode()).hexdigest()
    return digest, head, rows
