"""Settings of reasoning distillation (section `dasd`); what they mean: docs/design/dasd.md.

The student's own settings (`student.model`, `lora`, `batch_size`, `max_length`, `threads`) stand
under `student` as for all methods; here stands what is asked, filtered, chosen, taught, compared.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field, model_validator

from evokd.config.decoding import PathsConfig
from evokd.config.strict import Strict

ResponseOrder = Literal["divergence", "random", "longest", "shortest", "student_nll", "rsr"]
"""What responses are taken by; all but `divergence` do without a teacher's log-probabilities."""
Arm = Literal[
    "base",
    "answer_only",
    "stage1",
    "stage2",
    "mixed",
    "stage2_random",
    "stage2_tokens",
    "random",
    "high_only",
]
"""Students that are compared: untrained; taught answers without reasoning; after stage 1, 2, 3;
stage 2 with as many responses by chance, or as many tokens; both stages by chance; stage 2's
responses without stage 1."""


def _in_part(schema: dict[str, Any]) -> None:
    """A stage may be given in part: `DasdConfig` fills in the rest."""
    schema.pop("required", None)


class StageConfig(Strict):
    """One stage: what the teacher is asked, and how the student learns it."""

    model_config = ConfigDict(json_schema_extra=_in_part)

    questions: int = Field(40, ge=1)
    """Training questions; the stages have different ones unless `dasd.same_questions`."""
    samples: int = Field(4, ge=1)
    """Responses to each."""
    temperature: float = Field(ge=0, le=2)
    """Of the teacher's responses."""
    lr: float = Field(gt=0)
    """Peak learning rate of the stage."""
    epochs: int = Field(3, ge=1)
    """Epochs over the chosen responses."""


class MixedConfig(Strict):
    """The optional third step: the student writes, the teacher finishes (published: truncated)."""

    questions: int = Field(40, ge=1)
    """Those of the last stage, at most."""
    which: Literal["truncated", "wrong", "all"] = "truncated"
    """Which of the student's answers: those cut at `cap`, those not right [D], or all [D]."""
    cap: float = Field(1.5, gt=0)
    """Most tokens of the student's answer, times the teacher's mean response."""
    lr: float = Field(1e-4, gt=0)
    """Peak learning rate."""
    epochs: int = Field(3, ge=1)
    """Epochs over the finished answers."""


class FiltersConfig(Strict):
    """Which responses are fit to be learnt, before anything is scored."""

    min_tokens: int = Field(8, ge=1)
    """Of the student, as all tokens here."""
    max_tokens: int | None = Field(None, ge=1)
    """None: what fits `student.max_length` with its prompt."""
    repeated: float = Field(0.5, ge=0, le=1)
    """Most of a response that may be repetition."""
    gold: bool = True
    """Drop wrong answers; both counts are reported either way."""
    duplicates: float | None = Field(0.8, gt=0, le=1)
    """Similarity from which two responses to one question are the same; None keeps all."""


class SelectionConfig(Strict):
    """Which responses the student learns from."""

    by: Literal["rank", "thresholds", "all"] = "rank"
    """The top `fraction` of each question (or stage); the report's fixed thresholds; everything."""
    order: ResponseOrder = "divergence"
    """What responses are taken by, highest first."""
    fraction: float = Field(0.5, gt=0, le=1)
    """Share of the responses that is kept, with `by: rank`."""
    within: Literal["question", "stage"] = "stage"
    """Where responses are ranked: published for several a question; a small teacher rarely has
    more than one that is right [D]."""
    weighting: Literal["bytes", "equal", "share"] = "bytes"
    """The example score: mean divergence by bytes or equally, or share of teacher sentences."""
    per: Literal["token", "byte"] = "token"
    """What a sentence's probability is a mean over; bytes can be compared across tokenizers."""
    confidence: float = Field(0.6, ge=0, le=1)
    """A teacher sentence: least probability under the teacher."""
    divergence: float = Field(0.2, ge=-1, le=1)
    """Least gap to the student's."""
    share: float = Field(0.3, ge=0, le=1)
    """`by: thresholds`: least share of teacher sentences."""
    student: Literal["base", "current"] = "base"
    """Whose probabilities the teacher's are held against: before training, or as it is by now."""

    @model_validator(mode="after")
    def _one_rule(self) -> SelectionConfig:
        if self.by == "thresholds" and self.order != "divergence":
            raise ValueError(
                f"`by: thresholds` are thresholds of the divergence; for `order: {self.order}`"
                " set `by: rank`"
            )
        return self


class EvaluationConfig(Strict):
    """How the students are compared, on rows that nothing was chosen by."""

    rows: int | None = Field(100, ge=1)
    """Test questions, drawn by `seed`; None: all."""
    seed: int = Field(1, ge=0)
    """Of the drawn test questions."""
    max_new_tokens: int = Field(160, ge=1)
    """Of the student's answer to one question."""
    likelihood: bool = True
    """Cross-check of the extraction: the likeliest letter after each answer's own reasoning."""
    shown: int = Field(20, ge=0)
    """Questions whose answers by all students are kept side by side."""
    arms: tuple[Arm, ...] = ("base", "answer_only", "stage1", "stage2", "stage2_random")
    """Students that are compared; `base` and the stages always are."""

    @model_validator(mode="after")
    def _once(self) -> EvaluationConfig:
        twice = sorted({arm for arm in self.arms if self.arms.count(arm) > 1})
        if twice:
            raise ValueError(f"`arms` names {', '.join(twice)} more than once")
        return self


_STAGES = {
    "stage1": {"temperature": 0.3, "lr": 2e-4},
    "stage2": {"temperature": 0.9, "lr": 1e-4},
}
"""The report's values."""


class DasdConfig(Strict):
    """Distribution-aligned sequence distillation (Yan et al. 2026)."""

    stage1: StageConfig = StageConfig.model_validate(_STAGES["stage1"])
    stage2: StageConfig | None = StageConfig.model_validate(_STAGES["stage2"])
    """Goes on from stage 1; null: there is none."""
    mixed: MixedConfig | None = None
    """The optional third step; null: there is none."""
    same_questions: bool = False
    """Stage 2 asks what stage 1 asked."""
    adapter: str | None = None
    """Folder of adapters (`student_states/stage1` of an earlier run) that stand for stage 1: its
    questions are not asked, stage 2 goes on from them."""
    teacher_examples: int = Field(0, ge=0)
    """Worked examples of the prompt pack that the teacher sees and the student doesn't."""
    filters: FiltersConfig = FiltersConfig()
    selection: SelectionConfig = SelectionConfig()
    cot_decoding: PathsConfig | None = None
    """Branch at the first token instead of sampling; a stage's temperature is then not used. Null:
    sample."""
    trainer: Literal["auto", "trl", "loop"] = "auto"
    """Not used any more: evokd's own loop trains. Old configs may say it, and are told."""
    template_options: dict[str, str | int | float | bool] = Field({})
    """Variables of the student's chat template, the same everywhere: `enable_thinking: false`."""
    evaluation: EvaluationConfig = EvaluationConfig()

    @model_validator(mode="before")
    @classmethod
    def _defaults(cls, raw: object) -> object:
        """A stage that is given in part keeps the rest of its own defaults."""
        if not isinstance(raw, dict):
            return raw
        return raw | {
            name: values | raw[name]
            for name, values in _STAGES.items()
            if isinstance(raw.get(name), dict)
        }

    @model_validator(mode="after")
    def _stages(self) -> DasdConfig:
        if self.stage2 is None:
            for name, given in (("adapter", self.adapter), ("mixed", self.mixed)):
                if given is not None:
                    raise ValueError(f"`dasd.{name}` needs `dasd.stage2`, which is null")
        return self

    @property
    def scores_teacher(self) -> bool:
        """Whether the selection needs the teacher's log-probabilities."""
        return self.selection.by != "all" and self.selection.order == "divergence"

    @property
    def asks_logprobs(self) -> bool:
        """Whether requests ask for log-probabilities."""
        return self.scores_teacher or self.cot_decoding is not None
