"""What an installation can do, with no extra or with one alone: ``python smoke.py [EXTRA]``, away from the checkout.

``--extras`` prints the extras that users install, as pyproject.toml has them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from unittest import mock

COMMAND = Path(sys.executable).with_name("nornir-anyconnect")
BOX = """\
: Saved
ASA Version 9.12(4)
hostname edge1
interface GigabitEthernet0/0
 nameif outside
ssl cipher tlsv1.2 custom "AES256-SHA256"
webvpn
 enable outside
 anyconnect enable
group-policy GP internal
group-policy GP attributes
 vpn-tunnel-protocol ssl-client
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy GP
: end
"""
FOR_DEVELOPERS = {"dev", "docs", "bench"}


def says(*argv: str, code: int = 0, said: str = "") -> str:
    """Run the command as a user does; it ends with the code, and says so much."""
    done = subprocess.run([COMMAND, *argv], capture_output=True, text=True, timeout=120, check=False)
    words = done.stdout + done.stderr
    if done.returncode != code or said not in words or "Traceback" in words:
        raise SystemExit(f"nornir-anyconnect {' '.join(argv)}: exit code {done.returncode}, expected {code}: {words}")
    return done.stdout


def minimal() -> None:
    """What needs no extra."""
    says("--version")
    says("mtu", "--tls-suite", "RC4-SHA", "--dtls-suite", "AES256-SHA", "--format", "json", said='"tls_mtu": 1347')
    Path("edge1.cfg").write_text(BOX, "utf-8")
    Path("vpn.log").write_text("May 17 2024 20:00:05 edge1 : %ASA-6-725001: Starting SSL handshake\n", "utf-8")
    report = says("check", "edge1.cfg", "--format", "json", "--format", "html=edge1.html", "--keep", code=1)
    if json.loads(report)["summary"]["at_risk"] != 1:
        raise SystemExit("check does not find the policy at risk")
    says("explain", "edge1.cfg", "--tunnel-group", "STAFF")
    says("plan", "edge1.cfg", "--out", "plan.yaml")
    says("history", "list")
    says("logs", "vpn.log", code=3)


def demo(_here: bool) -> None:
    """The simulated fleet, audited: neither needs an extra."""
    from mock_devices.fleet import start_fleet

    box = {"name": "fw1", "config": BOX, "release": "9.12(4)", "users": {"audit": {"password": "x", "privilege": 15}}}
    account = {"NORNIR_ANYCONNECT_PASSWORD": "x", "NORNIR_ANYCONNECT_ENABLE": "y"}
    with start_fleet({"devices": [box | {"enable_password": "y"}]}) as running, mock.patch.dict(os.environ, account):
        says("audit", "--inventory", str(running.write_inventory("fleet")), code=1, said="at risk")


def dask(here: bool) -> None:
    """A runner that knows its cluster."""
    if here:
        from distributed import Client

        from nornir_anyconnect.runners import DaskRunner

        with Client(processes=False, n_workers=1, threads_per_worker=1, dashboard_address=None) as client:
            DaskRunner(client=client)
            if client.submit(sum, [1, 2]).result(30) != 3:  # noqa: PLR2004
                raise SystemExit("Dask does not work")


def postgresql(here: bool) -> None:
    """A history in a database, which is not there."""
    words = "refused" if here else "[postgresql]"
    says("history", "list", "--history", "postgresql://audit@127.0.0.1:1/nights", code=2, said=words)


def keyring(here: bool) -> None:
    """Credentials out of a keyring."""
    if here:
        import keyring as library

        library.get_keyring()


def zstd(here: bool) -> None:
    """A backup compressed with zstd."""
    if not here:
        Path("edge1.cfg.zst").write_bytes(b"\x28\xb5\x2f\xfd")
        says("check", "edge1.cfg.zst", code=2, said="[zstd]")
        return
    import zstandard

    Path("edge1.cfg.zst").write_bytes(zstandard.ZstdCompressor().compress(BOX.encode()))
    says("check", "edge1.cfg.zst", code=1, said="at risk")


def fmc(here: bool) -> None:
    """An inventory out of a manager, which is not there."""
    account = {f"NORNIR_ANYCONNECT_FMC_{each}": "nobody" for each in ("USERNAME", "PASSWORD")}
    Path("fmc.yaml").write_text("inventory: {plugin: AnyConnectFMC, options: {url: 'https://127.0.0.1:1'}}\n", "utf-8")
    with mock.patch.dict(os.environ, account):
        says("audit", "--inventory", "fmc.yaml", code=2 if not here else 3, said="127.0.0.1" if here else "[fmc]")


EXTRAS = {
    "demo": (None, demo),
    "dask": ("distributed", dask),
    "postgresql": ("psycopg", postgresql),
    "keyring": ("keyring", keyring),
    "zstd": ("zstandard", zstd),
    "fmc": ("httpx", fmc),
}
"""Extra -> the module that it brings (None: it is always there), and what is to be seen with it and without."""


def known() -> list[str]:
    """The extras of the project."""
    project = tomllib.loads(Path(__file__).parents[1].joinpath("pyproject.toml").read_text("utf-8"))["project"]
    return [each for each in project["optional-dependencies"] if each not in FOR_DEVELOPERS]


def main(argv: list[str]) -> None:
    """Try it."""
    if argv == ["--extras"]:
        sys.stdout.write("\n".join(known()) + "\n")
        return
    if not argv:
        minimal()
    for extra, (module, try_it) in EXTRAS.items():
        here = module is None or importlib.util.find_spec(module) is not None
        if module is not None and here != (extra in argv):
            raise SystemExit(f"{module} is {'' if here else 'not '}there, installed with {argv or 'no extra'}")
        try_it(here)
    unknown = set(argv) - set(EXTRAS)
    if unknown:
        raise SystemExit(f"no smoke test for the extra {', '.join(unknown)}: add one here")


if __name__ == "__main__":
    main(sys.argv[1:])
