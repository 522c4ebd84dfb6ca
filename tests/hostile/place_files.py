"""Names and places that are no file, lead in a circle or must not be read: a name and what makes it."""

from __future__ import annotations

import os
import socket

from tests.hostile.samples import CONFIG, LOG

DEEP = 1200


def deep(folder):
    """Folders in each other, deeper than functions may call each other; made without a long path."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(DEEP):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)


def listening(path):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.bind(os.path.relpath(path))


def folder_of(**files):
    def make(path):
        path.mkdir()
        for name, raw in files.items():
            (path / name).write_bytes(raw)

    return make


def with_link(name, target):
    def make(path):
        path.mkdir()
        (path / name).symlink_to(target)

    return make


def closed(path):
    path.write_bytes(CONFIG)
    path.chmod(0)


def closed_folder(path):
    path.mkdir()
    (path / "edge.cfg").write_bytes(CONFIG)
    path.chmod(0)


def sparse(path):
    with path.open("wb") as file:
        file.write(LOG)
        file.truncate(2 << 20)


def named(raw):
    return lambda path: path.write_bytes(raw)


PLACES = {
    "pipe-without-writer": os.mkfifo,
    "socket": listening,
    "link-to-itself": lambda path: path.symlink_to(path.name),
    "link-to-nothing": lambda path: path.symlink_to("nothing"),
    "link-to-zeros": lambda path: path.symlink_to("/dev/zero"),
    "link-to-full": lambda path: path.symlink_to("/dev/full"),
    "link-to-random": lambda path: path.symlink_to("/dev/urandom"),
    "link-to-the-terminal": lambda path: path.symlink_to("/dev/tty"),
    "link-to-memory": lambda path: path.symlink_to("/proc/self/mem"),
    "link-to-the-kernel's-log": lambda path: path.symlink_to("/proc/kmsg"),
    "link-to-pages": lambda path: path.symlink_to("/proc/self/pagemap"),
    "link-to-a-descriptor": lambda path: path.symlink_to("/proc/self/fd/99"),
    "folder-of-nothing": folder_of(),
    "folder-with-link-to-itself": with_link("again", "."),
    "folder-with-link-to-the-root": with_link("root", "/"),
    "folder-with-link-to-zeros": with_link("zeros.cfg", "/dev/zero"),
    "folder-with-link-to-nothing": with_link("nothing.cfg", "nothing"),
    "folder-of-five-hundred": lambda path: (path.mkdir(), [(path / f"{n}.cfg").touch() for n in range(500)]),
    "folder-without-bottom": lambda path: (path.mkdir(), deep(path)),
    "folder-of-a-bare-repository": folder_of(HEAD=b"ref", objects=b"", refs=b""),
    "closed.cfg": closed,
    "closed-folder": closed_folder,
    "sparse.log": sparse,
    "name-of-two-hundred-letters-" + "n" * 200: named(CONFIG),
    "name\nof two lines.cfg": named(b"nothing"),
    "\x1b[2Jname-that-clears-the-screen.cfg": named(b"nothing"),
    "::error::name-of-a-workflow-command.cfg": named(b"nothing"),
    "name-with-%s-{0}-[bold].cfg": named(b"nothing"),
    "name-in-\udcff\udce9-latin-1.cfg": named(CONFIG),
    "name-from-\u202eright-to-left.cfg": named(b"nothing"),
    " name with blanks .cfg": named(CONFIG),
    "-name-of-an-option.cfg": named(CONFIG),
    "old-revisions.cfg,v": named(b"head 1.2;"),
}
NOT_MADE = (
    "", "no-such-file", "a/b/../../no-such-folder/x", "n" * 5000, "/".join(["d"] * 3000), "~nobody",
    "file:///etc/passwd", "/dev/fd/99",
)  # fmt: skip
"""Paths that lead nowhere."""
