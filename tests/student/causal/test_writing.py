from __future__ import annotations

from pathlib import Path

import pytest
import torch

from evokd.config import LoraConfig
from student.causal.causal import CausalStudent
from student.causal.chat import encode_prompts
from student.causal.values import CausalSettings, StudentAnswer, TrainingPair

PROMPTS = [
    "<|im_start|>user\n6?<|im_end|>\n<|im_start|>assistant\n",
    "Why",
    "<|im_start|>user\nWhy do birds fly?<|im_end|>\n<|im_start|>assistant\n",
    "The answer is",
    "kettle",
]


@pytest.fixture(scope="module")
def student(causal: Path) -> CausalStudent:
    """Taught to stop after answers of different lengths."""
    settings = CausalSettings(
        model=str(causal),
        max_length=128,
        lora=LoraConfig(r=8, alpha=16, target_modules=("all-linear",)),
        threads=1,
    )
    student = CausalStudent.create(settings, seed=1)
    said = ["13", "Because birds fly", "🙂", "B", "A kettle boils water. So."]
    lessons = [TrainingPair(prompt, answer) for prompt, answer in zip(PROMPTS, said, strict=True)]
    student.fit(lessons, lr=2e-2, epochs=40, seed=1)
    return student


def naive(student: CausalStudent, prompt: str, limit: int) -> tuple[str, str, int]:
    """One row, the whole prefix again for each token."""
    base = student._base
    ids = list(encode_prompts(base.tokenizer, [prompt])[0])
    start, finish = len(ids), "length"
    while len(ids) - start < limit:
        with torch.no_grad():
            token = int(student._model(input_ids=torch.tensor([ids])).logits[0, -1].argmax())
        ids.append(token)
        if token in base.stops:
            finish = "stop"
            break
    text: str = base.tokenizer.decode(ids[start:], skip_special_tokens=True)
    return text, finish, len(ids) - start


@pytest.mark.parametrize("batch_tokens", [1, 150, 4096])
def test_batches_write_what_one_row_writes(student: CausalStudent, batch_tokens: int) -> None:
    settings = student.settings
    changed = CausalSettings(**{**vars(settings), "batch_tokens": batch_tokens})
    student.settings = changed
    try:
        found = student.write(PROMPTS, max_new_tokens=[30, 30, 30, 1, 4])
    finally:
        student.settings = settings
    for prompt, limit, answer in zip(PROMPTS, [30, 30, 30, 1, 4], found, strict=True):
        assert (answer.text, answer.finish, answer.tokens) == naive(student, prompt, limit)
        assert answer.prompt_tokens == len(encode_prompts(student._base.tokenizer, [prompt])[0])
    assert {answer.finish for answer in found} == {"stop", "length"}
    assert found[0].text == "13" and found[2].text == "🙂"


def test_the_base_writes_something_else(student: CausalStudent) -> None:
    taught, plain = (student.write(PROMPTS, max_new_tokens=8, base=base) for base in (False, True))
    assert taught != plain
    assert taught == student.write(PROMPTS, max_new_tokens=8)


def test_sampling_follows_the_seed_row_by_row(student: CausalStudent) -> None:
    def draw(prompts: list[str], seed: int) -> list[StudentAnswer]:
        return student.write(prompts, max_new_tokens=12, temperature=2.0, seed=seed, base=True)

    assert draw(PROMPTS, 1) == draw(PROMPTS, 1)
    assert draw(PROMPTS, 1) != draw(PROMPTS, 2)
    assert draw(PROMPTS, 1)[0] == draw(PROMPTS[:1], 1)[0]
    alike = draw(["Why"] * 4, 1)
    assert len({answer.text for answer in alike}) > 1


def test_an_answer_is_cut_where_the_context_ends(causal: Path) -> None:
    settings = CausalSettings(model=str(causal), max_length=16, threads=1)
    student = CausalStudent.create(settings, seed=1)
    (answer,) = student.write(["é" * 6], max_new_tokens=100)
    assert answer.prompt_tokens == 12
    assert (answer.tokens, answer.finish) == (4, "length") or answer.finish == "stop"
    with pytest.raises(ValueError, match="prompt 1: 16 tokens, limit 5: no room"):
        student.write(["B", "é" * 8], max_new_tokens=5)
    with pytest.raises(ValueError, match="prompt 0: 1 tokens, limit 0"):
        student.write(["B"], max_new_tokens=0)


def test_nothing_to_write(student: CausalStudent) -> None:
    assert student.write([], max_new_tokens=5) == []
