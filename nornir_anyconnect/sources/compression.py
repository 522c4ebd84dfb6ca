"""Unpacks a stream, whatever its file is called: gzip, bzip2, xz, Zstandard and wide characters, by its first bytes.

A few kilobytes can unpack to gigabytes: each step yields a bounded piece, and a stream that grows beyond measure is
stopped, which its reader is told.
"""

from __future__ import annotations

import bz2
import codecs
import itertools
import lzma
import zlib
from typing import TYPE_CHECKING, Protocol

from nornir_anyconnect.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

INFLATED = 1 << 20
"""Bytes that one step may yield."""
MOST_RATIO = 1000
"""Logs pack 10 to 100 times, a bomb up to 50,000 times."""
RATIO_MATTERS = 256 << 20
"""Bytes that any file may unpack to, however small it is."""
MOST_BYTES = 64 << 30
"""Bytes that one file may unpack to in all."""
_WINDOW = 128 << 20
"""Bytes of memory that unpacking may take."""
_PIECE = 1 << 10
_LOOKED_AT = 4096
_NEARLY = 10
_ZSTD = b"\x28\xb5\x2f\xfd"


class _Decompressor(Protocol):
    """What zlib, bz2 and lzma have in common."""

    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int = ..., /) -> bytes: ...


def _xz() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_WINDOW)


_FORMATS: dict[bytes, Callable[[], _Decompressor]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\x00": _xz,
}
_NOT_OPENED = {
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x04\x22\x4d\x18": "LZ4",
    b"\x1f\x9d": "compress",
}


def is_compressed(start: bytes) -> bool:
    """Whether a file that begins so is unpacked before it is read."""
    return start.startswith((*_FORMATS, _ZSTD))


def inflated(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The stream itself, or what it unpacks to.

    Args:
        name: names the file in errors.
        chunks: its bytes, the first of them enough to tell what they are.

    Raises:
        SourceError: it is damaged, unpacks to more than anybody keeps, or needs a library that is not installed.

    """
    first = next(chunks, b"")
    if packer := next((packer for magic, packer in _NOT_OPENED.items() if first.startswith(magic)), None):
        raise SourceError(f"{name} is packed by {packer}, which is not opened here", "unpack it")
    make = next((make for magic, make in _FORMATS.items() if first.startswith(magic)), None)
    if make is None and not first.startswith(_ZSTD):
        yield from itertools.chain((first,) if first else (), chunks)
        return
    taken = 0

    def metered() -> Iterator[bytes]:
        nonlocal taken
        for chunk in itertools.chain((first,), chunks):
            taken += len(chunk)
            yield chunk

    given = 0
    for text in _stepwise(name, make, metered()) if make else _unzstd(name, metered()):
        given += len(text)
        if given > MOST_BYTES or (given > RATIO_MATTERS and given > MOST_RATIO * taken):
            raise SourceError(
                f"{name} unpacks to more than {given >> 20} MB, {given // taken} times its size: reading stopped there",
                "unpack it yourself, look at what it is, and name the part that matters",
                name,
            )
        yield text


def _stepwise(name: str, make: Callable[[], _Decompressor], chunks: Iterator[bytes]) -> Iterator[bytes]:
    damaged = SourceError(f"{name} is damaged or cut short", "copy the file again, or unpack what can be saved", name)
    member, data = make(), next(chunks, b"")
    while True:
        try:
            text = member.decompress(data, INFLATED)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            raise damaged from error
        if text:
            yield text
        if member.eof:
            # a file may hold several members, and be padded with zeros
            data = member.unused_data.lstrip(b"\x00") or next(chunks, b"").lstrip(b"\x00")
            if not data:
                return
            member = make()
            continue
        # zlib hands back what it did not look at; the others keep it
        data = getattr(member, "unconsumed_tail", b"")
        if not data and len(text) < INFLATED and getattr(member, "needs_input", True):
            data = next(chunks, b"")
            if not data:
                raise damaged


def _unzstd(name: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    try:
        import zstandard  # noqa: PLC0415 - an extra: only those who have such files need it
    except ImportError as error:
        raise SourceError(
            f"{name} is compressed with zstd",
            "pip install 'nornir-anyconnect[zstd]', or pipe it: zstdcat FILE | ... -",
            name,
        ) from error

    damaged = SourceError(f"{name} is damaged or cut short", "copy the file again", name)
    opener = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    frame, parts, size = opener.decompressobj(), [], 0
    for data in _sliced(chunks):
        left = data
        while left:
            if frame.eof:
                frame = opener.decompressobj()
            try:
                text = frame.decompress(left)
            except zstandard.ZstdError as error:
                raise damaged from error
            left = frame.unused_data if frame.eof else b""
            parts.append(text)
            size += len(text)
        if size >= INFLATED:
            yield b"".join(parts)
            parts, size = [], 0
    yield b"".join(parts)
    if not frame.eof:
        raise damaged


def _sliced(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Small pieces: four hostile bytes of zstd unpack to 128 KiB, and nothing but the piece's size bounds the sum."""
    for chunk in chunks:
        for at in range(0, len(chunk), _PIECE):
            yield chunk[at : at + _PIECE]


def in_utf_8(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The same text in UTF-8 without a byte order mark: Windows writes UTF-16, with a mark or without."""
    first = next(chunks, b"")
    if wide := _wide(first):
        decoder = codecs.getincrementaldecoder(wide)(errors="replace")
        for chunk in itertools.chain((first,), chunks):
            yield decoder.decode(chunk).encode(errors="replace")
    else:
        yield first.removeprefix(codecs.BOM_UTF8)
        yield from chunks


def _wide(first: bytes) -> str:
    """The encoding of a text whose characters have two or four bytes each; empty where they have not."""
    if first.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if first.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = first[:_LOOKED_AT:2], first[1:_LOOKED_AT:2]
    for zeros, others, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if zeros and zeros.count(0) * _NEARLY > len(zeros) * (_NEARLY - 1) and others.count(0) * _NEARLY < len(others):
            return name
    return ""
