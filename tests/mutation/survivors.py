"""Mutants that no test notices, and why that is right."""

from __future__ import annotations

import re

from tests.mutation.mutants import Mutant

EXPLAINED: tuple[tuple[str, str], ...] = (
    (r"dialogue\.py Dialogue\.__init__: False -> True", "each login says anew whether enable comes next"),
    (r"_answer_password: 0 -> 1", "a device that goes on is listened to for a second longer"),
    (r": (?:300|1200\.0|600) -> ", "a time limit, one second longer"),
    (
        r"_greet: device\.check_identity\(\) -> pass",
        "taking back checks the identity again before it reads anything of it",
    ),
    (r" or '(?:unknown|none|nothing)' -> .* and ", "words of a message, for a value that is hardly ever missing"),
    (
        r"kinds/(?:df_bit_ignore|dtls_port|tcpmss|tls_only_group)\.py : [2345] -> [3456]$",
        "the order of the kinds stays as it is: of two with one rank the name of the file decides",
    ),
    (r"NewObject\.held_against: found < ours -> found <= ours", "that they are equal was asked one line before"),
    (r"change/run\.py : \d+ -> ", "how much of a journal's end is looked at: any amount that holds its last record"),
    (
        r"_ended_well: (?:file\.seek\(.* -> pass|0 -> 1)",
        "reads all of a journal, or all but its first byte, which is never of its last record: the same answer",
    ),
    (r"_ended_well: True -> False", "whatever ends a run says what is unfinished"),
    (r"_read_run: plan is None or saving is None -> ", "one record sets both"),
    (r"journal\.py read: True -> False", "what is read was written with its keys in order"),
    (r"find_run: 5 -> 6", "how many runs a hint names"),
    (
        r"change/plan/file\.py : \d+ -> ",
        "how much is read of a plan, and of what may be none: a bound that is a little larger is one too",
    ),
    (r"content_id: True -> False", "the content comes in one order; sorted, an id outlives a field that moves"),
    (r"plan_text: False -> True", "the representer of mappings keeps their order either way"),
    (r"plan_text: 110 -> 111", "where a long line of the plan is folded"),
    (r"_judged: 0 -> 1", "a number that no combination computes stands in for a line of 722036, whatever it is"),
    (r"_diff: 1000000 -> ", "more lines around a change than a block has, either way"),
    (r"(?:content_id: 16|_only_process: 16) -> 17", "how much of a hash is shown: any length tells two apart"),
    (r"_two_mtus_seen: release >= TWO_MTUS -> ", "no release is called 9.0 and nothing more"),
    (r": logger\.info\(.* -> pass", "a line of the log, for people"),
    (r"time\.monotonic\(\) [<>]=? .* -> time\.monotonic\(\) [<>]", "the clock never stands exactly at the limit"),
    (r"platforms/asa_ssh/options\.py options_of: 1 -> 2$", "of the names that are close only the first is shown"),
    (r"platforms/asa_ssh/prompts\.py : 512 -> 513", "how long a prompt may be, one byte more"),
    (
        r"platforms/asa_ssh/dialogue\.py : (?:64|20|1000) -> ",
        "bounds of what is read and looked through, a little larger",
    ),
    (
        r"end_of_echo: (?:2 -> 3|0 -> 1|\(newline .* > 0)",
        "how far the end of an echo is looked for: a little farther; and no line ends before the prompt begins",
    ),
    (r"dialogue\.py _Asked: False -> True", "at login no command was sent, so no echo of one is looked for"),
    (r"Dialogue\.__init__: 0 -> 1", "where it begins to count what it looked through: one byte of a megabyte"),
    (r"Dialogue\._unterminated: 1 -> 2", "a line that is too long for a prompt by one byte is none, found or not"),
    (r"Dialogue\.in_doubt: 8192 -> ", "how much of the screen's end is looked at for a prompt behind log lines"),
    (r"AskedAhead\._take_echo: (?:end < 0 -> |0 -> 1)", "no line ends before the prompt and the command in it do"),
    (
        r"AskedAhead\._take_reply: (?:at >= 0 -> |at < 0 -> |0 -> 1)",
        "a reply begins behind its echo, so no prompt ends it at 0",
    ),
    (r"AskedAhead\._take_reply: 1 -> 2", "our prompt does not begin twice within two bytes"),
    (r"AskedAhead\._take_(?:echo|reply): False -> True", "beside a doubt, which ends it whatever is returned"),
    (r"AskedAhead\._unterminated: 0 -> 1", "the screen begins with our prompt, and no prompt with a line end"),
    (r"ahead\.py : 2048 -> ", "how much is typed ahead at most, one byte more: less than a box keeps"),
    (r"last_words_of: 120 -> ", "how much of a line an error message shows"),
    (
        r"platforms/asa_ssh/conversation\.py : 16 -> ",
        "how much is read of a device that goes on talking after the goodbye",
    ),
    (
        r"Conversation\.ask: raise IncompleteReplyError\(.*no reply to",
        "cannot be reached, for the type checker: only a login ends without a reply",
    ),
    (
        r"Session\.leave_configuration: 6 -> 7",
        "how often a device that stays in configuration mode is told to leave it",
    ),
    (r"LoginGate\.__init__: 32 -> 33", "how long a random key is"),
    (r"platforms/asa_ssh/credentials\.py : 30 -> 31", "a time limit, one second longer"),
    (
        r"netmiko_transport\.py : \d+ -> ",
        "how much is read at once, and how much a server may send in all: a bound that is a little larger is one too",
    ),
    (
        r"NetmikoChannel\._try_session_preparation: True -> False",
        "netmiko's signature: the body is empty, the argument is not used",
    ),
    (
        r"WavesRunner\._between: (?:\(now := .* < soak -> .* <= soak|now >= next_look -> now > next_look)$",
        "the clock never stands exactly at the limit",
    ),
    (r"WavesRunner\._look_at: 1 -> 2", "threads for one look: the second is not used"),
    (r"platforms/deadline\.py : 2 -> 3", "centuries, a few less"),
    (r"Conversation\.listen: self\._transport\.now\(\) < until -> ", "the clock never stands exactly at the limit"),
    (r"Conversation\._converse: continue -> pass", "what is to be done is done before anybody has waited for long"),
    (r"Appearance\.quiet: mark in text -> ", "a short cut: with the pattern alone the text is the same"),
    (r"Session\.__init__: False -> True", "what a session does before its login; the login says it anew"),
    (r"_jump_host: (?:len\(port\) < 6 -> |6 -> 7)", "a number of six digits is no port either"),
    (r"host_keys\.py _names: 1 -> 2", "only the first word is taken"),
    (r"endpoint\.py : (?:511|1000) -> ", "how large a terminal is asked for, one column or row more"),
    (r"Endpoint\.dial: left <= 0 -> ", "the clock never stands exactly at the limit"),
    (r"EventLoop\.__init__: 0 -> 1", "nobody asks for the owner before there is a loop"),
    (r"asyncssh_transport\.py : warnings\.filterwarnings", "pytest leaves that warning out as well"),
    (r"_log_in: 0 -> 1", "it has ended by then: nobody waits"),
    (r"asyncssh_transport\.py _key: raise -> pass", "it is read again without a passphrase: the same error"),
    (r"FtdBehindFmc\.reading: False -> True", "the protocol's: this platform does not use the argument"),
    (
        r"probe/path\.py : (?:22|65536|24) -> ",
        "how much is sent and read at most: a bound that is a little larger is one too",
    ),
    (
        r"probe/path\.py largest: (?:1 -> 2|low \+ high \+ 1 -> )",
        "another middle: the search ends at the same size, with a try more at most",
    ),
    (r"_Datagrams\.ask: 0 -> 1", "a hello is larger than one byte: neither is padded"),
    (
        r"FmcClient\.items: offset > _MOST_ITEMS -> |fmc/client\.py : (?:100000|4|64|2|20) -> ",
        "how much is read of a manager, and how often it is asked: a bound that is a little larger is one too",
    ),
    (r" > time\.monotonic\(\) -> .* >= time\.monotonic\(\)", "the clock never stands exactly at the limit"),
    (
        r"platforms/protocols\.py (?:DeviceReader|Platform)\.",
        "a protocol has no bodies: what stands in for an argument that is left out is said by each platform",
    ),
    (r"LoginGate\.(?:__init__: 0|attempt: 1) -> ", "what attempts are numbered with: any numbers that differ"),
    (r"netmiko_transport\.py _socket: 0 -> 1", "the port of origin that the jump host is told; it means nothing"),
    (r"Endpoint\.dial: 1 -> 2", "any number but 0 switches TCP_NODELAY on"),
    (
        r"Client\.__init__: self\.set_missing_host_key_policy\(paramiko\.RejectPolicy\(\)\) -> pass",
        "paramiko refuses unknown keys by default too; said so that no release changes that",
    ),
)
"""(regular expression over a mutant's name, why it may survive)."""


def why(mutant: Mutant) -> str | None:
    """Why this mutant may survive; None where nobody has said."""
    return next((reason for pattern, reason in EXPLAINED if re.search(pattern, mutant.name)), None)
