"""docs/account.md follows the commands that can be sent."""

import subprocess
import sys
from pathlib import Path

from nornir_anyconnect.asa.commands import Show, ShowCommand, ShowRunning
from nornir_anyconnect.asa.grammar import Section
from nornir_anyconnect.platforms.asa_ssh.account import account_page, privilege_lines, tacacs_command_set

PAGE = Path(__file__).parents[2] / "docs" / "account.md"


def test_the_page_is_up_to_date():
    assert PAGE.read_text(encoding="utf-8") == account_page()


def test_the_page_is_printed_by_its_module():
    command = [sys.executable, "-W", "error", "-m", "nornir_anyconnect.platforms.asa_ssh.account"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == account_page()


def test_nothing_is_printed_where_the_module_is_only_imported():
    code = "import nornir_anyconnect.platforms.asa_ssh.account"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b""


def test_every_show_command_is_covered_by_both():
    import re

    sent = [ShowCommand(show).text for show in Show]
    sent += [ShowRunning(section, defaults).text for section in [None, *Section] for defaults in (True, False)]
    permitted = [re.compile(f"{command} {arguments}".rstrip()) for command, arguments in tacacs_command_set()]
    words = {line.rpartition(" command ")[2] for line in privilege_lines()}
    for line in sent:
        assert any(pattern.fullmatch(line) for pattern in permitted), line
        assert line.split()[1] in words


def test_nothing_that_changes_anything_is_granted():
    granted = " ".join(f"{command} {arguments}" for command, arguments in tacacs_command_set())
    assert not {"configure", "write", "reload", "copy", "clear", "more", "debug"} & set(granted.split())
