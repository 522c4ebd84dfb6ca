"""Two separate implementations of the arithmetic agree: the simulator tries sizes, the engine rounds down."""

import pytest

from mock_devices.truth import Path as MockPath
from mock_devices.truth import Truth, dtls_mtu, tls_mtu
from nornir_anyconnect.mtu.assumptions import COMBINATIONS
from nornir_anyconnect.mtu.derive import Path, derive_dtls, derive_tls
from nornir_anyconnect.mtu.suites import Version, all_suites

PATHS = [(1500, 1380, None), (1500, 1460, None), (1500, 0, 1300), (1400, 1380, 1406), (1492, 1250, None)]


@pytest.mark.parametrize("chosen", COMBINATIONS, ids=lambda each: each.name)
def test_every_suite_version_and_path(chosen):
    truth = Truth(str(chosen.accounting), str(chosen.mss_source), str(chosen.default_cap))
    compared = 0
    for suite in all_suites().values():
        for version in Version:
            if not suite.allowed_in(version):
                continue
            derive, mock = (derive_dtls, dtls_mtu) if version.is_dtls else (derive_tls, tls_mtu)
            for link, tcpmss, conf in PATHS:
                engine = derive(suite, version, Path(link, tcpmss, conf), chosen).mtu
                assert mock(suite.name, str(version), MockPath(link, tcpmss, conf), truth) == engine, (
                    suite,
                    version,
                    link,
                )
                compared += 1
    assert compared > 500
