"""The student: a small encoder with a head for the task's kind and labels.

    encoder = Encoder.create(config.student, list(config.task.labels), seed=config.seed)
    encoder.fit(seed_shots, seed=1, epochs=10)
    encoder.predict(["The lid cracked on day one."])
    encoder.checkpoint(folder)   # to go on training: what was learnt, adapters apart
    encoder.save(folder)         # to use: an ordinary transformers folder, adapters merged

The same seed and rows give the same bits on the same machine with the same number of threads (on
CUDA, some kernels add in an order of their own). One network is in memory, beside a small base
network (`student.encoder.base_cache`); during `save` of a LoRA student also the merged copy.
"""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors.torch import load_file, save_file

from evokd.config import ConfigError, RunError, StudentConfig, TaskKind
from student.encoder.base import load_base, load_saved, load_tokenizer, refill
from student.encoder.encoded import Encoded
from student.encoder.few_shot import start_from_labels
from student.encoder.loop import train
from student.encoder.predictor import Predictor
from student.folders import replacing
from student.heads import Distribution, head_of
from student.manifest import WEIGHTS, StudentManifest, read_manifest
from student.results import FitReport, LabelledText, OnStep
from student.runtime import compute_threads, pick_device, quiet_loading, seeded
from student.sources import locate


class Encoder(Predictor):
    """Made by `create` or `load`; see the module's docstring."""

    def __init__(
        self,
        config: StudentConfig,
        labels: Sequence[str],
        tokenizer: Any,
        kind: TaskKind = "classification",
        descriptions: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(config, labels, tokenizer, kind)
        self.seed: int | None = None
        """What the head was drawn from; None for a loaded student, which can only predict."""
        self.fingerprint = ""
        """Hash of the base model's tensors, see `student.encoder.base.Base`."""
        self.descriptions = descriptions or {}
        """Label → what is said of it, for `config.head_start`; names stand where nothing is."""

    @classmethod
    def create(
        cls,
        config: StudentConfig,
        labels: Sequence[str],
        seed: int,
        kind: TaskKind = "classification",
        descriptions: Mapping[str, str] | None = None,
    ) -> Encoder:
        """The base model with a fresh head; the order of `labels` is that of the probabilities.

        `descriptions` of labels are what the head begins with where `config.head_start` says so.

        Raises:
            ConfigError: a base model that can't be had, or is not what it should be.
        """
        tokenizer = load_tokenizer(locate(config.model), config.max_length)
        encoder = cls(config, labels, tokenizer, kind, descriptions)
        encoder.seed = seed
        encoder.reset()
        return encoder

    def encode(
        self, rows: Sequence[LabelledText], weights: Sequence[float] | None = None
    ) -> Encoded:
        """Token ids and targets of rows, each of weight 1 where none are given.

        Raises:
            ValueError: not a weight a row, or weights below 0 or without end.
        """
        factors = [1.0] * len(rows) if weights is None else list(weights)
        if len(factors) != len(rows):
            raise ValueError(f"{len(factors)} weights for {len(rows)} rows")
        if not all(math.isfinite(factor) and factor >= 0 for factor in factors):
            raise ValueError("weights must be finite and at least 0")
        texts, labels = [row.text for row in rows], [row.label for row in rows]
        encoded = self.head.encode(self._tokenizer, texts, labels, self.config.max_length)
        return encoded.weighted(factors)

    def reset(self) -> None:
        """Forget everything learnt: base weights and the very head this student began with."""
        seed, source = self._trainable_seed(), locate(self.config.model)
        self.head = head_of(self.kind, self.labels)  # without what was fitted to what it had learnt
        plain = self._model is not None and self.config.lora is None and not self.config.averages
        if plain and refill(self._model, source, self.head, seed):
            return
        self._model = None  # before loading, so that no network too many is in memory
        base = load_base(source, self.head, seed, self.config)
        self.fingerprint = base.fingerprint
        if base.model.config.pad_token_id is None:
            base.model.config.pad_token_id = self._tokenizer.pad_token_id
        self._model = base.model.to(self.device).eval()
        if self.config.head_start == "labels":
            start_from_labels(self)

    def grow(self, labels: Sequence[str]) -> None:
        """Take up further labels; what was learnt stays, the new outputs are drawn from the seed.

        The outputs of the old labels keep their weights, wherever the labels stand in the new
        order; everything else keeps its own.

        Raises:
            ValueError: a label is missing that was known, or stands there twice.
        """
        self._trainable_seed()
        if not {*self.labels} <= {*labels} or len({*labels}) < len(labels):
            raise ValueError(f"expected {list(self.labels)} and further labels, got {list(labels)}")
        places = [list(labels).index(label) for label in self.labels]
        learnt = {name: value.clone() for name, value in self._learnt().items()}
        self.labels = tuple(labels)
        self.head = head_of(self.kind, labels)
        self.reset()
        with torch.no_grad():
            for name, value in self._learnt().items():
                old = learnt[name]
                if old.shape == value.shape:
                    value.copy_(old)
                else:  # the last layer, one row an output
                    value[places] = old

    def fit(
        self,
        rows: Sequence[LabelledText],
        *,
        seed: int,
        epochs: int | None = None,
        steps: int | None = None,
        weights: Sequence[float] | None = None,
        soft: Sequence[Distribution | None] | None = None,
        on_step: OnStep | None = None,
    ) -> FitReport:
        """Go on training from the present weights, with a fresh optimiser.

        Args:
            rows: Texts with labels of the label set; none at all is allowed and does nothing.
            seed: Of order and dropout; give each fit its own.
            epochs: Passes over the rows; by default `config.epochs`.
            steps: Optimiser steps instead of epochs, for comparisons at equal steps.
            weights: Factor of each row's loss, at least 0; by default 1.
            soft: Distribution over the answers that each row teaches, at `config.temperature`; None
                among them: all to the label. By default rows teach their labels.
            on_step: Hears of every step, in this thread.

        Raises:
            RunError: the loss left the real numbers; the weights are lost then.
        """
        self._trainable_seed()
        started = time.perf_counter()
        encoded = self.encode(rows, weights)
        if soft is not None:
            told = self.head.soft_targets([row.label for row in rows], soft)
            encoded = replace(encoded, soft=told)
        if steps is None:
            epochs = self.config.epochs if epochs is None else epochs
            steps = epochs * math.ceil(len(rows) / self.config.batch_size)
        elif epochs is not None:
            raise ValueError("give epochs or steps, not both")
        if not rows or not steps:
            return FitReport()
        rate = ("student.lr", self.config.lr)
        return self.take_steps(train, encoded, steps, seed, on_step, started, rate)

    def take_steps(
        self,
        how: Callable[..., FitReport],
        rows: Encoded,
        steps: int,
        seed: int,
        on_step: OnStep | None,
        started: float,
        rate: tuple[str, float],
    ) -> FitReport:
        """Run a training loop on the network; `rate` is what to lower if it diverges.

        Raises:
            RunError: the loss left the real numbers.
        """
        self._trainable_seed()
        with compute_threads(self.config.threads), seeded(seed, self.device):
            report = how(
                self._model,
                self.head,
                rows,
                self.config,
                steps=steps,
                seed=seed,
                pad_id=self.pad_id,
                on_step=on_step,
            )
        self._model.eval()
        if report.mean_loss is None or not math.isfinite(report.mean_loss):
            key, value = rate
            raise RunError(
                f"{key}: training diverged (loss {report.mean_loss} after {steps} steps); "
                f"lower {value:g}"
            )
        return replace(report, seconds=time.perf_counter() - started)

    def save(self, folder: Path, card: str | None = None, temperature: float | None = None) -> None:
        """Write the student for use: `transformers.pipeline` and `Encoder.load` read it.

        The folder appears whole or not at all and replaces an earlier one.

        Args:
            folder: Gets weights, config, tokenizer and manifest.
            card: Text of its README.md.
            temperature: What `load` shall divide the logits by; by default this student's own.
        """
        model = self._model
        if self.config.lora is not None and self.seed is not None:
            model = copy.deepcopy(model).merge_and_unload()
        with replacing(folder) as new, quiet_loading():
            model.save_pretrained(new)
            self._tokenizer.save_pretrained(new)
            if card is not None:
                (new / "README.md").write_text(card, encoding="utf-8")
            manifest = self._manifest("student")
            known = self.temperature if temperature is None else temperature
            manifest.model_copy(update={"temperature": known}).write(new)

    @classmethod
    def load(cls, folder: Path, config: StudentConfig) -> Encoder:
        """A saved student, to predict with; `restore` is what training goes on from.

        Raises:
            ConfigError: no student there, or weights other than those that were saved.
        """
        manifest = read_manifest(folder, "student")
        network = load_saved(folder, manifest.task).to(pick_device()).eval()
        return cls.around(network, manifest, folder, config)

    @classmethod
    def around(
        cls, network: Any, manifest: StudentManifest, folder: Path, config: StudentConfig
    ) -> Encoder:
        """A student to predict with, whatever it is that computes its logits.

        Args:
            network: Called with what the head makes of rows; gives an object with `logits`.
            manifest: What it answers, and how sure it may be.
            folder: With the tokenizer.
            config: Says how many threads.
        """
        tokenizer = load_tokenizer(locate(str(folder)), manifest.max_length)
        config = config.model_copy(update={"max_length": manifest.max_length})
        encoder = cls(config, manifest.labels, tokenizer, manifest.task)
        encoder.temperature = manifest.temperature
        encoder.thresholds = manifest.thresholds
        encoder._model = network
        return encoder

    def checkpoint(self, folder: Path) -> None:
        """Write what was learnt, for `restore`; with LoRA that is the adapters and the head.

        Nothing of the optimiser: each fit begins with a fresh one. Atomic, as `save`.
        """
        self._trainable_seed()
        with replacing(folder) as new:
            save_file(self._learnt(), str(new / WEIGHTS), {"format": "pt"})
            self._manifest("checkpoint").write(new)

    def restore(self, folder: Path) -> None:
        """Take over a checkpoint's weights; the next fit does what it would have done then.

        Raises:
            ConfigError: none there, damaged, or of other labels, another base model, LoRA or
                seed (layers that LoRA leaves alone may come from it); this student stays as it was.
        """
        self._trainable_seed()
        manifest = read_manifest(folder, "checkpoint")
        own = self._manifest("checkpoint")
        for field in ("task", "labels", "base_model", "fingerprint", "lora", "seed", "averages"):
            theirs, ours = getattr(manifest, field), getattr(own, field)
            if theirs != ours:
                raise ConfigError(
                    f"{folder}: a checkpoint of another student: its {field} is {theirs!r}, "
                    f"expected {ours!r}"
                )
        self.thresholds = manifest.thresholds
        saved = load_file(str(folder / WEIGHTS))
        with torch.no_grad():
            for name, value in self._learnt().items():
                value.copy_(saved[name])

    def _learnt(self) -> dict[str, torch.Tensor]:
        named = self._model.named_parameters()
        return {name: value.detach() for name, value in named if value.requires_grad}

    def _manifest(self, kind: Literal["student", "checkpoint"]) -> StudentManifest:
        return StudentManifest(
            kind=kind,
            task=self.kind,
            labels=self.labels,
            base_model=self.config.model,
            fingerprint=self.fingerprint,
            lora=self.config.lora,
            seed=self.seed,
            max_length=self.config.max_length,
            averages=self.config.averages,
            head_start=self.config.head_start,
            thresholds=self.thresholds,
        )

    def _trainable_seed(self) -> int:
        if self.seed is None:
            raise RuntimeError("this student was loaded to predict; `restore` a checkpoint instead")
        return self.seed
