"""The causal student: a small language model that learns to reason from a teacher's answers.

    student = CausalStudent.create(CausalSettings(), seed=1)
    prompt = student.prompt([{"role": "user", "content": "What is 6 times 7?"}])
    student.score([prompt], ["6 times 7 is 42."])           # token by token, before training
    student.fit([Lesson(prompt, "…")], lr=2e-4, epochs=3, seed=1)        # stage 1
    student.checkpoint(folder)                              # adapters, to go on training
    student.fit(rows, lr=1e-4, epochs=3, seed=2)            # stage 2: the same adapters go on
    student.write([prompt], max_new_tokens=200)
    student.save(folder)                                    # merged: an ordinary folder

Prompts are text that `prompt` rendered: the same function for scoring, training and evaluation.
The same seed and rows give the same bits on the same machine with the same number of threads.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from evokd.config import RunError
from student.causal import scoring as causal_scoring
from student.causal import writing as causal_writing
from student.causal.adapter import (
    CausalManifest,
    check_adapter,
    new_adapter,
    read_adapter,
    read_causal_manifest,
    write_adapter,
)
from student.causal.base import CausalBase, load_causal
from student.causal.chat import (
    ChatMessage,
    EncodedPair,
    encode,
    encode_prompts,
    encode_responses,
    prompt_text,
)
from student.causal.scoring import next_token_logprobs, score_pairs
from student.causal.training import plan_stage, run_stage
from student.causal.values import (
    CausalSettings,
    StageReport,
    StudentAnswer,
    TokenScores,
    TooLong,
    TrainingPair,
)
from student.causal.writing import Drawing, write
from student.folders import replacing
from student.runtime import compute_threads, pick_device, quiet_loading, seeded


class CausalStudent:
    """Made by `create` or `load`; see the module's docstring."""

    def __init__(self, settings: CausalSettings, base: CausalBase, seed: int) -> None:
        self.settings = settings
        self.device = pick_device()
        self.seed = seed
        """What fresh adapters are drawn from."""
        self.stages: tuple[str, ...] = ()
        """One line for each stage of training behind it."""
        self._base = base
        self._model: Any = base.model
        """Wrapped by PEFT once there are adapters."""

    @classmethod
    def create(cls, settings: CausalSettings, seed: int) -> CausalStudent:
        """The base model, without adapters yet.

        Raises:
            ConfigError: a base model that can't be had, or is not what it should be.
        """
        with compute_threads(settings.threads):
            base = load_causal(settings.model, settings.max_length, pick_device())
        return cls(settings, base, seed)

    @classmethod
    def load(cls, folder: Path, settings: CausalSettings) -> CausalStudent:
        """A merged student that `save` wrote, to write and score with, or as a new base.

        Raises:
            ConfigError: no student there, or weights other than those that were saved.
        """
        manifest = read_causal_manifest(folder, "causal")
        settings = replace(settings, model=str(folder), max_length=manifest.max_length)
        found = cls.create(settings, seed=0)
        found.stages = manifest.stages
        return found

    @property
    def fingerprint(self) -> str:
        """Hash of the base model's tensors."""
        return self._base.fingerprint

    @property
    def trained(self) -> bool:
        """Whether there are adapters."""
        return self._model is not self._base.model

    def prompt(self, messages: Sequence[ChatMessage]) -> str:
        """The text that the model continues with its answer; see `chat.prompt_text`."""
        return prompt_text(self._base.tokenizer, messages, self.settings.template_options)

    def lengths(self, prompts: Sequence[str], responses: Sequence[str]) -> list[int]:
        """Tokens of each pair, the end of the turn included; over `max_length` is refused."""
        return [pair.length + 1 for pair in self._encode(prompts, responses)]

    def score(
        self, prompts: Sequence[str], responses: Sequence[str], *, base: bool = False
    ) -> list[TokenScores | TooLong]:
        """Log-probability and rank of each token of each response, in the order given.

        Args:
            prompts: That `prompt` rendered, one for each response.
            responses: As the teacher wrote them, nothing stripped; an empty one has no tokens.
            base: Without the adapters, as before any training.

        Raises:
            ValueError: not as many prompts as responses, an empty prompt, half a character.
        """
        pairs = self._encode(prompts, responses)
        found: list[TokenScores | TooLong] = [
            TooLong(pair.length + 1, self._base.limit) for pair in pairs
        ]
        fitting = [i for i, pair in enumerate(pairs) if pair.length < self._base.limit]
        with compute_threads(self.settings.threads), self._adapters(off=base):
            scored = score_pairs(
                self._model,
                [pairs[i] for i in fitting],
                pad=self._base.pad,
                device=self.device,
                budget=self._budget,
                share=self._base.share,
            )
        for index, scores in zip(fitting, scored, strict=True):
            found[index] = scores
        return found

    def label_likelihood(
        self, prompts: Sequence[str], options: Sequence[str], *, base: bool = False
    ) -> npt.NDArray[np.float64]:
        """Log-probability of each option as what comes next, [prompts, options], in nats.

        Summed over an option's tokens, not divided by their number. Cross-check of an answer that
        was read out of a text: `prompts` end where the option's text begins.

        Raises:
            ValueError: no option, an empty one; a prompt and option that don't fit the model.
        """
        if not options or not all(options):
            raise ValueError("give at least one option, none of them empty")
        heads = encode_prompts(self._base.tokenizer, prompts)
        tails = [ids for ids, _ in encode_responses(self._base.tokenizer, options)]
        if heads and max(map(len, heads)) + max(map(len, tails)) > self._base.limit:
            raise ValueError(f"a prompt with an option has more than {self._base.limit} tokens")
        if all(len(tail) == 1 for tail in tails):  # one pass a prompt, not one an option
            with compute_threads(self.settings.threads), self._adapters(off=base):
                return next_token_logprobs(
                    self._model,
                    heads,
                    [tail[0] for tail in tails],
                    pad=self._base.pad,
                    device=self.device,
                    budget=self._budget,
                )
        texts = [prompt for prompt in prompts for _ in options]
        scored = self.score(texts, list(options) * len(prompts), base=base)
        sums = [-one.nll for one in scored if isinstance(one, TokenScores)]
        return np.array(sums).reshape(len(prompts), len(options))

    def write(
        self,
        prompts: Sequence[str],
        *,
        max_new_tokens: int | Sequence[int],
        temperature: float = 0.0,
        seed: int = 0,
        base: bool = False,
    ) -> list[StudentAnswer]:
        """The student's own answer to each prompt, in the order given.

        An answer that would outgrow `max_length` is cut there, and says `length`. Greedy answers
        can differ in a near tie when their batch differs: in it, numbers are added in another
        order.

        Args:
            prompts: That `prompt` rendered.
            max_new_tokens: For all, or for each.
            temperature: 0 is greedy.
            seed: Of sampling; each row draws by itself.
            base: Without the adapters.

        Raises:
            ValueError: a prompt that leaves no room for an answer, or a limit under 1.
        """
        if not prompts:
            return []
        ids = encode_prompts(self._base.tokenizer, prompts)
        limits = self._room(ids, max_new_tokens)
        with compute_threads(self.settings.threads), self._adapters(off=base):
            written = write(
                self._model,
                ids,
                limits,
                stops=self._base.stops,
                pad=self._base.pad,
                device=self.device,
                budget=self.settings.batch_tokens or causal_writing.budget_for(self.device),
                drawing=Drawing(temperature, seed),
            )
        texts = self._base.tokenizer.batch_decode(
            [tokens for tokens, _ in written],
            skip_special_tokens=True,
            clean_up_tokenization_spaces=False,
        )
        return [
            StudentAnswer(text, finish, len(tokens), len(head))
            for text, (tokens, finish), head in zip(texts, written, ids, strict=True)
        ]

    def fit(
        self, lessons: Sequence[TrainingPair], *, lr: float, epochs: int, seed: int
    ) -> StageReport:
        """One stage: go on training from the present adapters, with a fresh optimiser.

        The first stage makes the adapters. No lessons, or no epochs, do nothing.

        Raises:
            RunError: a row that doesn't fit the model (nothing was trained then), or a loss that
                left the real numbers (`reset` or `restore` then).
        """
        started = time.perf_counter()
        pairs = self._encode([row.prompt for row in lessons], [row.response for row in lessons])
        for number, pair in enumerate(pairs):
            if pair.length + 1 > self._base.limit:
                refused = TooLong(pair.length + 1, self._base.limit)
                raise RunError(f"student.max_length: training row {number} has {refused}")
        stage = plan_stage(
            pairs,
            self.settings,
            lr=lr,
            epochs=epochs,
            seed=seed,
            end=self._base.end,
            pad=self._base.pad,
        )
        losses: list[float] = []
        if stage.steps:
            with compute_threads(self.settings.threads):
                self._adapt()
                losses = run_stage(self._model, stage)
            said = f"{len(pairs)} rows, {epochs} epochs, lr {lr:g}, seed {seed}, loop"
            self.stages = (*self.stages, said)
        return StageReport(
            rows=len(pairs),
            epochs=epochs,
            steps=len(stage.steps),
            tokens=epochs * sum(len(row.ids) for row in stage.rows),
            target_tokens=epochs * sum(row.targets for row in stage.rows),
            padded_tokens=stage.padded_tokens,
            losses=tuple(losses),
            seconds=time.perf_counter() - started,
        )

    def reset(self) -> None:
        """Forget everything learnt: the adapters go, the base weights were never changed."""
        if self.trained:
            self._model.unload()
            self._base.model.requires_grad_(False)
            vars(self._base.model).pop("peft_config", None)
            self._model = self._base.model
        self.stages = ()

    def checkpoint(self, folder: Path) -> None:
        """Write the adapters, for `restore`; nothing of the optimiser. Whole or not at all.

        Raises:
            RuntimeError: nothing was trained.
        """
        if not self.trained:
            raise RuntimeError("there are no adapters to save: nothing was trained")
        write_adapter(self._model, self._manifest("adapter"), folder)

    def restore(self, folder: Path) -> None:
        """Take over saved adapters; the next `fit` continues them.

        Raises:
            ConfigError: none there, damaged, or of another base model or LoRA; this student stays
                as it was.
        """
        own = self._manifest("adapter")
        manifest = check_adapter(own, folder)  # before anything is let go
        self.reset()
        self._model = read_adapter(self._base.model, folder)
        self._model.eval()
        self.stages = manifest.stages

    def save(self, folder: Path, card: str | None = None) -> None:
        """Write the student for use, adapters merged: an ordinary transformers folder.

        The folder appears whole or not at all and replaces an earlier one.

        Args:
            folder: Gets weights, config, tokenizer with its chat template, and manifest.
            card: Text of its README.md.
        """
        model = self._base.model
        if self.trained:
            model = copy.deepcopy(self._model).merge_and_unload()
        with replacing(folder) as new, quiet_loading():
            model.save_pretrained(new, max_shard_size="1000GB")
            self._base.tokenizer.save_pretrained(new)
            if card is not None:
                (new / "README.md").write_text(card, encoding="utf-8")
            self._manifest("causal").write(new)

    @property
    def _budget(self) -> int:
        return self.settings.batch_tokens or causal_scoring.budget_for(self.device)

    def _encode(self, prompts: Sequence[str], responses: Sequence[str]) -> list[EncodedPair]:
        return encode(self._base.tokenizer, prompts, responses)

    def _adapt(self) -> None:
        if not self.trained:
            with seeded(self.seed, self.device):
                self._model = new_adapter(self._base.model, self.settings.lora).eval()

    @contextmanager
    def _adapters(self, *, off: bool) -> Iterator[None]:
        if not (off and self.trained):
            yield
            return
        with self._model.disable_adapter():
            yield

    def _room(self, ids: Sequence[Sequence[int]], asked: int | Sequence[int]) -> list[int]:
        """Tokens each row may write."""
        wanted = [asked] * len(ids) if isinstance(asked, int) else list(asked)
        limits = [
            min(limit, self._base.limit - len(row)) for row, limit in zip(ids, wanted, strict=True)
        ]
        for number, limit in enumerate(limits):
            if limit < 1:
                raise ValueError(
                    f"prompt {number}: {len(ids[number])} tokens, limit {wanted[number]}: no room "
                    f"for an answer in {self._base.limit} tokens"
                )
        return limits

    def _manifest(self, kind: Literal["causal", "adapter"]) -> CausalManifest:
        return CausalManifest(
            kind=kind,
            base_model=self.settings.model,
            fingerprint=self._base.fingerprint,
            lora=self.settings.lora,
            stages=self.stages,
            max_length=self.settings.max_length,
        )
