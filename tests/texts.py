"""Texts as people hand them in: our own, which every clone has, and real ones where they lie beside the project."""

from pathlib import Path

OURS = Path(__file__).parent / "fixtures" / "texts"
REAL = Path(__file__).parents[2] / "shared" / "samples"


def texts(kind, pattern="*"):
    """The files of one kind: ``configs``, ``logs``, ``client``, ``shows``; ours first."""
    return [path for folder in (OURS, REAL) for path in sorted((folder / kind).glob(pattern))]


def name_of(path):
    """Of a test's parameter."""
    return f"{'ours' if path.is_relative_to(OURS) else 'real'}-{path.name}"
