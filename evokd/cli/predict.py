"""`evokd predict`: the trained student on lines of text, JSON lines out.

Lines are answered as they come in, whatever has arrived at a time, so it works at the end of a
pipe that never closes. Blank lines are skipped; each answer carries its text. A line is a text,
or a row of data in JSON, of which the columns of `task.data` are read. A student of pairs reads
`{"premise": …, "hypothesis": …}` a line, one of choices `{"question": …, "choices": {"A": …}}`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import typer

from evokd.cli.screen import dumps
from evokd.config import ConfigError
from evokd.config.task import CALIBRATED_KINDS, CAUSAL_KINDS
from evokd.runs.answers import answers, check_abstention, load_student, run_of
from evokd.runs.typed import Typed
from evokd.store.run_dir import RunDir
from student.encoder.predictor import PREDICT_ROWS
from student.export.manifest import is_exported

CHUNK = 1 << 16
"""Bytes read at a time, at most; fewer when fewer have arrived."""


def answer(
    directory: Path,
    given: Sequence[str],
    *,
    probabilities: bool = False,
    abstain_below: float | None = None,
) -> None:
    """Predict given texts, or the lines of stdin; for the rest see `evokd.runs.answers.answers`.

    Raises:
        ConfigError: no student there, one without what is asked for, or a line that is not UTF-8 or
            a row without its text; those before are answered.
    """
    check_abstention(abstain_below, "--abstain-below")
    _check_texts(given)
    run = run_of(directory)
    config = RunDir(run).config() if run else None
    if run and config and config.task.kind in CAUSAL_KINDS and not is_exported(directory):
        if probabilities or abstain_below is not None:
            flag = "--probabilities" if probabilities else "--abstain-below"
            raise ConfigError(f"{flag}: a student that reasons has no probabilities of its answers")
        _reason(run, given)
        return
    student = load_student(directory)
    if probabilities and student.kind not in (*CALIBRATED_KINDS, "multilabel"):
        raise ConfigError(
            f"--probabilities: a student of kind {student.kind} has no one distribution a text;"
            " leave it out (`confidence` says how sure it is)"
        )
    if abstain_below is not None and student.temperature is None:
        typer.echo(
            "note: no temperature was fitted for this student, so its confidence is not calibrated"
            " (`student.calibration` in the config of a run)",
            err=True,
        )

    def show(texts: Sequence[str]) -> None:
        found = answers(student, texts, probabilities=probabilities, abstain_below=abstain_below)
        for line in found:
            typer.echo(dumps(line))

    _answer(Typed.of(student.kind, config), given, show)


def _check_texts(given: Sequence[str]) -> None:
    for text in given:
        if not text.strip():
            raise ConfigError("--text: expected a text, found an empty one")
        if not _is_unicode(text):
            raise ConfigError("--text: not valid UTF-8")
    if not given and sys.stdin is None:
        raise ConfigError("stdin is closed, so there is nothing to read; give a text with --text")


def _reason(run: Path, given: Sequence[str]) -> None:
    """The same by a student that reasons."""
    from evokd.api.reasoning import Reasoner

    reasoner = Reasoner.of(run)
    for questions in [given] if given else batches(sys.stdin.buffer):
        for answered in reasoner.answers(questions):
            typer.echo(dumps(answered))


def _answer(typed: Typed, given: Sequence[str], show: Callable[[Sequence[str]], None]) -> None:
    """Show the answers to the texts that are given, or to the lines of stdin as they come in."""
    if given:
        show([typed.text(text, "--text") for text in given])
        return
    number = 0
    for lines in batches(sys.stdin.buffer):
        texts: list[str] = []
        try:
            for line in lines:
                number += 1
                texts.append(typed.text(line, f"text {number}"))
        finally:  # those before a faulty one are answered
            show(texts)


def batches(source: BinaryIO) -> Iterator[list[str]]:
    """Lines that are not blank, as many as have arrived, up to one forward pass of the student.

    Raises:
        ConfigError: naming the line that is not UTF-8.
    """
    waiting: list[str] = []
    for number, raw in _lines(source):
        if raw is None:  # nothing more has arrived
            if waiting:
                yield waiting
            waiting = []
            continue
        try:
            line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
        except UnicodeDecodeError as error:
            if waiting:
                yield waiting
            bad = f"0x{raw[error.start]:02x}"
            raise ConfigError(
                f"line {number}: expected UTF-8 text, found byte {bad} at position"
                f" {error.start + 1}; the lines before it are answered"
            ) from None
        if line:
            waiting.append(line)
        if len(waiting) == PREDICT_ROWS:
            yield waiting
            waiting = []
    if waiting:
        yield waiting


def _lines(source: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines; None for the end of what has arrived. Only line feeds end a line."""
    number, rest = 0, b""
    read = getattr(source, "read1", source.read)  # what is there, without waiting for more
    while chunk := read(CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            number += 1
            yield number, line
        yield number, None
    if rest:
        yield number + 1, rest


def _is_unicode(text: str) -> bool:
    """The shell's arguments carry bytes that are no UTF-8 as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
