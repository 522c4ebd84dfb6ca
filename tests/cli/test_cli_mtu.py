"""`mtu`: the arithmetic through the command line, its spellings, and how it refuses."""

import json

import pytest

from nornir_anyconnect.cli import main


def run(capsys, *argv):
    code = main(["mtu", *argv])
    out, err = capsys.readouterr()
    return code, out, err


def answer(capsys, *argv):
    code, out, err = run(capsys, *argv, "--format", "json")
    assert (code, err) == (0, "")
    return json.loads(out)


@pytest.mark.parametrize(("tcpmss", "expected"), [("1380", 1347), ("1460", 1427)])
@pytest.mark.parametrize("spelling", ["RC4-SHA", "rc4-sha", "rc4-sha1", "RC4-SHA1"])
def test_the_technotes_tls_numbers(capsys, spelling, tcpmss, expected):
    got = answer(capsys, "--tls-suite", spelling, "--tcpmss", tcpmss)
    assert got["tls_mtu"] == expected
    assert got["tls"][-1]["value"] == expected
    assert (got["assume"], got["dtls_mtu"], got["dtls"], got["configured_mtu"]) == ("technote", None, None, None)


@pytest.mark.parametrize("spelling", ["AES256-SHA", "aes256-sha1", "AES256-SHA1", "aes256-sha"])
def test_the_technotes_dtls_number(capsys, spelling):
    got = answer(capsys, "--dtls-suite", spelling)
    assert (got["dtls_mtu"], got["tls_mtu"], got["tls"], got["gap"]) == (1418, None, None, None)


def test_the_right_number_for_the_newer_editions_cipher_line(capsys):
    assert answer(capsys, "--tls-suite", "AES256-SHA256")["tls_mtu"] == 1303


def test_configured_mtu_caps_both_sides(capsys):
    got = answer(capsys, "--tls-suite", "RC4-SHA", "--dtls-suite", "AES256-SHA", "--anyconnect-mtu", "1300")
    assert (got["tls_mtu"], got["dtls_mtu"], got["configured_mtu"], got["gap"]) == (1300, 1300, 1300, 0)


@pytest.mark.parametrize(
    ("name", "version"),
    [("1.2", "tlsv1.2"), ("TLSv1.2", "tlsv1.2"), ("tlsv1", "tlsv1"), ("1.0", "tlsv1"), ("TLS1.1", "tlsv1.1")],
)
def test_spellings_of_the_tls_version(capsys, name, version):
    assert answer(capsys, "--tls-suite", "AES256-SHA", "--tls-version", name)["tls_version"] == version


def test_tls_1_0_has_no_explicit_iv(capsys):
    def tls_mtu(version):
        return answer(capsys, "--tls-suite", "AES256-SHA", "--tls-version", version)["tls_mtu"]

    assert (tls_mtu("1.0"), tls_mtu("1.2")) == (1331, 1315)


@pytest.mark.parametrize(
    ("suite", "version"),
    [("RC4-SHA", "tlsv1.2"), ("AES256-GCM-SHA384", "tlsv1.2"), ("TLS_AES_128_GCM_SHA256", "tlsv1.3")],
)
def test_the_version_that_is_taken_unasked(capsys, suite, version):
    assert answer(capsys, "--tls-suite", suite)["tls_version"] == version


def test_assumption_sets_differ(capsys):
    def tls_mtu(*assume):
        got = answer(capsys, "--tls-suite", "AES256-GCM-SHA384", *assume)
        return got["assume"], got["tls_mtu"]

    assert tls_mtu() == tls_mtu("--assume", "technote") == ("technote", 1287)
    assert tls_mtu("--assume", "guide") == ("guide", 1367)
    assert tls_mtu("--assume", "rfc") == ("rfc", 1343)
    assert tls_mtu("--assume", "accounting=record,mss=interface") == ("record/interface/none", 1423)


def test_ipv6_costs_twenty_bytes_more(capsys):
    assert answer(capsys, "--tls-suite", "RC4-SHA", "--tcpmss", "0", "--ip-version", "6")["tls_mtu"] == 1407


def test_text_prints_every_step_and_the_meaning(capsys):
    code, out, err = run(capsys, "--tls-suite", "RC4-SHA", "--dtls-suite", "AES256-SHA")
    assert (code, err) == (0, "")
    assert out == (
        "assumption set technote (asa/sysopt/none)\n"
        "\n"
        "TLS: RC4-SHA, tlsv1.2\n"
        "  link-mss = 1500(link) - 20(ip) - 20(tcp) = 1460\n"
        "  path-mtu = min(1380(tcpmss), 1460(mss)) = 1380\n"
        "  tls-mtu = 1380 - 5(ssl) - 8(cstp) - 0(pad) - 20(mac) = 1347\n"
        "  TLS MTU 1347 bytes\n"
        "\n"
        "DTLS: AES256-SHA, dtlsv1.2\n"
        "  link = 1500(mtu of the interface) = 1500\n"
        "  datagram = 1500 - 20(ip) - 8(udp) = 1472\n"
        "  mtu = 1472 - 13(dtls) - 16(iv) = 1443\n"
        "  mod-mtu = 1443 rounded down to a multiple of 16 = 1440\n"
        "  dtls-mtu = 1440 - 1(cstp) - 20(mac) - 1(pad) = 1418\n"
        "  DTLS MTU 1418 bytes\n"
        "\n"
        "gap 71 bytes, at risk: the adapter starts with 1418, over TLS only 1347 fit\n"
    )


@pytest.mark.parametrize(
    ("argv", "cause"),
    [
        ([], "no cipher suite was given"),
        (["--tls-suite", "AES257-SHA"], "unknown cipher suite 'AES257-SHA'"),
        (["--dtls-suite", "RC4-SHA"], "RC4-SHA cannot carry DTLS"),
        (["--tls-suite", "AES256-SHA256", "--tls-version", "1.0"], "AES256-SHA256 cannot be used with tlsv1"),
        (["--tls-suite", "RC4-SHA", "--tls-version", "1.4"], "unknown TLS version '1.4'"),
        (["--tls-suite", "RC4-SHA", "--tls-version", "dtlsv1"], "unknown TLS version 'dtlsv1'"),
        (["--tls-suite", "RC4-SHA", "--tcpmss", "-1"], "--tcpmss -1 is out of range"),
        (["--tls-suite", "RC4-SHA", "--tcpmss", "47"], "--tcpmss 47 is out of range"),
        (["--tls-suite", "RC4-SHA", "--tcpmss", "many"], "'many' is not a whole number"),
        (["--tls-suite", "RC4-SHA", "--link-mtu", "63"], "--link-mtu 63 is out of range"),
        (["--tls-suite", "RC4-SHA", "--anyconnect-mtu", "100"], "--anyconnect-mtu 100 is out of range"),
        (["--tls-suite", "RC4-SHA", "--ip-version", "5"], "--ip-version 5 is not an IP version"),
        (["--tls-suite", "RC4-SHA", "--assume", "hearsay"], "'hearsay' is not an assumption set"),
        (["--tls-suite", "RC4-SHA", "--format", "csv"], "mtu has no format 'csv'"),
        (["--tls-suite", "AES256-SHA384", "--link-mtu", "64"], "unknown cipher suite"),
        (["--tls-suite", "AES256-SHA", "--link-mtu", "64"], "no byte is left for the tunnel"),
        (["--no-such-option"], "No such option"),
    ],
)
def test_a_wrong_call_is_two_lines_and_exit_2(capsys, argv, cause):
    code, out, err = run(capsys, *argv)
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert first.startswith("error: ")
    assert cause in first
    assert second.startswith("  fix: ")
    assert len(second) > len("  fix: ")


def test_vv_adds_the_traceback(capsys):
    _, _, err = run(capsys, "--tls-suite", "AES257-SHA", "-vv")
    assert "Traceback" in err
    assert err.splitlines()[-2].startswith("error: unknown cipher suite")


def test_the_suites_that_are_known_are_listed(cli):
    lines = cli("mtu", "--list-suites").out.splitlines()
    assert any(line.split() == ["RC4-SHA", "stream", "tlsv1,", "tlsv1.1,", "tlsv1.2"] for line in lines)
    found = {row["name"]: row for row in cli("mtu", "--list-suites", "--format", "json").json}
    assert found["AES256-SHA"]["dtls"] == ["dtlsv1", "dtlsv1.2"]
    assert len(found) == len(lines)
