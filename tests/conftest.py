"""What holds for every test."""

import functools
import gc
import os
import signal
import sys

import pytest
from hypothesis import settings

from tests import amounts, compiled, warm

warm.remember_what_is_installed()

# compiles a grammar for seconds as soon as jsonschema is imported; no schema here has an IRI
sys.modules.setdefault("rfc3987_syntax", None)

# a slow machine is no failure: performance is measured in benchmarks/, beside a peer
settings.register_profile("unhurried", amounts.examples(amounts.EXAMPLES), deadline=None)
settings.load_profile("unhurried")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers():
    """Two processes more than processors: the long ones mostly wait for simulated devices.

    With one more, a quarter of the processors' time went by unused (two of them, 6,900 tests).
    """
    return (os.cpu_count() or 1) + 2


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """One process starts the programs of all."""
    node.workerinput["warm"] = warm.address()


@pytest.fixture(scope="session", autouse=True)
def _options_of_a_command_are_read_once():
    """From the signature of what it calls: that took a fifth of the time of a short command."""
    from nornir_anyconnect import cli

    cli.build = functools.cache(cli.build)


@pytest.fixture(scope="session")
def kept(tmp_path_factory):
    """One folder for all processes of a run of the tests."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "kept"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """Start what takes long at once, each process with whole files of it: what is left at the end is short.

    Half of the processes begin with what mostly waits: were it all of them, the processors would have nothing to do.
    """
    waiting, working, short = {}, {}, []
    for each in items:
        if each.get_closest_marker("waits"):
            waiting.setdefault(each.path, []).append(each)
        elif each.get_closest_marker("long"):
            working.setdefault(each.path, []).append(each)
        else:
            short.append(each)
    many = getattr(config, "workerinput", {}).get("workercount", 1)
    pieces = [[] for _ in range(many)]
    for files, places in ((waiting, pieces[: (many + 1) // 2]), (working, pieces[many // 2 :])):
        for file in sorted(files.values(), key=len, reverse=True):
            min(places, key=len).extend(file)
    # each process begins with one piece of the list, all of one size
    left = len(items)
    for number, piece in enumerate(pieces):
        size = max(left // (len(pieces) - number), len(piece))
        left -= size
        few = size - len(piece)
        piece += short[:few]
        del short[:few]
    items[:] = [each for piece in pieces for each in piece] + short


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What is collected stays to the end: whoever looks for garbage has no need to look through it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


def pytest_terminal_summary(terminalreporter):
    """Say in the closing lines whether the lab ran: it needs root, network namespaces and Debian packages."""
    results = {
        kind: sum(each.nodeid.startswith("tests/lab/test_lab.py") for each in terminalreporter.stats.get(kind, ()))
        for kind in ("passed", "failed", "skipped")
    }
    if any(results.values()):
        ran = "ran" if results["passed"] or results["failed"] else "did not run"
        terminalreporter.write_line(f"lab: {ran}: " + ", ".join(f"{n} {kind}" for kind, n in results.items()))


def pytest_configure(config):
    """Started in the background, a process is given signals that it ignores; what is tested here heeds them."""
    if told := getattr(config, "workerinput", None):
        warm.share(told["warm"])
        compiled.together(config, int(told["workerid"].removeprefix("gw")), told["workercount"])
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)
