"""One sentence for people per verdict reason and per caveat."""

from __future__ import annotations

REASONS: dict[str, str] = {
    "incomplete-config": "The text is not a complete configuration, so nothing can be called safe.",
    "not-remote-access": "The tunnel group is of a type that AnyConnect users cannot connect to.",
    "webvpn-not-enabled": "webvpn is not enabled on any interface.",
    "anyconnect-not-enabled": "AnyConnect is not enabled in the global webvpn settings.",
    "group-policy-missing": "The group policy that users get is not in the configuration.",
    "external-group-policy": "The group policy is external: a server decides its settings.",
    "ssl-client-not-allowed": "The group policy does not allow the SSL client (vpn-tunnel-protocol ssl-client).",
    "dtls-disabled": "DTLS is off for these users, so the adapter gets the TLS MTU from the start.",
    "unknown-suite": "A cipher suite is configured whose size is not known, so its MTU cannot be computed.",
    "unsupported-value": "A setting that decides the MTU has a value that could not be understood.",
    "dtls-not-negotiable": "No configured cipher suite can carry DTLS, so the tunnel runs over TLS alone.",
    "single-mtu-release": "Releases before 9.0 make one MTU estimate for both tunnels; which one is not known.",
    "dtls-mtu-exceeds-tls-mtu": (
        "The adapter comes up with the DTLS MTU; without DTLS, full-size packets do not fit into the TLS tunnel, "
        "and about one minute later the client reconnects."
    ),
    "fragmentation-allowed": (
        "Full-size packets pass in fragments (df-bit-ignore), but the client still reconnects to change its MTU."
    ),
    "mtu-at-or-below-tls-mtu": "The configured MTU fits into the TLS tunnel, so nothing changes when DTLS is lost.",
    "tls-mtu-at-or-above-dtls-mtu": "The TLS tunnel carries every packet that the DTLS tunnel carries.",
}

CAVEATS: dict[str, str] = {
    "client-path-assumed": (
        "The client's path is taken to be as wide as the serving interface; a client behind PPPoE or LTE has less."
    ),
    "udp-above-client-mtu": (
        "The TLS MTU is above the DTLS MTU: applications that size UDP by the TLS tunnel may exceed the DTLS tunnel."
    ),
    "icmp-unreachable-rate-limited": (
        "The ASA limits its ICMP unreachables: with many users most servers are never told to send less, "
        "which makes a black hole of the stall."
    ),
    "icmp-path-unknown": (
        "Whether 'fragmentation needed' reaches the servers cannot be seen here; filters behind the ASA are invisible."
    ),
    "non-default-dtls-port": "DTLS listens on a port other than 443, which paths often block.",
    "external-attributes-possible": (
        "A AAA server or a dynamic access policy may give users other settings than the configuration shows."
    ),
    "default-policy-affected": (
        "The MTU comes from DfltGrpPolicy: a change there reaches every policy that inherits from it."
    ),
    "l2l-tunnels-present": "The box has site-to-site tunnels, which a change of tcpmss would touch as well.",
    "release-unknown": "The release is not known; the box is judged as ASA 9.x.",
    "model-mismatch": (
        "The device shows numbers that no combination of assumptions explains; "
        "no remedy is offered until a person has looked at them."
    ),
}

CERTAINTY: dict[str | None, str] = {
    "all-assumptions": "It holds under every assumption that stands.",
    "some-assumptions": "It holds under some of the assumptions that stand, not under all.",
    None: "No assumption is involved.",
}


def reason_text(reason: str) -> str:
    """The sentence of a verdict's reason; the word itself where there is none."""
    return REASONS.get(reason, reason)


def caveat_text(caveat: str) -> str:
    """The sentence of a caveat; the word itself where there is none."""
    return CAVEATS.get(caveat, caveat)
