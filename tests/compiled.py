"""What a first run has to compile, shared by its processes: each begins elsewhere, and all read what one has written."""

import compileall
import sys
from importlib.util import cache_from_source
from pathlib import Path

from _pytest.assertion import rewrite

ROOT = Path(__file__).parents[1]
FOLDERS = ("nornir_anyconnect", "mock_devices", "tests")


def together(config, number, processes):
    """Compile whatever changed since it was compiled, as process ``number`` of so many."""
    if sys.dont_write_bytecode:
        return
    sources = sorted(path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py"))
    first = len(sources) * number // processes
    for path in sources[first:] + sources[:first]:
        # pytest puts its own words into the assertions of these
        tests = path.name.startswith("test_") or path.name == "conftest.py"
        compiled = Path(cache_from_source(path))
        if tests:
            compiled = compiled.with_name(path.stem + rewrite.PYC_TAIL)
        if compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime:
            continue
        if tests:
            try:
                compiled.parent.mkdir(exist_ok=True)
            except OSError:  # nothing can be written here
                return
            stat, code = rewrite._rewrite_test(path, config)
            rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, stat, compiled)
        else:
            compileall.compile_file(path, quiet=2)
