"""ClientHellos against Python's own OpenSSL, and answers that are hostile, cut or nonsense."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.mtu.clients import clients
from nornir_anyconnect.platforms.probe import handshake
from tests.lab.tunnel import certificate


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificate")
    certificate(folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "head-end.pem", folder / "head-end.key")
    return context


def flight(context, hello):
    """What the server says to a hello, or its error."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    connection = context.wrap_bio(incoming, outgoing, server_side=True)
    incoming.write(hello)
    try:
        connection.do_handshake()
    except ssl.SSLWantReadError:
        pass
    except ssl.SSLError as error:
        return outgoing.read(), error
    return outgoing.read(), None


def test_every_suite_has_the_number_that_openssl_knows():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("ALL:@SECLEVEL=0")
    known = {each["name"]: each["id"] & 0xFFFF for each in context.get_ciphers()}
    both = known.keys() & handshake.SUITES.keys()
    assert len(both) > 15
    assert {name: known[name] for name in both} == {name: handshake.SUITES[name] for name in both}


def test_every_suite_that_a_packaged_client_offers_has_a_number():
    assert {each for client in clients().values() for each in client.suites} <= handshake.SUITES.keys()


@pytest.mark.parametrize("tls13", [True, False])
@pytest.mark.parametrize("name", ["vpn.example.com", None, "vpn.bücher.example"])
def test_a_server_takes_our_hello_and_we_read_what_it_chose(server, tls13, name):
    suites = ("ECDHE-RSA-AES256-GCM-SHA384", "TLS_AES_256_GCM_SHA384", "unheard-of")
    said, error = flight(server, handshake.tls_client_hello(suites, name, tls13=tls13))
    assert error is None
    answer, der, complete = handshake.tls_answer(said)
    assert complete
    if tls13:
        assert (answer.version, answer.suite, der) == ("tlsv1.3", "TLS_AES_256_GCM_SHA384", None)
    else:
        assert (answer.version, answer.suite) == ("tlsv1.2", "ECDHE-RSA-AES256-GCM-SHA384")
        assert handshake.certificate_name(der) == "head-end.example"


def test_the_name_that_is_asked_for_arrives(server):
    asked = []
    server.sni_callback = lambda _connection, name, _context: asked.append(name)
    try:
        flight(server, handshake.tls_client_hello(handshake.SUITES, "vpn.example.com", tls13=True))
    finally:
        server.sni_callback = None
    assert asked == ["vpn.example.com"]


def test_a_refusal_is_an_answer(server):
    said, error = flight(server, handshake.tls_client_hello(("DES-CBC3-SHA",), None, tls13=False))
    assert error is not None
    answer, _, complete = handshake.tls_answer(said)
    assert (answer.kind, answer.alert, complete) == ("alert", 40, True)


def test_every_start_of_an_answer_is_waited_on_and_never_misread(server):
    said, _ = flight(server, handshake.tls_client_hello(handshake.SUITES, None, tls13=False))
    whole = handshake.tls_answer(said)
    for cut in range(len(said)):
        answer, der, complete = handshake.tls_answer(said[:cut])
        assert answer in (None, whole[0])
        assert der in (None, whole[1])
        assert complete is (der is not None)


@given(st.integers(0, 65000))
def test_a_datagram_is_as_large_as_asked(size):
    bare = len(handshake.dtls_client_hello(handshake.SUITES))
    made = len(handshake.dtls_client_hello(handshake.SUITES, size))
    assert made == (size if size >= bare + 4 else bare)


HELLO_VERIFY = bytes.fromhex("16feff00000000000000000013030000070000000000000007feff04deadbeef")
SERVER_HELLO = (
    bytes.fromhex("16fefd00000000000000000032020000260000000000000026fefd") + bytes(32) + bytes.fromhex("00c03000")
)


def test_answers_of_dtls_servers():
    assert handshake.dtls_answer(HELLO_VERIFY).kind == "hello-verify-request"
    told = handshake.dtls_answer(SERVER_HELLO)
    assert (told.version, told.suite) == ("dtlsv1.2", "ECDHE-RSA-AES256-GCM-SHA384")
    alert = handshake.dtls_answer(bytes.fromhex("15feff000000000000000000020228"))
    assert (alert.kind, alert.alert) == ("alert", 40)
    for answer in (HELLO_VERIFY, SERVER_HELLO):
        for cut in range(len(answer)):
            assert handshake.dtls_answer(answer[:cut]) is None


def test_our_own_hello_thrown_back_is_no_answer():
    assert handshake.dtls_answer(handshake.dtls_client_hello(handshake.SUITES)) is None


@given(st.binary(max_size=200))
def test_nonsense_is_no_answer_and_no_error(noise):
    for start in (b"", HELLO_VERIFY[:13], SERVER_HELLO[:25], b"\x16\x03\x03\x00\xff\x02", b"\x16\x03\x03\x00\x04\x0b"):
        handshake.dtls_answer(start + noise)
        answer, der, _ = handshake.tls_answer(start + noise)
        assert answer is None or answer.kind in ("server-hello", "alert")
        if der is not None:
            handshake.certificate_name(der)
    handshake.certificate_name(noise)


@given(data=st.data())
def test_a_damaged_certificate_has_a_name_or_none(server, data):
    _, der, _ = handshake.tls_answer(flight(server, handshake.tls_client_hello(handshake.SUITES, None, tls13=False))[0])
    at, byte = data.draw(st.integers(0, len(der) - 1)), data.draw(st.integers(0, 255))
    name = handshake.certificate_name(der[:at] + bytes([byte]) + der[at + 1 :])
    assert name is None or isinstance(name, str)
