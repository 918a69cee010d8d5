"""The contract against its last release, which `contracts/released.json` keeps."""

from __future__ import annotations

from pathlib import Path

from realtime_contracts.contract.schemas import bundle, read_bundle, read_folder
from realtime_contracts.diff.judging import judged
from realtime_contracts.diff.printing import lines

CONTRACTS = Path(__file__).parents[3] / "contracts"
RELEASED = CONTRACTS / "released.json"


def test_the_contract_has_not_changed_more_since_its_release_than_version_says() -> None:
    verdict = judged(read_bundle(RELEASED), read_folder(CONTRACTS))

    report = "\n".join(line.plain for line in lines(verdict, "contracts/released.json", "contracts"))
    assert verdict.enough, (
        f"{report}\n\nRaise contracts/VERSION; with a release: realtime contract bundle -o {RELEASED}"
    )


def test_the_release_is_written_as_the_command_writes_it() -> None:
    assert RELEASED.read_text(encoding="utf-8") == bundle(read_bundle(RELEASED))
