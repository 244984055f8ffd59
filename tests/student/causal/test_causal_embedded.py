"""The embedded causal student beside the embedded teacher, which runs the same weights: slow."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from evokd.teacher.embedded import EmbeddedServer
from student.causal.causal import CausalStudent
from student.causal.chat import encode_prompts, encode_responses
from student.causal.values import CausalSettings, TokenScores, TrainingPair

pytestmark = pytest.mark.slow

CHATS: tuple[list[dict[str, str]], ...] = (
    [{"role": "user", "content": "What is the capital of France?"}],
    [
        {"role": "system", "content": "Think in <think> tags, then answer."},
        {"role": "user", "content": "  6 × 7?\n\n1. 41\n2. 42 "},
        {"role": "assistant", "content": "42"},
        {"role": "user", "content": "为什么? 🙂"},
    ],
)
TEXTS = (
    "Step one:\n\n1. 12 eggs cost $3.50, so 24 cost $7.\n\n\n2024 is  1  more than 2023.",
    "naïve café – “quotes” … 🙂🙃 为什么\ttabs\r\nand  double  spaces 007",
    "<think>\nLet me see.\n</think>\n\nAnswer: C",
    " leading space, trailing space ",
)


@pytest.fixture(autouse=True)
def no_network() -> None:
    """In place of the folder's own: the teacher is on loopback, which all tests may reach."""


@pytest.fixture(scope="module")
def student() -> CausalStudent:
    return CausalStudent.create(CausalSettings(threads=1), seed=1)


@pytest.fixture(scope="module")
def teacher() -> Iterator[str]:
    server = EmbeddedServer("smollm2-135m")
    yield server.base_url.removesuffix("/v1")
    server.stop()


def ask(url: str, body: dict[str, Any]) -> Any:
    data = json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def test_prompts_and_tokens_are_the_teachers(student: CausalStudent, teacher: str) -> None:
    tokenizer = student._base.tokenizer
    for messages in CHATS:
        prompt = ask(f"{teacher}/apply-template", {"messages": messages})["prompt"]
        assert student.prompt(messages) == prompt
        theirs = ask(f"{teacher}/tokenize", {"content": prompt, "parse_special": True})["tokens"]
        assert list(encode_prompts(tokenizer, [prompt])[0]) == theirs
    for text in TEXTS:
        theirs = ask(f"{teacher}/tokenize", {"content": text, "parse_special": False})["tokens"]
        ids, bounds = encode_responses(tokenizer, [text])[0]
        assert list(ids) == theirs
        assert bounds[-1] == len(text.encode())


def test_scores_are_the_teachers(student: CausalStudent, teacher: str) -> None:
    """llama.cpp multiplies in 4 and 8 bits, transformers in 32: close, not equal."""
    body = {"messages": CHATS[0], "max_tokens": 40, "temperature": 0, "logprobs": True}
    choice = ask(f"{teacher}/v1/chat/completions", body)["choices"][0]
    text = choice["message"]["content"]
    theirs = [one["logprob"] for one in choice["logprobs"]["content"] if one["token"]]
    (ours,) = student.score([student.prompt(CHATS[0])], [text])
    assert isinstance(ours, TokenScores) and len(ours) in (len(theirs), len(theirs) - 1)
    off = np.abs(ours.logprobs - np.array(theirs[: len(ours)]))
    assert off.mean() < 0.1
    assert np.median(ours.ranks) == 1  # it was greedy


def test_it_writes_and_learns(student: CausalStudent) -> None:
    prompt = student.prompt(CHATS[0])
    (answer,) = student.write([prompt], max_new_tokens=24)
    assert "Paris" in answer.text and answer.finish == "stop"
    said = "The capital of France is Paris. The answer is (B)."
    (before,) = student.score([prompt], [said])
    assert isinstance(before, TokenScores)
    report = student.fit([TrainingPair(prompt, said)] * 2, lr=2e-3, epochs=4, seed=1)
    (after,) = student.score([prompt], [said])
    assert isinstance(after, TokenScores) and after.nll < 0.5 * before.nll
    assert report.losses[-1] < report.losses[0]
    student.reset()
