"""The critic as rules, for packs of small models whose opinion of a text is worth little.

What no writer may deliver was found before (`agents.clean`). Two questions are left: is the text a
row of the length and the manner of one, and whose label to believe, the writer's intention or the
labeler's vote? A small writer hits its class nine times in ten, a small labeler is right about as
often, and where they differ strongly the labeler is the better judge (docs/log.md has figures).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from agents.clean.meta_talk import may_talk_about_task, speaks_of
from agents.records import Action, Candidate, Verdict
from agents.task_view import TaskView
from evokd.tasks.words import pieces, unspaced, words
from prompts.manifest import CriticStyle

_TORN = re.compile(r"\b(?:[A-Z]|U\.S|Mt|Mr|Mrs|Ms|Dr|St|Prof|vs)$")
"""Ends of texts that a stop at the first full stop tore apart."""
_MARK = re.compile(r'(?<!\d)"')
"""A quotation mark, but after a digit, where it may mean inches."""


def judge_all(
    style: CriticStyle, view: TaskView, candidates: Sequence[Candidate]
) -> tuple[Verdict, ...]:
    """A verdict for every candidate; margins are measured against the batch's own spread."""
    margins = [margin(candidate) for candidate in candidates]
    known = [m for m in margins if m is not None]
    spread = math.sqrt(sum(m * m for m in known) / len(known)) if known else 0.0
    verdicts = []
    for candidate, own in zip(candidates, margins, strict=True):
        real = candidate.draft.kind == "pool"  # a row as it is, however short or odd
        fault = None if real else fault_of(style, view, candidate.draft.text)
        if fault is not None:
            verdicts.append(Verdict(candidate.draft.row, "reject", None, fault))
        else:
            scaled = own / spread if own is not None and spread else None
            verdicts.append(_believe(style, candidate, scaled))
    return tuple(verdicts)


def margin(candidate: Candidate) -> float | None:
    """Log-probability of the intended label minus that of the best other, mean of the voters.

    None where there is no intention, or no voter answers in log-probabilities.
    """
    intended = candidate.draft.intended_label
    scored = [vote.logprobs for vote in candidate.votes if vote.logprobs is not None]
    if intended is None or not scored:
        return None
    gaps = [s[intended] - max(v for label, v in s.items() if label != intended) for s in scored]
    return sum(gaps) / len(gaps)


def _believe(style: CriticStyle, candidate: Candidate, scaled: float | None) -> Verdict:
    row, intended = candidate.draft.row, candidate.draft.intended_label
    if scaled is None or intended is None:
        return Verdict(row, "accept", candidate.label, "no rule speaks against it")
    if scaled > style.accept_above:
        return _as(candidate, intended, "writer and labeler agree")
    if scaled < style.relabel_below and candidate.label != intended:
        return _as(candidate, candidate.label, "the labeler is sure of another class")
    return Verdict(row, "reject", None, "writer and labeler differ, and neither is sure")


def _as(candidate: Candidate, label: str, reason: str) -> Verdict:
    """Accept as `label`: a relabel where that is not what the vote said."""
    action: Action = "accept" if label == candidate.label else "relabel"
    return Verdict(candidate.draft.row, action, label, reason)


def fault_of(style: CriticStyle, view: TaskView, text: str) -> str | None:
    """What is wrong with a text as such; None where nothing is."""
    said = pieces(text)
    characters = unspaced(text)
    length = len(words(text)) - characters + characters // 2
    if length < style.min_words or len(set(said)) < style.min_words:
        return "too short"
    if length > style.max_words:
        return "too long"
    if speaks_of(text, view.domain, view.spoken):
        return f"talks about a {view.domain} instead of being one"
    if may_talk_about_task(text, view.language) or text.endswith((":", "：")):
        return "the model talks about its task"
    if _TORN.search(text) or (text.count('"') % 2 and len(_MARK.findall(text)) % 2):
        return "cut off"
    if any(_repeats(line) for line in text.split("\n")):
        return "repeats itself"
    return None


def _repeats(line: str) -> bool:
    """Whether a line says few words many times; a hypothesis may well repeat its premise's."""
    said = pieces(line)
    return len(said) >= 12 and len(set(said)) < len(said) * 0.45
