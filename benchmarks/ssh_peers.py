"""What people would use instead, asking each box of an inventory for its ``show running-config``; no benchmark itself.

    python benchmarks/ssh_peers.py netmiko|paramiko|asyncssh --inventory config.yaml --workers 100

``netmiko`` is stock nornir with nornir_netmiko; ``paramiko`` and ``asyncssh`` are the bare libraries, without a
check that a reply is whole: the least that anything which logs in and reads can cost.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

USER, PASSWORD, ENABLE = (os.environ[f"NORNIR_ANYCONNECT_{each}"] for each in ("USERNAME", "PASSWORD", "ENABLE"))
COMMAND = "show running-config"
PROMPT = re.compile(r"\n[\w./-]+[#>] \Z")
END = ": end"


def hosts(inventory: str) -> list[tuple[str, int]]:
    """Address and port of each."""
    import yaml

    text = Path(inventory).with_name("hosts.yaml").read_text("utf-8")
    return [(each["hostname"], each["port"]) for each in yaml.load(text, yaml.CSafeLoader).values()]


def with_netmiko(inventory: str, workers: int) -> int:
    """As in the README of nornir_netmiko."""
    from nornir import InitNornir
    from nornir.core.inventory import ConnectionOptions
    from nornir_netmiko.tasks import netmiko_send_command

    options = {name: inventory.replace("config.yaml", f"{name}.yaml") for name in ("hosts", "groups", "defaults")}
    nornir = InitNornir(
        runner={"plugin": "threaded", "options": {"num_workers": workers}},
        inventory={
            "plugin": "SimpleInventory",
            "options": {
                "host_file": options["hosts"],
                "group_file": options["groups"],
                "defaults_file": options["defaults"],
            },
        },
        logging={"enabled": False},
    )
    defaults = nornir.inventory.defaults
    defaults.username, defaults.password = USER, PASSWORD
    defaults.connection_options["netmiko"] = ConnectionOptions(extras={"secret": ENABLE})
    result = nornir.run(task=netmiko_send_command, command_string=COMMAND, enable=True, read_timeout=120)
    return sum(1 for each in result.values() if not each.failed and END in each[0].result)


def with_paramiko(inventory: str, workers: int) -> int:
    """One thread per connection."""
    import paramiko

    def ask(place: tuple[str, int]) -> bool:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())
        client.connect(*place, username=USER, password=PASSWORD, look_for_keys=False, allow_agent=False)
        channel = client.invoke_shell()

        def say(line: str, waits: re.Pattern[str]) -> str:
            channel.sendall(line)
            text = ""
            while not waits.search(text[-200:]):
                text += channel.recv(65536).decode()
            return text

        say("", PROMPT)
        say("enable\r", re.compile(r"Password: \Z"))
        say(f"{ENABLE}\r", PROMPT)
        say("terminal pager 0\r", PROMPT)
        text = say(f"{COMMAND}\r", PROMPT)
        client.close()
        return END in text

    with ThreadPoolExecutor(workers) as pool:
        return sum(pool.map(ask, hosts(inventory)))


async def _ask(place: tuple[str, int], turn: asyncio.Semaphore) -> bool:
    import asyncssh

    async with (
        turn,
        asyncssh.connect(
            *place, username=USER, password=PASSWORD, known_hosts=None, client_keys=None, config=None, agent_path=None
        ) as connection,
    ):
        process = await connection.create_process(term_type="vt100")

        async def say(line: str, waits: re.Pattern[str]) -> str:
            process.stdin.write(line)
            text = ""
            while not waits.search(text[-200:]):
                text += await process.stdout.read(65536)
            return text

        await say("", PROMPT)
        await say("enable\r", re.compile(r"Password: \Z"))
        await say(f"{ENABLE}\r", PROMPT)
        await say("terminal pager 0\r", PROMPT)
        return END in await say(f"{COMMAND}\r", PROMPT)


def with_asyncssh(inventory: str, workers: int) -> int:
    """One event loop."""

    async def everybody() -> int:
        turn = asyncio.Semaphore(workers)
        return sum(await asyncio.gather(*(_ask(place, turn) for place in hosts(inventory))))

    return asyncio.run(everybody())


def main() -> int:
    """Ask all of them; print how many answered wholly, and the seconds without the start of the interpreter."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("client", choices=["netmiko", "paramiko", "asyncssh"])
    parser.add_argument("--inventory", required=True)
    parser.add_argument("--workers", type=int, default=100)
    chosen = parser.parse_args()
    client = {"netmiko": with_netmiko, "paramiko": with_paramiko, "asyncssh": with_asyncssh}[chosen.client]
    began = time.perf_counter()
    whole = client(chosen.inventory, chosen.workers)
    print(whole, round(time.perf_counter() - began, 3))
    return 0


if __name__ == "__main__":
    sys.exit(main())
