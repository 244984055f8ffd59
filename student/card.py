"""The model card: README.md of a saved student, from plain values to text.

Names of labels and models, descriptions and the like come from users and from language models.
In the front matter they pass through the YAML writer on one line each; in the body everything
that Markdown or HTML could read as mark-up is escaped. `transformers` and the hub read the
front matter; people read the rest.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from evokd.config import TaskKind
from evokd.store.markdown import line, md, section


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
    teachers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Role → models."""
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Template → SHA-256 of its source."""
    tokens: Mapping[str, int | None] = field(default_factory=dict)
    """Kind (billed prompt, billed completion, training, ...) → tokens; None is unknown."""
    config: str = ""
    """The resolved config, YAML."""


def render_card(card: StudentCard) -> str:
    """The text of README.md: front matter for the hub, then Markdown."""
    parts = [_front_matter(card), f"# {md(card.name)}", _intro(card), _usage(card)]
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
        section("Teachers", ("role", "models"), teachers),
        section("Tokens", ("kind", "tokens"), tokens),
        section("Prompts", ("template", "SHA-256"), card.prompts.items()),
        _config(card.config),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(card: StudentCard) -> str:
    meta: dict[str, Any] = {
        "language": [line(card.language)],
        "library_name": "transformers",
        "pipeline_tag": "multiple-choice" if card.kind == "choice" else "text-classification",
        "tags": ["evokd", "knowledge-distillation", "synthetic-data", line(card.method)],
    }
    if card.base_model_hub:
        meta["base_model"] = line(card.base_model_hub)
    if card.metrics:
        meta["model-index"] = [{"name": line(card.name), "results": _results(card)}]
    text = yaml.safe_dump(meta, sort_keys=False, allow_unicode=True, width=float("inf"))
    return f"---\n{text}---"


def _results(card: StudentCard) -> list[dict[str, Any]]:
    return [
        {
            "task": {"type": "text-classification"},
            "dataset": {"name": line(card.name), "type": "custom", "split": line(split)},
            "metrics": [
                {"type": "f1" if name == "macro_f1" else line(name), "name": line(name),
                 "value": float(value)}
                for name, value in values.items()
            ],
        }
        for split, values in card.metrics.items()
    ]  # fmt: skip


def _intro(card: StudentCard) -> str:
    does = _DOES.get(card.kind, "Sorts one {domain} (language: {language}) into one of {n} labels.")
    what = does.format(domain=md(card.domain), language=md(card.language), n=len(card.labels))
    return (
        f"{what} Fine-tuned from {md(card.base_model)} by evokd, method "
        f"{md(card.method)}, on a few real texts and on texts that language models wrote and "
        "labelled for it. It shares their mistakes: check it on texts of your own before use."
    )


_DOES: Mapping[TaskKind, str] = {
    "pair": (
        "Reads a premise ({domain}, language: {language}) and a hypothesis, and says which of {n} "
        "labels the pair has."
    ),
    "choice": (
        "Answers one {domain} (language: {language}) with up to {n} choices. It scores each choice "
        "by itself, so their order can't matter to it."
    ),
}
_PIPELINE = (
    "from transformers import pipeline\n\n"
    'classify = pipeline("text-classification", "path/to/this/folder")\n'
)
_USE: Mapping[TaskKind, str] = {
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
}


def _usage(card: StudentCard) -> str:
    code = _USE.get(card.kind, f'{_PIPELINE}classify("A text.", truncation=True)\n')
    return f"```python\n{code}```"


def _data(card: StudentCard) -> str:
    shown = [
        (label, str(card.seed_rows.get(label, 0)), str(card.generated_rows.get(label, 0)))
        for label in card.labels
    ]
    if not card.seed_rows and not card.generated_rows:
        return ""
    return section("Training data", ("label", "real rows", "generated rows"), shown)


def _config(text: str) -> str:
    """The config in a code block with a fence longer than any in it."""
    if not text:
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"## Config\n\n{fence}yaml\n{text.rstrip()}\n{fence}"
