"""``python tests/docs/refresh.py``: put what the commands print now into the docs, where their whole output is shown.

Where a page leaves lines out (``...``) it is named, for a person to look at. Read the difference before it is committed.
"""

import sys
import tempfile
from pathlib import Path

from docs_pages import PAGES, follow, not_in, prepared, reader

from mock_devices import start_fleet


def refresh(page):
    """Rewrite one page; names the calls that a person has to look at."""
    lines = page.read_text("utf-8").splitlines()
    with tempfile.TemporaryDirectory() as home, start_fleet() as fleet:
        folder = prepared(Path(home) / "project")
        fleet.write_inventory(folder / "inventory")
        for call, done in reversed(list(follow(page, folder, reader(Path(home)), Path(home) / "kept"))):
            printed = [line.rstrip() for line in done.stdout.splitlines()]
            if done.returncode == call.code and (not call.shown or not_in(call.shown, printed) is None):
                continue
            if done.returncode != call.code or any("..." in line for line in call.shown):
                sys.stdout.write(f"{page.name}:{call.line}: look at it: {call.command}\n")
                continue
            began = next(at for at in range(call.line, len(lines)) if lines[at].strip() == call.shown[0].strip())
            indent = " " * (
                len(lines[began]) - len(lines[began].lstrip()) - len(call.shown[0]) + len(call.shown[0].lstrip())
            )
            lines[began : began + len(call.shown)] = [f"{indent}{line}".rstrip() for line in printed]
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    for each in PAGES:
        refresh(each)
