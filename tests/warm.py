"""Programs in processes of their own, without the second that each of them takes to import what we stand on.

``python()`` is an interpreter like ``sys.executable``: the same arguments, folder, environment, streams, signals and
exit code. It asks a child of this test process, which has loaded it all once, to fork. What is *about* starting (what is
loaded, the installed command, options of the interpreter) is tested with ``sys.executable``.
"""

import contextlib
import os
import select
import signal
import socket
import sys

LAZY = ("jinja2", "runpy", "rich.console", "rich.table", "sqlalchemy", "msgspec", "ijson", "ttp", "netmiko", "asyncssh")
"""What our modules load only in a function."""
ON_DEMAND = {"dask": ["distributed.cli.dask_scheduler", "distributed.cli.dask_worker"]}
"""What is loaded once the first program ``-m NAME`` is asked for."""
FIRST = ("check", "docs/examples/fw-london.cfg", "--syslog", "docs/examples/fw-london.log")
"""The command that is run once, so that templates and patterns are compiled."""
COMMAND = "import sys; from nornir_anyconnect.cli import main; sys.argv[0] = 'nornir-anyconnect'; sys.exit(main())"
"""As the installed one begins, which ``.ci/wheel`` starts."""
FORWARDED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)
_made = {}


def python(*before):
    """The path of an interpreter; ``before``: words that stand before the user's arguments."""
    import shlex
    from pathlib import Path

    folder = _folder()
    file = folder / f"python-{len(_made)}"
    path = _made.setdefault(before, file)
    if path is file:
        # run by the shell: the line that names an interpreter may be too long for the kernel
        client = str(Path(__file__).with_name("warm_client.py"))
        words = [sys.executable, "-SEs", client, address(), *before]
        file.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        file.chmod(0o755)
    return str(path)


def command():
    """The path of a program like the installed command."""
    return python("-c", COMMAND)


def address():
    """Where programs are asked for: one process starts those of a whole run of the tests."""
    if "address" not in _made:
        _made["address"] = str(_folder() / "socket")
        _start(_made["address"])
    return _made["address"]


def share(place):
    """Ask there, where another process of this run has started it."""
    _made["address"] = place


def _folder():
    import atexit
    import shutil
    import tempfile
    from pathlib import Path

    if "folder" not in _made:
        _made["folder"] = Path(tempfile.mkdtemp(prefix="warm-"))
        atexit.register(shutil.rmtree, _made["folder"])
    return _made["folder"]


def _start(address):
    import atexit
    import subprocess
    from pathlib import Path

    ours = {name: value for name, value in os.environ.items() if not name.startswith("NORNIR_ANYCONNECT_")}
    ours |= {"XDG_DATA_HOME": os.devnull, "XDG_STATE_HOME": os.devnull}  # nothing of who runs the tests
    server = subprocess.Popen(
        [sys.executable, "-c", "import sys; from tests.warm import serve; serve(sys.argv[1])", address],
        cwd=Path(__file__).parents[1], env=ours, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    if server.stdout.readline() != b"listens\n":
        raise RuntimeError("the process that starts programs did not start itself")

    def end():
        server.stdin.close()
        server.wait()
        server.stdout.close()

    atexit.register(end)


def remember_what_is_installed():
    """Look through the installed packages once, as long as no folder of them changes: nornir does for every inventory."""
    from importlib import metadata

    look, known = metadata.entry_points, {}

    def entry_points(**wanted):
        state = (*wanted.items(), *((place, _changed(place)) for place in sys.path))
        if state not in known:
            known[state] = look(**wanted)
        return known[state]

    metadata.entry_points = entry_points


def _changed(place):
    try:
        return os.stat(place or ".").st_mtime_ns
    except OSError:
        return None


def serve(address):
    """Load everything, then become each program that is asked for; the end of standard input is the end."""
    import gc
    import importlib

    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    print("listens", flush=True)
    _load()
    gc.freeze()  # what no program frees is not looked through, and so stays shared
    wakes, woken = os.pipe()
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    running = {}
    while True:
        ready = select.select([0, wakes, listener, *running], [], [])[0]
        if 0 in ready:
            return
        if wakes in ready:
            os.read(wakes, 4096)
            _tell_ends(running)
        for link in [each for each in ready if each in running]:
            _hand_on(link, running)
        if listener in ready:
            link, _ = listener.accept()
            asked, streams = _asked(link)
            for name in ON_DEMAND.pop(asked[0][1] if asked[0][0] == "-m" else "", ()):
                importlib.import_module(name)
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                for each in (link, listener, *running):
                    each.close()
                os.close(wakes)
                os.close(woken)
                os._exit(_ended(lambda: _become(*asked, streams)))  # noqa: B023 - called here
            for each in streams:
                os.close(each)
            running[link] = pid


def _load():
    import importlib
    import importlib.metadata
    import pkgutil

    import mock_devices
    import nornir_anyconnect

    remember_what_is_installed()
    for package in (nornir_anyconnect, mock_devices):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if each.name not in (
                "nornir_anyconnect.testing",
                "mock_devices.__main__",
            ):  # pytest wants to load it itself
                importlib.import_module(each.name)
    for name in LAZY:
        importlib.import_module(name)
    importlib.metadata.entry_points()
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        importlib.import_module("nornir_anyconnect.cli").main(FIRST)


def _tell_ends(running):
    while running:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            return
        link = next(link for link, its in running.items() if its == pid)
        del running[link]
        with link, contextlib.suppress(OSError):  # whoever asked may be gone
            link.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _hand_on(link, running):
    """Signals; whoever asked was killed: so is the program."""
    for number in link.recv(4096).split() or [int(signal.SIGKILL)]:
        os.kill(running[link], int(number))


def _asked(link):
    data, streams, _, _ = socket.recv_fds(link, 1 << 16, 3)
    size, _, data = data.partition(b"\n")
    while len(data) < int(size):
        data += link.recv(1 << 16)
    words, *rest = map(os.fsdecode, data.split(b"\0"))
    argv, (cwd, *env) = rest[: int(words)], rest[int(words) :]
    return (argv, cwd, dict(each.split("=", 1) for each in env)), streams


def _ended(program):
    """The exit code of an interpreter whose program has ended; taking down all that was loaded takes half a second."""
    import atexit
    import threading

    code = 0
    try:
        program()
    except SystemExit as ended:
        code = ended.code
        if code is not None and not isinstance(code, int):
            print(code, file=sys.stderr)
            code = 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    threading._shutdown()
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        return 120
    return (code or 0) & 0xFF


def _become(argv, cwd, env, streams):
    """This process is from now on the interpreter with these arguments."""
    import runpy
    import time
    import warnings

    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    for number in (*FORWARDED, signal.SIGCHLD):
        signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    eager = bool(env.get("PYTHONUNBUFFERED"))
    # those of before have looked at what they were: a file, a terminal, a pipe
    sys.stdin = sys.__stdin__ = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = sys.__stdout__ = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = sys.__stderr__ = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)  # noqa: SIM115
    sys.stdout.reconfigure(line_buffering=sys.stdout.isatty(), write_through=eager)
    while argv[:1] == ["-W"]:
        warnings.simplefilter(argv[1])
        argv = argv[2:]
    kind, *rest = argv
    main = sys.modules["__main__"]
    main.__dict__.clear()
    main.__dict__.update(__name__="__main__", __builtins__=__builtins__)
    if kind in ("-c", "-"):
        code = rest.pop(0) if kind == "-c" else sys.stdin.read()
        sys.argv, sys.path[0] = [kind, *rest], ""
        exec(compile(code, "<string>", "exec"), main.__dict__)
    elif kind == "-m":
        sys.path[0] = cwd
        sys.argv = rest
        runpy.run_module(rest[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv, sys.path[0] = argv, os.path.dirname(os.path.abspath(kind))
        runpy.run_path(kind, run_name="__main__")
