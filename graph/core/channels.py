"""The channels of feedback (`loop.feedback`): what a generator is told, and whether a pack can.

Marked rows and the report go to the analyst, where there is one; see `graph.nodes.analyst`. What
goes to the writers is gathered here: the analysis, or the confusions in words, or the rows
themselves; the pairs of classes that hard texts should lie between; how many texts of each class.
Each word of it that the student's verdicts are behind adds to the freight of the writer's edge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agents.analyst import spoken_of
from agents.records import Analysis, Marked
from agents.weakness import Confusion, allocate, confused_pairs, weaknesses
from evokd.config import ConfigError, LoopConfig
from evokd.teacher.tokens import count
from graph.core.loop_method import LoopMethod
from graph.core.state import LoopState
from prompts.pack import GENERATORS, SUMMARY

if TYPE_CHECKING:
    from evokd.config import Config
    from graph.core.node_context import NodeContext
    from prompts.pack import Pack

PAIRS = 6
"""Most pairs of classes that a prompt names."""


@dataclass(frozen=True, slots=True)
class WriterFeedback:
    """What one generator is told in one round."""

    analysis: Analysis | None = None
    examples: tuple[Marked, ...] = ()
    confusions: tuple[Confusion, ...] = ()
    targets: tuple[str, ...] = ()


def feedback_for(
    state: LoopState, node: NodeContext, method: LoopMethod, texts: int
) -> WriterFeedback:
    """Gather the channels that end at a generator, which is to write `texts` texts."""
    channels = node.run.config.loop.feedback
    analysis = state.get("analysis")
    told = node.read(analysis, Analysis)[0] if analysis else None
    if method.marks == "none":
        return WriterFeedback(told)
    examples: tuple[Marked, ...] = ()
    if channels.rows and not method.analyses:  # raw errors instead of the analyst's words
        rows = method.shown(node.read(state["feedback"], Marked), node.rng())
        examples = tuple(row for row in rows if row.mark != "right")
    marked = node.run.records(state["feedback"], Marked)
    if channels.analysis == "rules":
        told = in_words(node, marked)
    pairs: tuple[Confusion, ...] = ()
    if channels.confusions:
        pairs = tuple(confused_pairs(marked, node.task_format)[:PAIRS])
        node.freight += count(" ".join(f"{pair.label} {pair.other}" for pair in pairs))
    targets: tuple[str, ...] = ()
    if channels.allocation == "weak":
        targets = tuple(weak_targets(state, node, marked, texts))
        node.freight += count(" ".join(targets))
    return WriterFeedback(told, examples, pairs, targets)


def in_words(node: NodeContext, marked: Sequence[Marked]) -> Analysis | None:
    """The analysis that needs no analyst: which class was taken for which, and how often.

    None where there is nothing to say: entities that were only missed were taken for no other. Of
    sets of labels it is what was missed, and what was said too much.
    """
    pairs = confused_pairs(marked, node.task_format)[:PAIRS]
    uncertain = [row for row in marked if row.mark == "uncertain"]
    classes = node.task_format.classes
    of = {pair.label: sum(pair.label in classes(row.label) for row in marked) for pair in pairs}
    unsure = list(dict.fromkeys(node.task_format.words(row.label) for row in uncertain))
    missed, extra = _label_faults(node, marked)
    of |= Counter(name for row in marked for name in classes(row.label) if name in missed)
    told = {"confusions": pairs, "of": of, "uncertain": unsure, "missed": missed, "extra": extra}
    variables = {**node.view.variables(), **told}
    text = node.run.pack.summary(variables)
    if not text:
        return None
    node.freight += count(text)
    wrong = [row.row for row in marked if row.mark not in ("right", "uncertain")]
    cited = tuple(wrong or (row.row for row in uncertain))
    return Analysis(text, cited, None, spoken_of(node.task_format, marked, cited))


def _label_faults(
    node: NodeContext, marked: Sequence[Marked]
) -> tuple[dict[str, int], dict[str, int]]:
    """Of sets of labels, how often the student missed each label, and said it where it isn't."""
    if node.task_format.kind != "multilabel":
        return {}, {}
    found = [
        one
        for row in marked
        for one in node.task_format.differences(row.text, row.label, row.predicted)
    ]
    missed = Counter(one.right for one in found if one.fault == "missed")
    extra = Counter(one.said for one in found if one.fault == "extra")
    return dict(missed.most_common(PAIRS)), dict(extra.most_common(PAIRS))


def weak_targets(
    state: LoopState, node: NodeContext, marked: Sequence[Marked], texts: int
) -> list[str]:
    """What each text is to be for: the weaker the student is at a class, the more."""
    view = node.view.listing(state.get("classes") or ())
    weak = weaknesses(marked, node.task_format)
    weights = {}
    for target in view.targets or view.labels:
        label = view.reply_format.intended(target)
        classes = (target,) if label is None else node.task_format.classes(label)
        known = [weak[name] for name in classes if name in weak]
        weights[target] = sum(known) / len(known) if known else 0.5
    return allocate(texts, weights, node.rng())


def check_channels(method: LoopMethod, pack: Pack) -> None:
    """Refuse a channel that the pack's templates would drop.

    Args:
        method: Of the run.
        pack: In the language of the prompts, for the kind of task.

    Raises:
        ConfigError: naming the channel, the template and what it doesn't show.
    """
    for role, channel, on, variables in (
        *_of_the_analyst(method.config.loop, analyses=method.analyses),
        *_of_the_writers(method, told=pack.manifest.generator.target_class),
    ):
        if on and not set(variables) & pack.asks(role):
            names = " or ".join(f"`{name}`" for name in variables)
            raise ConfigError(
                f"{channel}: {role}.j2 of the pack {pack.name} doesn't show {names}, so it would"
                " change nothing; use another pack, or leave the channel out"
            )
    if method.config.loop.feedback.analysis == "rules" and SUMMARY not in pack.templates:
        raise ConfigError(
            f"loop.feedback.analysis: rules needs {SUMMARY}.j2 in the pack {pack.name}"
            " (the shipped packs have one to begin with)"
        )
    _about_classes(method.config)


_Need = tuple[str, str, bool, tuple[str, ...]]
"""Role, channel, whether it is on, the variables of which the role's template must show one."""


def _of_the_analyst(loop: LoopConfig, *, analyses: bool) -> list[_Need]:
    channels = loop.feedback
    return [
        ("analyst", "loop.feedback.rows", analyses and channels.rows, ("wrong",)),
        ("analyst", "loop.feedback.report", analyses and channels.report, ("report",)),
        ("analyst", "loop.feedback.confident", analyses and channels.confident > 0, ("confident",)),
        (
            *("analyst", "loop.switches.correct: false"),
            analyses and channels.rows and not loop.switches.correct,
            ("right",),
        ),
    ]


def _of_the_writers(method: LoopMethod, *, told: bool) -> list[_Need]:
    loop, hard = method.config.loop, "hard_generator"
    channels, fed = loop.feedback, method.marks != "none"
    words = method.analyses or (fed and channels.analysis == "rules")
    raw = fed and channels.rows and not method.analyses
    pairs = fed and channels.confusions
    weak = fed and channels.allocation == "weak" and not told
    both = GENERATORS if loop.switches.easy else (hard,)
    return [
        (hard, "loop.feedback.analysis", words, ("analysis",)),
        (hard, "loop.feedback.rows without an analyst", raw, ("examples",)),
        (hard, "loop.feedback.confusions", pairs, ("confusions", "mistaken")),
        *((role, "loop.feedback.allocation: weak", weak, ("quota",)) for role in both),
        *((role, "loop.difficulty", loop.difficulty is not None, ("level",)) for role in both),
    ]


def _about_classes(config: Config) -> None:
    channels = config.loop.feedback
    asked = {
        "confusions": channels.confusions,
        "allocation: weak": channels.allocation == "weak",
        "analysis: rules": channels.analysis == "rules",
    }
    for channel, on in asked.items():
        if on and config.task.kind == "choice":
            raise ConfigError(
                f"loop.feedback.{channel}: the letters of task.kind choice are no classes, so"
                " nothing can be said of them; leave it out"
            )
