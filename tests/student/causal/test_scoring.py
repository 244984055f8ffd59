from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from student.causal import bundles, lm_head
from student.causal.causal import CausalStudent
from student.causal.chat import encode
from student.causal.scoring import batches_by_length
from student.causal.values import CausalSettings, TokenScores, TooLong

PROMPTS = ["<|im_start|>user\n6?<|im_end|>\n<|im_start|>assistant\n", "Why do birds fly? ", "B"]
RESPONSES = ["The answer is 13.", "Because 🙂 they\n\n1. can.", "", " So (A), naïve."]


def naive(student: CausalStudent, prompt: str, response: str) -> tuple[list[float], list[int]]:
    """One example, the whole model, a full log-softmax, ranks by sorting."""
    (pair,) = encode(student._base.tokenizer, [prompt], [response])
    ids = torch.tensor([[*pair.prompt, *pair.response]])
    with torch.no_grad():
        table = student._model(input_ids=ids).logits[0].double().log_softmax(-1)
    logprobs, ranks = [], []
    for at in range(len(pair.prompt), ids.shape[1]):
        row, token = table[at - 1], int(ids[0, at])
        logprobs.append(float(row[token]))
        ranks.append(sorted(row.tolist(), reverse=True).index(float(row[token])) + 1)
    return logprobs, ranks


def scored(student: CausalStudent, prompts: list[str], responses: list[str]) -> list[TokenScores]:
    found = student.score(prompts, responses)
    assert all(isinstance(one, TokenScores) for one in found)
    return [one for one in found if isinstance(one, TokenScores)]


@pytest.fixture(scope="module")
def student(causal: Path) -> CausalStudent:
    return CausalStudent.create(CausalSettings(model=str(causal), max_length=128, threads=1), 1)


@pytest.mark.parametrize("share", [True, False])
@pytest.mark.parametrize("batch_tokens", [1, 64, 4096])
def test_scores_are_those_of_one_example_at_a_time(
    causal: Path, batch_tokens: int, share: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Batches, padding, shared rows, the head's chunks (here of two positions) change nothing."""
    monkeypatch.setitem(lm_head.CHUNK_BYTES, "cpu", 2 * 4 * 320)
    options = CausalSettings(
        model=str(causal), max_length=128, threads=1, batch_tokens=batch_tokens
    )
    student = CausalStudent.create(options, seed=1)
    assert student._base.share
    student._base = replace(student._base, share=share)
    pairs = [(prompt, response) for prompt in PROMPTS for response in RESPONSES]
    found = scored(student, [p for p, _ in pairs], [r for _, r in pairs])
    for (prompt, response), one in zip(pairs, found, strict=True):
        logprobs, ranks = naive(student, prompt, response)
        assert np.allclose(one.logprobs, logprobs, atol=1e-5)
        assert one.ranks.tolist() == ranks
        assert one.logprobs.dtype == np.float32
        assert one.bounds[0] == 0 and one.bounds[-1] == len(response.encode())
        assert one.nll == pytest.approx(-sum(logprobs), abs=1e-4)
    assert len({int(rank) for one in found for rank in one.ranks}) > 20  # they do differ


def test_a_prompt_is_read_once(student: CausalStudent, monkeypatch: pytest.MonkeyPatch) -> None:
    computed = []
    plain = student._base.model.base_model.forward

    def count(*args: Any, **kwargs: Any) -> Any:
        computed.append(kwargs["input_ids"].numel())
        return plain(*args, **kwargs)

    monkeypatch.setattr(student._base.model.base_model, "forward", count)
    found = scored(student, [PROMPTS[0]] * 4, RESPONSES)
    assert computed == [found[0].prompt_tokens + sum(map(len, found))]
    computed.clear()
    monkeypatch.setattr(bundles, "LONGEST", max(map(len, found)) + found[0].prompt_tokens)
    again = scored(student, [PROMPTS[0]] * 4, RESPONSES)
    assert sum(computed) > found[0].prompt_tokens + sum(map(len, found))  # in two rows
    for one, other in zip(found, again, strict=True):
        assert np.allclose(one.logprobs, other.logprobs, atol=1e-5)


@pytest.mark.parametrize(
    "changes", [{"sliding_window": 2}, {"layer_types": ["full_attention", "sliding_attention"]}]
)
def test_attention_with_a_window_shares_nothing(
    student: CausalStudent, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, cpu = student._base.model, torch.device("cpu")
    assert bundles.can_share(model, cpu)
    for name, value in changes.items():
        monkeypatch.setattr(model.config, name, value, raising=False)
    assert not bundles.can_share(model, cpu)


def test_attention_that_makes_its_own_mask_shares_nothing(
    student: CausalStudent, monkeypatch: pytest.MonkeyPatch
) -> None:
    def deaf(model: Any, ids: torch.Tensor, _positions: Any = None, _mask: Any = None) -> Any:
        return lm_head.hidden_states(model, ids)

    monkeypatch.setattr(bundles, "hidden_states", deaf)
    assert not bundles.can_share(student._base.model, torch.device("cpu"))


def test_response_tokens_only_and_no_end_of_turn(student: CausalStudent) -> None:
    (one,) = scored(student, PROMPTS[:1], RESPONSES[:1])
    coded = student._base.tokenizer(RESPONSES[0], add_special_tokens=False)["input_ids"]
    assert one.ids.tolist() == coded
    assert len(one) == len(one.ranks) == len(one.logprobs) == len(one.bounds) - 1
    assert one.prompt_tokens == len(encode(student._base.tokenizer, PROMPTS[:1], ["x"])[0].prompt)


def test_an_empty_response_has_no_tokens(student: CausalStudent) -> None:
    (one,) = scored(student, PROMPTS[:1], [""])
    assert len(one) == 0 and one.bounds.tolist() == [0] and one.nll == 0
    assert student.score([], []) == []


def test_ranks_count_what_is_greater(
    student: CausalStudent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of equals none is above the other."""
    logits = torch.tensor([[3.0, 1.0, 1.0, 2.0], [3.0, 1.0, 1.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    monkeypatch.setattr(lm_head, "logits_of", lambda _model, states: states)
    monkeypatch.setattr(lm_head, "chunks", lambda _model, states: [(slice(0, 3), states)])
    logprobs, ranks = lm_head.score_tokens(None, logits, torch.tensor([0, 2, 1]))
    assert ranks.tolist() == [1, 3, 1]
    total = math.exp(3) + 2 * math.e + math.exp(2)
    expected = [3 - math.log(total), 1 - math.log(total), -math.log(4)]
    assert logprobs.tolist() == pytest.approx(expected)


def test_a_response_beyond_the_context_is_refused_alone(causal: Path) -> None:
    options = CausalSettings(model=str(causal), max_length=40, threads=1)
    student = CausalStudent.create(options, seed=1)
    long = "a b c " * 20
    first, second, third = student.score(["So"] * 3, ["B", long, "A"])
    tokens = student.lengths(["So"], [long])[0]
    assert second == TooLong(tokens, 40)
    assert str(second) == f"{tokens} tokens with its prompt, the student takes 40"
    assert isinstance(first, TokenScores) and isinstance(third, TokenScores)
    # exactly at the limit, the end of the turn counted
    room = student.lengths(["So"], [""])[0]
    fits = next(n for n in range(200) if student.lengths(["So"], ["é" * n])[0] + 2 > 40)
    assert student.lengths(["So"], ["é" * fits])[0] <= 40 and room < 40
    assert isinstance(student.score(["So"], ["é" * fits])[0], TokenScores)
    assert isinstance(student.score(["So"], ["é" * (fits + 1)])[0], TooLong)


def test_the_head_sees_response_positions_in_bounded_chunks(
    student: CausalStudent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(lm_head.CHUNK_BYTES, "cpu", 8 * 4 * 320)
    head, seen = student._base.model.get_output_embeddings(), []
    hook = head.register_forward_hook(lambda _m, given, _out: seen.append(given[0].shape))
    try:
        found = scored(student, PROMPTS, RESPONSES[:1] * 3)
    finally:
        hook.remove()
    assert sum(shape[0] for shape in seen) == sum(map(len, found))
    assert max(shape[0] for shape in seen) <= 8


def test_label_likelihood_is_the_score_of_the_option(student: CausalStudent) -> None:
    single = student.label_likelihood(PROMPTS, ["A", "B"])
    several = student.label_likelihood(PROMPTS, ["A", "B", " C 🙂"])
    assert single.shape == (3, 2) and several.shape == (3, 3)
    assert np.allclose(single, several[:, :2], atol=1e-5)  # one pass a prompt, one an option
    for row, prompt in enumerate(PROMPTS):
        assert several[row, 2] == pytest.approx(sum(naive(student, prompt, " C 🙂")[0]), abs=1e-4)
    assert student.label_likelihood([], ["A"]).shape == (0, 1)


def test_labels_that_cant_be_asked_for(student: CausalStudent) -> None:
    for options in ([], ["A", ""]):
        with pytest.raises(ValueError, match="none of them empty"):
            student.label_likelihood(PROMPTS, options)
    with pytest.raises(ValueError, match="more than 128 tokens"):
        student.label_likelihood(["é" * 80], ["A"])


@settings(max_examples=60)
@given(st.lists(st.integers(1, 50), max_size=40), st.integers(1, 120))
def test_batches_keep_to_the_budget(lengths: list[int], budget: int) -> None:
    found = batches_by_length(lengths, budget)
    assert sorted(i for batch in found for i in batch) == list(range(len(lengths)))
    for batch in found:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget


def test_a_head_that_does_more_is_refused(
    student: CausalStudent, monkeypatch: pytest.MonkeyPatch
) -> None:
    from evokd.config import ConfigError

    model = student._base.model
    config: Any = model.config
    lm_head.check_head(model, "tiny")
    monkeypatch.setattr(config, "logit_scale", 0.5, raising=False)
    with pytest.raises(ConfigError, match=r"tiny \(LlamaForCausalLM\) changes its logits"):
        lm_head.check_head(model, "tiny")
