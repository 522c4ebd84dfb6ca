"""``mtu``: the arithmetic alone."""

from typing import Annotated

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.errors import UsageError


def mtu(
    *,
    tls_suite: Annotated[
        str | None, typer.Option("--tls-suite", metavar="SUITE", help="TLS cipher suite, e.g. RC4-SHA.")
    ] = None,
    dtls_suite: Annotated[
        str | None, typer.Option("--dtls-suite", metavar="SUITE", help="DTLS cipher suite, e.g. AES256-SHA.")
    ] = None,
    tls_version: Annotated[
        str | None,
        typer.Option("--tls-version", metavar="VERSION", help="tlsv1, tlsv1.1, tlsv1.2 or tlsv1.3; 1.2 where it fits."),
    ] = None,
    tcpmss: Annotated[
        int | None, typer.Option("--tcpmss", help="sysopt connection tcpmss, bytes; 0 is off. [default: 1380]")
    ] = None,
    link_mtu: Annotated[
        int | None, typer.Option("--link-mtu", help="MTU of the serving interface, bytes. [default: 1500]")
    ] = None,
    anyconnect_mtu: Annotated[
        int | None, typer.Option("--anyconnect-mtu", help="The anyconnect mtu in force, bytes; none unless given.")
    ] = None,
    client_mtu: options.ClientMtu = 1500,
    list_suites: Annotated[bool, typer.Option("--list-suites", help="Name every cipher suite that is known.")] = False,
    ip_version: options.IpVersion = 4,
    assume: options.Assume = None,
    output: options.TextOrJson = "text",
    _verbose: options.Verbose = 0,
    _quiet: options.Quiet = False,
    _no_color: options.NoColor = False,
) -> None:
    """The arithmetic alone: both tunnel MTUs of the cipher suites given, step by step."""
    if list_suites:
        from nornir_anyconnect.cli.arithmetic import suites_known

        options.text_or_json("mtu", output)
        typer.echo(suites_known(output))
        return
    if tls_suite is None and dtls_suite is None:
        raise UsageError(
            "no cipher suite was given", "name one with --tls-suite, --dtls-suite, or both; --list-suites names all"
        )
    options.text_or_json("mtu", output)
    from nornir_anyconnect.cli.arithmetic import answer, path_of

    path = path_of(link_mtu, tcpmss, anyconnect_mtu, ip_version, options.client_mtu_of(client_mtu))
    suites = {"tls_suite": tls_suite, "tls_version": tls_version, "dtls_suite": dtls_suite}
    typer.echo(answer(output, assume or "technote", path, **suites))


def register(app: typer.Typer) -> None:
    """Add this family's commands."""
    app.command("mtu")(mtu)
