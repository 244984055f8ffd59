"""The critic as rules, for packs of small models whose opinion of a text is worth little."""

from __future__ import annotations

import re

from agents.records import Candidate, Verdict
from prompts.pack import CriticStyle

_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_LEAKED = re.compile(
    r"\b(?:as an ai|language model|here(?:'s| is| are) (?:a|an|the|some|your)\b.{0,40}:|i can't|"
    r"i cannot (?:write|generate|assist)|sure[,!]|certainly[,!])",
    re.IGNORECASE,
)


def judge(style: CriticStyle, candidate: Candidate) -> Verdict:
    """Length, leaked chat, repetition; then whose label to believe."""
    row, text = candidate.draft.row, candidate.draft.text
    fault = fault_of(style, text)
    if fault is not None:
        return Verdict(row, "reject", None, fault)
    intended, sure = candidate.draft.intended_label, candidate.probability
    if intended is None or style.trust_intention is None or intended == candidate.label:
        return Verdict(row, "accept", candidate.label, "no rule speaks against it")
    if sure is not None and sure > style.trust_intention:
        return Verdict(row, "reject", None, "the labeler is sure of another class than the writer")
    return Verdict(row, "relabel", intended, "the labeler is unsure, the writer's class stands")


def fault_of(style: CriticStyle, text: str) -> str | None:
    """What is wrong with a text as such; None where nothing is."""
    words = text.split()
    length = max(len(words), len(_SPACELESS.findall(text)) // 2)
    if length < style.min_words:
        return "too short"
    if length > style.max_words:
        return "too long"
    if _LEAKED.search(text):
        return "the model talks about its task"
    if len(words) >= 12 and len({word.casefold() for word in words}) < len(words) * 0.45:
        return "repeats itself"
    return None
