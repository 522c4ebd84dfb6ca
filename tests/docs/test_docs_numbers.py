"""The numbers in the prose of the pages are those of the code: each sentence is written here with what it must say."""

from dataclasses import fields

import pytest
from docs_pages import DOCS

from nornir_anyconnect.cli.app import build
from nornir_anyconnect.platforms import deadline, login_gate
from nornir_anyconnect.platforms.asa_ssh import ahead, endpoint
from nornir_anyconnect.platforms.asa_ssh.options import Options
from nornir_anyconnect.platforms.fmc import client
from nornir_anyconnect.platforms.probe import path
from nornir_anyconnect.runners import chassis, dask, dask_run
from nornir_anyconnect.sources import archives, compression, files
from nornir_anyconnect.workflows import side_effects

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
DEVICE = {each.name: each.default for each in fields(Options)}


def default(command, option):
    """What an option is without being said."""
    return next(each.default for each in build(command).commands[command].params if option in each.opts)


def longest_side_effect():
    return max(getattr(side_effects, name) for name in dir(side_effects) if name.endswith("_SECONDS"))


CLAIMS = {
    "hand-in": [
        lambda: f"in one another up to {WORDS[files._DEEPEST]} deep",
        lambda: f"unpacks to more than {compression.RATIO_MATTERS >> 20} MB",
        lambda: {1000: "and a thousand times its size"}[compression.MOST_RATIO],
        lambda: f"an archive of more than {archives.MOST_MEMBERS:,} members",
    ],
    "settings": [lambda: f"each within a time limit (at most {WORDS[int(longest_side_effect() // 60)]} minutes)"],
    "scheduling": [lambda: f"those in flight have {chassis.GRACE:g} seconds"],
    "scaling": [
        lambda: {chassis.GRACE: "gives hosts in flight five seconds"}[5.0],
        lambda: f"does not come within {dask.PATIENCE:g} seconds",
        lambda: f"An order holds up to {WORDS[dask_run.MOST]} boxes",
    ],
    "troubleshooting": [
        lambda: f"{WORDS[int(login_gate.SLOW)]} seconds at most",
        lambda: f"after {WORDS[login_gate.REFUSALS_ALLOWED]} refusals the whole run stops",
        lambda: f"at most {ahead.AHEAD >> 10} KB ahead",
        lambda: f"FMC allows {client.REQUESTS} requests a minute",
        lambda: f"after `--host-timeout` seconds ({deadline.HOST_TIMEOUT:g})",
    ],
    "cookbook": [
        lambda: "`connect_timeout`, `login_timeout`, `reply_timeout` | seconds: {connect_timeout:g}, {login_timeout:g}, "
        "{reply_timeout:g}".format(**DEVICE),
        lambda: f"MB that one reply may have: {DEVICE['reply_limit']:g}; a session may bring "
        f"{WORDS[endpoint.REPLIES_PER_HOST]} times as much",
    ],
    "commands": [
        lambda: f"At most {path.DATAGRAMS + 18} packets a host",
        lambda: {1: "one canary, a soak"}[default("apply", "--canary")],
    ],
}  # fmt: skip


@pytest.mark.parametrize("page", CLAIMS)
def test_a_page_says_the_numbers_of_the_code(page):
    text = " ".join((DOCS / f"{page}.md").read_text("utf-8").split())
    assert [claim() for claim in CLAIMS[page] if claim() not in text] == []
