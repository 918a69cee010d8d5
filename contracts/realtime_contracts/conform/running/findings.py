"""Combines all outcomes of a run: contract checks, rulings, coverage, and the verdict."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from realtime_contracts.conform.coverage import Coverage, keywords
from realtime_contracts.conform.requirements import Suite
from realtime_contracts.conform.results import Breach, Cell, ContractCheck, Result, Ruling, Traffic, Verdict, worst
from realtime_contracts.conform.rulings import ABSENT, RULINGS, rulings_of
from realtime_contracts.conform.scenario import Outcome
from realtime_contracts.contract.registry import Direction, registry
from realtime_contracts.wire.view import PRESENCE_MESSAGES

_BROKEN = (Verdict.FAIL, Verdict.WARN)
#: Verdicts that decide a ruling, whatever the others are: one violation is enough.
_ROW_ORDER = (*_BROKEN, Verdict.INCONCLUSIVE, Verdict.PASS, Verdict.SKIP)
#: Breaches of a message that are examined for violated rulings.
LOOKED_AT = 100

#: The check of the order of messages, and its sentence.
ORDERS = {
    "presence": "`seq` is one counter per tenant over all presence messages: no gaps, no reordering, on any node.",
    "documents": "Versions are 1, 2, 3 … without gaps, and every member gets them in order.",
}
#: The messages whose order is checked.
ORDERED = {"presence": PRESENCE_MESSAGES, "documents": frozenset({"doc:edit"})}
SECRECY = "Tokens never reach a log, a metric, a message or Redis."
_SENTENCES = {
    "server": "`{}` is what its schema says, whenever it comes.",
    "ack": "The ack of `{}` is there when asked for, and is what its schema says.",
    "response": "The answer of `{}` over REST is what its schema says.",
}


class Findings:
    """The combined findings of a run so far."""

    def __init__(self, known: frozenset[str]) -> None:
        self.results: list[Result] = []
        self.coverage = Coverage()
        self._known = known
        self._came: Counter[tuple[str, str]] = Counter()
        self._breaches: Counter[tuple[str, str]] = Counter()
        self._first: dict[tuple[str, str], tuple[Breach, str]] = {}
        #: By ruling: the contract checks that show it violated.
        self._telling: dict[str, set[str]] = defaultdict(set)
        #: By result: whether its failure is unrelated to its subject, and the event that never came.
        self._untold: dict[tuple[str, str], tuple[bool, str]] = {}

    def add(self, outcome: Outcome) -> None:
        """Add the outcome of one example."""
        self.results.append(outcome.result)
        self._untold[outcome.result.id, outcome.result.transport] = outcome.untold, outcome.awaited
        self.coverage.add(outcome.coverage)
        self._came.update(outcome.came)
        for breach in outcome.breaches:
            key = breach.direction, breach.message
            self._breaches[key] += 1
            self._first.setdefault(key, (breach, outcome.result.id))
            if self._breaches[key] <= LOOKED_AT:
                for row in rulings_of(breach):
                    self._telling[row].add(contract_id(*key))

    def contract_checks(self, only: frozenset[str] = frozenset()) -> list[ContractCheck]:
        """Return one check for each server message, one for their order, and one for secrecy; limited to the ids in
        `only`.
        """
        return [check for check in self._checks() if not only or check.id in only]

    def _checks(self) -> Iterable[ContractCheck]:
        for direction in (Direction.SERVER, Direction.ACK, Direction.RESPONSE):
            unknown = {name for where, name in self._first if where == direction.value}
            unknown |= {"unknown_event"} if direction is Direction.ACK else set()
            for message in sorted(registry().events(direction) | unknown):
                yield self._check(direction.value, message, _SENTENCES[direction.value].format(message))
        for name, sentence in ORDERS.items():
            right = [self._came["server", m] - self._breaches["server", m] for m in sorted(ORDERED[name])]
            yield self._check("order", name, sentence, seen=sum(right))
        yield self._check("secrecy", "secrecy", SECRECY, seen=self._came.total())

    def _check(self, direction: str, message: str, sentence: str, seen: int | None = None) -> ContractCheck:
        breach, where = self._first.get((direction, message), (None, ""))
        count = self._came[direction, message] if seen is None else seen
        verdict = Verdict.FAIL if breach else Verdict.PASS if count else Verdict.SKIP
        wrong = self._breaches[direction, message]
        id_ = contract_id(direction, message)
        return ContractCheck(id_, message, direction, sentence, verdict, count, wrong, breach, where)

    def rulings(self, suite: Suite, checks: Sequence[ContractCheck]) -> list[Ruling]:
        """Return each ruling that a client can observe, decided by its scenarios and by breaches.

        A failed scenario does not count if it failed before its Then, got no answer, or waited for an event that the
        server never sends. A violated ruling lists all its evidence, MUST and SHOULD alike.
        """
        found = []
        of_example = {(example.requirement.id, example.row): example.rulings for example in suite.examples}
        for key, (seed, ruling) in RULINGS.items():
            of_it = [result for result in self.results if key in of_example[result.requirement, result.row]]
            by = [(check.verdict, check.id) for check in checks if check.id in self._telling[key]]
            silent = {result.id for result in of_it if self._says_nothing(result, key)}
            by += [(result.verdict, result.id) for result in of_it if result.id not in silent]
            by.sort(key=lambda pair: _ROW_ORDER.index(pair[0]))
            if {verdict for verdict, _ in by} <= {Verdict.SKIP}:
                by = [(Verdict.INCONCLUSIVE, result.id) for result in of_it if result.id in silent] or by
            verdict = by[0][0] if by else Verdict.SKIP
            alike = _BROKEN if verdict in _BROKEN else (verdict,)
            found.append(Ruling(key, seed, ruling, verdict, tuple(id_ for v, id_ in by if v in alike)))
        return found

    def _says_nothing(self, result: Result, row: str) -> bool:
        """Whether a failed result gives no evidence about the ruling."""
        untold, awaited = self._untold[result.id, result.transport]
        never = awaited != "" and not self._came["server", awaited] and ABSENT.get(row) != awaited
        return _unmet(result) and (result.failed_before or untold or never)

    def traffic(self) -> list[Traffic]:
        """Return message counts by direction and message; error codes are listed under the message that failed."""
        codes: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for (event, code), count in self.coverage.errors.items():
            codes[_failed_row(event)][code] += count
        rows = []
        for direction in Direction:
            for message in sorted(registry().events(direction)):
                asked = direction in (Direction.CLIENT, Direction.REQUEST)
                count = self.coverage.sent[direction, message] if asked else self._came[direction, message]
                acks = self._came["ack" if direction is Direction.CLIENT else "response", message] if asked else 0
                rows.append(
                    Traffic(
                        direction.value, message, count, acks, tuple(sorted(codes[direction.value, message].items()))
                    )
                )
        return rows

    def keywords(self) -> list[Cell]:
        """Return the coverage of each keyword of the client messages."""
        return [
            Cell(*place, accepted=self.coverage.accepted[place], refused=self.coverage.refused[place])
            for place in keywords()
        ]

    def began_to_pass(self) -> list[str]:
        """Return the known failures that passed: the list is out of date."""
        failed = {r.requirement for r in self.results if _unmet(r)} | {r.id for r in self.results if _unmet(r)}
        tried = {r.requirement for r in self.results if r.verdict is not Verdict.SKIP}
        tried |= {r.id for r in self.results if r.verdict is not Verdict.SKIP}
        checks = {check.id: check.verdict for check in self.contract_checks()}
        failed |= {id_ for id_, verdict in checks.items() if verdict is Verdict.FAIL}
        tried |= {id_ for id_, verdict in checks.items() if verdict is not Verdict.SKIP}
        unsure = {r.requirement for r in self.results if r.verdict is Verdict.INCONCLUSIVE}
        unsure |= {r.id for r in self.results if r.verdict is Verdict.INCONCLUSIVE}
        return sorted((self._known & tried) - failed - unsure)

    def verdict(self, results: Sequence[Result], checks: Sequence[ContractCheck], complaints: Sequence[str]) -> Verdict:
        """Return the worst verdict of the selection. Known failures do not count. A run without results is never a
        success.
        """
        if self.began_to_pass():
            return Verdict.FAIL
        found = [Verdict.PASS if r.known else r.verdict for r in results]
        if any(result.verdict is not Verdict.SKIP for result in self.results):
            found += [Verdict.PASS if check.id in self._known else check.verdict for check in checks]
        tried = [verdict for verdict in found if verdict is not Verdict.SKIP]
        if complaints:
            tried.append(Verdict.INCONCLUSIVE)
        return worst(tried) or Verdict.SKIP


def contract_id(direction: str, message: str) -> str:
    """Return an id such as `contract/server/presence:list`; `contract/secrecy` for the single check of a kind."""
    return f"contract/{direction}" if direction == message else f"contract/{direction}/{message}"


def contract_ids() -> list[str]:
    """Return the ids of all contract checks."""
    return [check.id for check in Findings(frozenset()).contract_checks()]


def _failed_row(event: str) -> tuple[str, str]:
    """Return the traffic row of a failure: `error` for an unknown event, REST's for an unknown operation."""
    for direction in (Direction.CLIENT, Direction.RESPONSE):
        if event in registry().events(direction):
            return direction.value, event
    return ("response" if event == "REST" else "server"), "error"


def _unmet(result: Result) -> bool:
    return result.verdict in _BROKEN
