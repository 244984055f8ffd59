"""What each rival asks for, and what it keeps, against cases small enough to count by hand."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from agents.writer import WriteRequest
from evokd.augment.rouge import RougeIndex
from evokd.tasks.example import Example
from graph.methods import auggpt, llm2llm, progen, zerogen
from graph.nodes.selector import hardest

LABELS = ("a", "b", "c")


def row(number: int, label: str = "a") -> Example:
    return Example(f"row-{number}", f"text {number}", label)


def test_zerogen_serves_the_classes_in_turn_and_goes_on_where_it_ended() -> None:
    first = zerogen.write_requests(LABELS, texts=4, per_call=1, round_number=1)
    second = zerogen.write_requests(LABELS, texts=4, per_call=1, round_number=2)
    assert [one.label for one in first + second] == ["a", "b", "c", "a", "b", "c", "a", "b"]
    assert all(one.examples == () and one.parents == () for one in first)


def test_zerogen_asks_for_as_many_texts_as_it_should() -> None:
    requests = zerogen.write_requests(LABELS, texts=10, per_call=4, round_number=1)
    assert [one.n for one in requests] == [5, 5]


@given(st.integers(1, 9), st.integers(1, 40), st.integers(1, 8), st.integers(1, 6))
def test_zerogen_is_balanced_over_the_rounds(
    classes: int, texts: int, per_call: int, rounds: int
) -> None:
    labels = [f"label {number}" for number in range(classes)]
    asked: Counter[str] = Counter()
    for number in range(1, rounds + 1):
        requests = zerogen.write_requests(
            labels, texts=texts, per_call=per_call, round_number=number
        )
        assert sum(one.n for one in requests) == texts
        asked.update(one.label for one in requests)
    calls = [asked[label] for label in labels]
    assert max(calls) - min(calls) <= 1


def test_progen_shows_helpful_rows_of_the_class_to_half_of_the_prompts() -> None:
    requests = [WriteRequest("ab"[number % 2], 1) for number in range(400)]
    helpful = [row(number, "a") for number in range(3)]
    shown = progen.with_examples(requests, helpful, shown=2, share=0.5, rng=Random(1))
    fed = [one for one in shown if one.examples]
    assert 70 < len(fed) < 130  # of the 200 for class a; class b has no helpful row
    for one in fed:
        assert one.label == "a" and len(set(one.examples)) == 2
        assert one.parents == tuple(f"row-{text.split()[1]}" for text in one.examples)
    assert [(one.label, one.n) for one in shown] == [(one.label, one.n) for one in requests]


def test_auggpt_paraphrases_every_seed_row_six_times_in_turn() -> None:
    seeds = [row(1, "a"), row(2, "b")]
    requests = auggpt.write_requests(seeds, paraphrases=6, per_call=1)
    assert len(requests) == 12
    assert [one.parents for one in requests[:4]] == [("row-1",), ("row-2",)] * 2
    assert all(one.label == {"row-1": "a", "row-2": "b"}[one.parents[0]] for one in requests)
    assert {one.examples for one in requests} == {("text 1",), ("text 2",)}


def test_auggpt_in_batches() -> None:
    requests = auggpt.write_requests([row(1)], paraphrases=6, per_call=4)
    assert [one.n for one in requests] == [4, 2]


def test_auggpt_repeated_serves_the_seeds_in_turn_and_goes_on_where_it_ended() -> None:
    seeds = [row(1, "a"), row(2, "b"), row(3, "c")]
    rounds = [
        auggpt.repeated_requests(seeds, texts=4, per_call=2, round_number=number)
        for number in (1, 2, 3)
    ]
    asked = [(one.parents, one.n) for requests in rounds for one in requests]
    turns = [("row-1",), ("row-2",), ("row-3",)] * 2
    assert asked == [(parents, 2) for parents in turns]


def test_llm2llm_writes_for_each_wrong_row_with_its_gold_label() -> None:
    requests = llm2llm.write_requests([row(3, "b"), row(5, "c")], rows=1, per_call=1)
    assert requests == [
        WriteRequest("b", 1, ("text 3",), ("row-3",)),
        WriteRequest("c", 1, ("text 5",), ("row-5",)),
    ]
    assert llm2llm.write_requests([], rows=1, per_call=1) == []


def test_llm2llm_drops_what_repeats_a_row_by_rouge_l() -> None:
    index = RougeIndex(0.8)
    index.add("the lid broke on the first day")
    # six of seven words in order: ROUGE-L 12 / 14 = 0.857
    assert index.twin("the lid broke on the second day") == "the lid broke on the first day"
    # three in order (the, on, the): 6 / 14
    assert index.twin("the cup fell on the hard floor") is None
    assert RougeIndex(0.95).twin("anything") is None


@given(st.lists(st.floats(0, 10), max_size=30), st.integers(0, 30))
def test_overgenerate_keeps_the_hardest_in_their_order(losses: list[float], keep: int) -> None:
    kept = hardest(losses, keep)
    assert kept == sorted(kept) and len(kept) == min(keep, len(losses))
    dropped = [loss for i, loss in enumerate(losses) if i not in set(kept)]
    assert not kept or not dropped or min(losses[i] for i in kept) >= max(dropped)
