"""Analyses that are true of the student, and some that are not, over rows made by hand."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from agents.faithfulness import (
    CitedLoss,
    NamedPattern,
    cited_loss,
    errors_of,
    every,
    faithfulness,
    share_showing,
    shows,
    shuffled_share,
)
from agents.records import Mark, Marked

NOTHING = CitedLoss(None, None, None)


def classes(label: str) -> Sequence[str]:
    """`a+b` is two classes."""
    return [name for name in label.split("+") if name]


def row(label: str, predicted: str, kind: str = "hard", mark: Mark | None = None) -> Marked:
    own: Mark = "right" if label == predicted else "wrong"
    return Marked(f"{label}-{predicted}", "text", label, predicted, 0.5, mark or own, kind)


def errors(*pairs: tuple[str, str | None]) -> NamedPattern:
    return NamedPattern(frozenset(pairs))


@pytest.mark.parametrize(
    ("shown", "named"),
    [
        (row("a", "b"), {("a", "b")}),
        (row("a", "b", mark="confident"), {("a", "b")}),
        (row("a", "a"), set()),
        (row("a", "a", mark="uncertain"), {("a", None)}),
        (row("a+b", "a+c"), {("b", "c")}),
        (row("a+b", "a"), {("b", None)}),  # an entity that was only missed
    ],
)
def test_a_row_stands_for_the_error_that_its_reader_was_told(
    shown: Marked, named: set[tuple[str, str | None]]
) -> None:
    assert errors_of([shown], classes) == named


@pytest.mark.parametrize(
    ("verdict", "pair", "said"),
    [
        (("a", "b"), ("a", "b"), True),
        (("a", "c"), ("a", "b"), False),
        (("a", "c"), ("a", None), True),
        (("a", "a"), ("a", None), False),
        (("b", "a"), ("a", "b"), False),
        (("a+b", "a+c"), ("a", None), False),
        (("a+b", "a+c"), ("b", None), True),
    ],
)
def test_a_verdict_shows_an_error_of_that_class_in_that_way(
    verdict: tuple[str, str], pair: tuple[str, str | None], said: bool
) -> None:
    assert shows(row(*verdict), frozenset({pair}), classes) is said


def test_a_planted_weakness_is_seen() -> None:
    """Half of the hard texts show what the analysis names, none what an earlier one named."""
    batch = [row("a", "b"), row("a", "b"), row("a", "a"), row("c", "c"), row("b", "b", "easy")]
    found = faithfulness(
        [errors(("a", "b")), errors(("c", "d"))],
        [frozenset({("c", "a")}), frozenset({("b", "c")})],
        batch,
        classes,
        CitedLoss(2.0, 0.5, 0.1),
    )
    assert found == {
        "patterns": 2,
        "texts": 4,
        "named": 0.5,
        "by_pattern": [0.5, 0.0],
        "shuffled": 0.0,
        "easy": 0.0,
        "cited_loss": 2.0,
        "uncited_loss": 0.5,
        "right_loss": 0.1,
    }


def test_an_analysis_that_is_made_up_is_told_from_a_true_one() -> None:
    """Twelve rounds; texts are written for the analysis of their round, or for no matter which."""
    rng, names = random.Random(0), "abcdef"
    pairs = [(rng.choice("abc"), rng.choice("def")) for _ in range(12)]

    def gain(follows: bool) -> float:
        differences = []
        for own in pairs:
            told = own if follows else rng.choice(pairs)
            batch = [row(*told) for _ in range(8)] + [row(name, name) for name in names]
            others = [frozenset({pair}) for pair in pairs if pair != own]
            named = share_showing(batch, frozenset({own}), classes)
            shuffled = shuffled_share(batch, frozenset({own}), others, classes)
            assert named is not None and shuffled is not None
            differences.append(named - shuffled)
        return sum(differences) / len(differences)

    assert gain(follows=True) > 0.5
    assert abs(gain(follows=False)) < 0.2


def test_the_shuffled_share_is_the_mean_over_all_other_analyses() -> None:
    batch = [row("a", "b"), row("a", "c")]
    own = frozenset({("a", "b")})
    others = [frozenset({("a", "c")}), frozenset({("b", "c")}), own]
    assert shuffled_share(batch, own, others, classes) == pytest.approx(0.25)
    assert shuffled_share(batch, own, [own], classes) is None, "the same is no derangement"
    assert shuffled_share([], own, others, classes) is None


def test_texts_of_a_rival_count_as_hard_and_nothing_is_nothing() -> None:
    found = faithfulness(
        [errors(("a", "b"))], [], [row("a", "b", "plain"), row("a", "b", "pool")], classes, NOTHING
    )
    assert (found["texts"], found["named"], found["shuffled"], found["easy"]) == (1, 1, None, None)
    assert faithfulness([], [], [], classes, NOTHING)["named"] is None


def test_cited_rows_are_held_against_suspects_that_are_not_and_right_ones_stand_apart() -> None:
    shown = [row("a", "b"), row("a", "c"), row("b", "c"), row("c", "c")]
    losses = {"a-b": 3.0, "a-c": 1.0, "c-c": 0.25}  # b-c has none
    assert cited_loss(shown, ["a-b", "b-c"], losses) == (3.0, 1.0, 0.25)
    assert cited_loss(shown, [one.row for one in shown], losses) == (2.0, None, 0.25)
    assert cited_loss(shown, ["a-b"], {}) == NOTHING


def test_an_analysis_names_what_its_patterns_name() -> None:
    assert every([errors(("a", "b")), errors(("c", None))]) == {("a", "b"), ("c", None)}
