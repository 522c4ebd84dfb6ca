"""What holds for every test."""

import signal

from hypothesis import settings

# a slow machine is no failure: performance is measured in benchmarks/, beside a peer
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def pytest_terminal_summary(terminalreporter):
    """Say in the closing lines whether the lab ran: it needs root, network namespaces and Debian packages."""
    results = {
        kind: sum(each.nodeid.startswith("tests/lab/test_lab.py") for each in terminalreporter.stats.get(kind, ()))
        for kind in ("passed", "failed", "skipped")
    }
    if any(results.values()):
        ran = "ran" if results["passed"] or results["failed"] else "did not run"
        terminalreporter.write_line(f"lab: {ran}: " + ", ".join(f"{n} {kind}" for kind, n in results.items()))


def pytest_configure():
    """Started in the background, a process is given signals that it ignores; what is tested here heeds them."""
    for number, usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, usual)
