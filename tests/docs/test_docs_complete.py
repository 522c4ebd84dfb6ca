"""What the docs say exists does, and what exists is said: links, pages, options, verdicts, caveats, settings, codes."""

import re
from dataclasses import fields

import pytest
import yaml
from docs_pages import DOCS, PAGES, ROOT, blocks

from nornir_anyconnect.cli.app import FAMILIES, build
from nornir_anyconnect.mtu.assumptions import STANDING
from nornir_anyconnect.report import AUDIT_FORMATS
from nornir_anyconnect.report.sentences import CAVEATS, REASONS
from nornir_anyconnect.settings import Notify, Settings, Webhook
from nornir_anyconnect.waivers import Waiver
from nornir_anyconnect.workflows.exit_codes import ExitCode

LINK = re.compile(r"(?<!\\)\]\(([^)\s]+)\)")
NAMED_PAGE = re.compile(r"\bdocs/[\w-]+\.md\b")
LONG_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
REGISTRIES = re.compile(r"\b(?:pypi|pythonhosted|npmjs|crates|rubygems)\.(?:org|io|com)\b|files\.python", re.IGNORECASE)
# of other programs that a page names
FOREIGN = {"--count", "--fleet", "--port", "--record", "--latency", "--write"}


def prose(page):
    """A page without its fenced blocks."""
    return re.sub(r"^ *```.*?^ *```$", "", page.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)


def anchors(page):
    """What a link may point to: headings, as mkdocs and GitHub spell them."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


def column(page, header):
    """The words in back quotes of the first column of every table that begins with this header."""
    rows = re.split(r"^\|.*\|$\n^\|[-:| ]+\|$\n", prose(page), flags=re.MULTILINE)
    heads = re.findall(r"^(\|.*\|)\n\|[-:| ]+\|$", prose(page), re.MULTILINE)
    found = []
    for head, body in zip(heads, rows[1:], strict=True):
        if head.split("|")[1].strip() == header:
            lines = body.split("\n\n")[0].splitlines()
            found += [word for line in lines for word in re.findall(r"`([^`]+)`", line.split("|")[1])]
    return found


def options_of(command):
    found = {option for parameter in command.params for option in parameter.opts}
    return found.union({"--help"}, *(options_of(each) for each in getattr(command, "commands", {}).values()))


@pytest.fixture(scope="module")
def application():
    return build(whole=True)


def test_the_runbook_of_the_readme_has_at_most_twelve_lines():
    (runbook,) = [each for each in blocks((ROOT / "README.md").read_text("utf-8")) if each.kind == "python"]
    assert len(runbook.lines) <= 12
    assert {"audit_mtu", "findings_of", "save_plan"} <= set(re.findall(r"\w+", "\n".join(runbook.lines)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_internal_link_resolves(page):
    broken = []
    for target in LINK.findall(prose(page)):
        if target.startswith(("http://", "https://")):
            continue
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        if not aim.exists() or (anchor and anchor not in anchors(aim)):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_no_page_names_the_host_of_a_package_registry(page):
    assert not REGISTRIES.findall(page.read_text("utf-8"))


def test_every_page_that_a_message_names_is_there():
    named = {
        name
        for package in ("nornir_anyconnect", "mock_devices", "playbooks")
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", ".yaml", ".service", ".j2", ".html"}
        for name in NAMED_PAGE.findall(path.read_text("utf-8"))
    }
    assert "docs/settings.md" in named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_every_option_that_is_named_exists(application):
    known = options_of(application) | FOREIGN
    unknown = {
        f"{page.name}: {option}"
        for page in PAGES
        for option in LONG_OPTION.findall(" ".join(re.findall(r"`([^`]+)`", prose(page))))
        if option not in known
    }
    assert not unknown


def test_every_command_is_on_the_page_of_options_with_all_its_options(application):
    text = (DOCS / "options.md").read_text("utf-8")
    for family in FAMILIES.values():
        for name in family:
            children = getattr(application.commands[name], "commands", None)
            for words in [f"{name} {child}" for child in children] if children else [name]:
                assert f"$ nornir-anyconnect {words} --help" in text
    missing = [option for option in options_of(application) if option.startswith("--") and option not in text]
    assert not missing


def test_every_verdict_reason_and_caveat_is_explained():
    text = (DOCS / "how-it-works.md").read_text("utf-8")
    assert [word for word in (*REASONS, *CAVEATS) if f"| `{word}` |" not in text] == []
    assert column(DOCS / "how-it-works.md", "set") == [each.name for each in STANDING]


def test_every_exit_code_is_explained():
    table = re.search(r"^## Exit codes\n(.*?)\n\n[^|\n]", prose(DOCS / "commands.md"), re.MULTILINE | re.DOTALL)
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table[1], re.MULTILINE)] == list(map(int, ExitCode))


def test_every_format_is_explained():
    assert set(column(DOCS / "commands.md", "format")) == set(AUDIT_FORMATS)


def test_every_setting_is_explained_and_none_that_is_not():
    settings = column(DOCS / "settings.md", "key")
    known = [*Settings.__struct_fields__, *(each.name for each in fields(Waiver))]
    assert sorted(settings) == sorted(known)
    webhook = next(b for b in blocks((DOCS / "settings.md").read_text("utf-8")) if "  webhook:" in b.lines)
    shown = yaml.safe_load("\n".join(webhook.lines))["notify"]["webhook"]
    assert set(shown) == set(Webhook.__struct_fields__)
    assert set(Notify.__struct_fields__) == {"command", "webhook"}


def test_the_pictures_are_small():
    assert [p.name for p in (DOCS / "images").iterdir() if p.stat().st_size > 200_000] == []
