"""``doctor`` and ``trust-hosts``: is every host ready for an audit, and are its keys known."""

import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import AnyConnectError, UsageError

if TYPE_CHECKING:
    from nornir.core.inventory import Host
    from nornir.core.task import MultiResult, Result, Task

    from nornir_anyconnect.platforms.asa_ssh.doctor import Checkup
    from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey


def doctor(
    *,
    inventory: options.Inventory = None,
    filters: options.Filters = None,
    limit: options.Limit = None,
    workers: options.Workers = None,
    output: options.TextOrJson = "text",
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """Look at each host as an audit would find it; changes nothing."""
    from nornir_anyconnect.cli import fleet, progress
    from nornir_anyconnect.cli.outputs import to_stdout
    from nornir_anyconnect.platforms.asa_ssh.doctor import examine
    from nornir_anyconnect.settings import load_settings

    options.text_or_json("doctor", output)
    at_once = options.at_once(workers)
    nornir = fleet.chosen(fleet.load(inventory or load_settings().inventory), filters or (), limit or ())
    found: list[Checkup] = []
    lock = threading.Lock()

    def look(task: "Task") -> "Result":
        from nornir.core.task import Result

        return Result(host=task.host, result=examine(task.host, task.nornir.config))

    with progress.hosts(len(nornir.inventory.hosts)) as bar:

        def on_host(_host: "Host", result: "MultiResult") -> None:
            if result.exception is not None:
                raise result.exception
            with lock:
                found.append(result[0].result)
                bar.advance(failed=int(not result[0].result.well))

        nornir.with_runner(fleet.ChassisRunner(at_once, on_host)).run(task=look)
    found.sort(key=lambda each: each.host)
    if output == "json":
        answer = {"schema": "nornir-anyconnect/doctor/1", "hosts": [each.to_dict() for each in found]}
        to_stdout(json.dumps(answer, indent=2) + "\n")
    else:
        to_stdout("".join(_checkup(each) for each in found))
    return options.name_failed({each.host: each.problem for each in found if each.problem})


def _checkup(found: "Checkup") -> str:
    from nornir_anyconnect.report.sanitise import harmless

    def word(value: bool | None, yes: str, no: str) -> str:
        return "not known" if value is None else yes if value else no

    facts = {
        "reachable": word(found.reachable, "yes", "no"),
        "host key": word(found.key_known, "known", "not known: learn it with trust-hosts"),
        "fingerprint": found.fingerprint,
        "algorithms": found.algorithms,
        "login": word(found.logged_in, "works", "did not succeed"),
        "privilege": found.privilege,
        "role": found.role,
        "release": found.release,
        "free SSH slots": found.free_slots,
        "problem": found.problem,
        "fix": found.remedy,
    }
    lines = [f"{found.host}: {'well' if found.well else 'NOT ready for an audit'}"]
    lines += [f"  {name}: {value}" for name, value in facts.items() if value is not None and value != ""]
    return "".join(f"{harmless(line)}\n" for line in lines)


def trust_hosts(
    *,
    inventory: options.Inventory = None,
    filters: options.Filters = None,
    limit: options.Limit = None,
    workers: options.Workers = None,
    replace: Annotated[bool, typer.Option("--replace", help="Take a changed key in place of the old.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; the fingerprints were compared elsewhere.")] = False,
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> int:
    """Learn SSH host keys deliberately: shows each fingerprint, and asks before it is trusted."""
    from nornir_anyconnect.cli import fleet, progress
    from nornir_anyconnect.cli.outputs import to_stdout
    from nornir_anyconnect.cli.terminal import TERMINAL
    from nornir_anyconnect.platforms.asa_ssh import host_keys
    from nornir_anyconnect.settings import load_settings

    at_once = options.at_once(workers)
    nornir = fleet.chosen(fleet.load(inventory or load_settings().inventory), filters or (), limit or ())
    shown: dict[str, tuple[Path, HostKey]] = {}
    failed: dict[str, str] = {}
    lock = threading.Lock()
    with progress.hosts(len(nornir.inventory.hosts)) as bar:

        def on_host(host: "Host", result: "MultiResult") -> None:
            with lock:
                if result.exception is None:
                    shown[host.name] = result[0].result
                else:
                    failed[host.name] = str(result.exception)
                bar.advance(failed=int(result.failed))

        nornir.with_runner(fleet.ChassisRunner(at_once, on_host)).run(task=_presented)
    news: dict[Path, dict[str, HostKey]] = {}
    for name, (known_hosts, key) in sorted(shown.items()):
        state = _state(known_hosts, key)
        to_stdout(f"{name}: {key.name} {key.type} {key.fingerprint} {state}\n")
        if state == "changed" and not replace:
            failed[name] = "its host key has changed; find out why, then learn it with --replace"
        elif state != "known":
            news.setdefault(known_hosts, {})[key.name] = key
    count = sum(len(keys) for keys in news.values())
    if count and not yes and not typer.confirm(f"Trust {count} key(s)?", err=True):
        raise UsageError("nothing was learnt", "compare the fingerprints with the consoles, then answer y or say --yes")
    for known_hosts, keys in news.items():
        learnt = host_keys.learn(known_hosts, keys.values(), replace=replace)
        TERMINAL.note(f"{len(learnt)} key(s) learnt into {known_hosts}")
    return options.name_failed(failed)


def _presented(task: "Task") -> "Result":
    """The key a host presents now; no user name and no password is sent."""
    from nornir.core.task import Result

    from nornir_anyconnect.platforms.asa_ssh.connection import SSH_PORT
    from nornir_anyconnect.platforms.asa_ssh.options import check_host, effective_connection
    from nornir_anyconnect.platforms.asa_ssh.ssh import server_key

    chosen = check_host(task.host)
    if chosen.jump_host is not None:
        raise AnyConnectError("it is reached through a jump host", "learn its key on the jump host")
    given = task.host.get_connection_parameters(effective_connection(task.host))
    key = server_key(
        given.hostname or task.host.name,
        given.port or SSH_PORT,
        timeout=chosen.connect_timeout,
        legacy_ssh=chosen.legacy_ssh,
    )
    return Result(host=task.host, result=(chosen.known_hosts, key))


def _state(known_hosts: Path, key: "HostKey") -> str:
    from nornir_anyconnect.platforms.asa_ssh.host_keys import known_keys

    known = known_keys(known_hosts, key.name)
    if not known:
        return "new"
    same = known.get(key.type)
    return "known" if same is not None and same.get_base64() == key.base64 else "changed"


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("doctor")(doctor)
    app.command("trust-hosts")(trust_hosts)
