"""What is well: a configuration and a log, which hostile files are made of."""

CONFIG = b"""\
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
_WHO = b"edge1 : %%ASA-%d-%d: Group <GP-STAFF> User <alice> IP <198.51.100.7> "
LOG = b"".join(
    (
        b"May 17 2024 20:00:00 " + _WHO % (6, 722033) + b"First TCP SVC connection established for SVC session.\n",
        b"May 17 2024 20:00:01 " + _WHO % (4, 722051) + b"IPv4 Address <10.9.0.5> IPv6 address <::> assigned to session\n",
        b"May 17 2024 20:00:05 " + _WHO % (6, 722036) + b"Transmitting large packet 1418 (threshold 1303).\n",
        b"May 17 2024 20:01:01 " + _WHO % (5, 722032) + b"New TCP SVC connection replacing old connection.\n",
    )
)  # fmt: skip
