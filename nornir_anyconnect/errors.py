"""The tree of errors; each has a stable code, a cause in one line and a remedy in one line.

AnyConnectError
├── UsageError                      the call was wrong, nothing was done          (exit 2)
│   ├── SourceError                 a file, archive or stream that cannot be read
│   ├── InventoryError              the Nornir inventory is wrong or unsafe
│   ├── SettingsError               nornir-anyconnect.yaml is wrong
│   ├── PlanError                   the plan file is damaged, expired or not ours
│   └── UnknownSuiteError           a cipher suite whose cost nobody here knows (also a KeyError)
├── NameRefusedError                a name that must never reach a device (also a ValueError)
├── DeviceError                     one device could not be read or judged        (exit 3)
│   ├── UnreachableError            no TCP or SSH session (also a ConnectionError)
│   ├── AlgorithmError              it offers only algorithms the client lacks
│   ├── HostKeyError                unknown or changed host key; no password was sent
│   ├── CredentialError             login refused (also a PermissionError)
│   │   └── EnableError             login accepted, enable refused
│   ├── ReplyTimeoutError           the device hangs (also a TimeoutError)
│   ├── IncompleteReplyError        a reply that is not proved complete
│   ├── RejectedError               the device refused a command
│   ├── LinkLostError               the session ended under us (also a ConnectionError)
│   └── NoSlotError                 no SSH session would be left free (also a GateError)
└── ChangeError                     a change was refused, failed or is in doubt
    ├── GateError                   refused before the first line was sent        (exit 3)
    ├── RevertedError               failed and was taken back                     (exit 4)
    └── IndeterminateError          the device's state is not known               (exit 5)
"""

from __future__ import annotations


class AnyConnectError(Exception):
    """Something a network engineer can act on.

    Args:
        cause: what is wrong, in one line.
        remedy: what to do about it, in one line.

    """

    code = "error"

    def __init__(self, cause: str, remedy: str = "") -> None:
        super().__init__(cause)
        self.cause = cause
        self.remedy = remedy

    def __str__(self) -> str:
        return self.cause

    def __reduce__(self) -> tuple[type[AnyConnectError], tuple[str, ...]]:
        return (type(self), (self.cause, self.remedy))


class UsageError(AnyConnectError):
    """The call was wrong; nothing was done."""

    code = "usage"


class SourceError(UsageError):
    """A file, archive or stream that cannot be read.

    Args:
        cause: what is wrong, in one line.
        remedy: what to do about it, in one line.
        path: of the file or archive that the cause names, if it names one.

    """

    code = "source"

    def __init__(self, cause: str, remedy: str = "", path: str = "") -> None:
        super().__init__(cause, remedy)
        self.path = path

    def __reduce__(self) -> tuple[type[AnyConnectError], tuple[str, ...]]:
        return (type(self), (self.cause, self.remedy, self.path))


class InventoryError(UsageError):
    """The Nornir inventory is wrong, or asks for something unsafe."""

    code = "inventory"


class SettingsError(UsageError):
    """The settings file is wrong."""

    code = "settings"


class PlanError(UsageError):
    """The plan file is damaged, expired or was not made by this tool."""

    code = "plan"


class UnknownSuiteError(UsageError, KeyError):
    """A cipher suite whose cost nobody here knows."""

    code = "unknown-suite"


class NameRefusedError(AnyConnectError, ValueError):
    """A name that must never reach a device (promise 5)."""

    code = "name-refused"


class DeviceError(AnyConnectError):
    """One device could not be read or judged; the others go on."""

    code = "device"


class UnreachableError(DeviceError, ConnectionError):
    """No TCP or SSH session."""

    code = "unreachable"


class AlgorithmError(DeviceError):
    """The device offers only SSH algorithms that the client lacks; they are named."""

    code = "algorithms"


class HostKeyError(DeviceError):
    """The host key is unknown or has changed; no password was sent."""

    code = "host-key"


class CredentialError(DeviceError, PermissionError):
    """Login or enable was refused."""

    code = "credentials"


class EnableError(CredentialError):
    """The login was accepted, and the enable secret was refused, or there is none."""

    code = "enable"


class ReplyTimeoutError(DeviceError, TimeoutError):
    """The device did not answer in time."""

    code = "timeout"


class IncompleteReplyError(DeviceError):
    """A reply that is not proved complete; never taken for an empty configuration."""

    code = "incomplete-reply"


class RejectedError(DeviceError):
    """The device refused a command."""

    code = "rejected"


class LinkLostError(DeviceError, ConnectionError):
    """The session ended under us."""

    code = "link-lost"


class ChangeError(AnyConnectError):
    """A change was refused, failed or is in doubt."""

    code = "change"


class NotStartedError(ChangeError):
    """The host's turn never came: the run had stopped before."""

    code = "not-started"


class GateError(ChangeError):
    """Refused before the first line was sent; ``refusal`` says which gate it was, where one of ours refused."""

    code = "refused"

    def __init__(self, cause: str, remedy: str = "", refusal: str = "") -> None:
        super().__init__(cause, remedy)
        self.refusal = refusal

    def __reduce__(self) -> tuple[type[AnyConnectError], tuple[str, ...]]:
        return (type(self), (self.cause, self.remedy, self.refusal))


class NoSlotError(DeviceError, GateError):
    """The device has no SSH session left but ours, and one is always left free (promise 9)."""

    code = "no-slot"


class RevertedError(ChangeError):
    """The change failed and was taken back."""

    code = "reverted"


class IndeterminateError(ChangeError):
    """The device's state is not known; the lines to type are in the journal."""

    code = "indeterminate"
