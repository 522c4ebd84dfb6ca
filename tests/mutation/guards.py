"""Each promise, the guards that keep it, and the test that fails once a guard is gone.

``code`` stands exactly once in its file; ``without`` is the same place with the guard removed.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.mutation.trial import ROOT, Trial

SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Guard:
    """One guard of a promise, and the test that must fail without it."""

    promise: int
    file: str
    code: str
    without: str
    test: str

    def trial(self) -> Trial:
        """The test, with the guard removed.

        Raises:
            ValueError: the guard is not there, or not there alone.

        """
        source = (ROOT / self.file).read_text("utf-8")
        if source.count(self.code) != 1:
            raise ValueError(f"promise {self.promise}: {self.file} holds {self.code!r} {source.count(self.code)} times")
        return Trial(self.file, source.replace(self.code, self.without), (self.test,), SECONDS)
