"""A run made by hand, with everything that a report may have to tell: every verdict, two transports, two nodes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from realtime_contracts.conform.results import (
    Breach,
    Cell,
    ContractCheck,
    Failure,
    Result,
    Ruling,
    Run,
    Step,
    Traffic,
    Verdict,
    Wire,
)
from tests.unit.contracts.conform.playing import requirement

STARTED = 1_795_545_425.25

#: The features of the run below, and the steps that fit their sentences: all but one.
FEATURES = {
    "presence": """\
@presence
Feature: Presence
  Everybody sees who is online.

  Background:
    Given Ana and Ben work at "acme"

  Rule: The first tab comes, the last one goes

    @presence/1.1 @must @seed_4_2
    Example: The first connection is announced
      > The first connection of a user is announced to everybody else in the company.

      Given Ben is connected
      When Ana connects
      Then Ben sees Ana come online

    @presence/1.2 @should @spec_rulings @ruling_first_in_last_out
    Example: Another tab is not announced
      Given Ana and Ben are connected
      When Ana opens another tab
      Then Ben hears nothing of Ana

  Rule: A user says how they are

    @presence/2.1 @must @seed_4_3
    Scenario Outline: Ana is <status>
      When Ana sets herself <status>
      Then the list shows
        | user | status   |
        | Ana  | <status> |

      Examples:
        | status |
        | online |
        | busy   |
      Examples:
        | status |
        | away   |
""",
    "rooms": """\
@rooms
Feature: Rooms

  Rule: A room has members

    @rooms/1.1 @must @seed_5_2
    Example: Ana joins
      When Ana joins "invoice:42"
      Then Ben sees Ana in "invoice:42"

    @rooms/1.2 @must @multi_node @spec_rooms
    Example: Two nodes
      When Ana joins "invoice:42" on the other node
      Then Ben sees Ana in "invoice:42"

    @rooms/1.3 @must @seed_5_2
    Example: Known
      When Ana leaves "invoice:42"
      Then Ben sees nobody in "invoice:42"

    @rooms/1.4 @may @spec_rooms
    Example: Silent to the end
      When Ana joins "invoice:42"
      Then Ben sees Ana in "invoice:42"
""",
    "typing": """\
@typing
Feature: Typing
  @typing/1.1 @must @seed_5_2
  Example: Nobody has run this
    When Ana types
    Then Ben sees Ana type
""",
}
PATTERNS = (
    ("given", r"(?P<people>[A-Z][a-z]+(?:, [A-Z][a-z]+)*(?: and [A-Z][a-z]+)?) works? at \"(?P<company>[^\"]*)\""),
    ("given", r"(?P<people>.*) (?:is|are) connected"),
    ("when", r"(?P<who>[A-Z][a-z]+) connects"),
    ("given", r"(?P<who>[A-Z][a-z]+) connects"),
    ("then", r"(?P<who>[A-Z][a-z]+) sees (?P<whom>[A-Z][a-z]+) come online"),
    ("when", r"(?P<who>[A-Z][a-z]+) opens another tab"),
    ("then", r"(?P<who>[A-Z][a-z]+) hears nothing of (?P<whom>[A-Z][a-z]+)"),
    ("when", r"(?P<who>[A-Z][a-z]+) sets herself (?P<status>online|away|busy)"),
    ("then", r"the list shows"),
    ("when", r"(?P<who>[A-Z][a-z]+) joins \"(?P<room>[^\"]*)\""),
    ("when", r"(?P<who>[A-Z][a-z]+) joins \"(?P<room>[^\"]*)\" on the other node"),
    ("when", r"(?P<who>[A-Z][a-z]+) leaves \"(?P<room>[^\"]*)\""),
    ("then", r"(?P<who>[A-Z][a-z]+) sees (?P<whom>[A-Z][a-z]+|nobody) in \"(?P<room>[^\"]*)\""),
)
_GIVEN = Step("Given", 'Ana and Ben work at "acme"', "passed", 0.001)

#: A server that knows that somebody will look: markup, an end of a script, a terminal's escapes, half a character.
HOSTILE = '<img src=x onerror="window.pwned=1"></script><b>&amp;\u2028\u202e\x1b[31m\x00\ufffe\ud800]]>"'


def write_features(folder: Path) -> Path:
    """The features, as files."""
    folder.mkdir(exist_ok=True)
    for name, text in FEATURES.items():
        (folder / f"{name}.feature").write_text(text, encoding="utf-8")
    return folder


REQUIREMENTS = (
    requirement(
        "presence/1.1",
        rule="The first tab comes, the last one goes",
        name="The first connection is announced",
        sentence="The first connection of a user is announced to everybody else in the company.",
    ),
    requirement(
        "presence/1.2",
        "should",
        rule="The first tab comes, the last one goes",
        name="Another tab is not announced",
        sources=("spec_rulings",),
        rulings=("first_in_last_out",),
    ),
    requirement("presence/2.1", rule="A user says how they are", name="Ana is <status>", sources=("seed_4_3",)),
    requirement("rooms/1.1", rule="A room has members", name="Ana joins"),
    requirement("rooms/1.2", rule="A room has members", name="Two nodes", needs=("multi_node",)),
    requirement("rooms/1.3", rule="A room has members", name="Known"),
    requirement("rooms/1.4", "may", rule="A room has members", name="Silent to the end", sources=("spec_other",)),
)


def wire(*, tab: str = "Ana's tab 1 (node 1)", other: str = "Ben's tab 1 (node 2)") -> tuple[Wire, ...]:
    """A short conversation: connecting, an event with its ack, what others hear of it, REST, a refusal."""
    user = {"user_id": "ana", "user_name": "Ana", "status": "busy", "current_page": None}
    error = {"code": "rate_limited", "message": "slower", "event": "presence:update"}
    return (
        Wire(0.0101, tab, "sent", "event", "connect", {"token": "<token>"}),
        Wire(0.0214, tab, "note", "connected", "connected"),
        Wire(0.0312, other, "note", "connected", "connected"),
        Wire(0.123, tab, "sent", "event", "presence:update", {"status": "busy"}),
        Wire(0.1312, tab, "received", "ack", "presence:update", {"success": True}),
        Wire(0.1323, other, "received", "event", "presence:update", user),
        Wire(0.1501, "REST", "sent", "request", "GET /api/presence", None),
        Wire(0.1609, "REST", "received", "answer", "200", {"users": [user]}),
        Wire(0.2, tab, "received", "event", "error", error),
        Wire(1.25, tab, "note", "closed", "transport close"),
    )


def result(
    id_: str,
    verdict: Verdict = Verdict.PASS,
    transport: Literal["websocket", "polling"] = "websocket",
    *,
    row: int = 0,
    steps: tuple[Step, ...] = (),
    **more: Any,
) -> Result:
    """A result that took a quarter of a second on both nodes."""
    told: dict[str, Any] = {"name": f"What {id_} says", "wire": wire(), "nodes": (1, 2)}
    told |= {"started": STARTED + 1, "seconds": 0.25}
    given = (_GIVEN,) if id_.startswith("presence/") else ()  # a Background of that feature
    return Result(
        requirement=id_, row=row, transport=transport, verdict=verdict, steps=(*given, *steps), **{**told, **more}
    )


def _announced(verdict: Verdict, transport: Literal["websocket", "polling"], **more: Any) -> Result:
    steps = (
        Step("Given", "Ben is connected", "passed", 0.02),
        Step("When", "Ana connects", "passed", 0.03),
        Step("Then", "Ben sees Ana come online", "passed" if verdict is Verdict.PASS else "failed", 0.1),
    )
    return result("presence/1.1", verdict, transport, steps=steps, name="The first connection is announced", **more)


def _rows() -> tuple[Result, ...]:
    failure = Failure("the list shows Ana as busy", "the list shows Ana as online\nand Ben as away", "Is it stored?")
    made = []
    for row, status in enumerate(("online", "busy", "away"), 1):
        fails = status == "busy"
        steps = (
            Step("When", f"Ana sets herself {status}", "passed", 0.05),
            Step("Then", "the list shows", "failed" if fails else "passed", 0.06),
        )
        more = {"failure": failure} if fails else {}
        verdict = Verdict.FAIL if fails else Verdict.PASS
        made.append(result("presence/2.1", verdict, row=row, steps=steps, name=f"Ana is {status}", **more))
    return tuple(made)


def results() -> tuple[Result, ...]:
    """Every verdict."""
    joins = Step("When", 'Ana joins "invoice:42"', "passed", 0.1)
    sees = Step("Then", 'Ben sees Ana in "invoice:42"', "passed", 0.1)
    return (
        _announced(Verdict.PASS, "websocket"),
        _announced(Verdict.PASS, "polling", nodes=(1,)),
        result(
            "presence/1.2",
            Verdict.WARN,
            steps=(
                Step("Given", "Ana and Ben are connected", "passed", 0.01),
                Step("When", "Ana opens another tab", "passed", 0.01),
                Step("Then", "Ben hears nothing of Ana", "failed", 0.2),
            ),
            failure=Failure("Ben hears nothing of Ana", "presence:online {'user_id': 'ana'}"),
        ),
        *_rows(),
        result(
            "rooms/1.1",
            Verdict.INCONCLUSIVE,
            steps=(replace(joins, status="failed"), replace(sees, status="skipped", seconds=0.0)),
            failure=Failure("an answer", "nobody answered", "Is the server still there?"),
            nodes=(1,),
        ),
        Result(
            "rooms/1.2",
            0,
            "Two nodes",
            "websocket",
            Verdict.SKIP,
            skipped="needs two nodes of one cluster",
            started=STARTED,
        ),
        result(
            "rooms/1.3",
            Verdict.FAIL,
            steps=(
                Step("When", 'Ana leaves "invoice:42"', "passed", 0.1),
                Step("Then", 'Ben sees nobody in "invoice:42"', "failed", 0.1),
            ),
            failure=Failure("nobody in the room", "Ana"),
            known=True,
        ),
        result(
            "rooms/1.4",
            Verdict.WARN,
            steps=(joins, sees),
            failure=Failure("no message breaks the contract", "room:users at /users/0: a field too many"),
        ),
    )


def run(**more: Any) -> Run:
    """The run; `more` are fields to have otherwise."""
    told: dict[str, Any] = {
        "servers": ("http://127.0.0.1:5001", "http://127.0.0.1:5002"),
        "harness": "0.1.0",
        "contract": "0.3.0",
        "started": STARTED,
        "seconds": 75.5,
        "verdict": Verdict.FAIL,
        "requirements": REQUIREMENTS,
        "results": results(),
        "contract_checks": (
            ContractCheck("contract/ack/room:join", "room:join", "ack", "The ack of room:join", Verdict.PASS, 40),
            ContractCheck(
                "contract/server/presence:list",
                "presence:list",
                "server",
                "Who is online",
                Verdict.FAIL,
                12,
                3,
                Breach("presence:list", "server", "/users/0/status", 'expected one of …, got "afk"', {"users": [1.5]}),
                "presence/2.1#2",
            ),
            ContractCheck("contract/order/documents", "documents", "order", "Changes in order", Verdict.SKIP),
            ContractCheck("contract/secrecy/tokens", "tokens", "secrecy", "No token is shown", Verdict.WARN, 5, 1),
        ),
        "rulings": (
            Ruling("first_in_last_out", "every tab broadcasts", "first in, last out", Verdict.WARN, ("presence/1.2",)),
            Ruling(
                "list_fields",
                "the list carries `sid`",
                "not on the wire",
                Verdict.FAIL,
                ("contract/server/presence:list", "presence/2.1#2"),
            ),
        ),
        "traffic": (
            Traffic("client", "presence:update", 31, 30, (("invalid_payload", 4), ("rate_limited", 1))),
            Traffic("server", "presence:list", 12),
        ),
        "keywords": (
            Cell("client", "presence:update", "/properties/status/enum", 27, 4),
            Cell("client", "presence:update", "/required", 31, 0),
            Cell("request", "presence:list", "/type", 0, 0),
        ),
        "options": ("--timeouts offline=2", "--select", "presence"),
        "notes": {"seed": "20261124"},
    }
    return Run(**{**told, **more})


def hostile_run() -> Run:
    """The same of a server whose every string is an attack on whoever reads the report."""
    log = tuple(replace(line, name=line.name + HOSTILE, payload={HOSTILE: [HOSTILE]}) for line in wire())
    failure = Failure(HOSTILE, HOSTILE, HOSTILE)
    told = [replace(r, name=HOSTILE, wire=log, failure=r.failure and failure) for r in results()]
    breach = Breach(HOSTILE, "server", HOSTILE, HOSTILE, {HOSTILE: HOSTILE, "big": 10**400, "nan": float("nan")})
    check = ContractCheck("contract/server/x", HOSTILE, "server", HOSTILE, Verdict.FAIL, 1, 1, breach, HOSTILE)
    ruling = Ruling("x", HOSTILE, HOSTILE, Verdict.FAIL, (HOSTILE,))
    return run(
        servers=(HOSTILE,),
        results=tuple(told),
        contract_checks=(check,),
        rulings=(ruling,),
        traffic=(Traffic("client", HOSTILE, 1, 1, ((HOSTILE, 1),)),),
        keywords=(Cell("client", HOSTILE, HOSTILE),),
        complaints=(HOSTILE,),
        options=(HOSTILE,),
        notes={HOSTILE: HOSTILE},
    )


def big_run(requirements: int = 400, rows: int = 4, lines: int = 40) -> Run:
    """As many results as all scenarios over all transports have, each with a long log."""
    ids = [f"presence/{n // 10 + 1}.{n % 10 + 1}" for n in range(requirements)]
    made = []
    for id_ in ids:
        for row in range(1, rows + 1):
            who = ("Ana's tab 1 (node 1)", "Ben's tab 1 (node 2)", "Cy's tab 1 (node 1)")
            log = tuple(
                Wire(
                    n / 7,
                    who[n % 3],
                    "received" if n % 4 else "sent",
                    "event",
                    "presence:update",
                    {
                        "user_id": f"ana-{id_}-{row}-{n}",
                        "tenant_id": f"acme-{id_}",
                        "status": "busy",
                        "last_activity": f"2026-11-24T18:37:{n:02}.{row:03}Z",
                        "current_page": "/invoices",
                        "entity": {"type": "invoice", "id": n},
                    },
                )
                for n in range(lines)
            )
            fails = row == rows
            verdict = Verdict.FAIL if fails else Verdict.PASS
            made.append(result(id_, verdict, row=row, wire=log, failure=Failure("a", "b") if fails else None))
    return run(requirements=tuple(map(requirement, ids)), results=tuple(made))
