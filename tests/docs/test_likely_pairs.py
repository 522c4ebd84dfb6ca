"""The table of likely pairs on the page is what the engine says of boxes at default settings."""

from pathlib import Path

import pytest

from nornir_anyconnect.asa.parser import parse
from nornir_anyconnect.audit.context import Options
from nornir_anyconnect.audit.judge import judge
from nornir_anyconnect.mtu.clients import client_named
from tests.texts import AT_DEFAULTS

PAGE = Path(__file__).parents[2] / "docs" / "how-it-works.md"
RELEASES = ("9.8(2)", "9.12(4)", "9.16(4)", "9.18(4)", "9.20(2)", "9.22(1)")
CLIENTS = ("secure-client-5", "anyconnect-4.10")


def row(release: str, client: str) -> str:
    audit = judge(
        parse(AT_DEFAULTS.format(release=release, more="")), "fw", options=Options(client=client_named(client))
    )
    found = next(each for each in audit.findings if each.name == "STAFF")
    numbers = found.likely.assumptions[found.primary_set]
    worst = found.assumptions[found.primary_set]
    return (
        f"| {release} | {client} | `{found.likely.tls_suite}` | `{found.likely.dtls_suite}` | {found.primary_set} "
        f"| {numbers.tls_mtu} / {numbers.dtls_mtu} | {worst.tls_mtu} / {worst.dtls_mtu} |"
    )


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize("release", RELEASES)
def test_the_row_is_what_the_engine_says(release, client):
    assert row(release, client) in PAGE.read_text("utf-8").splitlines()
