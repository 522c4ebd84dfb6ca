"""One command over many files in one process: ``python -m tests.hostile.run_files PATHS``, arguments on standard input.

Reads a JSON list of argument lists, and writes one JSON line for each: how it ended, what it said and what it took.
The process may take so much memory and no more, and each run so many seconds of processor time.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import signal
import sys
import time

from nornir_anyconnect.cli import main
from nornir_anyconnect.sources import archives, compression, files

MEMORY = 1 << 30
"""Bytes of address space, of which Python and the libraries take a fifth."""
SECONDS = 20
"""Seconds of processor time that one run may take; a machine of the year 2020 needs a tenth for any of them."""


def small_bounds():
    """What stops a bomb, at a hundredth of its size: the files of the tests stay small."""
    compression.RATIO_MATTERS = archives.RATIO_MATTERS = 1 << 20
    compression.MOST_RATIO = archives.MOST_RATIO = 100
    files.FIRST_WORD = 0


def too_long(*_):
    raise KeyboardInterrupt


class Said(io.TextIOWrapper):
    """A stream in UTF-8 without a descriptor."""

    def __init__(self):
        super().__init__(io.BytesIO(), encoding="utf-8", newline="\n")

    @property
    def text(self):
        self.flush()
        return self.buffer.getvalue().decode()


def run(argv):
    out, err = Said(), Said()
    began = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(argv)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return {"code": int(code), "out": out.text, "err": err.text, "seconds": time.process_time() - began}


def serve():
    small_bounds()
    signal.signal(signal.SIGPROF, too_long)
    asked = json.load(sys.stdin)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for argv in asked:
        sys.stdout.write(json.dumps(run(argv)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
