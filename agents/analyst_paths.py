"""The analyst by several paths: which of its analyses is taken.

An analysis has no single short answer, so its structured part stands for one:

- in JSON, the rows that it cites as showing its patterns (the numbers under `examples`);
- as plain text, the pattern that it names: its first sentence, of which the small pack's analyst is
  asked to write nothing else ("They are about …").

Only the tokens of that part count for a path's margin. Two analyses are alike as far as these sets,
of rows or of words, overlap (Dice), for no two are ever the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from agents.analyst import Question, analysis_of
from agents.decoding.asking import PathPlan, ask_paths
from agents.decoding.decided import Decided, decide
from agents.decoding.margins import Span, answer_margin
from agents.decoding.paths import Path, overlap
from agents.records import Analysis
from evokd.ledger.budget import BudgetReached
from evokd.tasks.words import pieces
from evokd.teacher.client import LLMClient
from evokd.teacher.faults import Unusable
from evokd.teacher.reply import Reply

_EXAMPLES = re.compile(r'"examples"\s*:\s*\[([^\]]*)\]')
_NUMBER = re.compile(r"\d+")
_SENTENCE = re.compile(r"[^.!?。！？\n]+")


async def analyse_by_paths(
    client: LLMClient, question: Question, plan: PathPlan
) -> tuple[Analysis, Decided, BudgetReached | None]:
    """One analysis out of several paths, what they came to, and the budget that cost some of them.

    Args:
        client: Whom to ask.
        question: What a single call would ask, by `agents.analyst.question`.
        plan: How paths are made.

    Raises:
        Unusable: no path could be read; the round goes on without an analysis.
        BudgetReached: no path could be paid for.
    """

    def read(reply: Reply) -> Path:
        analysis_of(question, reply)  # one that can't be read is no path
        answer, spans = structured_part(question, reply.text)
        if not answer:
            return Path(None, None)
        return Path(answer, answer_margin(reply.text, reply.logprobs, spans))

    ways = await ask_paths(client, replace(question.request, path=True), plan, read)
    if not ways.ways:
        raise ways.stopped or Unusable(str(ways.reason))
    decided = decide(plan.rule, ways, alike=overlap)
    if decided.chosen is None:  # all of them cite nothing, and can be read
        decided = replace(decided, chosen=0, reason=f"{decided.reason}: the first was taken")
    assert decided.chosen is not None
    taken = ways.ways[decided.chosen]
    whole = replace(taken.reply, text=f"{taken.before}{taken.reply.text}")
    return analysis_of(question, whole, taken.call), decided, ways.stopped


def structured_part(question: Question, text: str) -> tuple[str, Sequence[Span]]:
    """The answer of an analysis as words apart by spaces, and where it stands in the text.

    Empty where there is none.
    """
    return _cited(question, text) if question.as_json else _named(text)


def _cited(question: Question, text: str) -> tuple[str, list[Span]]:
    """The rows under `examples`, in their order, and the places of their numbers."""
    spans: list[Span] = []
    rows: set[str] = set()
    for listed in _EXAMPLES.finditer(text):
        for number in _NUMBER.finditer(listed[1]):
            at = int(number[0])
            if 1 <= at <= len(question.suspects):
                rows.add(question.suspects[at - 1].row)
                start = listed.start(1)
                spans.append((start + number.start(), start + number.end()))
    return " ".join(sorted(rows)), spans


def _named(text: str) -> tuple[str, list[Span]]:
    """The words of the first sentence that has any."""
    for found in _SENTENCE.finditer(text):
        words = pieces(found[0])
        if words:
            bare = found[0].rstrip()
            start = found.start() + len(bare) - len(bare.lstrip())
            return " ".join(sorted(set(words))), [(start, found.start() + len(bare))]
    return "", []
