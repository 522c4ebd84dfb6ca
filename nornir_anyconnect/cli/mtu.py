"""``mtu``: the arithmetic alone; spellings understood, ranges checked, both derivations printed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Annotated, Any

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UnknownSuiteError, UsageError
from nornir_anyconnect.mtu.assumptions import AssumptionSet, assumption_set
from nornir_anyconnect.mtu.derive import Derivation, Path, derive_dtls, derive_tls
from nornir_anyconnect.mtu.suites import DTLS_VERSIONS, TLS_VERSIONS, Suite, Version, all_suites, packaged

# what the box itself accepts: Cisco ASA command reference, ``mtu``, ``sysopt connection tcpmss``, ``anyconnect mtu``
# (its lower end from ``svc mtu`` before 8.4)
_LINK = (64, 65535)
_TCPMSS = (48, 65535)
_CONFIGURED = (256, 1462)


@dataclass(frozen=True)
class Asked:
    """What the arithmetic is asked: the suites, the path, the assumption set."""

    tls_suite: Annotated[
        str | None, typer.Option("--tls-suite", metavar="SUITE", help="TLS cipher suite, e.g. RC4-SHA.")
    ] = None
    dtls_suite: Annotated[
        str | None, typer.Option("--dtls-suite", metavar="SUITE", help="DTLS cipher suite, e.g. AES256-SHA.")
    ] = None
    tls_version: Annotated[
        str | None,
        typer.Option("--tls-version", metavar="VERSION", help="tlsv1, tlsv1.1, tlsv1.2 or tlsv1.3; 1.2 where it fits."),
    ] = None
    tcpmss: Annotated[
        int | None, typer.Option("--tcpmss", help="sysopt connection tcpmss, bytes; 0 is off. [default: 1380]")
    ] = None
    link_mtu: Annotated[
        int | None, typer.Option("--link-mtu", help="MTU of the serving interface, bytes. [default: 1500]")
    ] = None
    anyconnect_mtu: Annotated[
        int | None, typer.Option("--anyconnect-mtu", help="The anyconnect mtu in force, bytes; none unless given.")
    ] = None
    client_mtu: options.ClientMtu = 1500
    list_suites: Annotated[bool, typer.Option("--list-suites", help="Name every cipher suite that is known.")] = False
    ip_version: options.IpVersion = 4
    assume: options.Assume = None
    output: options.TextOrJson = "text"

    @property
    def path(self) -> Path:
        """What both derivations share; all sizes are bytes.

        Raises:
            UsageError: a value that no ASA takes.

        """
        usual, tcpmss, conf = Path(), self.tcpmss, self.anyconnect_mtu
        return Path(
            link=usual.link if self.link_mtu is None else _within("--link-mtu", self.link_mtu, _LINK),
            tcpmss=usual.tcpmss if tcpmss is None else tcpmss and _within("--tcpmss", tcpmss, _TCPMSS, "0 (off), or "),
            conf=None if conf is None else _within("--anyconnect-mtu", conf, _CONFIGURED),
            ip_version=options.ip_version_of(self.ip_version),
            client=options.client_mtu_of(self.client_mtu),
        )


def _within(option: str, value: int, limits: tuple[int, int], also: str = "") -> int:
    low, high = limits
    if not low <= value <= high:
        raise UsageError(f"{option} {value} is out of range", f"give {also}{low} to {high} bytes")
    return value


def suite_named(text: str) -> Suite:
    """The suite by its ASA (OpenSSL) name, a keyword of ``ssl encryption``, or a name ending in SHA1.

    Raises:
        UnknownSuiteError: no suite of that name.

    """
    name = packaged("suites")["legacy"].get(text.lower(), text.upper())
    suites = all_suites()
    if name in suites:
        return suites[name]
    if name.endswith("-SHA1") and name[:-1] in suites:
        return suites[name[:-1]]
    near = get_close_matches(name, suites) or ["AES256-SHA", "ECDHE-RSA-AES256-GCM-SHA384"]
    raise UnknownSuiteError(
        f"unknown cipher suite '{text}'",
        f"use an ASA (OpenSSL) name such as {', '.join(near)}, or a keyword such as rc4-sha1",
    )


def version_named(text: str) -> Version:
    """``tlsv1.2``, ``TLSv1.2`` or ``1.2``; ``tlsv1.0`` and ``1.0`` are ``tlsv1``.

    Raises:
        UsageError: no TLS version of that name.

    """
    number = text.lower().removeprefix("tls").removeprefix("v")
    name = "tlsv1" if number in ("1", "1.0") else f"tlsv{number}"
    if name not in TLS_VERSIONS:
        raise UsageError(f"unknown TLS version '{text}'", f"use one of {', '.join(TLS_VERSIONS)}")
    return Version(name)


def usual_version(suite: Suite, versions: tuple[Version, ...]) -> Version:
    """TLS 1.2 (DTLS 1.2) where its RFC allows the suite, else the newest that does.

    Raises:
        UsageError: none of these versions can carry the suite.

    """
    preferred = sorted(versions, key=lambda version: version.endswith("v1.2"))
    fitting = [version for version in preferred if suite.allowed_in(version)]
    if not fitting:
        raise UsageError(
            f"{suite.name} cannot carry DTLS (the ASA logs 722043)",
            "choose a block or AEAD suite for --dtls-suite, such as AES256-SHA",
        )
    return fitting[-1]


def _positive(derivation: Derivation) -> Derivation:
    if derivation.mtu < 1:
        raise UsageError(
            f"no byte is left for the tunnel: {derivation.steps[-1]}", "give a larger --link-mtu or --tcpmss"
        )
    return derivation


def _steps(derivation: Derivation | None) -> list[dict[str, Any]] | None:
    if derivation is None:
        return None
    return [{"label": step.label, "operation": step.operation, "value": step.value} for step in derivation.steps]


def _as_json(assume: AssumptionSet, path: Path, tls: Derivation | None, dtls: Derivation | None) -> str:
    answer = {
        "assume": assume.name,
        "tls_mtu": tls.mtu if tls else None,
        "dtls_mtu": dtls.mtu if dtls else None,
        "gap": dtls.mtu - tls.mtu if tls and dtls else None,
        "configured_mtu": path.conf,
        "tls_suite": tls.suite.name if tls else None,
        "tls_version": tls.version if tls else None,
        "dtls_suite": dtls.suite.name if dtls else None,
        "dtls_version": dtls.version if dtls else None,
        "tls": _steps(tls),
        "dtls": _steps(dtls),
    }
    return json.dumps(answer, indent=2)


def _as_text(assume: AssumptionSet, tls: Derivation | None, dtls: Derivation | None) -> str:
    lines = [f"assumption set {assume.name} ({assume.combination})"]
    for title, derivation in (("TLS", tls), ("DTLS", dtls)):
        if derivation is None:
            continue
        lines += ["", f"{title}: {derivation.suite.name}, {derivation.version}"]
        lines += [f"  {step}" for step in derivation.steps]
        lines += [f"  {title} MTU {derivation.mtu} bytes"]
    if tls and dtls:
        gap = dtls.mtu - tls.mtu
        meaning = (
            f"at risk: the adapter starts with {dtls.mtu}, over TLS only {tls.mtu} fit"
            if gap > 0
            else "no gap: what fits the adapter fits TLS"
        )
        lines += ["", f"gap {gap} bytes, {meaning}"]
    return "\n".join(lines)


def suites_known(output: str) -> str:
    """Every cipher suite that is known, and the versions that can carry it."""
    rows = [
        {
            "name": each.name,
            "kind": str(each.kind),
            "tls": [str(version) for version in TLS_VERSIONS if each.allowed_in(version)],
            "dtls": [str(version) for version in DTLS_VERSIONS if each.allowed_in(version)],
        }
        for each in sorted(all_suites().values(), key=lambda each: each.name)
    ]
    if output == "json":
        return json.dumps(rows, indent=2)
    width = max(len(str(row["name"])) for row in rows)
    lines = [f"{row['name']:<{width}}  {row['kind']:<7} {', '.join((*row['tls'], *row['dtls']))}" for row in rows]
    return "\n".join(lines)


def answer(asked: Asked) -> str:
    """Both MTUs as text or JSON; a side without a suite is left out.

    Raises:
        UsageError: an unknown suite, version or assumption set, or one that does not fit another.

    """
    path = asked.path
    assumptions = assumption_set(asked.assume or "technote")
    tls = dtls = None
    if asked.tls_suite is not None:
        chosen = suite_named(asked.tls_suite)
        version = version_named(asked.tls_version) if asked.tls_version else usual_version(chosen, TLS_VERSIONS)
        tls = _positive(derive_tls(chosen, version, path, assumptions))
    if asked.dtls_suite is not None:
        chosen = suite_named(asked.dtls_suite)
        dtls = _positive(derive_dtls(chosen, usual_version(chosen, DTLS_VERSIONS), path, assumptions))
    if asked.output == "json":
        return _as_json(assumptions, path, tls, dtls)
    return _as_text(assumptions, tls, dtls)


def mtu(*, asked: Asked, _verbosity: options.Verbosity) -> None:
    """The arithmetic alone: both tunnel MTUs of the cipher suites given, step by step."""
    if not asked.list_suites and asked.tls_suite is None and asked.dtls_suite is None:
        raise UsageError(
            "no cipher suite was given", "name one with --tls-suite, --dtls-suite, or both; --list-suites names all"
        )
    options.text_or_json("mtu", asked.output)
    typer.echo(suites_known(asked.output) if asked.list_suites else answer(asked))
