"""``docs/proof.md``, made from what the lab saw and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

OBSERVED = Path(__file__).parent / "observed.json"
"""What the lab saw when the page was written; the simulated fleet is held to it."""


def observed() -> dict[str, Any]:
    """The lab's last recorded run."""
    return json.loads(OBSERVED.read_text("utf-8"))


def disagreements(seen: dict[str, Any]) -> list[str]:
    """Everything that was not as computed."""
    wrong = [each for row in seen["configurations"] for each in row["disagreements"]]
    wrong += [
        f"{each['suite']} {each['version']} tcpmss {each['tcpmss']}: computed {each['computed']}, measured {each['measured']}"
        for each in seen["data_path"]
        if each["computed"] != each["measured"]
    ]
    return wrong


def render(seen: dict[str, Any]) -> str:
    """The page, Markdown."""
    wrong = disagreements(seen)
    rows = seen["configurations"]
    paths = seen["data_path"]
    pairs = sum(len(row["seen"]) for row in rows)
    result = (
        f"All {len(rows)} configurations and all {len(paths)} measured tunnels agree with the engine."
        if not wrong
        else "**Not everything agrees:**\n\n" + "\n".join(f"- {each}" for each in wrong)
    )
    used = ", ".join(f"{name} {version}" for name, version in seen["with"].items())
    return f"""\
# The proof: verdicts against a real VPN data path

<!-- Written by `python -m tests.lab --write docs/proof.md`; do not edit. -->

Run of {seen["date"]} with {used}. {result}

## What the lab is

Four network namespaces in a row: a client with openconnect, a router, a head-end with ocserv, and an inside
web server behind it. TLS, DTLS, the TCP stack and the DF bit are real. The router clamps the MSS as
`sysopt connection tcpmss` does and drops UDP/443, so that the client, which was offered DTLS, falls back to TLS.
Then the two ends get what an ASA and its client have at that moment: the client's adapter the DTLS MTU, the
head-end's tunnel device the TLS MTU. The head-end's kernel stands in the ASA's place: what is larger and must not
be fragmented is dropped, and "fragmentation needed" is sent, which a filter lets out or not. The server sends
200 kB; a download that is silent for 1.5 seconds counts as stalled.

Every configuration is a running-config (`tests/lab/configs/`) that goes through the same parser and the same
engine as a customer's. Its MTUs under every assumption set are put on the tunnel one after the other. Nothing in
the table is typed by hand, neither the MTUs nor the remedy: its lines are put into the running-config,
and the new text goes through the engine and onto a new tunnel.

## What it proves

- **The arithmetic of records.** The largest inner packet that travels in one TCP segment or one datagram,
  read off the wire, is the number of the assumption set `rfc`: for CBC and RC4 suites it is also that of `technote`.
- **The consequence.** With ICMP filtered, a download stalls exactly where the verdict is `at-risk`: where it is
  `all-assumptions`, with every predicted pair of MTUs, where it is one of the others, with some of them.
  With ICMP let out it goes on, and so does one that starts after the adapter has got the TLS MTU.
- **The remedies.** With the proposed lines in the configuration the same download completes.

## What it cannot prove

- **It is not an ASA.** Whether an ASA charges an AEAD suite like a block suite (`technote`, `guide`) or what its
  record costs (`rfc`), which MSS it starts from, and what an absent `anyconnect mtu` means, no other software can
  tell. That is why verdicts are computed under all three sets, and why a device's own log lines outrank them.
- **The reconnect itself.** ocserv announces one MTU for both channels, and openconnect never reconnects for a new
  one. The two MTUs are therefore set on the devices by the lab, and the reconnect after a minute is represented
  by setting the adapter to the TLS MTU and downloading again. What an AnyConnect client does in that minute is
  taken from Cisco's tech note 116881 and from syslog, not from here.
- **What the client's adapter refuses.** A Linux tun device takes in packets that are larger than its MTU; the rule
  that drops them on the client is the lab's. That the head-end lets such a datagram pass without a word to its
  sender is real.
- TCP timestamps are off, because the tech note's derivation has no room for TCP options; a path with them leaves
  12 bytes less. The certificate is RSA: where a suite says ECDSA, its RSA twin with the same records was used.
  openconnect's AES-SHA over DTLS is Cisco's version of DTLS 1.0 before the RFC; its records are as long.
  Where a DTLS suite is not among those that ocserv and openconnect share, one with the same record was used.

## The configurations

One line for each pair of MTUs that the assumption sets predict. *On the wire*: largest inner packet in one piece
for the suites shown, computed by `rfc` and measured, before any `anyconnect mtu`.

{_configurations(rows)}

{pairs} pairs of MTUs in all. *Dropped*: packets that the head-end's kernel dropped as too large while ICMP was
filtered, retransmissions included.

## After the remedy

{_remedies(rows)}

## A datagram that is larger than the adapter

The tech note's caveat on its third option: where the TLS MTU is above the DTLS MTU, TCP works (its MSS follows the
adapter), and a datagram of the TLS MTU is lost although one of the adapter's MTU arrives.

{_datagrams(rows)}

## The data path

{_data_path(paths)}
"""


def _table(head: list[str], rows: list[list[Any]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def _suite(name: str | None, version: str | None) -> str:
    return f"{name} ({version})" if name else "none"


def _wire(wire: dict[str, int] | None) -> str:
    return (
        f"{wire['computed']} = {wire['measured']}"
        if wire and wire["computed"] == wire["measured"]
        else (f"**{wire['computed']}, but {wire['measured']}**" if wire else "none")
    )


def _went(*, through: bool) -> str:
    return "completes" if through else "**stalls**"


def _verdict(row: dict[str, Any]) -> str:
    return f"{row['verdict']} ({row['certainty']})" if row["certainty"] else row["verdict"]


def _configurations(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        for number, seen in enumerate(row["seen"]):
            first = [
                f"`{row['name']}`: {row['why']}",
                f"{_suite(row['tls_suite'], row['tls_version'])} / {_suite(row['dtls_suite'], row['dtls_version'])}",
                f"{_wire(row['tls_on_the_wire'])} / {_wire(row['dtls_on_the_wire'])}",
                _verdict(row),
            ]
            lines.append(
                [
                    *(first if number == 0 else [""] * 4),
                    ", ".join(seen["sets"]),
                    f"{seen['tls_mtu']} / {seen['dtls_mtu'] or 'none'}",
                    _went(through=seen["filtered"]),
                    seen["dropped"],
                    _went(through=seen["allowed"]),
                    _went(through=seen["reconnected"]),
                ]
            )
    head = ["configuration", "suite TLS / DTLS", "on the wire TLS / DTLS", "verdict", "assumption sets"]
    head += ["predicted MTU TLS / DTLS", "ICMP filtered", "dropped", "ICMP let out", "after the reconnect"]
    return _table(head, lines)


def _remedies(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        for after in row["after"]:
            pairs = [f"{seen['tls_mtu']} / {seen['dtls_mtu'] or 'none'}" for seen in after["seen"]]
            lines.append(
                [
                    f"`{row['name']}`",
                    after["remedy"],
                    "<br>".join(f"`{line}`" for line in after["commands"]),
                    "<br>".join(pairs),
                    f"{row['verdict']} → {after['verdict']}",
                    " → ".join(_went(through=all(seen["filtered"] for seen in each["seen"])) for each in (row, after)),
                ]
            )
    head = ["configuration", "remedy", "lines", "predicted MTU TLS / DTLS", "verdict", "download, ICMP filtered"]
    return _table(head, lines)


def _datagrams(rows: list[dict[str, Any]]) -> str:
    lines = [
        [
            f"`{row['name']}`",
            f"{row['seen'][0]['tls_mtu']} / {row['seen'][0]['dtls_mtu']}",
            _went(through=row["seen"][0]["filtered"]),
            "lost, and nobody is told" if row["large_datagram_lost"] else "arrives",
        ]
        for row in rows
        if row["large_datagram_lost"] is not None
    ]
    return _table(["configuration", "MTU TLS / DTLS", "download", "datagram of the TLS MTU"], lines)


def _data_path(paths: list[dict[str, Any]]) -> str:
    lines = []
    for each in paths:
        over = "UDP" if each["tcpmss"] is None else f"TCP, MSS {each['tcpmss'] or 'not clamped (1460)'}"
        agrees = "yes" if each["computed"] == each["measured"] else "**no**"
        lines.append([each["suite"], each["version"], over, each["computed"], each["measured"], agrees])
    return _table(["suite", "version", "over", "computed", "measured", "agree"], lines)
