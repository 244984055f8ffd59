"""The settings of a pack: what its pack.yaml says of how each role is asked."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from evokd.config import ROLES, Form, Role, TaskKind


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Sampling(_Strict):
    temperature: float = Field(0.0, ge=0, le=2)
    top_p: float | None = Field(None, gt=0, le=1)
    max_tokens: int = Field(ge=1)
    """For one call; where a call holds several texts, for each of them."""
    stop: tuple[str, ...] = ()
    extra: dict[str, float | int | str | bool] = {}
    """Sampling parameters beyond OpenAI's; only for servers that know them."""


class AnalystStyle(_Sampling):
    """How the analyst is asked."""

    reply: Literal["json", "text"]
    show: int | None = Field(None, ge=0)
    """Most examples of each mark shown, below what the loop allows; None: no cap."""
    show_right: int | None = Field(None, ge=0)
    """Another cap for those the student got right."""

    @property
    def most(self) -> dict[str, int | None]:
        """The caps by mark."""
        right = self.show if self.show_right is None else self.show_right
        return {
            "right": right,
            "wrong": self.show,
            "confident": self.show,
            "uncertain": self.show,
        }


class GeneratorStyle(_Sampling):
    """How the generators are asked."""

    reply: Form
    """`json`: a list of texts. `lines`: the same as a plain numbered list, one text a line. `line`:
    the reply is one text. Templates know it as `form`."""
    texts_per_call: int | None = Field(None, ge=1)
    """None: as many as the loop asks for in one turn; of `line`, one."""
    target_class: bool = False
    """Tell the writer which class to write for; never shown to the labeler."""
    openings: tuple[str, ...] = ()
    """Openings or angles that the calls take in turn, for variety."""


class OrderStyle(GeneratorStyle):
    """How a writer is given short orders (`method: lean`)."""

    reply: Literal["lines"] = "lines"
    texts_per_call: int = Field(4, ge=1)
    """Of one order, which is paid once for all of them."""
    target_class: bool = True
    styles: tuple[str, ...] = ()
    """One is drawn for each order; each must be possible for every class, and say nothing of it."""


class LabelerStyle(_Sampling):
    """How the labeler is asked."""

    reply: Literal["json", "logprobs"]
    """`logprobs`: one text a call, by log-probability of the label words (up to 20 labels)."""
    texts_per_call: int = Field(1, ge=1)
    closed: bool = False
    """Answers made of a text's words (entities) can only be chosen among them, by a JSON schema
    made for each text; for llama.cpp, which enforces any schema, and models that invent."""
    shots: int = Field(1, ge=0)
    """Of `logprobs`: seed shots of each class that are shown with their labels, where the template
    shows any."""
    shots_above: int = Field(0, ge=0)
    """Classes up to which none is shown."""
    calibrate: bool = False
    """Batch calibration of the log-probabilities, in the ballot."""


class TranslatorStyle(_Sampling):
    """How the translator is asked."""

    reply: Literal["json", "line"]
    """`line`: one text a call, the reply is its translation."""
    texts_per_call: int = Field(1, ge=1)

    @model_validator(mode="after")
    def _one_a_line(self) -> TranslatorStyle:
        if self.reply == "line" and self.texts_per_call > 1:
            raise ValueError("`reply: line` takes one text a call, `texts_per_call: 1`")
        return self


class AttributesStyle(_Sampling):
    """How the proposer of attributes is asked; `max_tokens` is for one value."""

    reply: Literal["json", "lines"]
    """`lines`: a dimension a line, `name: value; value`; a class's subtopics as a numbered list."""


class CriticStyle(_Sampling):
    """How the critic works."""

    kind: Literal["llm", "rules"]
    texts_per_call: int = Field(8, ge=1)
    min_words: int = Field(3, ge=1)
    """Rules: fewer distinct words are too few (characters / 2 in scripts without spaces)."""
    max_words: int = Field(120, ge=1)
    accept_above: float = 0.0
    """Rules: the labeler's margin for the intended label, in units of the batch's root mean
    square, above which the row is accepted as intended."""
    relabel_below: float = -0.5
    """Rules: margin below which the labeler's own label is taken; in between, rejected."""


class Worked(_Strict):
    """A question that was reasoned about: an example for the teacher."""

    question: str
    """With its choices, a line each, as `A. text`."""
    reasoning: str
    answer: str


class ReasonerStyle(_Sampling):
    """How the teacher that reasons is asked; the stage says at what temperature."""

    examples: dict[Literal["letter", "number"], tuple[Worked, ...]] = {}
    """By what the answer is; `dasd.teacher_examples` says how many are shown."""
    continues: bool = False
    """The finisher's prompt ends with what it has to go on from, which the server continues."""


class RoleStyle(_Sampling):
    """How a role that a user registered is asked."""

    reply: Literal["json", "text"] = "text"
    texts_per_call: int = Field(8, ge=1)


class Expected(_Strict):
    """What its models write on average: for `evokd plan`, which can't know it."""

    text: int | None = Field(None, ge=1)
    """Tokens of a written text; None: as many as a train row has."""
    analysis: int = Field(60, ge=1)
    """Tokens of an analysis, without the JSON around it."""
    reason: int = Field(12, ge=1)
    """Tokens of a critic's reason."""
    thought: int = Field(24, ge=1)
    """Tokens of a labeler's reason for a label, where it takes several paths to it."""
    reasoning: int | None = Field(None, ge=1)
    """Tokens of a teacher's reasoning; None: twice those of a worked example."""
    unusable: dict[str, float] = {}
    """Section of this file (`labeler`) → share of replies that its role can't use."""
    unclean: float = Field(0.0, ge=0, lt=1)
    """Share of the written texts that are no rows (`agents.clean`), and that nobody labels."""
    doubted: float = Field(0.25, ge=0, lt=1)
    """Share of the texts written to order whose class is doubted (`method: lean`)."""
    repeated: float = Field(0.0, ge=0, lt=1)
    """Share of the written texts that repeat another one."""
    rejected: float = Field(0.0, ge=0, lt=1)
    """Share of what the critic judges, and rejects."""
    sent_back: float = Field(0.0, ge=0, lt=1)
    """Share of it that the critic sends back to be written again."""
    spread: float = Field(1.3, ge=1)
    """Texts, analyses and reasons may be that many times as long, or as short."""


class PackManifest(_Strict):
    """The content of pack.yaml."""

    description: str
    analyst: AnalystStyle
    generator: GeneratorStyle
    labeler: LabelerStyle
    critic: CriticStyle
    translator: TranslatorStyle | None = None
    """Only for `loop.written_in`."""
    attributes: AttributesStyle | None = None
    """Only for `method: attrprompt`."""
    orders: OrderStyle | None = None
    """Only for `method: lean`."""
    reasoner: ReasonerStyle | None = None
    """Only for `method: dasd`."""
    roles: dict[str, RoleStyle] = {}
    """How roles that users registered are asked, by name (`evokd.role`)."""
    expected: Expected = Expected()
    languages: dict[str, dict[str, dict[str, Any]]] = {}
    """Language of the prompts → role → settings that are other than those above."""
    kinds: dict[TaskKind, dict[str, dict[str, Any]]] = {}
    """Kind of task → role → settings that are other than those above."""

    def of(self, kind: TaskKind, language: str = "en") -> PackManifest:
        """The settings for a kind of task and a language of the prompts.

        Raises:
            ValidationError: a setting that is not known.
        """
        raw = self.model_dump(exclude={"kinds", "languages"}, exclude_unset=True)
        for layer in (self.languages.get(language, {}), self.kinds.get(kind, {})):
            for role, changes in layer.items():
                raw[role] = raw.get(role, {}) | changes
        found = PackManifest.model_validate(raw)
        return found.writing(found.generator.reply)

    def style_of(self, role: Role) -> Any:
        """How a role is asked; None where the pack doesn't say."""
        return self.roles.get(role) or getattr(self, ROLES[role].style, None)

    def writing(self, form: Form) -> PackManifest:
        """With writers that answer in this form."""
        change: dict[str, Any] = {"reply": form} | ({"texts_per_call": 1} if form == "line" else {})
        return self.model_copy(update={"generator": self.generator.model_copy(update=change)})

    def ordering(self) -> PackManifest:
        """With writers that are given short orders; as it is where the pack has none."""
        return self if self.orders is None else self.model_copy(update={"generator": self.orders})
