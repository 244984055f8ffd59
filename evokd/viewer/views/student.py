"""/student: what the students of a run take for what, round by round, and where they put its rows.

Test rows are shown to people here, after the fact; the page says that nothing may be steered by
them. What a run doesn't have is not on the page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from starlette.responses import Response

from evokd.runs.calibration import read_abstention
from evokd.runs.classes import words_of
from evokd.runs.confusions import (
    MEASURES,
    ClassCurves,
    batch_confusion,
    class_curves,
    confusions_by_round,
)
from evokd.runs.map import read_map
from evokd.runs.rounds import RoundSummary
from evokd.runs.run import Run, mapping
from evokd.runs.tested_rows import AnsweredRow, TestAnswers, classes_in, read_answers
from evokd.tasks.confusion import Confusion
from evokd.viewer.bars import MOST_LABELS
from evokd.viewer.calibration import read_sureness
from evokd.viewer.chart import ChartLine, chart
from evokd.viewer.difficulty import read_hardness
from evokd.viewer.lasso import corners_of
from evokd.viewer.map_pick import listed, picked_points, picks, texts_on_map
from evokd.viewer.matrix import NONE, Cellwise, label_counts, matrices, worst_pairs
from evokd.viewer.query import Query
from evokd.viewer.representation import read_standing
from evokd.viewer.row_values import rows_by_score
from evokd.viewer.scatter import scatter
from evokd.viewer.site import Site, answer
from evokd.viewer.table import Column, Table, sorted_page
from evokd.viewer.views import data

COUNTS = (
    Column("right", "right"),
    Column("said", "said"),
    Column("count", "count", number=True),
)
CLASSES = (
    Column("name", "class"),
    Column("f1", "F1", number=True),
    Column("precision", "precision", number=True),
    Column("recall", "recall", number=True),
    Column("support", "test rows", number=True),
    Column("change", "F1 since round 0", number=True),
)
WRONG = (
    Column("row", "row", sorts=False),
    Column("text", "text", sorts=False),
    Column("label", "right"),
    Column("predicted", "student said"),
)
POINTS = (
    Column("row", "row"),
    Column("text", "text"),
    Column("kind", "kind", wide=True),
    Column("label", "label"),
    Column("said", "student said"),
    Column("", "around it", sorts=False),
)
ABSTENTION = (
    Column("coverage", "answered", number=True),
    Column("accuracy", "of these right", number=True),
    Column("confidence", "least confidence", number=True),
)
MOST_COUNTED = 2_000_000
"""Bytes of a synthetic set whose words are counted for this page."""
MOST_POINTS = 100
"""Picked points that are listed."""


def view(site: Site, query: Query) -> Response:
    """The page."""
    run = site.run(query.get("run"))
    rounds, notes = site.rounds(run)
    scored = [line["round"] for line in run.metrics]
    last = scored[-1] if scored else 0
    asked = query.number("round", last)
    where = max((one for one in scored if one <= asked), default=last)
    at = scored.index(where) if scored else 0
    answers = read_answers(run)
    return answer(
        "student.html.j2",
        {
            "query": query,
            "run": run,
            "notes": [*run.notes, *notes],
            "stamp": site.stamp(run),
            "rounds": scored,
            "where": where,
            "last": last,
            "before": scored[at - 1] if at else None,
            "after": scored[at + 1] if at + 1 < len(scored) else None,
            "kind": _kind(run),
            "tested": _tested(run, query, where, where == last and answers is not None),
            "batch": _counted(run, batch_confusion(run, where)),
            "classes": _classes(run, query, where),
            "wrong": _wrong(run, query, answers),
            "sureness": read_sureness(run),
            "abstention": _abstention(run),
            "map": _map(run, query, where, answers if where == last else None),
            "standing": read_standing(run),
            "class_drift": _class_drift(rounds),
            "diversity": _words(run),
            "values": rows_by_score(run),
            "difficulty": read_hardness(run, rounds),
        },
    )


def _kind(run: Run) -> str:
    return str(mapping(run.config.get("task")).get("kind") or "classification")


def _tested(run: Run, query: Query, where: int, has_rows: bool) -> dict[str, Any] | None:
    """The test rows' counts after a round; they lead to rows where those are the last student's."""

    def link(right: str | None, said: str | None) -> str:
        asked = {"gold": right if right is not None else NONE}
        asked["said"] = said if said is not None else NONE
        return f"{query.to({**asked, 'find': None, 'page': None})}#wrong"

    return _counted(run, confusions_by_round(run).get(where), link if has_rows else None)


def _counted(
    run: Run, found: Confusion | None, link: Cellwise | None = None
) -> dict[str, Any] | None:
    """Counts as the templates show them: matrices, or label by label for sets of labels."""
    if found is None:
        return None
    wrong = sum(n for (right, said), n in found.counts.items() if right != said)
    counts = [
        {"right": right, "said": said, "count": n} for (right, said), n in found.counts.items()
    ]
    return {
        "matrices": [] if _kind(run) == "multilabel" else matrices(found, link),
        "labels": label_counts(found) if _kind(run) == "multilabel" else [],
        "pairs": worst_pairs(found),
        "link": link,
        "wrong": wrong,
        "total": found.total,
        "file": Table("What is taken for what", COUNTS, counts, len(counts)),
    }


def _classes(run: Run, query: Query, where: int) -> dict[str, Any] | None:
    """Scores of the classes: a chart of one measure over the rounds, a table after the round."""
    found = class_curves(run)
    if found is None:
        return None
    measure = query.one_of("measure", found.measures, "f1")
    chosen = query.one_of("class", found.classes, "")
    names = _charted(found, measure, chosen)
    curves = [ChartLine(name, found.curve(name, measure)) for name in names]
    first = next(iter(found.rounds.values()), {})
    here = found.rounds.get(where, {})
    rows = []
    for name in found.classes:
        scores = here.get(name, {})
        start, now = first.get(name, {}).get("f1"), scores.get("f1")
        change = None if start is None or now is None else now - start
        rows.append({"name": name, **scores, "support": found.support.get(name), "change": change})
    whole = len(found.measures) > 1
    columns = CLASSES if whole else (CLASSES[0], CLASSES[1], CLASSES[-1])
    title = f"{MEASURES[measure]} of the classes on the test rows"
    return {
        "chart": chart(title, "round", curves, whole=True),
        "table": Table(
            f"Classes on the test rows after round {where}",
            columns,
            rows,
            len(rows),
            value=lambda row, key: row.get(key),
        ),
        "measures": [(MEASURES[name], name) for name in found.measures],
        "measure": measure,
        "cut": len(found.classes) > len(names),
        "all": found.classes,
        "chosen": chosen,
        "shown": len(names),
    }


def _charted(found: ClassCurves, measure: str, chosen: str) -> list[str]:
    """The classes with a line: all, or the weakest and the one that was asked for."""
    if len(found.classes) <= MOST_LABELS:
        return list(found.classes)
    weakest = found.weakest(measure, MOST_LABELS - bool(chosen))
    return list(dict.fromkeys([*weakest, *([chosen] if chosen else [])]))


def _wrong(run: Run, query: Query, answers: TestAnswers | None) -> dict[str, Any] | None:
    """The test rows that the last student gets wrong; None where no answers are kept."""
    if answers is None:
        return None
    words = words_of(run)
    gold, said, find = query.get("gold"), query.get("said"), query.get("find").casefold()
    kept = [
        row
        for row in answers.wrong
        if _errs(row, gold, said) and find in f"{row.row}\n{row.text}".casefold()
    ]
    lines = [
        {"row": one.row, "label": words(one.label), "predicted": words(one.predicted),
         "text": one.text}
        for one in kept
    ]  # fmt: skip
    return {
        "table": sorted_page(
            "Wrong test rows", WRONG, lines, query, default="",
            value=lambda line, key: line[key],
        ),
        "all": len(answers.wrong),
        "tested": len(answers.rows),
        "remark": answers.remark,
        "classes": [*classes_in(run, answers), NONE],
        "narrowed": bool(gold or said or find),
    }  # fmt: skip


def _errs(row: AnsweredRow, gold: str, said: str) -> bool:
    """Whether the row has an error of a class that is taken for another; empty: for any."""
    return any(
        right != guess
        and gold in ("", NONE if right is None else right)
        and said in ("", NONE if guess is None else guess)
        for right, guess in row.pairs
    )


def _abstention(run: Run) -> Table | None:
    found = read_abstention(run)
    caption = "Answering the surest test rows alone"
    return Table(caption, ABSTENTION, found, len(found)) if found else None


def _map(run: Run, query: Query, where: int, answers: TestAnswers | None) -> dict[str, Any] | None:
    """The map of the round, or of the last one before it that has one."""
    found = read_map(run, where)
    if found is None:
        return None
    if found.round != where and (known := [one for one in found.rounds if one <= where]):
        found = read_map(run, known[-1]) or found
    some = picks(query)
    texts = texts_on_map(run, found, answers or read_answers(run)) if some else {}
    points = picked_points(found, query, texts) if some else []
    rows = listed(points[:MOST_POINTS], texts, answers, words_of(run))
    picked = {(one.kind, one.row) for one in points} if some else None
    name = f"Seed, synthetic and test texts after round {found.round}, by label"
    corners = corners_of(query.get("area"))
    return {
        "picture": scatter(name, found.points, run.labels, found.frame, picked, corners),
        "round": found.round,
        "kinds": Counter(point.kind for point in found.points),
        "labels": sorted({point.label for point in found.points}),
        "picks": some,
        "area": bool(corners),
        "count": len(points),
        "table": Table("Texts that were picked", POINTS, rows, len(points)),
        "most": MOST_POINTS,
    }


def _words(run: Run) -> Any:
    """Lexical diversity by round, where the words are quickly counted; /data has that of all."""
    try:
        small = (run.path / "synthetic.jsonl").stat().st_size <= MOST_COUNTED
    except OSError:
        return ""
    return data.pictures(run)["diversity"] if small else ""


def _class_drift(rounds: Sequence[RoundSummary]) -> Any:
    """How far the centroid of each class's rows moved in each round."""
    names = list(dict.fromkeys(name for one in rounds for name in one.class_drift))
    curves = [
        ChartLine(
            name,
            tuple(
                (float(one.number), one.class_drift[name])
                for one in rounds
                if name in one.class_drift
            ),
        )
        for name in names[:MOST_LABELS]
    ]
    return chart("How far the classes' rows moved", "round", curves, whole=True)
