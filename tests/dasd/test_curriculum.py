"""Which questions are asked, which lessons are taught in which order, what is chosen and cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evokd.config import ConfigError
from evokd.dasd.choosing import by_chance, by_tokens, choose
from evokd.dasd.lessons import CHANCE, arms, lessons, next_lesson
from evokd.dasd.mixed import cap, cut
from evokd.dasd.questions import draw_questions, draw_rows
from evokd.dasd.selection import Ordering, SelectionCandidate, by_rank
from evokd.dasd.settings import DasdConfig, SelectionConfig
from evokd.tasks.example import Example
from evokd.tasks.text import normalise

ROWS = tuple(Example(f"train-{i}", f"Question {i}?", "A") for i in range(20))


def config(one: int = 5, two: int = 5, **more: object) -> DasdConfig:
    raw = {"stage1": {"questions": one}, "stage2": {"questions": two}, **more}
    return DasdConfig.model_validate(raw)


def test_stages_have_different_questions_unless_the_config_says_so() -> None:
    found = draw_questions(ROWS, (), config(), 1)
    assert [len(found[name]) for name in ("stage1", "stage2")] == [5, 5]
    assert not set(found["stage1"]) & set(found["stage2"])
    same = draw_questions(ROWS, (), config(same_questions=True), 1)
    assert same["stage1"] == same["stage2"] == found["stage1"]


def test_a_draw_does_not_depend_on_the_order_of_the_file_but_on_the_seed() -> None:
    assert draw_questions(ROWS[::-1], (), config(), 1) == draw_questions(ROWS, (), config(), 1)
    assert draw_questions(ROWS, (), config(), 2) != draw_questions(ROWS, (), config(), 1)


def test_repetitions_and_held_out_questions_are_never_asked() -> None:
    twice = (*ROWS, *(Example(f"again-{i}", f"question  {i}", "B") for i in range(20)))
    held_out = {normalise(f"Question {i}?") for i in range(10)}
    found = draw_questions(twice, held_out, config(), 1)
    asked = [row.text for rows in found.values() for row in rows]
    assert sorted(map(normalise, asked)) == sorted(
        normalise(f"Question {i}?") for i in range(10, 20)
    )
    with pytest.raises(ConfigError, match="11 training questions are asked for, 10 are there"):
        draw_questions(twice, held_out, config(two=6), 1)


def test_adapters_that_are_given_stand_for_the_first_stage() -> None:
    assert set(draw_questions(ROWS, (), config(adapter="/x"), 1)) == {"stage2"}


def test_rows_to_compare_on_are_a_subset_in_the_order_of_the_file() -> None:
    some = draw_rows(ROWS, 6, 3)
    assert len(some) == 6 and list(some) == sorted(some, key=ROWS.index)
    assert draw_rows(ROWS, None, 3) == draw_rows(ROWS, 99, 3) == ROWS


def test_stages_are_taught_before_those_they_are_compared_with() -> None:
    found = lessons(config(mixed={}, evaluation={"arms": ["random", "answer_only", "high_only"]}))
    names = [one.name for one in found]
    assert names == ["stage1", "stage2", "mixed", CHANCE, "random", "answer_only", "high_only"]
    assert [one.after for one in found] == [None, "stage1", "stage2", None, CHANCE, None, None]
    assert [one.chosen for one in found[3:5]] == [False, False]


def test_a_control_is_taught_at_the_rate_of_its_stage() -> None:
    by_name = {one.name: one for one in lessons(DasdConfig())}
    assert (by_name["stage1"].lr, by_name["stage2"].lr) == (2e-4, 1e-4)
    assert by_name["stage2_random"].lr == by_name["stage2"].lr
    assert by_name["answer_only"].lr == by_name["stage1"].lr


def test_equal_tokens_are_a_lesson_of_their_own_beside_equal_counts() -> None:
    found = lessons(config(evaluation={"arms": ["stage2_random", "stage2_tokens"]}))
    count, tokens = found[2:]
    assert (tokens.name, tokens.after, tokens.source) == ("stage2_tokens", "stage1", "stage2")
    assert (tokens.chosen, tokens.lr, tokens.epochs) == (False, count.lr, count.epochs)
    assert tokens.by_tokens and not count.by_tokens


def test_chance_comes_as_near_to_the_tokens_as_whole_responses_do() -> None:
    made = candidates(9, 2)  # of 1 and 2 tokens
    chosen = by_rank(made, 0.4, Ordering("longest"), "stratum")
    found = by_tokens(made, chosen, seed=3)
    assert chosen.size == 14 and abs(found.size - 14) <= 1
    assert {one.id for one in found.kept} != {one.id for one in chosen.kept}
    assert found == by_tokens(made, chosen, seed=3)


@pytest.mark.parametrize(
    ("at", "written", "stopped", "expected"),
    [
        (0, [], False, "stage1"),
        (1, ["stage1"], False, "stage2"),  # its responses are still to be asked for
        (1, ["stage1"], True, "answer_only"),  # nothing more can be asked
        (2, ["stage1", "stage2"], True, "answer_only"),
        (3, ["stage1", "stage2"], False, "stage2_random"),
        (3, ["stage1"], True, None),
        (0, [], True, "answer_only"),
    ],
)
def test_what_lacks_its_responses_is_passed_over_when_the_asking_is_over(
    at: int, written: list[str], stopped: bool, expected: str | None
) -> None:
    plan = lessons(DasdConfig())
    found = next_lesson(plan, at, written, stopped=stopped)
    assert (None if found is None else plan[found].name) == expected


def test_only_those_who_were_taught_are_compared() -> None:
    assert arms(DasdConfig(), {"stage1", "answer_only"}) == ("base", "stage1", "answer_only")
    assert arms(DasdConfig(), {CHANCE}) == ("base",)


def candidates(questions: int, each: int) -> tuple[SelectionCandidate, ...]:
    return tuple(
        SelectionCandidate(f"{q}-{n}", f"q{q}", "T=0.3", size=n + 1, rsr=float(n))
        for q in range(questions)
        for n in range(each)
    )


def test_chance_takes_as_many_and_from_the_same_questions_where_there_are_several() -> None:
    rule = SelectionConfig(order="rsr", fraction=0.5, within="question")
    pool = candidates(5, 4)
    chosen = choose(rule, pool, 1)
    assert [one.id[-1] for one in chosen.kept] == ["0", "1"] * 5
    control = by_chance(rule, pool, chosen, 1)
    assert [one.question for one in control.kept] == [one.question for one in chosen.kept]
    assert control.kept != chosen.kept
    lone = candidates(8, 1)
    rule = SelectionConfig(order="longest", fraction=0.5)
    chosen = choose(rule, lone, 1)
    assert len(by_chance(rule, lone, chosen, 1).kept) == len(chosen.kept) == 4


def test_everything_is_kept_when_the_config_says_so() -> None:
    pool = candidates(3, 2)
    assert choose(SelectionConfig(by="all"), pool, 1).kept == pool


@given(st.text(min_size=1, max_size=80), st.integers(0, 9))
def test_a_beginning_is_a_beginning_past_half_and_ends_with_a_word(text: str, seed: int) -> None:
    part = cut(text, seed, "q")
    assert text.startswith(part)
    rest = text[len(part) :]
    assert not part or not rest or rest[0].isspace()
    assert len(part) + len(rest) - len(rest.lstrip()) >= int(len(text) / 2)
    assert cut(text, seed, "q") == part


def test_the_cap_is_a_multiple_of_the_teacher_s_mean() -> None:
    assert cap([10, 20], 1.5) == 23
    assert cap([], 1.5) == 8
