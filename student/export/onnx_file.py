"""An encoder as one ONNX file, by torch's own exporter: any number of rows, texts of any length.

    write_onnx(student, texts, folder / "model.onnx")
    quantize(folder / "model.onnx")                       # in place, int8

The file's inputs are those that the head gives the network, int64 [rows, tokens]; its one output,
`logits`, is float32, [rows, outputs], or [rows, tokens, outputs] for entities.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from evokd.config import ConfigError
from student.encoder.encoder import Encoder
from student.export.extra import WRITING, require
from student.runtime import compute_threads

MOST_BYTES = 2**31 - 2**20
"""Of one ONNX file: it is a protocol buffer, which ends at 2 GiB; the graph needs some of it."""


class LogitsOf(nn.Module):
    """A network with plain arguments and its logits alone."""

    def __init__(self, network: nn.Module, names: Sequence[str]) -> None:
        super().__init__()
        self.network, self.names = network, tuple(names)

    def forward(self, *values: Tensor) -> Tensor:
        """Float32 logits; `values` in the order of the names."""
        logits: Tensor = self.network(**dict(zip(self.names, values, strict=True))).logits
        return logits.float()


def write_onnx(student: Encoder, texts: Sequence[str], file: Path) -> tuple[str, ...]:
    """Write a student's network.

    Args:
        student: In memory, adapters merged (as every saved student is).
        texts: One or more in the form of its kind, to lead the exporter through the network. Of
            their words nothing is kept.
        file: Is made.

    Returns:
        The names of the file's inputs.

    Raises:
        ConfigError: a missing package, a network over 2 GiB, or one that torch can't export.
    """
    require(WRITING)
    size = sum(value.nbytes for value in student.network.state_dict().values())
    if size > MOST_BYTES:
        raise ConfigError(
            f"--format onnx: the network has {size:,} bytes, an ONNX file at most {MOST_BYTES:,};"
            " take a smaller student"
        )
    inputs = _example(student, texts)
    free = torch.export.Dim.DYNAMIC
    network = LogitsOf(student.network, list(inputs)).eval()
    try:
        with _quiet(), compute_threads(student.config.threads):
            program: Any = torch.onnx.export(
                network,
                tuple(inputs.values()),
                dynamo=True,
                input_names=list(inputs),
                output_names=["logits"],
                dynamic_shapes=(tuple({0: free, 1: free} for _ in inputs),),
                verbose=False,
            )
    except Exception as error:  # the exporter's own errors have a dozen types
        kind = student.network.config.model_type
        raise ConfigError(
            f"--format onnx: torch can't export a {kind} network ({_reason(error)})"
        ) from error
    _forget_source(program.model)
    program.save(str(file))
    return tuple(inputs)


def quantize(file: Path) -> None:
    """Round an ONNX file's weights to int8, in place; activations follow while it runs.

    One scale a column, and seven of the eight bits: processors without VNNI add pairs of products
    in 16 bits, which eight would overflow (docs/design/export.md has the numbers).
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    new = file.with_suffix(".int8")
    with _quiet():
        quantize_dynamic(
            file, new, per_channel=True, reduce_range=True, weight_type=QuantType.QInt8
        )
    os.replace(new, file)


def _example(student: Encoder, texts: Sequence[str]) -> dict[str, Tensor]:
    """The shortest and the longest row, padded: two rows, so that neither size is taken for one."""
    rows = student.head.encode(student.tokenizer, texts, None, student.config.max_length)
    places = sorted(range(len(texts)), key=lambda i: rows.lengths[i])
    chosen = [places[0], places[-1]]
    return student.head.inputs(rows, chosen, student.pad_id, student.device)


def _forget_source(model: Any) -> None:
    """The exporter notes on each node where in whose folder the code stands that made it."""
    model.metadata_props.clear()
    for graph in (model.graph, *(function.graph for function in model.functions.values())):
        graph.metadata_props.clear()
        for node in graph:
            node.metadata_props.clear()
            for value in node.outputs:
                value.metadata_props.clear()
        for value in (*graph.inputs, *graph.initializers.values()):
            value.metadata_props.clear()


@contextmanager
def _quiet() -> Iterator[None]:
    """Without remarks on packages that no text needs, and on the libraries' own old habits."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "torch.export", "root", "onnx")]
    loggers.append(logging.getLogger("torch.onnx._internal.exporter._registration"))
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _reason(error: BaseException) -> str:
    """What the exporter wraps in advice to its developers."""
    while error.__cause__ is not None:
        error = error.__cause__
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
