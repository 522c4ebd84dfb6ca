"""Who is connected, in every layout that a device prints."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from nornir_anyconnect.evidence.device_output.vpn_sessions import TunnelSummary, read_sessions, read_tunnel_summary
from nornir_anyconnect.mtu.suites import all_suites
from tests.texts import texts

PLAIN = """\
Session Type: AnyConnect

Username     : ann                    Index        : 4711
Assigned IP  : 10.9.0.4               Public IP    : 203.0.113.7
Protocol     : AnyConnect-Parent SSL-Tunnel DTLS-Tunnel
License      : AnyConnect Premium
Encryption   : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)AES-GCM-256  DTLS-Tunnel: (1)AES256
Hashing      : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)SHA384  DTLS-Tunnel: (1)SHA1
Bytes Tx     : 1                      Bytes Rx     : 2
Group Policy : GP staff west          Tunnel Group : TG staff
Login Time   : 12:30:01 UTC Mon May 6 2024
Duration     : 1d 2h:03m:04s
Inactivity   : 0h:00m:00s
VLAN Mapping : N/A                    VLAN         : none
Audt Sess ID : 00aa
Security Grp : none

Username     : CORP\\bob the builder   Index        : 4712
Assigned IP  : 10.9.0.5               Public IP    : 2001:DB8::7
Assigned IPv6: FD00::5
Protocol     : AnyConnect-Parent SSL-Tunnel
License      : AnyConnect Premium
Encryption   : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)AES128
Hashing      : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)SHA256
Bytes Tx     : 1                      Bytes Rx     : 2
Group Policy : GP staff west          Tunnel Group : TG staff
Duration     : 0h:01m:00s

Username     : a.very.long.name.that.leaves.no.room.for.the.index@corp.example.com
Index        : 4713
Assigned IP  : 10.9.0.6               Public IP    : 203.0.113.9
Protocol     : AnyConnect-Parent
Encryption   : AnyConnect-Parent: (1)none
Group Policy : GP_mobile              Tunnel Group : TG staff
Duration     : 0h:00m:05s
"""

DETAIL = """\
Session Type: AnyConnect Detailed

Username     : ann                    Index        : 57
Assigned IP  : 10.9.0.4               Public IP    : 203.0.113.7
Protocol     : AnyConnect-Parent SSL-Tunnel DTLS-Tunnel
License      : AnyConnect Premium
Encryption   : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)AES-GCM-256  DTLS-Tunnel: (1)AES-GCM-256
Hashing      : AnyConnect-Parent: (1)none  SSL-Tunnel: (1)SHA384  DTLS-Tunnel: (1)SHA384
Group Policy : GP1                    Tunnel Group : TG1
Login Time   : 12:30:01 UTC Mon May 6 2024
Duration     : 0h:00m:28s

AnyConnect-Parent Tunnels: 1
SSL-Tunnel Tunnels: 1
DTLS-Tunnel Tunnels: 1

AnyConnect-Parent:
  Tunnel ID    : 57.1
  Public IP    : 203.0.113.7
  Encryption   : none                   Hashing      : none
  TCP Src Port : 50000                  TCP Dst Port : 443

SSL-Tunnel:
  Tunnel ID    : 57.2
  Assigned IP  : 10.9.0.4               Public IP    : 203.0.113.7
  Encryption   : AES-GCM-256            Hashing      : SHA384
  Ciphersuite  : ECDHE-RSA-AES256-GCM-SHA384
  Encapsulation: TLSv1.2                Compression  : LZS
  TCP Src Port : 50001                  TCP Dst Port : 443
  Pkts Tx Drop : 0                      Pkts Rx Drop : 0

DTLS-Tunnel:
  Tunnel ID    : 57.3
  Assigned IP  : 10.9.0.4               Public IP    : 203.0.113.7
  Encryption   : AES-GCM-256            Hashing      : SHA384
  Ciphersuite  : ECDHE-ECDSA-AES256-GCM-SHA384
  Encapsulation: DTLSv1.2               UDP Src Port : 50002
  UDP Dst Port : 443                    Auth Mode    : userPassword
"""


def test_names_with_blanks_addresses_and_tunnels():
    ann, bob, long = read_sessions(PLAIN)
    assert (ann.user, ann.index, ann.group_policy, ann.tunnel_group) == ("ann", 4711, "GP staff west", "TG staff")
    assert (ann.public_address, ann.assigned, ann.seconds) == ("203.0.113.7", ("10.9.0.4",), 93784)
    assert (bob.user, bob.index) == ("CORP\\bob the builder", 4712)
    assert (bob.public_address, bob.assigned) == ("2001:db8::7", ("10.9.0.5", "fd00::5"))
    assert (long.user, long.index) == ("a.very.long.name.that.leaves.no.room.for.the.index@corp.example.com", 4713)


def test_the_session_without_dtls_fell_back():
    assert [session.tls_only for session in read_sessions(PLAIN)] == [False, True, False]


def test_ciphers_per_tunnel():
    ann, bob, long = read_sessions(PLAIN)
    assert ann.ciphers == {("tls", "AES256-GCM-SHA384"), ("dtls", "AES256-SHA")}
    assert bob.ciphers == {("tls", "AES128-SHA256")}
    assert long.ciphers == frozenset()


def test_the_detailed_form_names_the_exact_suite_and_the_compression():
    (session,) = read_sessions(DETAIL)
    assert session.ciphers == {("tls", "ECDHE-RSA-AES256-GCM-SHA384"), ("dtls", "ECDHE-ECDSA-AES256-GCM-SHA384")}
    assert session.compression
    assert (session.user, session.index, session.group_policy, session.seconds) == ("ann", 57, "GP1", 28)
    assert session.public_address == "203.0.113.7"


def test_no_compression_is_none():
    (session,) = read_sessions(DETAIL.replace("LZS", "none"))
    assert not session.compression


def test_the_old_form_without_tunnel_names():
    text = PLAIN.split("\n\n")[1].replace(
        "AnyConnect-Parent: (1)none  SSL-Tunnel: (1)AES-GCM-256  DTLS-Tunnel: (1)AES256", "RC4 AES128"
    )
    text = text.replace("AnyConnect-Parent: (1)none  SSL-Tunnel: (1)SHA384  DTLS-Tunnel: (1)SHA1", "SHA1")
    (session,) = read_sessions(text)
    assert session.ciphers == {("tls", "RC4-SHA"), ("dtls", "AES128-SHA")}


def test_every_suite_that_is_translated_is_one_the_arithmetic_knows():
    from nornir_anyconnect.evidence.device_output.vpn_sessions import _SUITES

    assert set(_SUITES.values()) <= set(all_suites())


def test_a_line_that_was_wrapped():
    text = PLAIN.replace("  DTLS-Tunnel: (1)AES256", "\n               DTLS-Tunnel: (1)AES256")
    assert ("dtls", "AES256-SHA") in read_sessions(text)[0].ciphers


def test_carriage_returns_and_hostile_names():
    text = PLAIN.replace("\n", "\r\n").replace(": ann ", ": <b>\x1b[2Jann ")
    first, *_ = read_sessions(text)
    assert first.user == "<b>\ufffd[2Jann"
    assert first.tunnels[-1] == "DTLS-Tunnel"


def test_nobody_is_connected():
    assert read_sessions("INFO: There are presently no active sessions of the type specified\n") == ()


def test_the_summary():
    text = (
        "Tunnels Summary\n-----\nAnyConnect-Parent            :     38 :     330351 :             442\n"
        "SSL-Tunnel                   :     38 :     985244 :             392\n"
        "DTLS-Tunnel                  :     31 :    2227003 :             386\n"
    )
    assert read_tunnel_summary(text) == TunnelSummary(ssl=38, dtls=31)
    assert read_tunnel_summary("nothing") is None
    assert read_tunnel_summary(text.rpartition("DTLS")[0]) == TunnelSummary(ssl=38, dtls=0)


@given(st.text(max_size=300))
def test_any_text_and_no_crash(text):
    assert len(read_sessions("Username : x\n" + text)) >= 1


def test_the_samples():
    for path in texts("shows", "*vpn-sessiondb*"):
        text = path.read_text("utf-8")
        sessions = read_sessions(text)
        assert len(sessions) == text.count("Username"), path.name
        for session in sessions:
            assert session.user, path.name
            assert session.index, path.name
            assert session.group_policy, path.name
            assert session.public_address, path.name
            assert session.assigned, path.name
            assert session.seconds, path.name
            assert {tunnel for tunnel, _ in session.ciphers} == {"tls", "dtls"}, path.name
        if not sessions:
            assert read_tunnel_summary(text), path.name
