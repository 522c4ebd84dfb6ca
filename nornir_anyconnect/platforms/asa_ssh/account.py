"""The least-privilege audit account, generated from the commands that can be sent at all."""

from __future__ import annotations

from nornir_anyconnect.asa.commands import ChangeTo, Enable, Exit, PagerOff, Show

LEVEL = 5
"""The privilege level of the account; any from 2 to 14 that is free will do."""


def shows() -> tuple[str, ...]:
    """The show commands of an audit, without the word ``show``."""
    return tuple(sorted({*(str(show).removeprefix("show ") for show in Show), "running-config"}))


def privilege_lines(level: int = LEVEL) -> tuple[str, ...]:
    """ASA ``privilege`` lines for local command authorization, which knows commands by their first words."""
    commands = sorted({each.split()[0] for each in shows()})
    return (
        *(f"privilege show level {level} mode exec command {each}" for each in commands),
        f"privilege cmd level {level} mode exec command changeto",
        f"privilege cmd level {level} mode exec command terminal",
    )


def tacacs_command_set() -> tuple[tuple[str, str], ...]:
    """(command, permitted arguments) of a TACACS+ command set; everything else is denied."""
    others = ((ChangeTo("X").text.split()[0], "context .*"), (ChangeTo().text.split()[0], "system"))
    pager = PagerOff().text.partition(" ")
    return (
        *(("show", each if each != "running-config" else "running-config.*") for each in shows()),
        *others,
        (pager[0], pager[2]),
        (Enable().text, ""),
        (Exit().text, ""),
    )


def account_page() -> str:
    """``docs/account.md``, whole."""
    privilege = "\n".join(privilege_lines())
    table = "\n".join(f"| `{command}` | `{arguments}` |" for command, arguments in tacacs_command_set())
    return f"""<!-- generated from what can be sent: python -m nornir_anyconnect.platforms.asa_ssh.account -->
# The audit account

An audit sends only the commands below: nothing else can be built, and nothing else leaves the process.
It never enters configuration mode. Give it an account that can do no more.

## Local command authorization on the ASA

Level {LEVEL} is an example; any free level from 2 to 14 will do. `show running-config` shows only what the level
may see, so the account needs it as a whole. Secrets in it are masked by the device, password hashes of
`username` lines are dropped as they are read.

```
{privilege}
username audit password ******** privilege {LEVEL}
username audit attributes
 service-type admin
aaa authorization command LOCAL
aaa authorization exec LOCAL auto-enable
```

With `auto-enable` the login lands at its level and no enable secret is needed.

## TACACS+ command set

Permit these, deny the rest (arguments are regular expressions, anchored):

| command | arguments |
|---|---|
{table}

## Limits

The account holds one of the five SSH sessions of a device while it is read. In multiple context mode it has to
log in to the admin context, or it sees the one context it logs in to.
"""


if __name__ == "__main__":
    import sys

    sys.stdout.write(account_page())
