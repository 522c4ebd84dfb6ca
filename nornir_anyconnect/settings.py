"""One settings file, ``nornir-anyconnect.yaml``, so that the scheduled call is one word.

Every key can be overridden by an environment variable ``NORNIR_ANYCONNECT_<KEY>`` (upper case), whose
text is read as YAML. What the command line says wins over both.
"""

from __future__ import annotations

import difflib
import os
import types
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

import yaml

from nornir_anyconnect.errors import SettingsError

FILE_NAME = "nornir-anyconnect.yaml"
PREFIX = "NORNIR_ANYCONNECT_"
_NOT_SETTINGS = frozenset({"USERNAME", "PASSWORD", "ENABLE", "PROOF", "SETTINGS"})
"""Variables with our prefix that hold credentials or steer tests."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a notification is posted. ``template`` is a file (Jinja2); none means the JSON of the changes.

    ``timeout`` in seconds; ``token_env`` names the environment variable that holds a bearer token.
    """

    url: str
    template: str | None = None
    token_env: str | None = None
    timeout: float = 10.0
    retries: int = 3


@dataclass(frozen=True, slots=True)
class Notify:
    """Who hears of changes: a command (the JSON of the changes on its standard input), a webhook, or both."""

    command: tuple[str, ...] = ()
    webhook: Webhook | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """What a scheduled audit needs to know.

    ``history`` is a path or an SQLAlchemy URL, ``keep_days`` its retention in days, ``formats`` are
    ``NAME=FILE`` pairs as for ``--format``, ``lock`` is a file that keeps two runs apart, ``push`` the
    address of a Prometheus Pushgateway that is given the metrics of every audit of the whole fleet.
    """

    inventory: str = "inventory/config.yaml"
    filter: dict[str, str] = field(default_factory=dict)
    workers: int = 20
    evidence: bool = True
    assume: str | None = None
    formats: tuple[str, ...] = ()
    fail_on: Literal["confirmed", "at-risk", "unknown", "mitigated", "never"] = "at-risk"
    pseudonymise_users: bool = False
    history: str | None = None
    keep_days: int | None = None
    waivers: str | None = None
    lock: str | None = None
    push: str | None = None
    notify: Notify = field(default_factory=Notify)

    @property
    def filters(self) -> list[str]:
        """``filter`` as ``choose_hosts`` and ``--filter`` take it."""
        return [f"{key}={value}" for key, value in self.filter.items()]


def load_settings(path: str | Path | None = None, environ: dict[str, str] | None = None) -> Settings:
    """Read the settings.

    Args:
        path: the file; None means ``nornir-anyconnect.yaml`` here, if it exists.
        environ: the environment; None means this process's.

    Raises:
        SettingsError: the file cannot be read, or says something that is not a setting.

    """
    chosen = Path(path or FILE_NAME)
    data: dict[str, Any] = {}
    if path is not None or chosen.is_file():
        data = _read(chosen)
    data |= _from_environment(os.environ if environ is None else environ)
    settings: Settings = _build(Settings, data, str(chosen), "")
    _must_be_of_use(settings, str(chosen))
    return settings


def _must_be_of_use(settings: Settings, source: str) -> None:
    """What would only be missed once the night's work is done is refused when it is read."""
    from nornir_anyconnect.report import AUDIT_FORMATS  # noqa: PLC0415 - settings are read without any report, too

    for text in settings.formats:
        if text.partition("=")[0] not in AUDIT_FORMATS:
            raise _wrong(source, "formats", text, f"one of {', '.join(AUDIT_FORMATS)}, or such a word and =FILE")
    webhook = settings.notify.webhook
    for name, address in (("push", settings.push), ("notify.webhook.url", webhook.url if webhook else None)):
        if address is not None and not _of_the_web(address):
            raise _wrong(source, name, address, "an http:// or https:// address")


def _of_the_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        return False


def _read(path: Path) -> dict[str, Any]:
    try:
        data = yaml.safe_load(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}", "name an existing file with --settings") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f" line {where.line + 1}" if where else ""
        raise SettingsError(f"{path}{line}: this is not YAML", "see docs/settings.md for an example") from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise SettingsError(f"{path}: settings are 'key: value' lines", "see docs/settings.md for an example")
    return data


def _from_environment(environ: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for variable, text in environ.items():
        key = variable.removeprefix(PREFIX)
        if key == variable or key in _NOT_SETTINGS:
            continue
        if key.lower() not in {f.name for f in fields(Settings)}:
            continue  # somebody else's variable, or one of a later version
        try:
            found[key.lower()] = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise SettingsError(f"{variable}: {text!r} is not YAML", "quote it, or set it in the file") from error
    return found


def _build(kind: Any, data: Any, source: str, prefix: str) -> Any:
    if not isinstance(data, dict):
        raise SettingsError(f"{source}: '{prefix.rstrip('.')}' takes 'key: value' lines", "see docs/settings.md")
    hints = get_type_hints(kind)
    for key in data:
        if key not in hints:
            near = difflib.get_close_matches(str(key), hints, n=1)
            known = f"did you mean '{prefix}{near[0]}'?" if near else f"known: {', '.join(hints)}"
            raise SettingsError(f"{source}: there is no setting '{prefix}{key}'", known)
    values = {key: _value(value, hints[key], source, f"{prefix}{key}") for key, value in data.items()}
    required = [f.name for f in fields(kind) if f.name not in values and not _has_default(f)]
    if required:
        raise SettingsError(f"{source}: '{prefix}{required[0]}' is missing", "see docs/settings.md for an example")
    return kind(**values)


def _has_default(each: Any) -> bool:
    from dataclasses import MISSING  # noqa: PLC0415 - the sentinel is needed nowhere else

    return each.default is not MISSING or each.default_factory is not MISSING


def _value(value: Any, hint: Any, source: str, name: str) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _value(value, next(a for a in arguments if a is not type(None)), source, name)
    if origin is Literal:
        if value not in arguments:
            raise _wrong(source, name, value, f"one of {', '.join(arguments)}")
        return value
    if origin is tuple:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise _wrong(source, name, value, "a list of texts")
        return tuple(value)
    if origin is dict:
        if not isinstance(value, dict):
            raise _wrong(source, name, value, "'key: value' lines")
        return {str(key): str(each) for key, each in value.items()}
    if hasattr(hint, "__dataclass_fields__"):
        return _build(hint, value, source, f"{name}.")
    return _scalar(value, hint, source, name)


def _scalar(value: Any, hint: type, source: str, name: str) -> Any:
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        words = {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}
        raise _wrong(source, name, value, words[hint])
    if isinstance(value, int | float) and not isinstance(value, bool) and value <= 0:
        raise _wrong(source, name, value, "more than zero")
    return value


def _wrong(source: str, name: str, value: Any, wanted: str) -> SettingsError:
    return SettingsError(f"{source}: '{name}' is {value!r}, it must be {wanted}", "see docs/settings.md for an example")
