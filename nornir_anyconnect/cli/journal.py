"""``journal``: is the record of a run whole, and what does it say? Reads only."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nornir_anyconnect.cli import options
from nornir_anyconnect.workflows import outputs
from nornir_anyconnect.workflows.exit_codes import ExitCode

if TYPE_CHECKING:
    from nornir_anyconnect.change.journal import Record

SCHEMA = "nornir-anyconnect/journal/1"


def journal(
    run_name: Annotated[str, typer.Argument(metavar="[RUN]", help="Name of a run, its file, or 'last'.")] = "last",
    *,
    folder: Annotated[
        str | None, typer.Option("--journal", metavar="DIR", help="Where runs are kept [default: your state folder].")
    ] = None,
    head: Annotated[
        str | None,
        typer.Option(
            "--head", metavar="HASH", help="The last hash as noted in the ticket: shows whether lines are cut."
        ),
    ] = None,
    output: options.TextOrJson = "text",
    _verbosity: options.Verbosity,
) -> int:
    """Verify the hash chain of a run's journal, and show who sent what, when, and what the devices said."""
    from nornir_anyconnect.change.journal import JournalError, default_directory, find_run, read

    options.text_or_json("journal", output)
    path = find_run(run_name, Path(folder) if folder else default_directory())
    records = list(read(path))
    if not records:
        raise JournalError(f"the journal {path.name} is empty", "compare with a copy of it")
    if head is not None and head not in {each.hash for each in records}:
        raise JournalError(
            f"the journal {path.name} does not hold the hash {head}: records are missing at its end",
            "do not act on it; compare with a copy",
        )
    data = _data(path.stem, records)
    outputs.to_stdout(json.dumps(data, indent=2) + "\n" if output == "json" else _text(data))
    return ExitCode.CLEAN


def _data(run: str, records: "list[Record]") -> dict[str, Any]:
    begin = next((each.data for each in records if each.event == "begin"), {})
    return {
        "schema": SCHEMA,
        "run": run,
        "plan": begin.get("plan_id"),
        "ticket": begin.get("ticket"),
        "by": begin.get("by"),
        "saving": begin.get("saving"),
        "records": len(records),
        "head": records[-1].hash,
        "events": [
            {"time": each.time, "device": each.host, "event": each.event, "data": each.data}
            for each in records
            if each.event != "begin"
        ],
    }


def _text(data: dict[str, Any]) -> str:
    from nornir_anyconnect.report.sanitise import harmless

    by = data["by"] or {}
    lines = [
        f"run {data['run']} of plan {data['plan']}",
        (
            f"  by {by.get('user', 'nobody known')} on {by.get('host', 'an unknown machine')}, "
            f"ticket {data['ticket'] or 'none'}, save {'verified' if (data['saving'] or {}).get('wanted') else 'never'}"
        ),
        f"  {data['records']} records, the chain is intact; last hash {data['head']}",
    ]
    devices = dict.fromkeys(each["device"] for each in data["events"] if each["device"] is not None)
    for device in devices:
        lines += ["", device]
        lines += [
            f"  {each['time'].replace('T', ' ').partition('+')[0]}  {_told(each['event'], each['data'])}"
            for each in data["events"]
            if each["device"] == device and not (each["event"] == "reply" and not each["data"].get("text"))
        ]
    return "\n".join(harmless(line) for line in lines) + "\n"


def _told(event: str, data: dict[str, Any]) -> str:
    """One record in words; a reply is only shown where the device said something."""
    match event:
        case "before":
            return f"counted the users before the change; the device's clock says {data.get('changed_at') or 'nothing'}"
        case "intent":
            return f"the inverse is on disk: {' / '.join(data.get('inverse', ())) or 'nothing'}"
        case "sending":
            return f"({data.get('mode')}) {data.get('line')}"
        case "reply":
            return f"the device answered '{data.get('line')}' with: {data.get('text')}"
        case "read-back":
            return f"read back: {'; '.join(data.get('differs', ())) or 'no difference'}"
        case "taking-back":
            return f"taking it back{': ' if data.get('why') else ''}{data.get('why', '')}"
        case "outcome":
            return f"{data.get('state')}{': ' if data.get('reason') else ''}{data.get('reason', '')}"
    return event
