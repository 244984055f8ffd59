"""README.md of an exported student: what it is, how it is asked, how near it is to the student."""

from __future__ import annotations

from evokd.store.markdown import fenced, md, section
from student.export.manifest import ExportManifest
from student.export.parity import Parity
from student.heads import head_of

_WHAT = {
    "onnx": "A student of evokd as one ONNX file",
    "static": "A student of evokd as a table with a row of logits for each token",
    "gguf": "A student of evokd that reasons, as a GGUF for llama.cpp",
}


def readme(manifest: ExportManifest, parity: Parity | None) -> str:
    """The text of the file; names out of configs are escaped."""
    rounded = f", weights in {manifest.quantize}" if manifest.quantize else ""
    parts = [
        f"# {_WHAT[manifest.form]}{rounded}",
        f"Base model: {md(manifest.base_model)}. Written by `evokd export`; `evokd.json` says what"
        f" `{manifest.weights}` is.",
        _use(manifest),
        _labels(manifest),
        "" if parity is None else _parity(parity),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _use(manifest: ExportManifest) -> str:
    if manifest.form == "gguf":
        return fenced(f"llama-server -m {manifest.weights}", "sh")
    ask = 'evokd predict THIS_FOLDER --text "It does what it should."\nevokd serve THIS_FOLDER'
    code = (
        "from pathlib import Path\n\nfrom student.export import load_exported\n\n"
        'student = load_exported(Path("THIS_FOLDER"))\nstudent.predict(["It does what it should."])'
    )
    parts = [fenced(ask, "sh"), fenced(code, "python")]
    if manifest.form == "onnx":
        inputs = ", ".join(f"`{name}`" for name in manifest.inputs)
        parts.append(
            f"Without evokd: `tokenizer.json` (Hugging Face tokenizers) gives {inputs}, int64"
            " [rows, tokens]; the one output is `logits`, float32. Divide them by `temperature` in"
            " evokd.json, where there is one, before the softmax."
        )
    return "\n\n".join(parts)


def _labels(manifest: ExportManifest) -> str:
    if manifest.student is None:
        return ""
    outputs = head_of(manifest.student.task, manifest.student.labels).outputs
    rows = [(str(place), name) for place, name in enumerate(outputs)]
    return section("Outputs", ("number", "name"), rows)


def _parity(parity: Parity) -> str:
    rows = [
        ("test rows", str(parity.rows)),
        ("equal answers", f"{parity.equal_answers:.4f}"),
        ("largest difference of a logit", f"{parity.largest_logit_difference:.3g}"),
    ]
    rows += [
        (f"{name}, student → exported", f"{value:.4f} → {parity.exported[name]:.4f}")
        for name, value in parity.student.items()
    ]
    return section("Beside the student", ("what", "value"), rows)
