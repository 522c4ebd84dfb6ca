"""SSH host keys: verified against known_hosts by default, learnt only on purpose (promise 6)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from nornir_anyconnect.errors import HostKeyError

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class HostKey:
    """A host key as known_hosts writes it; ``name`` is ``host`` or ``[host]:port``."""

    name: str
    type: str
    base64: str

    @property
    def fingerprint(self) -> str:
        """SHA-256, as OpenSSH prints it."""
        digest = hashlib.sha256(base64.b64decode(self.base64)).digest()
        return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")

    @property
    def line(self) -> str:
        """The line for known_hosts."""
        return f"{self.name} {self.type} {self.base64}"


def name_of(hostname: str, port: int) -> str:
    """How known_hosts names a server."""
    return hostname if port == 22 else f"[{hostname}]:{port}"  # noqa: PLR2004 - the SSH port


def known_keys(known_hosts: Path, name: str) -> dict[str, HostKey]:
    """The keys known for a server, by type; empty if it is unknown or the file is missing.

    Raises:
        HostKeyError: the file cannot be read.

    """
    held = _held(Path(os.path.expanduser(known_hosts)))  # noqa: PTH111 - without a home it stays as it is
    hashed = (line for line in held.hashed if _is_about(line, name))
    found: dict[str, HostKey] = {}
    for line in (*held.by_name.get(name, ()), *hashed):
        words = line.split()
        if len(words) > 2 and words[2] not in held.revoked and _fits(*words[1:3]):  # noqa: PLR2004 - name, type, key
            found.setdefault(words[1], HostKey(name, *words[1:3]))
    return found


def _fits(kind: str, key: str) -> bool:
    """Whether this is a key of that type: both stand in it (RFC 4253, section 6.6)."""
    try:
        blob = base64.b64decode(key, validate=True)
    except binascii.Error:
        return False
    return blob[4 : 4 + int.from_bytes(blob[:4], "big")] == kind.encode()


@dataclass(frozen=True, slots=True)
class _Held:
    """What a known_hosts file holds: lines by plain host name, hashed lines, and keys that are never to be trusted."""

    by_name: dict[str, list[str]] = field(default_factory=dict)
    hashed: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)


def _held(path: Path) -> _Held:
    try:
        state = path.stat()
        return _read(str(path), state.st_mtime_ns, state.st_size)
    except FileNotFoundError:
        return _Held()
    except (OSError, UnicodeDecodeError) as error:
        raise HostKeyError(f"{path} cannot be read: {error}", "check the known_hosts setting") from error


@lru_cache(maxsize=8)
def _read(path: str, _modified: int, _size: int) -> _Held:
    """A fleet's file is split once, not per connection."""
    held = _Held()
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        names = _names(line)
        if names == "@revoked":
            held.revoked.update(line.split()[3:4])  # for whichever host: a stolen key is nobody's
        if not names or names.startswith(("#", "@")):
            continue
        if names.startswith("|"):
            held.hashed.append(line)
        for each in names.split(","):
            held.by_name.setdefault(each, []).append(line)
    return held


def learn(known_hosts: Path, keys: Iterable[HostKey], *, replace: bool = False) -> tuple[HostKey, ...]:
    """Add keys to known_hosts; the ones that were new. The file is readable by its owner only.

    Args:
        known_hosts: the file; it is created where it is missing.
        keys: as a device presented them, looked at by a person.
        replace: take the place of keys of the same server; without it a changed key is an error.

    Raises:
        HostKeyError: another key of that type is known for the server, and ``replace`` was not asked for;
            or the key is marked as revoked.

    """
    path = Path(os.path.expanduser(known_hosts))  # noqa: PTH111 - without a home it stays as it is
    new = []
    for key in keys:
        if key.base64 in _held(path).revoked:
            raise HostKeyError(
                f"the host key of {key.name} is marked @revoked in {path}", "find out who presents it; it is not learnt"
            )
        known = known_keys(path, key.name)
        if (same := known.get(key.type)) is not None and same.base64 == key.base64:
            continue
        if known and not replace:
            raise HostKeyError(
                f"{key.name} is known with another host key",
                "find out why it changed; then learn it again with the word to replace",
            )
        new.append(key)
    if not new:
        return ()
    old = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    replaced = {key.name for key in new}
    kept = [line for line in old if not any(_is_about(line, name) for name in replaced)] if replace else old
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.write_text("\n".join([*kept, *(key.line for key in new)]) + "\n", encoding="utf-8")
    draft.chmod(0o600)
    os.replace(draft, path)  # noqa: PTH105 - one atomic step, never half a file
    return tuple(new)


def _names(line: str) -> str:
    """The first word of a line; OpenSSH takes blanks and tabs before and behind it."""
    return next(iter(line.split(maxsplit=1)), "")


def _is_about(line: str, name: str) -> bool:
    """Whether a line of known_hosts holds a key of this server, also where its name is hashed."""
    names = _names(line).split(",")
    return name in names or any(each.startswith("|1|") and _is_hash_of(name, each) for each in names)


def _is_hash_of(name: str, hashed: str) -> bool:
    """``|1|salt|HMAC-SHA1 of the name``, as OpenSSH writes it."""
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in hashed.split("|")[2:])
    except ValueError:
        return False
    return hmac.digest(salt, name.encode(), "sha1") == digest
