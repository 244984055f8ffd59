"""The state of the loop: ids, counts and references; the data are in the artefact store.

Checkpoints hold every value of this state at every step, so nothing heavy and nothing of the
test set may be in it.
"""

from __future__ import annotations

from typing import Annotated, Any, NotRequired, TypedDict

from langgraph.channels.topic import Topic

from evokd.store.artefacts import Ref


def merge(old: dict[str, Ref] | None, new: dict[str, Ref]) -> dict[str, Ref]:
    """Both generators write in the same step, each under its own name."""
    return {**(old or {}), **new}


def collect(old: list[Ref] | None, new: list[Ref]) -> list[Ref]:
    """The labelers of a fan-out write in the same step; folded in the order of the sends."""
    return [*(old or []), *new]


def first(old: str | None, new: str | None) -> str | None:
    """The first reason to stop stays."""
    return old or new


class LoopState(TypedDict):
    """What flows along the edges."""

    round: int
    """From 1; 0 while warming up."""
    wave: NotRequired[int]
    """0, then one more each time the critic sends rows back."""
    feedback: NotRequired[Ref]
    """Marked rows: what the student got right and wrong."""
    classes: NotRequired[list[str]]
    """The classes that analyst and writers are shown this round; empty: all."""
    texts: NotRequired[dict[str, int]]
    """Node → texts that this round takes from it, where a retriever shares them out."""
    passages: NotRequired[dict[str, Ref]]
    """Node → texts of the pool that this round took for it, to be labelled or rewritten."""
    taken: NotRequired[list[Ref]]
    """All that was taken from the pool, in this round and before."""
    analysis: NotRequired[Ref | None]
    named: NotRequired[list[Ref]]
    """The errors that each analysis names, one artefact an analysed round; no writer sees them."""
    faithful: NotRequired[dict[str, Any] | None]
    """How faithful this round's analysis is."""
    losses: NotRequired[Ref]
    """The student's loss on the rows that it last gave its verdicts on, before it trained on them
    (of the seed shots: after)."""
    drafts: NotRequired[Annotated[dict[str, Ref], merge]]
    """Generator → drafts of the present wave."""
    written: NotRequired[Annotated[dict[str, Ref], merge]]
    """Generator → drafts as they were written, for the translator, whose own are `drafts`."""
    translated: Annotated[list[Ref], Topic(str)]
    """Drafts of a translator that ran in the step before."""
    doubtful: NotRequired[Ref]
    """Lean: the drafts of this round that a labeler is asked about."""
    votes: NotRequired[Annotated[list[Ref], collect]]
    candidates: NotRequired[Ref]
    accepted: NotRequired[list[Ref]]
    """Accepted rows of this round, one artefact a wave."""
    rejected: NotRequired[list[Ref]]
    """Rejected rows of this round with their reasons, one artefact a collector."""
    judged: NotRequired[list[Ref]]
    """Rows of this round with the critic's verdicts, one artefact a wave, where a person is to see
    them (`loop.human`)."""
    all_drafts: NotRequired[list[Ref]]
    """Drafts of all waves of this round."""
    sent_back: NotRequired[dict[str, Ref]]
    """Generator → rows it is to write again."""
    batch: NotRequired[Ref]
    """All rows accepted in this round; with `loop.keep`, those that stay."""
    whole_batch: NotRequired[Ref | None]
    """With `loop.keep`: all rows accepted in this round, of which `batch` holds those that stay."""
    row_scores: NotRequired[Ref | None]
    """By `loop.keep`: score of each accepted row of this round."""
    memories: NotRequired[dict[str, Ref]]
    """Node → state of its policy (`loop.keep`, `loop.review`), of those that watch rows over
    rounds."""
    weights: NotRequired[Ref | None]
    """SunGen: weight of each accepted row."""
    measured: NotRequired[list[Ref]]
    """What `student.weights` measures of the rows, one artefact a round; the last may belong to the
    present round."""
    audit: NotRequired[Ref | None]
    """The auditor's last word: ids of suspects, and weights of rows; it stands until the next."""
    helpful: NotRequired[Ref]
    """ProGen: the rows that helped the student most."""
    demonstrations: NotRequired[Ref]
    """Pool: for each of this round's drafts the rows that its labeler is shown."""
    attributes: NotRequired[Ref]
    """AttrPrompt: the dimensions and their values."""
    dev_set: NotRequired[Ref]
    """The synthetic dev set, which is never trained on."""
    dev_set_scores: NotRequired[list[float]]
    """The student's scores on it after each round."""
    review: NotRequired[Ref | None]
    """The sample of history the student sees again."""
    history: NotRequired[list[Ref]]
    """Accepted rows by round."""
    student_steps: NotRequired[int]
    """Optimiser steps between the base weights and the student of the last closed round."""
    warm_up_steps: NotRequired[int]
    """Those of the warm-up; runs from before 2026-11-28 lack it and count it in the shares."""
    closed_texts: NotRequired[int]
    """Texts of all closed rounds, accepted and rejected."""
    closed_tokens: NotRequired[int]
    """Billed tokens when the last round was closed."""
    costs: NotRequired[list[dict[str, list[int]]]]
    """What the last closed rounds cost, by role; see `graph.core.round_budget.RoundCost`."""
    barren: NotRequired[int]
    """Rounds in a row without an accepted row."""
    best_dev: NotRequired[float]
    stale: NotRequired[int]
    """Rounds since the best dev score."""
    dev_curve: NotRequired[list[list[float]]]
    """With `loop.stop_below_gain`: billed tokens and dev score after each round."""
    errors: NotRequired[dict[str, float | None]]
    """Student error on the hard and the easy rows of this round, before it trained on them."""
    stop: NotRequired[Annotated[str | None, first]]
    """Why the run ends after this round; None while it goes on."""
    came_from: Annotated[list[str], Topic(str)]
    """Nodes that ran in the step before: who handed the work over."""
