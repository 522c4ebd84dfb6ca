"""The settings file: every key, clear messages, the environment over the file."""

import os

import pytest

from nornir_anyconnect.errors import SettingsError
from nornir_anyconnect.settings import Settings, load_settings


def write(tmp_path, text):
    path = tmp_path / "nornir-anyconnect.yaml"
    path.write_text(text)
    return path


WHOLE = """
inventory: inv/config.yaml
filter: {site: oslo}
workers: 50
evidence: false
assume: guide
formats: [json=audit.json, html=audit.html]
fail_on: confirmed
pseudonymise_users: true
history: history.sqlite
keep_days: 365
waivers: waivers.yaml
lock: /run/lock/audit.lock
push: http://[2001:db8::1]:9091/pushed
notify:
  command: [mail, -s, changes, noc@example.org]
  webhook:
    url: https://chat.example.org/hook
    template: message.j2
    token_env: CHAT_TOKEN
    timeout: 5
    retries: 2
"""


def test_a_pipe_into_which_nobody_writes_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "nornir-anyconnect.yaml")
    with pytest.raises(SettingsError, match="this is a pipe"):
        load_settings(tmp_path / "nornir-anyconnect.yaml")


def test_every_key_is_read(tmp_path):
    found = load_settings(write(tmp_path, WHOLE), {})
    assert found.filter == {"site": "oslo"}
    assert found.formats == ("json=audit.json", "html=audit.html")
    assert found.notify.command[0] == "mail"
    assert found.notify.webhook.timeout == 5.0
    assert (found.workers, found.evidence, found.keep_days) == (50, False, 365)


def test_without_a_file_the_defaults_hold(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {}) == Settings()


def test_the_file_here_is_found(tmp_path, monkeypatch):
    write(tmp_path, "workers: 7")
    monkeypatch.chdir(tmp_path)
    assert load_settings(None, {}).workers == 7


def test_the_environment_wins_over_the_file(tmp_path):
    environ = {"NORNIR_ANYCONNECT_WORKERS": "9", "NORNIR_ANYCONNECT_FORMATS": "[json=x]", "HOME": "/"}
    found = load_settings(write(tmp_path, "workers: 7\nfail_on: never"), environ)
    assert (found.workers, found.formats, found.fail_on) == (9, ("json=x",), "never")


def test_credentials_in_the_environment_are_not_settings(tmp_path):
    environ = {"NORNIR_ANYCONNECT_PASSWORD": "x: [", "NORNIR_ANYCONNECT_USERNAME": "u"}
    assert load_settings(write(tmp_path, ""), environ) == Settings()


@pytest.mark.parametrize(
    ("text", "cause", "remedy"),
    [
        ("worker: 3", "no setting 'worker'", "did you mean 'workers'"),
        ("workers: many", "'workers' is 'many'", ""),
        ("workers: true", "'workers' is True, it must be a whole number", ""),
        ("workers: 0", "more than zero", ""),
        ("fail_on: always", "one of confirmed", ""),
        ("formats: json", "a list of texts", ""),
        ("notify: {webhook: {}}", "'notify.webhook.url' is missing", ""),
        ("notify: {webhook: {url: u, retry: 1}}", "no setting 'notify.webhook.retry'", "retries"),
        ("notify: yes", "'notify' takes", ""),
        ("- a", "'key: value' lines", ""),
        ("a: [", "line 1", ""),
        ("filter: x", "'filter' is 'x'", ""),
        ("formats: [3]", "'formats' is [3], it must be a list of texts", ""),
        ("keep_days: -1", "'keep_days' is -1, it must be more than zero", ""),
        ("keep_days: ten", "'keep_days' is 'ten', it must be a whole number", ""),
        ("history: 5", "'history' is 5, it must be a text", ""),
        ("filter: {site: [a]}", "'filter' is {'site': ['a']}, it must be 'key: value' lines", ""),
        ("filter: {7: a}", "a key of filter is not a text", ""),
        ("7: a", "a key is not a text", ""),
        (
            "notify: {webhook: {url: 'https://a', timeout: 0}}",
            "'notify.webhook.timeout' is 0, it must be more than",
            "",
        ),
        ("notify: {webhook: {url: 'https://a', retries: -1}}", "it must be zero or more", ""),
        ("notify: {webhook: x}", "'notify.webhook' takes 'key: value' lines", ""),
        ("notify: {command: mail}", "'notify.command' is 'mail', it must be a list of texts", ""),
        ("push: 'https://a b'", "'push' is 'https://a b', it must be an http:// or https:// address", ""),
        ("push: 'ftp://u:canary@a'", "'push' is 'ftp://...@a'", ""),
        ("keep_days: " + "9" * 5000, "line 1: '99999999999999999999...' is no number that there is", ""),
        ("formats: &a [text]\nfilter: *a", "line 2: an alias (*name) is not understood here", ""),
        ("filter: " + "[" * 5000, "line 1: this is nested too deeply", ""),
        ("filter: {since: 2027-02-30}", "line 1: '2027-02-30' is no date that there is", ""),
        ("push: notaurl", "'push' is 'notaurl', it must be an http:// or https:// address", ""),
        ("push: 'https://'", "'push' is 'https://'", ""),
        ("push: 'http://gateway:port'", "'push' is 'http://gateway:port'", ""),
        ("notify: {webhook: {url: 'ftp://chat.example.net'}}", "'notify.webhook.url' is 'ftp://chat.example.net'", ""),
    ],
)
def test_what_is_wrong_is_named(tmp_path, text, cause, remedy):
    with pytest.raises(SettingsError) as caught:
        load_settings(write(tmp_path, text), {})
    assert cause in str(caught.value)
    assert remedy in caught.value.remedy


def test_a_missing_file_is_an_error_when_it_was_named(tmp_path):
    with pytest.raises(SettingsError, match="No such file"):
        load_settings(tmp_path / "nope.yaml", {})


def test_a_wrong_environment_variable_is_named(tmp_path):
    with pytest.raises(SettingsError, match="NORNIR_ANYCONNECT_FORMATS"):
        load_settings(write(tmp_path, ""), {"NORNIR_ANYCONNECT_FORMATS": "[a"})
