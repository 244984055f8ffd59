"""A run's student in another form: written, read back, held against the student, then kept."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass
from pathlib import Path

from evokd.config import Config, ConfigError
from evokd.config.task import CAUSAL_KINDS
from evokd.runs.answers import load_student
from evokd.store.run_dir import RunDir, read_lines
from evokd.tasks.task import Task, draw_shots, load_task
from student.encoder.encoder import Encoder
from student.export.extra import WRITING, require
from student.export.loading import load_exported
from student.export.manifest import ExportForm, ExportManifest, Quantize
from student.export.onnx_file import quantize, write_onnx
from student.export.parity import Parity, compare, limit_of
from student.export.readme import readme
from student.export.static import check_static, distil
from student.manifest import MANIFEST, WEIGHTS, read_manifest

PARITY = "parity.json"


@dataclass(frozen=True)
class ExportPlan:
    """What is asked for."""

    form: ExportForm
    quantize: Quantize | None = None
    limit: float | None = None
    """Largest share of test rows whose answer may change; None: that of the form."""
    abstain_below: float | None = None
    """Least confidence of an answer, kept with the exported student; None: none is kept."""

    def check(self, config: Config) -> None:
        """What can be refused before anything is loaded.

        Raises:
            ConfigError: naming the option.
        """
        causal = config.task.kind in CAUSAL_KINDS
        if causal and self.form != "gguf":
            raise ConfigError(
                f"--format {self.form}: is for encoders; the student of a task of kind"
                f" {config.task.kind} is a language model, take `--format gguf`"
            )
        if not causal and self.form == "gguf":
            raise ConfigError(
                "--format gguf: is for language models; the student of a task of kind"
                f" {config.task.kind} is an encoder, take `--format onnx`"
            )
        if self.form == "static" and self.quantize is not None:
            raise ConfigError("--quantize: a static student is small as it is; leave it out")
        if self.limit is not None and not 0 <= self.limit <= 1:
            raise ConfigError(f"--limit: expected a share of rows, 0 to 1; got {self.limit:g}")
        if causal and (self.limit is not None or self.abstain_below is not None):
            name = "--limit" if self.limit is not None else "--abstain-below"
            raise ConfigError(
                f"{name}: goes with encoders; `python -m benchmarks.export` asks a language model"
                " and its GGUF the same questions"
            )
        if self.form == "onnx":
            require(WRITING)


def export_student(run: RunDir, plan: ExportPlan, folder: Path) -> Parity | None:
    """Fill a folder with a run's student in another form.

    Args:
        run: That has ended.
        plan: What is asked for.
        folder: There, and empty.

    Returns:
        How near it is to the student, on the test rows; None of a language model.

    Raises:
        ConfigError: no student, a kind of task or network that the form can't hold, test rows that
            are gone.
        RunError: an export that says other things than the student, beyond the limit.
    """
    config = run.config()
    plan.check(config)
    if not (run.student / MANIFEST).is_file():
        load_student(run.path)  # says which
    if plan.form == "gguf":
        _language_model(run, config, plan, folder)
        return None
    return _encoder(run, config, plan, folder)


def _encoder(run: RunDir, config: Config, plan: ExportPlan, folder: Path) -> Parity:
    student = load_student(run.path)
    task = load_task(config.task)
    if plan.form == "static":
        check_static(student)
    inputs: tuple[str, ...] = ()
    manifest = ExportManifest(
        form=plan.form,
        quantize=plan.quantize,
        student=read_manifest(run.student, "student"),
        base_model=config.student.model,
        abstain_below=plan.abstain_below,
    )
    file = folder / manifest.weights
    if plan.form == "static":
        distil(student, seen_texts(run, config, task)).save(file)
    else:
        inputs = write_onnx(student, [row.text for row in task.test], file)
        student.network.config.save_pretrained(folder)  # other readers of ONNX look for it
        if plan.quantize:
            quantize(file)
    student.tokenizer.save_pretrained(folder)
    manifest = manifest.model_copy(update={"inputs": inputs})
    manifest.write(folder)
    parity = _parity(student, folder, task, plan)
    parity.check(plan.form, plan.quantize, given=plan.limit is not None)
    text = json.dumps(parity.document(), indent=2)
    (folder / PARITY).write_text(text + "\n", encoding="utf-8")
    (folder / "README.md").write_text(readme(manifest, parity), encoding="utf-8")
    return parity


def seen_texts(run: RunDir, config: Config, task: Task) -> list[str]:
    """What a static student is distilled on: shots, accepted rows and pool, never a test row."""
    texts = [row.text for row in draw_shots(task, config.task.shots, config.seed)]
    texts += [str(row["text"]) for row in read_lines(run.synthetic)]
    texts += [text.text for text in task.pool]
    return list(dict.fromkeys(texts))


def _parity(student: Encoder, folder: Path, task: Task, plan: ExportPlan) -> Parity:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as `load_student`
        exported = load_exported(folder)
    limit = limit_of(plan.form, plan.quantize, plan.limit)
    return compare(student, exported, task.test, task.task_format.scores, limit)


def _language_model(run: RunDir, config: Config, plan: ExportPlan, folder: Path) -> None:
    from student.causal.adapter import read_causal_manifest  # it brings PEFT
    from student.export.gguf_file import write_gguf

    read_causal_manifest(run.student, "causal")  # its weights are those that were saved
    manifest = ExportManifest(form="gguf", quantize=plan.quantize, base_model=config.student.model)
    write_gguf(run.student, folder / manifest.weights, plan.quantize)
    manifest.write(folder)
    (folder / "README.md").write_text(readme(manifest, None), encoding="utf-8")


def size_of(run: RunDir) -> int:
    """Bytes of the student's weights, as the run saved them."""
    return (run.student / WEIGHTS).stat().st_size
