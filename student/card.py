"""The model card: README.md of a saved student, from plain values to text.

Names of labels and models, descriptions and the like come from users and from language models.
In the front matter they pass through the YAML writer on one line each; in the body everything
that Markdown or HTML could read as mark-up is escaped. `transformers` and the hub read the
front matter; people read the rest.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml


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
    parts = [_front_matter(card), f"# {_md(card.name)}", _intro(card), _usage()]
    parts += [_table("Labels", ("label", "meaning"), card.labels.items()), _data(card)]
    scores = [
        (split, metric, f"{value:.4f}")
        for split, values in card.metrics.items()
        for metric, value in values.items()
    ]
    teachers = [(role, ", ".join(models)) for role, models in card.teachers.items()]
    tokens = [(k, "unknown" if v is None else f"{v:,}") for k, v in card.tokens.items()]
    parts += [
        _table("Scores", ("split", "metric", "score"), scores),
        _table("Teachers", ("role", "models"), teachers),
        _table("Tokens", ("kind", "tokens"), tokens),
        _table("Prompts", ("template", "SHA-256"), card.prompts.items()),
        _config(card.config),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front_matter(card: StudentCard) -> str:
    meta: dict[str, Any] = {
        "language": [_line(card.language)],
        "library_name": "transformers",
        "pipeline_tag": "text-classification",
        "tags": ["evokd", "knowledge-distillation", "synthetic-data", _line(card.method)],
    }
    if card.base_model_hub:
        meta["base_model"] = _line(card.base_model_hub)
    if card.metrics:
        meta["model-index"] = [{"name": _line(card.name), "results": _results(card)}]
    text = yaml.safe_dump(meta, sort_keys=False, allow_unicode=True, width=float("inf"))
    return f"---\n{text}---"


def _results(card: StudentCard) -> list[dict[str, Any]]:
    return [
        {
            "task": {"type": "text-classification"},
            "dataset": {"name": _line(card.name), "type": "custom", "split": _line(split)},
            "metrics": [
                {"type": "f1" if name == "macro_f1" else _line(name), "name": _line(name),
                 "value": float(value)}
                for name, value in values.items()
            ],
        }
        for split, values in card.metrics.items()
    ]  # fmt: skip


def _intro(card: StudentCard) -> str:
    return (
        f"Sorts one {_md(card.domain)} (language: {_md(card.language)}) into one of "
        f"{len(card.labels)} labels. Fine-tuned from {_md(card.base_model)} by evokd, method "
        f"{_md(card.method)}, on a few real texts and on texts that language models wrote and "
        "labelled for it. It shares their mistakes: check it on texts of your own before use."
    )


def _usage() -> str:
    return (
        "```python\nfrom transformers import pipeline\n\n"
        'classify = pipeline("text-classification", "path/to/this/folder")\n'
        'classify("A text.", truncation=True)\n```'
    )


def _data(card: StudentCard) -> str:
    shown = [
        (label, str(card.seed_rows.get(label, 0)), str(card.generated_rows.get(label, 0)))
        for label in card.labels
    ]
    if not card.seed_rows and not card.generated_rows:
        return ""
    return _table("Training data", ("label", "real rows", "generated rows"), shown)


def _config(text: str) -> str:
    """The config in a code block with a fence longer than any in it."""
    if not text:
        return ""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"## Config\n\n{fence}yaml\n{text.rstrip()}\n{fence}"


def _table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A section with a Markdown table; nothing when there are no rows."""
    body = [" | ".join(_md(cell) for cell in row) for row in rows]
    if not body:
        return ""
    lines = [" | ".join(head), " | ".join("---" for _ in head), *body]
    return f"## {title}\n\n" + "\n".join(f"| {line} |" for line in lines)


def _line(text: str) -> str:
    """Text on one line, without control characters and lone surrogates."""
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", " ", text).split())


def _md(text: str) -> str:
    """Text that reads as itself in Markdown, also within a table, and as HTML."""
    return re.sub(r"([\\`*_{}\[\]()#+!|~$])", r"\\\1", html.escape(_line(text), quote=False))
