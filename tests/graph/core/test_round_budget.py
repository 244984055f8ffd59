"""What a round will cost, foretold from those that were, and how a budget is used up."""

from __future__ import annotations

from pathlib import Path

import pytest

from evokd.store.run_dir import RunDir, read_lines
from graph.core.pool_share import PoolShare
from graph.core.round_budget import RoundCost, foretell
from graph.session import start
from tests.servers.runs import settings

SIZES = {"easy_generator": (4, 1), "hard_generator": (4, 1), "labeler": (8, 2), "critic": (8, 1)}


def cost(texts: int) -> RoundCost:
    """A round whose calls cost 100 tokens each, whose texts 10, here and in each later prompt."""
    calls, each = texts // 8, texts // 2
    writing = [each // 4, each // 4 * 100, each * 10]
    judged = [calls, calls * 100 + texts * (10 + 6), texts * 3]
    return {
        "analyst": [1, 300, 50],
        "easy_generator": writing,
        "hard_generator": writing,
        "labeler": [2 * number for number in judged],
        "critic": judged,
        "texts": [texts],
    }


def test_the_model_gives_back_the_round_it_was_made_from() -> None:
    line = cost(16)
    model = foretell([line], SIZES)
    assert model is not None
    whole = sum(sum(line[role][1:]) for role in ("analyst", *SIZES))
    assert model.of(16) == pytest.approx(whole)
    assert model.votes(16) == pytest.approx(sum(line["labeler"][1:]) + sum(line["critic"][1:]))


def test_a_small_round_pays_for_its_prompts_all_the_same() -> None:
    model = foretell([cost(16)], SIZES)
    assert model is not None
    # one analysis, two writers' prompts, two voters and a critic with one prompt each
    assert model.of(2) == pytest.approx(350 + 2 * 100 + 3 * 100 + 2 * (10 + 3 * 19))
    assert model.of(16) / 16 < model.of(2) / 2


def test_texts_that_nobody_wrote_are_told_from_the_prompts_own() -> None:
    """Sixteen texts of a pool, 10 tokens each, in two calls of a labeler of 100 tokens each."""
    spent = [2, 2 * 100 + 16 * (10 + 6), 16 * 3]
    model = foretell([{"labeler": spent, "texts": [16], "pool": [16, 160]}], {"labeler": (8, 1)})
    assert model is not None
    assert model.of(16) == pytest.approx(sum(spent[1:]))
    assert model.of(2) == pytest.approx(100 + 2 * 19)


def test_texts_of_the_pool_cost_votes_and_no_writing() -> None:
    line = cost(16)
    mixed = {**line, **{role: [*line[role]] for role in SIZES}, "texts": [32], "pool": [16, 160]}
    mixed["labeler"] = [2 * line["labeler"][0], 2 * line["labeler"][1], 2 * line["labeler"][2]]
    mixed["critic"] = [2 * number for number in line["critic"]]
    model = foretell([mixed], SIZES, PoolShare(0.5, 100))
    assert model is not None
    whole = sum(sum(mixed[role][1:]) for role in ("analyst", *SIZES))
    assert model.of(32) == pytest.approx(whole)
    writing = sum(sum(line[role][1:]) for role in ("easy_generator", "hard_generator"))
    used_up = foretell([mixed], SIZES, PoolShare(0.5, 0))
    assert used_up is not None
    assert used_up.of(32) == pytest.approx(whole + writing)


def test_nothing_is_foretold_before_a_round_or_from_one_without_texts() -> None:
    assert foretell([], SIZES) is None
    assert foretell([{"analyst": [1, 300, 50], "texts": [0]}], SIZES) is None


@pytest.mark.parametrize("pack", ["small", "evokd"])
@pytest.mark.parametrize("tokens", [6000, 7500])
def test_a_budget_is_used_up_and_no_text_goes_without_a_label(
    shared: Path, tmp_path: Path, pack: str, tokens: int
) -> None:
    config = settings(
        shared,
        "http://127.0.0.1:1",
        "teachers={default: {scripted: true}}",
        f"prompts.pack={pack}",
        "loop.rounds=null",
        "loop.n_hard=4",
        "loop.n_easy=4",
        f"budget.tokens={tokens}",
    )
    assert start(config, tmp_path / "run").status == "done"
    directory = RunDir.open(tmp_path / "run")
    assert directory.run()["reason"] == "budget.tokens is reached"
    lines = read_lines(directory.metrics)
    # prompts of lists cost as much as five texts, and what is left at the end buys no further one
    least = {"small": 0.97, "evokd": 0.94}[pack]
    assert least * tokens <= lines[-1]["billed_tokens"] <= tokens
    for line in lines[1:]:
        rejected = directory.path / "rounds" / f"{line['round']:03d}" / "rejected.jsonl"
        assert not [row for row in read_lines(rejected) if row["reason"].startswith("unlabelled")]
