"""The model card: README.md of a saved student, from plain values to text.

Names of labels and models, descriptions and the like come from users and from language models.
In the front matter they pass through the YAML writer on one line each; in the body everything
that Markdown or HTML could read as mark-up is escaped. `transformers` and the hub read the
front matter; people read the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from evokd.config import TaskKind
from evokd.store.dataset_card import CATEGORIES
from evokd.store.markdown import fenced, line, md, section
from evokd.store.readme import readme

if TYPE_CHECKING:
    from huggingface_hub import ModelCardData


@dataclass(frozen=True)
class StudentCard:
    """What a card says; empty parts are left out."""

    name: str
    """Of the run."""
    base_model: str
    """As the config names it."""
    base_model_hub: str | None
    """Hub name for the front matter; None when there is none, as for a folder."""
    method: str
    language: str
    """BCP 47 tag of the texts."""
    domain: str
    """Noun for one text: product review."""
    labels: Mapping[str, str]
    """Name → description, in the order of the head's outputs."""
    kind: TaskKind = "classification"
    """Of the task: what the student reads and answers."""
    seed_rows: Mapping[str, int] = field(default_factory=dict)
    """Label → shots."""
    generated_rows: Mapping[str, int] = field(default_factory=dict)
    """Label → accepted rows."""
    metrics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Split → metric → score in [0, 1]."""
    calibration: Mapping[str, Any] | None = None
    """The last round's, as metrics.jsonl has it: how sure the student is, and how rightly."""
    teachers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Role → models."""
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Template → SHA-256 of its source."""
    tokens: Mapping[str, int | None] = field(default_factory=dict)
    """Kind (billed prompt, billed completion, training, ...) → tokens; None is unknown."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Of a set of labels: from which probability on each one is said."""
    config: str = ""
    """The resolved config, YAML."""


def render_card(card: StudentCard) -> str:
    """The text of README.md: front matter for the hub, then Markdown."""
    parts = [f"# {md(card.name)}", _intro(card), _usage(card)]
    parts += [section("Labels", ("label", "meaning"), card.labels.items()), _data(card)]
    scores = [
        (split, metric, f"{value:.4f}")
        for split, values in card.metrics.items()
        for metric, value in values.items()
    ]
    teachers = [(role, ", ".join(models)) for role, models in card.teachers.items()]
    tokens = [(k, "unknown" if v is None else f"{v:,}") for k, v in card.tokens.items()]
    parts += [
        section("Scores", ("split", "metric", "score"), scores),
        _thresholds(card.thresholds),
        _calibration(card.calibration),
        section("Teachers", ("role", "models"), teachers),
        section("Tokens", ("kind", "tokens"), tokens),
        section("Prompts", ("template", "SHA-256"), card.prompts.items()),
        f"## Config\n\n{fenced(card.config, 'yaml')}" if card.config else "",
    ]
    return readme(_metadata(card), parts)


def _metadata(card: StudentCard) -> ModelCardData:
    from huggingface_hub import EvalResult, ModelCardData

    scores = [
        EvalResult(
            task_type=CATEGORIES.get(card.kind, "text-classification"),
            dataset_type="custom",
            dataset_name=line(card.name),
            dataset_split=line(split),
            metric_type="f1" if name == "macro_f1" else line(name),
            metric_name=line(name),
            metric_value=float(value),
        )
        for split, values in card.metrics.items()
        for name, value in values.items()
    ]
    return ModelCardData(
        language=[line(card.language)],
        library_name="transformers",
        pipeline_tag=CATEGORIES.get(card.kind, "text-classification"),
        tags=["evokd", "knowledge-distillation", "synthetic-data", line(card.method)],
        base_model=line(card.base_model_hub) if card.base_model_hub else None,
        model_name=line(card.name) if scores else None,
        eval_results=scores or None,
    )


def _intro(card: StudentCard) -> str:
    does = _DOES.get(card.kind, "Sorts one {domain} (language: {language}) into one of {n} labels.")
    what = does.format(domain=md(card.domain), language=md(card.language), n=len(card.labels))
    return (
        f"{what} Fine-tuned from {md(card.base_model)} by evokd, method "
        f"{md(card.method)}, on a few real texts and on texts that language models wrote and "
        "labelled for it. It shares their mistakes: check it on texts of your own before use."
    )


_DOES: Mapping[TaskKind, str] = {
    "multilabel": (
        "Says which of {n} labels one {domain} (language: {language}) has: any number of them, or "
        "none."
    ),
    "pair": (
        "Reads a premise ({domain}, language: {language}) and a hypothesis, and says which of {n} "
        "labels the pair has."
    ),
    "choice": (
        "Answers one {domain} (language: {language}) with up to {n} choices. It scores each choice "
        "by itself, so their order can't matter to it."
    ),
    "ner": "Finds entities of {n} types in one {domain} (language: {language}).",
    "multi": "Gives one {domain} (language: {language}) a label of each of several sets, of {n}.",
}
_PIPELINE = (
    "from transformers import pipeline\n\n"
    'classify = pipeline("text-classification", "path/to/this/folder")\n'
)
_USE: Mapping[TaskKind, str] = {
    "multilabel": f"""{_PIPELINE}classify("A text.", truncation=True, top_k=None)  # a score a label
""",
    "pair": f"""{_PIPELINE}pair = {{"text": "A premise.", "text_pair": "A hypothesis."}}
classify(pair, truncation=True)
""",
    "choice": """import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

folder = "path/to/this/folder"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModelForSequenceClassification.from_pretrained(folder)
question, choices = "A question?", ["one choice", "another"]
inputs = tokenizer(
    [question] * len(choices), choices, padding=True, truncation=True, return_tensors="pt"
)
with torch.inference_mode():
    probabilities = model(**inputs).logits.squeeze(-1).softmax(-1)
""",
    "ner": """from transformers import pipeline

find = pipeline("token-classification", "path/to/this/folder", aggregation_strategy="simple")
find("A text.")
""",
    "multi": f"""{_PIPELINE}# a logit a label; the softmax is over the labels of one set
classify("A text.", truncation=True, top_k=None, function_to_apply="none")
""",
}


def _usage(card: StudentCard) -> str:
    code = _USE.get(card.kind, f'{_PIPELINE}classify("A text.", truncation=True)\n')
    return f"```python\n{code}```"


def _thresholds(found: Mapping[str, float]) -> str:
    """What `transformers.pipeline` doesn't know."""
    if not found:
        return ""
    rows = [(label, f"{value:.4f}") for label, value in found.items()]
    told = section("Thresholds", ("label", "said from"), rows)
    return (
        f"{told}\n\nFitted to the best F1 of each label on dev rows, 0.5 where these were too few"
        " (`student.json`). `evokd predict` goes by them; `transformers.pipeline` gives the scores"
        " alone."
    )


def _calibration(found: Mapping[str, Any] | None) -> str:
    """How sure it is on the test rows, and what to divide the logits by for that."""
    if not found:
        return ""
    temperature, test = found["temperature"], found["test"]
    names = {"ece": "calibration error (ECE)", "brier": "Brier score", "nll": "NLL, nats"}
    after = test["after"] or {}
    rows = [
        (name, f"{test['before'][key]:.4f}", f"{after[key]:.4f}" if key in after else "–")
        for key, name in names.items()
    ]
    told = section("Calibration", ("test rows", "as it is", "with the temperature"), rows)
    if temperature is None:
        return f"{told}\n\nNo temperature was fitted: take a confidence of this student with care."
    by = {"dev": "dev rows", "held_back": "accepted rows that it never learnt"}[found["by"]]
    return (
        f"{told}\n\nTemperature {temperature:.4f}, fitted on {found['rows']} {by} (`student.json`)."
        " `evokd predict` divides the logits by it; `transformers.pipeline` doesn't: its scores are"
        " those of the student as it is."
    )


def _data(card: StudentCard) -> str:
    shown = [
        (label, str(card.seed_rows.get(label, 0)), str(card.generated_rows.get(label, 0)))
        for label in card.labels
    ]
    if not card.seed_rows and not card.generated_rows:
        return ""
    return section("Training data", ("label", "real rows", "generated rows"), shown)
