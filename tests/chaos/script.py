"""What is done, step after step: drawn from the seed alone, so that a seed has one script.

No step depends on what came of an earlier one. What a replay cannot repeat is the operating
system's scheduling: how far a process got in the milliseconds before it was killed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from ikas_explore.schema.scopes import Scope

SCOPES = tuple(str(scope) for scope in Scope.registrable())
RECEIVERS = ("receiver-0", "receiver-1")
#: The run writes to the first, a client that is killed to the second, two at once to the third;
#: the scopes of the fourth are borrowed by `listen`.
STORES = ("sandbox", "other", "shared", "lent")
DAY = 86_400.0

#: Steps and how often each comes, in hundredths or so.
_WEIGHTS = {
    "save": 20,
    "doubt": 4,
    "delete": 6,
    "plan": 6,
    "undo": 5,
    "list": 6,
    "emit": 24,
    "fault": 12,
    "strike": 13,
    "disconnect": 3,
    "status": 6,
    "delay": 2,
    "kill": 4,
    "restart": 1,
    "jump": 4,
    "client": 3,
    "refresh": 2,
    "uninstall": 1,
    "race": 3,
    "listen": 3,
    "block": 2,
    "fork": 2,
    "interrupt": 1,
    "pause": 4,
}
#: What befalls the next piece of a request, see `tests.chaos.proxy`.
STRIKES = ("pass", "pass", "before", "half_request", "unanswered", "half_answer", "stall")


@dataclass(frozen=True)
class Step:
    """One step: what is done, and with what."""

    name: str
    given: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} {', '.join(f'{key}={value}' for key, value in self.given.items())}"


def steps(seed: int) -> Iterator[Step]:
    """Draw the steps of a seed, without end."""
    random = Random(seed)
    # The first of each kind come early, so that a short run has all of them.
    first = list(_WEIGHTS)
    random.shuffle(first)
    for number in range(10**9):
        drawn = random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
        name = first[number // 3] if number % 3 == 0 and number // 3 < len(first) else drawn
        yield Step(name, _draw(name, random, number))


def _draw(  # noqa: C901 - a case for each step
    name: str, random: Random, number: int
) -> dict[str, Any]:
    part = random.choice(("sandbox", *RECEIVERS, "listen"))
    scopes = random.sample(SCOPES, random.choice((1, 1, 1, 2, 3, 5)))
    receiver = random.choice(RECEIVERS)
    match name:
        case "save" | "doubt":
            return {"scopes": scopes, "to": receiver, "path": f"w{number}"}
        case "delete":
            return {"scopes": scopes[:2]}
        case "plan":
            half = len(scopes) // 2
            desired = {
                f"{receiver}/p{number}": scopes[half:],
                f"{receiver}/q{number}": scopes[:half],
            }
            return {"desired": {each: told for each, told in desired.items() if told}}
        case "emit":
            count, pad = random.choice((1, 3, 10, 25)), random.choice((0, 0, 0, 50_000))
            emitted = {"scopes": random.choices(SCOPES, k=count), "pad": pad, "id": f"e{number}"}
            return emitted | {"store": random.choice(("sandbox", "sandbox", "lent"))}
        case "fault":
            return {"fault": _fault(random)}
        case "strike":
            part = random.choice(("sandbox", "sandbox", *RECEIVERS, "tunnel", "lent"))
            kinds, reset = random.choices(STRIKES, k=random.choice((1, 2, 4, 6))), random.random()
            if part == "lent":  # a save that arrives after its session ended is given back by none
                kinds = [each for each in kinds if each != "stall"]
            return {"part": part, "kinds": kinds, "reset": reset < 0.5}
        case "disconnect":
            return {"part": random.choice(("sandbox", *RECEIVERS, "tunnel", "lent"))}
        case "status":
            return {"part": receiver, "status": _status(random)}
        case "delay":
            return {"part": receiver, "delay": random.choice((0, 0, 0.02, 0.2, 1.0))}
        case "kill":
            after, down = random.uniform(0, 0.15), random.choice((0, 0, 0.1, 0.5))
            # Now and then once more while it starts: it may be opening its file.
            early = random.uniform(0.1, 1.2) if random.random() < 0.3 else None
            return {"part": part, "after": after, "down": down, "early": early}
        case "restart":
            return {"part": part}
        case "jump":
            seconds = random.choice((-30, -3, -0.5, 0.5, 3, 30)) * random.choice((0.1, 1, DAY))
            return {"part": part, "seconds": seconds, "kill": random.random() < 0.5}
        case "client":
            return {
                "seed": number,
                "lives": random.uniform(0, 0.7),
                "jump": random.choice((0, 0, -DAY, DAY)),
            }
        case "race":
            counts = [random.choice((1, 2, 3)) for _ in range(3)]
            return {"path": f"s{number}", "counts": counts, "forked": random.random() < 0.3}
        case "listen":
            return {"scopes": scopes, "killed": random.random() < 0.5}
        case "block":
            statuses = random.choices((200, 503), (1, random.choice((1, 5, 20))), k=30)
            jumps = [random.choice((0, 0, 0, 400, 1_000, 2_000, 4_000)) for _ in range(2)]
            kill = random.uniform(0, 0.5) if random.random() < 0.7 else None
            return {"statuses": statuses, "jumps": jumps, "kill": kill}
        case "fork":
            return {"part": part}
        case "interrupt":
            return {"part": part, "after": random.uniform(0.05, 1.2)}
        case "pause":
            return {"seconds": random.choice((0.01, 0.05, 0.3))}
    return {}


def _fault(random: Random) -> dict[str, Any]:
    kind = random.choice(
        (
            *("latency", "rate_limited", "server_error", "hang", "truncated", "partial_data"),
            *("expired_token", "missing_permission", "uninstalled", "hanging_refresh"),
        )
    )
    fault: dict[str, Any] = {"kind": kind, "calls": random.choice((1, 1, 2, 4))}
    fault["share"] = random.choice((1.0, 1.0, 0.5))  # a half: so that it begins within a write
    # Of a client in another process nobody knows what it was told while a fault lied to it.
    fault["store"] = "sandbox" if kind == "uninstalled" else random.choice(STORES)
    if kind == "latency":
        fault["seconds"] = random.choice((0.02, 0.2))
    elif kind == "rate_limited":
        fault["seconds"] = random.choice((0.1, 0.1, 0.5, 60))
        fault["hint"] = random.choice(("header", "body", "none"))
    elif kind == "server_error":
        fault["status"] = random.choice((500, 502, 503, 504))
    elif kind == "expired_token":
        fault["status"] = random.choice((200, 401))
    return fault


def _status(random: Random) -> Any:
    return random.choice(
        (200, 200, 200, 500, 503, 404, 301, 204, "drop", "ask", ["drop", 500, 200], [429, 200])
    )
