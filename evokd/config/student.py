"""The section `student`: the small model that learns, what of a row it learns, and how."""

from __future__ import annotations

import math
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from evokd.config.contrastive import ContrastiveConfig
from evokd.config.loop import Level
from evokd.config.noise import NoiseConfig, NoiseMethod, NoNoise, noise_given
from evokd.config.strict import Strict


class LoraConfig(Strict):
    """Low-rank adapters (PEFT) instead of full fine-tuning."""

    r: int = Field(8, ge=1)
    """Rank of the adapters."""
    alpha: int = Field(16, ge=1)
    """Their scale is alpha / r."""
    dropout: float = Field(0.0, ge=0, lt=1)
    """Of the adapters' input."""
    target_modules: tuple[str, ...] | None = None
    """None: PEFT's default for the architecture."""


Kind = Literal["easy", "hard", "plain", "pool"]
"""Of a written row: whose text it is; `plain` of methods that know neither."""
Weights = Literal["none", "confidence", "difficulty", "kind", "level", "value"]
"""What a written row counts by."""
CalibrationRows = Literal["auto", "none", "dev", "held_back"]
"""What a student's temperature is fitted on."""


class StudentConfig(Strict):
    """The small model that learns."""

    model: str = "embedded:minilm"
    """Hub name, a folder, or `embedded:minilm`; tasks of kind reasoning take language models
    instead, and `embedded:smollm2-135m` by default."""
    update: Literal["continue", "retrain"] = "continue"
    """Go on from the current weights, or start from base on seed and all accepted rows."""
    warm_up_epochs: int = Field(10, ge=0)
    """Epochs over the seed shots before round 1."""
    epochs: int = Field(3, ge=1)
    """Epochs over a round's rows; with `retrain` over all rows."""
    steps: int | None = Field(None, ge=1)
    """Optimiser steps instead of epochs, warm-up included, whatever was written: for comparisons.
    `retrain` takes as many each time; `continue` those of the warm-up, and of the rest a
    share by the tokens spent, all by the end."""
    lr: float = Field(1e-4, gt=0)
    """Peak learning rate."""
    batch_size: int = Field(8, ge=1)
    """Rows of one optimiser step."""
    max_length: int = Field(256, ge=8)
    """Tokens; longer texts are cut."""
    weight_decay: float = Field(0.01, ge=0)
    """Of AdamW."""
    lora: LoraConfig | None = None
    """Train adapters instead of all weights; null: all weights."""
    targets: Literal["hard", "soft"] = "hard"
    """What a row teaches: its label, or the labelers' distribution over the labels
    (docs/design/soft-labels.md)."""
    temperature: float = Field(1.0, gt=0)
    """Of `targets: soft`: both distributions are softened by it, and the loss is T² KL."""
    weights: Weights = "none"
    """Factor of each written row's loss, of mean 1: by how sure the labelers were, by how hard the
    row is for the student, by kind of writer, by level, by how much it helps on the shots."""
    weight_of: dict[Kind | Level, float] = Field({})
    """Of `weights: kind` and `level`: factors, `{hard: 2}` or `{1: 0.5, 3: 2}`; 1 where none
    is given. A level's own number where `level` has none at all."""
    weight_power: float = Field(1.0, gt=0)
    """Of `weights: difficulty`: γ in (1 - p)^γ."""
    contrastive: ContrastiveConfig | None = None
    """Fine-tune on pairs of texts, then fit a logistic regression as the head (SetFit), instead of
    fine-tuning on rows; `true` for its defaults. The head then reads the mean over the tokens."""
    head_start: Literal["random", "labels"] = "random"
    """What the head begins with: chance, or the embeddings of the labels' descriptions, a
    zero-shot classifier before any training. The head then reads the mean over the tokens."""
    threads: int | None = Field(None, ge=1)
    """CPU threads for PyTorch; None: as many as the process may use."""
    noise: NoiseConfig | None = None
    """Doubtful labels: a method by name, or a section with its settings; null or `none`: no label
    is doubted."""
    calibration: CalibrationRows = "auto"
    """What the student's temperature is fitted on after each training: the `dev` rows, or accepted
    rows that are `held_back` (docs/design/calibration.md). `auto`: dev where there is a dev split,
    else none. For classification, pair and choice; other kinds have none."""
    thresholds: Literal["dev", "half"] = "dev"
    """`kind: multilabel`: from which probability on a label is said: where F1 is best on the dev
    rows, for labels that have enough of them, else one half; or one half for all."""
    held_back: float = Field(0.1, gt=0, lt=1)
    """Share of the accepted rows that the student never learns, with `calibration: held_back`."""

    @field_validator(
        "noise", mode="before", json_schema_input_type=NoiseConfig | NoiseMethod | NoNoise | None
    )
    @classmethod
    def _noise_in_short(cls, raw: Any) -> Any:
        return noise_given(raw)

    @model_validator(mode="after")
    def _fit_together(self) -> StudentConfig:
        if self.targets == "soft" and self.contrastive is not None:
            raise ValueError(
                "`targets: soft` with `contrastive`: pairs of texts have one label each, or none in"
                " common; leave one of them out"
            )
        given, by = self.weight_of, self.weights
        if given and by not in ("kind", "level"):
            raise ValueError(f"`weight_of` goes with `weights: kind` or `level`, not {by!r}")
        if by == "kind" and not given:
            raise ValueError("`weights: kind` needs `weight_of`, such as `{hard: 2}`")
        if any(isinstance(key, int) != (by == "level") for key in given):
            raise ValueError(
                "`weight_of`: expected easy, hard or plain for `weights: kind`, levels"
                " (1 to 9) for `weights: level`"
            )
        if not all(math.isfinite(factor) and factor >= 0 for factor in given.values()):
            raise ValueError("`weight_of`: factors must be at least 0")
        return self

    @property
    def averages(self) -> bool:
        """Whether the head reads the mean over the tokens, not the network's own choice."""
        return self.contrastive is not None or self.head_start == "labels"

    @property
    def plain(self) -> StudentConfig:
        """The same student fitted to rows alone: what references and judges are."""
        return self.model_copy(update={"contrastive": None, "head_start": "random"})

    @field_validator("contrastive", mode="before")
    @classmethod
    def _short_form(cls, raw: Any) -> Any:
        return ({} if raw else None) if isinstance(raw, bool) else raw
