"""The methods, and the settings of those that are not EvoKD; each reads its own section."""

from __future__ import annotations

from typing import Literal, get_args

from pydantic import Field

from evokd.config.strict import Strict

Method = Literal[
    "evokd",
    "evokd_init",
    "evokd_shuffled",
    "loss_ranked",
    "no_aug",
    "eda",
    "zerogen",
    "sungen",
    "progen",
    "auggpt",
    "static",
    "llm2llm",
    "full_shot",
    "dasd",
]
REASONING: Method = "dasd"
"""Teaches a language model to reason; everything else teaches an encoder to label."""
METHODS: tuple[Method, ...] = tuple(name for name in get_args(Method) if name != REASONING)
"""Those that teach an encoder, which can be compared with each other."""


class EdaConfig(Strict):
    """EDA (Wei & Zou 2019) with its published rates."""

    alpha: float = Field(0.1, gt=0, le=1)
    """Share of words that each of the four operations changes."""
    variants: int = Field(9, ge=1)
    """New texts a seed text."""


class SunGenConfig(Strict):
    """SunGen's bilevel weights; the published run had 50,000 rows and 100 iterations."""

    iterations: int = Field(20, ge=1)
    outer_lr: float = Field(0.25, gt=0)
    inner_lr: float = Field(3e-4, gt=0)
    """Published: 1e-3, for a BiLSTM; at that rate MiniLM tells flipped labels hardly apart."""
    outer_share: float = Field(0.9, gt=0, le=1)
    """Share of the rows, by weight, that the outer objective sees."""


class ProGenConfig(Strict):
    """ProGen's in-context feedback; the published run begins at 100 rows and needs 2,000."""

    start_rows: int = Field(24, ge=2)
    """Rows before influence is asked for the first time; half of them are its validation set."""
    pool: int = Field(16, ge=1)
    """Most helpful rows of a class that examples are drawn from (published: 50)."""
    shown: int = Field(4, ge=1)
    """Rows that a prompt shows, of the class to be written (published: 8)."""
    share: float = Field(0.5, ge=0, le=1)
    """Share of the prompts that carry them."""


class Llm2LlmConfig(Strict):
    """LLM2LLM (Lee et al. 2024)."""

    steps: int = Field(10, ge=1)
    rows_per_error: int = Field(1, ge=1)
    rouge: float = Field(0.95, gt=0, le=1)
    """ROUGE-L above which a new row repeats an old one."""


class RivalsConfig(Strict):
    """Settings of the rivals; each method reads its own."""

    eda: EdaConfig = EdaConfig()
    sungen: SunGenConfig = SunGenConfig()
    progen: ProGenConfig = ProGenConfig()
    llm2llm: Llm2LlmConfig = Llm2LlmConfig()
    auggpt_paraphrases: int = Field(6, ge=1)
    """New texts a seed text (AugGPT: 6)."""
    loss_ranked_factor: int = Field(2, ge=2)
    """Of so many accepted rows, `loss_ranked` keeps the one that the student finds hardest."""
