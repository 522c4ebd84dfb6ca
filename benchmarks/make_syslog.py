"""Makes a syslog with planted incidents: the truth that tests and the benchmark measure against.

python benchmarks/make_syslog.py --megabytes 1000 --relevant 0.01 --loss 0 --shuffle 0 OUT.log
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import json
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

START = datetime(2026, 3, 2, 6, 0, 0, tzinfo=UTC)
LineOfLog = tuple[float, str, str]  # seconds since START, device, message


@dataclass(frozen=True)
class Planted:
    kind: str
    device: str
    group_policy: str
    user: str
    reconnected: float
    login: float


@dataclass
class UserSession:
    """The lines of one user from login to logout, and what they amount to."""

    rng: random.Random
    device: str
    group: str
    user: str
    address: str
    assigned: str
    start: float
    lines: list[LineOfLog] = field(default_factory=list)
    planted: list[Planted] = field(default_factory=list)
    time: float = 0

    def say(self, text: str, *, after: float = 0.0, who: bool = True) -> None:
        self.time += after
        name = f"Group <{self.group}> User <{self.user}> IP <{self.address}> " if who else ""
        message, _, rest = text.partition(": ")
        self.lines.append((self.start + self.time, self.device, f"%ASA-{message}: {name}{rest}"))

    def up(self) -> None:
        self.say("6-113039: AnyConnect parent session started.")
        self.say(
            f"4-722051: IPv4 Address <{self.assigned}> IPv6 address <::> assigned to session",
            after=self.rng.uniform(1, 3),
        )
        self.say("5-722033: First TCP SVC connection established for SVC session.")
        self.say("6-722022: TCP SVC connection established without compression")

    def udp(self, word: str = "First UDP SVC connection established for SVC session.", number: str = "722033") -> None:
        self.say(f"5-{number}: {word}", after=self.rng.uniform(0.5, 2))
        self.say("6-722022: UDP SVC connection established without compression")

    def drops(self, count: int) -> None:
        for _ in range(count):
            self.say("6-722036: Transmitting large packet 1418 (threshold 1347).", after=self.rng.uniform(0.2, 2))
            self.say(
                "6-602101: PMTU-D packet 1418 bytes greater than effective mtu 1347, "
                f"dest_addr={self.assigned}, src_addr=192.168.7.9, prot=TCP",
                who=False,
            )

    def reconnect(self, kind: str | None) -> None:
        self.say("5-722011: SVC Message: 17/WARNING: Reconnecting the VPN tunnel..")
        self.say("5-722037: SVC closing connection: Transport closing.", after=0.2)
        if self.rng.random() < 0.5:
            self.say("5-722032: New TCP SVC connection replacing old connection.", after=1.0)
        else:
            self.say("5-722034: New TCP SVC connection, no existing connection.", after=1.0)
        self.say("6-722022: TCP SVC connection established without compression")
        if kind:
            self.planted.append(Planted(kind, self.device, self.group, self.user, self.start + self.time, self.start))

    def end(self) -> None:
        self.time += self.rng.uniform(300, 3000)
        self.say("6-722023: TCP SVC connection terminated without compression")
        self.say(
            f"4-113019: Group = TG-{self.group}, Username = {self.user}, IP = {self.address}, Session disconnected. "
            "Session Type: SSL, Duration: 1h:02m:03s, Bytes xmt: 12345, Bytes rcv: 54321, Reason: User Requested",
            who=False,
        )

    def never_up(self) -> None:
        self.up()
        before = self.time
        self.drops(self.rng.randint(1, 8))
        self.time = max(self.time, before + self.rng.uniform(58, 62))
        self.reconnect("dtls-never-up")

    def lost(self) -> None:
        self.up()
        self.udp()
        self.time += self.rng.uniform(60, 4000)
        if self.rng.random() < 0.7:
            self.say("6-722023: UDP SVC connection terminated without compression")
        self.drops(self.rng.randint(1, 8))
        self.time += self.rng.uniform(20, 200)
        self.reconnect("dtls-lost")

    def healthy(self) -> None:
        self.up()
        self.udp()

    def only_drops(self) -> None:
        """Large packets, but nobody reconnects."""
        self.up()
        self.drops(self.rng.randint(1, 4))

    def roams(self) -> None:
        """A reconnect after a change of network, without a large packet."""
        self.up()
        self.udp()
        self.time += self.rng.uniform(40, 600)
        self.reconnect(None)
        self.udp("New UDP SVC connection, no existing connection.", "722034")

    def late_reconnect(self) -> None:
        """TCP alone, large packets, and a reconnect that comes much too late for the pattern."""
        self.up()
        self.drops(2)
        self.time += self.rng.uniform(200, 900)
        self.reconnect(None)


_STORIES = [
    (UserSession.healthy, 0.50),
    (UserSession.never_up, 0.20),
    (UserSession.lost, 0.10),
    (UserSession.only_drops, 0.08),
    (UserSession.roams, 0.08),
    (UserSession.late_reconnect, 0.04),
]


def sessions(
    count: int, *, seed: int = 1, devices: int = 20, users: int = 5000, spread: float = 86400
) -> Iterator[UserSession]:
    """Sessions in the order they start; a user is never logged in twice at once."""
    rng = random.Random(seed)
    free = [0.0] * users
    stories, weights = zip(*_STORIES, strict=True)
    for number in range(count):
        start = spread * number / count
        who = rng.randrange(users)
        while free[who] > start:
            who = rng.randrange(users)
        session = UserSession(
            rng,
            device=f"asa{who % devices:02d}",
            group=f"GP {who % 7}" if who % 7 else "GP_0",
            user=f"user{who}" if who % 5 else f"CORP\\user {who}",
            address=f"203.0.{who // 250 % 250}.{who % 250 + 1}" if who % 9 else f"2001:db8::{who:x}",
            assigned=f"10.{who // 62500}.{who // 250 % 250}.{who % 250 + 1}",
            start=start,
        )
        rng.choices(stories, weights)[0](session)
        session.end()
        free[who] = start + session.time + 60
        yield session


def disturbed(
    lines: Iterable[LineOfLog], *, loss: float, shuffle: float, repeat: float, seed: int
) -> Iterator[LineOfLog]:
    """Lines in the order they arrive: some lost, some twice, each up to ``shuffle`` seconds late; stamps stay true."""
    rng = random.Random(seed)
    waiting: list[tuple[float, int, LineOfLog]] = []
    number = itertools.count()
    for line in lines:
        copies = 0 if rng.random() < loss else 2 if rng.random() < repeat else 1
        for _ in range(copies):
            heapq.heappush(waiting, (line[0] + rng.uniform(0, shuffle), next(number), line))
        while waiting and waiting[0][0] < line[0]:
            yield heapq.heappop(waiting)[2]
    while waiting:
        yield heapq.heappop(waiting)[2]


def in_order(all_sessions: Iterable[UserSession], planted: list[Planted]) -> Iterator[LineOfLog]:
    """The lines of all sessions by time; ``planted`` is filled on the way."""
    waiting: list[tuple[float, int, LineOfLog]] = []
    number = itertools.count()
    for session in all_sessions:
        while waiting and waiting[0][0] < session.start:
            yield heapq.heappop(waiting)[2]
        planted += session.planted
        for line in session.lines:
            heapq.heappush(waiting, (line[0], next(number), line))
    while waiting:
        yield heapq.heappop(waiting)[2]


def rendered(line: LineOfLog) -> str:
    """As an ASA with ``logging timestamp`` and a device-id writes it."""
    seconds, device, message = line
    return f"<166>{START + timedelta(seconds=int(seconds)):%b %d %Y %H:%M:%S} {device} : {message}\n"


def possible(lines: Iterable[LineOfLog], planted: Iterable[Planted]) -> set[Planted]:
    """The planted incidents that the surviving lines still show, by the words of the definition."""
    by_user: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for seconds, device, message in lines:
        if " User <" in message:
            user = message.split(" User <")[1].split("> IP")[0]
            by_user.setdefault((device, user), []).append((seconds, message))
    found = set()
    for incident in planted:
        seen = [line for line in by_user.get((incident.device, incident.user), []) if line[0] >= incident.login]
        end = incident.reconnected
        if not any(abs(s - end) < 0.01 and "New TCP" in m for s, m in seen):
            continue
        ups = [s for s, m in seen if s < end and ("First TCP" in m or "722051" in m)]
        udps = [s for s, m in seen if s < end and "UDP" in m]
        since = end - 120 if incident.kind == "dtls-never-up" else max(udps, default=end)
        large = any("722036" in m and max(since, end - 300) <= s < end for s, m in seen)
        if large and (incident.kind == "dtls-lost" or any(end - 120 <= s <= end - 30 for s in ups)):
            found.add(incident)
    return found


NOISE = (
    "%ASA-6-302013: Built inbound TCP connection {n} for outside:{o}/{p} ({o}/{p}) to inside:{i}/443 ({i}/443)",
    "%ASA-6-302014: Teardown TCP connection {n} for outside:{o}/{p} to inside:{i}/443 duration 0:01:17 bytes {n}",
    '%ASA-4-106023: Deny udp src outside:{o}/{p} dst inside:{i}/53 by access-group "outside-in" [0x0, 0x0]',
    "%ASA-6-305011: Built dynamic TCP translation from inside:{i}/{p} to outside:{o}/{p}",
)


def noise(rng: random.Random, kinds: int = 4000) -> list[str]:
    """Messages that have nothing to do with it, as a busy firewall writes them."""
    return [
        rng.choice(NOISE).format(
            n=rng.randrange(10**9),
            p=rng.randrange(1024, 65000),
            o=f"198.51.100.{rng.randrange(250)}",
            i=f"192.168.{rng.randrange(9)}.{rng.randrange(250)}",
        )
        for _ in range(kinds)
    ]


def write(
    path: Path, *, megabytes: int, relevant: float, loss: float, shuffle: float, seed: int = 1
) -> dict[str, object]:
    """Writes the file and returns the truth: what was planted, and what the surviving lines still show."""
    rng = random.Random(seed)
    total = megabytes * 1_000_000 // 150
    count = max(1, int(total * relevant / 15))
    planted: list[Planted] = []
    lines = disturbed(
        in_order(sessions(count, seed=seed), planted), loss=loss, shuffle=shuffle, repeat=loss / 5, seed=seed
    )
    kept = []
    others = noise(rng)
    between = round(1 / relevant) - 1
    with path.open("w", encoding="utf-8") as out:
        for line in lines:
            kept.append(line)
            stamp = rendered((line[0], line[1], ""))[:-1]
            start = rng.randrange(len(others))
            out.write("".join(f"{stamp}{others[(start + n) % len(others)]}\n" for n in range(between)))
            out.write(rendered(line))
    shown = possible(kept, planted)
    return {
        "lines": len(kept) * (between + 1),
        "relevant": len(kept),
        "planted": sorted(_key(incident) for incident in planted),
        "possible": sorted(_key(incident) for incident in shown),
    }


def _key(incident: Planted) -> tuple[str, str, str, str, int]:
    return (incident.kind, incident.device, incident.group_policy, incident.user, int(incident.reconnected))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--relevant", type=float, default=0.01)
    parser.add_argument("--loss", type=float, default=0.0)
    parser.add_argument("--shuffle", type=float, default=0.0)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    truth = write(
        args.out, megabytes=args.megabytes, relevant=args.relevant, loss=args.loss, shuffle=args.shuffle, seed=args.seed
    )
    args.out.with_suffix(".truth.json").write_text(json.dumps(truth), "utf-8")
    print(
        f"{args.out}: {truth['lines']} lines, {truth['relevant']} relevant, {len(truth['planted'])} incidents planted"
    )  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
