"""The list of what is known to fail."""

from __future__ import annotations

from pathlib import Path

import pytest

from realtime_contracts.conform.running.known import BadList, read_known
from tests.unit.contracts.conform.playing import example, requirement, suite_of

OUTLINE = requirement("presence/7.1")
SUITE = suite_of(example(requirement("presence/1.1")), example(OUTLINE, 1), example(OUTLINE, 2))
CHECKS = ["contract/ack/room:join"]


def known(folder: Path, text: str | bytes) -> frozenset[str]:
    file = folder / "known.txt"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_known(file, SUITE, CHECKS)


def test_ids_of_every_kind_and_remarks(tmp_path: Path) -> None:
    text = """\
# what our server does not do
presence/1.1   # since 2024
  presence/7.1#2

\t# presence/7.1#1
contract/ack/room:join\t# never
"""
    assert known(tmp_path, text) == {"presence/1.1", "presence/7.1#2", "contract/ack/room:join"}


def test_a_row_is_no_remark(tmp_path: Path) -> None:
    assert known(tmp_path, "presence/7.1#2") == {"presence/7.1#2"}
    assert known(tmp_path, "presence/7.1 #2") == {"presence/7.1"}


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n"], ids=["empty", "blank", "only a remark"])
def test_nothing_may_be_known(tmp_path: Path, text: str) -> None:
    assert known(tmp_path, text) == frozenset()


def test_lines_of_another_system_are_lines(tmp_path: Path) -> None:
    assert known(tmp_path, "\ufeffpresence/1.1\r\npresence/7.1 # x\r\n") == {"presence/1.1", "presence/7.1"}


@pytest.mark.parametrize(
    "id_",
    ["presence/1.2", "presence/7.1#3", "presence/1.1#1", "presence", "contract/ack/room:jion", "presence/1.1#2 x"],
)
def test_an_id_that_is_not_there_is_refused_with_its_line(tmp_path: Path, id_: str) -> None:
    with pytest.raises(BadList) as caught:
        known(tmp_path, f"# remark\npresence/1.1\n{id_}  # why\n")
    assert str(caught.value) == f"{tmp_path / 'known.txt'}:3: there is no requirement {id_!r}"


def test_what_is_no_text_is_no_list(tmp_path: Path) -> None:
    with pytest.raises(BadList, match=r"known\.txt is no text: .* at byte 3"):
        known(tmp_path, b"abc\xff\xfe")
