"""What a scenario is worth: by what its steps raise, by what broke the contract meanwhile, and by its level."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import requests

from realtime_contracts import Direction
from realtime_contracts.conform import sentences
from realtime_contracts.conform.requirements import Example, Sentence, suite
from realtime_contracts.conform.results import Failure, Step, Verdict, Wire
from realtime_contracts.conform.running.minting import NoToken, TokenSource
from realtime_contracts.conform.scenario import Outcome, Target, _verdict, run
from realtime_contracts.conform.world import World
from realtime_contracts.wire.journal import NotReachedError, NotSeenError, UnmetError
from realtime_contracts.wire.timeouts import Timeouts, set_patience
from tests.unit.contracts.conform.playing import SECRET, example, listening, nobody_at, requirement

SOURCE = TokenSource(SECRET)
STEPS = [Step("Given", "Ana is here", "passed"), Step("When", "Ana goes", "failed")]
BREACHES = [f"Ana's tab: breach {n}" for n in range(1, 6)]
LEVELS = {"must": Verdict.FAIL, "should": Verdict.WARN, "may": Verdict.WARN}

Play = Callable[..., Outcome]


def thrown(error: Exception) -> Exception:
    """An exception as it is once it was raised: with a traceback."""
    with pytest.raises(type(error)) as caught:
        raise error
    return caught.value


def worth(
    error: Exception, *breaches: str, level: str = "must", wire: tuple[Wire, ...] = ()
) -> tuple[Verdict, Failure]:
    of = example(requirement("presence/1.1", level))  # type: ignore[arg-type]  # one of three
    return _verdict(of, STEPS, thrown(error), list(breaches), wire)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    "error",
    [
        UnmetError("a list", "none"),
        NotSeenError("a list", "none"),
        AssertionError("x"),
        KeyError("users"),
        TypeError("x"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_is_not_met_is_worth_what_its_level_says(error: Exception, level: str) -> None:
    assert worth(error, level=level)[0] is LEVELS[level]


def test_an_expectation_is_told_as_it_is() -> None:
    assert worth(UnmetError("a list", "none"))[1] == Failure("a list", "none")
    assert worth(AssertionError("not online"))[1] == Failure("When Ana goes", "not online")
    assert worth(AssertionError())[1] == Failure("When Ana goes", "it was not so")


@pytest.mark.parametrize("error", [UnmetError("a list", "none"), AssertionError("x")], ids=["unmet", "an assertion"])
def test_what_broke_the_contract_meanwhile_is_a_hint(error: Exception) -> None:
    assert worth(error, *BREACHES)[1].hint == "\n".join(["The contract was broken as well:", *BREACHES[:3]])


def test_where_nobody_answers_nothing_is_said_of_the_server() -> None:
    verdict, failure = worth(NotReachedError("an answer", "refused"), *BREACHES)
    assert verdict is Verdict.INCONCLUSIVE
    assert failure == Failure("an answer", "refused", "Nobody answered: is the server still there?")


def test_where_there_is_no_token_nothing_is_said_of_the_server() -> None:
    assert worth(NoToken("the vault is sealed"), *BREACHES) == (
        Verdict.INCONCLUSIVE,
        Failure("a token to come with", "the vault is sealed"),
    )


def test_an_answer_that_is_not_understood_is_the_servers() -> None:
    wire = (
        Wire(0.1, "Ana's tab", "received", "ack", "room:join", {"ok": True}),
        Wire(0.2, "Ana's tab", "sent", "event", "room:leave", {}),
    )
    verdict, failure = worth(KeyError("room_id"), wire=wire)
    assert verdict is Verdict.FAIL
    assert failure.expected == "When Ana goes"
    assert failure.actual.startswith("what came cannot be understood: the last answer was ")
    assert "room:join" in failure.actual
    assert "room:leave" not in failure.actual
    assert failure.hint.startswith("KeyError: 'room_id' (in thrown, line ")
    assert worth(KeyError("x"))[1].actual == "what came cannot be understood: the last answer was none"


def test_of_a_server_that_broke_the_contract_whatever_is_not_understood_is_its_own() -> None:
    verdict, failure = worth(RuntimeError("odd"), *BREACHES)
    assert verdict is Verdict.FAIL
    assert failure.actual == "what came cannot be understood: Ana's tab: breach 5"


@pytest.mark.parametrize(
    "error",
    [RuntimeError("odd"), MemoryError("x"), OSError("x"), ArithmeticError("x")],
    ids=lambda error: type(error).__name__,
)
def test_anything_else_is_the_harness(error: Exception) -> None:
    verdict, failure = worth(error)
    assert verdict is Verdict.INCONCLUSIVE
    assert failure.actual.startswith(f"the harness itself has failed: {type(error).__name__}: ")
    assert failure.actual.endswith("of test_verdicts.py)")
    assert failure.hint == "Please report this."


def test_what_is_thrown_before_the_first_step_is_told_of_the_beginning() -> None:
    of = example(requirement("presence/1.1"))
    assert _verdict(of, [], thrown(AssertionError("x")), [], ())[1].expected == "the beginning"


# Playing examples, with steps of a test's own


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch) -> Play:
    """Play an example whose only When does what a function does, behind a Given and before a Then."""
    numbers = itertools.count()

    def played(does: Callable[[World], None], *, level: str = "must", url: str = "http://127.0.0.1:1") -> Outcome:
        monkeypatch.setattr(sentences, "DEFINITIONS", [])
        sentences.given("nothing")(lambda: None)
        sentences.when("something is done")(lambda world: does(world))  # noqa: PLW0108 - a step's places are known by their names
        sentences.then("it is so")(lambda: None)
        said = [("Given", "given", "nothing"), ("When", "when", "something is done"), ("Then", "then", "it is so")]
        told = [Sentence(*each) for each in said]
        of = example(requirement(f"presence/1.{next(numbers)}", level), 0, *told)  # type: ignore[arg-type]  # one of three
        return run(of, Target([url], "websocket", SOURCE.mint, Timeouts()))

    return played


def raising(error: Exception) -> Callable[[World], None]:
    def does(_: World) -> None:
        raise error

    return does


def test_an_example_whose_steps_raise_nothing_has_passed(play: Play) -> None:
    outcome = play(lambda _: None)
    assert (outcome.result.verdict, outcome.result.failure) == (Verdict.PASS, None)
    assert [step.status for step in outcome.result.steps] == ["passed", "passed", "passed"]
    assert outcome.is_right


def test_what_follows_a_failed_step_is_skipped(play: Play) -> None:
    outcome = play(raising(UnmetError("a", "b")))
    told = [(step.keyword, step.text, step.status) for step in outcome.result.steps]
    assert told == [
        ("Given", "nothing", "passed"),
        ("When", "something is done", "failed"),
        ("Then", "it is so", "skipped"),
    ]
    assert outcome.result.verdict is Verdict.FAIL


def test_a_result_says_when_and_over_what_it_was_run(play: Play) -> None:
    result = play(lambda _: None).result
    assert result.transport == "websocket"
    assert result.started > 1_700_000_000
    assert 0 <= result.seconds < 60
    assert result.nodes == ()


def test_a_breach_fails_no_scenario_that_does_not_ask_for_it(play: Play) -> None:
    def breaks(world: World) -> None:
        world.observed.breach("Ana's tab", "presence:list", "server", "missing")

    outcome = play(breaks)
    assert outcome.result.verdict is Verdict.PASS
    assert [breach.message for breach in outcome.breaches] == ["presence:list"]
    assert not outcome.is_right


def test_what_was_seen_and_exercised_comes_with_the_result(play: Play) -> None:
    def exercises(world: World) -> None:
        world.observed.judge("Ana's tab", Direction.SERVER, "presence:user_left", {})
        world.observed.goes(Direction.CLIENT, "presence:update")
        world.observed.answered(Direction.CLIENT, "presence:update", {"status": "busy"}, None)
        world.observed.failed("room:join", "forbidden")

    outcome = play(exercises)
    assert outcome.came == {("server", "presence:user_left"): 1}
    assert outcome.coverage.sent == {("client", "presence:update"): 1}
    assert outcome.coverage.errors == {("room:join", "forbidden"): 1}


@pytest.mark.parametrize(
    "error", [requests.ConnectionError("refused"), requests.ReadTimeout("slow")], ids=["refused", "slow"]
)
def test_a_request_that_is_lost_is_the_environment(play: Play, error: Exception) -> None:
    result = play(raising(error)).result
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.failure is not None
    assert result.failure.hint == "Nobody answered: is the server still there?"


def test_no_failure_has_a_token_in_it(play: Play) -> None:
    token = SOURCE.mint("ana", "acme")
    for error in (UnmetError(token, f"refused: {token}"), AssertionError(token), KeyError(token), RuntimeError(token)):
        failure = play(raising(error)).result.failure
        assert failure is not None
        assert token not in f"{failure.expected}{failure.actual}{failure.hint}"
        assert "<token>" in f"{failure.expected}{failure.actual}{failure.hint}"


def test_an_error_at_the_end_is_the_scenarios_unless_it_had_one(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    def end(self: World) -> list[str]:
        self.rest.close()
        raise RuntimeError("at the end")

    monkeypatch.setattr(World, "end", end)
    result = play(lambda _: None).result
    assert result.verdict is Verdict.INCONCLUSIVE
    assert result.failure is not None
    assert "at the end" in result.failure.actual
    assert play(raising(UnmetError("a", "b"))).result.failure == Failure("a", "b")


# Without a server


@pytest.fixture
def impatient(no_thread_stays: None) -> None:
    set_patience(0.5)


def of_each_level() -> list[Example]:
    """The first example of the features of each level that needs nothing."""
    first = {each.requirement.level: each for each in reversed(suite().examples) if not each.needs and each.row < 2}
    return list(first.values())


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("transport", ["websocket", "polling"])
@pytest.mark.parametrize("each", of_each_level(), ids=lambda each: each.id)
def test_where_there_is_no_server_nothing_is_said_of_it(each: Example, transport: str) -> None:
    with nobody_at() as port:
        outcome = run(each, Target([f"http://127.0.0.1:{port}"], transport, SOURCE.mint, Timeouts()))  # type: ignore[arg-type]
    assert outcome.result.verdict is Verdict.INCONCLUSIVE
    assert outcome.result.failure is not None
    assert outcome.result.failure.hint == "Nobody answered: is the server still there?"
    assert outcome.breaches == ()
    assert outcome.result.wire
    assert "eyJ" not in repr(outcome.result)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("family", ["rest", "presence"])
def test_a_server_that_hangs_up_is_not_there_either(family: str) -> None:
    each = next(each for each in suite().examples if each.requirement.family == family and not each.needs)
    with listening(lambda _: None) as port:
        outcome = run(each, Target([f"http://127.0.0.1:{port}"], "websocket", SOURCE.mint, Timeouts()))
    assert outcome.result.verdict is Verdict.INCONCLUSIVE
