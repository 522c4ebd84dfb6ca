"""Small configurations and a log of our own."""

AT_RISK = """\
: Saved
ASA Version 9.12(4)
hostname edge1
interface GigabitEthernet0/0
 nameif outside
 security-level 0
ssl cipher tlsv1.2 custom "AES256-SHA256"
ssl cipher dtlsv1 custom "AES256-SHA"
webvpn
 enable outside
 anyconnect enable
group-policy GP-STAFF internal
group-policy GP-STAFF attributes
 vpn-tunnel-protocol ssl-client
tunnel-group STAFF type remote-access
tunnel-group STAFF general-attributes
 default-group-policy GP-STAFF
: end
"""

SAFE = AT_RISK.replace(
    " vpn-tunnel-protocol ssl-client\n", " vpn-tunnel-protocol ssl-client\n webvpn\n  anyconnect mtu 1200\n"
).replace("edge1", "edge2")

PARTIAL = SAFE.replace(": end\n", "")

SYSLOG = """\
May 17 2024 20:00:00 edge1 : %ASA-6-722033: Group <GP-STAFF> User <alice> IP <198.51.100.7> First TCP SVC connection established for SVC session.
May 17 2024 20:00:01 edge1 : %ASA-4-722051: Group <GP-STAFF> User <alice> IP <198.51.100.7> IPv4 Address <10.9.0.5> IPv6 address <::> assigned to session
May 17 2024 20:00:05 edge1 : %ASA-6-722036: Group <GP-STAFF> User <alice> IP <198.51.100.7> Transmitting large packet 1418 (threshold 1303).
May 17 2024 20:01:01 edge1 : %ASA-5-722032: Group <GP-STAFF> User <alice> IP <198.51.100.7> New TCP SVC connection replacing old connection.
"""
