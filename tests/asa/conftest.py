from pathlib import Path

import pytest

from nornir_anyconnect.asa.parser import parse

CONFIGS = Path(__file__).parents[1] / "fixtures" / "configs"


@pytest.fixture
def fixture_text():
    return lambda name: (CONFIGS / name).read_bytes().decode()


@pytest.fixture
def parsed(fixture_text):
    return lambda name, **options: parse(fixture_text(name), **options)
