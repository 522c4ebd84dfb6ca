"""Archives and compressed files that lie, swell and lead out of themselves: a name and how its bytes are made."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zipfile

import zstandard

from tests.hostile.samples import CONFIG, LOG

MB = 1 << 20
ZEROS = b"\0" * MB


def gz(raw):
    return gzip.compress(raw, 6, mtime=0)


def zst(raw):
    return zstandard.ZstdCompressor().compress(raw)


def packed_often(raw, times, pack=gz):
    for _ in range(times):
        raw = pack(raw)
    return raw


def zipped(entries, method=zipfile.ZIP_DEFLATED):
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", method) as archive:
        for name, raw in entries:
            archive.writestr(name, raw)
    return kept.getvalue()


def entry(name="edge.cfg", raw=CONFIG, **fields):
    """One entry of a .tar, whose header says what ``fields`` say."""
    info = tarfile.TarInfo(name)
    info.size = len(raw)
    for key, value in fields.items():
        setattr(info, key, value)
    return info.tobuf(tarfile.GNU_FORMAT) + raw + b"\0" * (-len(raw) % 512)


END = b"\0" * 1024


def tar(*entries):
    return b"".join(entries) + END


def nested(depth, wrap):
    raw = CONFIG
    for _ in range(depth):
        raw = wrap(raw)
    return raw


def patched(raw, *changes):
    """The same with other bytes at some places."""
    raw = bytearray(raw)
    for at, new in changes:
        raw[at : at + len(new)] = new
    return bytes(raw)


def of_zip(change):
    """A .zip of one configuration, in whose directory and header something is changed."""
    raw = zipped([("edge.cfg", CONFIG)])
    return change(raw, raw.find(b"PK\x01\x02"))


def with_checksum(header):
    header = bytearray(header)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header[:512])
    return bytes(header)


def claims(kind, size, body=b""):
    """A header of this kind that claims so many bytes; fewer follow."""
    header = bytearray(entry("x", b"", type=kind)[:512])
    header[124:136] = b"\x80" + size.to_bytes(11, "big")
    return with_checksum(header) + body


def pax(**records):
    lines = b""
    for key, value in records.items():
        line = f" {key.replace('__', '.')}={value}\n".encode()
        size = len(line) + len(str(len(line) + 3))
        lines += str(size).encode() + line
    return entry("pax", lines, type=tarfile.XHDTYPE) + entry()


PACKED = {
    # compression
    "bomb.gz": lambda: gz(ZEROS * 6),
    "bomb.bz2": lambda: bz2.compress(ZEROS * 6),
    "bomb.xz": lambda: lzma.compress(ZEROS * 6),
    "bomb.zst": lambda: zst(ZEROS * 6),
    "bomb-of-lines.gz": lambda: gz(LOG[:120] + b"\n" * (8 * MB)),
    "bomb-in-a-bomb.gz": lambda: packed_often(ZEROS * 6, 2),
    "packed-nine-times.gz": lambda: packed_often(CONFIG, 9),
    "packed-by-four.gz": lambda: gz(bz2.compress(lzma.compress(zst(CONFIG)))),
    "two-thousand-empty-members.gz": lambda: gz(b"") * 2_000,
    "many-small-members.gz": lambda: b"".join(gz(line + b"\n") for line in LOG.split(b"\n")) * 40,
    "gz-of-nothing.gz": lambda: gz(b""),
    "gz-cut.gz": lambda: gz(CONFIG * 50)[:-40],
    "gz-header-alone.gz": lambda: b"\x1f\x8b",
    "gz-header-with-endless-name.gz": lambda: b"\x1f\x8b\x08\x08\0\0\0\0\0\xff" + b"a" * MB,
    "gz-wrong-crc.gz": lambda: gz(CONFIG)[:-8] + b"\1" * 8,
    "gz-and-rubbish.gz": lambda: gz(CONFIG) + b"rubbish" * 100,
    "bz2-header-alone.bz2": lambda: b"BZh9",
    "bz2-damaged.bz2": lambda: patched(bz2.compress(LOG * 20), (60, b"\0" * 30)),
    "xz-that-wants-a-gigabyte.xz": lambda: lzma.compress(
        CONFIG, lzma.FORMAT_XZ, filters=[{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 16 * MB}]
    ).replace(b"\x21\x01\x18", b"\x21\x01\x28"),
    "xz-cut.xz": lambda: lzma.compress(LOG * 50)[:-30],
    "zst-window-too-large.zst": lambda: b"\x28\xb5\x2f\xfd\x00\xf8" + b"\x01\0\0",
    "zst-cut.zst": lambda: zst(LOG * 50)[:-5],
    "zst-skippable-frames.zst": lambda: zst(b"") + (b"\x50\x2a\x4d\x18" + struct.pack("<I", 4) + b"abcd") * 5000,
    "not-packed-at-all.gz": lambda: CONFIG,
    "text-called.bz2": lambda: LOG,
    "text-called.zip": lambda: CONFIG,
    "text-called.tar": lambda: CONFIG,
    "zip-called.cfg": lambda: zipped([("edge.cfg", CONFIG)]),
    "tar-called.json": lambda: tar(entry()),
    "gz-called.txt": lambda: gz(LOG),
    "compress-by-lzw.Z": lambda: b"\x1f\x9d\x90" + bytes(range(256)) * 40,
    "seven.7z": lambda: b"7z\xbc\xaf\x27\x1c\0\4" + bytes(range(256)) * 40,
    "rar.rar": lambda: b"Rar!\x1a\x07\x01\0" + bytes(range(256)) * 40,
    # zip
    "zip-bomb.zip": lambda: zipped([(f"{n}.txt", ZEROS * 3) for n in range(4)]),
    "zip-of-nothing.zip": lambda: zipped([]),
    "zip-absolute.zip": lambda: zipped([("/etc/edge.cfg", CONFIG)]),
    "zip-dotdot.zip": lambda: zipped([("../../../edge.cfg", CONFIG)]),
    "zip-backslashes.zip": lambda: zipped([("..\\..\\edge.cfg", CONFIG)]),
    "zip-drive.zip": lambda: zipped([("C:\\Windows\\edge.cfg", CONFIG)]),
    "zip-five-hundred.zip": lambda: zipped([(f"{n}/x.txt", b"x") for n in range(500)]),
    "zip-alike.zip": lambda: zipped_alike(),
    "zip-nested.zip": lambda: nested(6, lambda raw: zipped([("x.zip", raw)])),
    "zip-in-tar-in-gz": lambda: gz(tar(entry("x.zip", zipped([("x.gz", gz(CONFIG))])))),
    "zip-long-name.zip": lambda: zipped([("n" * 60_000 + ".cfg", CONFIG)]),
    "zip-deep-name.zip": lambda: zipped([("d/" * 20_000 + "x.cfg", CONFIG)]),
    "zip-escapes-in-name.zip": lambda: zipped([("\x1b[2J\x1b]0;owned\x07\n::error::x.cfg", b"nothing")]),
    "zip-encrypted.zip": lambda: of_zip(lambda raw, at: patched(raw, (6, b"\1"), (at + 8, b"\1"))),
    "zip-unknown-method.zip": lambda: of_zip(lambda raw, at: patched(raw, (8, b"\x63\0"), (at + 10, b"\x63\0"))),
    "zip-lzma.zip": lambda: zipped([("x.cfg", CONFIG)], zipfile.ZIP_LZMA),
    "zip-wrong-crc.zip": lambda: of_zip(lambda raw, at: patched(raw, (14, b"abcd"), (at + 16, b"abcd"))),
    "zip-claims-too-much.zip": lambda: of_zip(lambda raw, at: patched(raw, (at + 24, b"\xff\xff\xff\x7f"))),
    "zip-offset-outside.zip": lambda: of_zip(lambda raw, at: patched(raw, (at + 42, b"\xff\xff\xff\x7f"))),
    "zip-no-directory.zip": lambda: of_zip(lambda raw, at: raw[:at]),
    "zip-cut.zip": lambda: of_zip(lambda raw, at: raw[: at + 30]),
    "zip-claims-many.zip": lambda: of_zip(lambda raw, at: patched(raw, (len(raw) - 14, b"\xff\xff\xff\xff"))),
    "zip-date-that-is-none.zip": lambda: of_zip(lambda raw, at: patched(raw, (10, b"\0" * 4), (at + 12, b"\xff" * 4))),
    "zip-long-comment.zip": lambda: of_zip(lambda raw, at: raw[:-2] + b"\xff\xff" + b"PK\x05\x06" * 16383 + b"PKP"),
    "zip-behind-rubbish.zip": lambda: b"rubbish\n" * 100 + zipped([("edge.cfg", CONFIG)]),
    "zip64-that-is-none.zip": lambda: of_zip(lambda raw, at: patched(raw, (at + 20, b"\xff" * 8), (at + 42, b"\xff" * 4))),
    "zip-name-not-utf8.zip": lambda: of_zip(lambda raw, at: raw.replace(b"edge.cfg", b"\xff\xfeg\xe9.cfg")),
    "zip-name-with-nul.zip": lambda: of_zip(lambda raw, at: raw.replace(b"edge.cfg", b"ed\0e.cfg")),
    # tar
    "tar-absolute.tar": lambda: tar(entry("/etc/edge.cfg")),
    "tar-dotdot.tar": lambda: tar(entry("../../edge.cfg")),
    "tar-links.tar": lambda: tar(
        entry("a.cfg", b"", type=tarfile.SYMTYPE, linkname="/etc/passwd"),
        entry("b.cfg", b"", type=tarfile.LNKTYPE, linkname="../../etc/passwd"),
        entry("loop.cfg", b"", type=tarfile.SYMTYPE, linkname="loop.cfg"),
    ),
    "tar-devices.tar": lambda: tar(
        entry("zero.cfg", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=5),
        entry("disk.cfg", b"", type=tarfile.BLKTYPE, devmajor=8),
        entry("pipe.cfg", b"", type=tarfile.FIFOTYPE),
    ),
    "tar-five-hundred.tar": lambda: tar(*(entry(f"{n}/x.txt", b"x") for n in range(500))),
    "tar-alike.tar": lambda: tar(*(entry() for _ in range(3))),
    "tar-nested.tar": lambda: nested(8, lambda raw: tar(entry("x.tar", raw))),
    "tar-long-name.tar": lambda: tar(entry("n" * 200_000)),
    "tar-name-of-a-gigabyte.tar": lambda: claims(tarfile.GNUTYPE_LONGNAME, 1 << 30, CONFIG),
    "tar-name-of-a-gigabyte.tar.bz2": lambda: bz2.compress(claims(tarfile.GNUTYPE_LONGNAME, 1 << 30)) + bz2.compress(ZEROS) * 60,
    "tar-pax-of-a-gigabyte.tar.bz2": lambda: bz2.compress(claims(tarfile.XHDTYPE, 1 << 30)) + bz2.compress(ZEROS) * 60,
    "tar-global-pax-of-a-gigabyte.tar.gz": lambda: gz(claims(tarfile.XGLTYPE, 1 << 30)) + gz(ZEROS) * 60,
    "tar-pax-size.tar": lambda: tar(pax(size="9" * 5000)),
    "tar-pax-size-negative.tar": lambda: tar(pax(size="-1")),
    "tar-pax-time.tar": lambda: tar(pax(mtime="nan"), pax(mtime="1e400"), pax(mtime="-" + "9" * 400)),
    "tar-pax-lengths-lie.tar": lambda: tar(entry("pax", b"999999999 path=x\n0 y=z\n", type=tarfile.XHDTYPE), entry()),
    "tar-pax-endless-length.tar": lambda: tar(entry("pax", b"9" * 6000 + b" path=x\n", type=tarfile.XHDTYPE), entry()),
    "tar-pax-sparse.tar": lambda: tar(
        pax(GNU__sparse__major="1", GNU__sparse__minor="0", GNU__sparse__realsize="9" * 18, GNU__sparse__name="x")
    ),
    "tar-pax-sparse-map.tar": lambda: tar(pax(GNU__sparse__map=",".join(["0"] * 20_001))),
    "tar-pax-encoding.tar": lambda: tar(pax(hdrcharset="ROT13", path="x")),
    "tar-two-thousand-long-names.tar": lambda: tar(*[entry("x", b"n" * 600, type=tarfile.GNUTYPE_LONGNAME)] * 2000),
    "tar-two-thousand-pax.tar": lambda: tar(*[pax(path="x")[:1024]] * 2000),
    "tar-size-negative.tar": lambda: with_checksum(patched(entry()[:512], (124, b"\xff" * 12))) + CONFIG,
    "tar-size-beyond.tar": lambda: claims(tarfile.REGTYPE, 1 << 60, CONFIG),
    "tar-wrong-checksum.tar": lambda: patched(entry(), (148, b"000000")) + END,
    "tar-letters-for-numbers.tar": lambda: with_checksum(patched(entry()[:512], (124, b"abcdefghijk\0"))) + END,
    "tar-cut.tar": lambda: entry(raw=CONFIG * 20)[:3000],
    "tar-header-alone.tar": lambda: entry()[:512],
    "tar-no-end.tar": entry,
    "tar-of-zeros.tar": lambda: b"\0" * 10_240,
    "tar-old-sparse.tar": lambda: tar(claims(b"S", 1 << 40)),
    "tar-volume.tar": lambda: tar(entry("V", b"", type=b"V"), entry("M", b"x" * 600, type=b"M"), entry()),
    "tar-name-not-utf8.tar": lambda: with_checksum(patched(entry()[:512], (0, b"\xff\xfe\xe9.cfg\0"))) + entry()[512:] + END,
    "tar-bomb.tar.bz2": lambda: bz2.compress(claims(tarfile.REGTYPE, 24 * MB)) + bz2.compress(ZEROS) * 24,
    "tar-and-rubbish.tar": lambda: tar(entry()) + b"rubbish" * 3000,
}  # fmt: skip


def zipped_alike():
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w") as archive:
        for _ in range(3):
            with archive.open(zipfile.ZipInfo("edge.cfg"), "w") as stream:
                stream.write(CONFIG)
            archive.NameToInfo.clear()
    return kept.getvalue()
