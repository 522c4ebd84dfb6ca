"""Histories to test on: SQLite always, PostgreSQL where its server is installed."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest


def _server_programs():
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").is_dir() else []
    if found:
        return found[-1]
    initdb = shutil.which("initdb")
    return Path(initdb).parent if initdb else None


@pytest.fixture(scope="session")
def postgresql_url():
    """A PostgreSQL server of our own on a Unix socket, gone after the tests."""
    pytest.importorskip("psycopg", reason="PostgreSQL tests need the extra [postgresql]")
    programs = _server_programs()
    if programs is None:
        pytest.skip("PostgreSQL tests need the server programs (Debian package postgresql)")
    # not below pytest's own folder: another run of pytest closes that to all but its user
    root = Path(tempfile.mkdtemp(prefix="nornir-anyconnect-postgresql-"))
    demote = None
    if os.getuid() == 0:
        # initdb refuses to run as root
        import pwd

        try:
            account = pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL refuses to run as root and there is no user 'postgres'")
        shutil.chown(root, account.pw_uid, account.pw_gid)
        demote = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    data, options = root / "data", demote or {}
    subprocess.run(
        [programs / "initdb", "-D", data, "-U", "audit", "--auth=trust", "-E", "UTF8"],
        check=True, capture_output=True, cwd="/", **options,
    )  # fmt: skip
    with (root / "log").open("wb") as log:
        server = subprocess.Popen(
            [programs / "postgres", "-D", data, "-k", root, "-c", "listen_addresses="],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **options,
        )  # fmt: skip
    try:
        _wait_until_ready(server, programs, root)
        yield f"postgresql://audit@/postgres?host={root}"
    finally:
        # a child of ours, not pg_ctl's: it is gone for certain, however busy the machine is
        server.send_signal(signal.SIGQUIT)
        try:
            server.wait(60)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()
        shutil.rmtree(root, ignore_errors=True)


def _wait_until_ready(server, programs, root):
    for _ in range(600):
        if subprocess.run([programs / "pg_isready", "-q", "-h", root], check=False, cwd="/").returncode == 0:
            return
        assert server.poll() is None, (root / "log").read_text("utf-8", "replace")
        time.sleep(0.1)
    pytest.fail(f"PostgreSQL did not come up: {(root / 'log').read_text('utf-8', 'replace')}")


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
