"""A pack: `pack.yaml` with how each role is asked, and a folder of templates by language.

```
prompts/small/pack.yaml
prompts/small/en/analyst.j2  easy_generator.j2  hard_generator.j2  labeler.j2  critic.j2  repair.j2
prompts/small/en/ner/labeler.j2      instead of the one above it, where `task.kind` is ner
```
What differs by kind in pack.yaml stands under `kinds: {ner: {labeler: {…}}}`, what differs by the
language of the prompts under `languages: {zh: {generator: {…}}}`; the kind has the last word.
A new strategy is a new folder: `prompts: {pack: ./my_pack}`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from evokd.config import ROLES, Config, ConfigError, Form, Role, TaskKind, parse_yaml
from evokd.config.nearest import did_you_mean
from evokd.teacher.request import Prompt
from prompts.render import Template, TemplateError

HERE = Path(__file__).parent
REPAIR = "repair"
"""The text of a repair turn; no role's, as the next two."""
BRIEF = "brief"
"""What every generator is told of hard and easy, of confusions, numbers and levels."""
SUMMARY = "summary"
"""The confusions in words: the analysis where no analyst is asked."""
GENERATORS = ("easy_generator", "hard_generator")
TEMPLATES = (*(name for name, role in ROLES.items() if not role.optional), REPAIR)
OPTIONAL_TEMPLATES = tuple(name for name, role in ROLES.items() if role.optional)
"""Only some methods and settings need them; a pack made for EvoKD alone may leave them out."""


COMPOUND: frozenset[TaskKind] = frozenset({"pair", "choice"})
"""Kinds whose texts have parts."""
Forms = Mapping[Literal["generator"], Form]
"""Section of pack.yaml → form of the replies to its roles."""
_NO_FORMS: Forms = {}


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


class Expected(_Strict):
    """What its models write on average: for `evokd plan`, which can't know it."""

    text: int | None = Field(None, ge=1)
    """Tokens of a written text; None: as many as a train row has."""
    analysis: int = Field(60, ge=1)
    """Tokens of an analysis, without the JSON around it."""
    reason: int = Field(12, ge=1)
    """Tokens of a critic's reason."""
    reasoning: int | None = Field(None, ge=1)
    """Tokens of a teacher's reasoning; None: twice those of a worked example."""
    unusable: dict[str, float] = {}
    """Section of this file (`labeler`) → share of replies that its role can't use."""
    unclean: float = Field(0.0, ge=0, lt=1)
    """Share of the written texts that are no rows (`agents.clean`), and that nobody labels."""
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
    reasoner: ReasonerStyle | None = None
    """Only for `method: dasd`."""
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

    def writing(self, form: Form) -> PackManifest:
        """With writers that answer in this form."""
        change: dict[str, Any] = {"reply": form} | ({"texts_per_call": 1} if form == "line" else {})
        return self.model_copy(update={"generator": self.generator.model_copy(update=change)})


class Pack:
    """Templates and styles of one pack in one language."""

    def __init__(
        self,
        name: str,
        manifest: PackManifest,
        templates: Mapping[str, Template],
        *,
        forced: bool = False,
    ) -> None:
        """Args.

        name: Pack and language.
        manifest: Of the kind and the language.
        templates: By role.
        forced: The config asks for another form of reply than the pack's own.
        """
        self.name, self.manifest, self.templates = name, manifest, templates
        self.forced = forced

    @classmethod
    def of(cls, config: Config) -> Pack:
        """The pack that a config names, its settings resolved; `graph.packs.pack_of` knows `auto`.

        Raises:
            ConfigError: see `load`.
        """
        prompts = config.prompts
        return cls.load(prompts.pack, prompts.language, config.task.kind, prompts.forms)

    @classmethod
    def load(
        cls,
        pack: str,
        language: str,
        kind: TaskKind = "classification",
        forms: Forms = _NO_FORMS,
    ) -> Pack:
        """A pack that ships with evokd, by name, or any folder, by path.

        Args:
            pack: Name or path.
            language: Of the prompts.
            kind: Of task.
            forms: Form of the writers' replies instead of the pack's own (`prompts.forms`).

        Raises:
            ConfigError: unknown pack or language, a broken manifest or template, a form of reply
                that the templates don't ask for or that can't hold such a text.
        """
        folder = Path(pack) if "/" in pack else HERE / pack
        if not (folder / "pack.yaml").is_file():
            raise ConfigError(
                f"prompts.pack: {pack!r} is no pack (no pack.yaml in {folder});"
                f" shipped packs: {', '.join(shipped())}{did_you_mean(pack, shipped())}"
            )
        if not (folder / language).is_dir():
            known = sorted(f.name for f in folder.iterdir() if (f / "labeler.j2").is_file())
            raise ConfigError(
                f"prompts.language: pack {folder.name!r} has no {language!r}, only {known}"
            )
        name = f"{folder.name}/{language}"
        more = [role for role in OPTIONAL_TEMPLATES if _has(folder / language, role, kind)]
        more += [one for one in (BRIEF, SUMMARY) if _path(folder / language, one, kind).is_file()]
        templates = {
            role: _template(folder / language, name, role, kind) for role in (*TEMPLATES, *more)
        }
        manifest = _manifest(folder / "pack.yaml", kind, language)
        form = forms.get("generator", manifest.generator.reply)
        forced = form != manifest.generator.reply
        if forced:
            manifest = manifest.writing(form)
        if manifest.generator.reply == "lines" and kind in COMPOUND:
            raise ConfigError(
                f"prompts.forms: `lines` holds one text a line, and a text of task.kind {kind} has"
                " several parts; leave it out (the form is then that of pack.yaml), or use json"
            )
        return cls(name, manifest, templates, forced=forced)

    def require(self, role: Role) -> None:
        """Check that the pack can serve a role.

        Raises:
            ConfigError: it has no such template, or no settings for it, or the template can't ask
                for the form of reply that the config wants.
        """
        style, whose = ROLES[role].style, ROLES[role].whose
        if role not in self.templates:
            raise ConfigError(
                f"prompts.pack: {self.name} has no {role}.j2, which this method needs"
                " (the shipped packs have one to begin with)"
            )
        if self.forced and style == "generator" and "form" not in self.templates[role].variables:
            raise ConfigError(
                f"prompts.forms: generator: {self.manifest.generator.reply}: the template"
                f" {self.templates[role].name} asks for one form of reply alone (it doesn't use the"
                " variable `form`); leave the setting out, or take another pack"
            )
        if getattr(self.manifest, style) is None:
            raise ConfigError(
                f"prompts.pack: the pack.yaml of {self.name} has no `{style}`, which {whose} needs"
                " (the shipped packs have one to begin with)"
            )

    def prompt(self, role: str, variables: Mapping[str, object]) -> Prompt:
        """Render a role's template; a missing variable is an error."""
        template = self.templates[role]
        variables = {"form": self.manifest.generator.reply, **variables}
        if BRIEF not in template.variables:
            return template.prompt(variables)
        brief = self.templates[BRIEF]
        prompt = template.prompt({**variables, BRIEF: brief.text(variables)})
        whole = hashlib.sha256(f"{template.sha}{brief.sha}".encode()).hexdigest()
        return replace(prompt, template_sha=whole)

    def asks(self, role: str) -> frozenset[str]:
        """The variables that a role's prompt shows, by its own template or the brief's."""
        asked = self.templates[role].variables
        return asked | self.templates[BRIEF].variables if BRIEF in asked else asked

    def summary(self, variables: Mapping[str, object]) -> str:
        """The confusions in words, on one line."""
        return " ".join(self.templates[SUMMARY].text(variables).split())

    def repair(self, complaint: str) -> str:
        """The text of a repair turn."""
        return self.templates[REPAIR].text({"complaint": complaint})

    @property
    def hashes(self) -> dict[str, str]:
        """SHA-256 of each template's source, for the model card."""
        return {role: template.sha for role, template in self.templates.items()}


def shipped() -> list[str]:
    """Names of the packs that come with evokd."""
    return sorted(path.parent.name for path in HERE.glob("*/pack.yaml"))


def _manifest(path: Path, kind: TaskKind, language: str) -> PackManifest:
    try:
        raw: Any = parse_yaml(path.read_text(encoding="utf-8"))
        return PackManifest.model_validate(raw).of(kind, language)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise ConfigError(f"{path}: {field}: {first['msg']}") from None


def _has(folder: Path, role: Role, kind: TaskKind) -> bool:
    """Whether a pack has a template for an optional role, and for this kind of task."""
    own = ROLES[role].folder
    if own is not None:
        return own == kind and (folder / own / f"{role}.j2").is_file()
    return (folder / f"{role}.j2").is_file()


def _path(folder: Path, role: str, kind: TaskKind) -> Path:
    own = folder / kind / f"{role}.j2"
    return own if own.is_file() else folder / f"{role}.j2"


def _template(folder: Path, pack: str, role: str, kind: TaskKind) -> Template:
    path = _path(folder, role, kind)
    name = f"{pack}/{kind}/{role}" if path.parent != folder else f"{pack}/{role}"
    try:
        return Template(name, path.read_text(encoding="utf-8"))
    except OSError:
        raise ConfigError(f"prompts.pack: {path} is missing") from None
    except TemplateError as error:
        raise ConfigError(f"prompts.pack: {error}") from None
