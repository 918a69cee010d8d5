"""Which examples a run tries, and why it leaves the others out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from realtime_contracts.conform.requirements import Example, Suite, suite
from realtime_contracts.conform.running.findings import contract_ids
from realtime_contracts.conform.running.selection import (
    FAMILY_OF,
    BadList,
    NothingSelected,
    Selection,
    family_of,
    read_known,
)
from realtime_contracts.conform.tags import FAMILIES, NEEDS
from tests.unit.contracts.conform.playing import example, requirement, suite_of

OUTLINE = requirement("presence/3.1", "should")
SMALL = suite_of(
    example(requirement("presence/1.1", tagged=("single",))),
    example(requirement("presence/1.10", "may")),
    example(OUTLINE, 1),
    example(OUTLINE, 2),
    *(example(OUTLINE, row) for row in range(10, 13)),
    example(requirement("presence/30.1")),
    example(requirement("rooms/1.1", needs=("slow",))),
    example(requirement("rooms/1.2"), 1),
    example(requirement("rooms/1.2"), 2, needs=("fault",)),
    example(requirement("rest/1.1")),
    example(requirement("errors/1.1")),
)


def selected(*words: str, of: Suite = SMALL, level: str = "may") -> list[str]:
    return [each.id for each in Selection(words, level).of(of)]


def refusal(*words: str, level: str = "may") -> str:
    with pytest.raises(NothingSelected) as caught:
        selected(*words, level=level)
    return str(caught.value)


def test_no_word_means_everything() -> None:
    assert selected() == [each.id for each in SMALL.examples]


@pytest.mark.parametrize(
    ("word", "ids"),
    [
        ("presence/1.1", ["presence/1.1"]),
        ("presence/1", ["presence/1.1", "presence/1.10"]),
        ("presence/3.1#1", ["presence/3.1#1"]),
        ("presence/3.1", ["presence/3.1#1", "presence/3.1#2", *(f"presence/3.1#{row}" for row in (10, 11, 12))]),
        ("presence/30", ["presence/30.1"]),
        ("rooms", ["rooms/1.1", "rooms/1.2#1", "rooms/1.2#2"]),
        ("@single", ["presence/1.1"]),
        ("@rooms and not @slow", ["rooms/1.2#1", "rooms/1.2#2"]),
        ("not @presence and @must", ["rooms/1.1", "rooms/1.2#1", "rooms/1.2#2", "rest/1.1", "errors/1.1"]),
        ("@fault", ["rooms/1.2#2"]),
        ("@may or @rest", ["presence/1.10", "rest/1.1"]),
        ("contract/server/room:users", ["rooms/1.1", "rooms/1.2#1", "rooms/1.2#2"]),
        ("contract/response/presence:status", ["rest/1.1"]),
        ("contract/ack/unknown_event", ["errors/1.1"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_word_selects(word: str, ids: list[str]) -> None:
    assert selected(word) == ids


def test_several_words_select_what_any_of_them_does_in_the_order_of_the_features() -> None:
    assert selected("rooms/1.1", "presence/1", "@single") == ["presence/1.1", "presence/1.10", "rooms/1.1"]


@pytest.mark.parametrize(
    ("level", "ids"),
    [
        ("must", ["presence/1.1"]),
        ("should", ["presence/1.1", "presence/3.1#1"]),
        ("may", ["presence/1.1", "presence/1.10", "presence/3.1#1"]),
    ],
)
def test_a_level_leaves_out_what_binds_less(level: str, ids: list[str]) -> None:
    assert selected("presence/1", "presence/3.1#1", level=level) == ids


def test_what_selects_nothing_says_which_word_and_what_would() -> None:
    told = refusal("presence/1.1", "presence/9.9")
    assert told.startswith(
        "'presence/9.9' selects nothing: ids are family/rule.scenario, of presence, rooms, rest, errors;"
    )
    assert "--list" in told
    assert refusal("@multi_node").endswith("no scenario has such tags")
    assert refusal("presence/1.10", level="should") == "nothing of that is of the level should"


@pytest.mark.parametrize(
    "word", ["presence/1.", "presence/1.1#", "presence/x", "Presence", "presence/1.1#99", "resence"]
)
def test_what_is_almost_an_id_selects_nothing(word: str) -> None:
    assert refusal(word).startswith(f"{word!r} selects nothing: ")


@pytest.mark.parametrize("word", ["@rooms and", "(@rooms", "@rooms @slow", "not (", "@rooms and or @slow"])
def test_a_broken_expression_is_told_in_a_line(word: str) -> None:
    told = refusal(word)
    assert told.startswith(f"{word!r} is neither an id nor a tag expression: ")
    assert "\n" not in told


@pytest.mark.parametrize(
    ("needs", "more", "words"),
    [
        (("multi_node",), {}, "two nodes"),
        (("fault",), {"nodes": 2}, "kills nodes"),
        (("slow",), {"skip_slow": True}, "--timeouts"),
    ],
    ids=["one node", "nobody to break it", "clocks unknown"],
)
def test_what_cannot_be_tried_says_why(needs: tuple[str, ...], more: dict[str, bool | int], words: str) -> None:
    told = Selection(**more).why_not(example(requirement("rooms/1.1", needs=needs)))  # type: ignore[arg-type]
    assert words in told


def test_what_can_be_tried_has_no_reason_not_to() -> None:
    most = example(requirement("rooms/1.1", needs=tuple(NEEDS.keys() - {"fault"})))
    assert Selection(nodes=2).why_not(most) == ""
    assert Selection(skip_slow=True).why_not(example(requirement("rooms/1.1"))) == ""


def test_the_needs_of_one_row_are_its_own() -> None:
    assert [each.id for each in SMALL.examples if Selection(nodes=2).why_not(each)] == ["rooms/1.2#2"]


def test_only_ids_of_the_contract_are_checks_that_were_asked_for() -> None:
    asked = Selection(("contract/secrecy", "rooms", "@slow", "contract/server/error")).contract_ids()
    assert asked == {"contract/secrecy", "contract/server/error"}
    assert Selection().contract_ids() == frozenset()


@pytest.mark.parametrize("id_", contract_ids())
def test_every_check_of_the_contract_selects_scenarios_of_a_family(id_: str) -> None:
    assert family_of(id_) in FAMILIES
    found: list[Example] = Selection((id_,)).of(suite())
    assert {each.requirement.family for each in found} == {family_of(id_)}


@pytest.mark.parametrize(
    ("id_", "family"),
    [
        ("contract/server/presence:list", "presence"),
        ("contract/response/presence:status", "rest"),
        ("contract/response/notifications:list", "notifications"),
        ("contract/response/activity:feed", "activity"),
        ("contract/response/error", "rest"),
        ("contract/server/doc:locked", "locks"),
        ("contract/ack/doc:unlock", "locks"),
        ("contract/ack/doc:edit", "documents"),
        ("contract/order/documents", "documents"),
        ("contract/order/presence", "presence"),
        ("contract/server/connect_error", "connection"),
        ("contract/secrecy", "connection"),
        ("contract/server/error", "errors"),
    ],
)
def test_the_family_that_brings_a_message_about(id_: str, family: str) -> None:
    assert family_of(id_) == family


def test_no_prefix_is_hidden_behind_a_shorter_one() -> None:
    prefixes = [prefix for prefix, _ in FAMILY_OF]
    for number, prefix in enumerate(prefixes):
        assert not any(prefix.startswith(earlier) for earlier in prefixes[:number]), prefix
    assert all(re.fullmatch(r"[a-z:]+", prefix) for prefix in prefixes)


def test_the_rows_that_decide_a_ruling_are_chosen_by_its_tag() -> None:
    chosen = [example.id for example in Selection(("@ruling_refused_tokens",)).of(suite())]
    assert [id_ for id_ in chosen if id_.startswith("connection/2.2")] == [f"connection/2.2#{n}" for n in (3, 4, 6, 7)]


# The list of what is known to fail

KNOWN_OUTLINE = requirement("presence/7.1")
KNOWN_SUITE = suite_of(example(requirement("presence/1.1")), example(KNOWN_OUTLINE, 1), example(KNOWN_OUTLINE, 2))
CHECKS = ["contract/ack/room:join"]


def known(folder: Path, text: str | bytes) -> frozenset[str]:
    file = folder / "known.txt"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_known(file, KNOWN_SUITE, CHECKS)


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


def test_an_event_that_only_this_server_has_may_be_known_to_fail(tmp_path: Path) -> None:
    file = tmp_path / "known.txt"
    file.write_text("contract/server/their:own\n")
    assert read_known(file, suite(), []) == {"contract/server/their:own"}
