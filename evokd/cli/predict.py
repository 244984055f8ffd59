"""`evokd predict`: the trained student on lines of text, JSON lines out.

Lines are answered as they come in, whatever has arrived at a time, so it works at the end of a
pipe that never closes. Blank lines are skipped; each answer carries its text. A line is a text,
or a row of data in JSON, of which the columns of `task.data` are read. A student of pairs reads
`{"premise": …, "hypothesis": …}` a line, one of choices `{"question": …, "choices": {"A": …}}`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

import typer

from evokd.cli.screen import dumps
from evokd.config import ConfigError
from evokd.config.task import CAUSAL_KINDS
from evokd.runs.answers import answers, load_student, run_of
from evokd.runs.typed import Typed
from evokd.store.run_dir import RunDir
from student.encoder.encoder import PREDICT_ROWS, Encoder

CHUNK = 1 << 16
"""Bytes read at a time, at most; fewer when fewer have arrived."""


def answer(directory: Path, text: str | None) -> None:
    """Predict one text, or the lines of stdin.

    Raises:
        ConfigError: no student there, or a line that is not UTF-8 or a row without its text; those
            before are answered.
    """
    if text is not None and not text.strip():
        raise ConfigError("--text: expected a text, found an empty one")
    if text is not None and not _is_unicode(text):
        raise ConfigError("--text: not valid UTF-8")
    if text is None and sys.stdin is None:
        raise ConfigError("stdin is closed, so there is nothing to read; give a text with --text")
    run = run_of(directory)
    config = RunDir(run).config() if run else None
    if run and config and config.task.kind in CAUSAL_KINDS:
        from evokd.api.reasoning import Reasoner

        reasoner = Reasoner.of(run)
        for questions in [[text]] if text is not None else batches(sys.stdin.buffer):
            for answered in reasoner.answers(questions):
                typer.echo(dumps(answered))
        return
    student = load_student(directory)
    typed = Typed.of(student.kind, config)
    if text is not None:
        _print(student, [typed.text(text, "--text")])
        return
    number = 0
    for lines in batches(sys.stdin.buffer):
        texts: list[str] = []
        try:
            for line in lines:
                number += 1
                texts.append(typed.text(line, f"text {number}"))
        finally:  # those before a faulty one are answered
            _print(student, texts)


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


def _print(student: Encoder, texts: Sequence[str]) -> None:
    for line in answers(student, texts):
        typer.echo(dumps(line))


def _is_unicode(text: str) -> bool:
    """The shell's arguments carry bytes that are no UTF-8 as lone surrogates."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
