"""Secrets by value: in whatever form a report spells them, and nothing else is touched."""

import html
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect import masking
from nornir_anyconnect.masking import remember, remember_url, url_without_credentials, without_secrets

CANARY = 'ca"na<ry\\&é7'


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch):
    monkeypatch.setattr(masking, "_known", set())
    for name in ("NORNIR_ANYCONNECT_PASSWORD", "NORNIR_ANYCONNECT_ENABLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    "form",
    [CANARY, json.dumps(CANARY), json.dumps(CANARY, ensure_ascii=False), html.escape(CANARY), quote(CANARY, safe="")],
)
def test_a_secret_is_found_in_every_form_in_which_a_report_spells_it(form):
    remember(CANARY)
    shown = without_secrets(f"before {form} after")
    assert "na<ry" not in shown
    assert "7" not in shown
    assert shown.startswith("before ")
    assert shown.endswith(" after")
    assert "*****" in shown


@given(st.text(min_size=8), st.text())
def test_what_is_known_is_nowhere_in_the_text(secret, around):
    masking._known.clear()
    remember(secret)
    if secret not in "*****":
        assert secret not in without_secrets(f"{around}{secret}{around}").replace("*****", "")


@given(st.text())
def test_a_text_without_secrets_stays_as_it_is(text):
    masking._known.clear()
    remember("a canary that no text holds")
    assert without_secrets(text) == text


def test_a_short_secret_is_a_word_of_its_own():
    """A password such as 'cisco' must not eat the names of the platform."""
    remember("cisco", "abc")
    assert without_secrets("cisco_asa said: Password: cisco, abc") == "cisco_asa said: Password: *****, abc"


def test_the_environment_is_asked_each_time(monkeypatch):
    for name in (
        "NORNIR_ANYCONNECT_PASSWORD",
        "NORNIR_ANYCONNECT_FMC_PASSWORD",
        "PGPASSWORD",
        "NORNIR_ANYCONNECT_ENABLE",
    ):
        monkeypatch.setenv(name, f"canary-{name}")
        assert without_secrets(f"it is canary-{name}!") == "it is *****!"
    monkeypatch.setenv("https_proxy", "http://me:canary-proxy@proxy.example.net:3128")
    assert "canary-proxy" not in without_secrets("the proxy refused canary-proxy")


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://audit:canary@db.example.net/x", "postgresql://...@db.example.net/x"),
        (
            "postgresql://audit@db/x?password=canary&sslmode=require",
            "postgresql://...@db/x?password=*****&sslmode=require",
        ),
        ("postgresql://a:can@ary@db/x", "postgresql://...@db/x"),
        ("https://chat.example.net/hook?token=canary", "https://chat.example.net/hook?token=*****"),
        ("sqlite:///nights.sqlite", "sqlite:///nights.sqlite"),
        ("nights.sqlite", "nights.sqlite"),
    ],
)
def test_an_address_is_printed_without_its_credentials(url, shown):
    assert url_without_credentials(url) == shown
    remember_url(url)
    assert "canary" not in without_secrets(f"could not reach canary at {url}") or "canary" not in url


def test_somebody_elses_program_gets_none_of_ours(monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "canary-1")
    monkeypatch.setenv("CHAT_TOKEN", "canary-2")
    monkeypatch.setenv("PGPASSWORD", "canary-3")
    assert not [value for value in masking.environment_without_secrets("CHAT_TOKEN").values() if "canary" in value]
    assert "PATH" in masking.environment_without_secrets()
