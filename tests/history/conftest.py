"""Histories to test on: SQLite always, PostgreSQL where its server is installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest


def _server_programs():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@pytest.fixture(scope="session")
def postgresql_url(tmp_path_factory):
    """A PostgreSQL server of our own on a Unix socket, gone after the tests."""
    pytest.importorskip("psycopg", reason="PostgreSQL tests need the extra [postgresql]")
    programs = _server_programs()
    if programs is None:
        pytest.skip("PostgreSQL tests need the server programs (Debian package postgresql)")
    root = tmp_path_factory.mktemp("pg")
    demote = None
    if os.getuid() == 0:
        # initdb refuses to run as root
        import pwd

        try:
            account = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL refuses to run as root and there is no user 'postgres'")
        for each in (root, *list(root.parents)[:3]):
            if str(each) != "/tmp":
                each.chmod(0o755)
        shutil.chown(root, account.pw_uid, account.pw_gid)
        demote = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data = root / "data"
    options = demote or {}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "audit", "--auth=trust", "-E", "UTF8"],
        check=True,
        capture_output=True,
        cwd="/",
        **options,
    )
    subprocess.run(
        [programs / "pg_ctl", "-D", data, "-w", "-l", root / "log", "-o", f"-k {root} -c listen_addresses=''", "start"],
        check=True,
        capture_output=True,
        cwd="/",
        **options,
    )
    try:
        yield f"postgresql://audit@/postgres?host={root}"
    finally:
        subprocess.run(
            [programs / "pg_ctl", "-D", data, "-m", "immediate", "stop"],
            check=True,
            capture_output=True,
            cwd="/",
            **options,
        )


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def history_url(request, tmp_path):
    """A fresh, empty history of each kind."""
    if request.param == "sqlite":
        return str(tmp_path / "kept" / "history.sqlite")
    url = request.getfixturevalue("postgresql_url")
    from sqlalchemy import create_engine

    from nornir_anyconnect.history.schema import metadata

    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    metadata.drop_all(engine)
    engine.dispose()
    return url
