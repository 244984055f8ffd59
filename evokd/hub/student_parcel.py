"""A student as a parcel: that of a run, a student's folder, or a folder of `evokd export`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from evokd.config import ConfigError
from evokd.hub.address import Repo
from evokd.hub.card import Facts, Intervals, for_the_hub
from evokd.hub.held_out import HeldOut, read_held_out
from evokd.hub.machine import names_here, without
from evokd.hub.parcel import CARD, Parcel, Piece
from evokd.runs.files import Unreadable, json_of, text_of
from evokd.runs.run import Run, mapping, number, read_run
from evokd.store.markdown import line, md, section
from evokd.store.readme import Readme
from evokd.store.weights import sha256_of
from student.export.manifest import ExportManifest, is_exported
from student.manifest import MANIFEST

WEIGHTS = (".safetensors", ".onnx", ".onnx_data", ".gguf")
TEXTS = (".json", ".jinja")
NAMES = frozenset({"vocab.txt", "merges.txt", "LICENSE", "NOTICE"})
TOKENIZERS = frozenset(
    {
        "tokenizer.json", "vocab.json", "added_tokens.json", "tokenizer.model", "spiece.model",
        "sentencepiece.bpe.model",
    }
)  # fmt: skip
"""Vocabularies: neither changed nor looked through."""
PICKLED = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".h5", ".npz", ".npy", ".joblib")
"""Formats that may hold code, or that nobody checks for it."""


def student_parcel(directory: Path, repo: Repo, intervals: bool = False) -> Parcel:
    """Everything of a student that would go.

    Args:
        directory: Where it lies.
        repo: Where to.
        intervals: Ask the student its test rows again, for an interval of every score.

    Raises:
        ConfigError: no student there, or no rows to ask it.
    """
    from evokd.runs.answers import run_of  # brings torch, which rows don't need

    folder = _folder_of(directory)
    run_path = run_of(folder)
    run = read_run(run_path) if run_path else None
    about = _about(folder)
    names = names_here(run.config if run else {}, folder, *((run_path,) if run_path else ()))
    held_out, reason = read_held_out(run_path) if run_path else (None, "")
    facts = _facts(about, run, held_out)
    if intervals:
        facts = replace(facts, intervals=_measured(folder, run, held_out, reason))
    card = for_the_hub(_card(folder, run, about), repo, run, facts).text()
    pieces = [Piece(CARD, without(names, card).encode("utf-8"), "the card")]
    left_out = []
    for path in _files(folder):
        name = path.relative_to(folder).as_posix()
        why = _why_not(folder, path)
        if name == CARD:
            continue
        if why:
            left_out.append((name, why))
        else:
            pieces.append(_piece(name, path, names))
    return Parcel(
        repo,
        line(f"student of {run.config.get('name', run.name) if run else folder.name}"),
        tuple(pieces),
        tuple(left_out),
        tuple(_refusals(folder, about, pieces, held_out)),
        tuple(_notes(run, held_out, reason)),
    )


def _folder_of(directory: Path) -> Path:
    for folder in (directory, directory / "student"):
        if (folder / MANIFEST).is_file() or is_exported(folder):
            return folder
    if (directory / "run.json").is_file():
        raise ConfigError(
            f"{directory}: this run has no student yet; it is saved when the run is done (`evokd"
            f" resume {directory}` goes on with one that was interrupted). Its rows go with"
            " --dataset"
        )
    raise ConfigError(
        f"{directory}: holds no student (expected a run, a student's folder, or one that `evokd"
        " export` wrote)"
    )


def _about(folder: Path) -> dict[str, Any]:
    """student.json; of an exported folder evokd.json, what it says of its student laid flat."""
    name = MANIFEST if (folder / MANIFEST).is_file() else ExportManifest.file
    try:
        found = json_of(folder, name)
    except Unreadable as problem:
        raise ConfigError(f"{folder}: {problem}") from None
    return mapping(found.get("student")) | found


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if not path.is_dir())


def _why_not(folder: Path, path: Path) -> str:
    """Why a file stays behind; empty: it goes."""
    name = path.name
    if any(part.startswith(".") for part in path.relative_to(folder).parts):
        return "hidden"
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        return "a link that leads out of the folder, or no file"
    if name.endswith(PICKLED):
        return "may hold code: weights go as safetensors, ONNX or GGUF alone"
    if name.endswith((*WEIGHTS, *TEXTS)) or name in NAMES | TOKENIZERS | {CARD}:
        return ""
    return "no file of a student"


def _piece(name: str, path: Path, names: Mapping[str, str]) -> Piece:
    """A file; one that names this machine goes without these names."""
    if not path.name.endswith(TEXTS) or path.name in TOKENIZERS:
        return Piece(name, path)
    text = path.read_text(encoding="utf-8", errors="replace")
    bare = without(names, text)
    if bare == text:
        return Piece(name, path)
    return Piece(name, bare.encode("utf-8"), "without paths of this machine")


def _card(folder: Path, run: Run | None, about: Mapping[str, Any]) -> Readme:
    """The card that lies there, else a bare one."""
    if (folder / CARD).is_file():
        return Readme.of(text_of(folder, CARD))
    name = str(run.config.get("name", run.name)) if run else folder.name
    card = Readme({}, f"# {md(name)}\n\nA small student, distilled by evokd.")
    labels = about.get("labels")
    if isinstance(labels, list):
        card.put("Labels", section("Labels", ("label",), [(str(name),) for name in labels]))
    return card


def _facts(about: Mapping[str, Any], run: Run | None, held_out: HeldOut | None) -> Facts:
    labels = about.get("labels")
    length, temperature = number(about.get("max_length")), number(about.get("temperature"))
    return Facts(
        base_model=str(about.get("base_model") or ""),
        kind=_kind(about, run),
        labels=[str(name) for name in labels] if isinstance(labels, list) else (),
        max_length=int(length) if length else None,
        temperature=temperature,
        rows=_rows(run, held_out),
    )


def _kind(about: Mapping[str, Any], run: Run | None) -> str:
    """Of the task: a language model's manifest doesn't say it, nor does one of earlier versions."""
    said = about.get("task") or mapping(run.config.get("task") if run else None).get("kind")
    return str(said or ("classification" if isinstance(about.get("labels"), list) else ""))


def _measured(folder: Path, run: Run | None, held_out: HeldOut | None, reason: str) -> Intervals:
    if run is None or held_out is None:
        raise ConfigError(f"--intervals: needs the test rows of the run ({reason or 'not known'})")
    from evokd.hub.intervals import measured  # brings torch

    return measured(folder, run, held_out.task)


def _rows(run: Run | None, held_out: HeldOut | None) -> dict[str, int]:
    """How many rows the scores are of: by the data, else by what the run wrote of its test rows."""
    if held_out is not None:
        return {split: n for split, n in held_out.rows.items() if n}
    if run is None:
        return {}
    try:
        n = number(json_of(run.path, "calibration.json").get("rows"))
    except Unreadable:
        return {}
    return {"test": int(n)} if n else {}


def _refusals(
    folder: Path, about: Mapping[str, Any], pieces: list[Piece], held_out: HeldOut | None
) -> Iterator[str]:
    weights = [piece for piece in pieces if piece.name.endswith(WEIGHTS)]
    if not weights:
        yield f"{folder}: holds no weights that may go ({', '.join(WEIGHTS)})"
    if about.get("kind") in ("checkpoint", "adapter"):
        yield f"{folder}: a checkpoint to go on training, not a student to use; push the run"
    said = about.get("sha256")
    if weights and said and said not in {sha256_of(folder / piece.name) for piece in weights}:
        names = ", ".join(piece.name for piece in weights)
        yield f"{folder}: {names}: not what was saved (its manifest has another SHA-256)"
    for piece in pieces:
        found = held_out.within(_text(piece)) if held_out else 0
        if found:
            yield f"{piece.name}: holds {found} texts of test or dev rows, which never go; cut them"


def _text(piece: Piece) -> str:
    """A text file's content; of others nothing."""
    if Path(piece.name).name in TOKENIZERS or not piece.name.endswith((*TEXTS, CARD)):
        return ""
    raw = piece.content if isinstance(piece.content, bytes) else piece.content.read_bytes()
    return raw.decode("utf-8", errors="replace")


def _notes(run: Run | None, held_out: HeldOut | None, reason: str) -> Iterator[str]:
    if run is None:
        yield "the run of this student is not known: its files were not compared with test rows"
        return
    if held_out is None:
        yield f"files were not compared with test rows, which can't be read here ({reason})"
    if run.status != "done":
        yield f"the run is not done (status: {run.status}); its student is that of the last save"
