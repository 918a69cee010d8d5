"""What all outcomes of a run say together."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from realtime_contracts import Direction
from realtime_contracts.conform.coverage import Coverage, keywords
from realtime_contracts.conform.results import Breach, ContractCheck, Ruling, Step, Verdict
from realtime_contracts.conform.rulings import RULINGS
from realtime_contracts.conform.running.findings import ORDERS, Findings, contract_ids, worst
from realtime_contracts.conform.scenario import Outcome
from realtime_contracts.contract.registry import registry
from tests.unit.contracts.conform.playing import example, outcome, requirement, suite_of

ONE = example(requirement("presence/1.1", rulings=("busy_holds",)))
TWO = example(requirement("presence/1.2", "should", rulings=("busy_holds", "grace")))
OUTLINE = requirement("presence/3.1")
ROWS = [example(OUTLINE, row) for row in (1, 2)]
SUITE = suite_of(ONE, TWO, *ROWS)

LIST = "contract/server/presence:list"
NO_SEQ = Breach("presence:list", "server", "", "missing")
NO_TIME = Breach("presence:list", "server", "/users/0/last_active_at", "no time", {"users": []})


def findings(*outcomes: Outcome, known: tuple[str, ...] = ()) -> Findings:
    made = Findings(frozenset(known))
    for each in outcomes:
        made.add(each)
    return made


def check(made: Findings, id_: str) -> ContractCheck:
    [found] = made.contract_checks(frozenset({id_}))
    return found


def ruling(made: Findings, key: str) -> Ruling:
    return next(each for each in made.rulings(SUITE, made.contract_checks()) if each.key == key)


def verdict(made: Findings, *complaints: str) -> Verdict:
    return made.verdict(made.results, made.contract_checks(), complaints)


# The checks of the contract


def test_there_is_a_check_for_each_message_of_a_server_for_their_order_and_for_secrecy() -> None:
    expected = {
        f"contract/{direction.value}/{message}"
        for direction in (Direction.SERVER, Direction.ACK, Direction.RESPONSE)
        for message in registry().events(direction)
    }
    expected |= {"contract/ack/unknown_event", "contract/secrecy", *(f"contract/order/{name}" for name in ORDERS)}
    assert set(contract_ids()) == expected
    assert len(contract_ids()) == len(expected)


def test_what_never_came_is_not_judged() -> None:
    assert {each.verdict for each in findings().contract_checks()} == {Verdict.SKIP}


def test_what_came_and_was_right_has_passed() -> None:
    came = {("server", "presence:list"): 3}
    made = check(findings(outcome(ONE, came=came), outcome(TWO, came=came)), LIST)
    assert (made.verdict, made.seen, made.wrong, made.breach, made.seen_in) == (Verdict.PASS, 6, 0, None, "")


def test_what_was_wrong_once_has_failed_with_its_first_breach_and_where_that_was() -> None:
    came = {("server", "presence:list"): 3}
    made = findings(
        outcome(ONE, came=came), outcome(ROWS[1], Verdict.FAIL, NO_SEQ, came=came), outcome(TWO, Verdict.PASS, NO_TIME)
    )
    found = check(made, LIST)
    assert (found.verdict, found.seen, found.wrong) == (Verdict.FAIL, 6, 2)
    assert (found.breach, found.seen_in) == (NO_SEQ, "presence/3.1#2")
    assert check(made, "contract/server/error").verdict is Verdict.SKIP


def test_an_event_that_the_contract_does_not_know_gets_a_check_of_its_own() -> None:
    made = findings(outcome(ONE, Verdict.PASS, Breach("no:such", "server", "", "unknown")))
    assert check(made, "contract/server/no:such").verdict is Verdict.FAIL
    assert "contract/server/no:such" not in contract_ids()


def test_an_ack_that_is_missing_is_a_breach_though_none_came() -> None:
    made = check(
        findings(outcome(ONE, Verdict.FAIL, Breach("room:join", "ack", "", "no ack"))), "contract/ack/room:join"
    )
    assert (made.verdict, made.seen, made.wrong) == (Verdict.FAIL, 0, 1)


@pytest.mark.parametrize(
    ("id_", "message"),
    [
        ("contract/order/presence", ("server", "presence:update")),
        ("contract/order/documents", ("server", "doc:edit")),
        ("contract/secrecy", ("response", "error")),
    ],
)
def test_order_and_secrecy_are_seen_in_what_came(id_: str, message: tuple[str, str]) -> None:
    came = {message: 2}
    nothing = [outcome(ONE), outcome(TWO, Verdict.FAIL)]  # they were run, and the server said nothing
    assert check(findings(*nothing), id_).verdict is Verdict.SKIP
    assert check(findings(*nothing, outcome(ROWS[0], came=came)), id_).verdict is Verdict.PASS
    assert check(findings(outcome(ROWS[0], came=came), outcome(ROWS[1], Verdict.FAIL, came=came)), id_).seen == 4
    direction, _, name = id_.removeprefix("contract/").partition("/")
    breach = Breach(name or direction, direction, "", "wrong")  # type: ignore[arg-type]  # one of two
    assert check(findings(outcome(ONE, Verdict.PASS, breach)), id_).verdict is Verdict.FAIL


# The verdict


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ((Verdict.PASS,), Verdict.PASS),
        ((Verdict.PASS, Verdict.SKIP), Verdict.PASS),
        ((Verdict.SKIP,), Verdict.SKIP),
        ((), Verdict.SKIP),
        ((Verdict.PASS, Verdict.WARN, Verdict.SKIP), Verdict.WARN),
        ((Verdict.WARN, Verdict.INCONCLUSIVE), Verdict.INCONCLUSIVE),
        ((Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.PASS), Verdict.FAIL),
    ],
    ids=lambda value: "+".join(each.name for each in value) or "nothing" if isinstance(value, tuple) else "",
)
def test_the_verdict_is_the_worst_of_what_was_tried(verdicts: tuple[Verdict, ...], expected: Verdict) -> None:
    examples = [ONE, TWO, *ROWS]
    assert verdict(findings(*(outcome(of, each) for of, each in zip(examples, verdicts, strict=False)))) is expected


def test_a_broken_message_fails_a_run_whose_scenarios_pass() -> None:
    assert verdict(findings(outcome(ONE, Verdict.PASS, NO_SEQ))) is Verdict.FAIL


def test_a_run_that_could_not_be_ended_is_inconclusive_but_for_what_has_failed() -> None:
    assert verdict(findings(outcome(ONE)), "the server is gone") is Verdict.INCONCLUSIVE
    assert verdict(findings(), "there is no server") is Verdict.INCONCLUSIVE
    assert verdict(findings(outcome(ONE, Verdict.FAIL)), "the server is gone") is Verdict.FAIL


def test_the_worst_of_verdicts() -> None:
    assert worst([Verdict.PASS, Verdict.SKIP]) is Verdict.SKIP
    assert worst(Verdict) is Verdict.FAIL


# What is known to fail


def known_outcome(of: str, verdict_: Verdict, row: int = 0) -> Outcome:
    made = outcome(example(requirement(of), row), verdict_)
    return replace(made, result=replace(made.result, known=True))


def test_what_is_known_to_fail_and_does_is_no_failure() -> None:
    made = findings(known_outcome("presence/1.1", Verdict.FAIL), outcome(TWO), known=("presence/1.1",))
    assert made.began_to_pass() == []
    assert verdict(made) is Verdict.PASS


def test_a_message_that_is_known_to_be_wrong_and_is_is_no_failure() -> None:
    made = findings(outcome(ONE, Verdict.PASS, NO_SEQ), known=(LIST,))
    assert made.began_to_pass() == []
    assert verdict(made) is Verdict.PASS
    assert verdict(findings(outcome(ONE, Verdict.PASS, NO_SEQ), known=("contract/server/error",))) is Verdict.FAIL


@pytest.mark.parametrize(
    ("known", "outcomes", "expected"),
    [
        ("presence/1.1", (outcome(ONE),), ["presence/1.1"]),
        ("presence/1.1", (outcome(ONE, Verdict.WARN),), []),
        ("presence/1.1", (outcome(ONE, Verdict.SKIP),), []),
        ("presence/1.1", (outcome(ONE, Verdict.INCONCLUSIVE),), []),
        ("presence/1.1", (outcome(TWO),), []),
        ("presence/1.1", (outcome(ONE), outcome(ONE, Verdict.FAIL, transport="polling")), []),
        ("presence/3.1", (outcome(ROWS[0]), outcome(ROWS[1], Verdict.FAIL)), []),
        ("presence/3.1", (outcome(ROWS[0]), outcome(ROWS[1], Verdict.INCONCLUSIVE)), []),
        ("presence/3.1", (outcome(ROWS[0]), outcome(ROWS[1])), ["presence/3.1"]),
        ("presence/3.1#1", (outcome(ROWS[0]), outcome(ROWS[1], Verdict.FAIL)), ["presence/3.1#1"]),
        ("presence/3.1#2", (outcome(ROWS[0]), outcome(ROWS[1], Verdict.FAIL)), []),
        (LIST, (outcome(ONE, came={("server", "presence:list"): 1}),), [LIST]),
        (LIST, (outcome(ONE),), []),
        (LIST, (outcome(ONE, Verdict.PASS, NO_SEQ),), []),
    ],
    ids=[
        *("it passes", "it warns", "it is left out", "nobody knows", "it was not selected", "over one transport only"),
        *("a row fails", "a row is unsure", "all rows pass", "the row passes", "the row fails"),
        *("the message is right", "the message never came", "the message is wrong"),
    ],
)
def test_what_has_begun_to_pass_fails_the_run(known: str, outcomes: tuple[Outcome, ...], expected: list[str]) -> None:
    made = findings(*outcomes, known=(known,))
    assert made.began_to_pass() == expected
    if expected:
        assert verdict(made) is Verdict.FAIL


# The rulings


def test_every_ruling_is_there_and_what_was_not_tried_is_not_decided() -> None:
    made = findings().rulings(SUITE, [])
    assert [each.key for each in made] == list(RULINGS)
    assert {each.verdict for each in made} == {Verdict.SKIP}
    assert [(each.seed, each.ruling) for each in made] == list(RULINGS.values())


B = "busy_holds"
ONE_FAILS = outcome(ONE, Verdict.FAIL)
#: What came of the scenarios that a ruling is proved by, what it is worth, and what has decided it.
DECIDED: dict[str, tuple[str, tuple[Outcome, ...], Verdict, tuple[str, ...]]] = {
    "all pass": (B, (outcome(ONE), outcome(TWO)), Verdict.PASS, ("presence/1.1", "presence/1.2")),
    "the worst": (B, (outcome(ONE), outcome(TWO, Verdict.WARN)), Verdict.WARN, ("presence/1.2",)),
    "all that break it": (B, (ONE_FAILS, outcome(TWO, Verdict.WARN)), Verdict.FAIL, ("presence/1.1", "presence/1.2")),
    "one was left out": (B, (outcome(ONE), outcome(TWO, Verdict.SKIP)), Verdict.PASS, ("presence/1.1",)),
    "none was tried": ("grace", (outcome(ONE),), Verdict.SKIP, ()),
    "not answered": (B, (replace(ONE_FAILS, untold=True),), Verdict.INCONCLUSIVE, ("presence/1.1",)),
    "one not answered": (B, (replace(ONE_FAILS, untold=True), outcome(TWO)), Verdict.PASS, ("presence/1.2",)),
    "a message": ("times_and_null", (outcome(ONE, Verdict.PASS, NO_TIME),), Verdict.FAIL, (LIST,)),
    "a later message": ("times_and_null", (outcome(ONE, Verdict.PASS, NO_SEQ, NO_TIME),), Verdict.FAIL, (LIST,)),
    "a message of another ruling": ("times_and_null", (outcome(ONE, Verdict.PASS, NO_SEQ),), Verdict.SKIP, ()),
}


@pytest.mark.parametrize("name", DECIDED)
def test_a_ruling_is_decided_by_its_scenarios_and_messages(name: str) -> None:
    key, outcomes, worth, decided_by = DECIDED[name]
    made = ruling(findings(*outcomes), key)
    assert (made.verdict, made.decided_by) == (worth, decided_by)


def failing_at(keyword: str, *before: str) -> Outcome:
    """An outcome of the first scenario that has failed at such a step."""
    steps = (
        *(Step(each, "x", "passed") for each in before),
        Step(keyword, "x", "failed"),
        Step("Then", "x", "skipped"),
    )
    made = outcome(ONE, Verdict.FAIL)
    return replace(made, result=replace(made.result, steps=steps))


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (("Given",), Verdict.INCONCLUSIVE),
        (("When", "Given"), Verdict.INCONCLUSIVE),
        (("And", "Given", "When"), Verdict.INCONCLUSIVE),
        (("Then", "Given", "When"), Verdict.FAIL),
        (("And", "Given", "When", "Then"), Verdict.FAIL),
    ],
    ids=["at a Given", "at a When", "at another When", "at a Then", "at another Then"],
)
def test_a_scenario_that_failed_before_its_then_decides_no_ruling(steps: tuple[str, ...], expected: Verdict) -> None:
    assert ruling(findings(failing_at(*steps)), "busy_holds").verdict is expected


@pytest.mark.parametrize(
    ("row", "event", "came", "expected"),
    [
        ("busy_holds", "room:users", 0, Verdict.INCONCLUSIVE),
        ("busy_holds", "room:users", 1, Verdict.FAIL),
        ("disconnect_reason", "room:users", 0, Verdict.INCONCLUSIVE),
        ("disconnect_reason", "presence:user_left", 0, Verdict.FAIL),
    ],
    ids=["never sent", "sent elsewhere", "never sent, of a row that another tells", "never sent, which tells the row"],
)
def test_what_a_server_never_sends_decides_the_rulings_that_say_so(
    row: str, event: str, came: int, expected: Verdict
) -> None:
    one = example(requirement("presence/1.1", rulings=(row,)))
    made = findings(replace(outcome(one, Verdict.FAIL, came={("server", event): came}), awaited=event))
    found = {each.key: each.verdict for each in made.rulings(suite_of(one), made.contract_checks())}
    assert found[row] is expected


def test_a_row_of_an_outline_decides_the_rulings_of_its_own_table() -> None:
    of = requirement("presence/1.1", rulings=("grace",))
    first, second = (replace(example(of, row), rulings=rulings) for row, rulings in ((1, ("grace",)), (2, ())))
    made = findings(outcome(first), outcome(second, Verdict.FAIL))
    found = {each.key: each for each in made.rulings(suite_of(first, second), made.contract_checks())}
    assert (found["grace"].verdict, found["grace"].decided_by) == (Verdict.PASS, ("presence/1.1#1",))


# Traffic and coverage


def test_traffic_has_every_message_of_every_direction_once() -> None:
    rows = [(row.direction, row.message) for row in findings().traffic()]
    assert sorted(rows) == sorted((d.value, message) for d in Direction for message in registry().events(d))
    assert all((row.count, row.acks, row.errors) == (0, 0, ()) for row in findings().traffic())


def test_traffic_counts_what_went_what_was_acked_and_with_which_errors() -> None:
    join = ("client", "room:join")
    coverage = Coverage(
        sent=Counter({join: 5}), errors=Counter({("room:join", "forbidden"): 2, ("room:join", "busy"): 1})
    )
    came = {("ack", "room:join"): 4, ("server", "room:users"): 7, ("response", "notifications:list"): 3}
    rows = {(row.direction, row.message): row for row in findings(outcome(ONE, came=came, coverage=coverage)).traffic()}
    row = rows[join]
    assert (row.count, row.acks, row.errors) == (5, 4, (("busy", 1), ("forbidden", 2)))
    assert (rows["server", "room:users"].count, rows["server", "room:users"].acks) == (7, 0)
    assert rows["ack", "room:join"].count == 4
    assert rows["ack", "room:join"].errors == ()
    assert rows["request", "notifications:list"].acks == 3


def test_every_keyword_is_counted_on_both_sides() -> None:
    place = keywords()[0]
    coverage = Coverage(accepted=Counter({place: 2}), refused=Counter({place: 1}))
    cells = findings(outcome(ONE, coverage=coverage), outcome(TWO, coverage=coverage)).keywords()
    assert [(cell.direction, cell.message, cell.keyword) for cell in cells] == list(keywords())
    assert (cells[0].accepted, cells[0].refused) == (4, 2)
    assert all((cell.accepted, cell.refused) == (0, 0) for cell in cells[1:])
