"""``doctor`` and ``trust-hosts``: is every host ready for an audit, and are its keys known."""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from nornir_anyconnect.platforms.asa_ssh.host_keys import HostKey
    from nornir_anyconnect.platforms.protocols import Checkup


def doctor(
    *,
    hosts: options.HostsLoggedIn,
    details: Annotated[bool, typer.Option("--details", help="Show all that was found of healthy hosts, too.")] = False,
    output: options.TextOrJson = "text",
    _verbosity: options.Verbosity,
) -> int:
    """Look at each host as an audit would find it; changes nothing."""
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.workflows.fleet import examine_fleet
    from nornir_anyconnect.workflows.outputs import to_stdout

    options.text_or_json("doctor", output)
    at_once = hosts.at_once()
    nornir = hosts.chosen(load_settings().inventory)
    with progress.hosts(len(nornir.inventory.hosts)) as bar:
        found = examine_fleet(nornir, at_once, bar.ended, hosts.host_timeout)
    if output == "json":
        answer = {"schema": "nornir-anyconnect/doctor/1", "hosts": [each.to_dict() for each in found]}
        to_stdout(json.dumps(answer, indent=2) + "\n")
    else:
        ready = sum(each.well for each in found)
        alike: dict[str, list[Checkup]] = {}
        for each in found:
            # hosts that fail for one reason are one thing to mend, unless all is asked for
            alike.setdefault(each.host if each.well or details else f"{each.problem}\n{each.remedy}", []).append(each)
        to_stdout("".join(_checkups(each, details=details) for each in alike.values()))
        to_stdout(f"{ready} of {len(found)} ready\n")
    return options.name_failed({each.host: each.problem for each in found if each.problem})


def _checkups(alike: "list[Checkup]", *, details: bool) -> str:
    from nornir_anyconnect.report.sanitise import harmless

    first = alike[0]
    if len(alike) == 1:
        return _checkup(first, details=details)
    names = ", ".join(each.host for each in alike)
    lines = [f"{names}: NOT ready for an audit", f"  problem: {first.problem}", f"  fix: {first.remedy}"]
    return "".join(f"{harmless(line)}\n" for line in lines)


def _checkup(found: "Checkup", *, details: bool) -> str:
    """All of a host that is not ready; of a healthy one a line."""
    from nornir_anyconnect.report.sanitise import harmless

    def word(value: bool | None, yes: str, no: str) -> str:
        return "not known" if value is None else yes if value else no

    facts = {
        "reachable": word(found.reachable, "yes", "no"),
        "host key": word(found.key_known, "known", "not known: learn it with trust-hosts"),
        "fingerprint": found.fingerprint,
        "algorithms": found.algorithms,
        "login": word(found.logged_in, "works", "did not succeed"),
        "enable": word(found.enabled, "works", "did not succeed") if found.logged_in else None,
        "privilege": found.privilege,
        "role": found.role,
        "release": found.release,
        "free SSH slots": found.free_slots,
        "problem": found.problem,
        "fix": found.remedy,
    }
    if found.well and not details:
        slots = "" if found.free_slots is None else f", {found.free_slots} free SSH slots"
        return harmless(f"{found.host}: ready ({found.release or 'release unknown'}, {found.role}{slots})") + "\n"
    lines = [f"{found.host}: {'ready' if found.well else 'NOT ready for an audit'}"]
    lines += [f"  {name}: {value}" for name, value in facts.items() if value is not None and value != ""]
    return "".join(f"{harmless(line)}\n" for line in lines)


def trust_hosts(
    *,
    hosts: options.Hosts,
    replace: Annotated[bool, typer.Option("--replace", help="Take a changed key in place of the old.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask; the fingerprints were compared elsewhere.")] = False,
    _verbosity: options.Verbosity,
) -> int:
    """Learn SSH host keys deliberately: shows each fingerprint, and asks before it is trusted."""
    from nornir_anyconnect.cli import progress
    from nornir_anyconnect.platforms.asa_ssh import host_keys
    from nornir_anyconnect.settings import load_settings
    from nornir_anyconnect.workflows.fleet import presented_keys
    from nornir_anyconnect.workflows.outputs import to_stdout
    from nornir_anyconnect.workflows.terminal import TERMINAL

    at_once = hosts.at_once()
    nornir = hosts.chosen(load_settings().inventory)
    with progress.hosts(len(nornir.inventory.hosts)) as bar:
        shown, failed = presented_keys(nornir, at_once, bar.ended)
    news: dict[Path, dict[str, HostKey]] = {}
    for each in shown:
        to_stdout(f"{each.host}: {each.key.name} {each.key.type} {each.key.fingerprint} {each.state}\n")
        if each.state == "changed" and not replace:
            failed[each.host] = "its host key has changed; find out why, then learn it with --replace"
        elif each.state != "known":
            news.setdefault(each.known_hosts, {})[each.key.name] = each.key
    count = sum(len(keys) for keys in news.values())
    if count and not yes and not typer.confirm(f"Trust {count} key(s)?", err=True):
        raise UsageError("nothing was learnt", "compare the fingerprints with the consoles, then answer y or say --yes")
    for known_hosts, keys in news.items():
        learnt = host_keys.learn(known_hosts, keys.values(), replace=replace)
        TERMINAL.note(f"{len(learnt)} key(s) learnt into {known_hosts}")
    return options.name_failed(failed)
