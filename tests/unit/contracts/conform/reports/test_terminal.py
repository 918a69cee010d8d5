"""The report on a terminal: the tree that grows as the run goes, and what is told after it."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from realtime_contracts.conform.reports.terminal import SAME, Tree, summary
from realtime_contracts.conform.reports.words import SURVIVES, wire_text
from realtime_contracts.conform.requirements import Example
from realtime_contracts.conform.results import (
    EXIT_STATUS,
    Breach,
    Cell,
    ContractCheck,
    Failure,
    Result,
    Ruling,
    Step,
    Verdict,
)
from realtime_contracts.wire.redaction import visible
from tests.unit.contracts.conform.playing import example, outcome, requirement
from tests.unit.contracts.conform.reports.making import HOSTILE, run, wire

FIRST, SECOND, OUTLINE, OTHER = (
    requirement("presence/1.1"),
    requirement("presence/1.2", "should"),
    requirement("presence/2.1"),
    requirement("rooms/1.1"),
)
ROWS = [example(OUTLINE, row) for row in (1, 2, 3)]
EXAMPLES = [example(FIRST), example(SECOND), *ROWS, example(OTHER)]


class Screen:
    """What a terminal that is as wide as it needs to be has been told."""

    def __init__(self, **options: Any) -> None:
        self._file = io.StringIO()
        self.console = Console(file=self._file, width=200, highlight=False, color_system=None, **options)

    @property
    def text(self) -> str:
        return self._file.getvalue()

    @property
    def signs(self) -> list[str]:
        """The lines of requirements: their sign and their id."""
        return re.findall(r"^    (\S [a-z_]+/\d+\.\d+) ", self.text, re.MULTILINE)


def of(each: Example, verdict: Verdict = Verdict.PASS, transport: str = "websocket", **more: Any) -> Result:
    made = outcome(each, verdict, transport=transport).result  # type: ignore[arg-type]  # one of two
    return replace(made, **more)


def tree(examples: Sequence[Example], results: Sequence[Result], transports: int = 1, *, quiet: bool = False) -> Screen:
    screen = Screen()
    with Tree(screen.console, examples, transports, quiet=quiet) as made:
        for result in results:
            made.tell(result)
    return screen


# The tree


def test_every_requirement_is_a_line_below_its_feature_and_its_rule() -> None:
    screen = tree(EXAMPLES, [of(each) for each in EXAMPLES])
    lines = [line.rstrip() for line in screen.text.splitlines()]
    assert lines == [
        "",
        "All of presence",
        "  Rule presence/1",
        "    ✓ presence/1.1       What presence/1.1 says",
        "    ✓ presence/1.2       What presence/1.2 says",
        "  Rule presence/2",
        "    ✓ presence/2.1       What presence/2.1 says  3 of 3",
        "",
        "All of rooms",
        "  Rule rooms/1",
        "    ✓ rooms/1.1          What rooms/1.1 says",
    ]


def test_it_is_in_the_order_of_the_features_whatever_comes_first() -> None:
    expected = ["✓ presence/1.1", "✓ presence/1.2", "✓ presence/2.1", "✓ rooms/1.1"]
    assert tree(EXAMPLES, [of(each) for each in reversed(EXAMPLES)]).signs == expected


def test_a_requirement_is_told_once_all_before_it_are_and_not_later() -> None:
    screen = Screen()
    with Tree(screen.console, EXAMPLES, 1) as made:
        made.tell(of(EXAMPLES[1]))
        assert screen.signs == []
        made.tell(of(EXAMPLES[0]))
        assert screen.signs == ["✓ presence/1.1", "✓ presence/1.2"]
        made.tell(of(ROWS[0]))
        made.tell(of(ROWS[2]))
        assert len(screen.signs) == 2
        made.tell(of(ROWS[1]))
        assert screen.signs[2:] == ["✓ presence/2.1"]


@pytest.mark.parametrize(
    ("verdict", "sign"),
    [(Verdict.PASS, "✓"), (Verdict.FAIL, "✗"), (Verdict.WARN, "!"), (Verdict.SKIP, "○"), (Verdict.INCONCLUSIVE, "?")],
    ids=lambda value: value.name if isinstance(value, Verdict) else "",
)
def test_each_verdict_has_a_sign(verdict: Verdict, sign: str) -> None:
    assert tree(EXAMPLES[:1], [of(EXAMPLES[0], verdict)]).signs == [f"{sign} presence/1.1"]


def test_a_requirement_is_worth_its_worst_row_and_says_how_many_passed() -> None:
    screen = tree(ROWS, [of(ROWS[0]), of(ROWS[1], Verdict.FAIL), of(ROWS[2], Verdict.INCONCLUSIVE)])
    assert screen.signs == ["✗ presence/2.1"]
    assert "says  1 of 3" in screen.text


def test_both_transports_are_waited_for() -> None:
    both = [of(EXAMPLES[0], transport=transport) for transport in ("websocket", "polling")]
    assert tree(EXAMPLES[:1], both[:1], 2).signs == []
    assert tree(EXAMPLES[:1], both, 2).signs == ["✓ presence/1.1"]


@pytest.mark.parametrize("transports", [1, 2])
@pytest.mark.parametrize("rows", [1, 2, 3])
def test_what_is_left_out_is_left_out_over_all_transports_and_holds_up_nobody(rows: int, transports: int) -> None:
    examples = [*ROWS[:rows], example(OTHER)]
    results = [of(each, Verdict.SKIP, skipped="needs two nodes") for each in examples[:-1]]
    results += [of(examples[-1], transport=transport) for transport in ("websocket", "polling")[:transports]]
    screen = tree(examples, results, transports)
    assert screen.signs == ["○ presence/2.1", "✓ rooms/1.1"]
    assert "  needs two nodes\n" in screen.text


@pytest.mark.parametrize("transports", [1, 2])
def test_where_one_row_is_left_out_the_others_are_waited_for(transports: int) -> None:
    both = ("websocket", "polling")[:transports]
    results = [of(ROWS[0], Verdict.SKIP), *(of(ROWS[1], Verdict.FAIL, transport) for transport in both)]
    assert tree(ROWS[:2], results[:-1], transports).signs == []
    assert tree(ROWS[:2], results, transports).signs == ["✗ presence/2.1"]


def test_quiet_tells_only_what_is_not_met() -> None:
    verdicts = [Verdict.PASS, Verdict.WARN, Verdict.SKIP, Verdict.FAIL, Verdict.PASS, Verdict.SKIP]
    results = [of(each, verdict) for each, verdict in zip(EXAMPLES, verdicts, strict=True)]
    screen = tree(EXAMPLES, results, quiet=True)
    assert screen.signs == ["! presence/1.2", "✗ presence/2.1"]
    assert "rooms" not in screen.text


def test_what_is_known_to_fail_says_so() -> None:
    assert "says  known to fail\n" in tree(EXAMPLES[:1], [of(EXAMPLES[0], Verdict.FAIL, known=True)]).text


def test_on_a_real_terminal_the_progress_is_gone_at_the_end() -> None:
    screen = Screen(force_terminal=True)
    with Tree(screen.console, EXAMPLES[:2], 1) as made:
        made.tell(of(EXAMPLES[0], Verdict.FAIL))
        made.tell(of(EXAMPLES[1]))
        assert made._progress.finished
    assert "1 unmet" in screen.text
    behind = screen.text.rpartition("presence/1.2")[2]
    assert "unmet" not in behind.rpartition("\x1b[2K")[2]


def test_markup_in_a_name_stays_text() -> None:
    evil = replace(FIRST, name="[bold]x[/] [link=http://x]y", feature="[red]F", rule="[/]R")
    screen = tree([example(evil)], [of(example(evil), Verdict.SKIP, skipped="[blink]why")])
    for text in ("[bold]x[/] [link=http://x]y", "[red]F", "[/]R", "[blink]why"):
        assert text in screen.text


# After it

FAILURE = Failure("Ana is busy", "Ana is online\nand Ben away", "Is it stored?")
STEPS = (
    Step("Given", "Ana is connected", "passed"),
    Step("Then", "the list shows", "failed"),
    Step("And", "x", "skipped"),
)


def summed(show: int = 5, **more: Any) -> Screen:
    screen = Screen()
    told: dict[str, Any] = {
        "requirements": (FIRST, SECOND, OUTLINE, OTHER),
        "results": (),
        "contract_checks": (),
        "rulings": (),
        "keywords": (),
        "complaints": (),
        "options": (),
        "notes": {},
    }
    summary(screen.console, run(**{**told, **more}), show)
    return screen


def fails(each: Example, verdict: Verdict = Verdict.FAIL, **more: Any) -> Result:
    return of(each, verdict, **{"failure": FAILURE, "steps": STEPS, "wire": wire(), **more})


def test_a_failure_is_told_in_full() -> None:
    sentence = "Everybody sees who is online."
    text = summed(
        requirements=(replace(FIRST, sentence=sentence, sources=("seed_4_2", "spec_presence")),),
        results=(fails(EXAMPLES[0]),),
        servers=("http://127.0.0.1:5001",),
    ).text
    for line in (
        "✗ presence/1.1  What presence/1.1 says  [websocket]",
        f"  Requirement: MUST: {sentence}",
        "  Source:      seed 4.2, Connection Handler; specification, Presence",
        "  At:          Then the list shows",
        "  Expected:    Ana is busy",
        "  Actual:      Ana is online",
        "               and Ben away",
        "  Hint:        Is it stored?",
        "  Again:       realtime conform http://127.0.0.1:5001 --transport websocket --select presence/1.1",
    ):
        assert f"\n{line}\n" in text
    assert "→ presence:update" in text
    assert "say(ana1, 'presence:update', {'status': 'busy'})" in text


def test_of_a_long_log_the_end_is_told_and_how_much_is_not() -> None:
    assert "  Wire:        … 16 before\n" in summed(results=(fails(EXAMPLES[0], wire=wire() * 3),)).text


def test_only_so_many_are_told_and_where_the_rest_is() -> None:
    results = tuple(fails(each) for each in (EXAMPLES[0], EXAMPLES[1], EXAMPLES[-1]))
    text = summed(1, results=results).text
    assert len(heads(text)) == 1
    assert "… and 2 more requirements: --show 3, or --html, has them all." in text
    assert "more requirements" not in summed(3, results=results).text
    assert heads(summed(0, results=results).text) == []


def heads(text: str) -> list[str]:
    """The ids of the failures that are told in full."""
    return re.findall(r"^[✗!?] (\S+)  ", text, re.MULTILINE)


def many(count: int) -> list[Example]:
    return [example(requirement(f"presence/3.{n}")) for n in range(1, count + 1)]


def of_many(results: Sequence[Result], examples: Sequence[Example], show: int = 5) -> str:
    return summed(show, results=tuple(results), requirements=tuple(each.requirement for each in examples)).text


@pytest.mark.parametrize(
    ("results", "told"),
    [
        (
            (fails(EXAMPLES[1], Verdict.WARN), *map(fails, ROWS), fails(EXAMPLES[-1], Verdict.INCONCLUSIVE)),
            ["presence/2.1#1", "rooms/1.1", "presence/1.2"],
        ),
        ([fails(each) for each in many(9)], [f"presence/3.{n}" for n in range(1, 6)]),
        ((fails(ROWS[0], Verdict.INCONCLUSIVE), fails(ROWS[1]), fails(ROWS[2])), ["presence/2.1#2"]),
    ],
    ids=["the worst first", "in the order of the features", "the worst row"],
)
def test_one_example_of_each_requirement_is_told(results: Sequence[Result], told: list[str]) -> None:
    text = of_many(results, [*EXAMPLES, *many(9)])
    assert heads(text) == told
    assert ("What presence/2.1 says (1)  [websocket], and 2 more of it\n" in text) == ("presence/2.1#1" in told)


ENDED = Failure(SURVIVES, "it is gone: nobody listens\nTypeError (server.js:35:21)", "Run alone.")


@pytest.mark.parametrize("verdict", [Verdict.FAIL, Verdict.WARN], ids=lambda verdict: verdict.name)
def test_what_ended_the_server_is_told_first_whatever_its_row_and_its_level(verdict: Verdict) -> None:
    results = (fails(EXAMPLES[0]), fails(ROWS[0]), fails(ROWS[1], verdict, failure=ENDED), fails(ROWS[2]))
    text = summed(1, results=results).text
    assert heads(text) == ["presence/2.1#2"]
    assert "it is gone: nobody listens\n               TypeError (server.js:35:21)\n" in text


def test_the_tree_says_which_requirement_ended_the_server() -> None:
    results = [of(ROWS[0]), of(ROWS[1], Verdict.FAIL, failure=ENDED), of(ROWS[2])]
    assert "says  2 of 3  ended the server\n" in tree(ROWS, results).text
    assert "ended the server" not in tree(ROWS, [fails(row) for row in ROWS]).text


def test_what_many_requirements_failed_at_is_said_once_before_them() -> None:
    examples = many(SAME + 1)
    results = [
        fails(each, failure=Failure(f"an answer to message {n} within 5 s", "nothing"))
        for n, each in enumerate(examples, 1795773834011)
    ]
    text = of_many(results, examples)
    told = f"{SAME + 1} requirements failed at the same step: Then the list shows"
    assert text.startswith(f"\n{told}\n\n✗ presence/3.1")
    assert text.count("at the same step") == 1
    assert "at the same step" not in of_many(results, examples, 0)


def test_few_requirements_several_rows_or_other_expectations_are_no_cause_in_common() -> None:
    examples = many(SAME)
    rows = [fails(example(examples[0].requirement, n)) for n in range(1, SAME + 1)]
    assert "at the same step" not in of_many([*rows, *map(fails, examples[1 : SAME - 1])], examples)
    differ = [fails(each, failure=Failure(word, "x")) for each, word in zip(examples, "abcde", strict=True)]
    assert "at the same step" not in of_many(differ, examples)
    steps = (Step("Then", "that is so", "failed"),)
    assert "at the same step" not in of_many([fails(examples[0], steps=steps), *map(fails, examples[1:])], examples)


def test_what_is_told_of_the_run_itself_stands_before_the_counts() -> None:
    text = summed(notes={"nodes": "A and B seem to be\x1b no nodes of one cluster"}).text
    assert "\nA and B seem to be\\u001b no nodes of one cluster\n\ncontract: " in text


def test_what_passed_was_left_out_or_is_known_is_not_told() -> None:
    results = (of(EXAMPLES[0]), of(EXAMPLES[1], Verdict.SKIP, skipped="x"), fails(EXAMPLES[-1], known=True))
    text = summed(results=results, verdict=Verdict.PASS).text
    assert "Expected:" not in text
    assert "1 PASS, 1 SKIP, 1 known to fail, contract: 0 messages right, 0 wrong" in text


def test_a_run_that_ended_early_says_why_and_not_of_each_that_was_not_tried() -> None:
    results = (of(EXAMPLES[0], Verdict.INCONCLUSIVE), fails(EXAMPLES[1]))
    text = summed(results=results, complaints=("the server is gone",), verdict=Verdict.INCONCLUSIVE).text
    assert heads(text) == ["presence/1.2"]
    assert "\nthe server is gone\n" in text


def test_rulings_that_are_broken_are_told_with_what_decides_them() -> None:
    rulings = (
        Ruling(
            "a", "every tab tells", "first in, last out", Verdict.WARN, tuple(f"presence/1.{n}" for n in range(1, 7))
        ),
        Ruling("b", "the seed", "the ruling", Verdict.PASS, ("rooms/1.1",)),
        Ruling("c", "no reason", "a reason", Verdict.SKIP),
    )
    text = summed(rulings=rulings).text
    assert "  ✗ every tab tells\n" in text
    assert "ruled: first in, last out   (presence/1.1, presence/1.2, presence/1.3, presence/1.4 …)\n" in text
    assert "the seed\n" not in text
    assert "no reason" not in text
    assert "rulings on the seed" not in summed(rulings=rulings[1:]).text


def check(
    verdict: Verdict, breach: Breach | None = None, wrong: int = 0, id_: str = "contract/server/error"
) -> ContractCheck:
    return ContractCheck(id_, "error", "server", "x", verdict, 9, wrong, breach, "rooms/1.1")


def test_messages_that_break_the_contract_are_told_with_their_first_place() -> None:
    once = check(Verdict.FAIL, Breach("error", "server", "/code", "missing"), 1)
    text = summed(contract_checks=(once, check(Verdict.PASS))).text
    assert "  ✗ contract/server/error  once, first in rooms/1.1\n      missing at /code\n" in text
    assert "contract: 1 messages right, 1 wrong" in text
    text = summed(contract_checks=(check(Verdict.FAIL, Breach("error", "server", "", "no object"), 7),)).text
    assert "7 times, first in rooms/1.1\n      no object\n" in text
    assert "break the contract" not in summed(contract_checks=(check(Verdict.SKIP),)).text


def test_keywords_count_that_were_exercised_on_both_sides() -> None:
    cells = (Cell("client", "a", "/type", 1, 1), Cell("client", "a", "/enum", 1, 0), Cell("client", "a", "/x", 0, 1))
    assert "1 of 3 keywords on both sides in 76 s" in summed(keywords=cells).text


@pytest.mark.parametrize("verdict", list(Verdict), ids=lambda verdict: verdict.name)
def test_the_last_line_is_the_verdict_and_the_exit_status(verdict: Verdict) -> None:
    last = summed(verdict=verdict).text.splitlines()[-1]
    assert last.startswith(f"{verdict.name}: ")
    assert last.endswith(f"(exit status {EXIT_STATUS[verdict]})")


def test_a_failure_says_how_to_run_it_again() -> None:
    rows = (fails(ROWS[2], transport="polling"),)
    told = summed(results=rows, options=("--timeouts", "away=2")).text
    command = "realtime conform http://127.0.0.1:5001 http://127.0.0.1:5002 --timeouts away=2"
    assert f"  Again:       {command} --transport polling --select presence/2.1#3\n" in told
    told = summed(results=rows, options=("--exec", "'s {port}'", "--nodes", "1")).text
    assert "realtime conform --exec 's {port}' --nodes 1 --transport polling --select presence/2.1#3\n" in told


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain ✓ é", "plain ✓ é"),
        ("two\nlines", "two\nlines"),
        ("\x1b[31mred", r"\u001b[31mred"),
        ("a\rb\tc\x00\x07\x9b", "a\\u000db\tc\\u0000\\u0007\\u009b"),
        ("\u202eright to left", r"\u202eright to left"),
        ("\ud800", r"\ud800"),
    ],
    ids=["text", "lines", "an escape", "controls", "a direction", "half a character"],
)
def test_what_is_not_to_be_seen_is_spelled(text: str, seen: str) -> None:
    assert visible(text) == seen


def test_nothing_that_a_server_says_reaches_the_terminal_as_a_command() -> None:
    evil = f"{HOSTILE}\x1b]0;title\x07\r\x9b2J[bold red]"
    log = tuple(
        replace(line, name=evil if line.direction == "received" else line.name, payload={evil: evil}) for line in wire()
    )
    result = fails(EXAMPLES[0], failure=Failure(evil, evil, evil), wire=log, name=evil)
    breach = Breach(evil, "server", f"/{evil}", evil, {evil: evil})
    text = summed(
        results=(result,),
        contract_checks=(check(Verdict.FAIL, breach, 1, f"contract/server/{evil}"),),
        complaints=(evil,),
    ).text
    assert not re.findall(r"[^\n\t\x20-\x7e\u00a0-\U0010ffff]", text)
    assert "[bold red]" in text
    text.encode()


# The wire log


def test_the_lines_are_aligned_and_say_when_who_which_way_and_what() -> None:
    assert wire_text(wire(other="Ben's tab (node 2)")).splitlines()[:8] == [
        '   0.010  Ana\'s tab 1 (node 1)  → connect {"token":"<token>"}',
        "   0.021  Ana's tab 1 (node 1)  · connected",
        "   0.031  Ben's tab (node 2)    · connected",
        '   0.123  Ana\'s tab 1 (node 1)  → presence:update {"status":"busy"}',
        '   0.131  Ana\'s tab 1 (node 1)  ← ack presence:update {"success":true}',
        (
            "   0.132  Ben's tab (node 2)    ← presence:update "
            '{"user_id":"ana","user_name":"Ana","status":"busy","current_page":null}'
        ),
        "   0.150  REST                  → GET /api/presence",
        (
            "   0.161  REST                  ← 200 "
            '{"users":[{"user_id":"ana","user_name":"Ana","status":"busy","current_page":null}]}'
        ),
    ]


def test_no_lines_are_no_text() -> None:
    assert wire_text(()) == ""


def test_a_long_payload_is_cut() -> None:
    [line] = wire_text([replace(wire()[3], payload="x" * 5000)], most=100).splitlines()
    assert line.endswith("x…")
    assert len(line) == len("   0.123  Ana's tab 1 (node 1)  → ") + 100


def test_what_a_server_says_is_one_line_and_moves_no_cursor() -> None:
    lines = [replace(line, name=f"a\nb{HOSTILE}", payload={"a": HOSTILE}) for line in wire()]
    text = wire_text(lines)
    assert len(text.splitlines()) == len(lines)
    assert all(line.isprintable() for line in text.split("\n"))
    assert "a\\u000ab" in text
    text.encode()
