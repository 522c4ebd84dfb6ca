"""What an apply says before it is confirmed."""

from dataclasses import replace

import pytest

from nornir_anyconnect.change.transaction import Saving
from nornir_anyconnect.workflows.change_run import ApplyOptions, intent

OPTIONS = ApplyOptions(canary=1, wave_size=2, wave_percent=100, soak=60)


@pytest.mark.parametrize(
    ("names", "options", "said"),
    [
        ("abcd", OPTIONS, "a, b, c, d: canary a, 60 s of soak, then 3 in waves of 2; nothing is saved"),
        ("abc", replace(OPTIONS, canary_host="c"), "c, a, b: canary c, 60 s of soak, then 2; nothing is saved"),
        (
            "ab",
            replace(OPTIONS, saving=Saving(wanted=True)),
            "a, b: canary a, 60 s of soak, then 1; saved once verified",
        ),
        ("a", OPTIONS, "a: canary a; nothing is saved"),
        ("abc", replace(OPTIONS, canary=0), "a, b, c: then 3 in waves of 2; nothing is saved"),
        (
            "abcdefghij",
            replace(OPTIONS, wave_percent=10),
            "a, b, c, d, e, f, g, h and 2 more: canary a, 60 s of soak, then 9 in waves of 1; nothing is saved",
        ),
    ],
)
def test_what_an_apply_will_do(names, options, said):
    assert intent(tuple(names), options) == said
