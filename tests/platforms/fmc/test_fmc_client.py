"""What is asked of a manager and how often, and what becomes of every answer that it may give; by a clock of our own."""

import json
import sys
from contextlib import contextmanager
from functools import partial
from types import SimpleNamespace

import httpx
import pytest
from nornir.core.configuration import Config
from nornir.core.inventory import ConnectionOptions, Defaults, Host

from nornir_anyconnect import masking
from nornir_anyconnect.errors import (
    CredentialError,
    IncompleteReplyError,
    InventoryError,
    LinkLostError,
    RejectedError,
    ReplyTimeoutError,
    UnreachableError,
)
from nornir_anyconnect.platforms import deadline
from nornir_anyconnect.platforms.fmc import client, manager
from nornir_anyconnect.platforms.fmc.client import FmcClient, ManagerOptions
from nornir_anyconnect.platforms.protocols import Checkup, Identity, Role

URL = "https://fmc.example"
LOGIN = {"X-auth-access-token": "token-of-the-test", "DOMAIN_UUID": "own"}
DOMAINS = json.dumps([{"name": "Global", "uuid": "g"}, {"name": "Global/Lab", "uuid": "l"}])


class Manager:
    """One that gives these answers to GET, the last one for ever, and these headers with a token."""

    def __init__(self, monkeypatch, *answers, login=LOGIN, status=204, **options):
        self.answers, self.login, self.status = list(answers or [{}]), login, status
        self.asked, self.slept, self.now = [], [], 0.0
        monkeypatch.setattr(client.httpx, "Client", partial(httpx.Client, transport=httpx.MockTransport(self._answer)))
        monkeypatch.setattr(client, "_trust", lambda _verify: True)  # certificates are slow to load, and not looked at
        settings = ManagerOptions(URL, "auditor", "password-of-the-test", **options)
        self.client = FmcClient(settings, clock=lambda: self.now, sleep=self._sleep)

    def _sleep(self, seconds):
        self.slept.append(seconds)
        self.now += seconds

    def _answer(self, request):
        self.asked.append((request.method, request.url.path, dict(request.url.params)))
        if request.method == "POST":
            return httpx.Response(self.status, headers=self.login)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            return answer()
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)

    @property
    def gets(self):
        return [(path, query) for method, path, query in self.asked if method == "GET"]


def ill(status, **headers):
    return lambda: httpx.Response(status, headers=headers)


def test_the_bounds_are_those_that_a_manager_sets():
    assert (client.REQUESTS, client.WINDOW, client.CONNECTIONS, client.PAGE) == (120, 60.0, 10, 1000)


def test_a_list_is_asked_for_expanded_page_after_page_and_no_further_than_its_count(monkeypatch):
    pages = [{"items": [{"n": n} for n in range(*each)], "paging": {"count": 3}} for each in ((0, 2), (2, 3))]
    fmc = Manager(monkeypatch, *pages)
    assert [each["n"] for each in fmc.client.items("some/list")] == [0, 1, 2]
    path = "/api/fmc_config/v1/domain/own/some/list"
    assert fmc.gets == [(path, {"expanded": "true", "offset": str(at), "limit": "1000"}) for at in (0, 2)]


@pytest.mark.parametrize(
    "page",
    [
        {"items": [{}]},
        {"items": [{}], "paging": {}},
        {"items": [{}], "paging": {"count": "9"}},
        {"paging": {"count": 9}},
    ],
)
def test_a_page_that_does_not_say_how_many_there_are_or_is_empty_is_the_last(page, monkeypatch):
    fmc = Manager(monkeypatch, page)
    assert list(fmc.client.items("some/list")) == page.get("items", [])
    assert len(fmc.gets) == 1


@pytest.mark.parametrize("found", [{"a": 1}, [{}, 7], "text"])
def test_what_is_no_list_of_objects_is_an_error(found, monkeypatch):
    with pytest.raises(IncompleteReplyError, match="some/list is no list"):
        list(Manager(monkeypatch, {"items": found}).client.items("some/list"))


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"[" * 100_000])
def test_what_is_no_object_is_no_answer(content, monkeypatch):
    with pytest.raises(IncompleteReplyError, match="the answer to some/thing is no JSON"):
        Manager(monkeypatch, httpx.Response(200, content=content)).client.get("some/thing")


@pytest.mark.parametrize("status", [429, 500, 503])
def test_who_has_enough_or_is_ill_is_asked_four_times_and_not_waited_for_after_that(status, monkeypatch):
    fmc = Manager(monkeypatch, ill(status))
    with pytest.raises(RejectedError, match=f"answered with {status}: "):
        fmc.client.get("x")
    assert (len(fmc.gets), fmc.slept) == (4, [1.0, 2.0, 4.0])


@pytest.mark.parametrize(
    ("told", "pause"), [("3", 3.0), ("99999", 60.0), ("100000", 1.0), ("-3", 1.0), ("\u00b2", 1.0), ("Mon, 1 Jan", 1.0)]
)
def test_it_is_waited_as_long_as_the_manager_says_and_at_most_a_minute(told, pause, monkeypatch):
    fmc = Manager(monkeypatch, httpx.Response(429, headers={"Retry-After": told.encode("latin-1")}), {"a": 1})
    assert fmc.client.get("x") == {"a": 1}
    assert fmc.slept == [pause]


def test_what_is_refused_is_asked_once_and_said_in_the_managers_words(monkeypatch):
    described = {"error": {"messages": [{"description": "No\n  such" + " thing" * 60}, {"description": "second"}]}}
    fmc = Manager(monkeypatch, httpx.Response(404, json=described))
    with pytest.raises(RejectedError) as refused:
        fmc.client.get("x")
    said = str(refused.value).partition("was answered with 404: ")[2].partition("\n")[0]
    assert said == ("No such" + " thing" * 60)[:200]
    assert (len(fmc.gets), fmc.slept) == (1, [])


@pytest.mark.parametrize("content", [b"", b"[]", b'{"error": {"messages": []}}', b"[" * 100_000])
def test_a_refusal_without_words_has_those_of_http(content, monkeypatch):
    with pytest.raises(RejectedError, match="404: Not Found"):
        Manager(monkeypatch, httpx.Response(404, content=content)).client.get("x")


def test_a_token_that_is_no_longer_taken_is_renewed(monkeypatch):
    fmc = Manager(monkeypatch, ill(401), {"a": 1})
    fmc.client._token, fmc.client._domains = "old", {"": "own"}
    assert fmc.client.get("x") == {"a": 1}
    assert [method for method, _, _ in fmc.asked] == ["GET", "POST", "GET"]


def test_a_manager_that_takes_no_token_at_all_is_not_asked_for_ever(monkeypatch):
    fmc = Manager(monkeypatch, ill(401))
    with pytest.raises(RejectedError, match="401"):
        fmc.client.get("x")
    assert len(fmc.gets) == 4


@pytest.mark.parametrize(
    ("status", "headers", "error", "words"),
    [
        (401, {}, CredentialError, "refused the login of auditor"),
        (403, LOGIN, CredentialError, "refused the login of auditor"),
        (404, LOGIN, RejectedError, "gave no token: 404: Not Found"),
        (200, {}, RejectedError, "gave no token: 200: OK"),
        (302, LOGIN, RejectedError, "gave no token: 302"),
    ],
)
def test_who_gives_no_token_is_not_asked_further(status, headers, error, words, monkeypatch):
    fmc = Manager(monkeypatch, status=status, login=headers)
    with pytest.raises(error, match=words):
        fmc.client.get("x")
    assert fmc.gets == []


def test_password_and_tokens_leave_the_process_no_more(monkeypatch):
    monkeypatch.setattr(masking, "_known", set())
    Manager(monkeypatch, login={**LOGIN, "X-auth-refresh-token": "refresh-of-the-test"}).client.get("x")
    for secret in ("password-of-the-test", "token-of-the-test", "refresh-of-the-test"):
        assert secret not in masking.without_secrets(f"said {secret}")


@pytest.mark.parametrize(("domain", "uuid"), [(None, "own"), ("Global", "g"), ("g", "g"), ("Global/Lab", "l")])
def test_a_domain_is_named_or_the_users_own(domain, uuid, monkeypatch):
    fmc = Manager(monkeypatch, login={**LOGIN, "DOMAINS": DOMAINS}, domain=domain)
    fmc.client.get("x")
    assert fmc.gets[0][0] == f"/api/fmc_config/v1/domain/{uuid}/x"


@pytest.mark.parametrize(
    ("listed", "use"),
    [
        (DOMAINS, "use one of Global, Global/Lab, g, l"),
        ("{", "use one of none"),
        ("7", "use one of none"),
        ('[{"uuid": "u"}]', "use one of none"),
        ('[{"name": 7, "uuid": "u"}]', "use one of 7, u"),
        ("[" * 10_000, "use one of none"),
    ],
)
def test_who_names_a_domain_that_is_not_there_hears_which_are(listed, use, monkeypatch):
    fmc = Manager(monkeypatch, login={**LOGIN, "DOMAINS": listed}, domain="Berlin")
    with pytest.raises(RejectedError, match="auditor has no domain 'Berlin'") as refused:
        fmc.client.get("x")
    assert refused.value.remedy == use


def test_an_answer_has_a_largest_size(monkeypatch):
    monkeypatch.setattr(client, "_LARGEST", 2**20)
    whole = b"{}" + b" " * (2**20 - 2)
    assert Manager(monkeypatch, httpx.Response(200, content=whole)).client.get("x") == {}
    with pytest.raises(IncompleteReplyError, match="/x: more than 1 MB"):
        Manager(monkeypatch, httpx.Response(200, content=whole + b" ")).client.get("x")


@pytest.mark.parametrize(
    ("raised", "error", "words"),
    [
        (httpx.ReadTimeout("x"), ReplyTimeoutError, f"{URL} does not answer"),
        (httpx.ConnectError("no \n route" + "x" * 300), UnreachableError, f"{URL}: no route{'x' * 192}$"),
        (httpx.ReadError(""), LinkLostError, f"{URL}: ReadError$"),
    ],
)
def test_what_happens_on_the_way_is_said(raised, error, words, monkeypatch):
    with pytest.raises(error) as happened:
        Manager(monkeypatch, raised).client.get("x")
    assert happened.match(words.rstrip("$"))
    assert not words.endswith("$") or happened.value.cause.endswith(words.rpartition(": ")[2].rstrip("$"))


@pytest.mark.parametrize("left", [0.0, 0.01])
def test_an_answer_is_read_while_the_host_has_time(left, monkeypatch):
    fmc = Manager(monkeypatch, {"a": 1})
    fmc.client._token, fmc.client._domains = "held", {"": "own"}
    ours = SimpleNamespace(left=left, error=lambda: ReplyTimeoutError("its time is over", ""))
    monkeypatch.setattr(deadline, "current", lambda: ours)
    if left:
        assert fmc.client.get("x") == {"a": 1}
    else:
        with pytest.raises(ReplyTimeoutError, match="its time is over"):
            fmc.client.get("x")


@pytest.mark.parametrize(("left", "slept"), [(60.0, []), (60.5, [60.0])])
def test_a_pause_is_made_where_time_is_left_behind_it(left, slept, monkeypatch):
    fmc = Manager(monkeypatch)
    monkeypatch.setattr(deadline, "current", lambda: SimpleNamespace(left=left))
    try:
        fmc.client._wait(60.0)
    except ReplyTimeoutError:
        assert not slept
    assert fmc.slept == slept


def test_requests_wait_until_the_first_of_the_last_minute_is_a_minute_old_and_no_longer(monkeypatch):
    monkeypatch.setattr(client, "REQUESTS", 2)
    fmc = Manager(monkeypatch)
    fmc.client._token, fmc.client._domains = "held", {"": "own"}
    for fmc.now in (0.0, 5.0, 10.0):
        fmc.client.get("x")
    assert (fmc.slept, fmc.now) == ([50.0], 60.0)  # the first is a minute old
    fmc.client.get("x")
    assert (fmc.slept, fmc.now) == ([50.0, 5.0], 65.0)  # and so is the second
    fmc.now = 200.0
    fmc.client.get("x")
    assert fmc.slept == [50.0, 5.0]


def test_a_manager_is_spoken_to_directly_and_only_under_a_certificate_unless_told_otherwise():
    asked = FmcClient(ManagerOptions(URL, "auditor", "password-of-the-test"))
    assert not asked._http.trust_env
    asked.close()
    assert asked._http.is_closed
    trusting = client._trust(ManagerOptions(URL, "", "").verify)
    assert (trusting.check_hostname, trusting.verify_mode) == (True, client.ssl.CERT_REQUIRED)
    careless = client._trust(verify=False)
    assert (careless.check_hostname, careless.verify_mode) == (False, client.ssl.CERT_NONE)


@pytest.fixture
def credentials(monkeypatch):
    monkeypatch.setenv(manager.USERNAME, "auditor")
    monkeypatch.setenv(manager.PASSWORD, "password-of-the-test")
    monkeypatch.setattr(manager, "_managers", {})


@pytest.mark.usefixtures("credentials")
def test_a_manager_is_made_once_of_its_options_and_what_is_usual():
    one = manager.manager_of({"url": f"{URL}/"})
    assert one.client.options == ManagerOptions(URL, "auditor", "password-of-the-test", None, True, 60.0)
    assert manager.manager_of({"url": URL, "timeout": "60"}) is one
    assert manager.manager_of({"url": URL, "timeout": 3600}) is not one
    assert manager.manager_of({"url": URL, "timeout": 0.5}).client.options.timeout == 0.5
    assert manager.PLATFORM.secrets(None) == {"password-of-the-test"}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"url": 7}, "names no manager"),
        ({"url": URL, "verify": 7}, "names no manager"),
        ({"url": URL, "domain": ["Global"]}, "names no manager"),
        *(({"url": URL, "timeout": each}, "must be seconds") for each in ("soon", 0, 3601, None, float("nan"))),
    ],
)
@pytest.mark.usefixtures("credentials")
def test_options_that_are_none_are_refused(given, words):
    with pytest.raises(InventoryError, match=words):
        manager.manager_of(given)


@pytest.mark.parametrize("missing", [manager.USERNAME, manager.PASSWORD])
@pytest.mark.usefixtures("credentials")
def test_a_user_without_a_password_is_no_login_nor_the_other_way_round(missing, monkeypatch):
    monkeypatch.delenv(missing)
    with pytest.raises(InventoryError, match="no credentials"):
        manager.manager_of({"url": URL})


@pytest.mark.usefixtures("credentials")
def test_where_httpx_is_missing_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, client.__name__, None)
    with pytest.raises(InventoryError, match="httpx is not installed"):
        manager.manager_of({"url": URL})


@pytest.mark.usefixtures("credentials")
def test_a_host_is_called_what_its_inventory_says_or_what_its_manager_calls_it(monkeypatch):
    estate = SimpleNamespace(devices={"ftd-of-fmc": {"id": "1"}}, of=lambda name, url: (name, url))
    known = SimpleNamespace(client=SimpleNamespace(options=SimpleNamespace(url=URL)), estate=estate)
    monkeypatch.setattr(manager, "manager_of", lambda options: known)

    def opened(name, hostname):
        options = {manager.CONNECTION: ConnectionOptions(hostname=hostname, extras={"url": URL})}
        return manager.PLATFORM.reading(Host(name, connection_options=options, defaults=Defaults()), Config())

    for name, hostname in (("ftd-of-fmc", None), ("ours", "ftd-of-fmc")):
        with opened(name, hostname) as device:
            assert device is not None
    with pytest.raises(RejectedError, match=f"{URL} has no device 'ours'"), opened("ours", None):
        raise AssertionError


def test_who_is_looked_at_through_a_manager_is_reached_known_and_logged_in(monkeypatch):
    @contextmanager
    def reading(*_):
        yield SimpleNamespace(identity=lambda: Identity("ftd1", ftd_release="7.4", role=Role.ACTIVE))

    monkeypatch.setattr(manager.FtdBehindFmc, "reading", reading)
    found = manager.PLATFORM.examine(Host("ftd1"), Config())
    assert found == Checkup("ftd1", reachable=True, key_known=True, logged_in=True, role="active", release="7.4")
