"""How faults change what a box answers to a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mock_devices.commands import DENIED, Commands, Question, Reply
from mock_devices.faults import Fault
from mock_devices.grammar import Refusal
from mock_devices.terminal import END, Action, Drop, Hang, Text, printed

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTICE = [
    "", "", "***************************** NOTICE *****************************", "",
    "Help to improve the ASA platform by enabling anonymous reporting,",
    "which allows Cisco to securely receive minimal error and health",
    "information from the device. To learn more about this feature,",
    "please visit: http://www.cisco.com/go/smartcall", "",
    "Would you like to enable anonymous error reporting to help improve",
]  # fmt: skip
NOTICE_QUESTION = "the product? [Y]es, [N]o, [A]sk later: "
NOTICE_ANSWER = [
    "In the future, if you would like to enable this feature,",
    'issue the command "call-home reporting anonymous".', "",
]  # fmt: skip
UNSOLICITED = "%ASA-6-302013: Built inbound TCP connection 41 for outside:192.0.2.7/51000 to inside:10.1.1.1/443"
REPLICATION = "Beginning configuration replication: Sending to mate."

Kinds = dict[str, Fault]


def instead(place: Commands, prompt: str, line: str, kinds: Kinds) -> Reply:
    """Do the line, unless a fault has the box say something in its place."""
    if "authorization" in kinds:
        return [str(kinds["authorization"].options.get("text", DENIED))]
    if "invalid-input" in kinds:
        return Refusal(int(kinds["invalid-input"].options.get("column", 0)))
    if "reply" in kinds:
        return str(kinds["reply"].options["text"]).split("\n")
    if "not-stored" in kinds:
        return place.do_without_storing(line)
    reply = place.do(line)
    if "anonymous-reporting" in kinds and place.config and isinstance(reply, list):
        shown = f"{prompt.rstrip('# >')}(config)# {printed([*reply, *NOTICE])}"
        return Question(shown + NOTICE_QUESTION, _answer_notice)
    return reply


def _answer_notice(answer: str) -> Reply:
    if answer[:1].lower() in ("y", "n", "a"):
        return list(NOTICE_ANSWER)
    return Question(NOTICE_QUESTION, _answer_notice)


def spoiled(text: str, kinds: Kinds) -> str:
    """A reply with further words, with none, or with a log line in it."""
    if "remark" in kinds:
        text += printed(str(kinds["remark"].options["text"]).split("\n"))
    if "empty-reply" in kinds:
        text = ""
    if "syslog" in kinds:
        text = _with_log_line(text, str(kinds["syslog"].options.get("where", "inside")))
    return text


def _with_log_line(text: str, where: str) -> str:
    lines = text.splitlines(keepends=True)
    place = {"before": 0, "after": len(lines)}.get(where, len(lines) // 2)
    return "".join([*lines[:place], UNSOLICITED + END, *lines[place:]])


def with_replication(prompt: str) -> str:
    """A prompt that the replication's words interrupt, and the whole prompt again."""
    half = len(prompt) // 2
    return f"{prompt[:half]}{END}{REPLICATION}{END}{prompt}"


def cut(text: str, prompt: str, fault: Fault) -> Iterator[Action]:
    """A reply that ends early; then the prompt, silence or the end of the link."""
    yield Text(text[: int(fault.options.get("after", len(text) // 2))])
    then = fault.options.get("then", "prompt")
    if then == "prompt":
        yield Text(prompt)
    else:
        yield Drop() if then == "drop" else Hang()
