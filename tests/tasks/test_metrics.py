import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evokd.tasks.metrics import ClassScores, Scores, confusion, report, score

LABELS = ("neg", "neu", "pos")
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1)


def test_scores_by_hand() -> None:
    gold = ["neg", "neg", "pos", "pos"]
    predicted = ["neg", "pos", "pos", "pos"]
    # neg: P 1, R 1/2, F1 2/3. pos: P 2/3, R 1, F1 4/5. neu occurs nowhere and is left out.
    assert score(gold, predicted, LABELS) == pytest.approx(Scores((2 / 3 + 4 / 5) / 2, 0.75))
    assert report(gold, predicted, LABELS) == {
        "neg": pytest.approx(ClassScores(1.0, 0.5, 2 / 3, 2)),
        "neu": ClassScores(0.0, 0.0, 0.0, 0),
        "pos": pytest.approx(ClassScores(2 / 3, 1.0, 0.8, 2)),
    }
    assert confusion(gold, predicted, LABELS) == [[1, 0, 1], [0, 0, 0], [0, 0, 2]]


def test_a_class_without_gold_rows_costs_when_predicted() -> None:
    assert score(["neg", "neg"], ["neg", "neu"], LABELS).macro_f1 == pytest.approx(1 / 3)


def test_perfect_and_hopeless() -> None:
    assert score(["neg"], ["neg"], LABELS) == Scores(1.0, 1.0)
    assert score(["neg"], ["pos"], LABELS) == Scores(0.0, 0.0)


def test_many_classes_on_few_rows_warn_of_nothing() -> None:
    labels = [f"class {i}" for i in range(77)]
    gold, predicted = labels[:40], labels[1:41]
    assert score(gold, predicted, labels) == Scores(0.0, 0.0)
    assert len(report(gold, predicted, labels)) == 77
    assert sum(map(sum, confusion(gold, predicted, labels))) == 40


@pytest.mark.parametrize("call", [score, report, confusion])
@pytest.mark.parametrize(
    ("gold", "predicted", "message"),
    [
        ([], [], "0/0"),
        (["neg"], [], "0/1"),
        (["neg"], ["joy"], "not in labels: .'joy'"),
        (["joy"], ["neg"], "not in labels: .'joy'"),
    ],
)
def test_bad_calls(call, gold: list[str], predicted: list[str], message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=message):
        call(gold, predicted, LABELS)


@settings(deadline=None)  # the first call imports scikit-learn
@given(PAIRS)
def test_the_numbers_agree_with_each_other(pairs: list[tuple[str, str]]) -> None:
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    scores = score(gold, predicted, LABELS)
    counts = confusion(gold, predicted, LABELS)
    lines = report(gold, predicted, LABELS)
    assert type(scores.macro_f1) is float
    assert 0 <= scores.macro_f1 <= 1
    assert scores.accuracy == pytest.approx(sum(counts[i][i] for i in range(3)) / len(pairs))
    present = {*gold, *predicted}
    assert scores.macro_f1 == pytest.approx(sum(lines[name].f1 for name in present) / len(present))
    assert [lines[name].support for name in LABELS] == [sum(line) for line in counts]
    assert type(counts[0][0]) is int
