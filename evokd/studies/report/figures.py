"""The figures of a study: what the files allow to be drawn, each with a caption that says n."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from evokd.runs.scores import metric_name
from evokd.studies.report.adaptability import Adaptability, adaptabilities
from evokd.studies.report.comparisons import (
    Comparison,
    area_of,
    by_seed,
    comparisons,
    crossings,
    curves_of,
    is_flat,
    reference,
    reference_name,
    score_of,
    setting_name,
    teacher_score,
)
from evokd.studies.report.curves import Curve
from evokd.studies.report.lines import MethodVariant
from evokd.studies.report.plot_style import drawing, saved
from evokd.studies.report.results import StudyResults
from evokd.studies.report.rows import CellResult, CurvePoint
from evokd.studies.report.standings import standings
from evokd.studies.report.stats import Paired, Summary, paired, summarize

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FIGURES = "figures"
STEPS = (
    "Steps: a run has the score of its last closed round. A dotted thin end after | and a † mark"
    " methods that ran out of things to do before the budget."
)
MOST_LINES = 6
"""Lines of one figure that a reader can tell apart."""
INTERVAL = "95 % bootstrap interval of the mean over seeds (from 3 seeds up)"


class Picture(NamedTuple):
    """A drawn figure and what it shows."""

    stem: str
    """File name without its ending."""
    title: str
    caption: str
    png: bytes
    svg: bytes


class Sketch(NamedTuple):
    """A figure before it is saved."""

    kind: str
    about: str
    """Task, shots and budget."""
    figure: Figure
    caption: str


TITLES = {
    "token_curve": "Score against billed tokens",
    "token_pairs": "The reference against each rival",
    "few_shot": "Score by number of shots",
    "ablation": "What each change does to the score",
    "area": "Area under the curve against the reference",
    "strategy": "Score against the bill",
    "adaptability": "Rows written against the class's F1",
    "edges": "Where the tokens went",
    "representation": "Where the accepted rows stand",
}


def draw(study: StudyResults) -> list[Picture]:
    """All figures that the data allow, the study's own kind first."""
    with drawing():
        sketches = sorted(_sketches(study), key=lambda s: s.kind.split("_")[0] not in _first(study))
        return [_picture(sketch) for sketch in sketches]


def save(pictures: Sequence[Picture], folder: Path) -> None:
    """Write every picture as PNG and SVG."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in pictures:
        (folder / f"{picture.stem}.png").write_bytes(picture.png)
        (folder / f"{picture.stem}.svg").write_bytes(picture.svg)


def file_stem(kind: str, about: str) -> str:
    """A file name of letters, digits and dashes; a hash keeps apart what that makes equal."""
    slug = re.sub(r"[^a-z0-9_]+", "-", about.lower()).strip("-")[:60]
    mark = hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()[:6]
    return "-".join(part for part in (kind, slug, mark) if part)


def _first(study: StudyResults) -> tuple[str, ...]:
    return (study.study_file.kind.split("_")[0],)


def _picture(sketch: Sketch) -> Picture:
    return Picture(
        stem=file_stem(sketch.kind, sketch.about),
        title=f"{TITLES[sketch.kind]}: {sketch.about}",
        caption=sketch.caption,
        png=saved(sketch.figure, "png"),
        svg=saved(sketch.figure, "svg"),
    )


def _sketches(study: StudyResults) -> Iterator[Sketch]:
    grouped = comparisons(study)
    for comparison in grouped:
        yield from _curves(study, comparison)
        yield from _area(comparison)
        yield from _ablation(comparison)
        yield from _strategy(comparison)
        yield from _edges(study, comparison)
        yield from _representation(study, comparison)
    yield from _few_shot(grouped)
    for task, found in _by_task(adaptabilities(study)).items():
        yield _adaptability(task, found)


def _curves(study: StudyResults, comparison: Comparison) -> Iterator[Sketch]:
    from evokd.studies.report.plots import token_curves, token_pairs

    curves = curves_of(study, comparison)
    end = max((c.end for runs in curves.values() for c in runs.values()), default=0)
    if not end:
        return
    if comparison.budget is not None and end > 0.8 * comparison.budget:
        end = max(end, comparison.budget)  # else the rounds ended them all long before
    crossed, mine = crossings(study, comparison), reference(comparison)
    name = reference_name(comparison)
    full = _full(comparison)
    seeds = f"{_seeds(curves)} {STEPS}"
    marks = (
        f" A filled marker on the axis: from there on {name}'s mean stays at or above that rival's."
        if any(at.at for line, at in crossed.items() if line in in_front(curves, mine))
        else ""
    )
    reach = " Dotted grey: student trained on the full training set." if full is not None else ""
    teacher = teacher_score(study, comparison)
    own = (
        " Dashed grey: the teacher itself, without an example, on train rows that no cell had."
        if teacher is not None
        else ""
    )
    front = in_front(curves, mine)
    behind = (
        f" In colour: {'' if mine is None else f'{_plain(mine)} and '}the best at the end; the"
        f" other {len(curves) - len(front)} in grey, without bands."
        if len(front) < len(curves)
        else ""
    )
    figure = token_curves(curves, comparison.metric, end, full, crossed, teacher, front)
    yield Sketch("token_curve", comparison.title, figure, seeds + behind + marks + reach + own)
    if mine is not None and mine in curves and len(curves) > 1:
        caption = (
            f"{name} (the thicker line) and one rival a panel. {seeds} Dotted vertical: the"
            f" crossover, from which {name}'s mean stays at or above the rival's; grey on the axis:"
            " its 95 % interval over seeds (to the right end where it is open)."
        )
        pairs = token_pairs(curves, comparison.metric, mine, end, crossed)
        yield Sketch("token_pairs", comparison.title, pairs, caption)


def in_front(
    curves: Mapping[MethodVariant, Mapping[int, Curve]], mine: MethodVariant | None
) -> list[MethodVariant]:
    """Lines that a reader can tell apart: the reference, and those that end highest."""
    if len(curves) <= MOST_LINES:
        return list(curves)
    ends = {
        line: sum(run.scores[-1] for run in runs.values()) / len(runs)
        for line, runs in curves.items()
    }
    ranked = sorted(curves, key=lambda line: (line != mine, -ends[line]))[:MOST_LINES]
    return [line for line in curves if line in ranked]


def _few_shot(grouped: Sequence[Comparison]) -> Iterator[Sketch]:
    from evokd.studies.report.panels import few_shot

    sets: dict[tuple[str, int | None], list[Comparison]] = {}
    for comparison in grouped:
        if comparison.shots is not None:
            sets.setdefault((comparison.task, comparison.budget), []).append(comparison)
    for members in sets.values():
        scores: dict[MethodVariant, dict[int, Summary]] = {}
        flat: set[MethodVariant] = set()
        for comparison in members:
            for line in comparison.lines:
                summary = summarize(list(by_seed(comparison.of(line)).values()))
                if summary.n and not line.full:
                    scores.setdefault(line, {})[comparison.shots or 0] = summary
                    flat |= {line} if any(map(is_flat, comparison.of(line))) else set()
        if len(members) < 2 or not scores:
            continue
        about = setting_name(members[0].task, None, members[0].budget)
        counts = sorted({s.n for by_shots in scores.values() for s in by_shots.values()})
        caption = (
            f"Means over seeds (n = {_span(counts)}); bars: {INTERVAL}. †: ran out of things to do"
            " before the budget. Dashed: student trained on the full training set, if it was."
        )
        figure = few_shot(scores, flat, _full(members[0]), members[0].metric)
        yield Sketch("few_shot", about, figure, caption)


def _plain(line: MethodVariant) -> str:
    """A method's name in a sentence."""
    return line.title


Pairs = dict[MethodVariant, tuple[Paired, list[float]]]
"""Line → its paired difference to the reference, and that of each seed."""


def _against(
    comparison: Comparison, whole: MethodVariant, read: Callable[[CellResult], float | None]
) -> Pairs:
    base, pairs = by_seed(comparison.of(whole), read), {}
    for line in comparison.lines:
        values = by_seed(comparison.of(line), read)
        pair = None if line == whole or line.full else paired(values, base)
        if pair is not None:
            pairs[line] = pair, [values[s] - base[s] for s in sorted(values.keys() & base.keys())]
    return pairs


def _area(comparison: Comparison) -> Iterator[Sketch]:
    """The primary measure of every line, held against the reference's."""
    from evokd.studies.report.panels import differences

    whole = reference(comparison)
    pairs = {} if whole is None else _against(comparison, whole, area_of)
    if whole is None or not pairs:
        return
    counts = sorted({pair.n for pair, _ in pairs.values()})
    caption = (
        f"Mean {metric_name(comparison.metric)} over 20 to 100 % of the budget minus that of"
        f" {_plain(whole)}, paired by seed (n = {_span(counts)}); bars: {INTERVAL}; grey ticks:"
        " single seeds."
    )
    figure = differences(pairs, f"area under {metric_name(comparison.metric)}", whole)
    yield Sketch("area", comparison.title, figure, caption)


def _ablation(comparison: Comparison) -> Iterator[Sketch]:
    from evokd.studies.report.panels import ablation

    whole = reference(comparison)
    if whole is None:
        return
    every = _against(comparison, whole, score_of)
    pairs = {line: pair for line, pair in every.items() if line.method == whole.method}
    if pairs:
        counts = sorted({pair.n for pair, _ in pairs.values()})
        caption = (
            f"Score of each variant minus that of unchanged {_plain(whole)}, paired by seed"
            f" (n = {_span(counts)}); bars: {INTERVAL}; grey ticks: single seeds. Left of 0: the"
            " change costs; where it leaves a part out, that part helps."
        )
        figure = ablation(pairs, whole, comparison.metric)
        yield Sketch("ablation", comparison.title, figure, caption)


def _strategy(comparison: Comparison) -> Iterator[Sketch]:
    from evokd.studies.report.plots import strategy

    lines = []
    for standing in standings(comparison):
        if standing.summary.mean is not None and standing.billed is not None:
            billed = [cell.billed_tokens for cell in comparison.of(standing.line)]
            sd = summarize([float(tokens) for tokens in billed if tokens is not None]).sd
            lines.append((standing, standing.summary.sd or 0.0, sd or 0.0))
    variants = {(s.line.method, s.line.variant) for s, _, _ in lines if not s.line.full}
    if len({method for method, _ in variants}) < len(variants):
        counts = sorted({standing.summary.n for standing, _, _ in lines})
        caption = f"Means over seeds (n = {_span(counts)}); bars in both directions: ± 1 sample sd."
        yield Sketch("strategy", comparison.title, strategy(lines, comparison.metric), caption)


def _edges(study: StudyResults, comparison: Comparison) -> Iterator[Sketch]:
    from evokd.studies.report.panels import edges

    last: dict[str, CurvePoint] = {}
    for point in study.points:
        if point.cell not in last or point.round >= last[point.cell].round:
            last[point.cell] = point
    tokens: dict[MethodVariant, dict[str, float]] = {}
    for line in comparison.lines:
        runs = [last[cell.cell].edges for cell in comparison.of(line) if cell.cell in last]
        names = {name for run in runs for name in run}
        means = {name: sum(run.get(name, 0) for run in runs) / len(runs) for name in sorted(names)}
        if any(means.values()):
            tokens[line] = means
    if tokens:
        flat = {line for line in tokens if any(map(is_flat, comparison.of(line)))}
        counts = sorted({len(comparison.of(line)) for line in tokens})
        caption = (
            "Billed tokens by edge (who handed the work over → who spent), up to the last closed"
            f" round, mean over runs (n = {_span(counts)})."
            " Methods that spend nothing are left out."
        )
        yield Sketch("edges", comparison.title, edges(tokens, flat), caption)


def _representation(study: StudyResults, comparison: Comparison) -> Iterator[Sketch]:
    from evokd.studies.report.representation import measure_curves, representation_figure

    curves = measure_curves(study, comparison)
    if curves:
        counts = sorted({len(runs) for by_line in curves.values() for runs in by_line.values()})
        caption = (
            f"Mean over runs (n = {_span(counts)}) after each round, of all rows accepted until"
            " then. Precision and coverage: k-nearest balls against train rows that nobody was"
            " shown. Separability: share of scatter between classes, less what chance gives."
            " Nearest test row: the largest cosine to one; reported, and nothing goes by it."
        )
        yield Sketch("representation", comparison.title, representation_figure(curves), caption)


def _adaptability(task: str, found: Sequence[Adaptability]) -> Sketch:
    from evokd.studies.report.panels import adaptability

    caption = (
        "A point: one class in one round of one run. r (Pearson) and ρ (Spearman) are pooled within"
        " runs: each run's own means are taken off first. Below 0: weak classes get more rows."
    )
    return Sketch("adaptability", task, adaptability(found), caption)


def _by_task(found: Sequence[Adaptability]) -> dict[str, list[Adaptability]]:
    tasks: dict[str, list[Adaptability]] = {}
    for item in found:
        tasks.setdefault(item.setting, []).append(item)
    return tasks


def _full(comparison: Comparison) -> float | None:
    cells = [cell for line in comparison.lines if line.full for cell in comparison.of(line)]
    scores = [score for cell in cells if (score := score_of(cell)) is not None]
    return sum(scores) / len(scores) if scores else None


def _seeds(curves: dict[MethodVariant, dict[int, Curve]]) -> str:
    counts = sorted({len(runs) for runs in curves.values()})
    if counts == [1]:
        return "One seed (n = 1): no band."
    return f"Mean over seeds (n = {_span(counts)}); bands: ± 1 sample sd."


def _span(counts: Sequence[int]) -> str:
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
