"""The section `loop`: size and shape of the rounds, and what is fed back into them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, field_validator, model_validator

from evokd.config.decoding import DecodingConfig
from evokd.config.languages import check_tag
from evokd.config.memory import KeepConfig, ReviewConfig
from evokd.config.strict import Strict


def _older_name(schema: dict[str, Any]) -> None:
    schema["properties"]["analysis"] = {
        "type": "boolean",
        "deprecated": True,
        "description": "An older name of `loop.feedback.analysis: llm` (true) or `none` (false).",
    }


class Switches(Strict):
    """Each switch changes the graph that is built, so ablations are visible in the drawing."""

    model_config = ConfigDict(json_schema_extra=_older_name)

    easy: bool = True
    """The easy generator."""
    correct: bool = True
    """Rows that the student got right are shown beside the wrong ones."""
    review: bool = True
    """The student sees a sample of its earlier rows again."""
    separate_labels: bool = True
    """A labeler labels each text unseen; else the writer's label stands."""
    critic: bool = True
    """A critic accepts, relabels or rejects."""


class FeedbackConfig(Strict):
    """The channels on which the student's verdicts reach the next texts.

    Who reads rows is the analyst, or the writers where there is none.
    """

    rows: bool = True
    """Rows that the student got right and wrong, with what it said."""
    report: bool = False
    """F1 of each class, to the analyst: on dev where the task has one, else on the rows last
    accepted (PGKD, Table 1)."""
    confident: int = Field(0, ge=0)
    """Mistakes the student was surest of, marked so (PGKD); they travel with the rows."""
    confusions: bool = False
    """Classes taken for one another, to the writers: write A that could be taken for B."""
    allocation: Literal["even", "weak"] = "even"
    """Texts by class: each in turn, or by how weak the student is at it."""
    analysis: Literal["llm", "rules", "none"] = "llm"
    """Who tells the writers what went wrong: the analyst, the confusions put into words (no
    tokens), or nobody, and then the writers see the rows themselves."""

    @model_validator(mode="after")
    def _something_to_read(self) -> FeedbackConfig:
        if self.analysis == "llm" and not self.rows and not self.report:
            raise ValueError(
                "`analysis: llm` with `rows: false` and `report: false` shows the analyst nothing:"
                " set one of them, or `analysis: rules` or `none`"
            )
        if self.report and self.analysis != "llm":
            raise ValueError("`report` goes to the analyst: it needs `analysis: llm`")
        if self.confident and not self.rows:
            raise ValueError("`confident` travels with the rows: it needs `rows: true`")
        return self


Level = Annotated[int, Field(ge=1, le=9)]
"""How difficult a text is to be; what that means is for the writer to say."""


Pick = Literal["uncertain", "disputed", "random"]
"""Which of a round's rows a person is shown."""


class HumanConfig(Strict):
    """A person in the graph, who decides about some rows: the run stops in order and waits."""

    every: int = Field(1, ge=1)
    """Rounds between two stops: 2 asks in rounds 2, 4, 6 …"""
    rows: int = Field(20, ge=1)
    """Most rows of a round that the person is shown."""
    pick: Pick = "uncertain"
    """`uncertain`: those whose labels are least sure, by the labelers' probability, else their
    agreement, of equals by the student's margin; `disputed`: where voters, or voters and critic,
    said different things, rows that the critic rejected among them; `random`."""


class LoopConfig(Strict):
    """Size and shape of the rounds."""

    rounds: int | None = Field(None, ge=0)
    """None: until the budget ends the run."""
    n_hard: int = Field(4, ge=1)
    """Hard texts asked for by one generator turn; a round has `calls_per_round` turns."""
    n_easy: int = Field(4, ge=1)
    """Easy texts asked for by one generator turn."""
    calls_per_round: int = Field(4, ge=1)
    """Turns of each generator in a round."""
    show_right: int = Field(16, ge=0)
    """Most rows that the student got right in a prompt."""
    show_wrong: int = Field(16, ge=1)
    """Most rows that the student got wrong in a prompt."""
    prompt_classes: int | None = Field(12, ge=2)
    """Most classes that a prompt of analyst and writers lists, those the student confuses first
    (`multi`: of each head). With more, labeler and critic get all names, but no descriptions above
    20 classes. None: every prompt lists and describes all."""
    completions: int = Field(1, ge=1, le=128)
    """Completions asked for with one request (`n`), where servers bill the prompt once: writers'
    calls with one and the same prompt become one, and each labeler votes so many times on a text,
    unless its temperature is 0."""
    confidence: bool = False
    """A labeler that answers in JSON says how sure it is, too (0 to 100); the rest is spread evenly
    over the other labels. Log-probabilities say it by themselves."""
    decoding: DecodingConfig = DecodingConfig()
    """How analyst and labeler come to what they say: by one reply, or by several paths."""
    critic_retries: int = Field(1, ge=0)
    """How often the critic may send a row back to be written again."""
    repair_turns: int = Field(1, ge=0)
    """How often a reply that can't be read is asked for again."""
    barren_rounds: int = Field(3, ge=1)
    """Rounds in a row without an accepted row after which the run ends."""
    patience: int | None = Field(None, ge=1)
    """Rounds without a better dev score after which the run ends; needs `task.data.dev`."""
    stop_below_gain: float | None = Field(None, gt=0, lt=1)
    """The run ends when the next 1,000 tokens surely add less to the dev score, by the upper end of
    the expected gain's 95 % interval (docs/design/forecast.md); needs `task.data.dev`, and five
    rounds to say anything."""
    written_in: str | None = None
    """Language (BCP 47) that the generators write in, when a translator then turns each text into
    `task.language`; None: they write in `task.language`."""
    difficulty: tuple[Level, ...] | None = None
    """Levels asked of the writers in turn, the easy one's from the lower half; None: none."""
    human: HumanConfig | None = None
    """A person who looks at some rows of a round before the student learns them (`evokd review`);
    null: nobody does."""
    pool_share: float = Field(0.0, ge=0, le=1)
    """Share of a round's texts that come from `task.data.pool`, near the student's mistakes, and
    are labelled as what is written; the writers write the rest, and all when the pool is used up
    (docs/design/pool-in-the-loop.md)."""
    rewrite: float = Field(0.0, ge=0, le=1)
    """Share of the writers' texts that say a text of `task.data.pool` anew for a class
    (SynthesizRR, arXiv 2405.10040), one a call; `true` is all of them."""
    representation: bool = False
    """Measure after each round where the accepted rows stand: variety, likeness to train rows that
    nobody was shown, to test rows, and how classes lie (docs/design/representation.md). Reported
    only; it costs a pass of the base encoder over each text, once."""
    review: ReviewConfig = ReviewConfig()
    keep: KeepConfig | None = None
    """Which of a round's new rows are trained on and stay; null: all of them."""
    feedback: FeedbackConfig = FeedbackConfig()
    switches: Switches = Switches()

    @model_validator(mode="before")
    @classmethod
    def _analysis_was_a_switch(cls, raw: Any) -> Any:
        """`switches.analysis: true|false` is `feedback.analysis: llm|none`."""
        switches = raw.get("switches") if isinstance(raw, dict) else None
        if not isinstance(switches, dict) or not isinstance(switches.get("analysis"), bool):
            return raw
        rest = {name: value for name, value in switches.items() if name != "analysis"}
        feedback = raw.get("feedback") or {}
        if not isinstance(feedback, dict):
            return raw
        told = "llm" if switches["analysis"] else "none"
        if feedback.get("analysis", told) != told:
            raise ValueError(
                f"`switches.analysis: {str(switches['analysis']).lower()}` is an older name of"
                f" `feedback.analysis: {told}`, which says {feedback['analysis']!r}: leave the"
                " switch out"
            )
        return raw | {"switches": rest, "feedback": feedback | {"analysis": told}}

    @field_validator("difficulty")
    @classmethod
    def _two_halves(cls, levels: tuple[int, ...] | None) -> tuple[int, ...] | None:
        if levels is not None and (len(levels) < 2 or list(levels) != sorted(set(levels))):
            raise ValueError("expected at least two levels, each once, the lowest first")
        return levels

    @field_validator("written_in")
    @classmethod
    def _language(cls, tag: str | None) -> str | None:
        if tag is not None:
            check_tag(tag)
        return tag
