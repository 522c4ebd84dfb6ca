"""One settings file, ``nornir-anyconnect.yaml``, so that the scheduled call is one word.

Every key can be overridden by an environment variable ``NORNIR_ANYCONNECT_<KEY>`` (upper case), whose
text is read as YAML. What the command line says wins over both.
"""

from __future__ import annotations

import difflib
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

import msgspec

from nornir_anyconnect.errors import SettingsError
from nornir_anyconnect.masking import remember_url, url_without_credentials

FILE_NAME = "nornir-anyconnect.yaml"
PREFIX = "NORNIR_ANYCONNECT_"
_NOT_SETTINGS = frozenset({"USERNAME", "PASSWORD", "ENABLE", "PROOF", "SETTINGS"})
"""Variables with our prefix that hold credentials or steer tests."""
_SEE = "see docs/settings.md for an example"

FailOnName = Literal["confirmed", "at-risk", "unknown", "mitigated", "never"]
AtOnce = Annotated[int, msgspec.Meta(gt=0, le=1000)]
Days = Annotated[int, msgspec.Meta(gt=0, le=36_500)]


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a notification is posted. ``template`` is a file (Jinja2); none means the JSON of the changes.

    ``timeout`` in seconds; ``token_env`` names the environment variable that holds a bearer token.
    """

    url: str
    template: str | None = None
    token_env: str | None = None
    timeout: Annotated[float, msgspec.Meta(gt=0, le=3600)] = 10.0
    retries: Annotated[int, msgspec.Meta(ge=0, le=100)] = 3


class Notify(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who hears of changes: a command (the JSON of the changes on its standard input), a webhook, or both."""

    command: tuple[str, ...] = ()
    webhook: Webhook | None = None


class Dask(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cluster of ``runner: dask``. ``scheduler`` is an address; none means processes on this machine.

    ``ca``, ``cert`` and ``key`` are the files of a scheduler with TLS; ``processes`` those of this machine.
    """

    scheduler: str | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    processes: AtOnce | None = None

    def at(self, scheduler: str) -> Dask:
        """The same with another scheduler."""
        return msgspec.structs.replace(self, scheduler=scheduler)


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a scheduled audit needs to know.

    ``runner`` is ``threads`` of this process, or ``dask``.
    ``history`` is a path or an SQLAlchemy URL, ``keep_days`` its retention in days, ``formats`` are
    ``NAME=FILE`` pairs as for ``--format``, ``lock`` is a file that keeps two runs apart, ``push`` the
    address of a Prometheus Pushgateway that is given the metrics of every audit of the whole fleet.
    """

    inventory: str = "inventory/config.yaml"
    filter: dict[str, str | int | float | bool] = {}
    workers: AtOnce = 20
    runner: Literal["threads", "dask"] = "threads"
    dask: Dask = Dask()
    evidence: bool = True
    assume: str | None = None
    client: str = "secure-client-5"
    formats: tuple[str, ...] = ()
    fail_on: FailOnName = "at-risk"
    pseudonymise_users: bool = False
    history: str | None = None
    keep_days: Days | None = None
    waivers: str | None = None
    lock: str | None = None
    push: str | None = None
    notify: Notify = Notify()

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
    try:
        settings = msgspec.convert(data, Settings)
    except msgspec.ValidationError as error:
        raise _in_words(str(error), data, str(chosen)) from error
    _no_control_characters(data, str(chosen))
    webhook = settings.notify.webhook
    for name, address in (("push", settings.push), ("notify.webhook.url", webhook.url if webhook else None)):
        if address is not None and not _of_the_web(address):
            raise _wrong(str(chosen), name, url_without_credentials(address), "an http:// or https:// address")
    for address in (settings.history, settings.push, webhook.url if webhook else None):
        remember_url(address or "")
    return settings


def _no_control_characters(value: Any, source: str, name: str = "") -> None:
    """No path, address or name holds one; the system says so only where it is used, after the night's work."""
    if isinstance(value, dict):
        for key, each in value.items():
            _no_control_characters(each, source, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for each in value:
            _no_control_characters(each, source, name)
    elif isinstance(value, str) and any(ord(letter) < 32 for letter in value):  # noqa: PLR2004 - the first that is shown
        raise _wrong(source, name, url_without_credentials(value), "without control characters")


def _of_the_web(address: str) -> bool:
    """What would only be missed once the night's work is done is refused when it is read."""
    try:
        parts = urlsplit(address)
        whole = address.isascii() and address.isprintable() and " " not in address
        return whole and parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port or an IPv6 address that is none
        return False


def _read(path: Path) -> dict[str, Any]:
    # YAML takes a tenth of the start of a command, most of which have no settings to read
    from nornir_anyconnect.yaml_text import YamlTextError, read_yaml  # noqa: PLC0415 - see above

    try:
        data = read_yaml(path)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}", "name an existing file with --settings") from error
    except YamlTextError as error:
        raise SettingsError(f"{path}: {error}", _SEE) from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise SettingsError(f"{path}: settings are 'key: value' lines", _SEE)
    return data


def _from_environment(environ: Any) -> dict[str, Any]:
    # not a credential, somebody else's variable, or one of a later version
    ours = [each for each in environ if each.startswith(PREFIX) and each.removeprefix(PREFIX) not in _NOT_SETTINGS]
    given = [each for each in ours if each.removeprefix(PREFIX).lower() in Settings.__struct_fields__]
    if not given:
        return {}
    from nornir_anyconnect.yaml_text import YamlTextError, load_yaml  # noqa: PLC0415 - as above

    found: dict[str, Any] = {}
    for variable in given:
        try:
            found[variable.removeprefix(PREFIX).lower()] = load_yaml(environ[variable])
        except YamlTextError as error:
            raise SettingsError(f"{variable}: {error}", "quote it, or set it in the file") from error
    return found


_PLACE = re.compile(r"(?P<what>.*?)(?: - at (?P<key>`key` in )?`\$(?P<path>.*)`)?", re.DOTALL)
_FIELD = re.compile(r"Object (contains unknown|missing required) field `(.*?)`")
_EXPECTED = re.compile(r"Expected `(\w+)(?: \| null)?`(?: ([<>]=? [\d.]+))?")
_WANTED = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "array": "a list of texts",
    "object": "'key: value' lines",
}
_BOUNDS = {">= 1": "more than zero", "> 0": "more than zero", ">= 0": "zero or more"}


def _in_words(error: str, data: dict[str, Any], source: str) -> SettingsError:
    """What msgspec says of a value, in the words of somebody who wrote a settings file."""
    found = _PLACE.fullmatch(error)
    path = (found["path"] or "") if found else ""
    keys = path.partition("[")[0].split(".")[1:]
    name = ".".join(keys)
    prefix = f"{name}." if name else ""
    if field := _FIELD.search(error):
        if field[1] == "missing required":
            return SettingsError(f"{source}: '{prefix}{field[2]}' is missing", _SEE)
        known = {"": Settings, "notify.": Notify, "dask.": Dask}.get(prefix, Webhook).__struct_fields__
        near = difflib.get_close_matches(field[2], known, n=1)
        remedy = f"did you mean '{prefix}{near[0]}'?" if near else f"known: {', '.join(known)}"
        return SettingsError(f"{source}: there is no setting '{prefix}{field[2]}'", remedy)
    if not name or (found and found["key"]):
        return SettingsError(f"{source}: a key{f' of {name}' if name else ''} is not a text", _SEE)
    value: Any = data
    for key in keys:
        value = value[key]
    expected = _EXPECTED.search(error)
    if name == "fail_on":
        return _wrong(source, name, value, f"one of {', '.join(get_args(FailOnName))}")
    if name == "runner":
        return _wrong(source, name, value, "threads or dask")
    if name in ("filter", "formats", "notify.command"):
        return _wrong(source, name, value, _WANTED["object" if name == "filter" else "array"])
    if expected is None or expected[1] == "object":
        return SettingsError(f"{source}: '{name}' takes 'key: value' lines", _SEE)
    bound = (expected[2] or "").removesuffix(".0")
    most = f"at most {bound.removeprefix('<= ')}" if bound.startswith("<") else ""
    return _wrong(source, name, value, _BOUNDS.get(bound) or most or _WANTED[expected[1]])


_SHOWN = 60


def _wrong(source: str, name: str, value: Any, wanted: str) -> SettingsError:
    shown = repr(value)
    cut = f"{shown[:_SHOWN]}..." if len(shown) > _SHOWN else shown
    return SettingsError(f"{source}: '{name}' is {cut}, it must be {wanted}", _SEE)
