from __future__ import annotations

import pytest

from agents.decoding.paths import (
    ChosenPath,
    Path,
    choose,
    choose_aggregated,
    choose_majority,
    choose_max,
    overlap,
    share,
)

PATHS = [
    Path("5", 0.2),
    Path("8", 0.4),
    Path(None, None),
    Path("5", 0.3),
    Path("7", 0.45),
    Path("5", None),
]


def test_choices_by_hand() -> None:
    assert choose_max(PATHS) == ChosenPath("7", 4, 0.45)
    aggregated = choose_aggregated(PATHS)
    assert aggregated is not None
    assert (aggregated.answer, aggregated.path) == ("5", 3)
    assert aggregated.weight == pytest.approx(0.5)
    assert choose_majority(PATHS) == ChosenPath("5", 3, 3.0)


def test_ties_go_to_the_first() -> None:
    paths = [Path("a", 0.3), Path("b", 0.3), Path("b", None), Path("a", None)]
    assert choose_max(paths) == ChosenPath("a", 0, 0.3)
    assert choose_aggregated(paths) == ChosenPath("a", 0, 0.3)
    assert choose_majority(paths) == ChosenPath("a", 0, 2.0)


@pytest.mark.parametrize("paths", [[], [Path(None, None)], [Path(None, 0.5)]])
def test_no_answer_no_choice(paths: list[Path]) -> None:
    assert choose_max(paths) is choose_aggregated(paths) is choose_majority(paths) is None


def test_paths_without_margins_still_vote() -> None:
    paths = [Path("a", None), Path("b", None), Path("b", None)]
    assert choose_majority(paths) == ChosenPath("b", 1, 2.0)
    assert choose_aggregated(paths) is None


def test_no_path_speaks_against_its_own_answer() -> None:
    """Two unsure paths to one answer are no worse than one to another."""
    paths = [Path("b", -0.15), Path("a", -0.1), Path("a", -0.1)]
    aggregated = choose_aggregated(paths)
    assert aggregated == ChosenPath("a", 1, 0.0)
    assert choose_max(paths) == ChosenPath("a", 1, -0.1)
    assert choose_aggregated([*paths, Path("b", 0.01)]) == ChosenPath("b", 3, 0.01)


def test_answers_that_are_nearly_the_same_stand_together() -> None:
    """Nobody says the same thing, and the first says what nobody else does."""
    paths = [Path("kettles", 0.5), Path("noise rooms", 0.3), Path("noise rooms late", 0.4)]
    chosen = choose("majority", paths, overlap)
    assert chosen is not None and chosen.path == 1
    assert chosen.weight == pytest.approx(1 + 4 / 5)
    weighed = choose("aggregated", paths, overlap)
    assert weighed is not None and weighed.path == 2
    assert weighed.weight == pytest.approx(0.4 + 0.3 * 4 / 5)
    assert choose("max", paths, overlap) == ChosenPath("kettles", 0, 0.5)


def test_the_share_of_an_answer() -> None:
    paths = [Path("a", 0.3), Path("b", 0.1), Path("b", -0.2), Path(None, 0.9), Path("b", None)]
    assert share(paths, "a", "aggregated") == pytest.approx(0.75)
    assert share(paths, "b", "majority") == pytest.approx(0.75)
    assert share([Path("a", None), Path("b", -0.1)], "a", "max") == 0.5
    assert share([Path(None, 0.1)], "a", "majority") == 0.0
