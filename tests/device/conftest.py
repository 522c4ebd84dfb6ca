import pytest


@pytest.fixture(autouse=True)
def _credentials_of_the_tests(monkeypatch):
    monkeypatch.setenv("NORNIR_ANYCONNECT_PASSWORD", "demo-password")
    monkeypatch.setenv("NORNIR_ANYCONNECT_ENABLE", "demo-enable")
    monkeypatch.delenv("NORNIR_ANYCONNECT_USERNAME", raising=False)
