"""Pull what the audit needs, section by section, so that a box with 100,000 access-list lines costs little."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from nornir.core.task import Result, Task

from nornir_anyconnect.asa.commands import Section, Show, ShowCommand, ShowRunning
from nornir_anyconnect.asa.redact import masked
from nornir_anyconnect.errors import IncompleteReplyError, InventoryError, RejectedError
from nornir_anyconnect.platforms.asa_ssh.connection import closing_session

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nornir.core.inventory import Host

    from nornir_anyconnect.asa.parser import PulledConfig
    from nornir_anyconnect.asa.running_config import RunningConfig
    from nornir_anyconnect.platforms.asa_ssh.identity import Identity
    from nornir_anyconnect.platforms.asa_ssh.session import Session

SECTIONS = tuple(section for section in Section if section is not Section.AAA_SERVER)
"""What is asked for; AAA servers decide nothing here, and hold keys."""
WITH_DEFAULTS = (Section.GROUP_POLICY, Section.TUNNEL_GROUP, Section.WEBVPN, Section.SSL, Section.SYSOPT)
"""Asked for a second time with ``all``: what the device does where nothing is set."""
ESSENTIAL = (Section.GROUP_POLICY, Section.TUNNEL_GROUP, Section.WEBVPN)

_OBJECT = re.compile(r"^(group-policy|tunnel-group) (\"[^\"]+\"|\S+)", re.MULTILINE)
_ENABLED = re.compile(r"^ (?:enable \S+|(?:anyconnect|svc) enable)\b", re.MULTILINE)
_BUILT_IN = ("DfltGrpPolicy", "Default")


@dataclass(frozen=True, slots=True)
class PulledContext:
    """One context (or the whole box in single mode); ``whole`` is set where everything was asked for."""

    pull: PulledConfig
    whole: str | None = field(default=None, repr=False)
    refused: tuple[str, ...] = ()
    """Commands that this release refused."""

    @property
    def name(self) -> str | None:
        """The context's name."""
        return self.pull.context

    def parse(self) -> RunningConfig:
        """The typed configuration."""
        # TTP is slow to import: only who reads a configuration pays
        from nornir_anyconnect.asa.parser import parse, parse_pull  # noqa: PLC0415 - see above

        pulled = parse_pull(self.pull)
        if self.whole is None:
            return pulled
        config = parse(self.whole)
        return replace(
            config,
            context=self.pull.context,
            release=config.release or pulled.release,
            release_text=config.release_text or pulled.release_text,
            defaults=pulled.defaults,
            device_ciphers=pulled.device_ciphers,
            serials=config.serials or pulled.serials,
        )


@dataclass(frozen=True, slots=True)
class PulledDevice:
    """What one box answered."""

    name: str
    identity: Identity
    contexts: tuple[PulledContext, ...]

    def to_dict(self) -> dict[str, Any]:
        """For JSON; the texts are left out on purpose."""
        return {
            "name": self.name,
            "hostname": self.identity.hostname,
            "serials": list(self.identity.serials),
            "asa_version": self.identity.release,
            "role": str(self.identity.role),
            "contexts": [
                {
                    "context": each.name,
                    "sections": {str(section): len(text) for section, text in each.pull.sections.items()},
                    "refused": list(each.refused),
                }
                for each in self.contexts
            ],
        }

    def __str__(self) -> str:
        lines = [f"{self.name}: {self.identity.hostname} {self.identity.release or ''} {self.identity.role}"]
        for each in self.contexts:
            size = sum(len(text) for text in each.pull.sections.values()) + len(each.whole or "")
            lines.append(f"  {each.name or 'single context'}: {size} characters")
        return "\n".join(lines)


def pull_config(task: Task, *, full: bool = False) -> Result:
    """Nornir task: the configuration as typed values; changes nothing.

    Args:
        task: Nornir's.
        full: the whole running configuration instead of the sections the audit needs.

    Returns:
        ``result`` is a :class:`PulledDevice`.

    Raises:
        AnyConnectError: the device could not be read.

    """
    with closing_session(task.host, task.nornir.config) as session:
        identity = session.identity()
        contexts = tuple(pull_contexts(session, task.host, identity, full=full))
    return Result(host=task.host, result=PulledDevice(task.host.name, identity, contexts), changed=False)


def pull_contexts(session: Session, host: Host, identity: Identity, *, full: bool = False) -> Iterator[PulledContext]:
    """Context by context, in one session; the system execution space holds no VPN and is left out.

    Raises:
        DeviceError: as of :meth:`Session.send`.

    """
    if not identity.multiple:
        yield pull_context(session, identity.hostname, None, full=full)
        return
    for name in wanted_contexts(host, session.contexts()):
        session.change_to(name)
        yield pull_context(session, identity.hostname, name, full=full)


def wanted_contexts(host: Host, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of ``data.anyconnect.context`` (a name or a list), else all.

    Raises:
        InventoryError: ``data.anyconnect`` has another shape.
        RejectedError: the inventory names a context that the device does not have.

    """
    ours = host.get("anyconnect") or {}
    wanted = ours.get("context") if isinstance(ours, dict) else ours
    if not isinstance(ours, dict) or isinstance(wanted, dict):
        raise InventoryError(
            f"{host.name}: data.anyconnect of the inventory is not as it must be",
            "write 'key: value' lines under it, and 'context:' with a name or a list of names",
        )
    if not wanted:
        return names
    chosen = tuple(str(each) for each in (wanted if isinstance(wanted, list | tuple) else [wanted]))
    missing = [name for name in chosen if name not in names]
    if missing:
        raise RejectedError(
            f"{host.name} has no context {', '.join(missing)}", f"correct data.anyconnect.context: {', '.join(names)}"
        )
    return chosen


def pull_context(session: Session, hostname: str, context: str | None, *, full: bool = False) -> PulledContext:
    """Pull the context in which the session stands.

    What a release refuses is asked for in the next simpler form: without ``all``, then as part of the whole.

    Raises:
        IncompleteReplyError: two answers do not fit together, or the whole has no end mark.
        RejectedError: the login may not read the configuration.

    """
    from nornir_anyconnect.asa.parser import PulledConfig  # noqa: PLC0415 - loads TTP

    refused: list[str] = []

    def ask(command: ShowRunning | ShowCommand) -> str | None:
        reply = session.send(command)
        if reply.refusal is None:
            return reply.text
        if "authorization" in reply.refusal.lower():
            raise RejectedError(
                f"{session.name}: '{command.text}': {reply.refusal}",
                "give the account the privileges of docs/account.md",
            )
        refused.append(command.text)
        return None

    version = ask(ShowCommand(Show.VERSION)) or ""
    ciphers = ask(ShowCommand(Show.SSL_CIPHERS)) or ""
    defaults = {s: text for s in WITH_DEFAULTS if (text := ask(ShowRunning(s, defaults=True))) is not None}
    sections: dict[Section, str] = {}
    if not full:
        sections = {s: text for s in SECTIONS if (text := ask(ShowRunning(s))) is not None}
        full = any(section not in sections for section in ESSENTIAL)
    whole = None
    if full:
        sections = {}
        whole = _whole(session)
    else:
        _must_be_empty(session, [s for s in ESSENTIAL if not sections[s].strip()])
        for section in ESSENTIAL:
            if section in defaults:
                _must_agree(session.name, section, sections[section], defaults[section])
        sections[Section.USERNAME] = without_passwords(sections.get(Section.USERNAME, ""))
    session.settle()
    pull = PulledConfig(
        version_text=version,
        sections=sections,
        defaults=defaults,
        ssl_ciphers=ciphers,
        context=context,
        hostname=hostname,
    )
    return PulledContext(pull, whole, tuple(refused))


def without_passwords(text: str) -> str:
    """The ``username`` section without its hashes: they never leave the reader (promise 23)."""
    return "\n".join(masked(line) for line in text.splitlines())


def _whole(session: Session) -> str:
    reply = session.send(ShowRunning())
    if reply.refusal is not None:
        raise RejectedError(
            f"{session.name}: 'show running-config': {reply.refusal}",
            "give the account the privileges of docs/account.md",
        )
    text = without_passwords(reply.text)
    if re.search(r"^(?:Cryptochecksum:|: end)", text, re.MULTILINE) is None:
        raise IncompleteReplyError(f"{session.name}: the running configuration has no end mark", "ask the device again")
    return text + "\n"


def _must_be_empty(session: Session, sections: list[Section]) -> None:
    """An empty answer decides a verdict as much as a full one: it has to be given twice."""
    for section in sections:
        if session.send(ShowRunning(section)).text.strip():
            raise IncompleteReplyError(
                f"{session.name}: '{ShowRunning(section).text}' was empty once and full once", "ask the device again"
            )


def _must_agree(name: str, section: Section, plain: str, with_defaults: str) -> None:
    """The answers with and without ``all`` name the same objects; else one of them was cut."""

    def objects(text: str) -> set[str]:
        named = {match[0] for match in _OBJECT.finditer(text) if not match[2].startswith(_BUILT_IN)}
        return named | {match[0] for match in _ENABLED.finditer(text)} if section is Section.WEBVPN else named

    apart = objects(plain) ^ objects(with_defaults)
    if apart:
        raise IncompleteReplyError(
            f"{name}: {section} with and without 'all' differ in {min(apart).strip()}", "ask the device again"
        )
