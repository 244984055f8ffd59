"""A student's card for the hub: the one that its run wrote, with what strangers need beside.

The run's card stays as it is, a person's changes to it included; sections are added, and those
written anew that can say more now: intervals, licences, tokens by agent, a config without names of
this machine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from evokd.config.task import CALIBRATED_KINDS, CAUSAL_KINDS
from evokd.hub.address import Repo
from evokd.runs.data_card import licences, tokens_by_agent
from evokd.runs.run import Run, mapping, number
from evokd.runs.totals import pairs_of
from evokd.store.dataset_card import teachers_section, tokens_section
from evokd.store.markdown import fenced, md, section
from evokd.store.readme import Readme
from evokd.store.weights import licence_of
from evokd.tasks.intervals import Bounds, wilson

LICENCE = "terms-of-the-teachers"
"""Name of the licence in the front matter: ours to say is only whose terms hold."""
FOLDER, EXPORTED_FOLDER = "path/to/this/folder", "THIS_FOLDER"
"""What the card of a run, and of an export, calls the student's place."""
ONE_LABEL = ("classification", "pair")
"""Kinds of task where every text gets exactly one label."""
Intervals = Mapping[tuple[str, str], Bounds]
"""(split, metric) → 95 % interval."""


@dataclass(frozen=True)
class Facts:
    """What is known of a student beside its card."""

    base_model: str = ""
    """As the config names it."""
    kind: str = ""
    """Of the task; empty where it is not known."""
    labels: Sequence[str] = ()
    max_length: int | None = None
    """Tokens."""
    temperature: float | None = None
    rows: Mapping[str, int] = field(default_factory=dict)
    """Of dev and test, where known."""
    intervals: Intervals = field(default_factory=dict)
    """Those that were measured; the accuracy's follows from the score."""


def for_the_hub(card: Readme, repo: Repo, run: Run | None, facts: Facts) -> Readme:
    """Complete a card in place; without a run, by what the folder says alone."""
    card.head = card.head.replace(FOLDER, repo.name).replace(EXPORTED_FOLDER, _folder(repo))
    card.put("How to load", _loading(repo, facts), before="Labels")
    if run is not None:
        card.put("Scores", _scores(run, facts))
        teachers = pairs_of(run, "agent", "model")
        of_models = licences(model for _, model in teachers)
        card.put("Teachers", teachers_section(teachers, of_models), before="Tokens")
        card.put("Tokens by agent", tokens_section(tokens_by_agent(run)), before="Prompts")
    card.put("Limits", _limits(run, facts), before="Training data")
    card.put("Licence", _licence(facts), before="Teachers")
    task = mapping(run.config.get("task")) if run else {}
    known = {"language": [str(task["language"])]} if task.get("language") else {}
    card.front = {"tags": ["evokd", "knowledge-distillation"]} | known | card.front
    if "license" not in card.front:
        card.front |= {"license": "other", "license_name": LICENCE}
    return card


def _folder(repo: Repo) -> str:
    """Where the commands of the card put it."""
    return repo.name.partition("/")[2]


def _loading(repo: Repo, facts: Facts) -> str:
    """Commands; a language model of a safetensors folder is asked by transformers alone."""
    if facts.kind in CAUSAL_KINDS:
        code = (
            "from transformers import pipeline\n\n"
            f'answer = pipeline("text-generation", "{repo.name}")\n'
            'answer([{"role": "user", "content": "A question?"}], max_new_tokens=256)\n'
        )
        asked = "\n\nAsk it in the words under Prompt: it learnt by no others."
        return f"## How to load\n\n{fenced(code, 'python')}{asked}"
    commands = f"hf download {repo.name} --local-dir {_folder(repo)}\n"
    if facts.labels:
        commands += f'evokd predict {_folder(repo)} --text "A text."\n'
    return f"## How to load\n\n{fenced(commands, 'bash')}"


def _scores(run: Run, facts: Facts) -> str:
    """The last line of the metrics; a run that has none leaves the card's own."""
    if not run.metrics:
        return ""
    last, rows = run.metrics[-1], []
    for split in ("dev", "test"):
        n = facts.rows.get(split)
        for name, raw in mapping(last.get(split)).items():
            score = number(raw)
            if score is None:
                continue
            bounds = _share(run, name, score, n) or facts.intervals.get((split, name))
            shown = "–" if bounds is None else f"{bounds.low:.4f} to {bounds.high:.4f}"
            rows.append((split, str(name), f"{score:.4f}", shown, f"{n:,}" if n else "–"))
    head = ("split", "metric", "score", "95 % interval", "rows")
    said = (
        "Intervals: of a share of rows Wilson's, of other scores the percentile bootstrap over the"
        " rows; –: not known. They are about these rows, not about texts of another kind."
    )
    table = section("Scores", head, rows)
    return f"{table}\n\n{said}" if table else ""


def _share(run: Run, name: str, score: float, n: int | None) -> Bounds | None:
    """Wilson's interval, where the score is a share of rows."""
    kind = mapping(run.config.get("task")).get("kind", "classification")
    if name != "accuracy" or kind not in CALIBRATED_KINDS or not n or not 0 <= score <= 1:
        return None
    return wilson(round(score * n), n)


def _limits(run: Run | None, facts: Facts) -> str:
    said = [
        "It learnt from what language models wrote or labelled, and shares their mistakes and their"
        " idea of the labels. Nobody has looked at every row.",
    ]
    if facts.labels and facts.kind in ONE_LABEL:
        said.append(
            f"It knows {len(facts.labels)} labels and no other: a text that fits none of them"
            " gets one all the same. Use a least confidence where that matters."
        )
    task = mapping(run.config.get("task")) if run else {}
    if task:
        said.append(
            f"Texts: {md(str(task.get('domain') or 'text'))}, language"
            f" {md(str(task.get('language') or 'en'))}. Others were not tried."
        )
    if facts.max_length:
        said.append(f"Of a text it reads the first {facts.max_length:,} tokens.")
    if facts.temperature is None and facts.kind in CALIBRATED_KINDS:
        said.append("Its confidence is not calibrated.")
    return "## Limits\n\n" + "\n".join(f"- {line}" for line in said)


def _licence(facts: Facts) -> str:
    base = ""
    if facts.base_model:
        found = licence_of(facts.base_model)
        base = f" The base model is {md(facts.base_model)} ({found or 'licence not known here'})."
    return (
        "## Licence\n\nIt was trained on output of the models listed under Teachers. Their licences"
        " and terms of use say what may be done with it; nothing here grants more. Check them"
        f" before you pass it on.{base}"
    )
