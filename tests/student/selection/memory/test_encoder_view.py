"""The real student's answers against autograd, and every policy on every kind it serves."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from random import Random

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from evokd.config import LoraConfig, RunError, StudentConfig, TaskKind
from evokd.config.contrastive import ContrastiveConfig
from evokd.tasks.example import Example
from evokd.tasks.formats import choice, multi, pair
from evokd.tasks.spans import EntitySpan, encode
from student.encoder.encoder import Encoder
from student.selection.influence import forward, helpfulness, row_losses
from student.selection.memory import MEMORIES
from student.selection.memory.encoder_view import EncoderView, last_layer_inputs
from student.selection.memory.student_view import Floats
from tests.student.tiny import BAD, GOOD, LABELS

PLAIN: dict[str, object] = {}
LORA = {"lora": LoraConfig(r=4, alpha=8), "lr": 2e-2}
MEAN = {"contrastive": ContrastiveConfig()}


@pytest.fixture(params=[PLAIN, LORA, MEAN], ids=["full", "lora", "mean"])
def encoder(request: pytest.FixtureRequest, config: StudentConfig, rows: list[Example]) -> Encoder:
    encoder = Encoder.create(config.model_copy(update=request.param), LABELS, seed=1)
    encoder.fit(rows, seed=1, epochs=2)
    return encoder


def flipped(rows: Sequence[Example]) -> list[Example]:
    """Wrong labels, so that some gradients are large; more rows than one batch has."""
    return [Example(f"{row.id}x", row.text, LABELS[row.label == LABELS[0]]) for row in rows]


def bits(encoder: Encoder) -> list[torch.Tensor]:
    return [value.detach().clone() for value in encoder.network.state_dict().values()]


def last_parameters(encoder: Encoder) -> tuple[torch.Tensor, torch.Tensor]:
    """The trained weight and bias that end the network, by their names."""
    named = dict(encoder.network.named_parameters())
    ends = [name for name, value in named.items() if "classifier" in name and value.requires_grad]
    (weight,) = [name for name in ends if name.endswith("weight")]
    (bias,) = [name for name in ends if name.endswith("bias")]
    return named[weight], named[bias]


def test_head_gradients_equal_autograd(encoder: Encoder, rows: list[Example]) -> None:
    mixed = [*rows, *flipped(rows)]
    errors, inputs = EncoderView(encoder).head_gradients(mixed)
    assert errors.shape == (40, 2) and inputs.shape == (40, 33)
    encoded, parameters = encoder.encode(mixed), last_parameters(encoder)
    for at in range(len(mixed)):
        logits, gold = forward(encoder, encoded, [at])
        weight, bias = torch.autograd.grad(cross_entropy(logits, gold), parameters)
        exact = np.hstack([weight.numpy(), bias.numpy()[:, None]])
        np.testing.assert_allclose(np.outer(errors[at], inputs[at]), exact, atol=2e-6)


def test_losses_after_a_step_equal_a_step_on_a_copy(encoder: Encoder, rows: list[Example]) -> None:
    incoming, old = flipped(rows)[:7], rows
    found = EncoderView(encoder, rate=0.05).losses_after_step(old, incoming)

    twin = copy.deepcopy(encoder)
    logits, gold = forward(twin, twin.encode(incoming), range(7))
    torch.autograd.backward(cross_entropy(logits, gold))
    optimiser = torch.optim.SGD(
        [value for value in twin.network.parameters() if value.grad is not None], lr=0.05
    )
    optimiser.step()
    np.testing.assert_allclose(found, row_losses(twin, old), atol=2e-5)
    view = EncoderView(encoder, rate=0.05)
    assert view.losses_after_step(incoming, incoming).mean() < view.losses(incoming).mean() - 1e-4


def test_the_student_stays_as_it_was(encoder: Encoder, rows: list[Example]) -> None:
    before, view = bits(encoder), EncoderView(encoder)
    hooks = sum(len(module._forward_hooks) for module in encoder.network.modules())
    view.losses_after_step(rows, rows[:5])
    view.head_gradients(rows)
    view.log_probabilities(rows)
    assert sum(len(module._forward_hooks) for module in encoder.network.modules()) == hooks
    view.embeddings(rows)
    assert all(torch.equal(a, b) for a, b in zip(before, bits(encoder), strict=True))
    assert not encoder.network.training
    assert all(value.grad is None for value in encoder.network.parameters())


def test_answers_are_the_students_own(encoder: Encoder, rows: list[Example]) -> None:
    mixed, view = [*rows, *flipped(rows)], EncoderView(encoder)
    texts = [row.text for row in mixed]
    logs = view.log_probabilities(mixed)
    np.testing.assert_allclose(np.exp(logs), encoder.probabilities(texts), atol=1e-6)
    targets = view.targets(mixed)
    assert [LABELS[at] for at in targets] == [row.label for row in mixed]
    np.testing.assert_allclose(-logs[np.arange(40), targets], view.losses(mixed), atol=1e-5)
    assert view.embeddings(mixed).shape == (40, 32)
    np.testing.assert_array_equal(view.helpfulness(mixed, rows), helpfulness(encoder, mixed, rows))


def test_a_temperature_changes_no_answer(encoder: Encoder, rows: list[Example]) -> None:
    view = EncoderView(encoder)
    before = view.log_probabilities(rows)
    encoder.temperature = 3.0
    np.testing.assert_array_equal(view.log_probabilities(rows), before)


def test_no_rows_are_no_answers(encoder: Encoder) -> None:
    view = EncoderView(encoder)
    assert len(view.log_probabilities([])) == len(view.targets([])) == len(view.losses([])) == 0
    assert len(view.embeddings([])) == len(view.head_gradients([]).errors) == 0


def test_a_student_that_diverged_ranks_no_rows(encoder: Encoder, rows: list[Example]) -> None:
    with torch.no_grad():
        last_parameters(encoder)[1].fill_(torch.nan)
    view = EncoderView(encoder)
    for ask in (view.log_probabilities, view.losses, view.head_gradients):
        with pytest.raises(RunError, match=r"student\.lr: training diverged"):
            ask(rows)
    with pytest.raises(RunError, match="lower"):
        view.losses_after_step(rows, rows[:2])


def test_a_foreign_label_is_named(encoder: Encoder) -> None:
    with pytest.raises(ValueError, match=r"labels \['neutral'\] are not of"):
        EncoderView(encoder).targets([Example("r", "t", "neutral")])


def test_a_network_that_changes_its_last_layers_outputs_is_refused(encoder: Encoder) -> None:
    with last_layer_inputs(encoder) as caught, pytest.raises(ValueError, match="as they are"):
        caught(torch.zeros(2, 2))


def classes(n: int) -> list[Example]:
    words = (GOOD, BAD)
    return [Example(f"r{i}", f"lid {words[i % 2][i % 5]} it", "np"[1 - i % 2]) for i in range(n)]


def pairs(n: int) -> list[Example]:
    sides = [(GOOD[i % 5], BAD[i % 3]) for i in range(n)]
    texts = [pair.join(*(side if i % 2 else side[::-1])) for i, side in enumerate(sides)]
    return [Example(f"r{i}", text, "np"[i % 2]) for i, text in enumerate(texts)]


def questions(n: int) -> list[Example]:
    made = []
    for i in range(n):
        options = [BAD[(i + j) % 5] for j in range(2 + i % 2)]
        options[i % 2] = GOOD[i % 5]
        made.append(Example(f"r{i}", choice.join("the lid is", options), "AB"[i % 2]))
    return made


def tagged(n: int) -> list[Example]:
    made = []
    for i in range(n):
        word = (GOOD, BAD)[i % 2][i % 5]
        text = f"{word} the lid"
        spans = [EntitySpan(0, len(word), "GB"[i % 2])]
        made.append(Example(f"r{i}", text, encode(text, spans)))
    return made


def several(n: int) -> list[Example]:
    made = []
    for i in range(n):
        label = multi.join({"mood": ("bad", "good")[i % 2], "thing": ("lid", "lamp")[i // 2 % 2]})
        made.append(
            Example(f"r{i}", f"{(BAD, GOOD)[i % 2][i % 5]} {('lid', 'lamp')[i % 2]}", label)
        )
    return made


KINDS: dict[TaskKind, tuple[Callable[[int], list[Example]], tuple[str, ...]]] = {
    "classification": (classes, ("n", "p")),
    "pair": (pairs, ("n", "p")),
    "choice": (questions, ("A", "B", "C")),
    "ner": (tagged, ("G", "B")),
    "multi": (several, ("mood: bad", "mood: good", "thing: lid", "thing: lamp")),
}


@pytest.fixture(scope="module")
def students() -> dict[TaskKind, EncoderView]:
    return {}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("policy", MEMORIES)
def test_a_policy_serves_the_kinds_it_says(
    policy: str,
    kind: TaskKind,
    config: StudentConfig,
    students: dict[TaskKind, EncoderView],
) -> None:
    """It keeps, draws and comes back on a real student; with another kind the student refuses."""
    make, labels = KINDS[kind]
    if kind not in students:
        students[kind] = EncoderView(Encoder.create(config, labels, seed=1, kind=kind))
    rows, gold = make(10), [Example(f"train-{row.id}", row.text, row.label) for row in make(4)]
    memory = MEMORIES[policy](gold=gold)

    def use() -> Floats:
        memory.observe(1, rows[:7], students[kind])
        memory.observe(2, rows[7:], students[kind])
        assert {*memory.sample(4, Random(1), rows[:2])} <= {*rows}
        return memory.score(rows, gold)

    if kind in memory.kinds:
        scores = use()
        assert scores.shape == (10,) and np.isfinite(scores).all()
        again = MEMORIES[policy].from_state(memory.state())
        again.observe(2, (), students[kind])
        assert np.array_equal(again.score(rows, gold), scores)
    elif policy not in ("knn_shapley", "data_oob"):  # these would compare labels that say nothing
        with pytest.raises((ValueError, RuntimeError)):
            use()
