"""The dataset card: README.md beside exported rows, for the Hugging Face hub and for people.

Names of labels and models come from users; they are written as in the student's card.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evokd.store.markdown import line, md, section
from evokd.store.readme import readme

if TYPE_CHECKING:
    from huggingface_hub import DatasetCardData

CATEGORIES = {
    "classification": "text-classification",
    "multi": "text-classification",
    "multilabel": "text-classification",
    "pair": "text-classification",
    "choice": "multiple-choice",
    "ner": "token-classification",
}
"""Kind of task → category on the hub."""
UNKNOWN_LICENCE = "not known here"
SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"))
COLUMNS = {
    "row": "id within the run; the round, the writer and a number",
    "round": "in which it was written; 0 is the warm-up",
    "kind": "easy, hard, plain (methods that know neither), or pool (a real text)",
    "text": "what a model wrote; of kind pool a real text",
    "label": "what the student was trained on: the vote, the critic's relabel, or a person's",
    "intended_label": "what the writer aimed at; no labeler saw it",
    "probability": "of the label, by the labelers' log-probabilities; null without them",
    "agreement": "share of the voters that chose the label",
    "distribution": "probability of each label by the votes (JSON by label); null without any",
    "votes": "each labeler's answer: voter, label, reason, call, logprobs (JSON by label);"
    " voter -1 is a person",
    "person": "the label that a person gave the row; null: no person saw it",
    "calls": "ids of the calls in the run's ledger that wrote and labelled it",
    "parents": "ids of the student errors it answers: earlier rows, or seed shots",
    "rewrites": "ids of rows that the critic had sent back, in place of which it was written",
}
"""Column → what it holds."""
KEPT_COLUMNS = {
    "score": "what the policy of loop.keep gave the row; higher is kept",
    "kept": "false: the row was accepted, but not trained on",
}
"""Further ones of a run with `loop.keep`."""
NOTE_COLUMNS = {
    "note": "pass or fail, by a person who read the row; null: neither. It steered nothing",
    "note_text": "the line that they wrote about it",
}
"""Further ones where notes are asked for."""


@dataclass(frozen=True)
class DatasetCard:
    """What a card says; empty parts are left out."""

    name: str
    run: str
    """Id of the run."""
    method: str
    kind: str
    """Of the task."""
    language: str
    domain: str
    labels: Mapping[str, str]
    """Name → description."""
    rows: Mapping[str, int]
    """Label → rows."""
    real: int = 0
    """Of these, texts of a pool, which were labelled and not written."""
    edited: int = 0
    """Of these, edits of seed texts (EDA), which no model wrote."""
    teachers: Sequence[tuple[str, str]] = ()
    """(role, model)."""
    licences: Mapping[str, str] = field(default_factory=dict)
    """Model → licence, of those whose licence is known."""
    prompts: Sequence[tuple[str, str]] = ()
    """(template, SHA-256 of its source)."""
    tokens: Mapping[str, str] = field(default_factory=dict)
    by_agent: Sequence[tuple[str, str, str, str]] = ()
    """(agent, calls, prompt tokens, completion tokens), as billed."""
    kept: int | None = None
    """Rows that `loop.keep` let stay; None: nobody chose."""
    scores: Sequence[tuple[str, str, str]] = ()
    """Of the student trained on these rows: (split, metric, score)."""
    versions: Mapping[str, str] = field(default_factory=dict)
    notes: bool = False
    """What readers noted of the rows goes along."""


def render_dataset_card(card: DatasetCard) -> str:
    """The text of README.md: front matter for the hub, then Markdown."""
    count = sum(card.rows.values())
    names = [*card.labels, *(label for label in card.rows if label not in card.labels)]
    labels = [(name, card.labels.get(name, ""), f"{card.rows.get(name, 0):,}") for name in names]
    parts = [
        f"# {md(card.name)}",
        _intro(card, count),
        '```python\nfrom datasets import load_dataset\n\nload_dataset("path/to/this/folder")\n```',
        section("Labels", ("label", "meaning", "rows"), labels if len(names) <= 200 else ()),
        section(
            "Columns",
            ("column", "what it holds"),
            columns_of(card.kept is not None, card.notes).items(),
        ),
        _licence(),
        teachers_section(card.teachers, card.licences),
        section("Prompts", ("template", "SHA-256"), card.prompts),
        section("Tokens", ("kind", "tokens"), card.tokens.items()),
        tokens_section(card.by_agent),
        section("Student trained on these rows", ("split", "metric", "score"), card.scores),
        section("Versions", ("package", "version"), card.versions.items()),
    ]
    return readme(_metadata(card, count), parts)


def teachers_section(teachers: Sequence[tuple[str, str]], licences: Mapping[str, str]) -> str:
    """Who was asked, (role, model) each, and under which licence the model is, where known."""
    rows = [(role, model, licences.get(model, UNKNOWN_LICENCE)) for role, model in teachers]
    return section("Teachers", ("role", "model", "licence of the model"), rows)


def tokens_section(by_agent: Sequence[tuple[str, str, str, str]]) -> str:
    """(agent, calls, prompt tokens, completion tokens) each."""
    head = ("agent", "calls", "prompt tokens", "completion tokens")
    return section("Tokens by agent", head, by_agent)


def columns_of(chosen: bool, noted: bool = False) -> dict[str, str]:
    """Column → what it holds.

    Args:
        chosen: The run kept some rows and let others go.
        noted: What readers noted goes along.
    """
    return COLUMNS | (KEPT_COLUMNS if chosen else {}) | (NOTE_COLUMNS if noted else {})


def _metadata(card: DatasetCard, count: int) -> DatasetCardData:
    from huggingface_hub import DatasetCardData

    return DatasetCardData(
        pretty_name=line(card.name),
        language=[line(card.language)],
        license="other",
        license_name="terms-of-the-teachers",
        task_categories=[CATEGORIES.get(card.kind, "text-generation")],
        size_categories=[next((name for limit, name in SIZES if count < limit), "100K<n<1M")],
        tags=[
            "evokd",
            *["synthetic"] * (card.real < count),
            "knowledge-distillation",
            line(card.method),
        ],
        configs=[
            {"config_name": "default", "data_files": [{"split": "train", "path": "data/*.parquet"}]}
        ],
    )


def _intro(card: DatasetCard, count: int) -> str:
    worked = "that language models " + ("labelled" if card.real else "wrote and labelled")
    real = "No row is real: they share the mistakes of the models below."
    if card.edited:
        worked = "made" if card.edited == count else worked
        real = (
            f"{card.edited:,} of them are edits of real seed texts (words swapped, put in, left"
            " out), and no model wrote or labelled these."
        )
    if card.real:
        real = (
            f"{card.real:,} of them are real texts out of a pool, under its terms and with whatever"
            " people wrote in it; their labels share the mistakes of the models below."
        )
        if card.real < count:
            real += " The other texts were written by these models."
    return (
        f"{count:,} rows ({md(card.domain)}, language: {md(card.language)}) {worked}"
        f" to train a small student, made by evokd, method {md(card.method)},"
        f" run {md(card.run)}. {real} Each"
        " leads back to its calls and to the errors of the student that it answers."
        + ("" if card.kept is None else f" The student was trained on the {card.kept:,} kept ones.")
    )


def _licence() -> str:
    return (
        "## Licence\n\nThe texts are output of the models listed under Teachers. Their licences and"
        " terms of use say what may be done with them, training other models included; nothing"
        " here grants more. Check them before you pass this on."
    )
