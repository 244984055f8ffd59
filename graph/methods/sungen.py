"""SunGen (Gao et al. 2023, arXiv 2205.12679): ZeroGen, with weights for the rows to be believed.

How the weights are learnt, and what scaling down costs: `student/selection/sample_weights.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from evokd.config import TaskKind
from evokd.config.strict import Strict
from graph.methods.zerogen import ZeroGen

ONE_OUTPUT = "it needs a student with one output a class, and this one scores choices one by one"
ONE_ANSWER = "it needs a student with one distribution a text, and this one has several heads"
ONE_SET = "it needs a student with one distribution a text, and this one decides on each label"
SENTENCE = "a sentence has any number of entities, so "


class SunGenSettings(Strict):
    """SunGen's bilevel weights; the published run had 50,000 rows and 100 iterations."""

    iterations: int = Field(20, ge=1)
    """Steps of the outer optimisation."""
    outer_lr: float = Field(0.25, gt=0)
    """Learning rate of the rows' weights."""
    inner_lr: float = Field(3e-4, gt=0)
    """Published: 1e-3, for a BiLSTM; at that rate MiniLM tells flipped labels hardly apart."""
    outer_share: float = Field(0.9, gt=0, le=1)
    """Share of the rows, by weight, that the outer objective sees."""


class SunGen(ZeroGen):
    """Texts for the classes in turn, weighed before each training."""

    name = "sungen"
    settings_type = SunGenSettings
    section = "rivals.sungen"
    refuses: ClassVar[Mapping[TaskKind, str]] = {
        "choice": ONE_OUTPUT,
        "multi": ONE_ANSWER,
        "multilabel": ONE_SET,
        "ner": f"{SENTENCE}its reverse cross-entropy, over one distribution a text, has none",
    }
    weighs = True
