"""`evokd export --format onnx|static|gguf`: a run's student as a file to deploy."""

from __future__ import annotations

from pathlib import Path

from evokd.cli.screen import show, table
from evokd.runs.answers import check_abstention
from evokd.runs.exporting import ExportPlan, export_student, size_of
from evokd.store.exports import into
from evokd.store.run_dir import RunDir
from student.export.manifest import WEIGHTS_OF
from student.export.parity import Parity


def export_to(directory: Path, plan: ExportPlan, out: Path) -> None:
    """Write the student into a new or empty folder, and say how near it is to what was trained.

    Raises:
        ConfigError: no run, no student, a form that is not for it, or the folder is not empty.
        RunError: the exported student says other things than the trained one, beyond the limit.
    """
    check_abstention(plan.abstain_below, "--abstain-below")
    run = RunDir.open(directory)
    found: list[Parity | None] = []
    into(out, lambda folder: found.append(export_student(run, plan, folder)))
    parity, file = found[0], out / WEIGHTS_OF[plan.form]
    if parity is not None:
        _show(parity)
    show(f"{file}: {_mb(file.stat().st_size)} (the student's weights: {_mb(size_of(run))})")
    if parity is None:
        show(f"as a teacher: `teachers: {{default: {{embedded: {file}}}}}`")
        show(f"not compared yet: `python -m benchmarks.export {directory}` asks it and the student")
    else:
        show(f'ask it: `evokd predict {out} --text "…"`, or `evokd serve {out}`')


def _show(parity: Parity) -> None:
    lines = table("score on test", "student", "exported")
    for name, value in parity.student.items():
        lines.add_row(name, f"{value:.4f}", f"{parity.exported[name]:.4f}")
    show(lines)
    show(
        f"{parity.equal_answers:.1%} of {parity.rows} answers are the student's (at least"
        f" {1 - parity.limit:.1%} must be); its logits differ by"
        f" {parity.largest_logit_difference:.3g} at most"
    )


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
