"""How torch runs here: device, threads, random state, and what it must not print.

Each context sets one process-wide thing for the length of a `with` and puts it back after.
"""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from transformers.utils import logging as transformers_logging

hf_logging: Any = transformers_logging  # typed in parts only

# One student tokenises a few hundred short texts at a time: a pool of tokenizer threads gains
# nothing, and warns on every later fork of the process. A value set by the user stays.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
# A hub model without safetensors is refused, not sent to a conversion service.
os.environ.setdefault("DISABLE_SAFETENSORS_CONVERSION", "1")


def pick_device() -> torch.device:
    """The current CUDA device where there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def available_threads() -> int:
    """Processors this process may run on (affinity), which can be fewer than the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def compute_threads(count: int | None) -> Iterator[None]:
    """Run torch on `count` CPU threads, or on as many as the process may use.

    Set here, at each use, for three reasons: torch counts the machine's cores and not the ones
    this process was given; OpenMP keeps the number per calling thread, so a default set in the
    main thread needn't hold in a worker thread; and the order of sums, hence the last bits of
    the weights, follows the number of threads.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(count or available_threads())
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def seeded(seed: int, device: torch.device) -> Iterator[None]:
    """Torch's global generator starts from `seed` inside, and is as it was before outside.

    Dropout and the libraries' initialisers draw from the global generator and take no other.
    Two threads must not be inside at once: they would share the stream.
    """
    devices = [torch.cuda.current_device()] if device.type == "cuda" else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


@contextmanager
def quiet_loading() -> Iterator[None]:
    """No progress bars, no report on a head that is new on purpose, no deprecation inside PEFT.

    Everything else the libraries have to say still comes through.
    """
    logger = logging.getLogger("transformers.modeling_utils")
    bars = hf_logging.is_progress_bar_enabled()
    logger.addFilter(_not_load_report)
    hf_logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings(
                "ignore", r"`is_gradient_checkpointing` is deprecated", FutureWarning
            )
            yield
    finally:
        logger.removeFilter(_not_load_report)
        if bars:
            hf_logging.enable_progress_bar()


def _not_load_report(record: logging.LogRecord) -> bool:
    return "LOAD REPORT" not in record.getMessage()
