"""What client generations offer: packaged facts, each with its source (``data/clients.toml``)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from nornir_anyconnect.errors import UsageError
from nornir_anyconnect.mtu.suites import Version, packaged

ANY = "any"
"""No client in particular: the worst pair alone is told."""
USUAL = "secure-client-5"
_SHORT = {"anyconnect-4": "anyconnect-4.10"}


@dataclass(frozen=True, slots=True)
class Client:
    """One generation, with what it offers in any order: the box's order decides."""

    name: str
    versions: frozenset[Version]
    suites: frozenset[str]
    source: str

    def offers(self, suite: str, version: Version) -> bool:
        """Whether it may negotiate the suite in that version."""
        return version in self.versions and suite in self.suites


@cache
def clients() -> dict[str, Client]:
    """Every generation, by name."""
    return {
        name: Client(
            name, frozenset(Version(each) for each in row["versions"]), frozenset(row["suites"]), row["source"]
        )
        for name, row in packaged("clients").items()
    }


def client_named(name: str) -> Client | None:
    """The generation of that name; None for ``any``.

    Raises:
        UsageError: there is no such generation.

    """
    if name == ANY:
        return None
    found = clients().get(_SHORT.get(name, name))
    if found is None:
        raise UsageError(f"there is no client '{name}'", f"use one of {', '.join((*clients(), *_SHORT, ANY))}")
    return found
